"""Encrypted files: what rests on disk is always ciphertext, bound to what it is and for whom.

Each chunk is authenticated on its own, so a reader may have handed out true chunks before it finds the end
missing: whoever needs all or nothing joins first. (STREAM: Hoang, Reyhanitabar, Rogaway, Vizár, CRYPTO 2015.)
"""

import hashlib
import hmac
import os
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from portal.errors import Tampered
from portal.spool import CHUNK, TAG, Spool
from portal.storage import LocalStore, Store, new_name

__all__ = ["CHUNK", "LocalStore", "Sealed", "Spool", "Store", "new_name", "open_", "seal"]

_MAGIC = b"4Mi vault 1\n"
_SALT = 32
_PREFIX = 7  # with a 4-byte counter and the last-chunk flag this makes GCM's 12-byte nonce
_HEADER = len(_MAGIC) + _SALT + _PREFIX + 32


class Sealed(NamedTuple):
    """What was sealed: SHA-256 (hex) and size in bytes of the plaintext."""

    sha256: str
    size: int


def seal(store: Store, name: str, source: Iterable[bytes], dek: bytes, context: bytes) -> Sealed:
    """Encrypt `source` into the store, bound to `context` (what, whose, which request).

    Raises StorageFull; then, and if `source` raises, nothing is kept.
    """
    plain = _Counted(source)
    store.put(name, _encrypt(plain, dek, context))
    return Sealed(plain.sha256.hexdigest(), plain.size)


def open_(store: Store, name: str, dek: bytes, context: bytes) -> Iterator[bytes]:
    """Decrypt in chunks of 64 KiB, each authentic when it comes out.

    Raises Tampered at once for another key, context or kind of file, and while reading for anything
    changed, moved, cut off or appended.
    """
    with store.open(name) as file:
        key, header = _unlock(file.read(_HEADER), dek, context)
    return _decrypt(store, name, key, header)


def _encrypt(source: Iterable[bytes], dek: bytes, context: bytes) -> Iterator[bytes]:
    opening = _MAGIC + os.urandom(_SALT) + os.urandom(_PREFIX)
    key, commitment = _derive(opening, dek, context)
    header = opening + commitment
    yield header
    prefix, cipher = _prefix(header), AESGCM(key)
    for number, (chunk, last) in enumerate(_chunked(source)):
        yield cipher.encrypt(_nonce(prefix, number, last=last), chunk, header)


def _decrypt(store: Store, name: str, key: bytes, header: bytes) -> Iterator[bytes]:
    prefix, cipher = _prefix(header), AESGCM(key)
    with store.open(name) as file:
        if file.read(_HEADER) != header:
            raise Tampered("sealed file: it was exchanged while being read")
        number, chunk = 0, file.read(CHUNK + TAG)
        while True:
            following = file.read(CHUNK + TAG)
            plain = _open_chunk(cipher, _nonce(prefix, number, last=not following), chunk, header)
            if number and not plain:
                raise Tampered("sealed file: ends in an empty chunk")
            yield plain
            if not following:
                return
            number, chunk = number + 1, following


def _open_chunk(cipher: AESGCM, nonce: bytes, chunk: bytes, header: bytes) -> bytes:
    try:
        return cipher.decrypt(nonce, chunk, header)
    except (InvalidTag, ValueError) as error:
        raise Tampered("sealed file: a chunk is changed, moved or missing") from error


def _unlock(header: bytes, dek: bytes, context: bytes) -> tuple[bytes, bytes]:
    """Check the header's commitment to key and context; give the file's key and the header."""
    if len(header) != _HEADER or not header.startswith(_MAGIC):
        raise Tampered("sealed file: not one of this vault")
    key, commitment = _derive(header[:-32], dek, context)
    if not hmac.compare_digest(commitment, header[-32:]):
        raise Tampered("sealed file: does not open with this key in this context")
    return key, header


def _derive(opening: bytes, dek: bytes, context: bytes) -> tuple[bytes, bytes]:
    """Derive the file's own key and a commitment to it: with GCM alone one file could open under two keys."""
    salt = opening[len(_MAGIC) : len(_MAGIC) + _SALT]
    bound = hashlib.sha256(opening + context).digest()
    both = HKDF(SHA256(), 64, salt, b"portal vault file 1\0" + bound).derive(dek)
    return both[:32], both[32:]


def _prefix(header: bytes) -> bytes:
    return header[len(_MAGIC) + _SALT : len(_MAGIC) + _SALT + _PREFIX]


def _nonce(prefix: bytes, number: int, *, last: bool) -> bytes:
    return prefix + number.to_bytes(4, "big") + bytes([last])


def _chunked(source: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Cut into chunks of 64 KiB and say which is the last; an empty source is one empty last chunk."""
    held = bytearray()
    for piece in source:
        held += piece
        while len(held) > CHUNK:
            yield bytes(held[:CHUNK]), False
            del held[:CHUNK]
    yield bytes(held), True


class _Counted:
    """A source that remembers what went through it."""

    def __init__(self, source: Iterable[bytes]) -> None:
        self._source = source
        self.sha256 = hashlib.sha256()
        self.size = 0

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._source:
            self.sha256.update(piece)
            self.size += len(piece)
            yield piece
