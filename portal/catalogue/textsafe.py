"""A file's name as its sender gave it, made fit to be shown, stored and sent back.

The name is only ever a label: no path of the portal is built from it.
"""

import unicodedata

LONGEST = 255
"""Bytes of UTF-8 that common file systems take."""

NAMELESS = "upload.csv"
_FORBIDDEN = frozenset('/\\:*?"<>|')


def file_name(given: str, *, nameless: str = NAMELESS) -> str:
    r"""Return the last part of a name without control, direction or path characters, at most 255 bytes long.

    >>> file_name("../../etc/passwd")
    'passwd'
    >>> file_name("C:\\rounds\\4mi\N{RIGHT-TO-LEFT OVERRIDE}fdp.csv\0")
    '4mifdp.csv'
    >>> file_name("..")
    'upload.csv'
    """
    last = unicodedata.normalize("NFC", given).replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]
    kept = "".join(mark for mark in last if mark not in _FORBIDDEN and unicodedata.category(mark)[0] != "C")
    name = " ".join(kept.split()).strip(". ")
    return _cut(name) or nameless


def _cut(name: str) -> str:
    if len(name.encode()) <= LONGEST:
        return name
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending.encode()) > 16:
        stem, dot, ending = name, "", ""
    room = LONGEST - len((dot + ending).encode())
    return stem.encode()[:room].decode(errors="ignore").rstrip(". ") + dot + ending
