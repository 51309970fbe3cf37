"""The plan of least loss: how finely a tier shows its keys, so that the readers keep most and no group loses more.

Every way to cut the keys' levels is tried with the plain cascade, on distinct keys. Then the best are protected in
full, in rising order of loss, until one keeps the rule set's aims; if none does, the best one is taken, and says so.
A rule set without aims keeps its own levels, and the other ways are there to compare.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
import pandas as pd

from portal.disclosure import families as trees
from portal.disclosure.classes import Floats, Ints, class_of, numbered, pack, text
from portal.disclosure.missing import SUPPRESSED
from portal.disclosure.plan import Plan, Point, snapshot
from portal.disclosure.protect import Outcome, Source, Suppressed, finish, prepare, protect, suppressed
from portal.disclosure.recode import Hierarchies
from portal.disclosure.report import NAMED_FROM
from portal.disclosure.ruleset import RuleSet
from portal.disclosure.suppress import planned

OTHER_K = (3, 5, 7, 11, 15, 20)
IN_FULL = 4
"""How many ways are protected in full before the best of them is taken as it is."""


@dataclass(frozen=True)
class Entries:
    """Rows by what they are and what is shown of them.

    ``rows`` (e,) rows, fractions of one too, of distinct key ``key`` (e,), of which ``shown`` (e, F) levels show.
    """

    key: Ints
    shown: Ints
    rows: Floats


@dataclass(frozen=True)
class Board:
    """The distinct keys of a file at their finest.

    ``cells`` holds one row for each of the D, ``counts`` (D,) how many rows have it, ``of`` (n,) which one each row
    has. ``rules`` is the rule set with all its levels.
    """

    rules: RuleSet
    cells: pd.DataFrame
    counts: Ints
    of: Ints

    def estimate(self, rules: RuleSet, k: int) -> Point:
        """What the plain cascade makes of a way; without closing and the rule on enumerators, which hide some more."""
        built = [trees.build(self.cells, key) for key in rules.keys]
        forest = [family for family, _ in built]
        leaves = np.column_stack([leaf for _, leaf in built])
        group = pack(list(leaves.T))
        first = np.unique(group, return_index=True)[1]
        sizes = np.bincount(group, weights=self.counts)
        placed = planned(forest, leaves[first], sizes.astype(np.int64), k, closing=None)
        nodes = np.column_stack(
            [one.up[leaves[first][placed.key, at], placed.shown[:, at]] for at, one in enumerate(forest)]
        )
        classes = int(pack(list(nodes.T)).max()) + 1
        # A row of a distinct key is any of the finer keys that it is made of, in proportion.
        order = np.argsort(group, kind="stable")
        members = np.bincount(group)
        start = np.cumsum(members) - members
        many = members[placed.key]
        entry = np.repeat(np.arange(len(placed.key)), many)
        within = np.arange(len(entry)) - np.repeat(np.cumsum(many) - many, many)
        key = order[start[placed.key][entry] + within]
        rows = placed.rows[entry] * self.counts[key] / sizes[group[key]]
        return self._point(replace(rules, k=k), Entries(key, placed.shown[entry], rows), classes)

    def measured(self, rules: RuleSet, keyed: Suppressed) -> Point:
        """What was really made of a way."""
        shown = np.column_stack(
            [(keyed.frame[list(key.columns)] != SUPPRESSED).to_numpy().sum(axis=1) for key in rules.keys]
        ).astype(np.int64)
        entry = pack([self.of, *shown.T])
        first = np.unique(entry, return_index=True)[1]
        entries = Entries(self.of[first], shown[first], np.bincount(entry).astype(np.float64))
        return self._point(rules, entries, int(class_of(keyed.frame, rules.key_columns).max()) + 1)

    def _point(self, rules: RuleSet, entries: Entries, classes: int) -> Point:
        there = self._visible(rules)[entries.key]
        shown = np.minimum(entries.shown, there)
        gap = self._gap(rules, entries, shown)
        change = max((self._change(rules, entries, shown, table) for table in rules.aims.tables), default=0.0)
        aims = (("gap", gap, rules.aims.gap), ("change", change, rules.aims.change))
        return Point(
            k=rules.k,
            shown=tuple(key.columns[-1] for key in rules.keys),
            mean_risk=round(classes / len(self.of), 9),
            kept=round(self._kept(entries, shown), 9),
            gap=round(gap, 9),
            change=round(change, 9),
            broken=tuple(name for name, value, most in aims if most is not None and value > most + 1e-9),
        )

    def _visible(self, rules: RuleSet) -> Ints:
        """How many levels of each key the distinct keys (D, F) have to show: a finer tier may have hidden some."""
        return np.column_stack(
            [(self.cells[list(key.columns)] != SUPPRESSED).to_numpy().sum(axis=1) for key in rules.keys]
        ).astype(np.int64)

    def _kept(self, entries: Entries, shown: Ints) -> float:
        """The information shown, of all that the finest levels could show; a level weighs what hiding it costs."""
        worth = [np.asarray(trees.costs(key)) for key in self.rules.keys]
        per_row = sum(one[0] - one[shown[:, at]] for at, one in enumerate(worth))
        return float((per_row * entries.rows).sum() / entries.rows.sum() / sum(float(one[0]) for one in worth))

    def _gap(self, rules: RuleSet, entries: Entries, shown: Ints) -> float:
        """How far a named group's share of shown key cells lies from that of all."""
        share = shown.sum(axis=1) / len(rules.key_columns)
        overall = float((share * entries.rows).sum() / entries.rows.sum())
        worst = 0.0
        for column, _, value in (group.partition("=") for group in rules.aims.groups):
            if column in self.cells:
                group = numbered(text(self.cells[column]))[entries.key]
                size = np.bincount(group, weights=entries.rows)
                named = size >= NAMED_FROM - 1e-6
                if value:
                    meant = (text(self.cells[column]) == value).to_numpy()[entries.key]
                    named &= np.bincount(group, weights=meant) > 0
                of = np.bincount(group, weights=share * entries.rows)[named] / size[named]
                worst = max(worst, float(np.abs(of - overall).max(initial=0.0)))
        return worst

    def _change(self, rules: RuleSet, entries: Entries, shown: Ints, table: Sequence[str]) -> float:
        """The largest change of a table's cell, as ``utility.table_change`` has it; 100 where a column is gone."""
        place = {column: (at, depth) for at, key in enumerate(rules.keys) for depth, column in enumerate(key.columns)}
        if not set(table) <= place.keys():
            return 100.0
        was = np.all([(self.cells[column] != SUPPRESSED).to_numpy() for column in table], axis=0)
        now = np.all([shown[:, at] > depth for at, depth in (place[column] for column in table)], axis=0)
        cell = pack([numbered(text(self.cells[column])) for column in table])
        before = np.bincount(cell[was], weights=self.counts[was], minlength=int(cell.max()) + 1)
        after = np.bincount(cell[entries.key[now]], weights=entries.rows[now], minlength=len(before))
        parts = [100 * one / one.sum() if one.sum() else one for one in (before, after)]
        return float(np.abs(parts[0] - parts[1]).max())


def board_of(derived: pd.DataFrame, rules: RuleSet) -> Board:
    """The distinct keys of a derived frame with at least one row."""
    columns = rules.key_columns
    of = pack([numbered(text(derived[column])) for column in columns])
    first = np.unique(of, return_index=True)[1]
    return Board(rules, derived[columns].iloc[first].reset_index(drop=True), np.bincount(of).astype(np.int64), of)


def plan(
    frame: pd.DataFrame, rules: RuleSet, hierarchies: Hierarchies, *, least: Mapping[str, int] | None = None
) -> Plan:
    """Choose the levels of a tier for these rows; k stays as the rule set says.

    Parameters
    ----------
    frame : as for ``protect``.
    rules : the tier's rule set; its keys hold the finest levels that may be shown.
    least : per key, how many levels must stay (1 or more): what a coarser tier starts from.

    Returns
    -------
    The plan, with a point for every way tried, and for other values of k at the chosen levels, so that whoever signs
    sees what a stricter or laxer rule would cost. ``apply`` makes the file.

    Raises
    ------
    BadInput, CannotMeet
        As ``protect`` does. A file without keys, or without rows, has one way.
    """
    return plan_and_apply(frame, rules, hierarchies, least=least)[0]


def plan_and_apply(
    frame: pd.DataFrame, rules: RuleSet, hierarchies: Hierarchies, *, least: Mapping[str, int] | None = None
) -> tuple[Plan, Outcome]:
    """The plan and what ``apply`` makes by it, without making it twice."""
    taken = snapshot(frame)
    if not rules.keys:
        return Plan(rules, taken, (), 0), protect(frame, rules, hierarchies)
    source = prepare(frame, rules, hierarchies)
    if source.derived.empty:
        return Plan(rules, taken, (), 0), finish(source, suppressed(source, rules), rules)
    board = board_of(source.derived, rules)
    tried = [(one, board.estimate(one, rules.k)) for one in ways(rules, least or {})]
    tried.sort(key=lambda one: (len(one[1].broken), -one[1].kept, one[1].shown))
    free = rules.aims.gap is None and rules.aims.change is None
    best, point, keyed = _in_full(source, [rules] if free else [one for one, _ in tried[:IN_FULL]], board)
    others = [board.estimate(best, k) for k in OTHER_K if k != rules.k and k <= len(source.derived)]
    points = (point, *(other for _, other in tried if other.shown != point.shown), *others)
    return Plan(best, taken, points, 0), finish(source.narrowed(best), keyed, best)


def _in_full(source: Source, best: Sequence[RuleSet], board: Board) -> tuple[RuleSet, Point, Suppressed]:
    """The first way that keeps all aims when it is done in full, else the one that misses fewest and keeps most."""
    done: list[tuple[RuleSet, Point, Suppressed]] = []
    for rules in best:
        keyed = suppressed(source.narrowed(rules), rules)
        done.append((rules, board.measured(rules, keyed), keyed))
        if not done[-1][1].broken:
            return done[-1]
    return min(done, key=lambda one: (len(one[1].broken), -one[1].kept))


def needed(finer: RuleSet, coarser: Iterable[RuleSet]) -> dict[str, int]:
    """Per key of a finer tier, how many of its levels the tiers that start from it read; 1 at least."""
    read = {column for tier in coarser for column in tier.sources}
    return {
        key.name: max([depth for depth, column in enumerate(key.columns, start=1) if column in read], default=1)
        for key in finer.keys
    }


def ways(rules: RuleSet, least: Mapping[str, int]) -> Iterator[RuleSet]:
    """Every rule set that shows each key down to one of its levels, the finest first."""
    choices = [range(len(key.levels), max(least.get(key.name, 1), 1) - 1, -1) for key in rules.keys]
    for depths in product(*choices):
        yield rules.narrowed(dict(zip((key.name for key in rules.keys), depths, strict=True)))
