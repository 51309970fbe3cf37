"""What must be so after every fault: one file, one set of events, nothing left over, a log that verifies."""

import os
import time

from sqlalchemy import func, select

from portal.audit import verify
from portal.audit.signing import Signer
from portal.catalogue import jobs, rows
from portal.db import session, transaction
from portal.exports import actions, building, protecting
from portal.exports.models import Allowance, ProtectedFile, Release
from portal.mail import Letter
from portal.rooms import plug
from portal.vault import open_

MOMENTS = {"read": "received", "protect": "published", "release": "accepted"}


def holds(house, kind, work):
    """Look at a finished piece of work as a stranger would."""
    # what follows by itself, as a coarser tier does, is still being sealed when the first piece of work is done
    house.until(lambda: all(one.status == "done" for one in house.work().values()), 60)
    plug(house.settings)  # two houses stand in this process; the ports belong to the last that was looked at
    with house.app.app_context():
        {"read": _reading, "protect": _protected, "release": _released}[kind](house, work.target_ref)
        _nothing_left_over(house)
        Signer().tick()
        report = verify.examine()
        assert report.state is verify.State.OK, report


def _reading(house, ref):
    with transaction():
        version = jobs.find(ref)
        names = [one.name for one in version.variables]
    assert version.status in {"checked", "published"}
    assert len(rows.load(version)) == version.rows
    assert len(names) == len(set(names)) > 50
    assert _told(house, ref, "dataset.version.added", "dataset.version.refused") == ["dataset.version.added"]


def _protected(house, ref):
    with transaction():
        file = protecting.find(ref)
        assert session().scalar(select(func.count()).where(ProtectedFile.tier == file.tier)) == 1
    assert file.status == "proposed"
    assert len(protecting.frame_of(file)) == file.rows
    assert _told(house, ref, "file.protected", "file.held", "file.failed") == ["file.protected"]


def _released(house, ref):
    from portal import ports

    with transaction():
        release = building.find(ref)
        context = building.context_of(release)
        assert session().scalar(select(func.count()).select_from(Release)) == 1
        assert session().scalar(select(func.count()).select_from(Allowance)) == 2
        assert session().scalar(select(func.count()).where(Letter.template == "release_available")) == 2
    assert release.status == "available"
    dek = ports.house.keys.unwrap(release.key_id, release.key_wrapped, context)
    data = b"".join(open_(ports.house.store, release.blob, dek, context))
    assert len(data) == release.size
    last = ("release.attacked", "release.available", "release.held", "release.failed")
    assert _told(house, ref, *last) == ["release.attacked", "release.available"]


def _told(house, ref, *names):
    return [body["type"] for body in house.bodies(*names) if body["target"]["ref"] == ref]


def _nothing_left_over(house):
    """What killed attempts sealed and never published goes with the keeper's sweep; nothing else does."""
    vault = house.settings.vault_dir
    long_ago = time.time() - 7200
    for path in vault.iterdir():
        os.utime(path, (long_ago, long_ago))
    actions.sweep()
    with transaction():
        named = set()
        for file in session().scalars(select(ProtectedFile)):
            named |= {file.blob, file.version.original_blob, file.version.frame_blob}
        for release in session().scalars(select(Release)):
            named.add(release.blob)
        if not named:
            from portal.catalogue.models import Version

            for version in session().scalars(select(Version)):
                named |= {version.original_blob, version.frame_blob}
    assert {path.name for path in vault.iterdir()} == named - {""}
