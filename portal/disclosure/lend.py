"""Groups that lack a few rows for k, completed by rows of other classes where that costs less than hiding more."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from portal.disclosure.cascade import Entries, Placed, Problem, cover, levels_of_cost
from portal.disclosure.classes import Floats, Ints

CENT = 1e-9


@dataclass(frozen=True)
class Lenders:
    """Entries that may lend: their numbers (L,), and what a row of each loses by joining, 0 or more."""

    entry: Ints
    pay: Floats


@dataclass(frozen=True)
class Wanted:
    """Keys (m,) to be placed at a pattern: their groups ``of`` (m,), per group the rows it lacks, what k is worth."""

    pattern: int
    keys: Ints
    of: Ints
    lack: Ints
    worth: Floats


def place(task: Problem) -> tuple[Placed, Ints]:
    """Give every row the cheapest pattern found that a class of at least k rows can share.

    Pattern by pattern in order of cost: whole groups first, then groups completed by lenders. Returns the rows placed
    and the keys for which nothing was found (the leftovers, together fewer than k rows).
    """
    none = np.zeros(0, dtype=np.int64)
    now = Entries(none, none, none, none, none)
    todo, classes = np.arange(len(task.counts)), np.zeros((0, len(task.families)), dtype=np.int64)
    for patterns, step in levels_of_cost(task):
        todo, classes = cover(task, now, todo, patterns, classes)
        now.gather()
        if len(todo) and np.isfinite(step):
            todo = complete(task, now, todo, patterns, step)
            now.gather()
    return Placed(now.key, task.patterns[now.pattern], now.rows), todo


def complete(task: Problem, now: Entries, todo: Ints, patterns: Sequence[int], step: float) -> Ints:
    """Complete groups at patterns of one cost where lenders lose less than ``step`` per row that is spared.

    A class lends rows above k only, so none falls below k. Changes ``now``; returns the keys still to do.
    """
    pay = task.cost[patterns[0]] - task.cost[now.pattern]
    may = (now.size[now.of] > task.k) & (pay < (task.k - 1) * step - CENT)
    lenders = Lenders(np.flatnonzero(may), pay[may])
    if not len(lenders.entry):
        return todo
    for pattern in patterns:
        mine, theirs = task.groups(pattern, todo, now.key[lenders.entry])
        of, to = np.split(pd.factorize(np.concatenate([mine, theirs]))[0], [len(todo)])
        rows: Ints = np.bincount(of, weights=task.counts[todo]).astype(np.int64)
        wanted = Wanted(pattern, todo, of, task.k - rows, step * rows.astype(np.float64))
        made = _complete(task, now, wanted, lenders, np.where(to < len(rows), to, -1))
        todo = todo[~np.isin(of, made)] if made else todo
    return todo


def _complete(task: Problem, now: Entries, wanted: Wanted, lenders: Lenders, to: Ints) -> list[int]:
    """Complete the groups for which it pays, best first, and say which; lender l could join group ``to[l]``, or -1."""
    spare = np.minimum(now.size[now.of[lenders.entry]] - task.k, now.rows[lenders.entry])
    fit = np.flatnonzero((to >= 0) & (spare > 0))
    if not len(fit):
        return []
    fit = fit[np.lexsort((fit, -spare[fit], lenders.pay[fit], to[fit]))]
    starts = np.flatnonzero(np.diff(to[fit], prepend=-1))
    lengths = np.diff([*starts, len(fit)])
    before = np.cumsum(spare[fit]) - spare[fit]
    before -= np.repeat(before[starts], lengths)
    take = np.clip(wanted.lack[to[fit]] - before, 0, spare[fit])
    gain = wanted.worth - np.bincount(to[fit], weights=take * lenders.pay[fit], minlength=len(wanted.lack))
    got = np.bincount(to[fit], weights=take, minlength=len(wanted.lack))
    place = np.flatnonzero(((got == wanted.lack) & (gain > CENT))[to[fit][starts]])
    order = place[np.argsort(-gain[to[fit][starts[place]]], kind="stable")]
    made = []
    for one in order:
        group = int(to[fit[starts[one]]])
        if _lend(task, now, wanted, group, _single(lenders, fit[starts[one] : starts[one] + lengths[one]])):
            made.append(group)
    return made


def _single(lenders: Lenders, some: Ints) -> Lenders:
    return Lenders(lenders.entry[some], lenders.pay[some])


def _lend(task: Problem, now: Entries, wanted: Wanted, group: int, lenders: Lenders) -> bool:
    """Let the first lenders that still can complete a group, if that still pays."""
    lack, gain = int(wanted.lack[group]), float(wanted.worth[group])
    left: dict[int, int] = {}
    taken: list[tuple[int, int]] = []
    for entry, pay in zip(lenders.entry.tolist(), lenders.pay.tolist(), strict=True):
        of = int(now.of[entry])
        rows = min(lack, int(now.rows[entry]), left.setdefault(of, int(now.size[of]) - task.k))
        if rows > 0:
            taken.append((entry, rows))
            lack, gain, left[of] = lack - rows, gain - rows * pay, left[of] - rows
        if not lack:
            break
    if lack or gain <= CENT:
        return False
    entries, rows_of = (np.array(part, dtype=np.int64) for part in zip(*taken, strict=True))
    now.rows[entries] -= rows_of
    np.subtract.at(now.size, now.of[entries], rows_of)
    mine = wanted.keys[wanted.of == group]
    key = np.concatenate([mine, now.key[entries]])
    now.add(
        key,
        np.concatenate([task.counts[mine], rows_of]),
        pattern=wanted.pattern,
        group=np.zeros(len(key), dtype=np.int64),
    )
    return True
