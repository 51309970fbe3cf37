"""Few answers out of a long list tell a person apart. Sets of up to three chosen items, over hundreds of items."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from portal.disclosure.codes import Bools, Ints, text
from portal.disclosure.missing import UNANSWERED
from portal.disclosure.refusals import BadInput

Bits = npt.NDArray[np.uint64]
LARGEST = 3


@dataclass(frozen=True)
class Rare:
    """Rare sets without a rare subset: how many of each size, how many hold each item (I,), and per record (n,) the
    size of the smallest that it has, 0 for none.
    """

    sets: dict[int, int]
    items: Ints
    smallest: Ints


def chosen(column: "pd.Series[str]") -> tuple[list[str], Bools]:
    """The items of a select-multiple, sorted, and who chose which (n, I). What is not answered chose nothing."""
    words = text(column)
    values = sorted(set(words.unique()) - UNANSWERED)
    items = sorted({item for value in values for item in value.split()})
    at = {item: place for place, item in enumerate(items)}
    made = np.zeros((len(values) + 1, len(items)), dtype=bool)
    for row, value in enumerate(values):
        made[row, [at[item] for item in value.split()]] = True
    number = {value: row for row, value in enumerate(values)}
    return items, made[words.map(lambda value: number.get(value, len(values))).to_numpy(dtype=np.int64)]


def rare_sets(flags: Bools, k: int, *, largest: int = LARGEST) -> Rare:
    """Sets of at most ``largest`` chosen items that 1 to k-1 records have: k^m-anonymity asks for none.

    An item that was not chosen is no knowledge here: an attacker knows something that somebody did. With k = 2 these
    are the unique sets.

    Parameters
    ----------
    flags : (n, I), who chose which item.
    k : 2 or more.
    largest : m, 1 to 3.

    Raises
    ------
    BadInput
        If k or ``largest`` is out of range.

    Source: Terrovitis, Mamoulis and Kalnis, Privacy-preserving anonymization of set-valued data (2008).
    """
    if k < 2:
        raise BadInput("k: below 2 protects nobody")
    if not 1 <= largest <= LARGEST:
        raise BadInput(f"largest: must lie in 1..{LARGEST}")
    support = flags.sum(axis=0)
    common = np.flatnonzero(support >= k)
    search = _Search(k, common, np.zeros((4, flags.shape[1]), dtype=np.int64), np.zeros((4, len(flags)), dtype=bool))
    alone = np.flatnonzero((support > 0) & (support < k))
    search.items[1, alone] = 1
    search.records[1] = flags[:, alone].any(axis=1)
    if largest > 1:
        search.pairs(np.ascontiguousarray(flags[:, common].T), triples=largest > 2)
    return search.done(largest)


@dataclass(frozen=True)
class _Search:
    """What is found, by size 1 to 3: sets per item (4, I), who has one (4, n); ``common`` items have k or more."""

    k: int
    common: Ints
    items: Ints
    records: Bools

    def pairs(self, columns: Bools, *, triples: bool) -> None:
        """Pairs of common items, and triples of common pairs; ``columns`` (C, n) says who has which common item.

        From the last item to the first: then which pairs are common is known of all items behind the one at hand.
        """
        goes = np.zeros((len(columns), len(columns)), dtype=bool)
        for first in range(len(columns) - 2, -1, -1):
            rows = np.flatnonzero(columns[first])
            behind = _bits(columns[first + 1 :].take(rows, axis=1))
            support = self._count(behind, rows, np.array([first]), np.arange(first + 1, len(columns)))
            goes[first, first + 1 :] = support >= self.k
            if triples:
                self._triples(first, rows, behind, goes)

    def _triples(self, first: int, rows: Ints, behind: Bits, goes: Bools) -> None:
        for second in np.flatnonzero(goes[first]):
            third = np.flatnonzero(goes[first] & goes[second])
            both = behind[third - first - 1] & behind[second - first - 1]
            self._count(both, rows, np.array([first, second]), third)

    def _count(self, sets: Bits, rows: Ints, held: Ints, last: Ints) -> Ints:
        """The support of sets, each of the items ``held`` and one of ``last``; rare ones are written down."""
        support: Ints = np.bitwise_count(sets).sum(axis=1, dtype=np.int64)
        rare = np.flatnonzero((support > 0) & (support < self.k))
        if len(rare):
            size = len(held) + 1
            self.items[size, self.common[held]] += len(rare)
            self.items[size, self.common[last[rare]]] += 1
            who = np.unpackbits(np.bitwise_or.reduce(sets[rare]).view(np.uint8), count=len(rows))
            self.records[size, rows[who.view(bool)]] = True
        return support

    def done(self, largest: int) -> Rare:
        """The findings; a set of a size was counted once for each of its items."""
        sets = {size: int(self.items[size].sum()) // size for size in range(1, largest + 1)}
        smallest = np.where(self.records.any(axis=0), self.records.argmax(axis=0), 0)
        return Rare(sets, self.items.sum(axis=0), smallest.astype(np.int64))


def _bits(rows: Bools) -> Bits:
    """Each row of (m, n) as bits, in words of 64."""
    packed = np.packbits(rows, axis=1)
    padded = np.zeros((len(rows), -(-packed.shape[1] // 8) * 8), dtype=np.uint8)
    padded[:, : packed.shape[1]] = packed
    return padded.view(np.uint64)
