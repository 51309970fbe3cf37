"""What a contractor's people do: load their round's file, a corrected one in its place, and withdraw it.

Each is judged by the commission as it stands at that moment: after its last day there is nothing to do it to.
"""

from functools import partial

from flask_babel import gettext as _
from sqlalchemy import select

from portal import policy, ports
from portal.actor import Actor
from portal.audit.canonical import Json
from portal.audit.recorder import record
from portal.catalogue import actions, queries_commissions
from portal.catalogue.actions import Place, Upload
from portal.catalogue.models import Dataset, Version
from portal.catalogue.models_commissions import Commission
from portal.db import after_commit, move, require_seen, session
from portal.errors import Invalid
from portal.permissions import Permission

REPLACED = "superseded"


def load(actor: Actor, ref: str, upload: Upload) -> str:
    """Receive a round's file; what was loaded before and is not published gives way to it. Return its reference.

    Opens its own transactions, as ``actions.receive`` does. Raises NotFound, NotAllowed once the round is published,
    Invalid while the file before is being read, or what ``receive`` raises.
    """

    def find() -> Dataset:
        return _to_load(actor, ref).dataset

    def settle(version: Version) -> None:
        found = _to_load(actor, ref)  # again, behind the lock of the dataset's row
        for former in _drafts(found):
            _withdraw(actor, former, REPLACED)
        version.commission_id = found.id

    return actions.take_in(actor, Place(find, settle), upload)


def withdraw(actor: Actor, ref: str, lock: int) -> Version:
    """Take a file back that is not published: its bytes and its key are gone, its report stays.

    Raises NotFound, Stale, or NotAllowed while it is being read or once it is published.
    """
    version = queries_commissions.file(actor, ref)
    if version.status == "withdrawn" and version.lock == lock + 1:
        return version  # the second of two clicks
    require_seen(version, lock)
    policy.require(actor, Permission.ROUND_FILE_WITHDRAW, version)
    _withdraw(actor, version)
    return version


def _to_load(actor: Actor, ref: str) -> Commission:
    found = queries_commissions.round_(actor, ref)
    policy.require(actor, Permission.ROUND_LOAD, found)
    if any(one.status == "received" for one in _drafts(found)):
        raise Invalid({"file": [_("The file before is still being read: wait until its report is there.")]})
    return found


def _drafts(found: Commission) -> list[Version]:
    query = select(Version).where(Version.commission_id == found.id, Version.status.not_in(("published", "withdrawn")))
    return list(session().scalars(query.order_by(Version.number)))


def _withdraw(actor: Actor, version: Version, reason: str = "") -> None:
    blobs = [name for name in (version.original_blob, version.frame_blob) if name]
    was = version.status
    move(version, status="withdrawn", original_blob="", frame_blob="", key_wrapped=b"")
    data: dict[str, Json] = {"dataset": version.dataset.code, "version": version.number}
    change = {"status": (was, "withdrawn")}
    record(
        actor,
        "dataset.version.withdrawn",
        target=("version", version.ref),
        reason=reason,
        data=data,
        change=change,
    )
    for name in blobs:
        after_commit(partial(ports.house.store.delete, name))
