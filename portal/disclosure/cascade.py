"""The strict level cascade on distinct keys with counts. Nothing is left below k: what no pattern covers, borrows."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import groupby, product
from math import inf, prod

import numpy as np
import pandas as pd

from portal.disclosure.classes import SAFE_RADIX, Bools, Floats, Ints, pack
from portal.disclosure.families import Family
from portal.disclosure.refusals import BadInput

MOST_PATTERNS = 2**20
"""Ways to hide levels that are laid out side by side: those of twenty keys without levels."""


@dataclass(frozen=True)
class Problem:
    """Distinct keys and what may be shown of them.

    ``leaves`` (D, F) leaf numbers, ``counts`` (D,) rows, ``patterns`` (P, F) numbers of shown levels in rising order
    of ``cost`` (P,), the first showing all and the last nothing. ``terms`` holds per family, level and distinct key
    the node's part of a group number; it is empty where the numbers would overflow.
    """

    families: Sequence[Family]
    leaves: Ints
    counts: Ints
    patterns: Ints
    cost: Floats
    k: int
    terms: Sequence[Ints]

    def nodes(self, keys: Ints, pattern: Ints) -> Ints:
        """What ``keys`` (m,) look like when a ``pattern``, (F,) or one each (m, F), is shown: nodes, shape (m, F)."""
        return np.column_stack(
            [one.up[self.leaves[keys, at], pattern[..., at]] for at, one in enumerate(self.families)]
        ).reshape(len(keys), len(self.families))

    def groups(self, pattern: int, *tables: Ints) -> list[Ints]:
        """Group numbers of tables of keys at a pattern, equal where keys look alike; within this call only."""
        if not self.terms:
            return identify(self.families, *(self.nodes(keys, self.patterns[pattern]) for keys in tables))
        shown = [self.terms[at][level] for at, level in enumerate(self.patterns[pattern]) if level]
        return [sum((term[keys] for term in shown), np.zeros(len(keys), dtype=np.int64)) for keys in tables]

    def price(self, shown: Ints) -> Floats:
        """The information lost per row by showing ``shown`` (m, F) levels."""
        price = np.zeros(len(shown))
        for at, one in enumerate(self.families):
            price += np.asarray(one.costs)[shown[:, at]]
        return price


@dataclass(frozen=True)
class Placed:
    """Rows placed: entry e puts ``rows[e]`` rows of distinct key ``key[e]`` at ``shown[e]`` (F,) levels."""

    key: Ints
    shown: Ints
    rows: Ints


@dataclass
class Entries:
    """Rows placed so far: entry e puts ``rows[e]`` rows of ``key[e]`` at ``pattern[e]`` in class ``of[e]``.

    ``size`` holds the rows of every class. What is added waits in ``fresh`` until ``gather`` is called.
    """

    key: Ints
    pattern: Ints
    rows: Ints
    of: Ints
    size: Ints
    fresh: list[tuple[Ints, Ints, Ints, Ints]] = field(default_factory=list)
    sizes: list[Ints] = field(default_factory=list)
    classes: int = 0

    def add(self, key: Ints, rows: Ints, *, pattern: int, group: Ints) -> None:
        """Place rows at a pattern, in new classes numbered by ``group``, 0 upward."""
        size = np.bincount(group, weights=rows).astype(np.int64)
        self.fresh.append((key, np.full(len(key), pattern), rows, group + self.classes))
        self.sizes.append(size)
        self.classes += len(size)

    def gather(self) -> None:
        """Take in what was added, and leave out what was lent away to the last row."""
        parts = [(self.key, self.pattern, self.rows, self.of), *self.fresh]
        key, pattern, rows, of = (np.concatenate([part[at] for part in parts]) for at in range(4))
        stay = rows > 0
        self.key, self.pattern, self.rows, self.of = key[stay], pattern[stay], rows[stay], of[stay]
        self.size = np.concatenate([self.size, *self.sizes])
        self.fresh, self.sizes = [], []


def problem(families: Sequence[Family], leaves: Ints, counts: Ints, k: int) -> Problem:
    """The problem with its patterns in order of cost; ties keep the order of the keys, finest shown first.

    Raises BadInput for more keys and levels than can be searched.
    """
    choices = [range(len(one.costs) - 1, -1, -1) for one in families]
    if prod(map(len, choices)) > MOST_PATTERNS:
        raise BadInput(f"keys: {len(families)} with their levels can be hidden in too many ways; name fewer")
    patterns = np.array(list(product(*choices)), dtype=np.int64)
    cost = np.round(sum(np.asarray(one.costs)[patterns[:, at]] for at, one in enumerate(families)), 9)
    order = np.argsort(cost, kind="stable")
    return Problem(families, leaves, counts, patterns[order], cost[order], k, _terms(families, leaves))


def _terms(families: Sequence[Family], leaves: Ints) -> Sequence[Ints]:
    radix = _radix(families)
    return [one.up.T[:, leaves[:, at]] * radix[at] for at, one in enumerate(families)] if radix is not None else []


def _radix(families: Sequence[Family]) -> Ints | None:
    sizes = [max(len(one.values), 1) for one in families]
    return np.cumprod(np.array([1, *sizes[:-1]], dtype=np.int64)) if prod(sizes) < SAFE_RADIX else None


def identify(families: Sequence[Family], *tables: Ints) -> list[Ints]:
    """Number node rows so that equal rows, within and across tables, get equal numbers; exact for any key domain."""
    radix = _radix(families)
    if radix is not None:
        return [table @ radix for table in tables]
    packed = pack(list(np.concatenate(tables).T))
    return np.split(packed, np.cumsum([len(table) for table in tables])[:-1])


def levels_of_cost(task: Problem) -> list[tuple[list[int], float]]:
    """Patterns of equal cost together, each with the step to the next higher cost (inf after the last)."""
    groups = [list(group) for _, group in groupby(range(len(task.patterns)), key=lambda at: task.cost[at])]
    firsts = [float(task.cost[group[0]]) for group in groups]
    steps = [after - cost for cost, after in zip(firsts, [*firsts[1:], inf], strict=True)]
    return list(zip(groups, steps, strict=True))


def cover(task: Problem, now: Entries, todo: Ints, patterns: Sequence[int], classes: Ints) -> tuple[Ints, Ints]:
    """Place whole groups of at least k rows, the pattern that covers most rows first; return what is left to do.

    ``classes`` (C, F) are the nodes of the classes that keys may join because cells came hidden; returned with those
    made here. A pattern's cover only shrinks as others are used, so one whose last count is outdone need not be
    counted again.
    """
    queue = [(-inf, at) for at in patterns]
    while queue and len(todo):
        _, at = heappop(queue)
        covered, group = _covered(task, todo, at, classes)
        most = -float(task.counts[todo[covered]].sum())
        if most == 0:
            continue
        if queue and (most, at) > queue[0]:
            heappush(queue, (most, at))
            continue
        chosen = todo[covered]
        now.add(chosen, task.counts[chosen], pattern=at, group=pd.factorize(group[covered])[0])
        if merges(task):
            nodes = task.nodes(chosen, task.patterns[at])
            first = np.unique(identify(task.families, nodes)[0], return_index=True)[1]
            classes = np.concatenate([classes, nodes[first]])
        todo = todo[~covered]
    return todo, classes


def _covered(task: Problem, todo: Ints, at: int, classes: Ints) -> tuple[Bools, Ints]:
    """Which of the remaining keys reach k together at one pattern, or find a class that is there already."""
    group = pd.factorize(task.groups(at, todo)[0])[0]
    covered = np.bincount(group, weights=task.counts[todo])[group] >= task.k
    if len(classes):
        mine, there = identify(task.families, task.nodes(todo, task.patterns[at]), classes)
        there.sort()
        covered |= there[np.minimum(np.searchsorted(there, mine), len(there) - 1)] == mine
    return covered, group


def merges(task: Problem) -> bool:
    """Whether cells came hidden, so that one class may arise at several patterns."""
    return any(bool((one.up[:, 1:] == one.up[:, :-1]).any()) for one in task.families)
