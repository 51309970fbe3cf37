"""What an event says about a person: sealed under that person's key, committed to in the body.

The commitment is an HMAC under a salt that lies inside the ciphertext: who destroys the key leaves a number
in the log that nobody can test a guess against.
"""

import hashlib
import hmac
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import ports
from portal.audit import canonical
from portal.audit.models import AuditPrivate, AuditSubjectKey
from portal.errors import Tampered
from portal.keys import Mac, Wrapping

SALT = 32
NONCE = 12


@dataclass(frozen=True)
class Part:
    """One person's private part of one event, as stored, and the commitment that goes into the body."""

    row: Mapping[str, object]
    commitment: str


def seal(event_id: UUID, subject: str, said: Mapping[str, str], dek: bytes) -> Part:
    """Encrypt what an event says about `subject`; an `address` in it can be searched for by its HMAC."""
    text = canonical.encode(said, canonical.MAX_SAID)
    salt, nonce = os.urandom(SALT), os.urandom(NONCE)
    address = said.get("address", "")
    row = {
        "event_id": event_id.bytes,
        "subject_ref": subject,
        "key_id": subject,
        "nonce": nonce,
        "ciphertext": AESGCM(dek).encrypt(nonce, salt + text, _bound(event_id.bytes, subject)),
        "lookup": ports.house.keys.mac(Mac.LOOKUP, address.strip().casefold().encode()) if address else None,
    }
    return Part(row, _commitment(salt, text))


def unseal(row: AuditPrivate, dek: bytes) -> tuple[dict[str, str], str]:
    """Give what was said, and the commitment the body must hold. Raises Tampered if it does not open."""
    try:
        plain = AESGCM(dek).decrypt(row.nonce, row.ciphertext, _bound(row.event_id, row.subject_ref))
    except (InvalidTag, ValueError) as error:
        raise Tampered("private part: does not open under its person's key") from error
    salt, text = plain[:SALT], plain[SALT:]
    said = {field: str(value) for field, value in canonical.decode(text, canonical.MAX_SAID).items()}
    return said, _commitment(salt, text)


def keys_for(session: Session, subjects: Iterable[str]) -> dict[str, bytes]:
    """Give each person's data key, made now for whom there is none. An erased person's is made anew each time:
    what is said of them from then on cannot be read by anybody, and the deed goes on.

    Call it only under the lock on the head, so that two writers do not make two keys.
    """
    wanted = sorted(set(subjects))
    if not wanted:
        return {}
    known = {row.subject_ref: row for row in _rows(session, wanted)}
    return {one: _open(known[one]) if one in known else _make(session, one) for one in wanted}


def open_keys(session: Session, subjects: Iterable[str]) -> dict[str, bytes]:
    """Give the data keys there are; an erased person has none.

    Raises KeyMissing if the key-encryption key is not there, Tampered if a wrapped key does not open.
    """
    rows = _rows(session, sorted(set(subjects)))
    return {row.subject_ref: _open(row) for row in rows if row.wrapped_dek is not None}


def by_event(session: Session, event_ids: Sequence[bytes]) -> dict[bytes, list[AuditPrivate]]:
    """Give the sealed parts of some events, by event."""
    parts: dict[bytes, list[AuditPrivate]] = {}
    for row in session.scalars(select(AuditPrivate).where(AuditPrivate.event_id.in_(event_ids))):
        parts.setdefault(row.event_id, []).append(row)
    return parts


def read(session: Session, event_ids: Sequence[bytes]) -> dict[bytes, dict[str, dict[str, str]]]:
    """Give what some events say, by event and person; what is erased is left out."""
    parts = by_event(session, event_ids)
    keys = open_keys(session, [row.subject_ref for rows in parts.values() for row in rows])
    return {
        event_id: {row.subject_ref: unseal(row, keys[row.subject_ref])[0] for row in rows if row.subject_ref in keys}
        for event_id, rows in parts.items()
    }


def _rows(session: Session, subjects: list[str]) -> list[AuditSubjectKey]:
    query = select(AuditSubjectKey).where(AuditSubjectKey.subject_ref.in_(subjects))
    return list(session.scalars(query.execution_options(populate_existing=True))) if subjects else []


def _open(row: AuditSubjectKey) -> bytes:
    if row.wrapped_dek is None:
        return os.urandom(32)
    return ports.house.keys.unwrap(row.kek_id, row.wrapped_dek, _context(row.subject_ref))


def _make(session: Session, subject: str) -> bytes:
    made = ports.house.keys.wrap(Wrapping.PRIVATE, _context(subject))
    session.add(AuditSubjectKey(subject_ref=subject, wrapped_dek=made.wrapped, kek_id=made.key_id))
    return made.dek


def _context(subject: str) -> bytes:
    return b"audit subject\0" + subject.encode()


def _bound(event_id: bytes, subject: str) -> bytes:
    return b"audit private 1\0" + event_id + subject.encode()


def _commitment(salt: bytes, text: bytes) -> str:
    return hmac.digest(salt, text, hashlib.sha256).hex()
