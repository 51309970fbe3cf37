"""Probes: after a freeze every path is tried, until each is found closed. Only then the freeze says that it is.

A probe asks what the door itself asks at the moment of access. One that is still open after a minute is an alarm.
"""

import datetime as dt
from collections.abc import Callable, Mapping

from sqlalchemy import func, select

from portal import clock, freezes
from portal.actor import Actor
from portal.audit.recorder import record
from portal.auth import actions as auth
from portal.auth.models import Person
from portal.catalogue.models import Dataset
from portal.db import session
from portal.errors import TermsForbid
from portal.exports import guarding, tables
from portal.exports.models import Allowance, Download, Release
from portal.exports.moves import KIND
from portal.freezes import DATASET, OF_PEOPLE, PERSON, Freeze
from portal.incidents import affected, letters
from portal.incidents.affected import Affected
from portal.incidents.models import FreezeProbe
from portal.jobs.claim import FINISHED
from portal.jobs.models import Work

ALARM = dt.timedelta(seconds=60)
STREAM_DAYS = 1  # a download begun before that is no longer under way, whatever its row says
Question = Callable[[Freeze, Affected], int]


def _sessions(_freeze: Freeze, found: Affected) -> int:
    return sum(affected.sessions_of(found.people).values())


def _sign_in(_freeze: Freeze, found: Affected) -> int:
    return sum(not auth.shut_out(person) for person in found.people)


def _download(freeze: Freeze, found: Affected) -> int:
    named = select(Person, Release).join(Allowance, Allowance.person_id == Person.id)
    pairs = named.join(Release, Release.id == Allowance.release_id).where(
        Release.id.in_([one.id for one in found.releases]), Release.status == "available"
    )
    if freeze.kind == PERSON:
        pairs = pairs.where(Person.ref == freeze.target)
    return sum(guarding.would_hand_over(person, release) for person, release in session().execute(pairs))


def _stream(freeze: Freeze, found: Affected) -> int:
    since = clock.now() - dt.timedelta(days=STREAM_DAYS)
    query = select(func.count()).where(
        Download.release_id.in_([one.id for one in found.releases]),
        Download.completed_at.is_(None),
        Download.started_at > since,
    )
    if freeze.kind == PERSON:
        query = query.where(Download.person_id.in_([one.id for one in found.people]))
    return session().scalar(query) or 0


def _table(freeze: Freeze, found: Affected) -> int:
    asked: list[tuple[str, str, str, Mapping[str, list[str]] | None]]
    if freeze.kind in OF_PEOPLE:
        asked = [(person.ref, person.organisation.ref, "", None) for person in found.people]
    elif freeze.kind == DATASET:
        asked = [("", "", freeze.target, None)]
    else:
        asked = [("", "", dataset, freeze.rows) for dataset in session().scalars(select(Dataset.ref))]
    return sum(_table_open(*one) for one in asked)


def _table_open(person: str, organisation: str, dataset: str, where: Mapping[str, list[str]] | None) -> bool:
    try:
        tables.refuse_frozen(person, organisation, dataset, where)
    except TermsForbid:
        return False
    return True


def _build(freeze: Freeze, found: Affected) -> int:
    if freeze.kind == PERSON:
        mine = [one for one in found.releases if one.request.requester.ref == freeze.target]
        found = Affected((), (), mine)
    refs = [one.ref for one in found.building]
    working = select(func.count()).where(Work.kind == KIND, Work.target_ref.in_(refs), Work.status.not_in(FINISHED))
    return max(len(refs), session().scalar(working) or 0)


PATHS: Mapping[str, Question] = {
    "sessions": _sessions,
    "sign_in": _sign_in,
    "download": _download,
    "stream": _stream,
    "table": _table,
    "build": _build,
}


def begin(freeze: Freeze) -> None:
    """Write down which paths there are: sessions and signing in are of people only."""
    for path in PATHS:
        if freeze.kind in OF_PEOPLE or path not in {"sessions", "sign_in"}:
            session().add(FreezeProbe(freeze_id=freeze.id, path=path))
    session().flush()


def of(freeze: Freeze) -> list[FreezeProbe]:
    """Return a freeze's probes."""
    return list(
        session().scalars(select(FreezeProbe).where(FreezeProbe.freeze_id == freeze.id).order_by(FreezeProbe.id))
    )


def run(actor: Actor, freeze: Freeze) -> bool:
    """Try every path that was not found closed yet; return whether all are. What changed is recorded."""
    found, moment, closed = affected.of(freeze), clock.now(), []
    for person in found.people:  # and whoever came in during the very moment of the freeze
        auth.end_all(actor, person, freezes.REASON)
    waiting = [one for one in of(freeze) if one.closed_at is None]
    for probe in waiting:
        probe.still_open = PATHS[probe.path](freeze, found)
        probe.checked_at, probe.tries = moment, probe.tries + 1
        if not probe.still_open:
            probe.closed_at = moment
            closed.append(probe.path)
        elif probe.alarmed_at is None and moment - freeze.set_at >= ALARM:
            _alarm(actor, freeze, probe)
    if closed:
        change = dict.fromkeys(closed, ("open", "closed"))
        record(actor, "freeze.probed", target=("freeze", freeze.ref), change=change)
    done = len(closed) == len(waiting)
    if done and freeze.closed_at is None:
        freeze.closed_at = moment
        record(actor, "freeze.closed", target=("freeze", freeze.ref))
    session().flush()
    return done


def _alarm(actor: Actor, freeze: Freeze, probe: FreezeProbe) -> None:
    probe.alarmed_at = clock.now()
    record(actor, "freeze.probe_failed", target=("freeze", freeze.ref), reason=probe.path)
    letters.to_officers("freeze_open", number=freeze.number, path=f"/stop/{freeze.ref}", what=probe.path)


def run_all(actor: Actor) -> int:
    """Try what is still open of every freeze in force; return how many freezes are not closed yet. For the keeper."""
    waiting = session().scalars(select(Freeze).where(freezes.in_force(), Freeze.closed_at.is_(None)).limit(50)).all()
    return sum(not run(actor, freeze) for freeze in waiting)
