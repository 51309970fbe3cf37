"""The delivery before this one of a feed: what changed since, and its end once this one may be fetched.

It is opened in memory, from its sealed bytes, while it is compared; what can be opened no more is said so.
"""

import io
import zipfile
from dataclasses import dataclass, replace

from sqlalchemy import select

from portal import clock, ports
from portal.actor import Actor
from portal.db import session
from portal.exports import actions_ends, changelist, package_columns
from portal.exports.models import Release
from portal.exports.moves import context_of
from portal.exports.package_content import Changes, PackageContent
from portal.vault import open_

DATA = "data.csv"


@dataclass(frozen=True)
class Former:
    """A former delivery as it is needed to open it: nothing but its reference if it can be opened no more."""

    reference: str
    blob: str = ""
    key_id: str = ""
    key_wrapped: bytes = b""
    context: bytes = b""


def find(release: Release) -> Former | None:
    """Return the last delivery of the request before this one; None if this is the first."""
    query = select(Release).where(
        Release.request_id == release.request_id, Release.wave < release.wave, Release.available_at.is_not(None)
    )
    last = session().scalar(query.order_by(Release.wave.desc()).limit(1))
    if last is None:
        return None
    reference = last.file_name.removesuffix(".zip")
    expired = last.expires_at is None or last.expires_at <= clock.now()
    if last.status != "available" or last.key_wrapped is None or expired:
        return Former(reference)
    return Former(reference, last.blob, last.key_id, last.key_wrapped, context_of(last))


def compared(content: PackageContent, former: Former | None) -> PackageContent:
    """Return a package's content with what changed since the former delivery, record by record."""
    if former is None:
        return content
    if not former.key_wrapped:
        return replace(content, changes=Changes(former.reference, readable=False))
    now = package_columns.data_csv(package_columns.columns_of(content))
    return replace(content, changes=changelist.between(former.reference, _opened(former), now))


def _opened(former: Former) -> bytes:
    dek = ports.house.keys.unwrap(former.key_id, former.key_wrapped, former.context)
    packed = b"".join(open_(ports.house.store, former.blob, dek, former.context))
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        return archive.read(DATA)


def supersede(actor: Actor, release: Release) -> int:
    """End the request's earlier deliveries that may still be fetched, now that this one may; return how many."""
    query = select(Release).where(
        Release.request_id == release.request_id, Release.wave < release.wave, Release.status == "available"
    )
    earlier = list(session().scalars(query.order_by(Release.id).with_for_update()))
    return actions_ends.follow(actor, [(one, "superseded") for one in earlier], why="wave")
