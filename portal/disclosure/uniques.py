"""The search for minimal uniques: sets of columns in which a row is alone, and in none of their subsets."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, groupby
from math import prod

import numpy as np
import numpy.typing as npt

from portal.disclosure.codes import BLOCK, ROOMY, SAFE_RADIX, Bools, Codes, Ints, mixed

WIDTH = 4
FEW = 16
"""Up to FEW keys, what up to WIDTH of them make together is kept: 4 bytes per row and combination."""

Company = dict[tuple[int, ...], npt.NDArray[np.uint8]]


def minimal(table: Sequence[Codes], shared: Bools, largest: int) -> Iterator[tuple[tuple[int, ...], Ints]]:
    """Every set of columns that is a minimal unique for some row, with those rows; smaller sets first.

    A row that is alone in a set is alone in all larger ones, so it is left out there: it has nobody to hide. What is
    kept per set is who is not alone in it, one bit per row.

    Parameters
    ----------
    table : columns of D distinct rows, -1 where missing.
    shared : (D,) which of them several records have; they are alone nowhere.
    """
    rows, special = len(shared), ~shared
    joint = _Joint.of(table)
    company: Company = {(): np.packbits(np.ones(rows, dtype=bool))}
    for size in range(1, largest + 1):
        smaller, company = company, {}
        for members in combinations(range(len(table)), size):
            present = _present(members, smaller, joint.singles, rows)
            if not (present & special).any():
                continue
            alone = joint.alone(members, present)
            alone = alone[special[alone]]
            if len(alone):
                yield members, alone
            present[alone] = False
            if size < largest:
                company[members] = np.packbits(present)


def _present(
    members: tuple[int, ...],
    smaller: Company,
    columns: Sequence[npt.NDArray[np.int32]],
    rows: int,
) -> Bools:
    """Who is complete in the members and alone in none of their subsets (D,)."""
    if len(members) == 1:
        return columns[members[0]] >= 0
    subsets = [members[:at] + members[at + 1 :] for at in range(len(members))]
    if any(subset not in smaller for subset in subsets):
        return np.zeros(rows, dtype=bool)
    return np.unpackbits(np.bitwise_and.reduce([smaller[subset] for subset in subsets]), count=rows).view(bool)


@dataclass(frozen=True)
class _Joint:
    """Columns ``singles`` with their ``spans``; and what members of one ``block`` make together, computed once each."""

    singles: list[npt.NDArray[np.int32]]
    spans: list[int]
    block: list[int]
    complete: bool
    made: dict[tuple[int, ...], npt.NDArray[np.int32]]

    @classmethod
    def of(cls, table: Sequence[Codes]) -> "_Joint":
        singles = [column.astype(np.int32) for column in table]
        spans = [int(column.max(initial=-1)) + 1 for column in table]
        complete = all(bool((column >= 0).all()) for column in singles)
        return cls(singles, spans, _blocks(spans), complete, {})

    def alone(self, members: tuple[int, ...], present: Bools) -> Ints:
        """The rows of ``present`` (D,) that no other of them equals in the members.

        Who is not present is alone in the members anyway, so with nothing missing it may as well be counted too:
        that is faster as long as few are absent.
        """
        if self.complete and 2 * np.count_nonzero(present) >= len(present):
            return np.flatnonzero(_lone(*self._codes(members, None)) & present)
        rows = np.flatnonzero(present)
        return rows[_lone(*self._codes(members, rows))]

    def _codes(self, members: tuple[int, ...], rows: Ints | None) -> tuple[Ints, int]:
        """One number per combination, and the size of the domain; of some rows or of all."""
        parts = [tuple(part) for _, part in groupby(members, self.block.__getitem__)]
        columns = [self._column(part) if rows is None else self._column(part).take(rows) for part in parts]
        spans = [prod(self.spans[at] for at in part) for part in parts]
        if prod(spans) >= SAFE_RADIX:
            return mixed(columns)
        made = columns[0].astype(np.int64)
        for column, span in zip(columns[1:], spans[1:], strict=True):
            made *= span
            made += column
        return made, prod(spans)

    def _column(self, part: tuple[int, ...]) -> npt.NDArray[np.int32]:
        if len(part) == 1:
            return self.singles[part[0]]
        if part not in self.made:
            self.made[part] = self._column(part[:-1]) * np.int32(self.spans[part[-1]]) + self.singles[part[-1]]
        return self.made[part]


def _blocks(spans: Sequence[int]) -> list[int]:
    """Neighbours that together fit 31 bits share a number; with many keys nobody does, to save memory."""
    numbers, size = [0], spans[0]
    for span in spans[1:]:
        joins = size * span < 2**31 and numbers.count(numbers[-1]) < WIDTH and len(spans) <= FEW
        size = size * span if joins else span
        numbers.append(numbers[-1] + (not joins))
    return numbers


def _lone(codes: Ints, size: int) -> Bools:
    """Which of the numbers ``codes`` (n,), all in 0..size-1, occur once: counted, or if they are far apart, sorted.

    NumPy sorts plain numbers several at once, so each carries its place along in its lowest bits.
    """
    if size <= ROOMY * len(codes) + BLOCK:
        once: Bools = np.bincount(codes, minlength=1) == 1
        return once.take(codes)
    bits = len(codes).bit_length()
    if size.bit_length() + bits >= 64:
        codes = np.unique(codes, return_inverse=True)[1]
    placed = codes << bits
    placed |= np.arange(len(codes))
    placed.sort()
    twice = np.zeros(len(codes) + 1, dtype=bool)
    twice[1:-1] = placed[1:] ^ placed[:-1] < 1 << bits
    placed &= (1 << bits) - 1
    alone = np.empty(len(codes), dtype=bool)
    alone[placed] = ~(twice[1:] | twice[:-1])
    return alone
