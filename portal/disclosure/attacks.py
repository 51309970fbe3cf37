"""The single attacks. Each takes what an attacker could hold and says how many records it puts at risk."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from portal.disclosure.cells import Cells
from portal.disclosure.classes import Bools, Ints, class_of, class_sizes, text
from portal.disclosure.diversity import Block, block
from portal.disclosure.guesses import ENOUGH, OVERALL, PER_VALUE, Guesses, guess
from portal.disclosure.measure import attacker_counts
from portal.disclosure.missing import SUPPRESSED
from portal.disclosure.report import outside
from portal.disclosure.ruleset import Key, RuleSet

PSEUDONYM = "record_id"


@dataclass(frozen=True)
class Result:
    """One attack: how many records it puts at risk, whether the file withstands it, and plain facts beside it."""

    records_at_risk: int
    passed: bool
    facts: Mapping[str, object] = field(default_factory=dict)


def classes(released: pd.DataFrame, columns: Sequence[str], k: int) -> Result:
    """Strict classes: a hidden value is a value of its own, and every class holds at least k rows."""
    sizes = class_sizes(released, columns)
    few = int((sizes < k).sum())
    return Result(few, few == 0, {"smallest": int(sizes.min()) if len(sizes) else 0})


def prosecutor(
    original: pd.DataFrame,
    released: pd.DataFrame,
    columns: Sequence[str],
    k: int,
    *,
    included: Bools,
    hidden: str = SUPPRESSED,
) -> Result:
    """Released rows compatible with each record's true key: at least k; for one not known to be in, none will do."""
    found = attacker_counts(original, released, columns, hidden=hidden)
    risk = (found < k) & (included | (found > 0))
    return Result(int(risk.sum()), not risk.any(), {"smallest": int(found[found > 0].min(initial=len(released)))})


def homogeneity(
    released: pd.DataFrame, rules: RuleSet, *, limits_from: pd.DataFrame | None, columns: Sequence[str]
) -> Result:
    """Classes that agree too much on a sensitive answer, by the limit alpha of the whole protected file."""
    group = class_of(released, columns)
    at_risk = np.zeros(len(released), dtype=bool)
    limits: dict[str, float] = {}
    whole = released if limits_from is None else limits_from
    everyone = class_of(whole, [column for column in columns if column in whole])
    for one in rules.treatments:
        if one.variable not in released or one.variable not in whole:
            continue
        for code in one.sensitive_codes:
            limit = block(text(whole[one.variable]), everyone, code, rules.limits)
            mine = block(text(released[one.variable]), group, code, rules.limits)
            judged = Block(mine.answered, mine.yes, limit.base, limit.alpha)
            at_risk |= judged.fails(rules.limits.min_no)[group]
            limits[f"{one.variable}={code}"] = round(limit.alpha, 6)
    return Result(int(at_risk.sum()), not at_risk.any(), {"alpha": limits})


def derivation(protected: pd.DataFrame, released: pd.DataFrame, rules: RuleSet) -> Result:
    """Rows that the protected file does not hold in this form, or not as often, or only as part of a class.

    A column that the protected file lacks puts every row at risk, apart from the id (released under a pseudonym) and
    a column with one value throughout, which tells nobody from anybody.
    """
    released, protected = released.apply(text), protected.apply(text)  # counting drops rows with a missing cell
    shared = [name for name in released.columns if name in protected and name != rules.duplicates.id]
    strange = [
        name
        for name in released.columns
        if name not in protected and name != PSEUDONYM and (released[name] != released[name].iloc[:1].sum()).any()
    ]
    if strange:
        return Result(len(released), passed=False, facts={"columns_from_elsewhere": strange})
    given = released[shared].value_counts()
    there = protected[shared].value_counts().reindex(given.index, fill_value=0)
    excess = int((given - there).clip(lower=0).sum())
    cut = _cut(protected, released, rules)
    return Result(excess + cut, excess + cut == 0, {"not_in_the_protected_file": excess, "rows_of_cut_classes": cut})


def _cut(protected: pd.DataFrame, released: pd.DataFrame, rules: RuleSet) -> int:
    """Released rows whose class was only partly delivered; known where the release carries all keys."""
    columns = [column for column in rules.key_columns if column in protected]
    if not columns or any(column not in released for column in columns):
        return 0
    given = released[columns].value_counts()
    whole = protected[columns].value_counts().reindex(given.index, fill_value=0)
    return int(given[given != whole].sum())


def downcoding(truth: pd.DataFrame, released: pd.DataFrame, keys: Sequence[Key], *, hidden: str = SUPPRESSED) -> Result:
    """How much better hidden cells are guessed by someone who knows the rule than by the best guess without.

    Fails where that is more than 2 points over all hidden cells of a column, or more than 5 points in a value that
    at least 30 hidden cells hold; there hits count less false alarms (Youden's J), so that whoever always says one
    value has learnt nothing about it. Columns with fewer hidden cells are not judged. Source of the attack: Cohen,
    Attacks on Deidentification's Defenses, USENIX Security 2022.
    """
    gains: dict[str, dict[str, float]] = {}
    at_risk = 0
    for column in [column for key in keys for column in key.columns]:
        if int(Cells.of(released[column]).hold(hidden).sum()) < ENOUGH:
            continue
        made = guess(truth, released, keys, column, hidden=hidden)
        if len(made.truth) < ENOUGH:
            continue
        gains[column] = {"overall": _gain(made), "worst_value": _worst(made)}
        at_risk += len(made.truth) * gives_away(gains[column])
    return Result(at_risk, at_risk == 0, {"gain": gains})


def gives_away(gain: Mapping[str, float]) -> bool:
    """Whether who knows the rule guesses a column's hidden cells better than the limits allow."""
    return gain["overall"] > OVERALL or gain["worst_value"] > PER_VALUE


def _gain(made: Guesses) -> float:
    """Share of right guesses with the rule, less the best without, over all cells."""
    best = [max(float((one == made.truth).mean()) for one in kind) for kind in (made.knowing, made.without)]
    return round(best[0] - best[1], 6)


def _worst(made: Guesses) -> float:
    often = np.flatnonzero(np.bincount(made.truth, minlength=len(made.values)) >= ENOUGH)
    return max((_gain_in(made, int(value)) for value in often), default=0.0)


def _gain_in(made: Guesses, value: int) -> float:
    """How much better cells of one value are told from the others with the rule, less the best without."""
    holds = made.truth == value

    def told(guessed: Ints) -> float:
        hits = float((guessed[holds] == value).mean())
        alarms = float((guessed[~holds] == value).mean()) if not holds.all() else 0.0
        return hits - alarms

    best = [max(told(one) for one in kind) for kind in (made.knowing, made.without)]
    return round(best[0] - best[1], 6)


def uniqueness(released: pd.DataFrame, rules: RuleSet, columns: Sequence[str]) -> Result:
    """Rows that the released variables make unique beside the keys. Reported: the rule set judged them unobservable."""
    variables = [one.variable for one in rules.treatments if one.variable in released]
    share = outside(released, columns, variables) if columns else {}
    return Result(round(share.get("all", 0.0) * len(released)), passed=True, facts={"share": share})
