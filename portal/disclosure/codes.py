"""Columns as integers, and rows that are equal. Nothing here can overflow or merge two values: hashes are compared."""

import weakref
from collections.abc import Collection, Sequence
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

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
    read = [worded(column) for column in columns]
    if len(read) == 1 and not missing:
        return [read[0][0]]
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
    """The values of a column as ``text`` writes them, each once, in their order."""
    codes, words = worded(column)
    return words if (codes == 0).any() else words[1:]


def worded(column: "pd.Series[Any]") -> tuple[Ints, list[str]]:
    """A column's values as ``text`` writes them, in order and each once, and where each cell's stands in them (n,).

    The empty text comes first, whether a cell is empty or not. Neither may be changed: an Arrow array never changes, so
    what was read of one is kept for as long as it lives, and asked for again by whoever looks at the same column.
    """
    if not isinstance(column.array, pd.arrays.ArrowStringArray):
        of, values = pd.factorize(text(column) if column.dtype == object else column)
        codes, words = worded(pd.Series([*text(pd.Series(values)), ""], dtype="str"))
        return codes[of], words  # pandas numbers what is missing -1, so it is the last
    array = column.array.__arrow_array__()
    key = id(array)
    if key not in _KNOWN:
        _KNOWN[key] = weakref.ref(array, lambda _: _KNOWN.pop(key, None)), _worded(array)
    return _KNOWN[key][1]


_KNOWN: dict[int, tuple[weakref.ref[pa.ChunkedArray], tuple[Ints, list[str]]]] = {}


def _worded(cells: pa.ChunkedArray) -> tuple[Ints, list[str]]:
    told = cells.combine_chunks().fill_null("").dictionary_encode()
    order = pc.array_sort_indices(told.dictionary)
    words: list[str] = told.dictionary.take(order).to_numpy(zero_copy_only=False).tolist()
    place = np.empty(len(words), dtype=np.int64)
    place[order.to_numpy()] = np.arange(len(words)) + (words[:1] != [""])
    codes = place[told.indices.to_numpy()]
    codes.flags.writeable = False
    return codes, words if words[:1] == [""] else ["", *words]


def mixed(columns: Sequence[Codes]) -> tuple[Ints, int]:
    """One number per combination of the columns' numbers, in lexicographic order, and the size of their domain.

    Columns whose domain would not fit are numbered anew without gaps first. Raises BadInput without any column.
    """
    if not columns:
        raise BadInput("keys: name at least one")
    if not len(columns[0]):
        return np.zeros(0, dtype=np.int64), 0
    return _mixed(columns, [(int(column.min()), int(column.max())) for column in columns])


def _mixed(columns: Sequence[Codes], spans: Sequence[tuple[int, int]]) -> tuple[Ints, int]:
    radixes = [high - low + 1 for low, high in spans]
    fitting = next((at for at in range(1, len(radixes) + 1) if prod(radixes[:at]) >= SAFE_RADIX), len(radixes) + 1) - 1
    lows = [low for low, _ in spans[:fitting]]
    if fitting:
        head, size = _horner(columns[:fitting], lows, radixes[:fitting]), prod(radixes[:fitting])
    else:
        fitting, (head, size) = 1, _dense(columns[0])
    for column, (low, _), radix in zip(columns[fitting:], spans[fitting:], radixes[fitting:], strict=True):
        last, values = (column - low, radix) if radix <= len(column) else _dense(column)
        if size * values >= SAFE_RADIX:
            head, size = _dense(head)
        head, size = head * values + last, size * values
    return head, size


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
