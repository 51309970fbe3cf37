"""From answers to the columns a file may carry. A code without a known parent becomes "don't know", and is counted."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np
import pandas as pd

from portal.disclosure.cells import Cells
from portal.disclosure.classes import Bools, need, nfc, text
from portal.disclosure.missing import DONT_KNOW, NOTHING_CHOSEN, UNANSWERED
from portal.disclosure.refusals import BadInput
from portal.disclosure.ruleset import RuleSet, Treatment

Column: TypeAlias = "pd.Series[str]"
Hierarchies = Mapping[str, Mapping[str, str]]
Bands = Mapping[str, tuple[tuple[float, str], ...]]

OTHER = "other"


def derive(frame: pd.DataFrame, rules: RuleSet, hierarchies: Hierarchies, *, rows: Bools | None = None) -> pd.DataFrame:
    """Key columns and treated variables of a canonical frame, in the order of the released file.

    The id column comes first where the frame has one. Missing kinds of a key stay values of their own. A variable
    that the frame does not hold is left out; a key's source that it does not hold is refused. ``rows`` (n,) says of
    which rows, if not of all.

    Raises
    ------
    BadInput
        If a key's source, or a gate of a variable present, is absent, or a list is not among ``hierarchies``.
    """
    need(frame, [level.source for level in rules.levels()])
    made: dict[str, Cells] = {}
    if rules.duplicates.id in frame:
        made[rules.duplicates.id] = Cells.of(frame[rules.duplicates.id])
    for level in rules.levels():
        cells = Cells.of(nfc(text(frame[level.source])))
        made[level.column] = Cells(recoded(cells.words, level.via, rules=rules, hierarchies=hierarchies), cells.codes)
    for one in rules.treatments:
        if one.variable in frame:
            made[one.variable] = treat(frame, one, rules=rules, hierarchies=hierarchies)
    asked = np.arange(len(frame)) if rows is None else np.flatnonzero(rows)
    index = frame.index[asked]
    return pd.DataFrame({name: cells.at(asked).column(index) for name, cells in made.items()}, index=index)


def recoded(words: Sequence[str], via: Sequence[str], *, rules: RuleSet, hierarchies: Hierarchies) -> list[str]:
    """What recoding steps, one after another, make of distinct values."""
    now = list(words)
    for step in via:
        now = [one if one in UNANSWERED else _step(one, step, rules.bands, hierarchies) for one in now]
    return now


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


def treat(frame: pd.DataFrame, one: Treatment, *, rules: RuleSet, hierarchies: Hierarchies) -> Cells:
    """One released variable of a canonical frame, recoded as its treatment says."""
    column = Cells.of(frame[one.variable])
    made = Cells([_treated(word, one, rules, hierarchies) for word in column.words], column.codes)
    if one.skipped:
        need(frame, [one.gate])
        made = made.put(one.skipped, column.hold("") & Cells.of(frame[one.gate]).hold("no"))
    return made


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
