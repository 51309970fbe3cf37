"""One interface to every secret key: local files in the embedded default, a key service in production.

A lost key is never replaced silently: it raises, because new bytes under an old name would make every
sealed file unreadable and every stable id different, without a word.
"""

import hashlib
import hmac
import os
import re
import stat
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from portal.errors import KeyMissing, KeyUnsafe, Tampered

KEY_BYTES = 32
NONCE_BYTES = 12
_FILE_NAME = re.compile(r"(data|private|mac|signing)\.([1-9][0-9]{0,5})\.key")
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class Wrapping(StrEnum):
    """What a key-encryption key protects; each purpose has its own versions and its own rotation."""

    DATA = "data"
    PRIVATE = "private"


class Mac(StrEnum):
    """What a keyed hash is for: the same message under two purposes gives unrelated values."""

    INTERVIEW_ID = "interview-id"
    PSEUDONYM = "pseudonym"
    ROW_ORDER = "row-order"
    LOOKUP = "lookup"
    LEDGER = "ledger"
    SESSION = "session"


class WrappedKey(NamedTuple):
    """A fresh data key, and what to store so that it can be had again. Store the first two, never `dek`."""

    key_id: str
    wrapped: bytes
    dek: bytes

    def __repr__(self) -> str:
        return f"WrappedKey(key_id={self.key_id!r})"


class Keys(Protocol):
    """Every secret key of the portal, behind what may be done with it."""

    def wrap(self, purpose: Wrapping, context: bytes) -> WrappedKey:
        """Make a data key of 32 bytes and wrap it under the newest key of the purpose, bound to `context`."""
        ...

    def unwrap(self, key_id: str, wrapped: bytes, context: bytes) -> bytes:
        """Give back the data key. Raises KeyMissing, or Tampered if the bytes or the context differ."""
        ...

    def rewrap(self, key_id: str, wrapped: bytes, context: bytes) -> WrappedKey:
        """Wrap the same data key under the newest key of its purpose; what it protects stays as it is."""
        ...

    def mac(self, purpose: Mac, message: bytes) -> bytes:
        """HMAC-SHA256 of `message`, 32 bytes, under the key of this purpose alone."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Ed25519 signature of `message`, 64 bytes."""
        ...

    def public_key(self) -> bytes:
        """Give the Ed25519 public key that verifies `sign`, 32 raw bytes."""
        ...


class FileKeys:
    """Keys as files of 32 random bytes, `<kind>.<version>.key`, mode 0600 in a directory of mode 0700.

    Raises KeyMissing if a kind has no file, KeyUnsafe if anyone but the owner may read one.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._keys = _load(directory)
        self._newest = {kind: max(v for k, v in self._keys if k == kind) for kind, _ in self._keys}
        self._signer = Ed25519PrivateKey.from_private_bytes(self._key("signing"))
        self._macs = {purpose: _derive(self._key("mac"), purpose) for purpose in Mac}

    def __repr__(self) -> str:
        return f"FileKeys({str(self._directory)!r})"

    @classmethod
    def create(cls, directory: Path) -> "FileKeys":
        """Make the first version of every key. Raises KeyUnsafe if the directory holds any key already."""
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(directory.glob("*.key")):
            raise KeyUnsafe(f"keys: {directory} already holds keys; move them away to start anew")
        directory.chmod(0o700)
        for kind in ("data", "private", "mac", "signing"):
            _write_new(directory, f"{kind}.1.key")
        return cls(directory)

    @classmethod
    def rotate(cls, directory: Path, purpose: Wrapping) -> "FileKeys":
        """Add a newer key-encryption key; the older ones stay, until nothing is wrapped under them."""
        held = cls(directory)
        _write_new(directory, f"{purpose}.{held._newest[purpose] + 1}.key")
        return cls(directory)

    def wrap(self, purpose: Wrapping, context: bytes) -> WrappedKey:
        """Make a data key of 32 bytes and wrap it under the newest key of the purpose, bound to `context`."""
        return self._wrap(purpose, os.urandom(KEY_BYTES), context)

    def unwrap(self, key_id: str, wrapped: bytes, context: bytes) -> bytes:
        """Give back the data key. Raises KeyMissing, or Tampered if the bytes or the context differ."""
        nonce, body = wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:]
        try:
            return AESGCM(self._by_id(key_id)).decrypt(nonce, body, _bound(key_id, context))
        except (InvalidTag, ValueError) as error:
            raise Tampered(f"wrapped key: does not open under {key_id} in this context") from error

    def rewrap(self, key_id: str, wrapped: bytes, context: bytes) -> WrappedKey:
        """Wrap the same data key under the newest key of its purpose; what it protects stays as it is."""
        dek = self.unwrap(key_id, wrapped, context)
        return self._wrap(Wrapping(key_id.partition(".")[0]), dek, context)

    def mac(self, purpose: Mac, message: bytes) -> bytes:
        """HMAC-SHA256 of `message`, 32 bytes, under the key of this purpose alone."""
        return hmac.digest(self._macs[purpose], message, hashlib.sha256)

    def sign(self, message: bytes) -> bytes:
        """Ed25519 signature of `message`, 64 bytes."""
        return self._signer.sign(message)

    def public_key(self) -> bytes:
        """Give the Ed25519 public key that verifies `sign`, 32 raw bytes."""
        return self._signer.public_key().public_bytes_raw()

    def _wrap(self, purpose: Wrapping, dek: bytes, context: bytes) -> WrappedKey:
        key_id = f"{purpose}.{self._newest[purpose]}"
        nonce = os.urandom(NONCE_BYTES)
        body = AESGCM(self._by_id(key_id)).encrypt(nonce, dek, _bound(key_id, context))
        return WrappedKey(key_id, nonce + body, dek)

    def _key(self, kind: str) -> bytes:
        return self._keys[kind, self._newest[kind]]

    def _by_id(self, key_id: str) -> bytes:
        match = _FILE_NAME.fullmatch(f"{key_id}.key")
        if match is None or match[1] not in set(Wrapping):
            raise KeyMissing("key id: not one that wraps data keys")
        try:
            return self._keys[match[1], int(match[2])]
        except KeyError:
            raise KeyMissing(f"key {key_id}: not in {self._directory}; restore it from its backup") from None


def _bound(key_id: str, context: bytes) -> bytes:
    return b"portal wrapped key 1\0" + key_id.encode() + b"\0" + context


def _derive(root: bytes, purpose: Mac) -> bytes:
    return HKDFExpand(SHA256(), KEY_BYTES, b"portal mac 1\0" + purpose.encode()).derive(root)


def _load(directory: Path) -> dict[tuple[str, int], bytes]:
    """Read every key file of the directory, by kind and version."""
    if not directory.is_dir():
        raise KeyMissing(f"keys: there is no directory {directory}; create the keys or restore them")
    _refuse_readable_by_others(directory)
    found: dict[tuple[str, int], bytes] = {}
    for path in directory.iterdir():
        if match := _FILE_NAME.fullmatch(path.name):
            found[match[1], int(match[2])] = _read(path)
    for kind in ("data", "private", "mac", "signing"):
        if not any(kind == k for k, _ in found):
            raise KeyMissing(f"key {kind}: not in {directory}; restore it from its backup")
    return found


def _read(path: Path) -> bytes:
    _refuse_readable_by_others(path)
    key = path.read_bytes()
    if len(key) != KEY_BYTES:
        raise KeyUnsafe(f"key {path.name}: {len(key)} bytes where {KEY_BYTES} belong")
    return key


def _refuse_readable_by_others(path: Path) -> None:
    if path.stat().st_mode & _OTHERS:
        raise KeyUnsafe(f"keys: {path} is open to others; take it back with chmod go-rwx")


def _write_new(directory: Path, name: str) -> None:
    """Write 32 random bytes to a new file, durably; an existing file is never touched."""
    handle = os.open(directory / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(handle, os.urandom(KEY_BYTES))
        os.fsync(handle)
    finally:
        os.close(handle)
    _fsync_directory(directory)


def _fsync_directory(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
