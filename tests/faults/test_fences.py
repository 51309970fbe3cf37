"""Late copies, doubled rings, poison: one effect each."""

import os
import signal
import time

import pytest
from sqlalchemy import select

from portal.catalogue import actions as catalogue
from portal.db import session, transaction
from portal.jobs import claim
from portal.rooms import plug
from tests import factories
from tests.faults import proof
from tests.faults.conftest import LEASE, alive
from tests.faults.zygote import COMMIT


def gone(pid):
    return not alive(pid)


@pytest.mark.parametrize(
    ("kind", "point"),
    [
        ("read", "check"),
        pytest.param("protect", "seal", marks=pytest.mark.long),
        pytest.param("release", "package", marks=pytest.mark.long),
        ("release", "publish"),
        ("release", COMMIT),
    ],
)
def test_a_copy_that_wakes_up_late_loses_its_fence_and_publishes_nothing(open_house, kind, point):
    house = open_house(proof.MOMENTS[kind])
    # Given a job that falls asleep longer than its lease
    sleeper = house.worker(kind, point, "stop")
    house.ring()
    job, _ = house.marked(ringing=point != COMMIT)
    if point == COMMIT:
        # inside its transaction it holds the database's lock: nobody else can take the work before it wakes
        time.sleep(LEASE + 0.5)
        os.kill(job, signal.SIGCONT)
        house.worker()
    else:
        time.sleep(LEASE + 0.2)
        # When another worker does the work
        house.worker()
    house.done(kind)
    work = house.one(kind)
    # And the sleeper goes on
    if alive(job):
        os.kill(job, signal.SIGCONT)
        house.until(lambda: gone(job), ringing=False)
    # Then what is published is still the one file
    after = house.one(kind)
    assert (after.fence, after.attempt, after.status) == (work.fence, work.attempt, "done")
    proof.holds(house, kind, after)
    assert alive(sleeper)


def test_a_worker_that_sleeps_as_a_whole_does_no_harm_when_it_wakes(open_house):
    house = open_house("accepted")
    first = house.worker("release", "attack", "stop")
    house.ring()
    job, _ = house.marked()
    os.kill(first, signal.SIGSTOP)
    time.sleep(LEASE + 0.2)
    second = house.worker()
    house.done("release")
    os.kill(first, signal.SIGCONT)
    os.kill(job, signal.SIGCONT)
    house.until(lambda: gone(job), ringing=False)
    proof.holds(house, "release", house.one("release"))
    assert alive(first)
    assert alive(second)


def test_rung_ten_times_with_two_workers_it_is_done_once(open_house):
    from portal.jobs import bell

    house = open_house("received")
    with house.app.app_context():
        for _ in range(10):
            bell.ring()
    house.worker()
    house.worker()
    house.done("read", ringing=False)
    house.until(lambda: len(bell.queue(house.redis)) == 0, ringing=False)
    time.sleep(0.5)
    work = house.one("read")
    assert (work.attempt, work.fence) == (1, 1)
    proof.holds(house, "read", work)


def test_asked_for_twice_it_is_one_piece_of_work(open_house):
    from portal.jobs import bell

    house = open_house("received")
    with house.app.app_context():
        for _ in range(10):
            with factories.given():
                bell.ask("read", house.facts["version"])
    assert len(house.work()) == 1


def test_poison_is_dead_after_three_and_the_others_go_on(open_house):
    from portal.exports.models import Release
    from tests import snapshots

    # Given a release that kills whoever builds it, and another piece of work behind it
    house = open_house("accepted")
    poison = house.one("release").target_ref
    plug(house.settings)
    with house.app.app_context():
        data = catalogue.Upload(file_name="next.csv", source=[snapshots.ona()])
        behind = catalogue.receive(snapshots.STEWARD, house.facts["dataset"], data)
    house.worker("release", "select", "always")
    house.until(lambda: house.work()["read", behind].status == "done", 60)
    house.until(lambda: house.work()["release", poison].status == "dead", 90)
    # Then it was tried three times and is dead, what asked for it is held, and the other was done
    assert house.work()["release", poison].attempt == claim.MOST_ATTEMPTS + 1
    assert [body["type"] for body in house.bodies("release.started", "release.failed", "release.available")] == [
        *["release.started"] * claim.MOST_ATTEMPTS,
        "release.failed",
    ]
    with house.app.app_context(), transaction():
        release = session().scalars(select(Release)).one()
        assert (release.status, release.blob, release.held_reason) == ("held", "", "RuntimeError")
