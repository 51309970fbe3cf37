"""No plaintext of a row in any file that web or worker write to during upload, build and download: traced as they run."""

import contextlib
import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest
from sqlalchemy import select
from werkzeug.datastructures import FileStorage

from portal.catalogue import rows
from portal.catalogue.models import Version
from portal.db import session, transaction
from portal.exports import protecting
from portal.exports.models import ProtectedFile, Release
from tests import factories, snapshots
from tests.faults.visitor import Visitor

ROOT = Path(__file__).parents[2]
MEMORY = 64 * 1024  # far less than the upload, so that the encrypted spool on disk is really used


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def environment(house, **more):
    settings = house.settings
    return os.environ | {
        "PORTAL_INSTANCE": str(settings.instance),
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "SECRET_KEY": settings.secret_key,
        "PYTHONUNBUFFERED": "1",
        **more,
    }


@pytest.fixture
def traced(tmp_path):
    """Return a function that starts a traced process, and one that ends them all and reads what they wrote."""
    out, scratch = tmp_path / "trace", tmp_path / "tmp"
    out.mkdir()
    scratch.mkdir()
    started = []

    def start(what, env, **order):
        path = tmp_path / f"{what}.json"
        path.write_text(json.dumps(order | {"out": str(out)}))
        log = (tmp_path / f"{what}.log").open("ab")
        command = [sys.executable, "-m", "tests.faults.traced", what, str(path)]
        process = subprocess.Popen(
            command, env=env | {"TMPDIR": str(scratch)}, cwd=ROOT, stdout=log, stderr=log, start_new_session=True
        )
        log.close()
        started.append(process)
        return process

    def end():
        for process in started:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
        for process in started:
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        started.clear()
        return [json.loads(path.read_text()) for path in sorted(out.glob("*/list.json"))]

    yield start, end
    for process in started:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_until_up(address):
    host, port = address.removeprefix("http://").split(":")
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection((host, int(port)), timeout=1):
            return
        time.sleep(0.1)
    raise AssertionError("the traced web process did not come up")


def test_the_tracer_sees_what_must_never_happen(traced, tmp_path):
    start, end = traced
    process = start("leak", dict(os.environ), canary="Fatoumata told us everything")
    assert process.wait(timeout=60) == 0, (tmp_path / "leak.log").read_text()
    (report,) = end()
    found = [one["name"] for one in report["files"] if b"Fatoumata told us" in Path(one["file"]).read_bytes()]
    assert len(found) == 5, report["files"]
    assert any("x.parquet" in name for name in found), "also what a library opens behind Python's back"


@pytest.mark.long
def test_no_row_is_written_in_the_clear_from_upload_to_download(open_house, traced, tmp_path):
    house, (start, end) = open_house("received"), traced
    with house.app.app_context(), factories.given() as current:
        from sqlalchemy import update

        from portal.jobs.models import Work

        current.execute(update(Work).values(status="done"))
        people = {name: factories.a_session(house.facts["people"][name]) for name in ("steward", "dpo", "analyst")}
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    env = environment(house, PUBLIC_URL=address, UPLOAD_MEMORY=str(MEMORY))
    start("web", env, address=address)
    start("worker", env)
    wait_until_up(address)
    steward, dpo, analyst = (Visitor(address, people[name]) for name in ("steward", "dpo", "analyst"))

    # When a round is uploaded, read, published, protected, signed off, and a release of it is built and fetched
    file = FileStorage(io.BytesIO(snapshots.ona()), "round.csv")
    status, headers, body = steward.upload("/catalogue/upload", dataset=house.facts["dataset"], file=file)
    assert status == 303, body
    ref = headers["Location"].rsplit("/", 1)[1]
    house.until(lambda: look(house, Version, Version.ref == ref).status == "checked")
    publish(house, steward, ref)
    house.until(lambda: all(file.status == "proposed" for file in files_of(house, ref)), 60)
    for file in files_of(house, ref):
        for signer in (steward, dpo):
            form = {"verdict": "signed", "reason": "", "sha256": file.sha256}
            assert signer.post(f"/protected/{file.ref}/sign", **form)[0] == 303
    facts = house.facts | {"version": ref}
    with house.app.app_context():
        release = snapshots.accept(facts)["release"]
    house.until(lambda: look(house, Release, Release.ref == release).status == "available", 60)
    status, _, package = analyst.post(f"/releases/{release}/download")
    assert status == 200
    reports = end()

    # Then what was written to can be read, and no row is in it
    written = [one for report in reports for one in report["files"]]
    canaries = rows_told(house, ref, package)
    assert len(canaries) > 1000
    contents = {one["file"]: (one["name"], Path(one["file"]).read_bytes()) for one in written}
    names = [name for name, _ in contents.values()]
    vault = str(house.settings.vault_dir)
    assert sum(vault in name for name in names) >= 5, "the upload, the rows, two protected files, the release"
    spooled = [data for name, data in contents.values() if str(tmp_path / "tmp") in name and len(data) > MEMORY]
    assert spooled, "the upload went through the encrypted spool"
    for name, data in contents.values():
        if vault in name:
            assert data.startswith(b"4Mi vault 1\n"), name
        assert not data.startswith((b"PAR1", b"PK\x03\x04", b"SQLite") if "sqlite" not in name else b"PAR1"), name
        assert not [canary for canary in canaries if canary in data][:1], name
    # And nothing was opened that is not accounted for
    listed = {path for report in reports for path in report["listed"]}
    unknown = [path for path in listed if not _expected(path, house, tmp_path)]
    assert unknown == []


def _expected(path, house, tmp_path):
    at_home = (str(house.folder), str(tmp_path / "tmp"), str(tmp_path / "trace"))
    return path.startswith((*at_home, "/dev/null", "/proc/self/fd")) or path.isdecimal() or path == "-1"


def look(house, model, *where):
    with house.app.app_context(), transaction():
        return session().scalars(select(model).where(*where)).one()


def files_of(house, ref):
    with house.app.app_context(), transaction():
        found = select(ProtectedFile).join(Version).where(Version.ref == ref).order_by(ProtectedFile.id)
        return list(session().scalars(found))


def publish(house, steward, ref):
    with house.app.app_context(), transaction():
        version = session().scalars(select(Version).where(Version.ref == ref)).one()
        lock = version.lock
        roles = {f"role.{one.name}": one.proposed_role for one in version.variables}
    assert steward.post(f"/catalogue/versions/{ref}/roles", lock=lock, **roles)[0] == 303
    assert steward.post(f"/catalogue/versions/{ref}/publish", lock=lock + 1)[0] == 303


def rows_told(house, ref, package):
    """What a row could be known by: submission ids, keyed ids, pseudonyms, planted markers, whole lines of the data."""
    from portal.rooms import plug

    plug(house.settings)
    drawn = snapshots.survey()
    found = {value for value in drawn.frame["_uuid"] if len(value) > 20} | set(drawn.markers)
    with house.app.app_context():
        found |= set(rows.load(look(house, Version, Version.ref == ref))["interview_id"])
        for file in files_of(house, ref):
            found |= set(protecting.frame_of(file)["interview_id"])
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        lines = archive.read("data.csv").decode("utf-8-sig").splitlines()[1:]
    found |= set(lines) | {line.split(",")[0].strip('"') for line in lines}
    found |= {line for line in snapshots.ona().decode("utf-8-sig").splitlines()[2:] if len(line) > 40}
    return [one.encode() for one in found if len(one) > 11]
