"""How far a class's answers lie from the file's: t-closeness and beta-likeness. Only answers that occur are counted.

A class tells of its members whatever its answers say that the file's do not. t-closeness bounds the distance of the two
distributions, beta-likeness how much more likely a class makes a single answer. Both are measured, none is enforced.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from portal.disclosure.classes import class_of, need, pack, text
from portal.disclosure.codes import Floats, Ints
from portal.disclosure.missing import UNANSWERED
from portal.disclosure.refusals import BadInput

SLACK = 1e-12
"""Shares are quotients: what is equal by definition may differ by this much."""


@dataclass(frozen=True)
class Answers:
    """Answers within classes: ``rows`` (c,) rows of class ``group`` (c,) give answer ``value`` (c,); all c are above 0.

    Cells are in order of class, then of value. ``base`` (V,) is the share of each answer in the whole file, and
    ``sizes`` (C,) the rows of each class.
    """

    group: Ints
    value: Ints
    rows: Ints
    base: Floats
    sizes: Ints

    @cached_property
    def share(self) -> Floats:
        """The share of each cell in its class (c,), above 0 and up to 1."""
        return np.asarray(self.rows / self.sizes[self.group])

    def worst(self, found: Floats) -> Floats:
        """The largest of the cells' figures in each class (C,), and 0 where all are below."""
        most = np.zeros(len(self.sizes))
        np.maximum.at(most, self.group, found)
        return most

    def total(self, found: Floats) -> Floats:
        """The sum of the cells' figures in each class (C,)."""
        return np.bincount(self.group, weights=found, minlength=len(self.sizes)).astype(np.float64)


def answers(frame: pd.DataFrame, keys: Sequence[str], variable: str, *, order: Sequence[str] | None = None) -> Answers:
    """Count the answers to ``variable`` in the strict classes over ``keys``; all missing ones together are one answer.

    ``order`` lists the values in their order, for ``ordered``; missing stands before the first. Without it they are
    ordered as numbers where all of them are (``ordered`` reads them so), else as text.

    Raises
    ------
    BadInput
        If a column is absent, or an answer is not in ``order``.
    """
    need(frame, [*keys, variable])
    group = class_of(frame, keys)
    value, count = _valued(frame[variable], variable, order)
    cell = group * max(count, 1) + value
    number = pack([cell])
    there = np.zeros(int(number.max(initial=-1)) + 1, dtype=np.int64)
    there[number] = cell
    base = np.bincount(value, minlength=count) / max(len(frame), 1)
    return Answers(
        there // max(count, 1), there % max(count, 1), np.bincount(number).astype(np.int64), base, np.bincount(group)
    )


def _valued(column: "pd.Series[Any]", name: str, order: Sequence[str] | None) -> tuple[Ints, int]:
    """Each row's answer as a number by its order (n,), and how many numbers there are: those that occur, or of order.

    Where an order is given, a value that nobody answers keeps its place in it: it lies between its neighbours.
    """
    codes, found = _factorized(column)
    told = set(found) - UNANSWERED
    asked = sorted(told, key=_rank) if order is None else list(order)
    if told - set(asked):
        raise BadInput(f"{name}: holds an answer that its order does not list")
    first = int(any(found[at] in UNANSWERED for at in np.unique(codes)))
    place = {word: at for at, word in enumerate(asked, start=first)}
    return np.array([place.get(word, 0) for word in found], dtype=np.int64)[codes], first + len(asked)


def _factorized(column: "pd.Series[Any]") -> tuple[Ints, list[str]]:
    """Numbers into a list of texts, whose last is the empty one: -1, as pandas numbers what is missing, finds it."""
    codes, values = pd.factorize(text(column) if column.dtype == object else column)
    return codes.astype(np.int64), [*map(str, text(pd.Series(values))), ""]


def _rank(word: str) -> tuple[float, str]:
    """Numbers by their size, before all other words."""
    number = _number(word)
    return (np.inf if number is None else number), word


def _number(word: str) -> float | None:
    try:
        number = float(word)
    except ValueError:
        return None
    return number if np.isfinite(number) else None


def numeric(column: "pd.Series[Any]") -> bool:
    """Whether all answers of a column are numbers, and there is one: then they have an order of their own."""
    told = set(_factorized(column)[1]) - UNANSWERED
    return bool(told) and all(_number(word) is not None for word in told)


def nominal(told: Answers) -> Floats:
    """The variational distance of each class from the file, (C,), 0..1: the share of it that would have to change.

    Source: Li, Li & Venkatasubramanian, t-Closeness, ICDE 2007 (equal distance).
    """
    return told.total(np.maximum(told.share - told.base[told.value], 0.0))


def ordered(told: Answers) -> Floats:
    """The earth mover's distance of each class from the file, (C,), 0..1; neighbouring values are 1/(V - 1) apart.

    It is the sum of the differences of the two cumulated distributions, over V - 1. Between two answers that a class
    gives, its own one stands still: there the sum has a closed form, so that no class is spread over all V values.
    Source: Li, Li & Venkatasubramanian, t-Closeness, ICDE 2007 (ordered distance).
    """
    values = len(told.base)
    if values < 2:
        return np.zeros(len(told.sizes))
    file = np.cumsum(told.base)  # of the file, up to and with each value
    before = np.concatenate([[0.0], np.cumsum(file)])
    begins = np.diff(told.group, prepend=-1) > 0
    running = np.cumsum(told.share)
    start = np.where(begins, running - told.share, 0.0)
    level = running - np.maximum.accumulate(start)  # of the class, from this answer to its next one
    end = np.where(np.append(begins[1:], True), values, np.append(told.value[1:], 0))
    crossed = np.clip(np.searchsorted(file, level), told.value, end)
    below = (crossed - told.value) * level - (before[crossed] - before[told.value])
    above = (before[end] - before[crossed]) - (end - crossed) * level
    lead = told.total(np.where(begins, before[told.value], 0.0))  # before its first answer the class stands at 0
    return (lead + told.total(below + above)) / (values - 1)


def gains(told: Answers) -> Floats:
    """How much likelier each class makes each of its answers, relative to the file (c,): (q - p) / p, above -1."""
    base = told.base[told.value]
    return np.asarray((told.share - base) / base)


def likeness(told: Answers) -> Floats:
    """Basic beta-likeness of each class (C,), 0 or more: its largest relative gain of an answer, (q - p) / p for q > p.

    Source: Cao & Karras, Publishing Microdata with a Robust Privacy Guarantee, PVLDB 5 (2012).
    """
    return told.worst(gains(told))


def enhanced(told: Answers) -> Floats:
    """Enhanced beta-likeness of each class (C,): the least beta that it keeps, inf where it keeps none.

    It asks that each gain is at most min(beta, -ln p), so that a frequent answer may gain less than a rare one: where a
    gain is beyond -ln p, no beta helps. Source: as for ``likeness``.
    """
    return np.where(excess(told) > SLACK, np.inf, likeness(told))


def excess(told: Answers) -> Floats:
    """By how much a gain is beyond -ln p in each class (C,), 0 or more: where it is 0, beta-likeness is enhanced."""
    return told.worst(gains(told) + np.log(told.base[told.value]))
