"""A portal at a moment of the main job: ``@at("signed")`` names it, "released" where a test says nothing."""

import shutil

import pytest

from tests import conftest, snapshots
from tests.snapshots import moments  # noqa: F401 -- a fixture

MOMENT = "moment"


def pytest_configure(config):
    config.addinivalue_line("markers", "moment(name): the moment of the main job at which a test begins")


@pytest.fixture
def moment(request, moments):  # noqa: F811
    marker = request.node.get_closest_marker(MOMENT)
    return moments[marker.args[0] if marker else "released"]


@pytest.fixture
def settings(moment, home):
    folder = home / "moment"  # always the same place, so that one portal serves them all
    shutil.rmtree(folder, ignore_errors=True)
    settings, url = snapshots.copied(moment, folder, conftest.COPY)
    yield settings
    snapshots.drop(url)


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
