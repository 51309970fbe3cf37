"""From answers to the columns a file may carry. A code without a known parent becomes "don't know", and is counted."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np
import pandas as pd

from portal.disclosure.classes import need, nfc, text
from portal.disclosure.missing import DONT_KNOW, NOTHING_CHOSEN, UNANSWERED
from portal.disclosure.refusals import BadInput
from portal.disclosure.ruleset import RuleSet, Treatment

Column: TypeAlias = "pd.Series[str]"
Hierarchies = Mapping[str, Mapping[str, str]]
Bands = Mapping[str, tuple[tuple[float, str], ...]]

OTHER = "other"


def derive(frame: pd.DataFrame, rules: RuleSet, hierarchies: Hierarchies) -> pd.DataFrame:
    """Key columns and treated variables of a canonical frame, in the order of the released file.

    The id column comes first where the frame has one. Missing kinds of a key stay values of their own. A variable
    that the frame does not hold is left out; a key's source that it does not hold is refused.

    Raises
    ------
    BadInput
        If a key's source, or a gate of a variable present, is absent, or a list is not among ``hierarchies``.
    """
    need(frame, [level.source for level in rules.levels()])
    made: dict[str, pd.Series[str]] = {}
    if rules.duplicates.id in frame:
        made[rules.duplicates.id] = text(frame[rules.duplicates.id])
    for level in rules.levels():
        made[level.column] = steps(nfc(text(frame[level.source])), level.via, rules=rules, hierarchies=hierarchies)
    for one in rules.treatments:
        if one.variable in frame:
            made[one.variable] = treat(frame, one, rules=rules, hierarchies=hierarchies)
    return pd.DataFrame(made, index=frame.index)


def steps(column: Column, via: Sequence[str], *, rules: RuleSet, hierarchies: Hierarchies) -> Column:
    """Apply recoding steps one after another to the distinct values of a column; missing kinds pass unchanged."""
    values = column.unique()
    now = {value: value for value in values}
    for step in via:
        now = {
            value: one if one in UNANSWERED else _step(one, step, rules.bands, hierarchies)
            for value, one in now.items()
        }
    return column.map(now).astype("str") if via else column


def _step(value: str, step: str, bands: Bands, hierarchies: Hierarchies) -> str:
    if step.startswith("date:"):
        return _date(value, step.removeprefix("date:"))
    if step.startswith("bands:"):
        return _band(value, bands[step.removeprefix("bands:")])
    return _parents(step, hierarchies).get(value, "") or DONT_KNOW


def _parents(name: str, hierarchies: Hierarchies) -> Mapping[str, str]:
    if name not in hierarchies:
        raise BadInput(f"{name}: the rule set recodes along this list, but no such list was given")
    return hierarchies[name]


def _date(value: str, part: str) -> str:
    """The wanted part of an ISO date; what does not read as a date is not known."""
    year, month = value[:4], value[5:7]
    if not (year.isdecimal() and len(year) == 4 and (len(value) == 4 or value[4:5] == "-")):
        return DONT_KNOW
    if part == "year":
        return year
    if not month.isdecimal() or not 1 <= int(month) <= 12:
        return DONT_KNOW
    at = int(month) - 1
    return {"month": f"{year}-{month}", "quarter": f"{year}-Q{at // 3 + 1}", "half": f"{year}-H{at // 6 + 1}"}[part]


def _band(value: str, cuts: tuple[tuple[float, str], ...]) -> str:
    """The band that holds a number; below the lowest edge, or no number at all, is not known."""
    try:
        number = float(value)
    except ValueError:
        return DONT_KNOW
    names = [name for edge, name in cuts if number >= edge]
    return names[-1] if names and np.isfinite(number) else DONT_KNOW


def treat(frame: pd.DataFrame, one: Treatment, *, rules: RuleSet, hierarchies: Hierarchies) -> Column:
    """One released variable of a canonical frame, recoded as its treatment says."""
    column = text(frame[one.variable])
    codes = {value: _treated(value, one, rules, hierarchies) for value in column.unique()}
    recoded = column.map(codes).astype("str")
    if one.skipped:
        need(frame, [one.gate])
        recoded = recoded.mask((column == "") & (text(frame[one.gate]) == "no"), one.skipped)
    return recoded


def _treated(value: str, one: Treatment, rules: RuleSet, hierarchies: Hierarchies) -> str:
    if value in UNANSWERED or one.how == "keep":
        return value
    if one.how == "any_none":
        return "no" if value in {NOTHING_CHOSEN, "none"} else "yes"
    if not one.multiple:
        return _recoded(value, one, rules, hierarchies)
    if value == NOTHING_CHOSEN:
        return value
    items = {_recoded(item, one, rules, hierarchies) for item in value.split()}
    return " ".join(sorted(items - UNANSWERED)) or min(items)


def _recoded(value: str, one: Treatment, rules: RuleSet, hierarchies: Hierarchies) -> str:
    if one.how == "groups":
        return dict(one.groups).get(value, OTHER)
    via = [f"bands:{one.via[0]}"] if one.how == "bands" else one.via
    for step in via:
        value = value if value in UNANSWERED else _step(value, step, rules.bands, hierarchies)
    return value


def unknown(frame: pd.DataFrame, derived: pd.DataFrame, rules: RuleSet) -> dict[str, int]:
    """Per key column, how many rows hold a value that its list or format does not know: told, never guessed."""
    counted = {}
    for level in rules.levels():
        lost = (derived[level.column] == DONT_KNOW) & ~text(frame[level.source]).isin([*UNANSWERED])
        if level.via and lost.any():
            counted[level.column] = int(lost.sum())
    return counted
