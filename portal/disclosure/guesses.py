"""Guessing hidden cells. Who knows the rule can leave out the values shown beside them; who does not, cannot."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from portal.disclosure.cells import Cells
from portal.disclosure.classes import Bools, Floats, Ints, class_of
from portal.disclosure.codes import distinct, worded
from portal.disclosure.ruleset import Key

ENOUGH = 30
"""Fewer hidden cells are not judged."""
OVERALL = 0.02
"""Who knows the rule may guess hidden cells so much better, over all of a column."""
PER_VALUE = 0.05
"""And so much better where the cells have a value in common."""
EVEN = 0.5
TWICE = 2.0
FEW = 64
"""A column with more distinct values than this teaches a guesser noise."""
RULED_OUT = -1e12


def fair(base: Floats) -> Floats:
    """The share of yes that hidden answers may have where it is ``base`` (0..1) among all.

    As much; and up to twice as much, as long as that is a half at most: then who guesses "no" is as often right.
    """
    return np.maximum(base, np.minimum(EVEN, TWICE * base))


@dataclass(frozen=True)
class Guesses:
    """Guesses of one column's hidden cells: ``truth`` (m,), and value numbers guessed per variant, each (m,)."""

    values: tuple[str, ...]
    truth: Ints
    without: tuple[Ints, ...]
    knowing: tuple[Ints, ...]


def guess(truth: pd.DataFrame, released: pd.DataFrame, keys: Sequence[Key], column: str, *, hidden: str) -> Guesses:
    """Guess ``column`` where it is hidden, the next coarser level of its family is shown, and the truth is at hand.

    ``truth`` and ``released`` hold the same records in the same order. Both guessers learn from released rows that
    show the column, over all released columns (naive Bayes, with and without the values' frequencies), and know the
    values the codebook lists. The one who knows the rule also leaves out every value that, put in the cell, gives a
    class which is in the file; where there is no such value, the two guess alike and nothing is learnt at all.
    """
    family = next(key for key in keys if column in key.columns)
    coarser = list(family.columns[: family.columns.index(column)])
    values = tuple(sorted({*distinct(truth[column]), *distinct(released[column])} - {hidden}))
    true, told = numbers(truth[column], values), numbers(released[column], values)
    asked = (told < 0) & (true >= 0)
    for name in coarser:
        asked &= ~Cells.of(released[name]).hold(hidden)
    cells = np.flatnonzero(asked)
    right = true[cells]
    out = _ruled_out(released, keys, column, told, (cells, len(values)))
    if not out.any():
        blind = np.zeros(len(right), dtype=np.int64)
        return Guesses(values, right, (blind,), (blind,))
    shown = np.flatnonzero(told >= 0)
    known = told[shown]
    prior = np.log(np.bincount(known, minlength=len(values)) + 0.5)
    evidence = np.zeros((len(cells), len(values)))
    for name in [*coarser, *_features(released, keys, family)]:
        found = distinct(released[name])
        codes = numbers(released[name], found)
        learnt = likelihood(codes[shown], known, (len(values), len(found)), blur=1e-9 if name in coarser else 0.5)
        if hidden in found:
            learnt[:, found.index(hidden)] = 0.0
        evidence += learnt.T[codes[cells]]
    scores = (evidence + prior, evidence)
    return Guesses(
        values,
        right,
        tuple(score.argmax(axis=1) for score in scores),
        tuple(np.where(out, score + RULED_OUT, score).argmax(axis=1) for score in scores),
    )


def numbers(column: "pd.Series[str]", values: Sequence[str]) -> Ints:
    """Which of the values each cell holds (n,), -1 for none of them."""
    codes, words = worded(column)
    number = {value: at for at, value in enumerate(values)}
    return np.array([number.get(word, -1) for word in words], dtype=np.int64)[codes]


def _features(released: pd.DataFrame, keys: Sequence[Key], family: Key) -> list[str]:
    key_columns = [column for key in keys for column in key.columns]
    others = [name for name in released.columns if name not in key_columns and len(distinct(released[name])) <= FEW]
    return [column for column in key_columns if column not in family.columns] + others


def likelihood(told: Ints, known: Ints, shape: tuple[int, int], *, blur: float) -> Floats:
    """Log likelihood of every told value under every value known, shape (values, told values)."""
    table = np.bincount(known * shape[1] + told, minlength=shape[0] * shape[1]).reshape(shape).astype(np.float64)
    return np.asarray(np.log((table + blur) / (table.sum(axis=1, keepdims=True) + blur * shape[1])))


def _ruled_out(released: pd.DataFrame, keys: Sequence[Key], column: str, told: Ints, asked: tuple[Ints, int]) -> Bools:
    """Which values would put the asked row into a class that the file shows, shape (m, values)."""
    beside = [name for key in keys for name in key.columns if name != column]
    class_ = class_of(released, beside) if beside else np.zeros(len(released), dtype=np.int64)
    cells, values = asked
    there = np.zeros((int(class_.max(initial=-1)) + 1, values), dtype=bool)
    shown = told >= 0
    there[class_[shown], told[shown]] = True
    return np.asarray(there[class_[cells]])
