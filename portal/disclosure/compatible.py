"""Sums over compatible keys, where a hidden cell fits anything. Worked pattern by pattern, never pair by pair."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from portal.disclosure.classes import need
from portal.disclosure.codes import Bools, Codes, Floats, Ints, coded, grouped, mixed


@dataclass(frozen=True)
class Table:
    """Distinct keys: ``rows`` (D,), ``weight`` (D,), ``of`` (n,) row to key; made of F coded ``columns`` (n,), of
    which ``first`` (D,) names a row per key.
    """

    columns: Sequence[Codes]
    first: Ints
    rows: Floats
    weight: Floats
    of: Ints

    @cached_property
    def codes(self) -> Ints:
        """The keys, shape (D, F), with -1 where hidden."""
        return np.column_stack([column[self.first] for column in self.columns]).astype(np.int64)

    @cached_property
    def complete(self) -> bool:
        """Whether no cell is hidden."""
        return all(int(column.min(initial=0)) >= 0 for column in self.columns)

    @property
    def hidden(self) -> Bools:
        """Which cells are hidden, shape (D, F)."""
        return self.codes < 0


def tables(
    frames: Sequence[pd.DataFrame], columns: Sequence[str], *, hidden: str, weight: Floats | None = None
) -> list[Table]:
    """One table per frame, numbered alike over all of them; ``weight`` belongs to the first frame's rows."""
    for frame in frames:
        need(frame, columns)
    read = [coded([frame[column] for frame in frames], [hidden]) for column in columns]
    return [_table([codes[at] for codes in read], weight if at == 0 else None) for at in range(len(frames))]


def _table(columns: Sequence[Codes], weight: Floats | None) -> Table:
    of, first = grouped(*mixed(columns))
    rows = np.bincount(of).astype(np.float64)
    mass = rows if weight is None else np.bincount(of, weights=weight).astype(np.float64, copy=False)
    return Table(columns, first, rows, mass, of)


def by_pattern(table: Table) -> Iterator[tuple[Bools, Ints]]:
    """Every pattern of hidden cells (F,) in a table, with the numbers of the keys that have it."""
    group, first = grouped(*mixed(list(table.hidden.T.astype(np.int64))))
    for at, key in enumerate(first):
        yield table.hidden[key], np.flatnonzero(group == at).astype(np.int64)


def sums(asked: Ints, given: Ints, mass: Floats) -> Floats:
    """For each key of ``asked`` (m, f), the mass of the keys of ``given`` (D, f) equal to it; (m,) of 0 or more."""
    if asked.shape[1] == 0:
        return np.full(len(asked), mass.sum())
    group, first = grouped(*mixed(list(np.concatenate([asked, given]).T)))
    total = np.bincount(group[len(asked) :], weights=mass, minlength=len(first))[group[: len(asked)]]
    return total.astype(np.float64, copy=False)


def match(table: Table, *, alpha: float = 1.0) -> tuple[Floats, Floats]:
    """Per key, how many rows (fk) and how much weight (Fk) match it when hidden fits anything: sdcMicro's count.

    A hidden cell on either side fits. ``alpha`` in 0..1 is the share in which keys with hidden cells count for a key
    they fit. Where nothing is hidden both are the table's own arrays. Source: Templ, Statistical Disclosure Control
    for Microdata (2017), chapter 3; sdcMicro 5.8.
    """
    if table.complete:
        return table.rows, table.weight
    fk, weight = table.rows.copy(), table.weight.copy()
    patterns = list(by_pattern(table))
    for mine, asked in patterns:
        if mine.all():
            fk[asked], weight[asked] = table.rows.sum(), table.weight.sum()
            continue
        for theirs, given in patterns:
            share = _share(mine, theirs, alpha)
            kept = ~mine & ~theirs
            for total, mass in ((fk, table.rows), (weight, table.weight)):
                found = sums(table.codes[asked][:, kept], table.codes[given][:, kept], mass[given])
                if (mine == theirs).all():
                    found -= mass[asked]
                total[asked] += share * found
    return fk, weight


def _share(mine: Bools, theirs: Bools, alpha: float) -> float:
    if not theirs.any():
        return 1.0
    return 0.0 if theirs.all() and not mine.any() else alpha


def attacker(original: Table, released: Table) -> Floats:
    """Per original key, the released rows compatible with it: what someone who knows the true key is left with."""
    found = np.zeros(len(original.rows))
    for pattern, given in by_pattern(released):
        found += sums(original.codes[:, ~pattern], released.codes[given][:, ~pattern], released.rows[given])
    return found


def assured(table: Table) -> Floats:
    """Per key, the rows compatible with every true key it may hide: the attacker's count when truth is not at hand."""
    if table.complete:
        return table.rows.copy()
    found = np.zeros(len(table.rows))
    patterns = list(by_pattern(table))
    for mine, asked in patterns:
        for theirs, given in patterns:
            if not (mine & ~theirs).any():
                found[asked] += sums(table.codes[asked][:, ~theirs], table.codes[given][:, ~theirs], table.rows[given])
    return found
