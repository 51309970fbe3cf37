"""Columns as integers, and rows that are equal. Nothing here can overflow or merge two values: hashes are compared."""

from collections.abc import Collection, Sequence
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from portal.disclosure.refusals import BadInput

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.integer[Any]]
SAFE_RADIX = 2**62
ROOMY = 4
"""A table of counts may have this many cells per row: beyond it, hashing touches less memory."""
BLOCK = 1 << 16
"""Rows worked on at once, so that what is added up stays in the processor's cache."""
MULTIPLIERS = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93)


def text(column: "pd.Series[str]") -> "pd.Series[str]":
    """A column as text, value for value; missing becomes the empty text.

    Numbers are written the shortest way, so 1, 1.0 and "1" in memory are one value, as they are to a reader. Text is
    kept to the letter: "1.0", " 1" and "1" stay three values, which can make classes smaller but never larger.
    """
    if isinstance(column.dtype, pd.StringDtype):
        return column.fillna("")
    return column.astype(object).map(_cell).astype("str")


def _cell(value: object) -> str:
    if isinstance(value, str):
        return value
    if value is None or value is pd.NaT or value is pd.NA or value != value:  # noqa: PLR0124 - only NaN differs
        return ""
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return str(int(value))
    return str(value)


def coded(columns: Sequence["pd.Series[Any]"], missing: Collection[str] = ()) -> list[Codes]:
    """Number the values of one variable, alike over several columns of it: 0 or more, -1 for a text in ``missing``.

    Values are told apart as ``text`` writes them. Numbers follow the values' order and not the rows', and have gaps
    where whole numbers do: those are taken as they are, which is what makes counting them fast.
    """
    if all(_whole(column) for column in columns) and not any(_reads_as_whole(value) for value in missing):
        return _shifted([column.to_numpy() for column in columns])
    read = [_factorized(column) for column in columns]
    words = sorted(set().union(*(values for _, values in read)) - set(missing))
    number = dict(zip(words, range(len(words)), strict=True))
    return [np.array([number.get(word, -1) for word in values], dtype=np.int64)[codes] for codes, values in read]


def _whole(column: "pd.Series[Any]") -> bool:
    return isinstance(column.dtype, np.dtype) and column.dtype.kind in "iu" and column.dtype != np.uint64


def _reads_as_whole(value: str) -> bool:
    return value.removeprefix("-").isdecimal()


def _shifted(columns: Sequence[Codes]) -> list[Codes]:
    low = min((int(column.min()) for column in columns if len(column)), default=0)
    if low >= 0:
        return list(columns)
    return [column.astype(np.int64) - low for column in columns] if low > -SAFE_RADIX else _ranked(columns)


def _ranked(columns: Sequence[Codes]) -> list[Codes]:
    values = np.unique(np.concatenate(columns))
    return [np.searchsorted(values, column) for column in columns]


def distinct(column: "pd.Series[Any]") -> list[str]:
    """The values of a column as ``text`` writes them, each once."""
    codes, values = _factorized(column)
    return list(dict.fromkeys(values if (codes < 0).any() else values[:-1]))


def _factorized(column: "pd.Series[Any]") -> tuple[Ints, list[str]]:
    """Numbers into a list of texts, the last of which is the empty text for missing: at -1, as pandas numbers it."""
    if column.dtype == object and pd.api.types.infer_dtype(column, skipna=True) not in {"string", "empty"}:
        column = text(column)
    codes, values = pd.factorize(column)
    return codes.astype(np.int64), [*text(pd.Series(values)).to_numpy(dtype=object).tolist(), ""]


def mixed(columns: Sequence[Codes]) -> tuple[Ints, int]:
    """One number per combination of the columns' numbers, in lexicographic order, and the size of their domain.

    Columns whose domain would not fit are numbered anew without gaps first. Raises BadInput without any column.
    """
    if not columns:
        raise BadInput("keys: name at least one")
    if not len(columns[0]):
        return np.zeros(0, dtype=np.int64), 0
    spans = [(int(column.min()), int(column.max())) for column in columns]
    radixes = [high - low + 1 for low, high in spans]
    if prod(radixes) < SAFE_RADIX:
        return _horner(columns, [low for low, _ in spans], radixes), prod(radixes)
    if len(columns) == 1:
        return _dense(columns[0])
    head, size = mixed(columns[:-1])
    last, values = _dense(columns[-1])
    if size * values >= SAFE_RADIX:
        head, size = _dense(head)
    return head * values + last, size * values


def _dense(codes: Codes) -> tuple[Ints, int]:
    values, numbers = np.unique(codes, return_inverse=True)
    return numbers.astype(np.int64), len(values)


def _horner(columns: Sequence[Codes], lows: Sequence[int], radixes: Sequence[int]) -> Ints:
    made = np.empty(len(columns[0]), dtype=np.int64)
    for first in range(0, len(made), BLOCK):
        part = made[first : first + BLOCK]
        part[:] = columns[0][first : first + BLOCK]
        for column, radix in zip(columns[1:], radixes[1:], strict=True):
            part *= radix
            part += column[first : first + BLOCK]
    base = 0
    for low, radix in zip(lows, radixes, strict=True):
        base = base * radix + low
    made -= (base + 2**63) % 2**64 - 2**63  # both have wrapped around alike, so the difference is right
    return made


def lone(codes: Ints, size: int) -> Bools:
    """Which of the numbers ``codes`` (n,), all in 0..size-1, occur once."""
    if size <= ROOMY * len(codes) + BLOCK:
        once: Bools = np.bincount(codes, minlength=1) == 1
        return once.take(codes)
    alone = np.ones(len(codes), dtype=bool)
    for places in followers(codes):
        alone[places] = False
    return alone


def grouped(codes: Ints, size: int) -> tuple[Ints, Ints]:
    """Number the distinct ``codes`` (n,), all in 0..size-1, from 0 in no promised order: those numbers (n,), and
    for each of them the place of one row that has it.
    """
    if size <= ROOMY * len(codes) + BLOCK:
        place = np.full(size, -1, dtype=np.int64)
        place[codes] = np.arange(len(codes), dtype=np.int32)
        found = np.flatnonzero(place >= 0)
        first = place[found]
        place[found] = np.arange(len(found))
        return place.take(codes), first
    places, leaders = followers(codes)
    leads = np.ones(len(codes), dtype=bool)
    leads[places] = False
    number = np.cumsum(leads) - 1
    number[places] = number[leaders]
    return number, np.flatnonzero(leads)


def followers(codes: Ints, turn: int = 0) -> tuple[Ints, Ints]:
    """The places of numbers that are led by an equal one elsewhere, and where that is: one leader for all equals.

    Each number is sent to a seat by a multiplicative hash. Who sits there last leads the equal ones; the others who
    were sent there try again among themselves with another multiplier. After some turns they are sorted.
    """
    if turn == len(MULTIPLIERS):
        _, first, of = np.unique(codes, return_index=True, return_inverse=True)
        places = np.flatnonzero(first[of] != np.arange(len(codes)))
        return places, first[of[places]]
    bits = max(min(len(codes).bit_length() + 1, 21), len(codes).bit_length())
    mixed_up = codes.view(np.uint64) * np.uint64(MULTIPLIERS[turn])
    mixed_up >>= np.uint64(64 - bits)
    seats = mixed_up.view(np.int64)
    own = np.arange(len(codes), dtype=np.int32)
    sitting = np.empty(1 << bits, dtype=np.int32)
    sitting[seats] = own
    stands = sitting.take(seats)
    away = np.flatnonzero(stands != own)
    leaders, wanted = stands.take(away).astype(np.int64), codes.take(away)
    other = wanted != codes.take(leaders)
    if not other.any():
        return away, leaders
    left = away[other]
    places, again = followers(wanted[other], turn + 1)
    return np.concatenate([away[~other], left[places]]), np.concatenate([leaders[~other], left[again]])
