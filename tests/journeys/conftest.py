"""Stories begin at a moment of the main job, on a portal of their own; whatever happened, the log verifies at the end."""

import pytest

from portal.app import create_app
from portal.audit.signing import Signer
from portal.audit.verify import State, examine
from portal.db import db
from tests import conftest, snapshots
from tests.journeys.play import Play
from tests.journeys.story import Story
from tests.snapshots import moments  # noqa: F401 -- a fixture


@pytest.fixture
def settings(tmp_path, request):
    """A copy of the instance at the moment a story begins: "signed" unless its module says otherwise.

    A module that begins with "nothing" has an empty database, and works off its orders by itself: it makes people and agreements first, and its own round.
    """
    begins = getattr(request.module, "BEGINS", "signed")
    if begins == "nothing":
        made = [request.getfixturevalue(name) for name in ("instance", "database_url")]
        yield conftest._settings(*made, redis_url="unix:///nonexistent/q.sock")
        return
    settings, url = snapshots.copied(request.getfixturevalue("moments")[begins], tmp_path / "instance")
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
def story(app, as_person, moments):  # noqa: F811
    return Story(app, as_person, moments["signed"].facts)


@pytest.fixture
def play(app, as_person, moments):  # noqa: F811
    """A scenario on the signed files of a round; its people come in as it names them."""
    return Play(app, as_person, moments["signed"].facts)


@pytest.fixture(autouse=True)
def the_log_verifies(app):
    yield
    with app.app_context():
        Signer().tick()
        report = examine()
    assert (report.state, report.problem) == (State.OK, "")
