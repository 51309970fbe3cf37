import pytest

from tests.areas.incidents.scene import Office


@pytest.fixture
def world(app, as_person):
    return Office(app, as_person)
