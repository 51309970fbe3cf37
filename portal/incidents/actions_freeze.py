"""Freezing something, at once and by one office alone; and letting it go again, by both."""

from sqlalchemy import select

from portal import clock, freezes, policy
from portal.actor import Actor
from portal.agreements.models import next_number
from portal.audit.recorder import record
from portal.auth import actions as auth
from portal.auth.actions_factor import prove
from portal.auth.models import Person
from portal.db import move, new_ref, require_seen, session
from portal.errors import NotAllowed
from portal.exports import actions_stop
from portal.exports.models import Release
from portal.freezes import PERSON, Freeze
from portal.incidents import actions, affected, letters, probes, queries, targets
from portal.incidents.affected import Affected
from portal.incidents.rules import OFFICES
from portal.incidents.schemas import NewFreeze
from portal.incidents.targets import Target
from portal.incidents.workflow import FREEZE
from portal.letters.settling import settled
from portal.machine import NOTHING
from portal.permissions import Permission


def freeze(actor: Actor, new: NewFreeze) -> Freeze:
    """Stop something now: sessions end, downloads and builds stop, all in this transaction.

    The second of two who freeze the same thing is shown the first one's freeze. Raises NotAllowed, NotFound (the
    incident), or Invalid: what is named is not there, would lock somebody out who may not be, or the code is wrong.
    """
    office = _office(actor, Permission.FREEZE_SET)
    target = targets.of(actor, new.wanted)
    known = _standing(target)
    if known is not None:
        return known
    incident = queries.incident(actor, new.incident) if new.incident else None
    prove(actor, new.code)
    number = _number()
    known = _standing(target)
    if known is not None:  # somebody was a moment faster; the code is used up, so the log says what for
        record(actor, "freeze.viewed", target=("freeze", known.ref))
        return known
    found = affected.of(target)
    made = _write(actor, office, number, target, new)
    made.affected = affected.content(found)
    step = FREEZE.find(NOTHING, "set")
    change = {"kind": ("", target.kind), "target": ("", target.ref or " ".join(target.codes))}
    record(actor, step.event, target=("freeze", made.ref), change=change, private={actor.ref: new.reason})
    _shut(actor, made, found)
    probes.begin(made)
    probes.run(actor, made)
    if incident is not None:
        actions.link_freeze(actor, incident, made, found.releases)
    letters.to_officers("freeze_set", number=number, path=f"/stop/{made.ref}")
    return made


def _standing(target: Target) -> Freeze | None:
    return session().scalar(select(Freeze).where(Freeze.standing == target.standing))


def _number() -> str:
    """Take a number; whoever freezes at the same moment waits here, and then finds what was frozen first."""
    year = clock.today().year
    return f"STOP-{year}-{next_number(f'freeze:{year}'):03d}"


def _write(actor: Actor, office: str, number: str, target: Target, new: NewFreeze) -> Freeze:
    made = Freeze(
        ref=new_ref(),
        number=number,
        kind=target.kind,
        target=target.ref,
        codes=list(target.codes),
        rows={column: list(codes) for column, codes in target.rows.items()},
        standing=target.standing,
        status=FREEZE.find(NOTHING, "set").target,
        reason=new.reason,
        incident=new.incident,
        set_by=actor.id,
        set_as=office,
        set_at=clock.now(),
    )
    session().add(made)
    session().flush()
    return made


def _shut(actor: Actor, made: Freeze, found: Affected) -> None:
    """End the sessions of people who are frozen, and hold what is in the making: of a person, what they asked for."""
    for person in found.people:
        auth.end_all(actor, person, freezes.REASON)
    actions_stop.hold(actor, _made_for(made, found), freezes.REASON)


def _made_for(made: Freeze, found: Affected) -> list[Release]:
    if made.kind != PERSON:
        return list(found.releases)
    return [one for one in found.releases if one.request.requester.ref == made.target]


def propose_lift(actor: Actor, ref: str, *, lock: int, reason: str, code: str) -> Freeze:
    """Propose to lift a freeze; it holds until somebody of the other office agrees.

    Raises NotFound, NotAllowed, IllegalStep, Stale, or Invalid (the code).
    """
    office = _office(actor, Permission.FREEZE_SET)
    row, step = queries.freeze(actor, ref), FREEZE.find("in_force", "propose")
    require_seen(row, lock)
    step.require("freeze", row.status)
    prove(actor, code)
    values = {"proposed_by": actor.id, "proposed_as": office, "proposed_at": clock.now(), "proposed_why": reason}
    move(row, status=step.target, **values)
    record(
        actor, step.event, target=("freeze", row.ref), change={"status": (step.source, step.target)},
        private={actor.ref: reason},
    )  # fmt: skip
    letters.to_officers("freeze_lift", number=row.number, path=f"/stop/{row.ref}")
    return row


def keep(actor: Actor, ref: str, *, lock: int) -> Freeze:
    """Keep a freeze that somebody has proposed to lift. Raises NotFound, NotAllowed, IllegalStep or Stale."""
    _office(actor, Permission.FREEZE_SET)
    row, step = queries.freeze(actor, ref), FREEZE.find("lifting", "keep")
    require_seen(row, lock)
    step.require("freeze", row.status)
    move(row, status=step.target, proposed_by=None, proposed_as="", proposed_at=None, proposed_why="")
    settled(f"/stop/{row.ref}", "freeze_lift")
    record(actor, step.event, target=("freeze", row.ref), change={"status": (step.source, step.target)})
    return row


def lift(actor: Actor, ref: str, *, lock: int, code: str) -> Freeze:
    """Lift a freeze that somebody else, of the other office, has proposed to lift.

    No session of before comes back to life: they have ended. Builds that were held may be ordered again.
    Raises NotFound, NotAllowed, IllegalStep, Stale, or Invalid (the code).
    """
    row, step = queries.freeze(actor, ref), FREEZE.find("lifting", "lift")
    step.require("freeze", row.status)
    policy.require(actor, Permission.FREEZE_LIFT, row)
    require_seen(row, lock)
    prove(actor, code)
    for person in session().scalars(select(Person).where(Person.id.in_([one.id for one in affected.of(row).people]))):
        auth.end_all(actor, person, freezes.REASON)
    move(row, status=step.target, standing=None, lifted_by=actor.id, lifted_at=clock.now())
    settled(f"/stop/{row.ref}", "freeze_lift")
    record(actor, step.event, target=("freeze", row.ref), change={"status": (step.source, step.target)})
    return row


def watch(actor: Actor) -> int:
    """Try the paths of freezes that are not found closed yet; return how many freezes are left. The keeper calls it."""
    return probes.run_all(actor)


def _office(actor: Actor, permission: Permission) -> str:
    office = next((name for role, name in OFFICES.items() if actor.has(role)), None)
    if office is None or not policy.holds(actor, permission):
        raise NotAllowed(f"{permission}: your role does not include this")
    return office
