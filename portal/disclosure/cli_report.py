"""The report of `protect`: the same figures before and after, what was hidden or coarsened, and what readers lost."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import combinations
from math import comb

import numpy as np
import pandas as pd

from portal.disclosure.classes import lookalikes
from portal.disclosure.cli_files import HIDDEN
from portal.disclosure.cli_levels import Unfolded, unfold
from portal.disclosure.cli_plan import RARE, Wanted
from portal.disclosure.compatible import tables
from portal.disclosure.datafile import emptied
from portal.disclosure.generalise import Hierarchy
from portal.disclosure.measure import measure, violations
from portal.disclosure.rare import LEVEL
from portal.disclosure.suda import SETS, suda
from portal.disclosure.utility import changed, entropy_lost, table_change

Told = dict[str, object]


@dataclass(frozen=True)
class Treated:
    """``changed``: the treated key columns, and level columns; ``levels`` of a whole file by key, and their loss;
    whether cells are hidden so that others are not given away by what is shown beside them.
    """

    changed: pd.DataFrame
    levels: dict[str, int] = field(default_factory=dict)
    loss: float | None = None
    closed: bool = False


def told(
    frame: pd.DataFrame, made: Treated, asked: Wanted, read: Mapping[str, Hierarchy], *, largest: int | None = None
) -> Told:
    """All figures as plain values for JSON; special uniques among sets of at most ``largest`` keys."""
    keys = list(asked.keys)
    after = made.changed
    hidden = emptied(frame, after, keys)
    both = unfold(frame, after, keys, read, made.levels)
    return {
        "rows": len(frame),
        "keys": keys,
        "semantics": asked.semantics,
        "comparison_only": asked.semantics == "match",
        "treatment": asked.treatment,
        "k": asked.k,
        "closed": made.closed,
        **_figures(frame, both, asked),
        "suda": {"before": special(frame, keys, largest), "after": special(after, keys, largest)},
        "suppressed_cells": int(hidden.to_numpy().sum()),
        "suppressed_by_variable": {name: int(hidden[name].sum()) for name in keys},
        "suppressed_records": int(hidden.any(axis=1).sum()),
        "generalised": made.levels,
        "records_by_level": {key: _counted(after[key + LEVEL]) for key in keys if key + LEVEL in after},
        "utility": _utility(frame, made, asked, both),
        "lookalikes": lookalikes(frame, keys),
        "beside_the_keys": _beside(frame, keys),
    }


def _beside(frame: pd.DataFrame, keys: list[str]) -> Told:
    """What was left as it is, and which of these columns have a value of its own in more than half of the records."""
    others = {at: str(name) for at, name in enumerate(frame.columns) if name not in keys}
    alone = [
        name
        for at, name in others.items()
        if 2 * int((~frame.iloc[:, at].duplicated(keep=False) & (frame.iloc[:, at] != HIDDEN)).sum()) > len(frame)
    ]
    return {"columns": list(others.values()), "nearly_unique": alone}


def _counted(levels: "pd.Series[str]") -> dict[str, int]:
    return {str(level): int(rows) for level, rows in levels.value_counts().sort_index().items()}


def _figures(frame: pd.DataFrame, both: Unfolded, asked: Wanted) -> Told:
    """What `measure` tells, before and after. After, the attacker is counted from the true keys."""
    keys = list(asked.keys)
    before, after = (
        measure(of, columns, hidden=HIDDEN, semantics=asked.semantics)
        for of, columns in ((frame, keys), (both.released, both.columns))
    )
    truth, given = tables([both.original, both.released], both.columns, hidden=HIDDEN)
    after["violations"] = violations(given, released_from=truth)
    return {name: {"before": before[name], "after": after[name]} for name in ("violations", "global_risk")}


def special(frame: pd.DataFrame, keys: list[str], largest: int | None) -> Told:
    """Special uniques; with more keys than can be searched in all sets, among sets as large as can be."""
    if largest is None:
        sizes = range(1, len(keys) + 1)
        largest = max(size for size in sizes if sum(comb(len(keys), one) for one in range(1, size + 1)) <= SETS)
    found = suda(frame, keys, largest=largest, hidden=HIDDEN)
    return {"sum": float(found.score.sum()), "records": int((found.score > 0).sum()), "largest_set": largest}


def _utility(frame: pd.DataFrame, made: Treated, asked: Wanted, both: Unfolded) -> Told:
    """Cells changed, bits of detail lost, and how far the keys' two-way tables moved.

    Tables are compared at the levels released, so they tell what hiding took; what coarsening took, tell the bits. A
    file of single coarsened records is read at its values: a record that does not show its own is not counted.
    """
    keys = list(asked.keys)
    before, after = _readable(frame, made, asked, both)
    pairs = [list(pair) for pair in combinations(keys, 2)] or [keys]
    moved = [table_change(before, after, pair, hidden=HIDDEN) for pair in pairs]
    return {
        "changed": changed(frame, made.changed, keys),
        "bits_lost": {name: round(bits, 9) for name, bits in entropy_lost(frame, made.changed, keys).items()},
        "loss": made.loss,
        "tables": [{"columns": pair, **one} for pair, one in zip(pairs, moved, strict=True)],
        "largest_change": max(one["largest"] for one in moved),
        "mean_change": float(np.mean([one["mean"] for one in moved])),
    }


def _readable(frame: pd.DataFrame, made: Treated, asked: Wanted, both: Unfolded) -> tuple[pd.DataFrame, pd.DataFrame]:
    keys = list(asked.keys)
    after = made.changed[keys]
    if asked.treatment == RARE:
        coarse = {key: made.changed[key + LEVEL] != "0" for key in keys if key + LEVEL in made.changed}
        return frame, after.assign(**{key: after[key].mask(gone, HIDDEN) for key, gone in coarse.items()})
    finest = {key.name: both.original[key.columns[-1]] for key in both.keys}
    return pd.DataFrame(finest, index=frame.index), after
