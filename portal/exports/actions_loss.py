"""Saying that a copy cannot be destroyed because it was lost or stolen. It is no attestation of destruction."""

from flask_babel import gettext as _

from portal import clock
from portal.actor import Actor
from portal.db import require_seen
from portal.errors import Invalid
from portal.exports import duties, letters_ends, workflow
from portal.exports.models_ends import DestructionDuty
from portal.exports.schemas_ends import Loss
from portal.permissions import Permission


def lose(actor: Actor, ref: str, said: Loss) -> DestructionDuty:
    """State that copies were lost: by the holder, or by the focal point for one who has left.

    The data protection officers are told at once. The same form sent twice says it once. Raises NotFound, NotAllowed,
    IllegalStep, Stale or Invalid.
    """
    duty = duties.held(actor, ref, Permission.DUTY_ATTEST)
    if duty.method == workflow.LOST and duty.attested_by == actor.id and duty.lock == said.lock + 1:
        return duty
    step = workflow.DUTY.find(duty.status, "lose")
    require_seen(duty, said.lock)
    _check(duty, said)
    duty.take(
        step,
        method=workflow.LOST,
        destroyed_on=None,
        copies=said.copies,
        backups="",
        derivatives="",
        lost_on=said.lost_on,
        lost_how=said.how,
        lost_encrypted=said.encrypted,
        attested_by=actor.id,
        attested_at=clock.now(),
        reason="",
    )
    duties.note(actor, duty, step, words={"reason": said.how}, behalf=duties.behalf(actor, duty))
    letters_ends.lost(duty)
    letters_ends.to_countersign(duty)
    return duty


def _check(duty: DestructionDuty, said: Loss) -> None:
    wrong: dict[str, list[str]] = {}
    ahead = _("This day has not come yet: give the day on which you noticed it.")
    if untimely := duties.untimely(duty, said.lost_on, ahead=ahead):
        wrong["lost_on"] = untimely
    if not said.how:
        wrong["lost_how"] = [_("Say how it was lost: what, where, which device.")]
    if not said.statement:
        wrong["lost_statement"] = [_("Tick this: without it nothing is stated.")]
    if wrong:
        raise Invalid(wrong)
