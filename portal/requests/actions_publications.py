"""Publications: a text is shown before it is out, somebody answers or nobody does, and it is reported once it is out.

Nothing here blocks a publication: the agreement binds its parties, the portal says where things stand.
"""

import datetime as dt
from contextlib import AbstractContextManager
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from portal import clock, papers, policy, ports
from portal.actor import Actor
from portal.agreements import terms
from portal.audit.recorder import record
from portal.auth.actions_factor import prove
from portal.db import require_seen, session, transaction
from portal.errors import IllegalStep, Invalid
from portal.machine import NOTHING, Step
from portal.papers import Paper, TakenIn
from portal.permissions import Permission
from portal.requests import actions_papers, letters, queries, verdicts, workflow
from portal.requests.models import Request
from portal.requests.models_papers import RequestPaper
from portal.requests.models_publications import Publication
from portal.requests.schemas_duties import Judged
from portal.requests.schemas_publications import Dropped, Out, Sent, Shown

PUBLIC = frozenset({"public_report", "academic_publication", "dashboard"})
KINDS = ("pdf", "docx")
MANUSCRIPT = "manuscript"


def take_on(actor: Actor, request: Request) -> Publication | None:
    """Open the duty to show a text, as an offer is accepted: if the agreement asks for it and something is public.

    A scope frozen before kinds of output were asked might serve any of them.
    """
    named = queries.scope_of(request.scope).outputs or terms.OUTPUTS
    if request.agreement.publication_review_days and PUBLIC & set(named):
        return _open(actor, request)
    return None


def begin(actor: Actor, ref: str) -> Publication:
    """Begin a further publication of one's own request; one that was begun and has no title yet is taken instead.

    Raises NotFound, NotAllowed or IllegalStep (no offer was accepted).
    """
    request = queries.request(actor, ref, Permission.PUBLICATION_BEGIN)
    verdicts.take_turns(request)
    blank = (Publication.request_id == request.id, Publication.status == "open", Publication.title == "")
    return session().scalar(select(Publication).where(*blank).limit(1)) or _open(actor, request)


def show(actor: Actor, ref: str, sent: Sent) -> Publication:
    """Show a text to those who decide; the agreement's days run from now, also for a text that is shown anew.

    Opens its own transactions. Raises NotFound, NotAllowed, IllegalStep, Stale, Invalid, ScanFailed or StorageFull.
    """
    with transaction():
        one = _load(actor, ref, Permission.PUBLICATION_WRITE)
        if _done(one, sent.said.lock, "shown"):
            return one
        _showable(one, sent)
    taken = None if sent.source is None else papers.take_in(actions_papers.FAMILY, sent.source, KINDS, _wrong())
    with _keeping(taken):
        one = _load(actor, ref, Permission.PUBLICATION_WRITE)
        twice = _done(one, sent.said.lock, "shown")
        if not twice:
            _show(actor, one, _showable(one, sent), sent.said, taken)
    if twice and taken is not None:
        ports.house.store.delete(taken.blob)
    return one


def judge(actor: Actor, ref: str, said: Judged) -> Publication:
    """Answer a text that was shown: no objection, or what should change.

    Raises NotFound, NotAllowed, IllegalStep, Stale or Invalid (reason or code).
    """
    one = _load(actor, ref, Permission.PUBLICATION_JUDGE)
    known = {"clear": "cleared", "ask": "changes_asked"}
    if _done(one, said.lock, known[said.verb]):
        return one
    step = workflow.PUBLICATION.find(one.status, said.verb)
    require_seen(one, said.lock)
    if "reasoned" in step.guards and not said.note:
        raise Invalid({"note": [_("Say what should change: the requester reads it.")]})
    prove(actor, said.code)
    one.take(step, answer=said.note, answered_by=actor.id, answered_at=clock.now())
    _record(actor, step, one, {"reason": said.note})
    letters.publication_answered(one)
    return one


def report(actor: Actor, ref: str, said: Out) -> Publication:
    """Say that it is out: title, address and day; said again it corrects them.

    Raises NotFound, NotAllowed, IllegalStep, Stale or Invalid (a day that has not come).
    """
    one = _load(actor, ref, Permission.PUBLICATION_WRITE)
    if _done(one, said.lock, "published"):
        return one
    step = workflow.PUBLICATION.find(one.status, "report")
    require_seen(one, said.lock)
    if said.published_on > clock.today(one.request.agreement.time_zone):
        raise Invalid({"published_on": [_("This day has not come yet: report it once it is out.")]})
    one.take(step, title=said.title, address=said.address, published_on=said.published_on)
    _record(actor, step, one, {"title": said.title, "address": said.address})
    return one


def drop(actor: Actor, ref: str, said: Dropped) -> Publication:
    """Say that nothing will be published, and why. Raises NotFound, NotAllowed, IllegalStep, Stale or Invalid."""
    one = _load(actor, ref, Permission.PUBLICATION_WRITE)
    if _done(one, said.lock, "dropped"):
        return one
    step = workflow.PUBLICATION.find(one.status, "drop")
    require_seen(one, said.lock)
    if not said.note:
        raise Invalid({"note": [_("Give your reason: it is kept with the publication.")]})
    one.take(step, note=said.note)
    _record(actor, step, one, {"reason": said.note})
    return one


def lapse_due(actor: Actor) -> int:
    """Say of each text whose days have passed that nobody answered, once; return how many. It may still be answered."""
    waiting = session().scalars(select(Publication).where(Publication.status == "shown").order_by(Publication.id))
    late = [one for one in waiting if one.answer_by and _passed(one, one.answer_by)]
    for one in late:
        step = workflow.PUBLICATION.find(one.status, "lapse")
        one.take(step)
        _record(actor, step, one, {})
        letters.publication_unanswered(one)
    return len(late)


def _open(actor: Actor, request: Request) -> Publication:
    step = workflow.PUBLICATION.find(NOTHING, "open")
    days = request.agreement.publication_review_days
    made = Publication(request_id=request.id, status=step.target, review_days=days)
    session().add(made)
    session().flush()
    _record(actor, step, made, {})
    return made


def _showable(one: Publication, sent: Sent) -> Step:
    step = workflow.PUBLICATION.find(one.status, "show")
    if not one.review_days:
        raise IllegalStep("publication: the agreement asks to see no text before it is out")
    require_seen(one, sent.said.lock)
    wrong: dict[str, list[str]] = {}
    if sent.source is None and not sent.said.link:
        wrong["file"] = [_("Attach the text, or give its address.")]
    if sent.said.planned_on < clock.today(one.request.agreement.time_zone):
        wrong["planned_on"] = [_("This day has passed: if it is out already, report it below.")]
    if wrong:
        raise Invalid(wrong)
    return step


def _show(actor: Actor, one: Publication, step: Step, said: Shown, taken: TakenIn | None) -> None:
    paper = _attach(actor, one, taken) if taken is not None else None
    day = clock.today(one.request.agreement.time_zone) + dt.timedelta(days=one.review_days)
    one.take(
        step,
        title=said.title,
        planned_on=said.planned_on,
        link=said.link,
        paper_id=paper.id if paper else None,
        shown_at=clock.now(),
        answer_by=day,
        answer="",
        answered_by=None,
        answered_at=None,
    )
    session().expire(one, ["paper", "answerer"])
    _record(actor, step, one, {"title": said.title, "address": said.link})
    letters.publication_shown(one)


def _attach(actor: Actor, one: Publication, taken: TakenIn) -> RequestPaper:
    return actions_papers.add(actor, one.request, Paper(purpose=MANUSCRIPT, note="", source=()), taken)


def _keeping(taken: TakenIn | None) -> AbstractContextManager[Any]:
    return transaction() if taken is None else papers.keeping(taken)


def _wrong() -> str:
    return str(_("This is not a whole PDF or Word document (DOCX, without macros), whatever it is called."))


def _done(one: Publication, lock: int, status: str) -> bool:
    """Whether this very form has done it already: two clicks are one deed."""
    return one.status == status and one.lock == lock + 1


def _passed(one: Publication, day: dt.date) -> bool:
    return clock.day_end(day, one.request.agreement.time_zone) <= clock.now()


def _load(actor: Actor, ref: str, permission: Permission) -> Publication:
    one = policy.load(actor, Permission.PUBLICATION_READ, Publication, Publication.ref == ref)
    policy.require(actor, permission, one)
    session().refresh(one, with_for_update=True)
    return one


def _record(actor: Actor, step: Step, one: Publication, words: dict[str, str]) -> None:
    said = {name: text for name, text in words.items() if text}
    record(
        actor,
        step.event,
        target=("publication", one.ref),
        purpose=one.request.logged_purpose,
        change={"status": (step.source, step.target)},
        private={actor.ref: said} if said else {},
    )
