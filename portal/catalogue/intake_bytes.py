"""Bytes of an upload to text, said aloud: which encoding, and how many characters hang on an assumption.

Only UTF-8 and marked UTF-16 can be recognised; everything else is a reading that a steward must confirm.
"""

import codecs
import re
from dataclasses import dataclass, field

from portal.catalogue.intake_report import Finding
from portal.catalogue.intake_severity import N_

MAGIC = (
    (b"PK\x03\x04", N_("an XLSX workbook or a ZIP archive")),
    (b"%PDF", N_("a PDF document")),
    (b"\xd0\xcf\x11\xe0", N_("an old Excel workbook")),
    (b"\x1f\x8b", N_("a GZIP archive")),
    (b"PAR1", N_("a Parquet file")),
    (b"\x89PNG", N_("an image")),
    (b"\xff\xd8\xff", N_("an image")),
)
UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_BLANK = b"\x00 \t\r\n" + codecs.BOM_UTF8
_MOJIBAKE = re.compile("Ã[\u0080-\u00bf]|â€|Â[\u00a0-\u00bf]")


@dataclass(frozen=True, slots=True)
class Decoded:
    """The text, None where the bytes are none, and what was found on the way."""

    text: str | None
    encoding: str = ""
    findings: list[Finding] = field(default_factory=list)


def decode(data: bytes) -> Decoded:
    """Return the text of a CSV upload."""
    if not data.strip(_BLANK):
        return _refused("empty_file")
    kind = next((kind for magic, kind in MAGIC if data.startswith(magic)), "")
    if kind:
        return _refused("not_text", kind=kind)
    if data.startswith(UTF16):
        return _utf16(data)
    if b"\x00" in data:
        return _refused("nul_bytes", data.count(b"\x00"))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return _western(data.removeprefix(codecs.BOM_UTF8))
    marks = [Finding(code="byte_order_mark", count=1)] if data.startswith(codecs.BOM_UTF8) else []
    return Decoded(text, "UTF-8", [*marks, *_said(text, "UTF-8")])


def _refused(code: str, count: int = 1, **params: str) -> Decoded:
    return Decoded(None, "", [Finding(code=code, count=count, params=dict(params))])


def _utf16(data: bytes) -> Decoded:
    try:
        text = data.decode("utf-16")
    except UnicodeDecodeError:
        return _refused("nul_bytes", data.count(b"\x00"))
    if "\x00" in text:
        return _refused("nul_bytes", text.count("\x00"))
    return Decoded(text, "UTF-16", [Finding(code="byte_order_mark", count=1), *_said(text, "UTF-16")])


def _western(data: bytes) -> Decoded:
    try:
        text, encoding = data.decode("cp1252"), "Windows-1252"
    except UnicodeDecodeError:
        text, encoding = data.decode("latin-1"), "Latin-1"
    foreign = sum(mark > "\x7f" for mark in text)
    return Decoded(text, encoding, [Finding(code="encoding_assumed", count=foreign, params={"encoding": encoding})])


def _said(text: str, encoding: str) -> list[Finding]:
    doubled = 0 if text.isascii() else len(_MOJIBAKE.findall(text))
    found = [Finding(code="encoding", count=1, params={"encoding": encoding})]
    return found + ([Finding(code="mojibake", count=doubled)] if doubled else [])
