"""Files of an agreement: taken in by their bytes, looked through, sealed; handed over as attachments."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from flask_babel import gettext as _

from portal import ports
from portal.actor import Actor
from portal.agreements import filetype, letters, queries, steps
from portal.agreements import queries_signing as reads
from portal.agreements.models import Agreement
from portal.agreements.models_signing import Document
from portal.audit.recorder import record
from portal.db import new_ref, session, transaction
from portal.errors import IllegalStep, Invalid, PortalError
from portal.keys import Wrapping
from portal.permissions import Permission
from portal.scanning import INFECTED
from portal.vault import CHUNK, new_name, open_, seal

LIMIT = 20 * 1024 * 1024  # bytes


@dataclass(frozen=True, kw_only=True)
class Paper:
    """A file on its way in: what it is for, a note, its bytes."""

    purpose: str
    note: str
    source: Iterable[bytes]


@dataclass(frozen=True)
class Handover:
    """A file on its way out: its name without an ending, its kind, size in bytes and its bytes in pieces."""

    name: str
    kind: str
    size: int
    chunks: Iterator[bytes]


def attach(actor: Actor, ref: str, paper: Paper) -> str:
    """Seal a file and attach it to an agreement; return its reference.

    Opens its own transactions: looking through and sealing must not hold one open. Raises NotFound, NotAllowed,
    IllegalStep (a draft of what is signed), Invalid (its kind, size, or what was found in it), ScanFailed, StorageFull.
    """
    with transaction():
        _open_for(actor, ref, paper.purpose)
    data = _read(paper.source)
    kind = _kind(paper.purpose, data)
    scan = ports.house.scan_upload(data)
    if scan == INFECTED:
        raise Invalid({"file": [_("The antivirus found something in this file. Nothing was stored.")]})
    own, blob = new_ref(), new_name()
    wrapped = ports.house.keys.wrap(Wrapping.DATA, _context(own))
    pieces = (data[start : start + CHUNK] for start in range(0, len(data), CHUNK))
    sealed = seal(ports.house.store, blob, pieces, wrapped.dek, _context(own))
    try:
        with transaction():
            agreement = _open_for(actor, ref, paper.purpose)
            session().add(
                Document(
                    ref=own,
                    agreement_id=agreement.id,
                    purpose=paper.purpose,
                    kind=kind,
                    note=paper.note,
                    blob=blob,
                    key_id=wrapped.key_id,
                    key_wrapped=wrapped.wrapped,
                    sha256=sealed.sha256,
                    size=sealed.size,
                    scan=scan,
                    person_id=actor.id,
                )
            )
            session().flush()
            record(
                actor,
                "agreement.document.attached",
                target=("agreement", agreement.ref, agreement.revision),
                data={"bytes": sealed.size, "sha256": sealed.sha256},
                change={"scan": ("", scan), "kind": ("", kind)},
            )
            if paper.purpose == "signed" and agreement.status == "draft":
                letters.paper(agreement)
    except PortalError:
        ports.house.store.delete(blob)  # before any commit; after one whose answer got lost the keeper's sweep decides
        raise
    return own


def hand_over(actor: Actor, ref: str, document_ref: str) -> Handover:
    """Open a file for a party or staff, recorded before the first byte. Raises NotFound, KeyMissing or Tampered."""
    agreement = queries.agreement(actor, ref)
    document = reads.document(agreement, document_ref, inside=reads.inside(actor, agreement))
    dek = ports.house.keys.unwrap(document.key_id, document.key_wrapped, _context(document.ref))
    chunks = open_(ports.house.store, document.blob, dek, _context(document.ref))
    target = ("agreement", agreement.ref, agreement.revision)
    record(actor, "agreement.document.downloaded", target=target, data={"sha256": document.sha256})
    name = f"{agreement.number}-v{agreement.revision}-{document.purpose}"
    return Handover(name, document.kind, document.size, chunks)


def _context(document_ref: str) -> bytes:
    """Return what a document's key and bytes are bound to."""
    return f"agreement-document:{document_ref}".encode()


def _open_for(actor: Actor, ref: str, purpose: str) -> Agreement:
    agreement = steps.load(actor, ref, Permission.AGREEMENT_WRITE)
    if agreement.status == "ended" or (purpose == "draft" and agreement.status != "draft"):
        raise IllegalStep("agreement: no document of this kind is attached to it any more")
    return agreement


def _read(source: Iterable[bytes]) -> bytes:
    data = bytearray()
    for piece in source:
        data += piece
        if len(data) > LIMIT:
            raise Invalid({"file": [_("The file is larger than 20 MB: send a smaller scan.")]})
    return bytes(data)


def _kind(purpose: str, data: bytes) -> str:
    kind = filetype.kind_of(data)
    if kind not in filetype.KINDS[purpose]:
        wrong = {
            "signed": _("This is not a whole PDF, PNG or JPEG, whatever it is called. Save the scan as PDF."),
            "dpia": _("This is not a whole PDF or Word document (DOCX, without macros), whatever it is called."),
            "draft": _("This is not a whole PDF or Word document (DOCX, without macros), whatever it is called."),
        }
        raise Invalid({"file": [wrong[purpose]]})
    return kind
