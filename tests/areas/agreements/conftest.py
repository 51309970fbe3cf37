import shutil

import pytest

from portal.db import db
from tests import conftest
from tests.areas.agreements.way import Way


@pytest.fixture
def way(app, as_person):
    return Way(app, as_person)


@pytest.fixture(scope="session")
def reached(tmp_path_factory):
    """Where agreements stand that were brought to a state once: by its name a folder, the people, the reference."""
    return {}, tmp_path_factory.mktemp("states")


@pytest.fixture
def reach(app, as_person, instance, reached):
    """Return a function: an agreement in a state, as its steps left it; walked once, then copied with everything."""
    known, root = reached

    def bring(name, walk):
        if name not in known:
            way = Way(app, as_person)
            ref = walk(way)
            if conftest.SERVER:  # a database there is not a file to copy: walk again
                return way, ref
            with app.app_context():
                db.engine.dispose()
            known[name] = shutil.copytree(instance, root / str(len(known))), dict(way.people), way.partner, ref
        folder, people, partner, ref = known[name]
        shutil.rmtree(instance)
        shutil.copytree(folder, instance)
        return Way(app, as_person, people, partner), ref

    return bring
