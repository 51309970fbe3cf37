"""A candidate beside everything that left before: which classes it would make, and which of them must not be.

Every class that a release has ever shown anything of keeps at least k interviews and stays diverse, in what the
candidate shows and in what it leaves behind: being out of a file is a view too. A class that stays as it is costs
nothing, whatever its size; one already below k (only a registered publication makes such) can therefore not be split.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from portal.disclosure.classes import Bools, Ints
from portal.disclosure.diversity import Block
from portal.disclosure.interviews import packed
from portal.disclosure.ledger import UNTOLD, YES, Ledger, Small, Views
from portal.disclosure.refusals import BadInput
from portal.disclosure.ruleset import Limits


@dataclass(frozen=True)
class Terms:
    """What the ledger enforces.

    ``most_lost`` is the largest share of the cells asked for that may be hidden by company; above it the wish is
    refused. After ``refusals`` within ``days`` days, by organisation and dataset, a person decides.
    """

    k: int
    limits: Limits = field(default_factory=Limits)
    most_lost: float = 0.5
    refusals: int = 5
    days: int = 90

    def __post_init__(self) -> None:
        if self.k < 2:
            raise BadInput("k: below 2 protects nobody")
        if not 0 <= self.most_lost < 1:
            raise BadInput("most_lost: must be a share of at least 0 and below 1")


@dataclass(frozen=True)
class Joint:
    """Old and new classes of a candidate's m interviews, C old classes being known.

    ``at`` (m,) rows of the ledger, -1 for who never left; ``was`` (m,) old classes, C for who never left; ``now`` (m,)
    classes after the release, 0 upward; ``size`` (C + 1,) interviews of each old class and ``left`` (C + 1,) those
    that the candidate leaves out. Who never left and is left out again is not counted: of them nothing is shown.
    """

    at: Ints
    was: Ints
    now: Ints
    size: Ints
    left: Ints

    @property
    def touched(self) -> Bools:
        """Old classes that the candidate shows something of, shape (C + 1,)."""
        return np.bincount(self.was, minlength=len(self.size)) > 0

    @property
    def kept(self) -> Bools:
        """Classes that stay exactly as they are, shape (classes after,)."""
        grown = np.bincount(self.now)
        before = np.zeros(len(grown), dtype=np.int64)
        before[self.now] = self.size[self.was]
        return np.asarray(grown == before)


def meet(ledger: Ledger, views: Views) -> Joint:
    """Every old class divided by what the candidate shows."""
    at = ledger.rows(views.ids)
    size = np.append(ledger.sizes, 0)
    never = len(size) - 1
    was = np.where(at < 0, never, ledger.of[at] if len(ledger.of) else never)
    now = pd.factorize(was * max(len(views.labels), 1) + views.code)[0].astype(np.int64)
    left = np.maximum(size - np.bincount(was, minlength=len(size)), 0)
    return Joint(at, was, now, size, left)


@dataclass(frozen=True)
class Faults:
    """What stands against a candidate. ``thin`` (m,) interviews of classes below k; ``leaving`` (C + 1,) old classes
    of which too few would be left behind; ``agreeing`` per sensitive answer the interviews (m,) of classes that agree
    too much on it; ``behind`` (C + 1,) old classes whose part left behind would.
    """

    thin: Bools
    leaving: Bools
    agreeing: Mapping[str, Bools]
    behind: Bools

    @property
    def any(self) -> bool:
        """Whether anything stands against it."""
        told = any(rows.any() for rows in self.agreeing.values())
        return bool(self.thin.any() or self.leaving.any() or self.behind.any() or told)


def faults(ledger: Ledger, views: Views, joint: Joint, terms: Terms, *, excused: Sequence[str] = ()) -> Faults:
    """Everything that stands against a candidate.

    ``excused`` are interviews whose staying behind alone a person has signed for (a withdrawal).
    """
    small = (np.bincount(joint.now) < terms.k) & ~joint.kept
    some = joint.touched & (joint.left > 0)
    alone = joint.left > _excused(ledger, views, joint, excused)
    agreeing, behind = {}, np.zeros(len(joint.size), dtype=bool)
    for name in sorted({*ledger.answers, *views.answers}):
        agreeing[name], late = _agreeing(ledger, views, joint, name, terms.limits)
        behind |= late & some
    return Faults(small[joint.now], some & alone & (joint.left < terms.k), agreeing, behind)


def _excused(ledger: Ledger, views: Views, joint: Joint, excused: Sequence[str]) -> Ints:
    """How many of each old class's interviews left behind are excused."""
    if not excused:
        return np.zeros(len(joint.size), dtype=np.int64)
    out = packed(excused)
    at = ledger.rows(out[~np.isin(out, views.ids)])
    return np.bincount(ledger.of[at[at >= 0]], minlength=len(joint.size))


def _agreeing(ledger: Ledger, views: Views, joint: Joint, name: str, limits: Limits) -> tuple[Bools, Bools]:
    """Interviews of new classes, and old classes whose rest, agree too much on one sensitive answer.

    A class counts as new where it is smaller than before or where an answer is told for the first time.
    """
    whole = ledger.answers.get(name, np.zeros(len(ledger.ids), dtype=np.int8))
    before = np.where(joint.at < 0, UNTOLD, whole[joint.at] if len(whole) else UNTOLD).astype(np.int8)
    told = np.maximum(before, views.answers.get(name, np.zeros(len(before), dtype=np.int8)))
    fresh = np.bincount(joint.now, weights=told != before) > 0
    count = len(joint.size)
    was, rest = _counts(ledger.of, whole, count), _counts(joint.was, before, count)
    mine = _counts(joint.now, told, len(fresh))
    answered, yes = (int(was[at].sum() - rest[at].sum() + mine[at].sum()) for at in (0, 1))
    base = yes / answered if answered else 0.0
    alpha = max(limits.alpha, base + limits.margin)
    failing = Block(*mine, base, alpha).fails(limits.min_no) & (fresh | ~joint.kept)
    late = Block(was[0] - rest[0], was[1] - rest[1], base, alpha).fails(limits.min_no)
    return failing[joint.now], late


def _counts(classes: Ints, told: Small, size: int) -> tuple[Ints, Ints]:
    """Answers told and answers "yes" per class, shape (size,) each."""
    return (
        np.bincount(classes[told != UNTOLD], minlength=size).astype(np.int64),
        np.bincount(classes[told == YES], minlength=size).astype(np.int64),
    )
