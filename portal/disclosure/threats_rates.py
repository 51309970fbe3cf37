"""How often an attack succeeds on people in the file, beyond how often it does on people who are not in it.

What is guessed as well about somebody who was never in a file was not learnt from being in it: the success on a control
group is taken off. Source: Giomi, Boenisch, Wehmeyer & Tasnádi, A Unified Framework for Quantifying Privacy Risk in
Synthetic Data, PoPETs 2023 (2); intervals after Wilson (1927).
"""

from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

CONFIDENCE = 0.95


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
    """What being in the file adds: (attack - control) / (1 - control), at most 1, below 0 where it adds nothing.

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

    Nothing tried on either side is no risk, and nothing known about it: 0, from 0 to 1.
    """
    if not tried.attacks or not tried.control_attacks:
        return Risk(tried.attacks, 0.0, 0.0, 0.0, 0.0, 1.0)
    z = NormalDist().inv_cdf(1 - (1 - CONFIDENCE) / 2 / max(together, 1))
    attack, attack_error = wilson(tried.hits, tried.attacks, z)
    control, control_error = wilson(tried.control_hits, tried.control_attacks, z)
    value = (attack - control) / (1 - control)
    error = sqrt(attack_error**2 + (control_error * (1 - attack) / (1 - control)) ** 2) / (1 - control)
    return Risk(
        tried.attacks,
        round(tried.hits / tried.attacks, 6),
        round(tried.control_hits / tried.control_attacks, 6),
        round(value, 6),
        round(min(max(value - error, 0.0), 1.0), 6),
        round(min(max(value + error, 0.0), 1.0), 6),
    )


def wilson(hits: float, trials: int, z: float) -> tuple[float, float]:
    """The middle and the half width of Wilson's score interval for a share; ``z`` in standard deviations.

    >>> [round(one, 4) for one in wilson(0, 10, 1.96)]
    [0.1388, 0.1388]
    """
    middle = (hits + z * z / 2) / (trials + z * z)
    return middle, z / (trials + z * z) * sqrt(hits * (trials - hits) / trials + z * z / 4)
