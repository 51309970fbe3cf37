"""Which rows may go into a file at all. Every row left out is counted under one reason, the first that holds."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from portal.disclosure.classes import Bools, Ints, need, numbered, pack
from portal.disclosure.codes import worded
from portal.disclosure.recode import recoded
from portal.disclosure.ruleset import Duplicates, RuleSet


def eligible(
    frame: pd.DataFrame, rules: RuleSet, hierarchies: Mapping[str, Mapping[str, str]]
) -> tuple[pd.DataFrame, dict[str, int]]:
    """The rows that may be released, in their order, and how many were left out for each reason.

    Raises BadInput where a rule needs a column that is not there: a consent that cannot be read is no consent.
    """
    left, counted = standing(frame, rules, hierarchies)
    return frame[left], counted


def standing(
    frame: pd.DataFrame, rules: RuleSet, hierarchies: Mapping[str, Mapping[str, str]]
) -> tuple[Bools, dict[str, int]]:
    """Which rows (n,) may be released, and how many are left out for each reason; raises as ``eligible`` does."""
    counted: dict[str, int] = {}
    left = np.ones(len(frame), dtype=bool)
    for rule in rules.excludes:
        if rule.optional and rule.column not in frame:
            continue
        need(frame, [rule.column])
        codes, words = worded(frame[rule.column])
        values = recoded(words, rule.via, rules=rules, hierarchies=hierarchies)
        out = left & np.array([(value in rule.values) != rule.keep for value in values])[codes]
        counted[rule.reason] = counted.get(rule.reason, 0) + int(out.sum())
        left &= ~out
    if rules.derived_from is None:
        for reason, test in (("repeated interview", same_id), ("repeated content", same_content)):
            twice = test(frame, rules.duplicates, np.flatnonzero(left))
            counted[reason] = len(twice)
            left[twice] = False
    return left, counted


def same_id(frame: pd.DataFrame, rule: Duplicates, rows: Ints) -> Ints:
    """Which of the rows repeat the id of another. The row kept is the first by content, whatever the order of rows."""
    if rule.id not in frame:
        return rows[:0]
    return _repeats(frame, [rule.id], rows[worded(frame[rule.id])[0][rows] > 0])


def same_content(frame: pd.DataFrame, rule: Duplicates, rows: Ints) -> Ints:
    """Which of the rows repeat another in every column but the rule's ignored ones."""
    if not rule.needs or not set(rule.needs) <= set(frame.columns):
        return rows[:0]
    rest = [column for column in frame.columns if column not in rule.ignore and column not in rule.needs]
    return _repeats(frame, [*rule.needs, *rest], rows)


def _repeats(frame: pd.DataFrame, columns: Sequence[str], rows: Ints) -> Ints:
    same = np.zeros(len(rows), dtype=np.int64)
    for column in columns:  # only what is alike so far is looked at further
        if not len(rows):
            return rows
        told = numbered(frame[column])[rows] if len(rows) > len(frame) // 2 else numbered(frame[column].iloc[rows])
        same = pack([same, told])
        alike = np.bincount(same)[same] > 1
        rows, same = rows[alike], same[alike]
    part = frame.iloc[rows]
    order = np.argsort(pack([same, *(numbered(part[column]) for column in part)]), kind="stable")
    again: Ints = rows[order[1:][same[order[1:]] == same[order[:-1]]]]
    return again
