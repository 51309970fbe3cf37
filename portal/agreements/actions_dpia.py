"""The data protection officer puts an assessment (DPIA) on file, or withdraws one; letters come before its day."""

import datetime as dt

from flask_babel import gettext as _

from portal import clock
from portal.actor import Actor
from portal.agreements import letters, queries_dpia, steps
from portal.agreements.models import Agreement
from portal.agreements.models_dpia import Assessment
from portal.agreements.models_signing import Document
from portal.agreements.schemas_dpia import NewAssessment
from portal.audit.recorder import record
from portal.auth.actions_factor import prove
from portal.db import move, require_seen, session
from portal.errors import IllegalStep, Invalid, Stale
from portal.letters.settling import settled
from portal.permissions import Permission

MOST_DAYS = 366
OPEN = ("draft", "signing", "active", "suspended")


def keep(actor: Actor, ref: str, wanted: NewAssessment) -> Assessment:
    """Record an assessment for an agreement that has not ended. The same form sent twice records it once.

    Raises NotFound, NotAllowed, IllegalStep (it has ended), Stale, or Invalid.
    """
    agreement = steps.load(actor, ref, Permission.AGREEMENT_OFFICER)
    known = queries_dpia.on_file(agreement)
    if known and (known[0].person_id, known[0].seen_lock, known[0].title) == (actor.id, wanted.lock, wanted.title):
        return known[0]
    if agreement.status not in OPEN:
        raise IllegalStep("agreement: it has ended; nothing is assessed for it any more")
    if wanted.lock != len(known):
        raise Stale("assessment: another was put on file since the page was opened")
    _fits(agreement, wanted)
    document = _document(agreement, wanted.document)
    prove(actor, wanted.code)
    made = Assessment(
        agreement_id=agreement.id,
        title=wanted.title,
        done_on=wanted.done_on,
        outcome=wanted.outcome,
        review_on=wanted.review_on,
        document_id=document.id if document else None,
        person_id=actor.id,
        seen_lock=wanted.lock,
    )
    session().add(made)
    session().flush()
    settled(f"/agreements/{agreement.ref}", "dpia_due")
    record(
        actor,
        "agreement.dpia.recorded",
        target=("agreement", agreement.ref, agreement.revision),
        purpose={"mou": agreement.ref},
        data={"sha256": document.sha256} if document else {},
        change={"outcome": ("", made.outcome), "review_on": ("", made.review_on.isoformat())},
        private={actor.ref: {"title": made.title}},
    )
    return made


def withdraw(actor: Actor, ref: str, assessment_ref: str, *, reason: str, code: str, lock: int) -> Assessment:
    """Withdraw an assessment, with the reason: from now on it counts as none. Twice the same form does it once.

    Raises NotFound, NotAllowed, Stale, or Invalid.
    """
    agreement = steps.load(actor, ref, Permission.AGREEMENT_OFFICER)
    found = queries_dpia.one(agreement, assessment_ref)
    session().refresh(found)
    if found.status == "withdrawn" and found.withdrawn_by == actor.id and lock < found.lock:
        return found
    require_seen(found, lock)
    if found.status == "withdrawn":
        raise IllegalStep("assessment: it is withdrawn already")
    if not reason:
        raise Invalid({"reason": [_("Say why it does not count any more: the log keeps it.")]})
    prove(actor, code)
    move(found, status="withdrawn", withdrawn_at=clock.now(), withdrawn_by=actor.id, withdrawn_reason=reason)
    record(
        actor,
        "agreement.dpia.withdrawn",
        target=("agreement", agreement.ref, agreement.revision),
        purpose={"mou": agreement.ref},
        private={actor.ref: {"reason": reason}},
    )
    return found


def remind(actor: Actor) -> int:
    """Write to the data protection officers, once for each assessment whose review is near; return how many."""
    due = list(queries_dpia.near())
    for one in due:
        letters.dpia_due(one.agreement, one.review_on)
        target = ("agreement", one.agreement.ref, one.agreement.revision)
        record(actor, "agreement.dpia.due", target=target, change={"review_on": ("", one.review_on.isoformat())})
        move(one, reminded_for=one.review_on)
    return len(due)


def _fits(agreement: Agreement, wanted: NewAssessment) -> None:
    wrong: dict[str, list[str]] = {}
    today = steps.today(agreement)
    if wanted.done_on > today:
        wrong["done_on"] = [_("This day is still to come: record it once it is done.")]
    if wanted.review_on < today:
        wrong["review_on"] = [_("This day has passed.")]
    elif wanted.review_on > wanted.done_on + dt.timedelta(days=MOST_DAYS):
        wrong["review_on"] = [_("At most a year after it was done.")]
    if wrong:
        raise Invalid(wrong)


def _document(agreement: Agreement, ref: str) -> Document | None:
    found = next((one for one in queries_dpia.documents(agreement) if one.ref == ref), None)
    if ref and found is None:
        raise Invalid({"document": [_("Choose from the list.")]})
    return found
