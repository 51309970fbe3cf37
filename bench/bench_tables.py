"""Tables: cells hidden and seconds beside GaussSuppression, on the tables it was measured on; then noise and rounding.

The 1,768 cells are nationality 16 × country of interview 25 × education 3, each with its total, over syng_10000; the
7,072 cells are the same by sex. The goals are for its own criterion, that no cell can be computed. Intervals as wide as
the rule asks are a second run, and have none.
"""

import numpy as np

from bench import recorded
from bench.common import Found, Peer, also, beside, measured, row, run, seconds
from bench.keys import SIDES, keys
from portal.disclosure.tables.averaging import remaining
from portal.disclosure.tables.cellkey import perturbed, record_keys
from portal.disclosure.tables.cube import cube
from portal.disclosure.tables.ptable import ptable
from portal.disclosure.tables.rounding import rounded
from portal.disclosure.tables.secondary import suppress
from portal.disclosure.tables.system import sliding

# Cells, below which count: goal in seconds. In cells it is the peer's.
GOALS = {(1768, 3): 1.0, (1768, 5): 1.0, (1768, 10): 1.0, (7072, 3): 5.0}
UNTIMED = Peer(recorded.GAUSS, None, "its seconds not recorded")


def main() -> None:
    for (size, minimum), limit in GOALS.items():
        task, by, peer = f"{size:,} cells, below {minimum}", "sex" * (size > 1768), recorded.HIDDEN[size, minimum]
        ours = measured("hiding", by, minimum, "exact", runs=1)
        besides = f"{task}: cells besides the rule's {ours.found['primary']:.0f}"
        row(besides, ours.found["cells"], peer.figure, ours, peer, unit="cells")
        seconds(task, ours, limit, recorded.HIDING.get((size, minimum), UNTIMED))
        if minimum == 10:
            also(task, "acro", ours, beside("acro", "cells", 10_000), "; it hides what the rule names and no more")
        wide = measured("hiding", by, minimum, "intervals", runs=1)
        print(f"     {task}: intervals too: {wide.found['cells']:.0f} cells, {wide.cpu:.2f} s CPU, {wide.peak:.2f} GB")
    noise = measured("noise", 10_000)
    also("1,768 cells, cell keys", "cell-key-perturbation", noise, beside("cell-key-perturbation", "cells", 10_000))
    left = measured("left", 3.0)
    print(f"     noise left of 3.0 after adding up: {left.found['least']:.2f}; {left.cpu:.3f} s CPU")
    for base in (3, 5, 10):
        made = measured("rounding", base)
        figures = f"farthest {made.found['farthest']:.0f}, mean {made.found['mean']:.2f}"
        print(f"     rounded to {base}: {figures}; {made.cpu:.2f} s CPU")


def hiding(by: str, minimum: str, until: str):
    frame, below = keys(10_000, coarse=True), int(minimum)

    def task() -> Found:
        made = cube(frame, [[side] for side in [*SIDES, *by.split()]])
        system = made.system(made.count())
        primary = (system.values > 0) & (system.values < below)
        wanted = sliding(system, primary, below - system.values) if until == "intervals" else None
        hidden = suppress(system, primary, wanted)
        return {"cells": float((hidden & ~primary).sum()), "primary": float(primary.sum())}

    return task


def _cube(rows: int):
    return cube(keys(rows, coarse=True), [[side] for side in SIDES])


def noise(rows: str):
    frame, ids = keys(int(rows), coarse=True), [str(at) for at in range(int(rows))]

    def task() -> Found:
        made = cube(frame, [[side] for side in SIDES])
        shown = perturbed(made.count(), made.added(record_keys(b"x" * 32, ids)), ptable())
        return {"cells": float(len(shown))}

    return task


def left(variance: str):
    made = _cube(10_000)
    count = made.count()

    def task() -> Found:
        return {"least": float(remaining(made.relations(), count > 0, float(variance))[count > 0].min())}

    return task


def rounding(base: str):
    made = _cube(10_000)
    count = made.count()

    def task() -> Found:
        off = np.abs(rounded(made.system(count), int(base)) - count)
        return {"farthest": float(off.max()), "mean": float(off.mean())}

    return task


run(main, {step.__name__: step for step in (hiding, noise, left, rounding)})
