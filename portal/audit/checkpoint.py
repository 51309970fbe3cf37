"""A checkpoint: one signed note that speaks for every event up to its size. Formats: c2sp.org/tlog-checkpoint.

The signature covers the text with its last newline; a reader that strips lines first verifies nothing.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from portal.errors import Tampered

ED25519 = b"\x01"
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
_NAME = re.compile(r"[^\s+]+")
_DASH = "\u2014 "


@dataclass(frozen=True)
class Checkpoint:
    """The tree at one size: `root` is 32 bytes, `origin` the log's name for ever."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """Write the part that is signed: three lines."""
        return f"{self.origin}\n{self.size}\n{_b64(self.root)}\n"


@dataclass(frozen=True)
class Signature:
    """One line under a note: who, which key, and the signature's bytes."""

    name: str
    key_id: bytes
    signature: bytes


def key_id(name: str, public_key: bytes) -> bytes:
    """Give the 4 bytes that say which key signed: SHA-256 over name, newline, type and key."""
    return hashlib.sha256(name.encode() + b"\n" + ED25519 + public_key).digest()[:4]


def verifier_key(name: str, public_key: bytes) -> str:
    """Write the key as others' tools take it: name+id+base64."""
    return f"{name}+{key_id(name, public_key).hex()}+{_b64(ED25519 + public_key)}"


def parse_verifier_key(vkey: str) -> tuple[str, bytes]:
    """Read name and public key. Raises Tampered if the id is not that of the key."""
    name, _, rest = vkey.partition("+")
    written_id, _, encoded = rest.partition("+")
    raw = _unb64(encoded)
    if len(raw) != 33 or raw[:1] != ED25519 or key_id(name, raw[1:]).hex() != written_id:
        raise Tampered("verifier key: not an Ed25519 key that fits its id")
    return name, raw[1:]


def write(checkpoint: Checkpoint, public_key: bytes, sign: Callable[[bytes], bytes]) -> str:
    """Sign the checkpoint under the log's own name."""
    if not _NAME.fullmatch(checkpoint.origin):
        raise ValueError("origin: no spaces and no plus signs")
    text = checkpoint.text()
    blob = key_id(checkpoint.origin, public_key) + sign(text.encode())
    return f"{text}\n{_DASH}{checkpoint.origin} {_b64(blob)}\n"


def parse(note: str) -> tuple[Checkpoint, list[Signature]]:
    """Read a note without believing it. Raises Tampered for anything but the exact form."""
    text, separator, signatures = note.rpartition("\n\n")
    lines = text.split("\n")
    if not separator or len(lines) != 3 or not signatures.endswith("\n"):
        raise Tampered("checkpoint: not a signed note of three lines")
    origin, size, root = lines
    if not origin or not _SIZE.fullmatch(size) or len(_unb64(root)) != 32:
        raise Tampered("checkpoint: origin, size or root is not in its form")
    return Checkpoint(origin, int(size), _unb64(root)), [_signature(line) for line in signatures[:-1].split("\n")]


def verify(note: str, vkey: str) -> Checkpoint:
    """Read a note and believe it. Raises Tampered unless this key signed it under the log's own name."""
    name, public_key = parse_verifier_key(vkey)
    checkpoint, signatures = parse(note)
    ours = [one for one in signatures if (one.name, one.key_id) == (name, key_id(name, public_key))]
    if checkpoint.origin != name or len(ours) != 1:
        raise Tampered("checkpoint: not signed with the log's key")
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(ours[0].signature, checkpoint.text().encode())
    except InvalidSignature as error:
        raise Tampered("checkpoint: the signature does not hold") from error
    return checkpoint


def _signature(line: str) -> Signature:
    name, _, encoded = line.removeprefix(_DASH).rpartition(" ")
    blob = _unb64(encoded)
    if not line.startswith(_DASH) or not _NAME.fullmatch(name) or len(blob) < 5:
        raise Tampered("checkpoint: a signature line is not in its form")
    return Signature(name, blob[:4], blob[4:])


def _b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _unb64(text: str) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Tampered("checkpoint: not base64") from error
    if _b64(raw) != text:
        raise Tampered("checkpoint: base64 with stray bits")
    return raw
