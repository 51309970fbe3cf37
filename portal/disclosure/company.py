"""The level cascade inside blocks: rows may look alike only with rows of their own block. No class is left below k."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from portal.disclosure.classes import Bools, Floats, Ints, pack
from portal.disclosure.families import Family


@dataclass(frozen=True)
class Task:
    """Rows to be shown: ``leaves`` (n, F) leaf numbers, ``block`` (n,) 0 upward, ``ranks`` (n,) who lends first."""

    families: Sequence[Family]
    leaves: Ints
    block: Ints
    ranks: Ints
    k: int

    def nodes(self, rows: Ints, shown: Ints) -> list[Ints]:
        """What ``rows`` (m,) look like at ``shown`` levels, (F,) or (m, F): per family node numbers (m,)."""
        return [one.up[self.leaves[rows, at], shown[..., at]] for at, one in enumerate(self.families)]

    def price(self, shown: Ints) -> Floats:
        """The information lost per row by showing ``shown`` (m, F) levels."""
        each = [np.asarray(one.costs)[shown[:, at]] for at, one in enumerate(self.families)]
        return np.asarray(np.sum(each, axis=0), dtype=np.float64)


def together(families: Sequence[Family], leaves: Ints, block: Ints, ranks: Ints, k: int) -> Ints:
    """How many levels of each family every row may show, so that k rows of its block look alike; shape (n, F).

    Parameters
    ----------
    leaves : (n, F) leaf numbers. block : (n,) 0 upward, each block of at least k rows. ranks : (n,) which of several
        rows that could lend their company does so first.
    """
    task = Task(families, leaves, block, ranks, k)
    shown = _placed(task)
    return _joined(task, shown) if (shown < 0).any() else shown


def _placed(task: Task) -> Ints:
    """The cheapest levels at which k remaining rows of a block look alike; -1 for the last, fewer than k a block."""
    patterns = np.array(list(product(*(range(len(one.costs)) for one in task.families))), dtype=np.int64)
    shown = np.full(task.leaves.shape, -1, dtype=np.int64)
    todo = np.arange(len(task.leaves))
    for pattern in patterns[np.argsort(np.round(task.price(patterns), 9), kind="stable")]:
        if not len(todo):
            break
        group = pack([*task.nodes(todo, pattern), task.block[todo]])
        covered = np.bincount(group)[group] >= task.k
        shown[todo[covered]] = pattern
        todo = todo[~covered]
    return shown


def _joined(task: Task, shown: Ints) -> Ints:
    """Each block's leftovers, together fewer than k, join the class of the block where that loses least.

    The class lends as many rows as are wanting, or goes along whole where it would be left with fewer than k.
    """
    alone = np.flatnonzero(shown[:, 0] < 0)
    leftover = alone[np.argsort(task.block[alone], kind="stable")]
    blocks, first = np.unique(task.block[leftover], return_index=True)
    rows = np.diff(np.append(first, len(leftover)))
    others = np.flatnonzero((shown[:, 0] >= 0) & np.isin(task.block, blocks))
    of = pack([*task.nodes(others, shown[others]), task.block[others]])
    head, size = others[np.unique(of, return_index=True)[1]], np.bincount(of)
    home = np.searchsorted(blocks, task.block[head])
    most = np.minimum(shown[head], _common(task, leftover, first)[home])
    met = _meet(task, head, leftover[first][home], most)
    wanting = task.k - rows[home]
    lent = np.where(size - wanting >= task.k, wanting, size)
    loss = lent * (task.price(met) - task.price(shown[head])) + rows[home] * task.price(met)
    chosen = _cheapest(loss, home)
    made = shown.copy()
    made[leftover] = np.repeat(met[chosen], rows, axis=0)
    wanted = np.zeros(len(size), dtype=np.int64)
    wanted[chosen] = lent[chosen]
    lenders = others[_first(of, task.ranks[others], wanted)]
    made[lenders] = met[chosen][np.searchsorted(blocks, task.block[lenders])]
    return made


def _common(task: Task, leftover: Ints, first: Ints) -> Ints:
    """The most levels that all leftovers of a block agree on, shape (blocks, F)."""
    found = np.zeros((len(first), len(task.families)), dtype=np.int64)
    for at, one in enumerate(task.families):
        for level in range(1, one.up.shape[1]):
            nodes = one.up[task.leaves[leftover, at], level]
            agree = np.minimum.reduceat(nodes, first) == np.maximum.reduceat(nodes, first)
            found[agree, at] = level
    return found


def _meet(task: Task, mine: Ints, theirs: Ints, most: Ints) -> Ints:
    """The most levels, up to ``most`` (m, F), at which rows ``mine`` and ``theirs`` (m,) look alike; shape (m, F)."""
    met = most.copy()
    for at, one in enumerate(task.families):
        pair = task.leaves[mine, at], task.leaves[theirs, at]
        while (differs := one.up[pair[0], met[:, at]] != one.up[pair[1], met[:, at]]).any():
            met[differs, at] -= 1
    return met


def _cheapest(loss: Floats, home: Ints) -> Ints:
    order = np.lexsort((np.arange(len(loss)), loss, home))
    return order[np.unique(home[order], return_index=True)[1]]


def _first(of: Ints, ranks: Ints, wanted: Ints) -> Bools:
    """Which rows are among the first ``wanted`` of their class in order of rank."""
    order = np.lexsort((ranks, of))
    starts = np.concatenate([[0], np.cumsum(np.bincount(of))[:-1]])
    place_in_class = np.empty(len(of), dtype=np.int64)
    place_in_class[order] = np.arange(len(of)) - starts[of[order]]
    return np.asarray(place_in_class < wanted[of])
