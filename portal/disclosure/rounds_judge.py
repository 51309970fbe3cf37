"""The ledger's word on a file that follows others. A class of all files together that fails stays out, or is hidden."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from portal.disclosure.classes import Bools, class_of, class_sizes
from portal.disclosure.diversity import Told, enforce
from portal.disclosure.joint import Faults, Joint, Terms, faults, meet
from portal.disclosure.ledger import Ledger
from portal.disclosure.missing import SUPPRESSED
from portal.disclosure.protect import Suppressed
from portal.disclosure.refusals import CannotMeet
from portal.disclosure.repair import repair
from portal.disclosure.rounds_past import extract
from portal.disclosure.ruleset import RuleSet
from portal.disclosure.suppress import suppress
from portal.disclosure.views import blanks

Lists = dict[str, dict[str, int]]
CROWDED = "limits.mean_risk: beside the earlier files it cannot be kept"


class TooClose(CannotMeet):
    """Beside the earlier files too little could be shown for the rule set to be kept."""


@dataclass(frozen=True)
class Judged:
    """A frame, what the rule on answers took of it, and the old classes (C,) that must stay out before it may leave.

    ``k`` and ``places`` are those of the new rows.
    """

    frame: pd.DataFrame
    diversity: Told
    lists: Lists
    wrong: Bools
    k: int
    places: int = 0


def judged(ledger: Ledger, pieces: Sequence[Suppressed], rules: RuleSet, truth: pd.DataFrame) -> Judged:
    """Put the pieces of a file together and hide what its classes agree on, alone and with what was told before.

    ``truth`` holds the answers as they are, under the index of the pieces.
    """
    made = pd.concat([one.frame for one in pieces])
    taken: tuple[Told, Lists] = ({}, {})
    none = np.zeros(len(ledger.sizes), dtype=bool)
    while True:
        made, told, lists = enforce(made, class_of(made, rules.key_columns), rules, truth=truth.loc[made.index])
        taken = _added(taken, (told, lists))
        joint, found = _found(ledger, made, rules)
        wrong = _wrong(made, joint, found, rules)
        if not wrong.any():
            wrong = _crowded(made, joint, rules)
        hidden, stuck = _hidden(made, joint, found, rules)
        wrong |= stuck
        if wrong.any() or hidden is None:
            if wrong[-1]:
                raise CannotMeet("k: new rows would be left in a class below k; nothing is released")
            return Judged(made, *taken, none | wrong[:-1], pieces[-1].k, pieces[-1].places)
        made = hidden


def beside(ledger: Ledger, frame: pd.DataFrame, rules: RuleSet, k: int, truth: pd.DataFrame) -> Judged:
    """A file under other rules than the earlier ones, with as much hidden or left out as it takes.

    Its own classes hold ``rules.k`` rows; those of all files together, of which some may have promised less, ``k``.
    ``truth`` is as for ``judged``.
    Raises TooClose where that takes more than half of its cells.
    """
    made, wish, terms = frame, extract(rules), Terms(k, rules.limits)
    taken: tuple[Told, Lists] = ({}, {})
    while True:
        made = repair(ledger, made, wish, terms).apply(made)
        if _cells(made, rules) < (1 - terms.most_lost) * _cells(frame, rules) or len(made) < rules.k:
            raise TooClose(
                "rule set: changed since the last file, and beside the earlier files too little could be shown"
            )
        again = suppress(made, rules.keys, rules.k, tie=wish.id_column, closing=None)
        again, told, lists = enforce(again, class_of(again, rules.key_columns), rules, truth=truth.loc[again.index])
        taken, same = _added(taken, (told, lists)), again.equals(made)
        made = again
        if same:
            return Judged(made, *taken, np.zeros(0, dtype=bool), rules.k)


def _found(ledger: Ledger, made: pd.DataFrame, rules: RuleSet) -> tuple[Joint, Faults]:
    views = extract(rules).views(made)
    joint = meet(ledger, views)
    return joint, faults(ledger, views, joint, Terms(rules.k, rules.limits))


def _cells(frame: pd.DataFrame, rules: RuleSet) -> int:
    return int((frame[rules.key_columns] != SUPPRESSED).to_numpy().sum())


def _wrong(made: pd.DataFrame, joint: Joint, found: Faults, rules: RuleSet) -> Bools:
    """Old classes (C + 1,), the last for new rows, of which a part is too small, agrees, or thins out a class."""
    wrong = found.leaving | found.behind
    wrong[joint.was[found.thin]] = True
    wrong[joint.was[class_sizes(made, rules.key_columns) < rules.k]] = True
    return np.asarray(wrong)


def _crowded(made: pd.DataFrame, joint: Joint, rules: RuleSet) -> Bools:
    """Old classes that leave for the mean risk: the smallest classes without new rows, as few as will do."""
    wrong = np.zeros(len(joint.size), dtype=bool)
    limit = rules.limits.mean_risk if rules.limits.mean_enforced else None
    of = class_of(made, rules.key_columns)
    size = np.bincount(of)
    if limit is None or len(size) <= limit * len(of):
        return wrong
    fixed = np.bincount(of, weights=joint.was == len(joint.size) - 1) > 0
    order = np.flatnonzero(~fixed)[np.argsort(size[~fixed], kind="stable")]
    gone = np.arange(1, len(order) + 1)
    enough = len(size) - gone <= limit * (len(of) - np.cumsum(size[order]))
    if not enough.any():
        raise TooClose(CROWDED)
    wrong[joint.was[np.isin(of, order[: int(np.argmax(enough)) + 1])]] = True
    return wrong


def _hidden(made: pd.DataFrame, joint: Joint, found: Faults, rules: RuleSet) -> tuple[pd.DataFrame | None, Bools]:
    """The frame without answers that a class of all files agrees on, None if there is nothing to hide; and old
    classes (C + 1,) in which hiding changes nothing, because the answers were told before.
    """
    stuck, after = np.zeros(len(joint.size), dtype=bool), None
    for name, rows in found.agreeing.items():
        variables = [one for one in blanks(name.split("=", 1)[0], rules.treatments) if one in made]
        shown = np.zeros(len(made), dtype=bool)
        for variable in variables:
            shown |= (made[variable] != SUPPRESSED).to_numpy()
        if not (rows & shown).any():
            stuck[joint.was[rows]] = True
            continue
        after = made.copy() if after is None else after
        for variable in variables:
            after[variable] = after[variable].mask(pd.Series(rows, index=after.index), SUPPRESSED)
    return after, stuck


def _added(so_far: tuple[Told, Lists], more: tuple[Told, Lists]) -> tuple[Told, Lists]:
    """What was taken in all turns: limits and shares as they are last, rows and cells added up."""
    told, lists = so_far
    made = {
        name: {
            code: facts | {what: facts[what] + _before(told, name, code, what) for what in ("blanked", "company")}
            for code, facts in codes.items()
        }
        for name, codes in more[0].items()
    }
    both = {
        name: {what: number + lists.get(name, {}).get(what, 0) for what, number in cells.items()}
        for name, cells in more[1].items()
    }
    return made, both


def _before(told: Mapping[str, Mapping[str, Mapping[str, float]]], name: str, code: str, what: str) -> float:
    return told.get(name, {}).get(code, {}).get(what, 0)
