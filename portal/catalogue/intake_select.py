"""A select-multiple of an Ona export: one column of everything chosen, and one column per choice.

Labels hold commas, so the column of everything can only be read by recognising whole labels; where choice
columns stand beside it, they count and it only tells who was asked.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from portal.catalogue.intake_table import Coded
from portal.catalogue.intake_values import MARKERS, NOT_COLLECTED, UNUSABLE, Matcher, fold, kind

YES, NO = frozenset({"1", "1.0", "true", "yes", "oui"}), frozenset({"0", "0.0", "false", "no", "non"})
NOTHING = "0"
"""Asked, and nothing chosen; a question that was not asked is blank."""

_KINDS = {"dk": ".d", "ref": ".r"}
_SEPARATORS = re.compile(r"[\s,;|/]*")


@dataclass(slots=True)
class Choices:
    """The choices of every row in canonical form, and how often each thing was found."""

    column: Coded
    ways: Counter[str] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)


class Picker:
    """Reads the choices of one question."""

    def __init__(self, codes: Iterable[str], matcher: Matcher) -> None:
        self.codes = list(codes)
        self.bits = {code: 1 << place for place, code in enumerate(self.codes)}
        self.matcher = matcher
        words = {**matcher.folded, **matcher.spellings}
        self.words = {word: code for word, code in words.items() if code in self.bits}
        longest_first = sorted(self.words, key=len, reverse=True)
        self.pattern = re.compile("|".join(rf"(?<!\w){re.escape(word)}(?!\w)" for word in longest_first))

    def whole(self, text: str) -> tuple[int | None, str]:
        """Return the bits of everything chosen in one cell, None if blank, and what could not be read.

        No bits mean "asked, nothing chosen".
        """
        parts = text.split()
        if parts and all(part in self.bits for part in parts):
            return sum({self.bits[part] for part in parts}), ""
        word = fold(text)
        if not word or word in MARKERS or word in NOT_COLLECTED:
            return None, ""
        if word == NOTHING:
            return 0, ""
        missing = kind(word)
        if missing in _KINDS.values():
            code = next(code for code, mark in _KINDS.items() if mark == missing)
            return self.bits.get(code, 0), ""
        bits = sum({self.bits[self.words[found]] for found in self.pattern.findall(word)})
        rest = self.pattern.sub(" ", word)
        return bits, "" if _SEPARATORS.fullmatch(rest) else rest.strip(" ,;|/")

    def one(self, text: str, code: str) -> int | None:
        """Return whether one choice column's cell says yes (1), no (0), nothing (-1) or nonsense (None)."""
        word = fold(text)
        if not word or word in MARKERS or word in NOT_COLLECTED:
            return -1
        if word in YES or self.words.get(word) == code or kind(word) == _KINDS.get(code, "-"):
            return 1
        return 0 if word in NO else None

    def written(self, bits: int, ways: Counter[str], rows: int) -> str:
        """Return the canonical text of a set of choices: sorted codes, or a kind of missing where it stands alone."""
        codes = {code for code in self.codes if bits & self.bits[code]}
        missing = [mark for code, mark in _KINDS.items() if code in codes]
        codes -= _KINDS.keys()
        if not codes:
            return missing[0] if missing else NOTHING
        if missing:
            ways["missing_beside_choices"] += rows
        if "none" in codes and len(codes) > 1:
            ways["none_beside_choices"] += rows
        return " ".join(sorted(codes))


def read_choices(picker: Picker, parent: Coded | None, children: Mapping[str, Sequence[Coded]], rows: int) -> Choices:
    """Return the choices of all rows from the column of everything, the choice columns, or both."""
    result = Choices(Coded(np.zeros(0, np.int64), []))
    chosen, asked = _from_children(picker, children, rows, result)
    if parent is not None:
        told, told_asked = _from_parent(picker, parent, result, only=not children)
        covered = sum(picker.bits[code] for code in children)
        if children:
            differ = told_asked & asked & ((told & covered) != chosen) & (told != 0)
            result.ways["parent_children_differ"] += int(differ.sum())
        chosen = chosen | np.where(asked, told & ~covered, told)
        asked = asked | told_asked
    packed, index = np.unique(np.where(asked, chosen, -1), return_inverse=True)
    sizes = np.bincount(index, minlength=len(packed))
    texts = [
        "" if bits < 0 else picker.written(int(bits), result.ways, int(size))
        for bits, size in zip(packed, sizes, strict=True)
    ]
    result.column = Coded(index.astype(np.int64), texts)
    if parent is not None and not children and result.unknown:
        _blot(result, picker, parent)
    return result


def _from_children(
    picker: Picker, children: Mapping[str, Sequence[Coded]], rows: int, result: Choices
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    chosen, asked = np.zeros(rows, np.int64), np.zeros(rows, np.bool_)
    for code, columns in children.items():
        for column in columns:
            states = [picker.one(value, code) for value in column.values]
            for value, state, count in zip(column.values, states, column.counts(), strict=True):
                if state is None and count:
                    result.unknown[value] += count
            state_of = np.array([0 if state is None else state for state in states], np.int64)[column.index]
            chosen |= np.where(state_of == 1, picker.bits[code], 0)
            asked |= state_of >= 0
    return chosen, asked


def _from_parent(
    picker: Picker, parent: Coded, result: Choices, *, only: bool
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    readings = [picker.whole(value) for value in parent.values]
    for (_, rest), count in zip(readings, parent.counts(), strict=True):
        if rest and count:
            if only:
                result.unknown[rest] += count
            else:
                result.ways["parent_children_differ"] += count
    bits = np.array([bits or 0 for bits, _ in readings], np.int64)[parent.index]
    asked = np.array([bits is not None for bits, _ in readings], np.bool_)[parent.index]
    return bits, asked


def _blot(result: Choices, picker: Picker, parent: Coded) -> None:
    """Leave out answers of which a part could not be read: half an answer is another answer."""
    unread = parent.rows_where(lambda value: bool(picker.whole(value)[1]))
    values = [*result.column.values, UNUSABLE]
    result.column = Coded(np.where(unread, len(values) - 1, result.column.index), values)
