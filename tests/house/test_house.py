"""Tests of the house itself: what must stand in one place stands there, and nothing is left over."""

import ast
import functools
import re
import subprocess
import sys
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from portal import documents, policy, ports
from portal import rooms as assembly
from portal.audit.events import REGISTRY
from portal.audit.words import THINGS
from portal.errors import TermsForbid
from portal.permissions import Permission
from portal.web import guard
from tests.house.doors import DOORS

ROOT = Path(__file__).parents[2]
PORTAL = ROOT / "portal"
MODULES = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in PORTAL.rglob("*.py")}
EDGES = [name for name in MODULES if re.search(r"/(views|cli|guard|pages)[\w]*\.py$", name)]
MOST_LINES = 250
CATCHES_ALL = {
    "portal/db.py": 2,  # what was promised for after the commit is logged; and everything is undone before it goes on up
    "portal/jobs/bell.py": 2,  # the job's edge, which goes on up; and what a stranger wrote into the queue
    "portal/keeper.py": 1,  # one failing duty does not stop the others
}
ONLY_TESTS_RECORD = {"system.setup"}


@functools.cache
def trees():
    return {name: ast.parse(text) for name, text in MODULES.items()}


@functools.cache
def nodes(kind):
    return [(name, node) for name, tree in trees().items() for node in ast.walk(tree) if isinstance(node, kind)]


def calls(name):
    """Every call of something with this last name: (module, call)."""
    return [
        (module, call)
        for module, call in nodes(ast.Call)
        if (isinstance(call.func, ast.Attribute) and call.func.attr == name)
        or (isinstance(call.func, ast.Name) and call.func.id == name)
    ]


# ---- one place ----


def test_commit_is_called_in_one_file():
    assert {module for module, _ in calls("commit")} == {"portal/db.py"}


def test_the_log_is_written_in_one_file():
    assert {module for module, call in calls("insert") if "AuditEvent" in ast.dump(call)} == {
        "portal/audit/appending.py"
    }


def test_who_acts_is_an_argument_and_is_bound_in_one_file():
    naming = {module for module, text in MODULES.items() if "current_user" in text}
    assert naming <= {"portal/auth/sessions.py"}
    assert {module for module, text in MODULES.items() if "flask_login" in text} == {"portal/auth/sessions.py"}
    for module, call in calls("actor"):
        if isinstance(call.func, ast.Attribute) and ast.unparse(call.func) == "guard.actor":
            assert re.search(r"/views\w*\.py$|portal/web/|auth/sessions\.py$", module), module


def test_there_is_one_clock():
    naming = {
        module for module, text in MODULES.items() if re.search(r"datetime\.(now|utcnow|today)\(|date\.today\(", text)
    }
    assert naming <= {"portal/clock.py"}


def test_raw_sql_is_written_only_where_there_is_no_other_way():
    imports = {
        module
        for module, node in nodes(ast.ImportFrom)
        if (node.module or "").startswith("sqlalchemy")
        and {one.name for one in node.names} & {"text", "literal_column"}
    }
    assert imports == {"portal/web/pages.py"}  # SELECT 1, to see whether the database answers
    driven = {module for module, _ in calls("exec_driver_sql")}
    assert driven == {"portal/db.py"}  # BEGIN IMMEDIATE


def test_nothing_that_was_undone_is_hidden():
    found = {}
    for module, node in nodes(ast.ExceptHandler):
        if node.type is None or {"Exception", "BaseException"} & {
            name.id for name in ast.walk(node.type) if isinstance(name, ast.Name)
        }:
            found[module] = found.get(module, 0) + 1
    assert found == CATCHES_ALL
    silent = [
        module for module, node in nodes(ast.ExceptHandler) if all(isinstance(one, ast.Pass) for one in node.body)
    ]
    assert silent == []


# ---- shapes ----


@pytest.mark.parametrize("kind", [ast.Import, ast.ImportFrom])
def test_imports_stand_at_the_top(kind):
    inner = []
    for module, function in nodes((ast.FunctionDef, ast.AsyncFunctionDef)):
        inner += [f"{module}:{node.lineno}" for node in ast.walk(function) if isinstance(node, kind)]
    assert inner == []


def test_nothing_is_asserted_and_nothing_imported_for_types_alone():
    assert [f"{module}:{node.lineno}" for module, node in nodes(ast.Assert)] == []
    assert [module for module, text in MODULES.items() if "TYPE_CHECKING" in text] == []


def test_a_module_is_short_enough_to_read():
    assert {name: len(text.splitlines()) for name, text in MODULES.items() if len(text.splitlines()) > MOST_LINES} == {}


def test_a_package_says_what_it_is_and_nothing_else():
    for name, tree in trees().items():
        if name.endswith("__init__.py"):
            assert len(tree.body) == 1, name
            assert ast.get_docstring(tree), name


def test_every_module_says_what_it_is():
    assert [name for name, tree in trees().items() if not ast.get_docstring(tree)] == []


# ---- the pure rooms ----


def _pure():
    """The modules that the import contracts call pure, each alone."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    named = next(one for one in contracts if one["name"] == "Pure rooms stay pure")["source_modules"]
    for name in named:
        path = ROOT / name.replace(".", "/")
        inside = (
            [one for one in path.glob("*.py") if one.stem not in {"__init__", "__main__", "cli"}]
            if path.is_dir()
            else []
        )
        yield from (f"{name}.{one.stem}" for one in inside) if inside else (name,)


def test_every_pure_core_is_imported_without_flask_or_a_database():
    script = """
import importlib, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
    strangers = {"flask", "sqlalchemy", "rq", "redis", "flask_babel"} & set(sys.modules)
    if strangers:
        sys.exit(f"{name}: imports {sorted(strangers)}")
"""
    done = subprocess.run(
        [sys.executable, "-c", script, *_pure()], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


# ---- doors, rights, events ----


def test_every_endpoint_declares_its_need(world):
    for endpoint, view in world.app.view_functions.items():
        assert endpoint == "static" or isinstance(getattr(view, "__need__", None), guard.Need), endpoint


def test_every_page_that_needs_a_permission_leaves_a_trace(world):
    """A page that shows nothing but the form of who asks is the exception, and is named."""
    silent = set()
    for rule in world.app.url_map.iter_rules():
        need = getattr(world.app.view_functions[rule.endpoint], "__need__", None)
        if need is not None and need.permission is not None and "GET" in rule.methods and not need.event:
            silent.add(rule.rule)
    assert silent == {"/profile/password"}


def test_every_permission_has_an_entitlement_and_every_entitlement_is_asked(world):
    ruled = set(policy.entitlements())
    assert ruled == set(Permission)
    asked = {
        node.attr
        for module, node in nodes(ast.Attribute)
        if isinstance(node.value, ast.Name) and node.value.id == "Permission" and not module.endswith("/rules.py")
    }
    assert {one.name for one in ruled} - asked == set()


def _strings(tree):
    """Every string but what is said to the process's own output."""
    said = {
        id(inner)
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and ast.unparse(call.func).startswith("log.")
        for inner in ast.walk(call)
    }
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said
    }


def test_every_event_on_the_list_happens_somewhere():
    tellers = [
        tree
        for name, tree in trees().items()
        if name not in {"portal/audit/events.py", "portal/audit/words.py", "portal/audit/words_deeds.py"}
    ]
    told = set().union(*map(_strings, tellers))
    assert set(REGISTRY) - told == ONLY_TESTS_RECORD


def test_every_event_that_is_recorded_is_on_the_list():
    named = set()
    for function in ("record", "record_alone", "_recorded", "_failed"):
        for _, call in calls(function):
            for argument in call.args[1:3]:
                for node in ast.walk(argument):
                    if isinstance(node, ast.Constant) and isinstance(node.value, str) and "." in node.value:
                        named.add(node.value)
    for _, call in calls("needs"):
        named |= {
            one.value.value for one in call.keywords if one.arg == "event" and isinstance(one.value, ast.Constant)
        }
    assert len(named) > 40
    assert named - set(REGISTRY) == set()


def test_whatever_an_event_is_about_has_a_word():
    """A reader of the log is told "Longer use", not the code of a table; a page that is read is named by its event."""
    about = set()
    for path in (ROOT / "portal").rglob("*.py"):
        about |= set(re.findall(r'target(?:=|": )\("(\w+)"', path.read_text(encoding="utf-8")))
    for _, call in calls("needs"):
        read = [one.value.value for one in call.keywords if one.arg == "event" and isinstance(one.value, ast.Constant)]
        about |= {name.partition(".")[0] for name in read}
    assert {"extension", "report", "track"} <= about
    assert about - set(THINGS) == set()


def test_every_port_is_plugged(world):
    for one in fields(ports.House):
        plugged = getattr(ports.house, one.name)
        assert not isinstance(plugged, ports._Unplugged), one.name


def test_every_area_that_has_doors_rules_or_work_is_in_the_house():
    for kind, known in (("views", assembly.BLUEPRINTS), ("rules", assembly.RULES)):
        # the pure library has no doors: a view is there what a release shows of somebody
        rooms = [name for name in MODULES if not name.startswith("portal/disclosure/")]
        modules = [name for name in rooms if re.search(rf"/{kind}(_\w+)?\.py$", name)]
        attribute = "bp" if kind == "views" else "RULES"
        for name in modules:
            module = sys.modules[name.removesuffix(".py").replace("/", ".")]
            assert any(getattr(module, attribute) is one for one in known), name
    kinds = {
        id(value)
        for module in list(sys.modules.values())
        if module.__name__.startswith("portal.")
        for value in vars(module).values()
        if type(value).__name__ == "Kind"
    }
    assert kinds == {id(one) for one in assembly.WORK}


def test_the_documents_say_what_the_code_does(world):
    assert list(documents.outdated()) == []


# ---- templates ----


def _templates(folder):
    return {path.relative_to(ROOT / "templates").as_posix() for path in (ROOT / "templates" / folder).rglob("*.*")}


def test_every_page_is_rendered_behind_some_door(world):
    loader = world.app.jinja_env.loader
    world.app.jinja_env.cache.clear()
    loader.asked.clear()
    for door in DOORS:
        if door.method == "GET":
            names = {door.may[0], door.may[-1], "pending" if "pending" in door.may else door.may[0]}
            for name in names:
                assert world.get(name, door.path(world)).status_code < 400, (door.name, name)
    world.get("stranger", "/nowhere")
    world.get("anonymous", "/join/unknown")
    world.post("author", f"/requests/{world.refs['offered']}/accept", lock="1", sha256="0" * 64)  # a stale offer
    world.post("author", f"/requests/{world.refs['sent']}/notes", text=" ", key="0" * 32)  # an empty message
    world.changed = True
    for _ in range(2):  # the second one comes too late
        world.forget_codes()
        world.verdict("wana", world.refs["sent"])
    assert (ROOT / "portal/agreements/views.py").read_text().count("agreements/forbidden.html") == 1
    with world.app.test_request_context("/"):
        world.app.handle_user_exception(TermsForbid(("dates",)))
    pages = {name for name in _templates(".") if name.endswith(".html")}
    assert pages - loader.asked == set()


def test_every_letter_is_written_by_some_deed():
    written = {module: _strings(tree) for module, tree in trees().items()}
    letters = {Path(name).stem for name in _templates("mail")}
    told = set().union(*written.values())
    assert letters - told == set()
    sent = set()
    for function in ("write", "to_requester", "about_track", "about_obligation", "_tell", "_send", "to_officers"):
        for _, call in calls(function):
            sent |= {one.value for one in call.args if isinstance(one, ast.Constant) and isinstance(one.value, str)}
    assert letters <= sent
