"""SIGKILL at every stage of every kind of work: one file, one set of events, done once a worker is there again.

The stages come from the portal's own list of work; a new one is killed from the day it is there.
"""

import pytest

from config import Config
from portal.app import WORK
from tests.faults import proof
from tests.faults.conftest import alive
from tests.faults.zygote import AFTER, COMMIT

POINTS = [(kind.name, point) for kind in WORK for point in (*(stage.name for stage in kind.stages), COMMIT, AFTER)]


def test_every_kind_of_work_has_a_moment_to_be_killed_at():
    assert {kind.name for kind in WORK} == set(proof.MOMENTS)
    assert len(POINTS) == sum(len(kind.stages) + 2 for kind in WORK)


@pytest.mark.parametrize(("kind", "point"), POINTS, ids=lambda part: part)
def test_killed_it_comes_back_and_yields_one_file(open_house, kind, point):
    moment = proof.MOMENTS[kind]
    # Given two houses where it is due; in the one the job's process dies, in the other its worker with it
    job, both = open_house(moment), open_house(moment)
    job.worker(kind, point, "kill")
    both.worker(kind, point, "both")
    job.ring()
    both.ring()
    victims = [job.marked(), both.marked()]
    both.until(lambda: not alive(victims[1][1]))
    # When a worker is there again
    both.worker()
    # Then it is done, once, within a minute
    for house in (job, both):
        house.done(kind)
        work = house.one(kind)
        assert work.attempt == (1 if point == AFTER else 2), house.said()
        assert work.fence == work.attempt
        proof.holds(house, kind, work)
    assert alive(victims[0][1]), "a job that dies leaves its worker alive"


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
