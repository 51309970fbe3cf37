"""The queue goes away, forgets everything, or is told lies: no work is lost, and nothing foreign runs."""

import contextlib
import os
import signal
import time

import pytest
from rq import Queue
from rq.exceptions import NoSuchJobError
from rq.job import Callback, Job

from portal import embedded
from portal.catalogue import actions as catalogue
from portal.jobs import bell
from portal.rooms import plug
from tests import queues, snapshots
from tests.faults import proof
from tests.faults.conftest import LEASE, House, alive


@pytest.fixture
def own_queue(tmp_path):
    """A server that a test may stop and start again; the folder must be short-named and private, so it is its own."""
    folder = tmp_path / "q"
    folder.mkdir()
    servers = []

    def start():
        servers.append(embedded.start(folder))

    def stop():
        server = servers.pop()
        server.send_signal(signal.SIGTERM)
        server.wait()

    yield embedded.url_for(folder), start, stop
    while servers:
        stop()


def upload(house):
    plug(house.settings)
    with house.app.app_context():
        data = catalogue.Upload(file_name="round.csv", source=[snapshots.ona()])
        return catalogue.receive(snapshots.STEWARD, house.facts["dataset"], data)


def test_with_the_queue_down_it_commits_and_is_done_when_the_queue_is_back(
    open_house, own_queue, tmp_path, zygote, moments
):
    url, start, stop = own_queue
    start()
    house = House(moments["signed"], tmp_path / "house", zygote, url)
    try:
        stop()
        # Given no queue: a request is accepted all the same
        plug(house.settings)
        with house.app.app_context():
            snapshots.accept(house.facts)
        assert house.one("release").status == "due"
        worker = house.worker()
        keeper = house.keeper()
        time.sleep(3)
        assert house.one("release").status == "due"
        # When it is back, the keeper rings and the waiting worker works
        start()
        house.done("release", ringing=False)
        proof.holds(house, "release", house.one("release"))
        for pid in (worker, keeper):
            os.kill(pid, 0)
    finally:
        zygote.end_all()
        with contextlib.suppress(Exception):
            house.close()


def test_the_keeper_restores_what_the_queue_forgot(open_house):
    house = open_house("received")
    with house.app.app_context():
        bell.ring()
    house.redis.flushdb() if queues.NAMED else house.redis.flushall()
    assert len(bell.queue(house.redis)) == 0
    house.worker()
    house.keeper()
    house.done("read", ringing=False)
    proof.holds(house, "read", house.one("read"))


def test_the_queue_is_emptied_while_a_job_runs(open_house):
    house = open_house("received")
    house.worker("read", "check", "stop")
    house.ring()
    job, _ = house.marked()
    house.redis.flushdb()
    os.kill(job, signal.SIGCONT)
    house.done("read")
    proof.holds(house, "read", house.one("read"))


def test_two_keepers_and_two_workers_do_it_once(open_house):
    house = open_house("received")
    for _ in range(2):
        house.keeper()
        house.worker()
    house.done("read", ringing=False)
    time.sleep(LEASE)
    assert house.one("read").fence == 1
    proof.holds(house, "read", house.one("read"))


def foreign(redis, marker):
    """Every way found to make a job call something else."""
    command = f"touch {marker}"
    queue = Queue(bell.QUEUE, connection=redis, serializer="json", job_class=Job)

    def job(name, *args, **more):
        return queue.create_job(name, args=args, **more)

    yield "another function", job("os.system", command)
    yield "an argument to the right one", job(bell.WAKE, command)
    yield "keyword arguments", queue.create_job(bell.WAKE, kwargs={"command": command})
    yield "a method of an instance", job("subprocess.Popen", ["touch", str(marker)])
    for kind in ("on_success", "on_failure", "on_stopped"):
        yield f"a callback {kind}", queue.create_job(bell.WAKE, **{kind: Callback("os.system")})
    yield (
        "a failing job with a callback",
        queue.create_job("os.system", args=[command], on_failure=Callback("os.system")),
    )


def test_nothing_that_somebody_wrote_into_the_queue_runs(open_house, tmp_path):
    house = open_house("received")
    marker = tmp_path / "owned"
    jobs = {}
    for what, job in foreign(house.redis, marker):
        job.timeout = 60
        job.save()
        house.redis.rpush(f"rq:queue:{bell.QUEUE}", job.id)
        jobs[what] = job.id
    house.redis.sadd("rq:queues", f"rq:queue:{bell.QUEUE}")
    worker = house.worker()
    house.until(lambda: len(bell.queue(house.redis)) == 0, ringing=False)
    house.done("read")
    proof.holds(house, "read", house.one("read"))
    assert not marker.exists()
    told = house.folder / "worker.log"  # the last one is off the queue a moment before it is told
    house.until(lambda: told.read_text().count("bell.foreign_job") >= 5, ringing=False)
    for what, job_id in jobs.items():
        if "callback" not in what or "failing" in what:
            with pytest.raises(NoSuchJobError):
                bell.OnlyWake.fetch(job_id, connection=house.redis, serializer="json")
    os.kill(worker, 0)


@pytest.mark.parametrize("callback", ["_success_callback_name", "_failure_callback_name", "_stopped_callback_name"])
def test_a_callback_read_from_the_queue_is_forgotten(open_house, callback):
    house = open_house("received")
    queue = Queue(bell.QUEUE, connection=house.redis, serializer="json", job_class=Job)
    name = callback.removeprefix("_").removesuffix("_callback_name")
    written = queue.create_job(bell.WAKE, **{f"on_{name}": Callback("os.system")})
    written.save()
    assert getattr(Job.fetch(written.id, connection=house.redis, serializer="json"), callback) == "os.system"
    read = bell.OnlyWake.fetch(written.id, connection=house.redis, serializer="json")
    assert getattr(read, callback) is None
    assert read.webhooks == []


def test_a_webhook_read_from_the_queue_is_forgotten(open_house):
    house = open_house("received")
    with house.app.app_context():
        job = bell.queue(house.redis).enqueue(bell.WAKE)
    key = f"rq:job:{job.id}"
    fields = {name.decode() for name in house.redis.hkeys(key)}
    house.redis.hset(key, "webhooks", '[{"url": "http://127.0.0.1:1/", "event": "finished"}]')
    read = bell.OnlyWake.fetch(job.id, connection=house.redis, serializer="json")
    assert read.webhooks == []
    assert fields


def test_a_job_that_is_no_json_harms_nobody(open_house):
    house = open_house("received")
    house.redis.hset(
        "rq:job:evil", mapping={"data": b"cos\nsystem\n(S'touch x'\ntR.", "created_at": "x", "origin": bell.QUEUE}
    )
    house.redis.rpush(f"rq:queue:{bell.QUEUE}", "evil", "absent")
    worker = house.worker()
    house.done("read")
    proof.holds(house, "read", house.one("read"))
    assert alive(worker)
