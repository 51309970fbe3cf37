"""What an engine must do for local suppression, and the one driver over all of them.

Rows are touched three times: counted per distinct key, given what their key's plan says, written. The plan is made on
distinct keys and does not know where the rows are; an engine does not know what the plan is for.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, Self, TypeVar

import numpy as np
import pandas as pd

from portal.disclosure import families as trees
from portal.disclosure.classes import Bools, Ints, pack
from portal.disclosure.close import Closing
from portal.disclosure.refusals import BadInput, CannotMeet
from portal.disclosure.ruleset import Key
from portal.disclosure.suppress import OWN, planned

CELL = 128
"""Bytes that planning takes at most for each cell of the key table; measured with eight keys."""
Told = Callable[[str, int], None]
"""Told the step (count, plan, join, write, check) and how many rows it is through."""


@dataclass(frozen=True)
class KeyTable:
    """Distinct keys: ``keys`` (D, C) as ``classes.text`` writes them, each once in any order; ``counts`` (D,) rows."""

    keys: pd.DataFrame
    counts: Ints


@dataclass(frozen=True)
class Plan:
    """What rows hide: entry e is for ``rows[e]`` rows of line ``key[e]`` of the key table.

    Entries of one key stand together, and the rows of that key take them in the order of the file: the first
    ``rows[e]`` rows the first entry, and so on, each row one. ``pattern`` (E,) is a line of ``hides`` (P, C), which
    says of every column whether it is hidden.
    """

    key: Ints
    rows: Ints
    pattern: Ints
    hides: Bools

    @property
    def first(self) -> Ints:
        """The number, from 0 within its key, of the first row that takes each entry; shape (E,)."""
        before = np.cumsum(self.rows) - self.rows
        starts = np.flatnonzero(np.diff(self.key, prepend=-1))
        return before - np.repeat(before[starts], np.diff([*starts, len(self.key)]))


class Engine(Protocol):
    """Rows somewhere. The three verbs are called once each, in this order.

    Equality of cells is equality of their ``classes.text``: missing and empty are one value, 1 and 1.0 are, the texts
    "1" and "1.0" are not, nor are two Unicode forms of one letter. Results depend on the rows and their order alone,
    not on blocks, threads or memory.
    """

    @property
    def hidden(self) -> str:
        """What a hidden cell reads as; a cell that already reads so is the same value."""

    def count(self, columns: Sequence[str]) -> KeyTable:
        """Count the rows of every distinct key. Raises BadInput for a column that is absent or there twice."""

    def join(self, plan: Plan) -> None:
        """Give every row, numbered in its key by the order of the file, what the plan says for that number."""

    def write(self) -> Self:
        """Write all rows in their order, hidden cells hidden and empty ones in one form, and return them to count."""


AnEngine = TypeVar("AnEngine", bound=Engine)


@dataclass(frozen=True)
class Outcome:
    """What was done: rows in all, the key tables ``before`` and ``after``, and the plan."""

    rows: int
    before: KeyTable
    after: KeyTable
    plan: Plan


def protect(
    engine: AnEngine,
    keys: Sequence[Key],
    k: int,
    *,
    closing: Closing | None = OWN,
    memory: int | None = None,
    told: Told = lambda _step, _rows: None,
) -> tuple[AnEngine, Outcome]:
    """Hide key levels until every class holds at least k rows: ``suppress`` with ties broken by the order of rows.

    ``memory`` is what planning may take, in bytes. Returns the released rows and what was done. They were counted
    again from what was written.

    Raises
    ------
    BadInput
        For a column that cannot be used, with the fact; for more distinct keys than can be planned on.
    CannotMeet
        If there are fewer than k rows, but at least one; or if a class came out below k.
    """
    columns = [column for key in keys for column in key.columns]
    if not columns or len(set(columns)) != len(columns):
        raise BadInput("keys: " + ("a column is named twice" if columns else "name at least one"))
    before = engine.count(columns)
    rows = int(before.counts.sum())
    if 0 < rows < k:
        raise CannotMeet(f"k: {rows} records are fewer than k = {k}; no treatment can make a class of them")
    if memory is not None and before.keys.size * CELL > memory:
        needed = before.keys.size * CELL // 10**6
        raise BadInput(f"memory_limit: planning on {len(before.counts)} distinct keys takes up to {needed} MB")
    told("plan", 0)
    made = plan(before, keys, k, hidden=engine.hidden, closing=closing)
    told("join", 0)
    engine.join(made)
    released = engine.write()
    after = released.count(columns)
    if int(after.counts.sum()) != rows or int(after.counts.min(initial=k)) < k:
        raise CannotMeet("k: the rows written do not hold to it; nothing is released")
    return released, Outcome(rows, before, after, made)


def plan(table: KeyTable, keys: Sequence[Key], k: int, *, hidden: str, closing: Closing | None) -> Plan:
    """What the rows of every distinct key hide; the same for the same keys and counts, in whatever order they come."""
    if not len(table.counts):
        none = np.zeros(0, dtype=np.int64)
        return Plan(none, none, none, np.zeros((0, table.keys.shape[1]), dtype=bool))
    built = [trees.build(table.keys, key, hidden=hidden) for key in keys]
    leaves = np.column_stack([leaf for _, leaf in built])
    line = np.argsort(pack(list(leaves.T)))
    placed = planned([family for family, _ in built], leaves[line], table.counts[line], k, closing=closing)
    order = np.argsort(placed.key, kind="stable")
    pattern = pack(list(placed.shown[order].T))
    shown = placed.shown[order][np.unique(pattern, return_index=True)[1]]
    hides = [shown[:, [at]] <= np.arange(len(key.levels)) for at, key in enumerate(keys)]
    return Plan(line[placed.key[order]], placed.rows[order], pattern, np.column_stack(hides))
