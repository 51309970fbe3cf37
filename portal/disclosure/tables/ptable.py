"""Perturbation tables: how likely each change of a count is. The most random one with the stated mean and variance."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from portal.disclosure.classes import Floats, Ints
from portal.disclosure.refusals import BadInput

WHOLE = 2.0**64
NEWTON_STEPS = 200
ROUNDING = 1e-14
EXACT = 1e-10


@dataclass(frozen=True)
class PTable:
    """``rows`` one per count from 0: the changes in ascending order and the upper ends of their intervals in (0, 1].

    Counts past the last row use the last row.
    """

    rows: tuple[tuple[Ints, Floats], ...]
    variance: float

    def noise(self, count: Ints, keys: npt.NDArray[np.uint64]) -> Ints:
        """The change of each cell (n,). The key, read as a number from 0 up to 1, falls into one interval."""
        where = keys / WHOLE
        row = np.minimum(count, len(self.rows) - 1)
        change = np.zeros(len(count), dtype=np.int64)
        for at in np.unique(row):
            steps, ends = self.rows[at]
            mine = row == at
            change[mine] = steps[np.searchsorted(ends[:-1], where[mine], side="right")]
        return change


def ptable(*, most: int = 5, variance: float = 3.0, unseen: int = 2, stay: float = 0.5) -> PTable:
    """Make the table of greatest entropy.

    Parameters
    ----------
    most : the largest change, 1 or more. variance : of the change, for every count but 0.
    unseen : counts 1 to this one never come out. stay : the share of counts above ``unseen`` that stay.

    Raises
    ------
    BadInput
        If no distribution has these properties.

    Source: Enderle, Giessing and Tent (2018), Designing confidentiality on the fly methodology: p(v) is proportional
    to exp(a v + b v**2) among the changes allowed, because that form alone has the greatest entropy.
    """
    if most < 1 or not variance > 0 or unseen < 0 or not 0 <= stay < 1:
        raise BadInput("ptable: most 1 or more, variance above 0, unseen 0 or more, stay from 0 to below 1")
    rows = [(np.zeros(1, dtype=np.int64), np.ones(1))]
    for count in range(1, most + unseen + 2):
        outcome = np.arange(max(count - most, 0), count + most + 1)
        steps = outcome[(outcome == 0) | (outcome > unseen)] - count
        kept = stay if 0 in steps else 0.0
        moved = steps[steps != 0]
        share = (1 - kept) * _most_random(moved.astype(np.float64), variance / (1 - kept), count)
        chance = np.where(steps == 0, kept, 0.0)
        chance[steps != 0] = share
        rows.append((steps.astype(np.int64), np.cumsum(chance)))
    return PTable(tuple(rows), variance)


def _most_random(steps: Floats, variance: float, count: int) -> Floats:
    """The chances (v,) of greatest entropy with mean 0 and this variance, by Newton's method on the dual."""
    features = np.column_stack([steps, steps**2])
    target, weight = np.array([0.0, variance]), np.zeros(2)
    for _ in range(NEWTON_STEPS):
        chance = _chance(features, weight)
        off = target - chance @ features
        if np.abs(off).max() < EXACT:
            return chance
        centred = features - chance @ features
        weight = _improved(features, target, weight, np.linalg.pinv((centred * chance[:, None]).T @ centred) @ off)
    raise BadInput(f"variance: no noise of mean 0 and this variance exists for a count of {count}")


def _chance(features: Floats, weight: Floats) -> Floats:
    power = features @ weight
    raw = np.exp(power - power.max())
    return np.asarray(raw / raw.sum())


def _improved(features: Floats, target: Floats, weight: Floats, step: Floats) -> Floats:
    """Go along the step as far as the dual falls: a whole step overshoots where the target is near an end."""
    was, share = _dual(features, target, weight), 1.0
    while share > EXACT and _dual(features, target, weight + share * step) > was + ROUNDING:
        share /= 2
    return weight + share * step


def _dual(features: Floats, target: Floats, weight: Floats) -> float:
    power = features @ weight
    return float(power.max() + np.log(np.exp(power - power.max()).sum()) - weight @ target)
