"""What follows the end of a release: its sealed bytes are destroyed, and four looks confirm that nothing is open.

Safe to call at any time, again, and beside itself: after a kill the keeper goes on where it stopped. Nothing is said to
be destroyed before it is.
"""

import datetime as dt
from collections.abc import Callable, Mapping

import structlog
from sqlalchemy import select

from portal import clock, ports
from portal.actor import system
from portal.audit.recorder import record
from portal.db import move, session, transaction
from portal.exports import guarding, letters_ends, queries_ends, workflow
from portal.exports.models import Release
from portal.exports.models_ends import Probe
from portal.exports.moves import KIND
from portal.jobs.models import Work

log = structlog.get_logger(__name__)
KEEPER = system("keeper")
LONGEST = 3600  # seconds between two looks at something that stays open


def close(release_id: int) -> bool:
    """Destroy what is left of an ended release and look whether it is gone; return whether all looks say so."""
    with transaction():
        release = _ended(release_id)
        if release is None:
            return True
        blob = release.blob
    _delete(blob)
    with transaction():
        release = _ended(release_id)
        if release is None:
            return True
        closed = _look(release)
        if closed:
            _finish(release)
    return closed


def close_due() -> int:
    """Go on with every ended release of which something may be open or that waited; return how many."""
    with transaction():
        waiting = queries_ends.to_close(clock.now())
    for release_id in waiting:
        close(release_id)
    return len(waiting)


def _ended(release_id: int) -> Release | None:
    """Hold the release until the transaction ends; none if there is nothing to close."""
    query = select(Release).where(Release.id == release_id, Release.status == "ended", Release.ended_as != "destroyed")
    return session().scalar(query.with_for_update())


def _delete(blob: str) -> None:
    try:
        if blob:
            ports.house.store.delete(blob)
    except OSError as error:  # the look that follows finds it there, and says so
        log.error("release.not_deleted", error=type(error).__name__)  # noqa: TRY400 -- a path says nothing to a reader


def _look(release: Release) -> bool:
    """Look at what is not closed yet; whatever is open is an alarm, and is looked at again later and later."""
    known = {one.name: one for one in queries_ends.probes(release)}
    for name in workflow.PROBES:
        if name not in known:
            known[name] = Probe(release_id=release.id, name=name, status="pending", tries=0)
            session().add(known[name])
    changes = {}
    for name, probe in known.items():
        was = probe.status
        if was == "closed":
            continue
        probe.status = "closed" if _closed(name, release) else "open"
        probe.tries, probe.checked_at = probe.tries + 1, clock.now()
        probe.due_at = clock.now() + dt.timedelta(seconds=min(LONGEST, 2**probe.tries))
        changes[name] = (was, probe.status)
    session().flush()
    _tell(release, changes)
    return all(one.status == "closed" for one in known.values())


def _tell(release: Release, changes: Mapping[str, tuple[str, str]]) -> None:
    target, purpose = ("release", release.ref), {"request": release.request.ref}
    closed = {name: pair for name, pair in changes.items() if pair[1] == "closed"}
    still = {name: pair for name, pair in changes.items() if pair[1] == "open"}
    if closed:
        record(KEEPER, "release.probe.closed", target=target, purpose=purpose, change=closed)
    if still:
        record(KEEPER, "release.probe.failed", target=target, purpose=purpose, change=still)
    if any(was == "pending" for was, _now in still.values()):
        letters_ends.still_open(release)


def _closed(name: str, release: Release) -> bool:
    try:
        return LOOKS[name](release)
    except OSError:
        return False


def _no_download(release: Release) -> bool:
    return all(guarding.still_allowed(one.person_id, release.id) for one in release.request.recipients)


def _no_build(release: Release) -> bool:
    going = select(Work.id).where(
        Work.kind == KIND, Work.target_ref == release.ref, Work.status.in_(("due", "running"))
    )
    return session().scalar(going) is None


def _no_blob(release: Release) -> bool:
    return not (release.blob and ports.house.store.exists(release.blob))


def _no_key(release: Release) -> bool:
    kept = select(Release.id).where(Release.id == release.id, Release.key_wrapped.is_not(None))
    return session().scalar(kept) is None


LOOKS: Mapping[str, Callable[[Release], bool]] = {
    "download": _no_download,
    "build": _no_build,
    "blob": _no_blob,
    "key": _no_key,
}


def _finish(release: Release) -> None:
    """Forget the bytes' name; and where nobody owes anything any more, say that it is destroyed."""
    if release.blob:
        move(release, blob="")
    duties = queries_ends.duties_of(release)
    if any(one.status not in workflow.SETTLED for one in duties):
        return
    step = workflow.RELEASE.find(release.state, "destroy")
    release.take(step, destroyed_at=clock.now())
    record(
        KEEPER,
        step.event,
        target=("release", release.ref),
        purpose={"request": release.request.ref},
        data={"sha256": release.sha256},
        change={"status": (step.source, step.target)},
    )
    if duties:
        letters_ends.certified(release)
