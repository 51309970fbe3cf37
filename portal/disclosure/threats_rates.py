"""How often an attack succeeds on people in the file, beyond how often it does on people who are not in it.

What is guessed as well about somebody who was never in a file was not learnt from being in it: the success on a control
group is taken off. Source: Giomi, Boenisch, Wehmeyer & Tasnádi, A Unified Framework for Quantifying Privacy Risk in
Synthetic Data, PoPETs 2023 (2).

The risk is 1 less a ratio of two shares, those whom the attacks miss in the file and in the control group. Its interval
is therefore the score interval of a ratio: Miettinen & Nurminen, Comparative analysis of two rates, Statistics in
Medicine 4 (1985). It holds where the control group is almost always guessed right and misses are few; the linear
approximation of the first source does not, and then raises false alarms.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

CONFIDENCE = 0.95
STEPS = 40
"""Halvings of an interval of length 1: a millionth of a millionth is left."""


@dataclass(frozen=True)
class Tried:
    """Attacks on people in the file (``attacks``, of which ``hits`` succeeded) and on the control group.

    Hits may be fractions: the sum of the chances of success, where an attacker has to draw among equals. The interval
    is then wider than it need be, for a sum of chances varies less than that many yes or no.
    """

    attacks: int
    hits: float
    control_attacks: int
    control_hits: float


@dataclass(frozen=True)
class Risk:
    """What being in the file adds: (attack - control) / (1 - control), -1..1, below 0 where it adds nothing.

    ``low`` and ``high`` (0..1) bound it with the confidence asked for; ``success`` and ``control`` are plain shares.
    """

    attacks: int
    success: float
    control: float
    value: float
    low: float
    high: float


def risk_of(tried: Tried, *, together: int = 1) -> Risk:
    """The risk with its interval; of ``together`` such intervals all hold with 95 % (Bonferroni).

    Nothing tried on either side is no risk, and nothing known about it: 0, from 0 to 1. So it is where nobody at all is
    missed. Where the control group alone never is, the risk is 0: nothing can be added to certainty.
    """
    if not tried.attacks or not tried.control_attacks:
        return Risk(tried.attacks, 0.0, 0.0, 0.0, 0.0, 1.0)
    z = NormalDist().inv_cdf(1 - (1 - CONFIDENCE) / 2 / max(together, 1))
    missed = max(tried.attacks - tried.hits, 0.0), max(tried.control_attacks - tried.control_hits, 0.0)
    shares = missed[0] / tried.attacks, missed[1] / tried.control_attacks
    value = max(1 - shares[0] / shares[1], -1.0) if shares[1] > 0 else 0.0

    def score(ratio: float) -> float:
        return ratio_score(missed, (tried.attacks, tried.control_attacks), ratio)

    return Risk(
        tried.attacks,
        round(1 - shares[0], 6),
        round(1 - shares[1], 6),
        round(value, 6),
        round(max(1 - _where(lambda ratio: score(ratio) <= -z), 0.0), 6),
        round(max(1 - _where(lambda ratio: score(ratio) <= z), 0.0), 6),
    )


def ratio_score(missed: tuple[float, float], tried: tuple[int, int], ratio: float) -> float:
    """How many standard errors the shares ``missed / tried`` lie above a ratio of first to second; falls with it.

    The errors are those of the likeliest two shares that stand in exactly this ratio (0 < ratio).
    """
    (first, second), (rows, others) = missed, tried
    linear = ratio * (rows + second) + first + others
    product = ratio * (rows + others) * (first + second)
    other = (linear - sqrt(max(linear * linear - 4 * product, 0.0))) / (2 * ratio * (rows + others))
    one = min(ratio * other, 1.0)
    small = (rows + others) / (rows + others - 1)
    variance = (one * (1 - one) / rows + ratio**2 * other * (1 - other) / others) * small
    away = first / rows - ratio * second / others
    return away / sqrt(variance) if variance > 0 else 0.0


def _where(below: Callable[[float], bool]) -> float:
    """The ratio (0..1) from which a falling score is ``below``; 1 if it never is, which is a risk of 0."""
    low, high = 0.0, 1.0
    for _ in range(STEPS):
        middle = (low + high) / 2
        low, high = (low, middle) if below(middle) else (middle, high)
    return high
