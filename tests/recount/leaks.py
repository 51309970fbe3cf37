"""Markers and identifiers in any byte of a zip: archives inside it unpacked, disguises tried, accents in both forms."""

import base64
import html
import io
import json
import re
import unicodedata
import zipfile
from urllib.parse import quote

import numpy as np

WINDOW = 8
# forms that identify somebody or something by themselves, whatever the list of markers
FORMS = {
    "an e-mail address": re.compile(rb"[A-Za-z0-9._+-]+@[A-Za-z0-9-]+\.[A-Za-z]{2,}"),
    "a submission id": re.compile(rb"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"),
    "a telephone number": re.compile(rb"(?<![0-9A-Za-z.])\+[0-9]{3}[ 0-9]{6,}"),
}
# the format of a workbook names its parts by such ids
OUR_OWN = re.compile(rb"\{[0-9A-F-]{36}\}")


def unpacked(members, prefix=""):
    """Return every member's bytes, and those of archives inside it, by path."""
    found = {}
    for name, data in members.items():
        found[prefix + name] = data
        if data[:4] == b"PK\x03\x04":
            with zipfile.ZipFile(io.BytesIO(data)) as inner:
                parts = {part: inner.read(part) for part in inner.namelist()}
            found |= unpacked(parts, f"{prefix}{name}!")
    return found


def disguises(marker):
    """Return the byte strings that would carry ``marker``."""
    texts = set()
    for form in ("NFC", "NFD"):
        text = unicodedata.normalize(form, marker)
        texts |= {text, html.escape(text), html.escape(text, quote=False), json.dumps(text)[1:-1], quote(text)}
        texts.add(text.replace('"', '""'))
        texts.add("".join(sign if sign.isascii() else f"&#{ord(sign)};" for sign in text))
    plain = {text.encode(code) for text in texts for code in ("utf-8", "utf-16-le", "utf-16-be")}
    return plain | {shifted for data in plain for shifted in shifted_base64(data)}


def shifted_base64(data):
    """Return what base64 makes of ``data`` inside longer data, at each of the three places it can begin."""
    for ahead in range(3):
        text = base64.b64encode(bytes(ahead) + data)
        first = (0, 2, 3)[ahead]
        last = (ahead + len(data)) * 8 // 6
        if last - first >= WINDOW:
            yield text[first:last]
            yield text[first:last].translate(bytes.maketrans(b"+/", b"-_"))


def find(data, needles):
    """Return the texts whose byte strings occur in ``data``; ``needles`` maps byte strings to texts.

    The first eight bytes of all needles are sought at once; only where they occur is a needle compared.
    """
    short = {text for needle, text in needles.items() if len(needle) < WINDOW and needle in data}
    long = {needle: text for needle, text in needles.items() if len(needle) >= WINDOW}
    if len(data) < WINDOW or not long:
        return short
    heads = np.unique(np.array([int.from_bytes(needle[:WINDOW], "little") for needle in long], dtype=np.uint64))
    by_head = {}
    for needle in long:
        by_head.setdefault(int.from_bytes(needle[:WINDOW], "little"), []).append(needle)
    padded = np.frombuffer(data + bytes(WINDOW), dtype=np.uint8)
    found = set(short)
    for shift in range(WINDOW):
        count = (len(data) - shift) // WINDOW
        if not count:
            continue
        words = padded[shift : shift + count * WINDOW].view("<u8")
        for place in np.flatnonzero(np.isin(words, heads)).tolist():
            start = shift + place * WINDOW
            found |= {long[n] for n in by_head[int(words[place])] if data.startswith(n, start)}
    return found


def folded(data):
    """Return text with accents composed and case and blanks folded, to meet markers that were tidied up."""
    text = unicodedata.normalize("NFKC", data.decode("utf-8", "ignore")).casefold()
    return " ".join(text.split()).encode()


def search(members, markers):
    """Return (path, what) for every marker and every form of identifier found."""
    markers = [marker for marker in dict.fromkeys(markers) if marker.strip()]
    needles = {disguise: marker for marker in markers for disguise in disguises(marker)}
    tidy = {folded(marker.encode()): marker for marker in markers}
    found = []
    for path, data in unpacked(members).items():
        joined = b"".join(data.split()) if data[:2] != b"PK" else b""
        hits = find(data, needles) | find(joined, needles) | find(folded(data), tidy)
        found += [(path, f"a marker of {len(hit)} signs beginning {hit[:4]!r}") for hit in sorted(hits)]
        if data[:2] != b"PK":
            bare = OUR_OWN.sub(b"", data)
            found += [(path, words) for words, form in FORMS.items() if form.search(bare)]
    return found
