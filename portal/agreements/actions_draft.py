"""A draft's way between both sides: shared, commented, handed back, accepted, opened again, dropped; and renewals."""

import datetime as dt

from flask_babel import gettext as _
from sqlalchemy import func, select

from portal import clock
from portal.actor import Actor
from portal.agreements import letters, queries, steps, workflow
from portal.agreements.content import carried, sha256_of
from portal.agreements.models import Agreement
from portal.agreements.models_signing import Comment
from portal.audit.recorder import record
from portal.auth.actions_factor import prove
from portal.db import session
from portal.errors import Invalid, Stale
from portal.permissions import Permission

TURNS = frozenset({"share", "recall", "reopen", "drop"})
ANSWERS = frozenset({"hand_back", "reopen"})
UNFINISHED = ("draft", "signing")


def turn(actor: Actor, ref: str, verb: str, *, lock: int, reason: str = "") -> Agreement:
    """Take MMC's step with a draft: share, recall, reopen or drop.

    Raises NotFound, NotAllowed, Stale, IllegalStep, or Invalid (what is missing before it can be shared; a reason).
    """
    agreement = steps.load(actor, ref, Permission.AGREEMENT_WRITE)
    if steps.done(actor, agreement, verb, lock):
        return agreement
    step = steps.find(agreement, verb if verb in TURNS else "", lock)
    _reasoned("reasoned" in step.guards, reason)
    if verb == "share":
        _ready(agreement)
        steps.go(actor, agreement, step, values={"shared": True})
        letters.shared(agreement)
    elif verb == "reopen":
        _reopen(actor, agreement, reason, lock)
    else:
        steps.go(actor, agreement, step, reason=reason)
    return agreement


def answer(actor: Actor, ref: str, verb: str, *, lock: int, reason: str) -> Agreement:
    """Take the partner's step with a draft: hand it back, or open what is being signed again.

    Raises NotFound, NotAllowed, Stale, IllegalStep, or Invalid (no reason).
    """
    agreement = steps.load(actor, ref, Permission.AGREEMENT_ANSWER)
    if steps.done(actor, agreement, verb, lock):
        return agreement
    step = steps.find(agreement, verb if verb in ANSWERS else "", lock)
    _reasoned("reasoned" in step.guards, reason)
    if verb == "reopen":
        _reopen(actor, agreement, reason, lock)
    else:
        steps.go(actor, agreement, step, reason=reason)
        letters.returned(agreement)
    return agreement


def accept(actor: Actor, ref: str, *, lock: int, sha256: str, code: str) -> Agreement:
    """Accept the text for the partner: it is frozen, and its hash is what everybody signs.

    Raises NotFound, NotAllowed, Stale (not the text that was seen), IllegalStep, or Invalid (the code; too late).
    """
    agreement = steps.load(actor, ref, Permission.AGREEMENT_ANSWER)
    if steps.done(actor, agreement, "accept", lock):
        return agreement
    step = steps.find(agreement, "accept", lock)
    if sha256_of(agreement) != sha256:
        raise Stale("agreement: the text is not the one that was seen")
    _ready(agreement)
    prove(actor, code)
    steps.save_text(actor, agreement)
    steps.go(actor, agreement, step, values={"text_sha256": sha256})
    letters.to_officers(agreement)
    return agreement


def comment(actor: Actor, ref: str, text: str) -> Comment:
    """Say something about an agreement; both sides read it. Raises NotFound, NotAllowed, or Invalid (nothing said)."""
    agreement = steps.load(actor, ref, Permission.AGREEMENT_COMMENT)
    if not text:
        raise Invalid({"text": [_("Please fill this in.")]})
    last = session().scalar(
        select(Comment).where(Comment.agreement_id == agreement.id).order_by(Comment.id.desc()).limit(1)
    )
    if last is not None and (last.person_id, last.text) == (actor.id, text):
        return last  # the second of two clicks
    said = Comment(agreement_id=agreement.id, person_id=actor.id, text=text)
    session().add(said)
    session().flush()
    target = ("agreement", agreement.ref, agreement.revision)
    record(actor, "agreement.commented", target=target, private={actor.ref: {"text": text}})
    return said


def renew(actor: Actor, ref: str) -> Agreement:
    """Draft the next version of an agreement, filled in as it is: only days and signatures remain.

    It begins the day after the last one's end, or today, and is as long. The earlier version does not live longer for
    it, and ends when the later takes effect. The second of two clicks finds the first one's draft.
    Raises NotFound, NotAllowed, or Invalid if it is not yet, or no longer, one to renew.
    """
    earlier = steps.load(actor, ref, Permission.AGREEMENT_WRITE)
    open_one = queries.unfinished(earlier.number)
    if open_one is not None:
        return open_one
    if earlier.status in UNFINISHED or earlier.ended_as == "dropped":
        raise Invalid({"_schema": [_("Only an agreement that took effect can be renewed.")]})
    steps.save_text(actor, earlier)  # to compare with; agreements of the portal's first days have none
    last = session().scalar(select(func.max(Agreement.revision)).where(Agreement.number == earlier.number)) or 1
    values = {name: getattr(earlier, name) for name in carried()}
    begins = clock.today(earlier.time_zone)
    if earlier.status != "ended":
        begins = max(begins, earlier.last_day + dt.timedelta(days=1))
    values |= {"starts_on": begins, "ends_on": begins + (earlier.ends_on - earlier.starts_on)}
    later = Agreement(number=earlier.number, revision=last + 1, created_by=actor.id or None, **values)
    session().add(later)
    session().flush()
    step = workflow.AGREEMENT.find("", "renew")
    steps.keep(actor, later, step, 0)
    steps.save_text(actor, later)
    record(actor, step.event, target=("agreement", later.ref, later.revision), purpose={"mou": earlier.ref})
    return later


def _reopen(actor: Actor, agreement: Agreement, reason: str, lock: int) -> None:
    step = steps.find(agreement, "reopen", lock)
    steps.void(agreement)
    steps.go(actor, agreement, step, reason=reason, values={"text_sha256": ""})
    letters.returned(agreement)


def _reasoned(needed: bool, reason: str) -> None:  # noqa: FBT001 -- what the step's row says
    if needed and not reason:
        raise Invalid({"reason": [_("Say why: the other side reads it.")]})


def _ready(agreement: Agreement) -> None:
    """Refuse what nobody could sign or what would be over before it began."""
    missing = {}
    if agreement.mmc_signatory_id is None:
        missing["mmc_signatory"] = [_("Name who signs for MMC: edit the draft.")]
    if agreement.partner_signatory_id is None:
        missing["partner_signatory"] = [_("Name who signs for the partner: edit the draft.")]
    if agreement.ends_on < steps.today(agreement):
        missing["ends_on"] = [_("Its last day has passed: edit the draft.")]
    if missing:
        raise Invalid(missing)
