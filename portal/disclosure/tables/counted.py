"""Tables counted from a protected file that is made for them: one whose smallest group is the least count to be shown.

Every cell over its keys holds nobody or k people at least, whatever is crossed or chosen, so nothing needs to be hidden
to protect something else, the same cell is the same number everywhere, and two tables taken from one another leave a
count of at least k. Decision 36 says what this costs beside noise and suppression.
"""

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType

import numpy as np
import pandas as pd

from portal.disclosure.classes import class_sizes, need, text
from portal.disclosure.missing import SUPPRESSED, UNANSWERED
from portal.disclosure.refusals import BadInput, CannotMeet
from portal.disclosure.ruleset import RuleSet
from portal.disclosure.tables.rules import TableRules

ALL, ANSWERED = "all", "answered"
"""Words for sums among the codes of a table; no codebook has them."""
FEW, SMALL, HIDDEN = "few", "small", "hidden"
"""Why a number is missing: fewer than k gave the answer, too few answered for a share, too many answers are hidden."""
MOST_HIDDEN = 0.05
"""Answers are not hidden at random, so a group of which more are hidden has no shares: they could be that far off."""
TIER = "table"
NOBODY: Mapping[str, Collection[str]] = MappingProxyType({})


def counted(
    frame: pd.DataFrame, rules: RuleSet, *, row: str, column: str = "", where: Mapping[str, Collection[str]] = NOBODY
) -> pd.DataFrame:
    """Count the people of a table file by one key, or by a key and another, or by a key and their answers.

    Parameters
    ----------
    frame, rules : a protected file of the tier ``table`` and the rule set it was made by.
    row : the key column whose values become rows.
    column : another key column, or a released variable, each answer of which becomes a column; "" for none.
    where : per key column the values that are counted; an empty collection counts nobody.

    Returns
    -------
    One line per cell, sums included: ``row`` and ``column`` (codes, or ``all``; ``answered`` for those who gave an
    answer that is shown), ``count`` (Int64), ``share`` (0..1 of those who answered) and ``why`` a number is missing:
    ``few`` where fewer than k gave the answer, ``small`` where fewer than 30 answered, ``hidden`` where more than 5 %
    of the group's answers are. Who gave several answers counts once for each.

    Raises
    ------
    BadInput
        If a column is no key or no released variable, or stands twice.
    CannotMeet
        If the file is not of that tier or holds a group below k.
    """
    keys = rules.key_columns
    for name in (row, *where):
        if name not in keys:
            raise BadInput(f"{name}: is no key of this file; tables are made by {', '.join(keys)}")
    released = [one.variable for one in rules.treatments]
    if column == row or (column and column not in {*keys, *released}):
        raise BadInput(f"{column}: must be another key or a released variable")
    need(frame, [*keys, *filter(None, [column])])
    _large_enough(frame, rules)
    chosen = np.ones(len(frame), dtype=bool)
    for name, values in where.items():
        chosen &= frame[name].isin(list(values)).to_numpy()
    rows = text(frame.loc[chosen, row])
    if column in released:
        return _by_answer(rows, text(frame.loc[chosen, column]), rules.k)
    columns = text(frame.loc[chosen, column]) if column else None
    return _table(_sums(rows, columns))


def _large_enough(frame: pd.DataFrame, rules: RuleSet) -> None:
    if rules.tier != TIER:
        raise CannotMeet(f"tables: made from files of the tier {TIER} only")
    if (class_sizes(frame, rules.key_columns) < rules.k).any():
        raise CannotMeet("tables: the file holds a group below its k; nothing is counted from it")


def _sums(rows: "pd.Series[str]", columns: "pd.Series[str] | None") -> list[tuple[str, str, int]]:
    """(row, column, people) of every cell that holds somebody, and of every sum."""
    lines = [(ALL, ALL, len(rows)), *((str(value), ALL, int(n)) for value, n in rows.value_counts().items())]
    if columns is not None:
        lines += [(ALL, str(value), int(n)) for value, n in columns.value_counts().items()]
        lines += _pairs(pd.DataFrame({"row": rows, "column": columns}).value_counts())
    return lines


def _pairs(counts: "pd.Series[int]") -> list[tuple[str, str, int]]:
    levels = [counts.index.get_level_values(at).astype(str) for at in range(2)]
    return [(row, column, int(n)) for row, column, n in zip(*levels, counts, strict=True)]


def _table(lines: Sequence[tuple[str, str, int]]) -> pd.DataFrame:
    found = pd.DataFrame(lines, columns=["row", "column", "count"]).astype({"count": "Int64"})
    return found.assign(share=pd.array([pd.NA] * len(found), dtype="Float64"), why="")


def _by_answer(rows: "pd.Series[str]", answers: "pd.Series[str]", k: int) -> pd.DataFrame:
    """Every row by every answer, nobody included: an answer that nobody gave is told as 0."""
    told = ~answers.isin(list(UNANSWERED))
    pairs = pd.DataFrame({"row": rows[told], "column": answers[told].str.split().map(dict.fromkeys).map(list)})
    given = pairs.explode("column").dropna()
    codes = sorted(given["column"].unique())
    names = [ALL, *sorted(rows.unique())]
    people, answered, lost = (_with_all(part).reindex(names, fill_value=0) for part in _parts(rows, answers, told))
    cells = pd.concat([given, given.assign(row=ALL)]).value_counts()
    cells = cells.reindex(pd.MultiIndex.from_product([names, codes]), fill_value=0)
    sums = [(name, what, int(n[name])) for what, n in ((ALL, people), (ANSWERED, answered)) for name in names]
    found = pd.DataFrame([*sums, *_pairs(cells)], columns=["row", "column", "count"])
    base = found["row"].map(answered)
    blind = found["row"].map(lost) > MOST_HIDDEN * (base + found["row"].map(lost))
    is_answer = ~found["column"].isin([ALL, ANSWERED])
    why = pd.Series("", index=found.index, dtype="str")
    why[is_answer & (base < TableRules(minimum=k).rate_minimum)] = SMALL
    why[(found["column"] != ALL) & (found["count"] > 0) & (found["count"] < k)] = FEW
    why[(found["column"] != ALL) & blind] = HIDDEN
    count = found["count"].astype("Int64").mask(why.isin([FEW, HIDDEN]))
    share = (count.astype("Float64") / base.astype("Float64")).where(is_answer & (why == ""))
    return found.assign(count=count, share=share, why=why)


def _parts(rows: "pd.Series[str]", answers: "pd.Series[str]", told: "pd.Series[bool]") -> list["pd.Series[str]"]:
    """The rows' values: of everybody, of who answered, of whose answer is hidden."""
    return [rows, rows[told], rows[answers == SUPPRESSED]]


def _with_all(rows: "pd.Series[str]") -> "pd.Series[int]":
    return pd.concat([rows, pd.Series(ALL, index=rows.index)]).value_counts()
