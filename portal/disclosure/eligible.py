"""Which rows may go into a file at all. Every row left out is counted under one reason, the first that holds."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from portal.disclosure.classes import Bools, need, numbered, pack, text
from portal.disclosure.recode import steps
from portal.disclosure.ruleset import Duplicates, RuleSet


def eligible(
    frame: pd.DataFrame, rules: RuleSet, hierarchies: Mapping[str, Mapping[str, str]]
) -> tuple[pd.DataFrame, dict[str, int]]:
    """The rows that may be released, in their order, and how many were left out for each reason.

    Raises BadInput where a rule needs a column that is not there: a consent that cannot be read is no consent.
    """
    counted: dict[str, int] = {}
    left = pd.Series(data=True, index=frame.index)
    for rule in rules.excludes:
        if rule.optional and rule.column not in frame:
            continue
        need(frame, [rule.column])
        values = steps(text(frame[rule.column]), rule.via, rules=rules, hierarchies=hierarchies)
        out = left & (values.isin(rule.values) != rule.keep)
        counted[rule.reason] = counted.get(rule.reason, 0) + int(out.sum())
        left &= ~out
    kept = frame[left]
    if rules.derived_from is None:
        for reason, test in (("repeated interview", same_id), ("repeated content", same_content)):
            twice = test(kept, rules.duplicates)
            counted[reason] = int(twice.sum())
            kept = kept[~twice] if twice.any() else kept
    return kept, counted


def same_id(frame: pd.DataFrame, rule: Duplicates) -> Bools:
    """Which rows repeat the id of another. The row kept is the first by content, whatever the order of rows."""
    if rule.id not in frame:
        return np.zeros(len(frame), dtype=bool)
    return _repeats(frame, [rule.id]) & (text(frame[rule.id]) != "").to_numpy(dtype=bool)


def same_content(frame: pd.DataFrame, rule: Duplicates) -> Bools:
    """Which rows repeat another in every column but the rule's ignored ones."""
    if not rule.needs or not set(rule.needs) <= set(frame.columns):
        return np.zeros(len(frame), dtype=bool)
    rest = [column for column in frame.columns if column not in rule.ignore and column not in rule.needs]
    return _repeats(frame, [*rule.needs, *rest])


def _repeats(frame: pd.DataFrame, columns: Sequence[str]) -> Bools:
    several, same = np.arange(len(frame)), np.zeros(len(frame), dtype=np.int64)
    for column in columns:  # only what is alike so far is looked at further
        same = pack([same, numbered(text(frame[column].iloc[several]))])
        alike = np.bincount(same, minlength=1)[same] > 1
        several, same = several[alike], same[alike]
    part = frame.iloc[several]
    order = np.argsort(pack([same, *(numbered(text(part[column])) for column in part)]), kind="stable")
    twice = np.zeros(len(frame), dtype=bool)
    twice[several[order[1:]]] = same[order[1:]] == same[order[:-1]]
    return twice
