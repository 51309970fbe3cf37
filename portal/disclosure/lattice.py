"""The cheapest node of a generalisation lattice. A node tried bounds every node below it, so few need to be tried.

What a node suppresses, every finer node suppresses too. So the records suppressed here, with the levels of a finer
node for all others, bound that node's loss from below, and too many suppressed here rule it out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from math import exp, inf, prod

import numpy as np

from portal.disclosure.classes import Bools, Floats, Ints, pack
from portal.disclosure.refusals import BadInput, CannotMeet

LARGEST = 10_000_000
DENSE = 2**24
TIE = 1e-12
Node = tuple[int, ...]


@dataclass(frozen=True)
class Ladder:
    """One key's levels over its V leaves, the first level being the leaf itself.

    ``up`` (L, V) holds the node of every leaf at every level, ``share`` (L, V) the part of the V leaves under that
    node, 0..1. A node lies in one node of the next level.
    """

    up: Ints
    share: Floats


@dataclass(frozen=True)
class Found:
    """The optimum: its level per key, its loss 0..1, and which distinct keys (D,) are suppressed there."""

    levels: Node
    score: float
    suppressed: Bools


@dataclass(frozen=True)
class Work:
    """Distinct keys by column: per key the leaves (D,), per level the nodes (D,) and their number, rows per leaf."""

    ladders: Sequence[Ladder]
    leaves: Sequence[Ints]
    nodes: Sequence[Sequence[Ints]]
    sizes: Sequence[Sequence[int]]
    held: Sequence[Floats]
    rows: Ints
    scratch: Ints

    def company(self, node: Node) -> Ints:
        """The rows of the class that each distinct key is in at a node, (D,)."""
        used = [(self.nodes[at][level], self.sizes[at][level]) for at, level in enumerate(node)]
        used = [(codes, size) for codes, size in used if size > 1]
        if prod(size for _, size in used) > len(self.scratch):
            group = pack([codes for codes, _ in used])
            return np.bincount(group, weights=self.rows)[group].astype(np.int64)
        group = np.zeros(len(self.rows), dtype=np.int64)
        for codes, size in used:
            group *= size
            group += codes
        self.scratch[group] = 0
        np.add.at(self.scratch, group, self.rows)
        return self.scratch[group]

    def losses(self, node: Node, lost: Ints) -> list[Floats]:
        """Per key, ln(1 + x) at its levels up to the node's, if the distinct keys numbered in ``lost`` are hidden."""
        at_stake = self.rows[lost].astype(np.float64)
        gone, n = float(at_stake.sum()), float(self.rows.sum())
        found = []
        for at, level in enumerate(node):
            share = self.ladders[at].share[: level + 1]
            kept = self.held[at] - np.bincount(self.leaves[at][lost], weights=at_stake, minlength=share.shape[1])
            least = n / share.shape[1]
            found.append(np.log1p(np.maximum(share @ kept + gone - least, 0.0) / (n - least if n > least else 1.0)))
        return found


def optimum(ladders: Sequence[Ladder], leaves: Ints, rows: Ints, *, k: int, most: int) -> Found:
    """The node of least loss at which classes below ``k`` hold no more than ``most`` rows, which are suppressed.

    Parameters
    ----------
    leaves : shape (D, m), the leaf of every distinct key in each ladder.
    rows : shape (D,), how many rows have it, 1 or more.

    The loss of a key is x = (Σ share − n/V)/(n − n/V) over the n rows, a suppressed row having share 1; the score is
    the geometric mean of 1 + x, less 1. A node that would suppress fewer than k rows, but some, is no solution:
    they would stand alone together. Between nodes within 1e-12 the one with the smaller first levels is taken.

    Raises
    ------
    BadInput
        If the lattice has more than ten million nodes.
    CannotMeet
        If no node is a solution.

    Source: the loss metric of ARX 3.9 with equal weight on generalisation and suppression; monotone pruning as in
    Kohlmayer et al., Flash (2012).
    """
    shape = [len(one.up) for one in ladders]
    if prod(shape) > LARGEST:
        raise BadInput(f"keys: their levels make {prod(shape)} combinations, more than {LARGEST} are not searched")
    work = _work(ladders, leaves, rows)
    bound = _outer(work.losses(tuple(size - 1 for size in shape), np.zeros(0, dtype=np.int64)))
    least, best = inf, None
    while (node := _next(bound, least + TIE)) is not None:
        few = work.company(node) < k
        gone = int(rows[few].sum())
        below = bound[tuple(slice(level + 1) for level in node)]
        if gone > most:
            below[...] = inf
            continue
        np.maximum(below, _outer(work.losses(node, np.flatnonzero(few))), out=below)
        score, bound[node] = float(bound[node]), inf
        if 0 < gone < k or score > least + TIE:
            continue
        if best is None or score < least - TIE or node < best.levels:
            least, best = min(least, score), Found(node, exp(score / len(shape)) - 1, few)
    if best is None:
        raise CannotMeet(f"k: no generalisation makes classes of {k} with at most {most} records suppressed")
    return best


def _work(ladders: Sequence[Ladder], leaves: Ints, rows: Ints) -> Work:
    columns = [np.ascontiguousarray(column) for column in leaves.T]
    sizes = [[int(level.max()) + 1 for level in one.up] for one in ladders]
    return Work(
        ladders=ladders,
        leaves=columns,
        nodes=[[level[leaf] for level in one.up] for one, leaf in zip(ladders, columns, strict=True)],
        sizes=sizes,
        held=[
            np.bincount(leaf, weights=rows, minlength=one.up.shape[1]).astype(np.float64)
            for one, leaf in zip(ladders, columns, strict=True)
        ],
        rows=rows,
        scratch=np.empty(min(DENSE, prod(max(one) for one in sizes)), dtype=np.int64),
    )


def _outer(losses: Sequence[Floats]) -> Floats:
    """The sums over all combinations of levels, one axis per key."""
    return np.asarray(reduce(np.add.outer, losses))


def _next(bound: Floats, ceiling: float) -> Node | None:
    """From the most promising node up to one without a promising node above: it says most about those below."""
    at = tuple(int(level) for level in np.unravel_index(int(np.argmin(bound)), bound.shape))
    if bound[at] > ceiling or bound[at] == inf:
        return None
    while True:
        above = [(*at[:one], level + 1, *at[one + 1 :]) for one, level in enumerate(at) if level + 1 < bound.shape[one]]
        price, higher = min(((float(bound[node]), node) for node in above), default=(inf, at))
        if price > ceiling or price == inf:
            return at
        at = higher
