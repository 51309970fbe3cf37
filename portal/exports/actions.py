"""Signing protected files off, and handing a release over."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import cast

from flask_babel import gettext as _
from sqlalchemy import CursorResult, select, update

from portal import clock, policy, ports
from portal.actor import Actor, Role, system
from portal.agreements.models import Agreement
from portal.agreements.models_signing import Document
from portal.audit.recorder import record
from portal.catalogue.models import Version
from portal.db import move, new_ref, session, transaction
from portal.errors import Invalid, NotAllowed, Stale, Tampered
from portal.exports import actions_ends, assessment, guarding, moves, ordering, protecting, queries_ends
from portal.exports.models import Allowance, Download, ProtectedFile, Release, SignOff
from portal.exports.models_ledger import LedgerEntry
from portal.letters.settling import settled
from portal.permissions import Permission
from portal.requests.models import Request
from portal.requests.models_papers import RequestPaper
from portal.vault import open_

KEEPER = system("keeper")
SIGNERS = {Role.STEWARD: "steward", Role.DPO: "dpo"}


def sign(actor: Actor, file_ref: str, *, verdict: str, reason: str, seen_sha256: str) -> ProtectedFile:
    """Sign a protected file's assessment or its yearly review, or hold the file with the reason.

    It is shared once a steward and the DPO have signed, and for a year; then both look at it again.
    Raises NotFound, NotAllowed, Stale (the file is not the one that was looked at), or Invalid.
    """
    file = policy.load(actor, Permission.PROTECTED_READ, ProtectedFile, ProtectedFile.ref == file_ref)
    policy.require(actor, Permission.PROTECTED_SIGN, file)
    if file.sha256 != seen_sha256:
        raise Stale("protected file: it is not the one you looked at")
    review, signed = assessment.standing(file)
    if verdict == "held" and not reason:
        raise Invalid({"reason": [_("Say why the file is held.")]})
    if review and not reason:
        raise Invalid({"reason": [_("Say what you looked at again, and what has changed since.")]})
    sign_off = SignOff(
        person_id=actor.id,
        role=_signing_as(actor, signed),
        review=review,
        verdict=verdict,
        reason=reason,
        sha256=file.sha256,
        assessment=assessment.digest(assessment.content(file)),
    )
    status, changed = _after(file, sign_off, signed)
    file.sign_offs.append(sign_off)
    move(file, **changed)
    done = None if status[1] == "held" or "review_by" in changed else [actor.id]
    settled(f"/protected/{file.ref}", "review_due", whom=done)
    event = "file.held" if verdict == "held" else "file.reviewed" if review else "file.signed_off"
    record(
        actor,
        event,
        target=("file", file.ref),
        change={"status": status},
        data={"sha256": sign_off.assessment},
        private={actor.ref: reason} if reason else {},
    )
    return file


def _after(
    file: ProtectedFile, sign_off: SignOff, signed: Mapping[str, SignOff]
) -> tuple[tuple[str, str], dict[str, object]]:
    """Return the status before and after a signature, and what of the file it changes."""
    if sign_off.verdict == "held":
        held = {"held_as": "signer", "held_reason": sign_off.reason, "held_at": clock.now()}
        return (file.status, "held"), {"status": "held", **held}
    if {*signed, sign_off.role} == set(assessment.OFFICES):
        return (file.status, "signed"), {"status": "signed", "review_by": clock.today() + assessment.YEAR}
    return (file.status, file.status), {"status": file.status}


def _signing_as(actor: Actor, signed: Mapping[str, SignOff]) -> str:
    if any(one.person_id == actor.id for one in signed.values()):
        raise NotAllowed("sign-off: two different people sign; you have signed already")
    for role, name in SIGNERS.items():
        if actor.has(role) and name not in signed:
            return name
    raise NotAllowed("sign-off: your signature is there already")


@dataclass(frozen=True)
class Handover:
    """A download that has been granted and logged: what to call it, how large it is, and its bytes."""

    name: str
    size: int
    ref: str
    release_id: int
    chunks: Iterator[bytes]


def hand_over(actor: Actor, release_ref: str, origin: str = "") -> Handover:
    """Grant one download: every guard at this moment, one off the count, the event, and only then the bytes.

    ``origin`` is the network address and browser it comes from, kept under the person's key.
    Inside an open transaction; stream after it has committed.
    Raises NotFound, NotAllowed, NotFresh (a one-time code first), TermsForbid, Stale (the last download was just
    taken) or Tampered.
    """
    release = policy.load(actor, Permission.RELEASE_READ, Release, Release.ref == release_ref)
    guarding.require(actor, release)
    _take_one(actor, release)
    download = Download(ref=new_ref(), release_id=release.id, person_id=actor.id)
    session().add(download)
    record(
        actor,
        "release.downloaded",
        target=("release", release.ref),
        purpose=release.request.logged_purpose,
        data={"rows": release.rows, "bytes": release.size, "sha256": release.sha256},
        private={actor.ref: origin} if origin else {},
    )
    if release.key_wrapped is None:
        raise Tampered("release: has no key")
    context = moves.context_of(release)
    dek = ports.house.keys.unwrap(release.key_id, release.key_wrapped, context)
    chunks = open_(ports.house.store, release.blob, dek, context)
    return Handover(release.file_name, release.size, download.ref, release.id, chunks)


def _take_one(actor: Actor, release: Release) -> None:
    statement = (
        update(Allowance)
        .where(Allowance.release_id == release.id, Allowance.person_id == actor.id, Allowance.remaining > 0)
        .values(remaining=Allowance.remaining - 1)
        .execution_options(synchronize_session=False)
    )
    if cast("CursorResult[object]", session().execute(statement)).rowcount != 1:
        raise Stale("download: the last one was just taken")


def complete(actor: Actor, download_ref: str, sent: int, cut: str = "") -> None:
    """Note how many bytes a download really sent: to its end, until the reader was gone, or until it was cut.

    ``cut`` is the machine word of what no longer allowed it.
    """
    with transaction() as current:
        download = current.scalars(select(Download).where(Download.ref == download_ref)).one()
        download.completed_at, download.sent, download.cut = clock.now(), sent, cut
        release = current.get_one(Release, download.release_id)
        record(
            actor,
            "release.download.cut" if cut else "release.download.completed",
            target=("release", release.ref),
            purpose={"request": release.request.ref},
            reason=cut,
            data={"bytes": sent},
            change={"complete": (False, sent == release.size)},
        )


def order_protected(version_id: int) -> None:
    """Answer the catalogue: a version was published, build its protected files."""
    protecting.order(session().get_one(Version, version_id))


def order_release(request_id: int) -> None:
    """Answer the requests room: a scope was accepted, build it."""
    ordering.order(session().get_one(Request, request_id))


def admit(request_id: int, person_id: int) -> None:
    """Answer the requests room: somebody joined the team, and may fetch what is there as often as the others might.

    Whoever was in it before goes on with what was left to them.
    """
    there = select(Release).where(Release.request_id == request_id, Release.status == "available")
    known = select(Allowance.release_id).where(Allowance.person_id == person_id)
    for release in session().scalars(there.where(Release.id.not_in(known))):
        under = select(Agreement.download_limit).where(Agreement.ref == release.scope.content["agreement"])
        limit = session().scalars(under).one()
        session().add(Allowance(release_id=release.id, person_id=person_id, remaining=limit))


def expire() -> int:
    """End the releases whose time, request or agreement is over; return how many. They were unreadable already."""
    with transaction():
        return actions_ends.follow(KEEPER, queries_ends.over(clock.now()))


def sweep() -> int:
    """Remove sealed files that no row names: left by attempts that never published. Return how many.

    Only what is older than an hour, so that nothing that is being written right now is taken for lost.
    """
    with transaction() as current:
        papers = (Document.blob, RequestPaper.blob)
        files = (Version.original_blob, Version.frame_blob, ProtectedFile.blob, Release.blob)
        columns = (*files, LedgerEntry.blob, *papers)
        named = {name for column in columns for name in current.scalars(select(column)) if name}
    return ports.house.store.collect(named, (clock.now() - clock.seconds(3600)).timestamp())
