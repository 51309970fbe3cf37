"""SIGKILL at every stage of every kind of work: one file, one set of events, done once a worker is there again.

The stages come from the portal's own list of work; a new one is killed from the day it is there.
"""

import pytest

from config import Config
from portal.rooms import WORK
from tests.faults import proof
from tests.faults.conftest import alive
from tests.faults.zygote import AFTER, COMMIT

POINTS = [(kind.name, point) for kind in WORK for point in (*(stage.name for stage in kind.stages), COMMIT, AFTER)]

AT_ONCE = [("read", COMMIT), ("release", COMMIT)]  # between sealing and commit: of all moments the worst


def later(kind, point):
    """Leave the other moments to the long round: each takes as long as the work itself, and more."""
    return pytest.param(kind, point, marks=() if (kind, point) in AT_ONCE else pytest.mark.long)


def test_every_kind_of_work_has_a_moment_to_be_killed_at():
    assert {kind.name for kind in WORK} == set(proof.MOMENTS)
    assert len(POINTS) == sum(len(kind.stages) + 2 for kind in WORK)


@pytest.mark.parametrize(("kind", "point"), [later(*one) for one in POINTS], ids=lambda part: part)
def test_killed_it_comes_back_and_yields_one_file(open_house, kind, point):
    # Given a house where it is due, and its process that dies there
    house = open_house(proof.MOMENTS[kind])
    house.worker(kind, point, "kill")
    house.ring()
    _, worker = house.marked()
    # Then the worker takes it up again and it is done, once, within a minute
    _done_once(house, kind, point)
    assert alive(worker), "a job that dies leaves its worker alive"


@pytest.mark.parametrize(("kind", "point"), [later(*one) for one in POINTS], ids=lambda part: part)
def test_killed_with_its_worker_it_is_done_by_the_next(open_house, kind, point):
    house = open_house(proof.MOMENTS[kind])
    house.worker(kind, point, "both")
    house.ring()
    _, worker = house.marked()
    house.until(lambda: not alive(worker))
    # When a worker is there again
    house.worker()
    _done_once(house, kind, point)


def _done_once(house, kind, point):
    house.done(kind)
    work = house.one(kind)
    assert work.attempt == (1 if point == AFTER else 2), house.said()
    assert work.fence == work.attempt
    proof.holds(house, kind, work)


@pytest.mark.long
def test_with_the_lease_of_a_real_portal_it_is_done_within_a_minute(open_house):
    house = open_house("accepted", lease_seconds=Config.lease_seconds)
    house.worker("release", "seal", "both")
    house.ring()
    _, worker = house.marked()
    house.until(lambda: not alive(worker))
    house.worker()
    house.keeper()
    assert house.done("release", 60, ringing=False) < 60
    proof.holds(house, "release", house.one("release"))
