"""Suppression under sdcMicro's count, where a hidden cell matches anything. For comparison only: it does not protect.

Someone who knows a record's true key looks only at released rows compatible with it, and may be left with one. The
prosecutor attack finds such files guilty; what may leave is made by ``suppress``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import combinations

import numpy as np
import pandas as pd

from portal.disclosure.cascade import MOST_PATTERNS, Placed
from portal.disclosure.classes import Bools, Floats, Ints, pack, text
from portal.disclosure.compatible import Table, match, tables
from portal.disclosure.missing import SUPPRESSED
from portal.disclosure.refusals import BadInput, CannotMeet
from portal.disclosure.suppress import ranks, to_rows


@dataclass
class Work:
    """Entries: first the D distinct keys, then rows taken out of them one by one to hide cells.

    ``codes`` (E, F) with -1 where hidden, ``rows`` (E,), ``matches`` (E,) the rows each matches, ``origin`` (E,) the
    distinct key it comes from; ``used`` entries are in use, those numbered in ``loose`` came with hidden cells, and
    ``blank`` rows show nothing. ``weight`` (F,) says what a hidden cell costs.
    """

    codes: Ints
    rows: Ints
    matches: Ints
    origin: Ints
    weight: Floats
    k: int
    keys: int
    used: int
    loose: Ints
    blank: int = 0
    index: dict[bytes, tuple[Ints, Ints, Ints]] = field(default_factory=dict)

    def differing(self, origin: int, shown: Bools, others: Sequence[int]) -> Ints:
        """Entries that match a key where it is ``shown`` (F,), but not in all the ``others``: they differ there."""
        truth = self.codes[origin]
        group, order, starts = self._grouped(shown)
        alike = order[starts[group[origin]] : starts[group[origin] + 1]]
        found = alike[np.logical_or.reduce([self.codes[alike, at] != truth[at] for at in others])]
        if len(self.loose) or self.used > self.keys:
            loose = np.concatenate([self.loose, np.arange(self.keys, self.used)])
            given = self.codes[loose]
            clash = (given != truth) & (given >= 0)
            fits = np.logical_or.reduce(clash[:, others], axis=1) & ~np.logical_or.reduce(clash[:, shown], axis=1)
            found = np.concatenate([found, loose[fits]])
        return found[self.rows[found] > 0]

    def count(self) -> None:
        """Count all matches from the beginning: who shows nothing matches all, yet is no match for who shows all."""
        codes, rows = self.codes[: self.used], self.rows[: self.used].astype(np.float64)
        self.matches[: self.used] = match(
            Table(list(codes.T), np.arange(self.used), rows, rows, self.origin[: self.used])
        )[0]
        self.blank = int(rows[(codes < 0).all(axis=1)].sum())

    def _grouped(self, shown: Bools) -> tuple[Ints, Ints, Ints]:
        """Distinct keys numbered by what is shown of them; those without hidden cells in that order, and its starts."""
        made = self.index.get(shown.tobytes())
        if made is None:
            part = self.codes[: self.keys]
            group = pack([part[:, at] for at in np.flatnonzero(shown)])
            whole = np.flatnonzero((part >= 0).all(axis=1))
            order = whole[np.argsort(group[whole], kind="stable")]
            starts = np.searchsorted(group[order], np.arange(int(group.max()) + 2))
            made = self.index[shown.tobytes()] = (group, order, starts)
        return made


def suppress_match(
    frame: pd.DataFrame,
    columns: Sequence[str],
    k: int,
    *,
    importance: Mapping[str, float] | None = None,
    hidden: str = SUPPRESSED,
) -> pd.DataFrame:
    """Hide cells until every record matches at least ``k`` when hidden cells match anything. It protects nobody.

    Only a record below k loses cells, one at a time and only until it is at k: the cell that brings most matches to
    records below k per unit of its column's ``importance`` (default 1). All are counted again after each; at the end
    cells that turned out unnecessary are shown again. Cells that come as ``hidden`` match anything from the start.

    Returns the frame in its order with nothing else changed.

    Raises
    ------
    BadInput
        If a column is absent, an importance is not above 0, or there are more columns than can be searched.
    CannotMeet
        If the frame holds fewer than k rows, but at least one.
    """
    weight = np.array([(importance or {}).get(name, 1.0) for name in columns])
    if not (weight > 0).all():
        raise BadInput("importance: must be above 0")
    if 2 ** len(columns) > MOST_PATTERNS:
        raise BadInput(f"keys: {len(columns)} can be hidden in too many ways; name fewer")
    table = tables([frame], columns, hidden=hidden)[0]
    if 0 < len(frame) < k:
        raise CannotMeet(f"k: {len(frame)} records are fewer than k = {k}; no treatment can make them match")
    work = _work(table, weight, k)
    _hide(work)
    _prune(work)
    placed = Placed(work.origin[: work.used], work.codes[: work.used], work.rows[: work.used])
    cells = to_rows(placed, table.of, ranks(frame, None))
    made = frame.copy()
    for at, name in enumerate(columns):
        made[name] = text(frame[name]).mask(cells[:, at] < 0, hidden)
    if len(frame) and int(match(tables([made], columns, hidden=hidden)[0])[0].min()) < k:
        raise CannotMeet("k: the search left a record that matches fewer than k; nothing is released")
    return made


def _work(table: Table, weight: Floats, k: int) -> Work:
    rows = table.rows.astype(np.int64)
    more = np.zeros(int(rows.sum()), dtype=np.int64)
    made = Work(
        codes=np.concatenate([table.codes, np.full((len(more), len(weight)), -1)]),
        rows=np.concatenate([rows, more]),
        matches=np.concatenate([rows, more]),
        origin=np.concatenate([np.arange(len(rows)), more]),
        weight=weight,
        k=k,
        keys=len(rows),
        used=len(rows),
        loose=np.flatnonzero((table.codes < 0).any(axis=1)),
    )
    made.count()
    return made


def _hide(work: Work) -> None:
    """Hide the most useful cell, again and again; a value that was overtaken is counted again before it is used."""
    queue: list[tuple[float, int, int]] = []
    _ask(work, queue, np.flatnonzero(work.rows))
    while queue:
        _, entry, at = heappop(queue)
        if work.matches[entry] >= work.k or not work.rows[entry] or work.codes[entry, at] < 0:
            continue
        value = _value(work, entry, at)
        if queue and (value, entry, at) > queue[0]:
            heappush(queue, (value, entry, at))
            continue
        blank = work.blank
        made = _hidden(work, entry, [at] if value < 0 else _far(work, entry))
        _ask(work, queue, np.array([entry, made]) if work.blank == blank else np.flatnonzero(work.rows))


def _ask(work: Work, queue: list[tuple[float, int, int]], entries: Ints) -> None:
    """Queue every shown cell of those entries that are below k."""
    for entry in np.unique(entries[(work.matches[entries] < work.k) & (work.rows[entries] > 0)]).tolist():
        for at in np.flatnonzero(work.codes[entry] >= 0).tolist():
            heappush(queue, (_value(work, entry, at), entry, at))


def _value(work: Work, entry: int, at: int) -> float:
    """What hiding one cell brings to records below k, its own included, per unit of cost; negative, 0 for nothing."""
    shown = work.codes[entry] >= 0
    shown[at] = False
    if not shown.any():
        return 0.0
    found = work.differing(int(work.origin[entry]), shown, [at])
    own = min(int(work.rows[found].sum()), work.k - int(work.matches[entry]))
    return -(own + int(work.rows[found][work.matches[found] < work.k].sum())) / float(work.weight[at])


def _far(work: Work, entry: int) -> list[int]:
    """The cheapest cells that, hidden together, match the record with another; all of them if only that is left."""
    kept = np.flatnonzero(work.codes[entry] >= 0).tolist()
    some = [list(cells) for many in range(1, len(kept)) for cells in combinations(kept, many)]
    for cells in sorted(some, key=lambda one: float(work.weight[one].sum())):
        shown = work.codes[entry] >= 0
        shown[cells] = False
        if len(work.differing(int(work.origin[entry]), shown, cells)):
            return cells
    return kept


def _hidden(work: Work, entry: int, cells: list[int]) -> int:
    """Hide cells in one row of an entry, which becomes an entry of its own; returns its number."""
    if entry < work.keys:
        work.rows[entry] -= 1
        made, work.used = work.used, work.used + 1
        work.codes[made], work.origin[made] = work.codes[entry], work.origin[entry]
        work.rows[made] = 1
        work.matches[made] = work.matches[entry] + (work.blank if (work.codes[entry] >= 0).all() else 0)
        entry = made
    work.codes[entry, cells] = -1
    if (work.codes[entry] < 0).all():
        work.count()
        return entry
    found = work.differing(int(work.origin[entry]), work.codes[entry] >= 0, cells)
    work.matches[entry] += work.rows[found].sum()
    work.matches[found] += 1
    return entry


def _prune(work: Work) -> None:
    """Show cells again, the last hidden record's first and the dearest first, where all concerned stay at k."""
    for entry in range(work.used - 1, work.keys - 1, -1):
        truth = work.codes[work.origin[entry]]
        for at in np.argsort(-work.weight, kind="stable").tolist():
            shown = work.codes[entry] >= 0
            if shown[at] or truth[at] < 0 or not shown.any():
                continue
            found = work.differing(int(work.origin[entry]), shown, [at])
            lost = int(work.rows[found].sum()) + (work.blank if shown.sum() == len(shown) - 1 else 0)
            if work.matches[entry] - lost >= work.k and (work.matches[found] > work.k).all():
                work.codes[entry, at] = truth[at]
                work.matches[entry] -= lost
                work.matches[found] -= 1
