"""A plan by which a tailored extract can leave beside what left before: cells hidden by company, or blocks left out.

A block is an old class. Where a candidate divides one too finely, its views are merged inside it; where too few would
be left behind, others stay behind with them, or the block stays out whole. Every round only hides more.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from portal.disclosure import families as trees
from portal.disclosure.classes import Bools, Ints, numbered, text
from portal.disclosure.company import together
from portal.disclosure.joint import Faults, Joint, Terms, faults, meet
from portal.disclosure.ledger import UNTOLD, YES, Ledger, Views
from portal.disclosure.missing import SUPPRESSED
from portal.disclosure.ruleset import Key, Treatment
from portal.disclosure.views import blanks, of_frame


@dataclass(frozen=True)
class Extract:
    """A tailored extract: its keys and released variables.

    ``excused`` are interviews that may stay behind alone because a person signed. ``implied`` are sensitive answers
    ("variable=code") that the choice of rows gives away: being in the file is having said so.
    """

    keys: tuple[Key, ...]
    treatments: tuple[Treatment, ...] = ()
    id_column: str = "interview_id"
    excused: tuple[str, ...] = ()
    implied: tuple[str, ...] = ()

    @property
    def columns(self) -> list[str]:
        """The key columns in the order of the file."""
        return [column for key in self.keys for column in key.columns]

    def views(self, frame: pd.DataFrame) -> Views:
        """What a frame of this extract shows of whom."""
        views = of_frame(frame, self.keys, self.treatments, id_column=self.id_column)
        said = np.full(len(frame), YES, dtype=np.int8)
        return replace(views, answers={**views.answers, **dict.fromkeys(self.implied, said)})


@dataclass(frozen=True)
class Plan:
    """What is taken from an extract before it leaves: rows ``out`` (m,) and cells ``hidden`` per column (m,).

    ``head`` is the ledger's head it was judged against. Frame and plan give the same release again.
    """

    head: str
    out: Bools
    hidden: Mapping[str, Bools]

    def apply(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The frame as it may leave."""
        made = frame.copy()
        for column, cells in self.hidden.items():
            made[column] = text(made[column]).mask(pd.Series(cells, index=made.index), SUPPRESSED)
        return made[~self.out]

    @property
    def digest(self) -> str:
        """A digest of the whole plan (hexadecimal)."""
        told = hashlib.sha256(f"{self.head} {len(self.out)}\n".encode() + np.packbits(self.out).tobytes())
        for column in sorted(self.hidden):
            told.update(f"\n{column}\n".encode() + np.packbits(self.hidden[column]).tobytes())
        return told.hexdigest()


def untouched(frame: pd.DataFrame, head: str) -> Plan:
    """The plan that takes nothing."""
    return Plan(head, np.zeros(len(frame), dtype=bool), {})


def repair(ledger: Ledger, frame: pd.DataFrame, extract: Extract, terms: Terms) -> Plan:
    """The plan after which nothing stands against an extract; in the worst case it leaves every row out."""
    rows = frame.reset_index(drop=True)
    made = rows
    while True:
        views = extract.views(made)
        joint = meet(ledger, views)
        found = faults(ledger, views, joint, terms, excused=extract.excused)
        if not found.any:
            return _difference(rows, made, ledger.head)
        made = _step(ledger, made, (joint, found), extract, terms)


def _difference(rows: pd.DataFrame, made: pd.DataFrame, head: str) -> Plan:
    kept = rows.index.isin(made.index)
    hidden = {}
    for column in made.columns:
        cells = np.zeros(len(rows), dtype=bool)
        cells[kept] = (made[column] == SUPPRESSED) & (text(rows.loc[made.index, column]) != SUPPRESSED)
        if cells.any():
            hidden[str(column)] = cells
    return Plan(head, ~kept, hidden)


def _step(
    ledger: Ledger, made: pd.DataFrame, judged: tuple[Joint, Faults], extract: Extract, terms: Terms
) -> pd.DataFrame:
    """One round: leave rows out, else hide keys by company, else hide what a class agrees on."""
    joint, found = judged
    ranks = numbered(text(made[extract.id_column]))
    out = _staying(joint, found, ranks, terms.k)
    if out.any():
        return made[~out]
    if found.thin.any():
        return _merged(made, joint, found, extract, (ranks, terms.k))
    return _blanked(ledger, made, joint, found, extract)


def _staying(joint: Joint, found: Faults, ranks: Ints, k: int) -> Bools:
    """Interviews that stay behind: enough to keep company to those left out, else their whole block."""
    inside = np.bincount(joint.was, minlength=len(joint.size))
    thin = np.bincount(joint.was, weights=found.thin, minlength=len(joint.size)) > 0
    wanted = np.where(found.leaving, k - joint.left, 0)
    whole = found.behind | (found.leaving & (inside - wanted < k)) | (thin & (inside < k))
    wanted = np.where(whole, inside, wanted)
    order = np.lexsort((ranks, joint.was))
    starts = np.cumsum(inside) - inside
    out = np.zeros(len(joint.was), dtype=bool)
    out[order] = np.arange(len(order)) - starts[joint.was[order]] < wanted[joint.was[order]]
    return out


def _merged(made: pd.DataFrame, joint: Joint, found: Faults, extract: Extract, order: tuple[Ints, int]) -> pd.DataFrame:
    """Merge views inside every old class that is divided too finely."""
    ranks, k = order
    rows = np.isin(joint.was, np.unique(joint.was[found.thin]))
    part = made[rows]
    built = [trees.build(part, key) for key in extract.keys]
    leaves = np.column_stack([leaf for _, leaf in built])
    block = np.unique(joint.was[rows], return_inverse=True)[1].astype(np.int64)
    shown = together([family for family, _ in built], leaves, block, ranks[rows], k)
    after = made.copy()
    after.loc[part.index, extract.columns] = trees.write(part, [family for family, _ in built], leaves, shown)[
        extract.columns
    ]
    return after


def _blanked(ledger: Ledger, made: pd.DataFrame, joint: Joint, found: Faults, extract: Extract) -> pd.DataFrame:
    """Hide an answer that a class agrees on; where hiding cannot take it back, the block stays out instead."""
    after = made.copy()
    out = np.zeros(len(joint.size), dtype=bool)
    for name, rows in found.agreeing.items():
        before = ledger.answers.get(name)
        known = (joint.at >= 0) & (before[joint.at] != UNTOLD if before is not None else False)
        out[joint.was[rows & (known | (name in extract.implied))]] = True
        for variable in _present(name, extract.treatments, made):
            after[variable] = after[variable].mask(pd.Series(rows, index=after.index), SUPPRESSED)
    return after[~out[joint.was]]


def _present(name: str, treatments: Sequence[Treatment], made: pd.DataFrame) -> list[str]:
    return [variable for variable in blanks(name.split("=", 1)[0], treatments) if variable in made]
