"""Duties of destruction: opened as a release ends, attested by its holders, countersigned by their focal point."""

from flask_babel import gettext as _

from portal import clock, policy
from portal.actor import Actor
from portal.audit.recorder import record
from portal.auth.actions_factor import prove
from portal.db import after_commit, move, require_seen, session
from portal.errors import Invalid, NotAllowed
from portal.exports import actions_closing, duties, letters_ends, queries_ends, retention, workflow
from portal.exports.models import Release
from portal.exports.models_ends import DestructionDuty
from portal.exports.schemas_ends import Attestation
from portal.permissions import Permission

NOT_LOST = {"lost_on": None, "lost_how": "", "lost_encrypted": ""}


def open_for(actor: Actor, release: Release) -> None:
    """Open a duty for each person who downloaded a release that has just ended."""
    day = retention.due_on(release, release.cause, retention.today_of(release))
    for one in queries_ends.holders(release):
        duty = DestructionDuty(
            release_id=release.id,
            person_id=one.person.id,
            organisation_id=release.request.organisation_id,
            due_on=day,
        )
        session().add(duty)
        session().flush()
        duties.note(actor, duty, workflow.DUTY.find("", "open"))


def bring_forward(actor: Actor, release: Release) -> None:
    """Let the day come earlier for whoever has copies of a release that had expired, now that all is stopped."""
    day = retention.due_on(release, "revoked", retention.today_of(release))
    for duty in queries_ends.duties_of(release):
        if duty.status in {"due", "overdue"} and duty.due_on > day:
            step = workflow.DUTY.find(duty.status, "bring_forward")
            duty.take(step, due_on=day, told="")
            duties.note(actor, duty, step)
            letters_ends.earlier(duty)


def attest(actor: Actor, ref: str, said: Attestation) -> DestructionDuty:
    """Say that every copy is destroyed: by the holder, or by the focal point for one who has left.

    The same form sent twice says it once. Raises NotFound, NotAllowed, IllegalStep, Stale or Invalid.
    """
    duty = duties.held(actor, ref, Permission.DUTY_ATTEST)
    if duty.status == "attested" and duty.attested_by == actor.id and duty.lock == said.lock + 1:
        return duty
    step = workflow.DUTY.find(duty.status, "attest")
    require_seen(duty, said.lock)
    _check(duty, said)
    duty.take(
        step,
        method=said.method,
        destroyed_on=said.destroyed_on,
        copies=said.copies,
        backups=said.backups,
        derivatives=said.derivatives,
        attested_by=actor.id,
        attested_at=clock.now(),
        reason="",
        **NOT_LOST,
    )
    words = {"backups": said.backups, "derivatives": said.derivatives}
    duties.note(actor, duty, step, words=words, behalf=duties.behalf(actor, duty))
    letters_ends.to_countersign(duty)
    return duty


def _check(duty: DestructionDuty, said: Attestation) -> None:
    wrong: dict[str, list[str]] = {}
    ahead = _("This day has not come yet: destroy every copy first.")
    if untimely := duties.untimely(duty, said.destroyed_on, ahead=ahead):
        wrong["destroyed_on"] = untimely
    if not said.statement:
        wrong["statement"] = [_("Tick this: without it nothing is attested.")]
    if said.method == "never_kept" and said.copies:
        wrong["copies"] = [_("You say that nothing was kept: then the number is 0.")]
    if said.method != "never_kept" and not said.copies:
        wrong["copies"] = [_("Give how many copies you destroyed; at least 1.")]
    if wrong:
        raise Invalid(wrong)


def countersign(actor: Actor, ref: str, *, lock: int) -> DestructionDuty:
    """Settle an attested duty, as the organisation's focal point.

    Raises NotFound, NotAllowed (you attested it yourself, and somebody else could sign), IllegalStep or Stale.
    """
    duty = duties.held(actor, ref, Permission.DUTY_COUNTERSIGN)
    if duty.status == "settled" and duty.settled_by == actor.id and duty.lock == lock + 1:
        return duty
    step = workflow.DUTY.find(duty.status, "countersign")
    require_seen(duty, lock)
    duty.take(step, settled_by=actor.id, settled_at=clock.now())
    duties.note(actor, duty, step)
    _close_later(duty)
    return duty


def send_back(actor: Actor, ref: str, *, lock: int, reason: str) -> DestructionDuty:
    """Give an attestation back, as the focal point or the data protection officer, with what cannot be so.

    Raises NotFound, NotAllowed, IllegalStep, Stale or Invalid.
    """
    duty = duties.held(actor, ref)
    if not any(policy.may(actor, one, duty) for one in (Permission.DUTY_COUNTERSIGN, Permission.DUTY_OVERSEE)):
        raise NotAllowed("duty: only the focal point or the data protection officer gives it back")
    step = workflow.DUTY.find(duty.status, "send_back")
    require_seen(duty, lock)
    _reasoned(reason)
    attester = duty.attester
    duty.take(step, reason=reason, attested_by=None, attested_at=None, told="")
    duties.note(actor, duty, step, words={"reason": reason})
    letters_ends.sent_back(duty, attester or duty.person)
    return duty


def waive(actor: Actor, ref: str, *, lock: int, reason: str, code: str) -> DestructionDuty:
    """Let a duty be, as the data protection officer, with the reason.

    Raises NotFound, NotAllowed, IllegalStep, Stale or Invalid.
    """
    duty = duties.held(actor, ref, Permission.DUTY_OVERSEE)
    if duty.status == "waived" and duty.settled_by == actor.id and duty.lock == lock + 1:
        return duty
    step = workflow.DUTY.find(duty.status, "waive")
    require_seen(duty, lock)
    _reasoned(reason)
    prove(actor, code)
    duty.take(step, reason=reason, settled_by=actor.id, settled_at=clock.now())
    duties.note(actor, duty, step, words={"reason": reason})
    _close_later(duty)
    return duty


def check(actor: Actor, ref: str, *, lock: int) -> DestructionDuty:
    """Note that the data protection officer has looked at a duty of the sample and found nothing against it.

    Raises NotFound, NotAllowed or Stale.
    """
    duty = duties.held(actor, ref, Permission.DUTY_OVERSEE)
    if duty.checked_by == actor.id and duty.lock == lock + 1:
        return duty
    require_seen(duty, lock)
    move(duty, checked_by=actor.id, checked_at=clock.now())
    record(actor, "duty.checked", target=("duty", duty.ref), purpose={"request": duty.release.request.ref})
    return duty


def by_the_clock(actor: Actor) -> int:
    """Let duties lapse whose day has passed, and write the letters before and after; return how many were moved."""
    done = 0
    for duty in queries_ends.near(clock.now()):
        left = queries_ends.days_left(duty)
        how = "later" if left <= -workflow.LATER_DAYS else "late" if left < 1 else "near"
        if how != "near" and duty.status == "due":
            step = workflow.DUTY.find("due", "lapse")
            duty.take(step, told=how)
            duties.note(actor, duty, step)
        elif how in _ahead(duty.told) and left <= workflow.NEAR_DAYS + 1:
            move(duty, told=how)
            record(actor, "duty.reminded", target=("duty", duty.ref), reason=how)
        else:
            continue
        letters_ends.due(duty, how)
        done += 1
    return done


def _ahead(told: str) -> tuple[str, ...]:
    order = ("", "near", "late", "later")
    return order[order.index(told) + 1 :]


def _reasoned(reason: str) -> None:
    if not reason:
        raise Invalid({"reason": [_("Give your reason: it is kept with the duty.")]})


def _close_later(duty: DestructionDuty) -> None:
    number = duty.release_id
    after_commit(lambda: actions_closing.close(number))
