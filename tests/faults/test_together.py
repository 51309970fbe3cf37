"""Web, worker and keeper write to one database at the same time, as real processes: nobody ever finds it locked."""

import contextlib
import io
import os
import signal
import subprocess
import sys
import threading
import time

import pytest
from sqlalchemy import func, select, update
from werkzeug.datastructures import FileStorage

from portal.audit import verify
from portal.audit.models import AuditEvent
from portal.audit.signing import Signer
from portal.catalogue.models import Version
from portal.db import session, transaction
from portal.exports.models import Allowance, Download
from portal.rooms import plug
from tests import factories
from tests.core.catalogue.a_survey import a_file, an_interview
from tests.faults.test_plaintext import environment, free_port, wait_until_up
from tests.faults.visitor import Visitor

ROUND = a_file(*(an_interview(_uuid=f"{n:08}-1111-4111-8111-111111111111") for n in range(5)))
COMPLAINTS = (
    "locked",
    "database.unavailable",
    "database_away",
    "task_failed",
    "Traceback",
    '"fault"',
    "promise.failed",
)


@pytest.fixture
def web(open_house):
    """A house at "released" with gunicorn before it: four processes' worth of threads."""
    house = open_house("released")
    address = f"http://127.0.0.1:{free_port()}"
    command = [sys.executable, "-m", "gunicorn", "--bind", address.removeprefix("http://"), "--workers", "2"]
    command += ["--threads", "4", "--worker-class", "gthread", "--log-level", "warning", "wsgi:app"]
    with (house.folder / "web.log").open("ab") as log:
        process = subprocess.Popen(
            command, env=environment(house, PUBLIC_URL=address), stdout=log, stderr=log, start_new_session=True
        )
    wait_until_up(address)
    yield house, address
    os.killpg(process.pid, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=15)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def visits(house, address):
    """What each of seven people does over and over: reading that is logged, writing, loading, fetching."""
    with house.app.app_context(), factories.given() as current:
        current.execute(update(Allowance).values(remaining=10**6))
        names = ("steward", "dpo", "coordinator", "analyst", "colleague", "stranger", "unnamed")
        tokens = {name: factories.a_session(house.facts["people"][name]) for name in names}
    people = {name: Visitor(address, token) for name, token in tokens.items()}
    release = f"/releases/{house.facts['release']}/download"

    def load():
        file = FileStorage(io.BytesIO(ROUND), "round.csv")
        return people["steward"].upload("/catalogue/upload", dataset=house.facts["dataset"], file=file)[0]

    return {
        "loads rounds": load,
        "reads protected files": lambda: people["dpo"].get("/protected")[0],
        "searches": lambda: people["coordinator"].get("/catalogue/?q=gender")[0],
        "fetches": lambda: people["analyst"].post(release)[0],
        "watches": lambda: people["colleague"].get(f"/requests/{house.facts['request']}")[0],
        "is refused": lambda: people["stranger"].post(release)[0],
        "changes the profile": lambda: people["unnamed"].post("/profile", language="fr", time_zone="UTC")[0],
    }


ANSWERS = {"loads rounds": {303}, "fetches": {200}, "is refused": {404}, "changes the profile": {303}}


@pytest.mark.parametrize("seconds", [10, pytest.param(60, marks=pytest.mark.long)])
def test_nobody_finds_the_database_locked(web, seconds):
    house, address = web
    house.worker()
    house.worker()
    house.keeper()
    plug(house.settings)
    deeds = visits(house, address)
    answers, end = {what: [] for what in deeds}, time.monotonic() + seconds

    def go_on(what):
        while time.monotonic() < end:
            answers[what].append(deeds[what]())

    threads = [threading.Thread(target=go_on, args=(what,)) for what in deeds if what != "changes the profile"]
    for thread in threads:
        thread.start()
    while time.monotonic() < end:  # and somebody whose browser does two things at once
        answers["changes the profile"].append(deeds["changes the profile"]())
    for thread in threads:
        thread.join()

    # Then everybody always got the right answer
    for what, statuses in answers.items():
        assert statuses, what
        assert set(statuses) == ANSWERS.get(what, {200}), what
    # And what was loaded meanwhile is read, once each
    loaded = len(answers["loads rounds"])
    with house.app.app_context():
        house.until(lambda: _read(house) == loaded, 120, ringing=False)
        with transaction():
            sent = select(func.count()).select_from(Download).where(Download.completed_at.is_not(None))
            assert session().scalar(sent) == len(answers["fetches"])
            assert session().scalar(select(func.count()).select_from(AuditEvent)) > sum(map(len, answers.values()))
        # And the log is whole
        Signer().tick()
        assert verify.examine().state is verify.State.OK
    logs = {path.name: path.read_text() for path in house.folder.glob("*.log")}
    assert logs.keys() >= {"web.log", "worker.log", "keeper.log"}
    for name, text in logs.items():
        assert not [line for line in text.splitlines() if any(one in line for one in COMPLAINTS)][:3], name


def _read(house):
    with transaction():
        query = select(func.count()).select_from(Version).where(Version.number > 1, Version.status != "received")
        return session().scalar(query)


def test_a_client_that_goes_away_in_the_middle_is_noted_with_its_bytes(web):
    """Over a real connection: it reads a little, then it is gone."""
    house, address = web
    with house.app.app_context(), factories.given():
        token = factories.a_session(house.facts["people"]["analyst"])
    browser = Visitor(address, token)
    body = browser.encoded()
    connection = browser.begin(
        "POST", f"/releases/{house.facts['release']}/download", body, "application/x-www-form-urlencoded"
    )
    connection.sock.recv(100)
    connection.sock.close()
    connection.close()

    def noted():
        with house.app.app_context(), transaction():
            found = session().scalars(select(Download)).all()
            return found and found[0].completed_at is not None and found[0]

    download, _ = house.until(noted, ringing=False)
    (event,) = house.bodies("release.download.completed")
    assert event["data"]["bytes"] == download.sent
