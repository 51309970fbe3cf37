import pytest

from tests.areas.requests.scene import World


@pytest.fixture
def world(app, as_person):
    return World(app, as_person)
