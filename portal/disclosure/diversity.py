"""No class may agree on a sensitive answer. A class that fails loses the variable whole: a hole would tell the rest.

Others lose it for company (``decoys``), or the loss itself would tell.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from portal.disclosure.classes import Bools, Ints, numbered, text
from portal.disclosure.decoys import decoys
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


def answers(column: "pd.Series[str]", code: str) -> Ints:
    """Per row 1 where the answer holds the code, 0 where it does not, -1 where there is none, (n,)."""
    of, values = pd.factorize(column)
    said = np.array([-1 if value in UNANSWERED else int(code in value.split()) for value in values], dtype=np.int64)
    return np.asarray(said[of], dtype=np.int64)


def block(column: "pd.Series[str]", classes: Ints, code: str, limits: Limits, *, base: float | None = None) -> Block:
    """Count one code. The base rate is ``base``, or the share among answered rows of the file as it is to be released.

    Missing answers of any kind count neither as yes nor as no, so they never add to safety.
    """
    said = answers(column, code)
    size = int(classes.max(initial=-1)) + 1
    share = _share(said) if base is None else base
    return Block(
        np.bincount(classes[said >= 0], minlength=size).astype(np.int64),
        np.bincount(classes[said == 1], minlength=size).astype(np.int64),
        share,
        max(limits.alpha, share + limits.margin),
    )


def failing(
    column: "pd.Series[str]", classes: Ints, one: Treatment, limits: Limits, *, bases: Mapping[str, float] | None = None
) -> dict[str, Bools]:
    """Per sensitive code, which rows stand in a class that fails on it; base rates as for ``block``."""
    return {
        code: block(column, classes, code, limits, base=(bases or {}).get(code)).fails(limits.min_no)[classes]
        for code in one.sensitive_codes
    }


def enforce(
    frame: pd.DataFrame, classes: Ints, rules: RuleSet, *, truth: pd.DataFrame | None = None
) -> tuple[pd.DataFrame, Told, dict[str, dict[str, int]]]:
    """Blank what the diversity rule, its company, the rule on select-multiples and the gates ask for, until all hold.

    ``frame`` holds released keys and treated variables, ``classes`` (n,) the class of each row; ``truth`` the answers
    as they are, of the same rows, where the frame hides some already. Every round can only hide more. The rule is kept
    by the true base rates first and then by those of what is left, which anybody can count again: blanking lowers
    them, and by these alone it would go on and on.

    Returns
    -------
    The frame; per variable and code ``alpha`` and ``base`` as released, the rows ``blanked``, and those of them that
    were hidden for ``company``; and per select-multiple how many cells were grouped or blanked.
    """
    made = frame.copy()
    true = frame if truth is None else truth
    present = [one for one in in_order(rules.treatments) if one.variable in made]
    keys = made[rules.key_columns]
    marks = [numbered(keys[name]) for name in keys]
    lost: dict[str, Lost] = {}
    lists: dict[str, dict[str, int]] = {}
    for one in present:
        column = text(made[one.variable])
        mine = lost[one.variable] = Lost.of(text(true[one.variable]), one)
        for bases in (mine.bases, None):
            before = None
            while before is None or not before.equals(column):
                before = column
                column = _behind_gate(column, frame, made, one)
                column = _guarded(column, keys, one, rules.k, lists)
                column = mine.hide(column, failing(column, classes, one, rules.limits, bases=bases))
                column = mine.accompany(column, classes, marks)
        made[one.variable] = column
    return made, _told(made, classes, present, rules.limits, lost), lists


@dataclass
class Lost:
    """What a variable lost: per sensitive code its answers as they are (n,), and the rows hidden, or for company."""

    truth: dict[str, Ints]
    blanked: dict[str, Bools]
    company: dict[str, Bools]

    @classmethod
    def of(cls, column: "pd.Series[str]", one: Treatment) -> "Lost":
        """Nothing yet, of a variable with these answers."""
        truth = {code: answers(column, code) for code in one.sensitive_codes}
        none = [{code: np.zeros(len(column), dtype=bool) for code in truth} for _ in range(2)]
        return cls(truth, *none)

    @property
    def bases(self) -> dict[str, float]:
        """Per code the true share of yes."""
        return {code: _share(said) for code, said in self.truth.items()}

    def hide(self, column: "pd.Series[str]", rows: Mapping[str, Bools]) -> "pd.Series[str]":
        """The column without these rows, which a code each asks for."""
        for code, asked in rows.items():
            self.blanked[code] |= asked
            column = column.mask(pd.Series(asked, index=column.index), SUPPRESSED)
        return column

    def accompany(self, column: "pd.Series[str]", classes: Ints, marks: Sequence[Ints]) -> "pd.Series[str]":
        """The column with as much more hidden as makes what is hidden tell nothing."""
        for code, said in self.truth.items():
            rows = decoys(said, (column == SUPPRESSED).to_numpy(), classes, marks)
            self.company[code] |= rows & (column != SUPPRESSED).to_numpy()
            column = self.hide(column, {code: rows})
        return column


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


def _share(said: Ints) -> float:
    known = int((said >= 0).sum())
    return int((said == 1).sum()) / known if known else 0.0


def _told(
    made: pd.DataFrame, classes: Ints, present: Sequence[Treatment], limits: Limits, lost: Mapping[str, Lost]
) -> Told:
    told: Told = {}
    for one in present:
        for code in one.sensitive_codes:
            held, mine = block(text(made[one.variable]), classes, code, limits), lost[one.variable]
            told.setdefault(one.variable, {})[code] = {
                "alpha": round(held.alpha, 6),
                "base": round(held.base, 6),
                "blanked": int(mine.blanked[code].sum()),
                "company": int(mine.company[code].sum()),
            }
    return told
