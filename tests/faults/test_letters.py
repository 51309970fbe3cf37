"""Letters when the mail server or the keeper is killed in the middle: none is lost, and what may be double is marked."""

import dataclasses
import email
import email.policy
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import select, update

from portal import clock, mail, ports
from portal.db import transaction
from portal.letters import carrier
from tests.factories import given

ROOT = Path(__file__).parents[2]
NUMBER = 6
KEEPER = """
import json, sys
from pathlib import Path
import config
from portal import mail
from portal.app import create_app
given = json.loads(sys.argv[1])
app = create_app(config.Config(instance=Path(given.pop("instance")), **given))
with app.app_context():
    print("carrying", flush=True)
    mail.carry()
"""


class Post:
    """A mail server that can be killed and started again at the same port, and what it ever took."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.process = None

    def start(self, plan="take"):
        self.end()
        command = [sys.executable, "-m", "tests.areas.mail.server", str(self.port), str(self.folder), plan]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == "ready\n"

    def end(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()
            self.process = None

    def taken(self):
        files = sorted(self.folder.glob("*.eml"))
        return [email.message_from_bytes(one.read_bytes(), policy=email.policy.default) for one in files]


@pytest.fixture
def post(context, tmp_path, socket_enabled):
    made = Post(tmp_path / "post")
    ports.house.config = dataclasses.replace(ports.house.config, smtp_url=f"smtp://127.0.0.1:{made.port}")
    yield made
    made.end()


def letters():
    with transaction() as current:
        return list(current.scalars(select(mail.Letter).order_by(mail.Letter.id)))


def attempts():
    with transaction() as current:
        return [(one.number, one.outcome) for one in current.scalars(select(mail.Attempt).order_by(mail.Attempt.id))]


def write_some():
    with given():
        for number in range(NUMBER):
            address = f"person{number}@example.org"
            mail.write(address, "en", "release_available", number=f"MMC-4Mi-2026-{number:04}", ref="ab" * 16)


def carry_all():
    for _ in range(5):
        with given() as current:
            current.execute(update(mail.Letter).values(due_at=clock.now()))
        mail.carry()
        if all(one.sent_at for one in letters()):
            return


def what_came(post):
    """Check that every letter came, and that whatever came twice is marked; return the letters that did."""
    came = Counter(message["Message-ID"] for message in post.taken())
    host = ports.house.config.host
    sent = {f"<{one.message_id}@{host}>": one for one in letters()}
    assert set(came) == set(sent), "none is lost, none is made up"
    assert {one.status for one in sent.values()} <= {"sent", "doubt"}
    assert {name for name, times in came.items() if times > 1} <= {
        name for name, one in sent.items() if one.status == "doubt"
    }
    assert max(came.values()) <= 2
    for name, one in sent.items():
        if one.status == "sent":
            assert came[name] == 1
    return {name for name, times in came.items() if times > 1}


@pytest.mark.parametrize(("plan", "twice"), [("after:3", 1), ("before:3", 0), (f"after:{NUMBER}", 1)])
def test_the_server_is_killed_in_the_middle_of_a_batch(post, plan, twice):
    write_some()
    post.start(plan)
    at = int(plan.partition(":")[2])
    assert mail.carry() == at - 1
    states = [one.status for one in letters()]
    assert states == ["sent"] * (at - 1) + ["queued"] * (NUMBER - at + 1), "nobody waits as sending"
    assert [one.doubtful for one in letters()] == [number == at - 1 for number in range(NUMBER)]
    assert sum(one.attempts for one in letters()) == at, "a server that is away costs the others no attempt"
    post.start()
    carry_all()
    doubles = what_came(post)
    assert len(doubles) == twice
    assert [one.status for one in letters()].count("doubt") == 1, "it may have come twice: the portal cannot know"
    marked = [one["X-Portal-Attempt"] for one in post.taken() if one["Message-ID"] in doubles]
    assert marked == ["1", "2"] * twice
    assert attempts().count((1, "unanswered")) == 1


def _keeper(context, post):
    settings = dataclasses.asdict(context.config["PORTAL"]) | {"smtp_url": f"smtp://127.0.0.1:{post.port}"}
    settings["instance"] = str(settings["instance"])
    kept = {name: settings[name] for name in ("instance", "database_url", "redis_url", "secret_key", "smtp_url")}
    return subprocess.Popen(
        [sys.executable, "-c", KEEPER, json.dumps(kept)], cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}
    )


@pytest.mark.long
def test_the_keeper_is_killed_while_it_waits_for_the_server(context, post, time_machine):
    write_some()
    post.start("silent:4")
    keeper = _keeper(context, post)
    deadline = time.monotonic() + 60
    while len(post.taken()) < 4:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    keeper.kill()
    keeper.wait()
    assert [one.status for one in letters()] == ["sent"] * 3 + ["sending"] + ["queued"] * 2
    post.start()
    assert mail.carry() == 2, "what is claimed is left alone: its keeper may be alive"
    time_machine.move_to(clock.now() + clock.seconds(carrier.CLAIM_SECONDS + 1), tick=True)
    assert mail.carry() == 1
    assert len(what_came(post)) == 1
    (marked,) = [one for one in letters() if one.status == "doubt"]
    assert marked.attempts == 2
    assert (1, "killed") in attempts()


def test_two_keepers_at_once_send_each_letter_once(context, post):
    write_some()
    post.start()

    def one():
        with context.app_context():
            mail.carry()

    both = [threading.Thread(target=one) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert what_came(post) == set()
    assert {one.status for one in letters()} == {"sent"}
    assert sorted(attempts()) == [(1, "taken")] * NUMBER


def test_a_keeper_that_was_frozen_past_its_claim_lets_go_before_the_end_of_the_message(post, time_machine):
    write_some()
    post.start()
    moment = clock.now()
    stuffed = carrier._in_words

    def slow(letter):
        words = stuffed(letter)
        time_machine.move_to(moment + clock.seconds(carrier.CLAIM_SECONDS + 5), tick=True)
        return words

    carrier._in_words = slow
    try:
        mail.carry()
    finally:
        carrier._in_words = stuffed
    assert [one.status for one in letters()] == ["queued"] + ["sent"] * (NUMBER - 1)
    assert attempts()[0] == (1, "lost")
    assert len(post.taken()) == NUMBER - 1
    carry_all()
    assert what_came(post) == set()
