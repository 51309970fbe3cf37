"""Papers that people attach: known by their bytes, looked through, sealed in the vault, handed over as they came.

Nothing is trusted that a browser says of a file: neither its name nor its type is even read.
"""

import datetime as dt
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from portal import clock, filetype, ports
from portal.db import Moment, new_ref, transaction
from portal.errors import Invalid, PortalError
from portal.keys import Wrapping
from portal.scanning import INFECTED
from portal.vault import CHUNK, new_name, open_, seal

LIMIT = 20 * 1024 * 1024  # bytes


class SealedFile:
    """The columns of a table whose rows are sealed files."""

    ref: Mapped[str] = mapped_column(String(32), unique=True, default=new_ref)
    kind: Mapped[str] = mapped_column(String(10))  # pdf | png | jpeg | docx, by its bytes
    note: Mapped[str] = mapped_column(String(200), default="")
    blob: Mapped[str] = mapped_column(String(64))
    key_id: Mapped[str] = mapped_column(String(64))
    key_wrapped: Mapped[bytes] = mapped_column(LargeBinary)
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    scan: Mapped[str] = mapped_column(String(20))  # clean | not_scanned
    uploaded_at: Mapped[dt.datetime] = mapped_column(Moment, default=clock.now)


@dataclass(frozen=True, kw_only=True)
class Paper:
    """A file on its way in: what it is for, a note, its bytes."""

    purpose: str
    note: str
    source: Iterable[bytes]


@dataclass(frozen=True, kw_only=True)
class TakenIn:
    """A file as it lies in the vault: what its row keeps of it."""

    ref: str
    kind: str
    blob: str
    key_id: str
    key_wrapped: bytes
    sha256: str
    size: int
    scan: str


@dataclass(frozen=True)
class Handover:
    """A file on its way out: its name without an ending, its kind, size in bytes and its bytes in pieces."""

    name: str
    kind: str
    size: int
    chunks: Iterator[bytes]


def take_in(family: str, source: Iterable[bytes], kinds: Collection[str], wrong: str) -> TakenIn:
    """Look a file through and seal it, bound to its ``family`` and a reference of its own; no row names it yet.

    Not to be called inside a transaction. Raises Invalid (its size, its kind: then in the words ``wrong``, or what was
    found in it), ScanFailed or StorageFull; nothing is kept then.
    """
    data = _read(source)
    kind = filetype.kind_of(data)
    if kind not in kinds:
        raise Invalid({"file": [wrong]})
    scan = ports.house.scan_upload(data)
    if scan == INFECTED:
        raise Invalid({"file": [_("The antivirus found something in this file. Nothing was stored.")]})
    ref, blob = new_ref(), new_name()
    wrapped = ports.house.keys.wrap(Wrapping.DATA, _context(family, ref))
    pieces = (data[start : start + CHUNK] for start in range(0, len(data), CHUNK))
    sealed = seal(ports.house.store, blob, pieces, wrapped.dek, _context(family, ref))
    return TakenIn(
        ref=ref,
        kind=kind,
        blob=blob,
        key_id=wrapped.key_id,
        key_wrapped=wrapped.wrapped,
        sha256=sealed.sha256,
        size=sealed.size,
        scan=scan,
    )


@contextmanager
def keeping(taken: TakenIn) -> Iterator[None]:
    """Open the transaction whose row names a file that was taken in; if it is refused, the file goes."""
    try:
        with transaction():
            yield
    except PortalError:
        ports.house.store.delete(taken.blob)  # before any commit; after one whose answer got lost the sweep decides
        raise


def pieces_of(family: str, row: SealedFile) -> Iterator[bytes]:
    """Open a sealed file. Raises KeyMissing or Tampered."""
    dek = ports.house.keys.unwrap(row.key_id, row.key_wrapped, _context(family, row.ref))
    return open_(ports.house.store, row.blob, dek, _context(family, row.ref))


def _context(family: str, ref: str) -> bytes:
    """Return what a file's key and bytes are bound to."""
    return f"{family}:{ref}".encode()


def _read(source: Iterable[bytes]) -> bytes:
    data = bytearray()
    for piece in source:
        data += piece
        if len(data) > LIMIT:
            raise Invalid({"file": [_("The file is larger than 20 MB: send a smaller scan.")]})
    return bytes(data)
