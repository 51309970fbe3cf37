"""What changed between two texts of an agreement: clause by clause, and the text word by word. Pure."""

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

TEXTS = frozenset({"text_en", "title_en", "title_fr"})
_PIECES = re.compile(r"\s+|[^\s]+")


@dataclass(frozen=True)
class Change:
    """One clause that differs: what it was and what it is."""

    name: str
    was: Any
    now: Any


@dataclass(frozen=True)
class Piece:
    """A run of words of a text: ``kind`` is same, gone or new."""

    kind: str
    text: str


def changes(was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Change]:
    """Yield the clauses that differ, in the order of the newer one; one that is missing counts as nothing."""
    for name in dict.fromkeys((*now, *was)):
        if was.get(name) != now.get(name):
            yield Change(name, was.get(name), now.get(name))


def words(was: str, now: str) -> tuple[Piece, ...]:
    """Return a text as runs of words that stayed, went or came.

    >>> [(one.kind, one.text) for one in words("may share data", "may not share data")]
    [('same', 'may'), ('new', ' not'), ('same', ' share data')]
    """
    old, new = _PIECES.findall(was), _PIECES.findall(now)
    pieces = []
    for kind, a1, a2, b1, b2 in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            pieces.append(Piece("same", "".join(old[a1:a2])))
            continue
        pieces += [Piece("gone", "".join(old[a1:a2]))] if a2 > a1 else []
        pieces += [Piece("new", "".join(new[b1:b2]))] if b2 > b1 else []
    return tuple(pieces)
