"""Looks in every byte of a package for what must never leave. A finding tells kind and place, never the value."""

import base64
import csv
import io
import re
import unicodedata
import zipfile
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from portal.disclosure.readings import Reading, members, readings

NUMBER = re.compile(r"[-+]?(\d+([.,]\d*)?|[.,]\d+)([eE][-+]?\d+)?")
FORMULA = re.compile(r"^[ \u00a0]*[=+\-@\t\r]")
EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,24}")
PAIR = re.compile(r"(?<![\d.])-?\d{1,3}\.\d{3,}°?\s?[NS]?[,; \t]\s?-?\d{1,3}\.\d{3,}(?![\d.])")
PATTERNS = {
    "phone number": re.compile(
        r"(?<![\w.+-])(?:\+|00)[1-9 (]?[\d]{1,3}(?:[ .()/-]{0,2}\d){6,12}(?![\w.])"
        r"|(?<![\w.+-])\+0(?:[ .()/-]{0,2}\d){7,13}(?![\w.])"
    ),
    "device id": re.compile(
        r"(?<![\w.])(?:collect:[\w-]{8,}|imei\W{0,3}\d{14,16}|89\d{17,18}|(?:[0-9a-f]{2}:){5}[0-9a-f]{2})(?![\w.])",
        re.IGNORECASE,
    ),
    "submission id": re.compile(r"uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE),
}
TABLES = {".csv": ",", ".tsv": "\t"}


@dataclass(frozen=True, order=True)
class Finding:
    """A kind of thing found in a member, how it was read, and how often."""

    member: str
    kind: str
    how: str
    times: int


def scan(members_of: Mapping[str, bytes], markers: Sequence[str], *, allowed: Collection[str] = ()) -> list[Finding]:
    """Search all members for markers, phone numbers, e-mails, coordinates, device ids and live formulas.

    Parameters
    ----------
    members_of : file name -> bytes; archives and office files are searched inside, properties included.
    markers : planted texts that must not be found in any form: UTF-8, UTF-16, base64, composed or decomposed.
    allowed : addresses and numbers that the package states on purpose; see ``stated``.

    Returns
    -------
    What was found, in order; empty where the package is clean. Never a value.

    Raises
    ------
    BadInput
        If an archive cannot be searched to its end.
    """
    found: Counter[tuple[str, str, str]] = Counter()
    forms = sorted({form for marker in markers if marker for form in _forms(marker)})
    fine = {address.casefold() for address in allowed}
    for name, data in members_of.items():
        for member, content in members(name, data):
            for how, form in forms:
                found[member, "marker", how] += content.count(form)
            # the compressed bytes of an archive spell anything by chance; its members are searched unpacked
            packed = zipfile.is_zipfile(io.BytesIO(content))
            for reading in readings(member, content):
                for kind, times in _kinds(reading, markers, fine):
                    found[member, kind, reading.how] += times if kind == "marker" or not packed else 0
            found[member, "formula", "cell"] += _formulas(member, content)
    return sorted(Finding(*what, times) for what, times in found.items() if times)


def stated(texts: Iterable[str]) -> set[str]:
    """Return what ``scan`` would take for an address, a number or a position in texts that are quoted on purpose."""
    patterns = (EMAIL, PAIR, *PATTERNS.values())
    return {found.group() for text in texts for pattern in patterns for found in pattern.finditer(text)}


def _forms(marker: str) -> Iterator[tuple[str, bytes]]:
    """A marker's bytes in every encoding that a plain search can find; base64 at each of its three offsets."""
    for form in ("NFC", "NFD"):
        text = unicodedata.normalize(form, marker)
        for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
            data = text.encode(encoding)
            yield encoding, data
            for shift in range(3):
                coded = base64.b64encode(b"\0" * shift + data)
                start, end = (0, 2, 3)[shift], len(coded) - (4 if (shift + len(data)) % 3 else 0)
                if end - start >= 8:
                    yield f"base64 of {encoding}", coded[start:end]
                    yield f"base64 of {encoding}", coded[start:end].translate(bytes.maketrans(b"+/", b"-_"))


def _kinds(reading: Reading, markers: Sequence[str], fine: set[str]) -> Iterator[tuple[str, int]]:
    text = reading.text
    yield "marker", sum(text.count(unicodedata.normalize("NFC", marker)) for marker in markers if marker)
    found = {kind: _strange(pattern, text, fine) for kind, pattern in {"e-mail": EMAIL, **PATTERNS}.items()}
    yield from ((kind, len(strange)) for kind, strange in found.items())
    yield "coordinate", sum(_on_earth(pair) for pair in _strange(PAIR, text, fine))


def _strange(pattern: re.Pattern[str], text: str, fine: set[str]) -> list[str]:
    return [one.group() for one in pattern.finditer(text) if one.group().casefold() not in fine]


def _on_earth(pair: str) -> bool:
    """Whether two decimals can be a position. Two shares below 1 are not taken for one: the Gulf of Guinea is sea."""
    first, second = (abs(float(number)) for number in re.findall(r"\d+\.\d+", pair))
    return max(first, second) >= 1 and first <= 180 and second <= 180 and min(first, second) <= 90


def _formulas(member: str, content: bytes) -> int:
    """Cells that a spreadsheet would run: formulas in sheets, and in tables cells that begin like one."""
    if re.search(r"xl/worksheets/[^!]*\.xml$", member):
        return len(re.findall(rb"<f[ >/]", content))
    delimiter = TABLES.get(member[-4:].lower())
    if delimiter is None:
        return 0
    rows = csv.reader(io.StringIO(content.decode("utf-8-sig", errors="replace"), newline=""), delimiter=delimiter)
    return sum(bool(FORMULA.match(cell)) and not NUMBER.fullmatch(cell.strip()) for row in rows for cell in row)
