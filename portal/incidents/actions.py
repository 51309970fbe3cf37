"""The record of an incident: reported by anybody, assessed by the data protection officer, written to the end."""

from collections.abc import Iterable

from flask_babel import gettext as _
from sqlalchemy import select

from portal import clock, policy
from portal.actor import STAFF_ROLES, Actor
from portal.agreements.models import next_number
from portal.audit.recorder import record
from portal.auth.actions_factor import prove
from portal.auth.queries import oneself
from portal.db import move, require_seen, session
from portal.errors import Invalid, NotAllowed
from portal.exports.models import Release
from portal.freezes import Freeze
from portal.incidents import letters, queries
from portal.incidents.models import Concerned, Entry, Incident
from portal.incidents.schemas import Assessment, Awareness, Report
from portal.incidents.workflow import INCIDENT
from portal.machine import NOTHING
from portal.permissions import Permission
from portal.requests.models import Request


def report(actor: Actor, told: Report) -> Incident:
    """Write down what somebody reports; officers get a letter at once.

    MMC is aware when its own staff notices, or when a partner tells. Raises Invalid for a moment to come, or a
    release that is not theirs to see.
    """
    oneself(actor, Permission.INCIDENT_REPORT)
    moment, step = clock.now(), INCIDENT.find(NOTHING, "report")
    late = {"noticed_at": told.noticed_at, "happened_at": told.happened_at or moment}
    wrong = [name for name, at in late.items() if at > moment]
    if wrong:
        raise Invalid({name: [_("This is in the future.")] for name in wrong})
    releases, staff = _named(actor, told.releases), actor.has(*STAFF_ROLES)
    made = Incident(
        number=f"INC-{moment.year}-{next_number(f'incident:{moment.year}'):03d}",
        kind=told.kind,
        status=step.target,
        text=told.text,
        happened_at=told.happened_at,
        noticed_at=told.noticed_at,
        reported_by=actor.id,
        organisation_id=actor.organisation_id,
        reported_at=moment,
        aware_at=told.noticed_at if staff else moment,
    )
    session().add(made)
    session().flush()
    record(
        actor,
        step.event,
        target=("incident", made.ref),
        change={"kind": ("", told.kind)},
        private={actor.ref: told.text},
    )
    _write(actor, made, "report", "")
    _link(made, releases)
    letters.to_officers("incident_reported", number=made.number, path=f"/incidents/{made.ref}")
    return made


def _named(actor: Actor, refs: Iterable[str]) -> list[Release]:
    wanted = set(refs)
    if not wanted:
        return []
    known = list(
        session().scalars(policy.visible(actor, Permission.RELEASE_READ, Release).where(Release.ref.in_(wanted)))
    )
    if len(known) != len(wanted):
        raise Invalid({"releases": [_("Choose from the list.")]})
    return known


def note(actor: Actor, ref: str, *, kind: str, text: str) -> Entry:
    """Add a line to an incident's record: a note, a measure, or somebody's statement of a loss.

    Raises NotFound, or NotAllowed once it is closed.
    """
    row = queries.incident(actor, ref)
    policy.require(actor, Permission.INCIDENT_NOTE, row)
    made = _write(actor, row, kind, text)
    record(actor, "incident.noted", target=("incident", row.ref), reason=kind, private={actor.ref: text})
    return made


def link_release(actor: Actor, ref: str, number: str) -> Incident:
    """Link the releases of a request, by its number. Raises NotFound, NotAllowed, or Invalid (no such number)."""
    row = queries.incident(actor, ref)
    policy.require(actor, Permission.INCIDENT_ASSESS, row)
    query = select(Release).join(Request, Request.id == Release.request_id).where(Request.number == number)
    found = list(session().scalars(query))
    if not found:
        raise Invalid({"number": [_("No request with this number has a release.")]})
    _link(row, found)
    record(actor, "incident.linked", target=("incident", row.ref), change={"request": ("", number)})
    return row


def link_freeze(actor: Actor, row: Incident, freeze: Freeze, releases: Iterable[Release]) -> None:
    """Note a freeze as a measure, with the releases that it touches."""
    policy.require(actor, Permission.INCIDENT_NOTE, row)
    _write(actor, row, "frozen", freeze.number)
    _link(row, releases)
    record(actor, "incident.linked", target=("incident", row.ref), change={"freeze": ("", freeze.ref)})


def correct(actor: Actor, ref: str, said: Awareness) -> Incident:
    """Correct since when MMC is aware: the clock then runs from there, and warns anew. The record keeps both moments.

    Raises NotFound, NotAllowed once it is decided, Stale, or Invalid: a moment to come, one before it happened, the
    code.
    """
    row = _to_assess(actor, ref, said.lock)
    if not row.running:
        raise NotAllowed("incident: its clock does not run any more")
    if said.aware_at > clock.now():
        raise Invalid({"aware_at": [_("This is in the future.")]})
    if row.happened_at and said.aware_at < row.happened_at:
        raise Invalid({"aware_at": [_("This is before it happened.")]})
    prove(actor, said.code)
    change = {"aware_at": (row.aware_at.isoformat(), said.aware_at.isoformat())}
    move(row, aware_at=said.aware_at, warned=None)
    record(actor, "incident.corrected", target=("incident", row.ref), change=change, private={actor.ref: said.reason})
    _write(actor, row, "correct", said.reason)
    return row


def begin(actor: Actor, ref: str, *, lock: int) -> Incident:
    """Begin to assess an incident. Raises NotFound, NotAllowed, IllegalStep or Stale."""
    row = _to_assess(actor, ref, lock)
    _step(actor, row, "assess", "")
    return row


def reassess(actor: Actor, ref: str, *, lock: int, reason: str, code: str) -> Incident:
    """Look again at an incident that was not notified: there are new facts. Raises as :func:`begin`, or Invalid."""
    row = _to_assess(actor, ref, lock)
    prove(actor, code)
    _step(actor, row, "reassess", reason)
    return row


def decide(actor: Actor, ref: str, said: Assessment) -> Incident:
    """Decide whether the supervisory authority is told, with the risk to people and the reasons.

    Raises NotFound, NotAllowed, IllegalStep, Stale, or Invalid: a notification after the clock has run out without
    the reason for the delay (article 33(1)), a high risk that nobody is told of, or the code.
    """
    row = _to_assess(actor, ref, said.lock)
    moment = clock.now()
    if said.verb == "notify" and moment > row.deadline and not said.late_because:
        raise Invalid({"late_because": [_("The 72 hours have passed. Say why it is late.")]})
    if said.verb == "spare" and said.risk != "none":
        raise Invalid({"risk": [_("Where people are at risk the authority is notified.")]})
    prove(actor, said.code)
    notified = moment if said.verb == "notify" else None
    values = {"risk": said.risk, "assessment": said.reason, "late_because": said.late_because}
    _step(actor, row, said.verb, said.reason, **values, decided_by=actor.id, decided_at=moment, notified_at=notified)
    return row


def close(actor: Actor, ref: str, *, lock: int, reason: str, code: str) -> Incident:
    """Close an incident whose freezes are all lifted. Raises as :func:`decide`."""
    row = _to_assess(actor, ref, lock)
    if queries.freezes_of(row, in_force=True):
        raise Invalid({"reason": [_("A freeze of this incident is still in force. Lift it first.")]})
    prove(actor, code)
    _step(actor, row, "close", reason, closed_at=clock.now())
    return row


def _to_assess(actor: Actor, ref: str, lock: int) -> Incident:
    row = queries.incident(actor, ref)
    policy.require(actor, Permission.INCIDENT_ASSESS, row)
    require_seen(row, lock)
    return row


def _step(actor: Actor, row: Incident, verb: str, reason: str, **values: object) -> None:
    step = INCIDENT.find(row.status, verb)
    row.take(step, **values)
    private = {actor.ref: reason} if reason else {}
    change = {"status": (step.source, step.target)}
    record(actor, step.event, target=("incident", row.ref), change=change, private=private)
    _write(actor, row, verb, reason)


def _write(actor: Actor, row: Incident, kind: str, text: str) -> Entry:
    made = Entry(incident_id=row.id, person_id=actor.id, kind=kind, text=text, at=clock.now())
    session().add(made)
    session().flush()
    return made


def _link(row: Incident, releases: Iterable[Release]) -> None:
    known = set(session().scalars(select(Concerned.release_id).where(Concerned.incident_id == row.id)))
    for release in releases:
        if release.id not in known:
            session().add(Concerned(incident_id=row.id, release_id=release.id))
    session().flush()
