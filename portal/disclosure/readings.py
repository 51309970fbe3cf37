"""Every text that a byte string can be read as: UTF-8, UTF-16 either way, base64 inside, and archives inside those."""

import base64
import io
import re
import unicodedata
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass

from portal.disclosure.refusals import BadInput

DEEPEST = 6
LARGEST = 2 * 1024**3
PRINTABLE = re.compile(rb"[\x20-\x7e]{8,}")
ENCODED = re.compile(rb"[A-Za-z0-9+/_-]{16,}={0,2}")
# A record_id is a MAC in base32: whatever its bytes spell is chance, and of 100,000 rows one spells an address.
RECORD_ID = re.compile(rb"[A-Z2-7]{52}")
ENCODED_LINES = re.compile(rb"(?:[A-Za-z0-9+/]{60,76}\r?\n)+[A-Za-z0-9+/]{4,}={0,2}")


@dataclass(frozen=True)
class Reading:
    """One text of one member: ``member`` is its path, inner archives joined by ``!``, ``how`` the way it was read."""

    member: str
    how: str
    text: str


def members(name: str, data: bytes, *, deep: int = 0) -> Iterator[tuple[str, bytes]]:
    """A member and, where it is an archive (zip, xlsx, docx), everything in it, names and comments included.

    Raises BadInput where archives are nested deeper than 6 or unpack to more than 2 GiB: what cannot be looked into
    cannot be called clean.
    """
    yield name, data
    if not zipfile.is_zipfile(io.BytesIO(data)):
        return
    if deep == DEEPEST:
        raise BadInput(f"{name}: archives nested deeper than {DEEPEST}")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if sum(one.file_size for one in archive.infolist()) > LARGEST:
            raise BadInput(f"{name}: unpacks to more than {LARGEST} bytes")
        for one in archive.infolist():
            inner = f"{name}!{one.filename}"
            yield f"{inner} (its name and comment)", one.filename.encode() + b"\n" + one.comment
            yield from members(inner, archive.read(one), deep=deep + 1)


def readings(member: str, data: bytes) -> Iterator[Reading]:
    """All texts of one member's bytes. Base64 is undone once, wherever a run of it stands."""
    yield Reading(member, "utf-8", unicodedata.normalize("NFC", data.decode("utf-8", errors="ignore")))
    if b"\0" in data:
        for shift in (0, 1):
            for order in ("le", "be"):
                text = data[shift:].decode(f"utf-16-{order}", errors="ignore")
                yield Reading(member, f"utf-16-{order}", unicodedata.normalize("NFC", text))
    hidden = [
        b"\n".join(PRINTABLE.findall(inner.replace(b"\0", b"")))
        for run in {*ENCODED.findall(data), *ENCODED_LINES.findall(data)}
        if not RECORD_ID.fullmatch(run)
        for inner in _decoded(run)
    ]
    if inside := b"\n".join(filter(None, hidden)):
        yield Reading(member, "base64", inside.decode("ascii"))


def _decoded(run: bytes) -> Iterator[bytes]:
    """What a run of base64 letters may hold, whichever letter of it the encoding began at."""
    letters = re.sub(rb"\s", b"", run).rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
    for start in range(4):
        part = letters[start:]
        part = part[: len(part) - (len(part) % 4 == 1)]
        yield base64.b64decode(part + b"=" * (-len(part) % 4))
