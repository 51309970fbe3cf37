"""Strict and match suppression beside ARX and sdcMicro: hidden cells and CPU seconds, leftovers paid.

``plain`` is the cascade without rows lent between classes; with ``moves`` it is what the library does, closing apart.
"""

from unittest.mock import patch

import numpy as np
import pandas as pd

from bench import recorded
from bench.common import GOLDEN, Found, absent, also, beside, measured, row, run, seconds
from bench.keys import EIGHT, SIX, keys
from portal.disclosure import suppress as suppressing
from portal.disclosure.attack import plain_keys
from portal.disclosure.cascade import Entries, Placed, Problem, cover, levels_of_cost
from portal.disclosure.classes import Ints
from portal.disclosure.wildcard import suppress_match

ADULT = GOLDEN / "arx" / "adult.csv"
# Table, k, how: goal in cells, goal in seconds.
STRICT = {
    ("syng_10000 six", 3, "plain"): (4256, 0.05),
    ("syng_10000 six", 5, "plain"): (6626, 0.05),
    ("syng_10000 six", 3, "moves"): (4100, 0.3),
    ("syng_10000 six", 5, "moves"): (6300, 0.3),
    ("syng_10000 eight", 3, "moves"): (14958, 1.3),
    ("syng_100000 six", 3, "moves"): (8670, 1.3),
    ("Adult nine", 3, "moves"): (28810, 1.3),
    ("Adult nine", 5, "moves"): (36660, 1.3),
}
MATCH = {("syng_10000 six", 3): (1372, 1.3), ("syng_100000 six", 3): (2196, 7.0)}


def main() -> None:
    for (name, k, how), (cells, limit) in STRICT.items():
        task = f"{name}, strict k = {k}, {how}"
        if name.startswith("Adult") and not ADULT.exists():
            absent(task, ADULT)
            continue
        ours = measured("strict", name, k, how, runs=5)
        row(f"{task}: cells", ours.found["cells"], cells, ours, recorded.STRICT_CELLS[name, k], unit="cells")
        seconds(task, ours, limit, recorded.STRICT_SECONDS.get((name, k), recorded.UNTIMED))
    ours = measured("strict", "syng_10000 six", 3, "moves", runs=1)
    mondrian = beside("anonypy", "generalisation", 10_000, 3)
    remark = "" if isinstance(mondrian, str) else f"; {mondrian.found['cells']:,.0f} cells blurred"
    also("syng_10000 six, k = 3 by halving", "anonypy", ours, mondrian, remark)
    for (name, k), (cells, limit) in MATCH.items():
        ours = measured("match", name, k, runs=1)
        task = f"{name}, match k = {k}"
        row(f"{task}: cells", ours.found["cells"], cells, ours, recorded.MATCH_CELLS[name, k], unit="cells")
        seconds(task, ours, limit, recorded.MATCH_SECONDS[name, k])


def frame_of(name: str) -> pd.DataFrame:
    table, columns = name.split()
    if table == "Adult":
        return pd.read_csv(ADULT, sep=";", dtype="str")
    made = keys(int(table.removeprefix("syng_")), coarse=True)
    return made[SIX if columns == "six" else EIGHT].astype("str")


def strict(name: str, k: str, how: str):
    frame = frame_of(name)

    def task() -> Found:
        with patch.object(suppressing, "place", plain if how == "plain" else suppressing.place):
            made = suppressing.suppress(frame, plain_keys(list(frame)), int(k), closing=None)
        return {"cells": float((made != frame).to_numpy().sum())}

    return task


def plain(task: Problem) -> tuple[Placed, Ints]:
    """``lend.place`` without the lending."""
    none = np.zeros(0, dtype=np.int64)
    now = Entries(none, none, none, none, none)
    todo, classes = np.arange(len(task.counts)), np.zeros((0, len(task.families)), dtype=np.int64)
    for patterns, _ in levels_of_cost(task):
        todo, classes = cover(task, now, todo, patterns, classes)
        now.gather()
    return Placed(now.key, task.patterns[now.pattern], now.rows), todo


def match(name: str, k: str):
    frame = frame_of(name)

    def task() -> Found:
        made = suppress_match(frame, SIX, int(k))
        return {"cells": float((made != frame).to_numpy().sum())}

    return task


run(main, {"strict": strict, "match": match})
