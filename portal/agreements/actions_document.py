"""Files of an agreement: taken in by their bytes, looked through, sealed; handed over as attachments."""

from flask_babel import gettext as _

from portal import papers
from portal.actor import Actor
from portal.agreements import letters, queries, steps
from portal.agreements import queries_signing as reads
from portal.agreements.models import Agreement
from portal.agreements.models_signing import Document
from portal.audit.recorder import record
from portal.db import session, transaction
from portal.errors import IllegalStep
from portal.papers import Handover, Paper
from portal.permissions import Permission

FAMILY = "agreement-document"
KINDS = {
    "signed": ("pdf", "png", "jpeg"),
    "draft": ("pdf", "docx"),
    "dpia": ("pdf", "docx"),
}


def attach(actor: Actor, ref: str, paper: Paper) -> str:
    """Seal a file and attach it to an agreement; return its reference.

    Opens its own transactions: looking through and sealing must not hold one open. Raises NotFound, NotAllowed,
    IllegalStep (a draft of what is signed), Invalid (its kind, size, or what was found in it), ScanFailed, StorageFull.
    """
    with transaction():
        _open_for(actor, ref, paper.purpose)
    taken = papers.take_in(FAMILY, paper.source, KINDS[paper.purpose], _wrong(paper.purpose))
    with papers.keeping(taken):
        agreement = _open_for(actor, ref, paper.purpose)
        said = {"purpose": paper.purpose, "note": paper.note, "person_id": actor.id}
        session().add(Document(agreement_id=agreement.id, **said, **vars(taken)))
        session().flush()
        record(
            actor,
            "agreement.document.attached",
            target=("agreement", agreement.ref, agreement.revision),
            data={"bytes": taken.size, "sha256": taken.sha256},
            change={"scan": ("", taken.scan), "kind": ("", taken.kind)},
        )
        if paper.purpose == "signed" and agreement.status == "draft":
            letters.paper(agreement)
    return taken.ref


def hand_over(actor: Actor, ref: str, document_ref: str) -> Handover:
    """Open a file for a party or staff, recorded before the first byte. Raises NotFound, KeyMissing or Tampered."""
    agreement = queries.agreement(actor, ref)
    document = reads.document(agreement, document_ref, inside=reads.inside(actor, agreement))
    chunks = papers.pieces_of(FAMILY, document)
    target = ("agreement", agreement.ref, agreement.revision)
    record(actor, "agreement.document.downloaded", target=target, data={"sha256": document.sha256})
    name = f"{agreement.number}-v{agreement.revision}-{document.purpose}"
    return Handover(name, document.kind, document.size, chunks)


def _open_for(actor: Actor, ref: str, purpose: str) -> Agreement:
    agreement = steps.load(actor, ref, Permission.AGREEMENT_WRITE)
    if agreement.status == "ended" or (purpose == "draft" and agreement.status != "draft"):
        raise IllegalStep("agreement: no document of this kind is attached to it any more")
    return agreement


def _wrong(purpose: str) -> str:
    if purpose == "signed":
        return str(_("This is not a whole PDF, PNG or JPEG, whatever it is called. Save the scan as PDF."))
    return str(_("This is not a whole PDF or Word document (DOCX, without macros), whatever it is called."))
