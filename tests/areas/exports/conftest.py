"""A portal at a moment of the main job: ``@at("signed")`` names it, "released" where a test says nothing."""

import pytest

from portal.app import create_app
from portal.db import db
from tests import snapshots
from tests.snapshots import moments  # noqa: F401 -- a fixture

MOMENT = "moment"


def pytest_configure(config):
    config.addinivalue_line("markers", "moment(name): the moment of the main job at which a test begins")


@pytest.fixture
def moment(request, moments):  # noqa: F811
    marker = request.node.get_closest_marker(MOMENT)
    return moments[marker.args[0] if marker else "released"]


@pytest.fixture
def settings(moment, tmp_path):
    folder = tmp_path / "instance"
    settings, url = snapshots.copied(moment, folder)
    yield settings
    snapshots.drop(url)


@pytest.fixture
def app(settings, compiled_templates):
    app = create_app(settings)
    app.jinja_env.bytecode_cache = compiled_templates
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def facts(moment):
    return moment.facts


@pytest.fixture
def people(facts):
    return facts["people"]


@pytest.fixture
def browser(as_person, people):
    """Return a person's browser by their name in the story; the same one each time."""
    known = {}

    def open_browser(name):
        if name not in known:
            known[name] = as_person(people[name])
        return known[name]

    return open_browser
