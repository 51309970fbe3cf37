"""With the log unable to take an event, no deed happens: nothing is left in any table or the vault, and over HTTP it is a 503."""

import importlib
import inspect
import pkgutil

import pytest
from sqlalchemy import event, text

import portal
from portal.audit.models import AuditEvent
from portal.db import db
from portal.errors import LogUnavailable
from tests.house import deeds
from tests.house.doors import DOORS
from tests.house.test_permission_matrix import events

ACTIONS = {**deeds.DEEDS, **deeds.LOOKS}


def actions():
    """Every public function of every module of actions, as Python finds them."""
    for area in pkgutil.iter_modules(portal.__path__):
        if area.ispkg:
            package = importlib.import_module(f"portal.{area.name}")
            for found in pkgutil.iter_modules(package.__path__):
                if found.name == "actions" or found.name.startswith("actions_"):
                    module = importlib.import_module(f"portal.{area.name}.{found.name}")
                    for name, deed in inspect.getmembers(module, inspect.isfunction):
                        if deed.__module__ == module.__name__ and not name.startswith("_"):
                            yield deed


def named(deed):
    return f"{deed.__module__.removeprefix('portal.')}.{deed.__name__}"


def _frozen(engine):
    """The log takes no more events: what the portal itself does once it has found the past changed."""
    with engine.begin() as connection:
        connection.execute(text("UPDATE audit_head SET state = 'frozen'"))
    return lambda: None


def _broken(engine):
    """The very row cannot be written: a full disk, a lost connection."""

    def refuse(connection, clause, *_more):
        if getattr(clause, "is_insert", False) and clause.table.name == AuditEvent.__tablename__:
            connection.exec_driver_sql("INSERT INTO no_such_table VALUES (1)")

    event.listen(engine, "before_execute", refuse)
    return lambda: event.remove(engine, "before_execute", refuse)


FAILURES = {"frozen": _frozen, "broken": _broken}


@pytest.fixture
def prepared(world):
    deeds.prepare(world)
    return world


@pytest.fixture(params=[pytest.param("frozen", marks=pytest.mark.long), "broken"])
def silenced(prepared, request):
    with prepared.app.app_context():
        engine = db.engine
    mend = FAILURES[request.param](engine)
    yield prepared
    mend()


def test_every_action_has_a_caller():
    assert sorted(map(named, actions())) == sorted(map(named, ACTIONS))


def test_no_deed_is_done_that_the_log_did_not_take(silenced):
    before = everything(silenced)
    for deed, call in deeds.DEEDS.items():
        with silenced.app.app_context(), pytest.raises(LogUnavailable):
            call(silenced)
        assert _left(before, everything(silenced)) == {}, named(deed)


def test_a_look_of_an_action_leaves_nothing_in_any_case(silenced):
    before = everything(silenced)
    for deed, call in deeds.LOOKS.items():
        with silenced.app.app_context():
            call(silenced)
        assert _left(before, everything(silenced)) == {}, named(deed)


@pytest.mark.long
@pytest.mark.parametrize("deed", deeds.DEEDS, ids=named)
def test_the_same_deed_with_a_log_that_takes_it_is_done(prepared, deed):
    before, size = prepared.contents(log=False), prepared.size_of_log()
    with prepared.app.app_context():
        deeds.DEEDS[deed](prepared)
    assert prepared.told_since(size)
    if named(deed) not in {
        "auth.actions.note_wrong_password",
        "agreements.actions_document.hand_over",
        "requests.actions_papers.hand_over",
    }:  # only an event
        assert _left(before, prepared.contents(log=False))


def everything(world):
    """Return every row of every table, and the names in the vault."""
    return world.contents() | {"vault": sorted(path.name for path in world.settings.vault_dir.iterdir())}


def _left(before, after):
    """Return the rows that came, by table."""
    return {name: sorted(set(after[name]) ^ set(before[name])) for name in after if sorted(after[name]) != before[name]}


@pytest.mark.long
def test_over_http_the_answer_is_503_and_nothing_is_left(silenced):
    before = everything(silenced)
    for door in DOORS:
        name = door.may[-1]
        if not events(silenced, door, name):
            continue
        if set(events(silenced, door, name)) == {"authz.denied"}:
            continue  # nothing was done that could be undone: the denial stands, and a line goes to stderr
        if door.method == "GET":
            answer = silenced.get(name, door.path(silenced))
        else:
            answer = silenced.post(name, door.path(silenced), **door.fields(silenced, name))
        assert answer.status_code == 503, door.name
        assert 'data-status="503"' in answer.text, door.name
        assert _left(before, everything(silenced)) == {}, door.name
        silenced.leave(name)
