"""Papers of a request: attached while it is drafted or decided, read by who decides, removed while it is a draft."""

from flask_babel import gettext as _

from portal import clock, papers, ports
from portal.actor import Actor
from portal.audit.recorder import record
from portal.db import after_commit, session, transaction
from portal.errors import IllegalStep, Invalid
from portal.papers import Handover, Paper
from portal.permissions import Permission
from portal.requests import queries, queries_papers, verdicts
from portal.requests.models import Request
from portal.requests.models_papers import RequestPaper

FAMILY = "request-paper"
KINDS = ("pdf", "png", "jpeg", "docx")
OPEN = frozenset({"draft", "returned", "in_review"})
MOST = 20


def attach(actor: Actor, ref: str, paper: Paper) -> str:
    """Seal a file and attach it to a request of one's own; return its reference. Sent twice it is there once.

    Opens its own transactions: looking through and sealing must not hold one open. Raises NotFound, NotAllowed,
    IllegalStep (nothing waits for papers any more), Invalid, ScanFailed or StorageFull.
    """
    with transaction():
        _open_for(actor, ref)
    wrong = _("This is not a whole PDF, PNG, JPEG or Word document (DOCX, without macros), whatever it is called.")
    taken = papers.take_in(FAMILY, paper.source, KINDS, wrong)
    with papers.keeping(taken):
        request = _open_for(actor, ref)
        known = queries_papers.alike(request, taken.sha256, paper.purpose)
        if known is None:
            add(actor, request, paper, taken)
    if known is not None:
        ports.house.store.delete(taken.blob)
        return known.ref
    return taken.ref


def add(actor: Actor, request: Request, paper: Paper, taken: papers.TakenIn) -> RequestPaper:
    """Let a request have a file that was taken in. Raises Invalid if it has too many."""
    if queries_papers.number(request) >= MOST:
        raise Invalid({"file": [_("There are %(most)s papers already; put the rest into one file.", most=MOST)]})
    said = {"purpose": paper.purpose, "note": paper.note, "person_id": actor.id}
    made = RequestPaper(request_id=request.id, **said, **vars(taken))
    session().add(made)
    session().flush()
    record(
        actor,
        "request.paper.attached",
        target=("request", request.ref),
        purpose=request.logged_purpose,
        reason=paper.purpose,
        data={"bytes": taken.size, "sha256": taken.sha256},
        change={"scan": ("", taken.scan), "kind": ("", taken.kind)},
    )
    return made


def hand_over(actor: Actor, ref: str, paper_ref: str) -> Handover:
    """Open a paper for its requester or a decider, recorded before the first byte.

    Raises NotFound, KeyMissing or Tampered.
    """
    paper = queries_papers.paper(actor, ref, paper_ref)
    request = paper.request
    chunks = papers.pieces_of(FAMILY, paper)
    record(
        actor,
        "request.paper.read",
        target=("request", request.ref),
        purpose=request.logged_purpose,
        reason=paper.purpose,
        data={"sha256": paper.sha256},
    )
    return Handover(f"{request.number}-{paper.purpose}-{paper.id}", paper.kind, paper.size, chunks)


def remove(actor: Actor, ref: str, paper_ref: str) -> None:
    """Take a paper out of a draft: its bytes and its key go. Removed twice it is removed once.

    Raises NotFound, NotAllowed, or IllegalStep once the request was sent: somebody may have decided on it.
    """
    request = queries.request(actor, ref, Permission.REQUEST_EDIT)
    verdicts.take_turns(request)
    paper = queries_papers.of_request(request, paper_ref)
    if paper.removed_at is not None:
        return
    if request.status != "draft":
        raise IllegalStep("paper: it was sent with the request and stays with it")
    blob = paper.blob
    paper.removed_at, paper.blob, paper.key_wrapped, paper.note = clock.now(), "", b"", ""
    session().flush()
    record(
        actor,
        "request.paper.removed",
        target=("request", request.ref),
        purpose=request.logged_purpose,
        reason=paper.purpose,
        data={"sha256": paper.sha256},
    )
    after_commit(lambda: ports.house.store.delete(blob))


def _open_for(actor: Actor, ref: str) -> Request:
    request = queries.request(actor, ref, Permission.REQUEST_EDIT)
    verdicts.take_turns(request)
    if request.status not in OPEN:
        raise IllegalStep("request: no paper is attached to it any more")
    return request
