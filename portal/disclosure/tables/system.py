"""Cells tied together by sums. What an attacker solves: published cells are known, hidden ones are unknowns."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from portal.disclosure.classes import Bools, Floats


@dataclass(frozen=True)
class System:
    """Cells of one or several linked tables with every sum that ties them.

    ``values`` (n,) 0 or more. ``relations`` (m, n) sparse, entries 1, -1 or 0, with ``relations @ values == 0``.
    ``unseen`` (n,) cells that no table shows but that tie the tables together. ``whole``: the values are counts, so a
    value known to less than 1 is known. ``floor`` and ``ceiling`` (n,): what is known of a cell even where it is
    hidden; 0 and no end if left out.
    """

    values: Floats
    relations: sparse.csr_matrix
    unseen: Bools
    whole: bool = True
    floor: Floats | None = None
    ceiling: Floats | None = None

    @property
    def below(self) -> Floats:
        """How far each value could be lower for all that is known beforehand (n,)."""
        return self.values if self.floor is None else self.values - self.floor

    @property
    def above(self) -> Floats:
        """How far each value could be higher (n,)."""
        return np.full(len(self.values), np.inf) if self.ceiling is None else self.ceiling - self.values

    @property
    def step(self) -> Floats:
        """The least doubt that is doubt (n,): 1 for a count, a thousandth of the value for a sum."""
        return np.ones(len(self.values)) if self.whole else np.maximum(self.values / 1000, 1e-6)

    def shown_relations(self) -> sparse.csr_matrix:
        """The sums among cells of the tables alone; without bounds on the unknowns the others add nothing."""
        return self.relations[abs(self.relations) @ self.unseen.astype(np.float64) == 0]


@dataclass(frozen=True)
class Need:
    """How far around its value a hidden cell's feasible interval must reach, (n,) each, 0 where nothing is asked.

    ``both``: below and above; otherwise one of the two is enough, which is the criterion "not exactly recoverable".
    """

    below: Floats
    above: Floats
    both: bool


def not_exactly(system: System, cells: Bools) -> Need:
    """The weakest need: the cell cannot be computed."""
    least = np.where(cells, system.step, 0.0)
    return Need(least, least, both=False)


def sliding(system: System, cells: Bools, upper: Floats) -> Need:
    """An interval that reaches ``upper`` above the value, and as far below it as a value of 0 or more allows.

    Source for taking both sides alike: Hundepool et al., Statistical Disclosure Control (2012), chapter 4.
    """
    above = np.where(cells, np.maximum(upper, system.step), 0.0)
    return Need(np.minimum(above, system.values), above, both=True)
