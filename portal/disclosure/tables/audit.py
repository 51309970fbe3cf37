"""What an attacker with a solver learns: the interval in which a hidden cell must lie.

The attacker knows every published cell, every sum, and that a value is 0 or more: nothing of how cells were chosen.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from scipy.optimize import linprog

from portal.disclosure.classes import Bools, Floats, Ints
from portal.disclosure.refusals import CannotMeet
from portal.disclosure.tables.system import Need, System

TOLERANCE = 1e-6


@dataclass(frozen=True)
class Short:
    """A cell that cannot be moved ``wanted`` in one direction (``sign`` 1 up, -1 down).

    ``proof`` (m,) holds the prices of the sums: ``sign`` times the cell plus ``relations.T @ proof`` is a sum over all
    cells in which hidden ones can only pull back, and that is why it cannot move further.
    """

    cell: int
    sign: int
    wanted: float
    proof: Floats


class Attacker:
    """Linear programmes over the deviations from the true values: one matrix, many questions."""

    def __init__(self, system: System, hidden: Bools) -> None:
        self.cells: Ints = np.flatnonzero(hidden | system.unseen)
        sums = sparse.csr_matrix(system.relations[:, self.cells])
        self.used: Ints = np.flatnonzero(np.diff(sums.indptr) > 0)
        self.sums = sums[self.used]
        self.of_all = system.relations.shape[0]
        self.floor, self.ceiling = -system.below[self.cells], system.above[self.cells]
        self.endless = 1000 * (1 + float(system.values.max(initial=0)))
        self.place = {int(cell): at for at, cell in enumerate(self.cells)}

    def reach(self, cell: int, sign: int) -> tuple[float, Floats]:
        """How far one hidden cell can be moved (inf if without end), and the proof (m,) that it is no further."""
        aim, ceiling = np.zeros(len(self.cells)), self.ceiling.copy()
        at = self.place[cell]
        aim[at], ceiling[at] = -sign, min(ceiling[at], self.endless)
        found = self._solve(aim, self.floor, ceiling)
        proof = np.zeros(self.of_all)
        proof[self.used] = found.eqlin.marginals
        far = max(0.0, -float(found.fun))
        return (far if far < self.endless * (1 - TOLERANCE) else np.inf), proof

    def together(self, wanted: Floats, sign: int) -> Floats:
        """One feasible deviation (n,), in the direction asked, that brings many cells toward ``wanted`` (n,).

        A witness: what it reaches can be reached; what it misses may be reachable all the same. 0 asks nothing.
        """
        mine = wanted[self.cells]
        asked = mine > 0
        floor, ceiling = self.floor.copy(), self.ceiling.copy()
        if sign > 0:
            ceiling[asked] = np.minimum(ceiling[asked], mine[asked])
        else:
            floor[asked] = np.maximum(floor[asked], -mine[asked])
        found = self._solve(np.where(asked, -sign, 0.0) / np.where(asked, mine, 1.0), floor, ceiling)
        moved = np.zeros(len(wanted))
        moved[self.cells] = sign * found.x
        return moved

    def _solve(self, aim: Floats, floor: Floats, ceiling: Floats) -> Any:  # noqa: ANN401 - SciPy states no types
        bounds = np.column_stack([floor, ceiling])
        found = linprog(aim, A_eq=self.sums, b_eq=np.zeros(len(self.used)), bounds=bounds)
        if found.status != 0:
            raise CannotMeet(f"audit: the solver gave up ({found.message}); nothing is released")
        return found


def shortfalls(system: System, hidden: Bools, need: Need) -> Iterator[list[Short]]:
    """For each hidden cell that does not reach what it needs, where it falls short.

    Witnesses settle most cells together; a cell they leave open is settled by programmes of its own.
    """
    attacker = Attacker(system, hidden)
    still = {1: hidden & (need.above > 0), -1: hidden & (need.below > 0)}
    wanted = {1: need.above, -1: need.below}
    for sign in (1, -1):
        if not need.both and sign == -1:
            still[-1] &= still[1] | (need.above <= 0)
        _strike(attacker, still[sign], wanted[sign], sign)
    either = still[1] | still[-1]
    if not need.both:
        either &= (still[1] | (need.above <= 0)) & (still[-1] | (need.below <= 0))
    for cell in np.flatnonzero(either):
        asked = [sign for sign in (1, -1) if still[sign][cell]]
        found = [one for sign in asked for one in _short(attacker, int(cell), sign, float(wanted[sign][cell]))]
        if len(found) == len(asked) or (found and need.both):
            yield found


def _strike(attacker: Attacker, still: Bools, wanted: Floats, sign: int) -> None:
    """Strike from ``still`` what common deviations reach, until one reaches nothing new."""
    while still.any():
        moved = attacker.together(np.where(still, wanted, 0.0), sign)
        reached = still & (moved >= wanted - TOLERANCE)
        if not reached.any():
            return
        still &= ~reached


def _short(attacker: Attacker, cell: int, sign: int, wanted: float) -> Iterator[Short]:
    far, proof = attacker.reach(cell, sign)
    if far < wanted - TOLERANCE * (1 + wanted):
        yield Short(cell, sign, wanted, proof)


def failing(system: System, hidden: Bools, need: Need) -> Bools:
    """The cells (n,) whose feasible interval is narrower than ``need`` asks; not being hidden at all fails too."""
    failed = ~hidden & ((need.above > 0) | (need.below > 0))
    failed[[found[0].cell for found in shortfalls(system, hidden, need)]] = True
    return failed


def intervals(system: System, hidden: Bools, cells: Ints) -> Floats:
    """The feasible interval (len(cells), 2) of each of the hidden ``cells``, by two programmes each."""
    attacker = Attacker(system, hidden)
    moves = [[-attacker.reach(int(cell), -1)[0], attacker.reach(int(cell), 1)[0]] for cell in cells]
    return np.asarray(system.values[cells, None] + np.array(moves, dtype=np.float64).reshape(-1, 2))
