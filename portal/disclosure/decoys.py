"""Answers that are hidden for company, so that hiding one tells nothing.

A class loses an answer because it agrees on it; who knows the rule would say "yes" of everybody who lost it, and be
right. So classes of which few say yes lose it too, until a hidden answer is not much likelier a yes than any answer is.
Source of the attack: Wong, Fu, Wang & Pei, Minimality Attack in Privacy Preserving Data Publishing, VLDB 2007.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from portal.disclosure.classes import Bools, Floats, Ints
from portal.disclosure.guesses import ENOUGH, OVERALL, PER_VALUE, fair

SPARE = 0.01
"""How much of the attacker's limit is left unused: later versions keep hidden what was, while people leave."""


def ceiling(base: Floats, slack: float) -> Floats:
    """The share of yes that hidden answers may have where it is ``base`` among all."""
    return np.maximum(fair(base), base + slack)


@dataclass
class Hidden:
    """A sensitive code over classes (C,): answers and yes in all, and those of them that are hidden so far."""

    answers: Ints
    yes: Ints
    lost: Ints
    lost_yes: Ints

    @classmethod
    def of(cls, truth: Ints, hidden: Bools, classes: Ints) -> "Hidden":
        """Count rows: ``truth`` (n,) 1 yes, 0 no, -1 no answer or not known; ``hidden`` and ``classes`` (n,)."""
        size = int(classes.max(initial=-1)) + 1
        rows = (truth >= 0, truth == 1, (truth >= 0) & hidden, (truth == 1) & hidden)
        return cls(*(np.bincount(classes[one], minlength=size).astype(np.int64) for one in rows))

    def take(self, chosen: Ints) -> None:
        """Hide what these classes still show."""
        self.lost[chosen], self.lost_yes[chosen] = self.answers[chosen], self.yes[chosen]

    def company(self, group: Ints, most: float) -> Ints:
        """The fewest classes of a group to hide beside, those with the fewest yes first, to keep the share."""
        shown = self.answers[group] - self.lost[group]
        there = group[shown > 0]
        rows = self.answers[there] - self.lost[there]
        yes = self.yes[there] - self.lost_yes[there]
        order = np.argsort(yes / rows, kind="stable")
        lost = self.lost[group].sum() + np.cumsum(rows[order])
        enough = self.lost_yes[group].sum() + np.cumsum(yes[order]) <= most * lost
        return there[order[: int(np.argmax(enough)) + 1]] if enough.any() else there


def decoys(truth: Ints, hidden: Bools, classes: Ints, marks: Sequence[Ints]) -> Bools:
    """Which rows (n,) lose the answer for company; whole classes, none where nothing gives itself away.

    Parameters
    ----------
    truth, hidden, classes : as for ``Hidden.of``.
    marks : per key column the number of each row's value (n,); one value per class.

    Over all hidden answers the share of yes is then ``fair`` beside that of all answers, or a point above it; among
    those with one value of a key column, where there are 30 or more, fair beside the value's, or 4 points above it.
    """
    counted = Hidden.of(truth, hidden, classes)
    if not counted.lost.any():
        return np.zeros(len(truth), dtype=bool)
    first = np.empty(len(counted.lost), dtype=np.int64)
    first[classes] = np.arange(len(classes))
    columns = [np.zeros(len(first), dtype=np.int64), *(mark[first] for mark in marks)]
    taken = np.zeros(len(first), dtype=bool)
    while (found := next(_told(counted, columns), None)) is not None:
        chosen = counted.company(*found)
        counted.take(chosen)
        taken[chosen] = True
    return np.asarray(taken[classes])


def _told(counted: Hidden, columns: Sequence[Ints]) -> Iterator[tuple[Ints, float]]:
    """Groups of classes whose hidden answers tell too much, with the share they may have; all classes first."""
    for at, value in enumerate(columns):
        lost, lost_yes, answers, yes = (
            np.bincount(value, weights=one) for one in (counted.lost, counted.lost_yes, counted.answers, counted.yes)
        )
        most = ceiling(yes / np.maximum(answers, 1), (PER_VALUE if at else OVERALL) - SPARE)
        for group in np.flatnonzero((lost_yes > most * lost + 1e-9) & (lost >= (ENOUGH if at else 1))):
            yield np.flatnonzero(value == group), float(most[group])
