"""Protected tables: from records to what may be published, attacked before it is handed over.

What is published never says why a cell is hidden: "fewer than ten" would be a bound. The reasons are for the approver.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from portal.disclosure.classes import Bools, Floats, Ints
from portal.disclosure.refusals import BadInput, CannotMeet
from portal.disclosure.tables import attack
from portal.disclosure.tables.averaging import Budget, afford
from portal.disclosure.tables.cellkey import perturbed
from portal.disclosure.tables.cube import Cube, cube
from portal.disclosure.tables.primary import Primary, of_counts, of_sums
from portal.disclosure.tables.ptable import PTable
from portal.disclosure.tables.rounding import rounded
from portal.disclosure.tables.rules import TableRules
from portal.disclosure.tables.secondary import suppress
from portal.disclosure.tables.shares import shares
from portal.disclosure.tables.system import not_exactly, sliding

ALL = "Total"
Columns = str | Sequence[str]
"""One column, or the columns of a hierarchy from coarse to fine."""


@dataclass(frozen=True)
class Hide:
    """Hide cells. ``interval``: what is hidden must also stay uncertain as far as its rule asks."""

    interval: bool = True


@dataclass(frozen=True)
class Noise:
    """Change counts by cell keys: ``keys`` (r,) of the records, from ``cellkey.record_keys``."""

    keys: npt.NDArray[np.uint64]
    table: PTable
    budget: Budget = field(default_factory=Budget)


@dataclass(frozen=True)
class Rounding:
    """Round counts to multiples of ``base``, sums kept."""

    base: int = 10


How = Hide | Noise | Rounding


@dataclass(frozen=True)
class Protected:
    """``cells``: one row per cell, a column per level ("Total" where summed over), then ``count`` or the summed
    variable (missing where hidden), and ``share`` where answers of a sensitive variable were asked. ``report``: plain
    values. ``reasons``: per row why it is hidden, empty where shown; for the approver, never to be published.
    """

    cells: pd.DataFrame
    report: dict[str, object]
    reasons: "pd.Series[str]"


@dataclass(frozen=True)
class Wish:
    """What is asked for: ``dimensions`` of columns, ``tables`` of dimension numbers (all in one if none are named),
    the sum of ``value`` instead of counts, and the ``sensitive`` column whose answers a group must not share.
    """

    dimensions: Sequence[Columns]
    tables: Sequence[Sequence[int]] = ()
    value: str | None = None
    sensitive: str | None = None


def protect_table(
    frame: pd.DataFrame,
    rows: Sequence[Columns],
    columns: Sequence[Columns] = (),
    *,
    value: str | None = None,
    rules: TableRules | None = None,
    how: How | None = None,
) -> Protected:
    """Protect one table of counts, or of sums of ``value``, with all its margins; by hiding if not told otherwise.

    Raises BadInput for what cannot be used, CannotMeet if no protection was found. Records of one person must be one.

    >>> people = pd.DataFrame({"camp": ["a"] * 33 + ["b"] * 60, "sex": ["f"] * 3 + ["m"] * 60 + ["f"] * 30})
    >>> protect_table(people, ["camp"], ["sex"]).report["hidden"]
    {'few': 1, 'to protect others': 3}
    """
    return protect_tables(frame, Wish([*rows, *columns], value=value), rules=rules, how=how)


def protect_tables(
    frame: pd.DataFrame, wish: Wish, *, rules: TableRules | None = None, how: How | None = None
) -> Protected:
    """Protect one or several tables of the same records together, so that none gives away what another hides."""
    rules, how = rules or TableRules(), how or Hide()
    if not isinstance(how, Hide) and (wish.value is not None or wish.sensitive is not None):
        raise BadInput("tables: noise and rounding are for plain counts; hide cells instead")
    columns = [[one] if isinstance(one, str) else list(one) for one in wish.dimensions]
    made = cube(frame, columns, tables=wish.tables, joined=isinstance(how, Hide))
    if isinstance(how, Hide):
        return _hidden(made, frame, wish, rules, how)
    return _noisy(made, how) if isinstance(how, Noise) else _rounded(made, rules, how)


def _hidden(made: Cube, frame: pd.DataFrame, wish: Wish, rules: TableRules, how: Hide) -> Protected:
    first = of_counts(made, rules, wish.sensitive) if wish.value is None else of_sums(made, frame, wish.value, rules)
    system = made.system(first.values, whole=wish.value is None)
    need = sliding(system, first.hidden, first.above) if how.interval else not_exactly(system, first.hidden)
    shown = np.where(suppress(system, first.hidden, need), np.nan, first.values)
    report = attack.by_programmes(system, shown, need)
    name = wish.value or "count"
    cells = _labelled(made, name, shown)
    if wish.sensitive is not None:
        cells["share"] = shares(made, shown, wish.sensitive, rules.rate_minimum)[~made.unseen]
    reasons = _reasons(first, np.isnan(shown))[~made.unseen]
    told = {
        str(why): int(cells) for why, cells in zip(*np.unique(reasons[reasons != ""], return_counts=True), strict=True)
    }
    return _checked(Protected(cells, report | {"hidden": told}, pd.Series(reasons)))


def _noisy(made: Cube, how: Noise) -> Protected:
    count = made.count()
    if len(how.keys) != len(made.inner):
        raise BadInput("keys: one for each record")
    least = afford(made.relations(), count.astype(np.float64), how.table.variance, how.budget)
    shown = perturbed(count, made.added(how.keys), how.table)
    report: dict[str, object] = {"variance": how.table.variance, "least_variance_left": round(least, 6), "passed": True}
    return _plain(made, shown, report)


def _rounded(made: Cube, rules: TableRules, how: Rounding) -> Protected:
    system = made.system(made.count())
    shown = rounded(system, how.base)
    small = of_counts(made, rules, None).hidden
    report = attack.on_rounded(system, shown, how.base, not_exactly(system, small))
    return _checked(_plain(made, shown, report))


def _plain(made: Cube, shown: Ints, report: dict[str, object]) -> Protected:
    cells = _labelled(made, "count", shown.astype(np.float64))
    return Protected(cells, {"cells": len(cells)} | report | {"hidden": {}}, pd.Series([""] * len(cells)))


def _labelled(made: Cube, name: str, shown: Floats) -> pd.DataFrame:
    """The cells of the tables by their labels; a level that is summed over says "Total"."""
    columns: dict[str, object] = {}
    for axis, side in enumerate(made.dimensions):
        if any(ALL in path for path in side.paths):
            raise BadInput(f"{side.name}: has a value {ALL!r}, which is the word for sums")
        for depth, column in enumerate(side.columns):
            words = np.array([path[depth] if depth < len(path) else ALL for path in side.paths], dtype=object)
            columns[column] = words[made.nodes[~made.unseen, axis]]
    kept = pd.Series(shown[~made.unseen])
    numbers = kept.astype("Int64") if name == "count" else kept.astype("Float64")
    return pd.DataFrame(columns, dtype="str").assign(**{name: numbers})


def _reasons(first: Primary, hidden: Bools) -> npt.NDArray[np.str_]:
    return np.where(hidden & ~first.hidden, "to protect others", first.why)


def _checked(made: Protected) -> Protected:
    if not made.report["passed"]:
        raise CannotMeet(f"tables: {made.report['cells_at_risk']} cells could still be found out; nothing is released")
    return made
