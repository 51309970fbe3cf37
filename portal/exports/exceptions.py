"""An exception on frames: the chosen rows as the tier's file shows them, with variables of the source beside them.

The file's own columns are taken as it shows them and what it hides stays hidden, so the only new thing is the variables
asked for. They are protected inside the file's classes, that is beside everything that the file has told already, and
then judged by the ledger beside what other exceptions have told. Where most of what was asked for would be hidden, the
answer is no, in the same words whichever of the two says so.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import pandas as pd

from portal.disclosure import attack as engine
from portal.disclosure.joint import Terms
from portal.disclosure.judge import TOO_CLOSE, judge
from portal.disclosure.ledger import Ledger, Views
from portal.disclosure.missing import SUPPRESSED
from portal.disclosure.protect import protect
from portal.disclosure.recode import Hierarchies
from portal.disclosure.refusals import CannotMeet
from portal.disclosure.released import csv_of
from portal.disclosure.repair import Extract
from portal.disclosure.ruleset import EXCEPTION, Key, Level, RuleSet, Treatment
from portal.errors import Withheld
from portal.exports import proving
from portal.exports.extras import FAMILY

CHEAP = 0.01
"""What hiding an extra costs beside the levels of the file, which cost 1 and more: extras are hidden first."""


class TooClose(Withheld):
    """An exception that the ledger refuses. The text never says how close; ``evidence`` is for the log, in digests."""

    evidence: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Judged:
    """An exception that may leave beside all else: its rows, its rules, what they show of whom, and the reports."""

    frame: pd.DataFrame
    rules: RuleSet
    views: Views
    report: Mapping[str, Any]
    attacks: Mapping[str, Any]


def rules_of(tier: RuleSet, variables: Iterable[str], extras: Iterable[str]) -> RuleSet:
    """Return the rule set of an exception: the tier's keys and variables as its file shows them, and the extras."""
    names, left = set(variables), list(extras)
    keys = []
    for key in tier.keys:
        more = [name for name in left if FAMILY[name] == key.name]
        left = [name for name in left if name not in more]
        shown = tuple(Level(one.column, one.column, (), one.cost) for one in key.levels)
        keys.append(replace(key, levels=(*shown, *map(_extra, more))))
    keys += [Key(name, (_extra(name),)) for name in left]
    return replace(
        tier,
        tier=EXCEPTION,
        derived_from=tier.tier,
        keys=tuple(keys),
        treatments=tuple(_as_shown(one, names) for one in tier.treatments if one.variable in names),
        limits=replace(tier.limits, min_enumerators=0),
        excludes=(),
        merge=(),
    )


def _extra(name: str) -> Level:
    return Level(name, name, (), CHEAP)


def _as_shown(one: Treatment, names: set[str]) -> Treatment:
    gate = one.gate if one.gate in names else ""
    return replace(one, how="keep", via=(), groups=(), skipped="", gate=gate)


def beside(protected: pd.DataFrame, source: pd.DataFrame, rules: RuleSet, extras: Sequence[str]) -> pd.DataFrame:
    """Return the protected file with the extras of its source; where it hides a key, what says more of it is hidden.

    Raises Withheld if the source does not hold a row of the file, or not an extra.
    """
    name = rules.duplicates.id
    missing = [one for one in extras if one not in source]
    if missing or not protected[name].isin(source[name]).all():
        raise Withheld("exception: the version does not hold what was asked for")
    made = protected.copy()
    truth = source.drop_duplicates(name).set_index(name)
    for one in extras:
        made[one] = truth.loc[made[name], one].to_numpy()
    for key in rules.keys:
        own = [column for column in key.columns if column not in extras]
        for one in set(key.columns) & set(extras) if own else ():
            made[one] = made[one].mask(made[own[-1]] == SUPPRESSED, SUPPRESSED)
    return made


def judged(
    ledger: Ledger, whole: pd.DataFrame, rows: pd.Series, rules: RuleSet, hierarchies: Hierarchies, wish: "Wish"
) -> Judged:
    """Protect the chosen ``rows`` (True where chosen) of the ``whole`` file, judge them, and attack what is left.

    Raises TooClose where the ledger says no, Withheld where it is not what was recorded or an attack succeeds.
    """
    asked = whole[rows].reset_index(drop=True)
    try:
        made = protect(asked, rules, hierarchies)
    except CannotMeet:
        raise TooClose(TOO_CLOSE) from None
    shown = wish.narrowed(rules)
    frame = made.frame[[rules.duplicates.id, *shown.key_columns, *(one.variable for one in shown.treatments)]]
    frame = frame.reset_index(drop=True)
    extract = Extract(shown.keys, shown.treatments, rules.duplicates.id)
    verdict = judge(ledger, frame, extract, Terms(rules.k, rules.limits), head=ledger.head)
    if verdict.plan is None:
        raise TooClose(TOO_CLOSE)
    left = verdict.plan.apply(frame).reset_index(drop=True)
    if _lost(asked, left, wish.extras) > Terms(rules.k).most_lost:
        raise TooClose(TOO_CLOSE)
    attacks = engine.attack(whole, engine.read_released(csv_of(left)), shown, hierarchies).to_json()
    told = proving.judged(attacks, tried=proving.OF_PERSONS)
    return Judged(left, shown, extract.views(left), made.report, told)


@dataclass(frozen=True)
class Wish:
    """Which families of the tier's keys are asked for, and which variables beyond it."""

    families: Sequence[str]
    extras: Sequence[str]

    def narrowed(self, rules: RuleSet) -> RuleSet:
        """Return the rule set with the columns that will be in the file: an extra without its family stands alone."""
        kept = []
        for key in rules.keys:
            levels = tuple(one for one in key.levels if key.name in self.families or one.column in self.extras)
            if levels:
                kept.append(replace(key, levels=levels))
        return replace(rules, keys=tuple(kept))


def _lost(asked: pd.DataFrame, left: pd.DataFrame, extras: Sequence[str]) -> float:
    """Return the share of the extras' cells that the file did not hide and that are hidden now, or gone."""
    names = list(extras)
    before = int((asked[names] != SUPPRESSED).to_numpy().sum())
    after = int((left[names] != SUPPRESSED).to_numpy().sum())
    return 1 - after / before if before else 1.0
