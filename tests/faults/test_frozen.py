"""Frozen while it runs: a real download over a socket, a real build in a process, and a keeper that looks after it."""

import os
import signal
import time

from sqlalchemy import select

from portal.db import session, transaction
from portal.exports.models import Download, Release
from portal.freezes import Freeze
from portal.incidents.models import FreezeProbe
from portal.rooms import plug
from tests import factories, snapshots
from tests.areas.auth.pages import code_for
from tests.faults.test_together import web  # noqa: F401 -- a fixture
from tests.faults.visitor import Visitor
from tests.house.standing import build

LARGE = 96_000_000  # bytes: more than what the sockets between hold
FASTEST = 4_000_000  # bytes a second that the visitor reads


def test_from_the_click_to_the_last_closed_path_it_takes_less_than_a_minute(web):  # noqa: F811
    house, address = web
    plug(house.settings)
    people = house.facts["people"]
    # Given a release that is large, and another that a worker is building at this moment
    with house.app.app_context():
        with factories.given():
            build(session().scalars(select(Release)).one(), os.urandom(LARGE))
        more = snapshots.accept(house.facts, variables=("drivers",))
        with factories.given():
            tokens = {name: factories.a_session(people[name]) for name in ("analyst", "colleague", "dpo")}
            partner = session().get(Release, 1).request.organisation.ref
    house.worker("release", "package", "stop")
    house.keeper()
    job, _worker = house.marked()
    assert _release(house, more["release"]).status == "building"
    # And somebody who fetches it, not too fast
    analyst, dpo = Visitor(address, tokens["analyst"]), Visitor(address, tokens["dpo"])
    path, kind = f"/releases/{house.facts['release']}/download", "application/x-www-form-urlencoded"
    connection = analyst.begin("POST", path, analyst.encoded(), kind)
    answer = connection.getresponse()
    assert answer.status == 200
    got = len(answer.read(FASTEST))

    # When the data protection officer freezes the organisation
    code = code_for(house.app, people["dpo"])
    fields = {"kind": "organisation", "target": partner, "reason": "A laptop was stolen.", "code": code}
    dpo.token()
    clicked = time.monotonic()
    status, _headers, page = dpo.post("/stop/new", **fields)
    assert status == 303, page
    answered = time.monotonic() - clicked

    # Then the download breaks off
    while True:
        try:
            piece = answer.read(FASTEST // 4)
        except OSError:
            break
        if not piece:
            break
        got += len(piece)
        assert time.monotonic() - clicked < 60
        time.sleep(0.25)
    cut = time.monotonic() - clicked
    connection.close()
    assert got < LARGE
    # And every path is found closed, with the seconds it took
    house.until(lambda: _freeze(house).closed_at is not None, 60, ringing=False)
    assert time.monotonic() - clicked < 60
    assert answered < 10
    assert cut < 30
    with house.app.app_context(), transaction():
        probes = session().scalars(select(FreezeProbe)).all()
        assert {one.path for one in probes if one.closed_at} == {
            "sessions", "sign_in", "download", "stream", "table", "build",
        }  # fmt: skip
        assert all(one.alarmed_at is None for one in probes)
        (download,) = session().scalars(select(Download)).all()
    assert download.sent < LARGE
    # And the build that goes on does not end in a release
    os.kill(job, signal.SIGCONT)
    house.worker()
    time.sleep(3)
    assert (_release(house, more["release"]).status, _release(house, more["release"]).blob) == ("held", "")
    # And whoever comes is told so
    status, _headers, page = Visitor(address, tokens["colleague"]).get("/requests")
    assert status == 403
    assert "Your access is stopped" in page


def _release(house, ref):
    with house.app.app_context(), transaction():
        return session().scalars(select(Release).where(Release.ref == ref)).one()


def _freeze(house):
    with house.app.app_context(), transaction():
        return session().scalars(select(Freeze)).one()
