"""A download under way, over a real connection, when what allowed it is taken away."""

import http.client
import threading
import time

import pytest
from sqlalchemy import select

from portal import ports
from portal.db import session
from portal.exports.models import Download, Release
from portal.exports.moves import context_of
from portal.keys import Wrapping
from portal.rooms import plug
from portal.vault import new_name, seal
from tests import factories
from tests.areas.auth.pages import code_for
from tests.faults.test_together import web  # noqa: F401 -- a fixture
from tests.faults.visitor import Visitor

SIZE = 48 * 1024 * 1024
PIECE = bytes(range(256)) * 256


def enlarge(house):
    """Let the release be large enough to take a while."""
    plug(house.settings)
    with house.app.app_context(), factories.given():
        release = session().scalars(select(Release)).one()
        wrapped, blob = ports.house.keys.wrap(Wrapping.DATA, context_of(release)), new_name()
        sealed = seal(
            ports.house.store, blob, (PIECE for _ in range(SIZE // len(PIECE))), wrapped.dek, context_of(release)
        )
        release.blob, release.sha256, release.size = blob, sealed.sha256, sealed.size
        release.key_id, release.key_wrapped = wrapped.key_id, wrapped.wrapped


@pytest.mark.parametrize("how", ["release", pytest.param("request", marks=pytest.mark.long)])
def test_a_revocation_ends_the_stream_within_five_seconds_and_the_log_says_so(web, how):  # noqa: F811
    house, address = web
    enlarge(house)
    people = house.facts["people"]
    with house.app.app_context(), factories.given():
        tokens = {name: factories.a_session(people[name]) for name in ("analyst", "dpo")}
        lock = session().scalars(select(Release)).one().lock
    reader, officer = (Visitor(address, tokens[name]) for name in ("analyst", "dpo"))
    officer.token("/privacy")
    code = code_for(house.app, people["dpo"])
    # Given somebody who reads at a few megabytes a second
    path = f"/releases/{house.facts['release']}/download"
    wire = reader.begin("POST", path, reader.encoded(), "application/x-www-form-urlencoded")
    answer, got, ended = wire.getresponse(), [0], []
    assert answer.status == 200

    def read():
        try:
            while piece := answer.read(128 * 1024):
                got[0] += len(piece)
                time.sleep(0.04)
        except (http.client.IncompleteRead, ConnectionError):
            pass
        ended.append(time.monotonic())

    thread = threading.Thread(target=read)
    thread.start()
    time.sleep(1.5)
    assert not ended
    # When the data protection officer revokes what they read
    if how == "release":
        status, *_ = officer.post(f"/releases/{house.facts['release']}/revoke", reason="Stop.", lock=lock, code=code)
    else:
        status, *_ = officer.post(f"/requests/{house.facts['request']}/stop", verb="revoke", reason="Stop.", code=code)
    revoked = time.monotonic()
    assert status == 303
    thread.join(timeout=20)
    answer.close()
    wire.close()
    # Then the stream breaks off, and the log says why and after how much
    assert ended
    assert ended[0] - revoked < 5
    assert 0 < got[0] < SIZE
    plug(house.settings)
    house.until(lambda: house.bodies("release.download.cut"), 10, ringing=False)
    (told,) = house.bodies("release.download.cut")
    assert told["reason"] == "revoked"
    assert 0 < told["data"]["bytes"] < SIZE
    assert house.bodies("release.download.completed") == []
    with house.app.app_context(), factories.given():
        download = session().scalars(select(Download)).one()
        assert (download.cut, download.sent) == ("revoked", told["data"]["bytes"])
        assert not list(house.settings.vault_dir.glob(session().scalars(select(Release)).one().blob or "nothing"))
    assert "Traceback" not in (house.folder / "web.log").read_text()
