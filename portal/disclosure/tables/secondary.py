"""Hiding more cells so that the margins do not give the hidden ones back.

The search plays attacker: hide the fewest cells that stop every attack known so far, attack again, add what came out.
"""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from scipy import sparse
from scipy.optimize import linprog

from portal.disclosure.classes import Bools, Floats, Ints
from portal.disclosure.refusals import CannotMeet
from portal.disclosure.tables.audit import TOLERANCE, shortfalls
from portal.disclosure.tables.covering import Requirement, fewest, not_alone, one_of
from portal.disclosure.tables.exact import determined
from portal.disclosure.tables.system import Need, System, not_exactly

MOST_ROUNDS = 200
MOST_CELLS = 20_000
"""Seconds up to some seven thousand cells, and no end in sight at eighty thousand; noise has no such limit."""


def suppress(system: System, primary: Bools, need: Need | None = None) -> Bools:
    """The cells to hide (n,), ``primary`` included, as few as the search finds.

    Parameters
    ----------
    primary : (n,) cells that a rule hides.
    need : what their intervals must reach; not exactly recoverable if left out.

    Raises
    ------
    CannotMeet
        If no choice protects the primary cells, the cells are too many, or the search does not end.
    """
    if len(primary) > MOST_CELLS:
        raise CannotMeet(f"tables: {len(primary)} cells are more than {MOST_CELLS}; ask for less detail, or for noise")
    task = _Task(system, primary, need or not_exactly(system, primary))
    cost = 1 + 1e-6 * np.log1p(system.values)
    requirements = [*task.in_each_sum(), *task.room_in_each_sum()]
    for _ in range(MOST_ROUNDS):
        hidden = primary | fewest(np.flatnonzero(task.candidates), cost, requirements, len(primary))
        found = list(task.against_elimination(hidden)) or list(task.against_programmes(hidden))
        if not found:
            return hidden
        requirements += found
    raise CannotMeet(f"tables: cells stay recoverable after {MOST_ROUNDS} rounds; nothing is released")


class _Task:
    """One search: what may be hidden, and what each success of the attacker asks for."""

    def __init__(self, system: System, primary: Bools, need: Need) -> None:
        self.system, self.primary, self.need = system, primary, need
        self.relations = system.shown_relations()
        # a cell of 0 lends no doubt to a count above 0, but it can to another 0
        zeros_help = bool((primary & (system.values == 0)).any())
        self.candidates = ~primary & ~system.unseen & ((system.values > 0) | zeros_help)

    def in_each_sum(self) -> Iterator[Requirement]:
        """No sum may have one hidden cell: a necessary condition that settles nearly everything at once."""
        for cells, _ in _rows(self.relations):
            yield from self._balanced(cells)

    def room_in_each_sum(self) -> Iterator[Requirement]:
        """Where an interval is asked: the other hidden cells of each sum must give way as far as it asks."""
        if not self.need.both:
            return
        for cells, entry in _rows(self.relations):
            for at in np.flatnonzero(self.primary[cells]):
                others, push = np.delete(cells, at), np.delete(-entry / entry[at], at)
                for sign, wanted in ((1, self.need.above), (-1, self.need.below)):
                    yield from self._wider(others, sign * push, float(wanted[cells[at]]), self.primary)

    def against_elimination(self, hidden: Bools) -> Iterator[Requirement]:
        """One requirement for each hidden cell that the published ones determine, if that exposes a primary cell."""
        known = determined(self.relations, hidden & ~self.system.unseen)
        if not (known & self.primary).any():
            return
        for cell in np.flatnonzero(known):
            combined = self.relations.T @ _shortest(self.relations, hidden, int(cell))
            yield from self._balanced(np.flatnonzero(abs(combined) > TOLERANCE), alone=int(cell))

    def against_programmes(self, hidden: Bools) -> Iterator[Requirement]:
        """For each cell whose interval is too narrow, what must be hidden besides for it to widen."""
        for found in shortfalls(self.system, hidden, self.need):
            for one in found if self.need.both else found[:1]:
                bounding = np.asarray(self.system.relations.T @ one.proof)
                bounding[one.cell] += one.sign
                cells = np.flatnonzero(abs(bounding) > TOLERANCE)
                asked = list(self._wider(cells, bounding[cells], one.wanted, hidden))
                if not asked:
                    raise CannotMeet("tables: the solver's proof against a cell does not hold; nothing is released")
                yield from asked

    def _balanced(self, cells: Ints, alone: int | None = None) -> Iterator[Requirement]:
        """What a sum over ``cells`` asks; of a cell found ``alone`` in it, only what that cell asks."""
        bound, free = int(self.primary[cells].sum()), cells[self.candidates[cells]]
        if bound == 1:
            yield one_of(free)
        elif bound == 0:
            for cell in free if alone is None else [alone]:
                yield not_alone(int(cell), free[free != cell])

    def _wider(self, cells: Ints, bounding: Floats, wanted: float, hidden: Bools) -> Iterator[Requirement]:
        """Hidden cells must be able to move the bounding sum by what is wanted, each as far as it can.

        No cell needs to count for more than what is missing: that keeps the programme's bounds tight.
        """
        room = np.where(bounding > 0, self.system.above[cells], self.system.below[cells]) * abs(bounding)
        fixed = (hidden[cells] & ~self.candidates[cells]) | self.system.unseen[cells]
        missing = wanted - float(room[fixed].sum())
        if missing > TOLERANCE * (1 + wanted):
            free = self.candidates[cells] & (room > 0)
            yield Requirement(cells[free], np.minimum(room[free], missing) / missing, 1.0)


def _rows(relations: sparse.csr_matrix) -> Iterator[tuple[Ints, Floats]]:
    """The cells of each sum and their signs."""
    for start, end in pairwise(relations.indptr):
        yield relations.indices[start:end], relations.data[start:end]


def _shortest(relations: sparse.csr_matrix, hidden: Bools, cell: int) -> Floats:
    """Weights (m,) of the sums that leave of all hidden cells this one alone, few of them."""
    unknown = np.flatnonzero(hidden)
    sums = relations[:, unknown].T.tocsr()
    found = linprog(
        np.ones(2 * sums.shape[1]),
        A_eq=sparse.hstack([sums, -sums]),
        b_eq=(unknown == cell).astype(np.float64),
        bounds=(0, None),
    )
    if found.status != 0:
        raise CannotMeet(f"tables: the solver gave up ({found.message}); nothing is released")
    return np.asarray(found.x[: sums.shape[1]] - found.x[sums.shape[1] :])
