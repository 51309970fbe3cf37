"""No class may agree on a sensitive answer. A class that fails loses the variable whole: a hole would tell the rest.

Others lose it for company (``decoys``), or the loss itself would tell.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from portal.disclosure.cells import Cells
from portal.disclosure.classes import Bools, Ints, numbered, text
from portal.disclosure.decoys import decoys
from portal.disclosure.missing import SUPPRESSED, UNANSWERED
from portal.disclosure.multiple import guarded
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
    return _said(Cells.of(column), code)


def _said(cells: Cells, code: str) -> Ints:
    said = [-1 if word in UNANSWERED else int(code in word.split()) for word in cells.words]
    return np.array(said, dtype=np.int64)[cells.codes]


def block(column: "pd.Series[str]", classes: Ints, code: str, limits: Limits, *, base: float | None = None) -> Block:
    """Count one code. The base rate is ``base``, or the share among answered rows of the file as it is to be released.

    Missing answers of any kind count neither as yes nor as no, so they never add to safety.
    """
    return _block(answers(column, code), classes, limits, base)


def _block(said: Ints, classes: Ints, limits: Limits, base: float | None = None) -> Block:
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
    return _failing(Cells.of(column), classes, one, limits, bases or {})


def _failing(
    cells: Cells, classes: Ints, one: Treatment, limits: Limits, bases: Mapping[str, float]
) -> dict[str, Bools]:
    return {
        code: _block(_said(cells, code), classes, limits, bases.get(code)).fails(limits.min_no)[classes]
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
    marks = [numbered(made[name]) for name in rules.key_columns]
    told: Told = {}
    lists: dict[str, dict[str, int]] = {}
    for one in present:
        mine = Lost.of(text(true[one.variable]), one, _opened(made, one))
        cells = Cells.of(_behind_gate(text(made[one.variable]), frame, made, one))
        safe = None
        for bases in (mine.bases, {}):
            before = None
            while before is not cells:
                before = cells
                if cells is not safe:
                    cells = safe = _guarded(cells, marks, one, rules.k, lists)
                cells = mine.hide(cells, _failing(cells, classes, one, rules.limits, bases))
                cells = mine.accompany(cells, classes, marks)
        made[one.variable] = cells.column(made.index)
        if one.sensitive_codes:
            told[one.variable] = mine.told(cells, classes, rules.limits)
    return made, told, lists


@dataclass
class Lost:
    """What a variable lost: per sensitive code its answers as they are (n,), and the rows hidden, or for company."""

    truth: dict[str, Ints]
    opened: Sequence[Bools]
    blanked: dict[str, Bools]
    company: dict[str, Bools]

    @classmethod
    def of(cls, column: "pd.Series[str]", one: Treatment, opened: Sequence[Bools]) -> "Lost":
        """Nothing yet, of a variable with these answers; ``opened`` the rows (n,) by each value that its gate shows."""
        truth = {code: answers(column, code) for code in one.sensitive_codes}
        none = [{code: np.zeros(len(column), dtype=bool) for code in truth} for _ in range(2)]
        return cls(truth, opened, *none)

    @property
    def bases(self) -> dict[str, float]:
        """Per code the true share of yes."""
        return {code: _share(said) for code, said in self.truth.items()}

    def hide(self, cells: Cells, rows: Mapping[str, Bools]) -> Cells:
        """The cells without these rows, which a code each asks for."""
        for code, asked in rows.items():
            self.blanked[code] |= asked
            cells = cells.put(SUPPRESSED, asked)
        return cells

    def accompany(self, cells: Cells, classes: Ints, marks: Sequence[Ints]) -> Cells:
        """The cells with as many more hidden as makes what is hidden tell nothing."""
        for code, said in self.truth.items():
            for known in (said, *(np.where(rows, said, -1) for rows in self.opened)):
                hidden = cells.hold(SUPPRESSED)
                rows = decoys(known, hidden, classes, marks)
                self.company[code] |= rows & ~hidden
                cells = self.hide(cells, {code: rows})
        return cells

    def told(self, cells: Cells, classes: Ints, limits: Limits) -> dict[str, dict[str, float]]:
        """Per code the limit and the base rate as released, and what was hidden."""
        made = {}
        for code in self.truth:
            held = _block(_said(cells, code), classes, limits)
            made[code] = {
                "alpha": round(held.alpha, 6),
                "base": round(held.base, 6),
                "blanked": int(self.blanked[code].sum()),
                "company": int(self.company[code].sum()),
            }
        return made


def in_order(treatments: Sequence[Treatment]) -> list[Treatment]:
    """Gates before what they open, otherwise as given."""
    by_name = {one.variable: one for one in treatments}

    def depth(one: Treatment) -> int:
        return 0 if not one.gate or one.gate not in by_name else 1 + depth(by_name[one.gate])

    return sorted(treatments, key=depth)


def _opened(made: pd.DataFrame, one: Treatment) -> list[Bools]:
    """The rows (n,) by each value that the variable's gate shows: hidden answers must tell nothing beside it either."""
    if one.gate not in made:
        return []
    cells = Cells.of(text(made[one.gate]))
    return [cells.hold(word) for word in cells.words if word != SUPPRESSED]


def _behind_gate(column: "pd.Series[str]", frame: pd.DataFrame, made: pd.DataFrame, one: Treatment) -> "pd.Series[str]":
    """Hide the answer where its gate is hidden or was grouped: having been asked would tell what the gate said."""
    if one.gate not in made:
        return column
    return column.mask((made[one.gate] == SUPPRESSED) | (made[one.gate] != text(frame[one.gate])), SUPPRESSED)


def _guarded(cells: Cells, marks: Sequence[Ints], one: Treatment, k: int, lists: dict[str, dict[str, int]]) -> Cells:
    if not one.multiple or one.how == "any_none":
        return cells
    cells, taken = guarded(cells, marks, k)
    was = lists.setdefault(one.variable, {"other": 0, "blanked": 0})
    lists[one.variable] = {name: was[name] + taken[name] for name in was}
    return cells


def _share(said: Ints) -> float:
    known = int((said >= 0).sum())
    return int((said == 1).sum()) / known if known else 0.0
