"""No class may agree on a sensitive answer. A class that fails loses the variable whole: a hole would tell the rest."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from portal.disclosure.classes import Bools, Ints, text
from portal.disclosure.missing import SUPPRESSED, UNANSWERED
from portal.disclosure.multiple import guard
from portal.disclosure.ruleset import Limits, RuleSet, Treatment

Told = dict[str, dict[str, dict[str, float]]]


@dataclass(frozen=True)
class Block:
    """One sensitive code over the classes: ``answered`` and ``yes`` (C,) rows, ``base`` share, ``alpha`` the limit."""

    answered: Ints
    yes: Ints
    base: float
    alpha: float

    def fails(self, min_no: int) -> Bools:
        """Which classes agree too much (C,): share of yes above alpha, or fewer than ``min_no`` rows of no."""
        too_many = self.yes > self.alpha * self.answered + 1e-9
        too_few = self.answered - self.yes < min_no
        return (self.yes > 0) & (too_many | too_few)


def block(column: "pd.Series[str]", classes: Ints, code: str, limits: Limits) -> Block:
    """Count one code. The base rate is the share among answered rows of the whole file as it is to be released.

    Missing answers of any kind count neither as yes nor as no, so they never add to safety.
    """
    values = column.unique()
    answered = column.isin([value for value in values if value not in UNANSWERED]).to_numpy(dtype=bool)
    yes = column.isin([value for value in values if code in value.split()]).to_numpy(dtype=bool) & answered
    size = int(classes.max(initial=-1)) + 1
    base = float(yes.sum() / answered.sum()) if answered.any() else 0.0
    return Block(
        np.bincount(classes[answered], minlength=size).astype(np.int64),
        np.bincount(classes[yes], minlength=size).astype(np.int64),
        base,
        max(limits.alpha, base + limits.margin),
    )


def failing(column: "pd.Series[str]", classes: Ints, one: Treatment, limits: Limits) -> dict[str, Bools]:
    """Per sensitive code, which rows stand in a class that fails on it."""
    return {code: block(column, classes, code, limits).fails(limits.min_no)[classes] for code in one.sensitive_codes}


def enforce(frame: pd.DataFrame, classes: Ints, rules: RuleSet) -> tuple[pd.DataFrame, Told, dict[str, dict[str, int]]]:
    """Blank what the diversity rule, the rule on select-multiples and the gates ask for, until all three hold.

    ``frame`` holds released keys and treated variables, ``classes`` (n,) the class of each row. Every round can only
    hide more, and blanking lowers the base rate, which is therefore counted again until nothing fails.

    Returns
    -------
    The frame; per variable and code ``alpha`` and ``base`` as released and the rows ``blanked``; and per
    select-multiple how many cells were grouped or blanked.
    """
    made = frame.copy()
    present = [one for one in in_order(rules.treatments) if one.variable in made]
    keys = made[rules.key_columns]
    blanked: dict[tuple[str, str], Bools] = {}
    lists: dict[str, dict[str, int]] = {}
    for one in present:
        column = text(made[one.variable])
        before = None
        while before is None or not before.equals(column):
            before = column
            column = _behind_gate(column, frame, made, one)
            column = _guarded(column, keys, one, rules.k, lists)
            for code, rows in failing(column, classes, one, rules.limits).items():
                blanked[one.variable, code] = blanked.get((one.variable, code), np.zeros(len(made), dtype=bool)) | rows
                column = column.mask(pd.Series(rows, index=column.index), SUPPRESSED)
        made[one.variable] = column
    return made, _told(made, classes, present, rules.limits, blanked), lists


def in_order(treatments: Sequence[Treatment]) -> list[Treatment]:
    """Gates before what they open, otherwise as given."""
    by_name = {one.variable: one for one in treatments}

    def depth(one: Treatment) -> int:
        return 0 if not one.gate or one.gate not in by_name else 1 + depth(by_name[one.gate])

    return sorted(treatments, key=depth)


def _behind_gate(column: "pd.Series[str]", frame: pd.DataFrame, made: pd.DataFrame, one: Treatment) -> "pd.Series[str]":
    """Hide the answer where its gate is hidden or was grouped: having been asked would tell what the gate said."""
    if one.gate not in made:
        return column
    return column.mask((made[one.gate] == SUPPRESSED) | (made[one.gate] != text(frame[one.gate])), SUPPRESSED)


def _guarded(
    column: "pd.Series[str]", keys: pd.DataFrame, one: Treatment, k: int, lists: dict[str, dict[str, int]]
) -> "pd.Series[str]":
    if not one.multiple or one.how == "any_none":
        return column
    column, taken = guard(column, keys, k)
    was = lists.setdefault(one.variable, {"other": 0, "blanked": 0})
    lists[one.variable] = {name: was[name] + taken[name] for name in was}
    return column


def _told(
    made: pd.DataFrame,
    classes: Ints,
    present: Sequence[Treatment],
    limits: Limits,
    blanked: dict[tuple[str, str], Bools],
) -> Told:
    told: Told = {}
    for one in present:
        for code in one.sensitive_codes:
            held = block(text(made[one.variable]), classes, code, limits)
            told.setdefault(one.variable, {})[code] = {
                "alpha": round(held.alpha, 6),
                "base": round(held.base, 6),
                "blanked": int(blanked[one.variable, code].sum()),
            }
    return told
