"""Which cells say too much by themselves. Each rule also says how high a cell would have to be to pass."""

from dataclasses import dataclass

import numpy as np

from portal.disclosure.classes import Bools, Floats, Ints
from portal.disclosure.refusals import BadInput


@dataclass(frozen=True)
class TableRules:
    """``minimum`` records for a count or sum; ``rate_minimum`` answered records for a share. Sums of a variable are
    also hidden where the largest contribution is more than ``dominance`` percent of the cell, or where the second
    largest contributor can guess the largest to within ``p`` percent.
    """

    minimum: int = 10
    rate_minimum: int = 30
    dominance: float = 85.0
    p: float = 10.0

    def __post_init__(self) -> None:
        if self.minimum < 3:
            raise BadInput("minimum: below 3 protects nobody")
        if self.rate_minimum < self.minimum:
            raise BadInput("rate_minimum: below the minimum for counts, a share would tell a count that is hidden")
        if not 0 < self.dominance < 100:
            raise BadInput("dominance: must be above 0 and below 100 percent")
        if not 0 < self.p <= 100:
            raise BadInput("p: must be above 0 and at most 100 percent")


def too_few(count: Ints, minimum: int) -> Bools:
    """Cells with records, but fewer than ``minimum``. An empty cell is no record's cell.

    >>> too_few(np.array([0, 1, 9, 10]), 10).tolist()
    [False, True, True, False]
    """
    return (count > 0) & (count < minimum)


def dominated(largest: Floats, total: Floats, percent: float) -> Bools:
    """The (n, k) rule for sums: the n largest contributions, summed in ``largest``, are more than k percent.

    Source: Hundepool et al., Statistical Disclosure Control (2012), section 4.2.

    >>> dominated(np.array([85.0, 86.0]), np.array([100.0, 100.0]), 85).tolist()
    [False, True]
    """
    return (total > 0) & (largest > percent / 100 * total)


def guessable(top: Floats, total: Floats, percent: float) -> Bools:
    """The p percent rule: ``top`` (n, 2) the two largest; what the others add is less than p percent of the largest.

    The second largest knows its own part and that the others add 0 or more. Source: the same, section 4.2.

    >>> guessable(np.array([[100.0, 50.0], [100.0, 50.0]]), np.array([159.0, 160.0]), 10).tolist()
    [True, False]
    """
    return np.asarray((total > 0) & (total - top.sum(axis=1) < percent / 100 * top[:, 0]))


def above_few(count: Floats, minimum: int) -> Floats:
    """How far above its value a hidden count must be possible: until it would pass."""
    return np.maximum(minimum - count, 0.0)


def above_dominated(largest: Floats, total: Floats, percent: float) -> Floats:
    """The same for dominance: a total of ``100 / k`` times the largest would pass. Source: the same, section 4.3."""
    return np.maximum(largest * 100 / percent - total, 0.0)


def above_guessable(top: Floats, total: Floats, percent: float) -> Floats:
    """The same for p percent. Source: the same, section 4.3."""
    return np.asarray(np.maximum(percent / 100 * top[:, 0] - (total - top.sum(axis=1)), 0.0))


def one_answer(count: Ints, groups: Ints, telling: Bools) -> Bools:
    """Zeros that disclose: in a group all of whose records gave one answer, everybody's answer is known.

    Parameters
    ----------
    count : (n,) cells of single answers. ``groups`` (n,) which group each stands in. ``telling`` (n,) whether that all
        gave this answer would be a disclosure.

    Returns
    -------
    (n,) the cells of such groups, the zeros too: each zero says what nobody there answered.

    >>> one_answer(np.array([7, 0, 6, 1]), np.array([0, 0, 1, 1]), np.array([True, True, True, True])).tolist()
    [True, True, False, False]
    """
    size = int(groups.max(initial=-1)) + 1
    whole = np.bincount(groups, weights=count, minlength=size)[groups]
    all_of_it = (count > 0) & (count == whole) & telling
    return np.isin(groups, groups[all_of_it])
