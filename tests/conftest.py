"""A portal for every test: its own database, keys, vault. SQLite by default, PostgreSQL where PORTAL_TEST_DATABASE
names a server (postgresql://user@host); Redis where PORTAL_TEST_REDIS names one, else an embedded server."""

import gc
import os
import secrets
import shutil
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import create_engine, text

from config import Config
from portal import ports
from portal.app import create_app
from portal.keys import FileKeys
from portal.rooms import plug
from tests import factories, queues

SERVER = os.environ.get("PORTAL_TEST_DATABASE", "")
COPY = f"portal_{secrets.token_hex(6)}"  # of this process
SHARED = Path(__file__).parents[2] / "shared"
MEMORY, ROOM = Path("/dev/shm"), 4 * 2**30  # noqa: S108 -- pytest makes a folder of its own there

if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM:
    # Thousands of small databases are forced to the disk at every commit: where there is room, to memory.
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))

LONGEST = (  # begun first, so that no process waits for another's last file
    "tests/browser/",
    "tests/faults/test_killed.py",
    "tests/recount/test_chain.py",
    "tests/journeys/test_demo.py",
    "tests/faults/",
    "tests/journeys/",
    "tests/house/",
)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    def turn(item):
        return next((at for at, name in enumerate(LONGEST) if item.nodeid.startswith(name)), len(LONGEST))

    items.sort(key=turn)
    if not os.environ.get("PORTAL_TEST_LONG"):
        longest = [item for item in items if item.get_closest_marker("long")]
        items[:] = [item for item in items if item not in longest]
        config.hook.pytest_deselected(items=longest)


def pytest_collection_finish():
    """Leave what importing and collecting made out of every collection of garbage: a fifth of the suite's time, else."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Keep a file on one process, and all that share the browser's portal, which takes long to furnish."""
    from xdist.scheduler import LoadFileScheduling

    class Longest(LoadFileScheduling):
        def _split_scope(self, nodeid):
            return "tests/browser" if nodeid.startswith("tests/browser/") else super()._split_scope(nodeid)

    return Longest(config, log)


@pytest.fixture(scope="session")
def keys_template(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys") / "keys"
    FileKeys.create(folder)
    return folder


def _settings(instance, database_url, **more):
    values = {"redis_url": queues.address(queues.TESTS) or "unix:///nonexistent/q.sock", "secret_key": "s" * 32}
    values["time_zone"] = "UTC"  # a day of the tests is a day of the house: no midnight lies between the two
    return Config(instance=instance, database_url=database_url, **values | more)


def _admin(statement):
    engine = create_engine(_with_database("postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


def _copy(template, name=COPY):
    """Copy a database for one test; where always to the same name, the portal built for it serves every test."""
    _admin(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    _admin(f"CREATE DATABASE {name} TEMPLATE {template}")
    return _with_database(name)


def _with_database(name):
    parts = urlsplit(SERVER)
    return urlunsplit(parts._replace(path=f"/{name}"))


def _migrate(settings):
    from flask_migrate import upgrade

    app = create_app(settings)
    with app.app_context():
        upgrade()
        from portal.audit.recorder import open_log
        from portal.db import db, transaction

        with transaction():
            open_log()
        db.engine.dispose()


@pytest.fixture(scope="session")
def database_template(tmp_path_factory, keys_template):
    """A migrated, empty database to copy for every test."""
    folder = tmp_path_factory.mktemp("template")
    shutil.copytree(keys_template, folder / "keys")
    if not SERVER:
        path = folder / "portal.sqlite3"
        _migrate(_settings(folder, f"sqlite:///{path}"))
        yield path
        return
    name = f"portal_template_{secrets.token_hex(4)}"
    _admin(f"CREATE DATABASE {name}")
    _migrate(_settings(folder, _with_database(name)))
    yield name
    _admin(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def home(tmp_path_factory):
    """Where each test in turn has its instance, always at the same place: the portal built for it serves them all."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def instance(home, keys_template):
    """A folder with keys and nothing else."""
    folder = home / "instance"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    shutil.copytree(keys_template, folder / "keys")
    return folder


@pytest.fixture
def database_url(instance, database_template):
    if not SERVER:
        path = instance / "portal.sqlite3"
        shutil.copyfile(database_template, path)
        yield f"sqlite:///{path}"
        return
    yield _copy(database_template)
    _admin(f"DROP DATABASE {COPY} WITH (FORCE)")


@pytest.fixture
def settings(instance, database_url):
    return _settings(instance, database_url)


@pytest.fixture(scope="session")
def compiled_templates(tmp_path_factory):
    """Every test builds its own portal; compiling the same templates each time would be most of the work."""
    return FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))


@pytest.fixture(scope="session")
def built(compiled_templates):
    """Return a function that builds the portal of some settings, once for each: most of a test's time, else."""
    known = {}

    def build(settings, *, anew=False):
        if anew or settings not in known:
            known.clear()
            known[settings] = create_app(settings)
            known[settings].testing = False
            known[settings].jinja_env.bytecode_cache = compiled_templates
        plug(settings)
        return known[settings]

    build.forget = known.clear
    return build


@pytest.fixture
def app(request, settings, built):
    """The portal. No application context is held open: each request and each ``given()`` has its own."""
    alone = request.node.get_closest_marker("rebuilds") is not None
    app = built(settings, anew=alone)
    before = dict(app.config)
    yield app
    if alone:
        built.forget()
    app.config.clear()
    app.config.update(before)
    with app.app_context():
        from portal.db import db

        db.engine.dispose()


@pytest.fixture
def context(app):
    """An application context for tests of actions, queries and models."""
    with app.app_context():
        yield app


@pytest.fixture
def client(app):
    return app.test_client()


@pytest.fixture
def as_person(app):
    """Return a function: a browser signed in as a person (made by a factory)."""

    def open_browser(person, **session_values):
        with app.app_context(), factories.given():
            token = factories.a_session(person, **session_values)
        browser = app.test_client()
        browser.set_cookie("portal_session", token, domain="localhost")
        return browser

    return open_browser


@pytest.fixture
def house():
    return ports.house
