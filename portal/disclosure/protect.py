"""A protected file, from a canonical frame or from a finer protected file: then it can say nothing more than that."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from math import inf

import pandas as pd

from portal.disclosure.attacks import downcoding
from portal.disclosure.classes import class_of, need
from portal.disclosure.close import Closing
from portal.disclosure.diversity import enforce
from portal.disclosure.eligible import standing
from portal.disclosure.enumerators import widen
from portal.disclosure.events import merge
from portal.disclosure.recode import Hierarchies, derive, unknown
from portal.disclosure.refusals import CannotMeet
from portal.disclosure.report import Facts, account, event_account
from portal.disclosure.ruleset import RuleSet
from portal.disclosure.suppress import suppress


@dataclass(frozen=True)
class Outcome:
    """A protected frame and its report: plain values, ready for JSON, without any record in it."""

    frame: pd.DataFrame
    report: dict[str, object]


@dataclass(frozen=True)
class Source:
    """The rows that may go in and ``derived``, of ``rows_in``; and how many stay out for which reason.

    Of what came, ``rows`` holds the columns that the rules read; for an event file all of them.
    """

    rows: pd.DataFrame
    derived: pd.DataFrame
    rows_in: int
    excluded: Mapping[str, int]

    def narrowed(self, rules: RuleSet) -> "Source":
        """The same rows without the key columns that ``rules`` does not show."""
        ids = [name for name in (rules.duplicates.id,) if name in self.derived]
        variables = [one.variable for one in rules.treatments if one.variable in self.derived]
        return replace(self, derived=self.derived[[*ids, *rules.key_columns, *variables]])


@dataclass(frozen=True)
class Suppressed:
    """Key columns as released at ``k``, and how many rows lost their place to the rule on enumerators."""

    frame: pd.DataFrame
    places: int
    k: int

    def mean_risk(self, rules: RuleSet) -> float:
        """Classes per row: the mean of 1/f."""
        return len(self.frame[rules.key_columns].drop_duplicates()) / max(len(self.frame), 1)


def protect(frame: pd.DataFrame, rules: RuleSet, hierarchies: Hierarchies) -> Outcome:
    """Make the protected file of a tier.

    Parameters
    ----------
    frame : a canonical frame (text columns under codebook names), or for a derived tier the finer protected frame.
    rules : the tier's rule set.
    hierarchies : choice list name -> code -> parent code.

    Returns
    -------
    The id column (where there is one), the key columns, the released variables; ``.s`` where hidden. The same rows
    in another order give the same cells in that order.

    Raises
    ------
    BadInput
        If a column a rule needs is absent, or a list of the recoding is.
    CannotMeet
        If too few rows are left for k, or an enforced limit cannot be kept.
    """
    source = prepare(frame, rules, hierarchies)
    if rules.tier == "event":
        made, merged = merge(source.rows, rules, hierarchies)
        told = event_account(made, rules, rows_in=source.rows_in, excluded=source.excluded, merged=merged)
        return Outcome(made, told)
    return finish(source, suppressed(source, rules), rules)


def prepare(frame: pd.DataFrame, rules: RuleSet, hierarchies: Hierarchies) -> Source:
    """Leave out what may not go in, and recode the rest; event files keep the columns they come with."""
    rules.validate()
    frame = frame if frame.index.is_unique else frame.reset_index(drop=True)
    left, counted = standing(frame, rules, hierarchies)
    if rules.tier == "event":
        rows = frame[left]
        return Source(rows, rows, len(frame), counted)
    rows = frame.loc[left, frame.columns.isin([*rules.sources, rules.limits.enumerator])]
    return Source(rows, derive(frame, rules, hierarchies, rows=left), len(frame), counted)


def suppressed(source: Source, rules: RuleSet) -> Suppressed:
    """Suppress with some company for what is hidden; where that can be seen through, with all of the neighbours."""
    derived, rows = source.derived, source.rows
    for company in (Closing().company, inf):
        closing = Closing(company, fresh=rules.derived_from is None)
        made = _within_mean(partial(_suppress, derived, rows, rules, closing), rules, len(rows))
        if downcoding(derived, made.frame, rules.keys).passed:
            break
    return made


def finish(source: Source, keyed: Suppressed, rules: RuleSet) -> Outcome:
    """Hide what classes agree on, and give account of everything."""
    made, diversity, lists = enforce(keyed.frame, class_of(keyed.frame, rules.key_columns), rules)
    facts = Facts(
        rows_in=source.rows_in,
        excluded=source.excluded,
        unknown=unknown(source.rows, source.derived, rules),
        absent=[one.variable for one in rules.treatments if one.variable not in made],
        enumerator_rows=keyed.places,
        k_applied=keyed.k,
        diversity=diversity,
        lists=lists,
    )
    return Outcome(made, account(source.derived, made, rules, facts))


def _suppress(derived: pd.DataFrame, rows: pd.DataFrame, rules: RuleSet, closing: Closing, k: int) -> Suppressed:
    tie = rules.duplicates.id if rules.duplicates.id in derived else None
    hide = partial(suppress, keys=rules.keys, k=k, tie=tie, closing=closing)
    if not rules.limits.min_enumerators or derived.empty:
        return Suppressed(hide(derived), 0, k)
    need(rows, [rules.limits.enumerator])
    return Suppressed(*widen(derived, rows[rules.limits.enumerator], rules, hide), k)


def _within_mean(at: Callable[[int], Suppressed], rules: RuleSet, rows: int) -> Suppressed:
    """Suppress at k; where the mean risk is enforced and too high, at the smallest larger k found to keep it."""
    limit = rules.limits.mean_risk if rules.limits.mean_enforced else None
    tried = at(rules.k)
    if limit is None or tried.mean_risk(rules) <= limit:
        return tried
    if rows * limit < 1:
        raise CannotMeet(f"limits.mean_risk: {rows} records cannot have a mean risk of {limit:g}")
    low = rules.k
    while tried.mean_risk(rules) > limit:
        low, tried = tried.k, at(min(2 * tried.k, rows))
    while tried.k - low > 1:
        middle = at((low + tried.k) // 2)
        if middle.mean_risk(rules) <= limit:
            tried = middle
        else:
            low = middle.k
    return tried
