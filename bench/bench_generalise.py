"""Optimal global generalisation beside ARX, at k = 5 and any number of suppressed records; and beside anjana's greedy.

With which hierarchies ARX's figure on the synthetic table was measured is not recorded: there only the size of the
task compares.
"""

import pandas as pd

from bench import recorded
from bench.common import GOLDEN, Found, Run, absent, beside, measured, row, run, seconds
from bench.keys import EIGHT, forms, keys
from portal.disclosure.generalise import Hierarchy, generalise, read_hierarchy

ADULT = GOLDEN / "arx" / "adult.csv"
ADULT_SCORE = 0.22041192847984292  # ARX 3.9.2, loss metric 0.5, confirmed over all 12,960 nodes
LEFT_OUT = 5
"""Percent of the records that may be suppressed where anjana runs too."""


def main() -> None:
    if ADULT.exists():
        ours = measured("adult", 5)
        seconds("Adult: optimum at k = 5", ours, 1.0, recorded.OPTIMUM["Adult"])
        off = abs(ours.found["score"] - ADULT_SCORE)
        row("Adult: score, distance from ARX's, in 1e-9", off * 1e9, 1, ours, recorded.SAME_SCORE, unit="")
    else:
        absent("Adult: optimum at k = 5", ADULT)
    seconds("syn_100000: optimum at k = 5", measured("synthetic", 100_000, 5, 100), 5.0, recorded.OPTIMUM["syn_100000"])
    ours = measured("synthetic", 100_000, 5, LEFT_OUT)
    other = beside("anjana", "generalisation", 100_000, 5, LEFT_OUT)
    peer = recorded.ANJANA if isinstance(other, str) else recorded.live("anjana", other)
    seconds(f"syn_100000: optimum, up to {LEFT_OUT} % suppressed", ours, 5.0, peer)
    print(f"     {what_it_shows(ours, other)}")


def what_it_shows(ours: Run, other: Run | str) -> str:
    if isinstance(other, str):
        return f"anjana: {other}"
    mine, theirs = (" ".join(f"{one.found[name]:.0f}" for name in EIGHT) for one in (ours, other))
    return f"levels of {', '.join(EIGHT)}, 0 the finest: ours {mine}; anjana's {theirs}"


def adult(k: str):
    frame = pd.read_csv(ADULT, sep=";", dtype="str")
    read = [read_hierarchy(name, ADULT.parent / f"adult_hierarchy_{name}.csv") for name in frame]
    return _task(frame, read, k, "100")


def synthetic(rows: str, k: str, percent: str):
    frame = keys(int(rows))[EIGHT]
    return _task(frame, [Hierarchy(name, forms(frame[name])) for name in EIGHT], k, percent)


def _task(frame: pd.DataFrame, hierarchies: list[Hierarchy], k: str, percent: str):
    def task() -> Found:
        made = generalise(frame, hierarchies, int(k), limit=float(percent) / 100)
        return {"score": made.score} | {name: float(level) for name, level in made.levels.items()}

    return task


run(main, {"adult": adult, "synthetic": synthetic})
