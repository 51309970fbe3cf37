"""Sums over compatible keys, where a hidden cell fits anything. Worked pattern by pattern, never pair by pair."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from portal.disclosure.classes import need
from portal.disclosure.codes import BLOCK, Bools, Codes, Floats, Ints, coded, grouped, mixed


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

    @cached_property
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


def sums(asked: Ints, given: Ints, masses: Sequence[Floats]) -> list[Floats]:
    """For each key of ``asked`` (m, f), the masses of the keys of ``given`` (D, f) equal to it; (m,) of 0 or more."""
    if asked.shape[1] == 0:
        return [np.full(len(asked), mass.sum()) for mass in masses]
    group, first = grouped(*mixed(list(np.concatenate([asked, given]).T)))
    ours, theirs = group[: len(asked)], group[len(asked) :]
    return [np.bincount(theirs, weights=mass, minlength=len(first)).astype(np.float64)[ours] for mass in masses]


def match(table: Table, *, alpha: float = 1.0) -> tuple[Floats, Floats]:
    """Per key, how many rows (fk) and how much weight (Fk) match it when hidden fits anything: sdcMicro's count.

    A hidden cell on either side fits. ``alpha`` in 0..1 is the share in which keys with hidden cells count for a key
    they fit. Where nothing is hidden both are the table's own arrays. Source: Templ, Statistical Disclosure Control
    for Microdata (2017), chapter 3; sdcMicro 5.8.
    """
    if table.complete:
        return table.rows, table.weight
    masses = (table.rows,) if table.weight is table.rows else (table.rows, table.weight)
    full, void = ~table.hidden.any(axis=1), table.hidden.all(axis=1)
    found, every = [mass.copy() for mass in masses], np.arange(len(table.rows))
    for mine, asked in by_pattern(table):
        share = np.where(full | mine.all(), 1.0, alpha)
        if not mine.any():
            share[void] = 0.0
        fitting = _fitting(table.codes, asked, every, [mass * share for mass in masses], ~mine)
        for total, mass, fits in zip(found, masses, fitting, strict=True):
            total[asked] = mass[asked] * (1.0 - share[asked]) + fits
    return found[0], found[-1]


def attacker(original: Table, released: Table) -> Floats:
    """Per original key, the released rows compatible with it: what someone who knows the true key is left with."""
    found = np.zeros(len(original.rows))
    for pattern, given in by_pattern(released):
        found += sums(original.codes[:, ~pattern], released.codes[given][:, ~pattern], [released.rows[given]])[0]
    return found


def assured(table: Table) -> Floats:
    """Per key, the rows compatible with every true key it may hide: the attacker's count when truth is not at hand."""
    if table.complete:
        return table.rows.copy()
    found = np.zeros(len(table.rows))
    for mine, asked in by_pattern(table):
        given = np.flatnonzero((table.hidden | ~mine).all(axis=1))
        found[asked] = _fitting(table.codes, asked, given, [table.rows[given]], ~mine)[0]
    return found


def _fitting(codes: Ints, asked: Ints, given: Ints, masses: Sequence[Floats], shown: Bools) -> list[Floats]:
    """For each key of ``asked`` (m,), the masses (D,) of the keys ``given`` (D,) that are like it where both show.

    All of ``asked`` show the same columns, ``shown`` (F,). What is hidden of those divides ``given`` into kinds, 2 to
    the power of F at most; each key asked is looked up in each of them, all at once.
    """
    if not shown.any():
        return [np.full(len(asked), mass.sum()) for mass in masses]
    there = codes[given][:, shown]
    kinds = there[grouped(*mixed(list((there < 0).T.astype(np.int64))))[1]] >= 0
    found = [np.zeros(len(asked)) for _ in masses]
    step = max(max(BLOCK, len(given)) // len(kinds), 1)
    for first in range(0, len(asked), step):
        part = slice(first, first + step)
        wanted = np.where(kinds, codes[asked[part]][:, None, shown], -1).reshape(-1, there.shape[1])
        for total, mass in zip(found, sums(wanted, there, masses), strict=True):
            total[part] = mass.reshape(-1, len(kinds)).sum(axis=1)
    return found
