"""Places with too few enumerators lose their name: who asked there could be told, and asked for who answered."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from portal.disclosure.classes import Bools, Ints, need, numbered, pack, text
from portal.disclosure.missing import SUPPRESSED, UNANSWERED
from portal.disclosure.ruleset import RuleSet

Suppressor = Callable[[pd.DataFrame], pd.DataFrame]


def widen(
    derived: pd.DataFrame, enumerator: "pd.Series[str]", rules: RuleSet, suppressor: Suppressor
) -> tuple[pd.DataFrame, int]:
    """Suppress so that every released cell (admin1 x year by default) holds enough enumerators.

    The first column of the cell is hidden where too few are known, then the suppressor runs; hiding may thin out
    other cells, so this repeats until none is short. A blank enumerator counts as nobody.

    Returns
    -------
    The suppressed frame, and how many rows lost the column to this rule.
    """
    column = rules.limits.enumerator_cell[0]
    start = derived
    while True:
        released = suppressor(start)
        short = _short(released, enumerator, rules)
        if not short.any():
            return released, int((start[column] != derived[column]).sum())
        cells = _cells(start, rules)
        thin = np.isin(cells, cells[short])
        start = start.assign(**{column: start[column].mask(thin, SUPPRESSED)})


def _cells(frame: pd.DataFrame, rules: RuleSet) -> Ints:
    return pack([numbered(frame[column]) for column in rules.limits.enumerator_cell])


def _short(released: pd.DataFrame, enumerator: "pd.Series[str]", rules: RuleSet) -> Bools:
    """Which rows show a cell with fewer known enumerators than the limit."""
    cell = list(rules.limits.enumerator_cell)
    need(released, cell)
    shown = ~released[cell].isin(list(UNANSWERED)).any(axis=1)
    known = text(enumerator).where(~text(enumerator).isin(list(UNANSWERED)))
    several = released[cell].assign(_who=known).groupby(cell, sort=False)["_who"].transform("nunique")
    return (shown & (several < rules.limits.min_enumerators)).to_numpy(dtype=bool)
