"""A chart of ways to protect a file: risk to the right, what is kept upwards. Numbers only; the template draws them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10
from typing import Any

WIDTH, HEIGHT = 360.0, 220.0
LEFT, RIGHT, TOP, BOTTOM = 42.0, 24.0, 20.0, 34.0
MOST_TICKS = 5


@dataclass(frozen=True)
class Dot:
    """One way in the chart, at ``x``, ``y`` in the chart's units; ``k`` is its smallest group."""

    x: float
    y: float
    k: int
    chosen: bool
    best: bool


@dataclass(frozen=True)
class Chart:
    """Everything to draw: the dots, the line through the best of them, and where the axes have marks."""

    dots: tuple[Dot, ...]
    line: str
    x_marks: tuple[tuple[float, float], ...]
    y_marks: tuple[tuple[float, float], ...]
    width: float = WIDTH
    height: float = HEIGHT
    left: float = LEFT
    bottom: float = HEIGHT - BOTTOM
    right: float = WIDTH - RIGHT
    top: float = TOP


def of_lines(lines: Sequence[Mapping[str, Any]]) -> Chart | None:
    """Draw lines of the table: ``k``, ``mean_risk`` and ``kept`` (0..1 each), and if each is ``chosen``, ``best``."""
    if not lines:
        return None
    risks, kept = [float(one["mean_risk"]) for one in lines], [float(one["kept"]) for one in lines]
    x_marks, y_marks = marks(0.0, max(risks)), marks(min(kept), max(kept))
    to_x = _scale(x_marks, LEFT, WIDTH - RIGHT)
    to_y = _scale(y_marks, HEIGHT - BOTTOM, TOP)
    dots = [
        Dot(round(to_x(risk), 1), round(to_y(value), 1), one["k"], bool(one["chosen"]), bool(one["best"]))
        for one, risk, value in zip(lines, risks, kept, strict=True)
    ]
    line = " ".join(f"{dot.x},{dot.y}" for dot in sorted((dot for dot in dots if dot.best), key=lambda dot: dot.x))
    return Chart(
        tuple(dots),
        line,
        tuple((round(to_x(mark), 1), mark) for mark in x_marks),
        tuple((round(to_y(mark), 1), mark) for mark in y_marks),
    )


def marks(low: float, high: float) -> list[float]:
    """Round numbers from at most ``low`` to at least ``high``, at most five steps apart.

    >>> marks(0.0, 0.093)
    [0.0, 0.02, 0.04, 0.06, 0.08, 0.1]
    """
    spread = max(high - low, 0.01)
    power = 10.0 ** floor(log10(spread / MOST_TICKS))
    step = next(one * power for one in (1, 2, 5, 10) if spread / (one * power) <= MOST_TICKS)
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    return [round(at * step, 9) for at in range(first, max(last, first + 1) + 1)]


def _scale(between: Sequence[float], start: float, end: float) -> Callable[[float], float]:
    low, high = between[0], between[-1]
    return lambda value: start + (end - start) * (value - low) / (high - low)
