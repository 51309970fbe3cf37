"""Controlled rounding: every cell a multiple of the base next to its count, and every sum still holds."""

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from portal.disclosure.classes import Ints
from portal.disclosure.refusals import BadInput, CannotMeet
from portal.disclosure.tables.system import System

FARTHER = 2
"""In tables of three and more dimensions sums may not fit with neighbours alone; then some cells go this much farther,
each step as dear as ten neighbours."""
MOST_NODES = 2_000


def rounded(system: System, base: int) -> Ints:
    """Multiples of ``base`` (n,), as close to the counts as sums allow; a multiple stays, so a zero stays a zero.

    Raises
    ------
    BadInput
        If the base is below 3, or the values are no counts.
    CannotMeet
        If no such table was found.

    Source: Salazar-González, Controlled rounding and cell perturbation, Mathematical Programming 105 (2006).
    """
    if base < 3:
        raise BadInput("base: below 3 protects nobody")
    if not system.whole or system.unseen.any():
        raise BadInput("rounding: is for the counts of one table")
    cells, down = len(system.values), np.floor(system.values / base)
    rest = system.values - down * base
    free = rest > 0
    sums = system.relations
    found = milp(
        np.concatenate([np.where(free, base - 2 * rest, 0.0), np.full(2 * cells, 10.0 * base)]),
        constraints=LinearConstraint(sparse.hstack([sums, sums, -sums], format="csr"), -(sums @ down), -(sums @ down)),
        integrality=np.ones(3 * cells),
        bounds=Bounds(
            0, np.concatenate([free, np.where(free, FARTHER, 0), np.where(free, np.minimum(FARTHER, down), 0)])
        ),
        options={"node_limit": MOST_NODES, "mip_rel_gap": 1e-3},
    )
    if found.x is None:
        raise CannotMeet(f"rounding: no additive table with base {base} was found ({found.message})")
    up, more, fewer = np.rint(found.x).reshape(3, cells)
    return np.asarray((down + up + more - fewer) * base).astype(np.int64)


def as_published(system: System, shown: Ints, base: int) -> System:
    """What a rounded table tells: each count lies less than ``farthest`` from what is shown, and 0 or above.

    The distance is the farthest any cell of this table went, as the table's note must say.
    """
    farthest = max(base - 1.0, float(np.abs(shown - system.values).max()))
    return System(
        system.values,
        system.relations,
        system.unseen,
        floor=np.maximum(0.0, shown - farthest),
        ceiling=(shown + farthest).astype(np.float64),
    )
