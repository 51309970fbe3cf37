"""Counts, risks, special uniques, rare item sets, closeness, attacks: CPU seconds of a cold process, beside peers."""

import numpy as np
import pandas as pd

from bench import recorded
from bench.common import GOLDEN, Found, absent, also, beside, line, measured, row, run, seconds
from bench.keys import EIGHT, SIX, keys, table
from portal.catalogue import synthetic
from portal.catalogue.codebook import reference
from portal.disclosure.itemsets import rare_sets
from portal.disclosure.measure import records, spread
from portal.disclosure.ruleset import default
from portal.disclosure.suda import suda
from portal.disclosure.threats import halves, judge

ADULT = GOLDEN / "arx" / "adult.csv"
# What must come out: sums of the individual risk, and of the scores, by peers on the same tables.
RISK = {(1_000_000, "fine"): 71609.048663, (10_000_000, "coarse"): 23709.892096}
SCORE = {(100_000, "coarse"): 1013918, (100_000, "fine"): 39922975}
NEW_PAGES = "0.07 s of work; the rest waits for the system to clear about 100 MB of new memory (decision 37)"


def main() -> None:
    risks()
    uniques()
    closeness()
    others()


def risks() -> None:
    for kind in ("fine", "coarse"):
        task = f"1M x 8 keys, {kind}: fk, Fk, risk"
        ours = checked(measured("risk", 1_000_000, kind, runs=5), RISK.get((1_000_000, kind)))
        seconds(task, ours, 0.08, recorded.RISK_1M, binds=NEW_PAGES)
        for package in ("pandas", "polars"):
            also(task, package, ours, beside(package, "risk", 1_000_000, kind))
    ours = checked(measured("risk", 10_000_000, "coarse", runs=1), RISK[10_000_000, "coarse"])
    seconds("10M x 8 keys, coarse: fk, Fk, risk", ours, 1.6, recorded.RISK_10M)
    row("10M x 8 keys, coarse: peak memory", ours.peak, 1.0, ours, recorded.RISK_10M_GB, unit="GB")
    for package in ("pandas", "polars"):
        also("10M x 8 keys, coarse: fk, Fk, risk", package, ours, beside(package, "risk", 10_000_000, "coarse"))


def uniques() -> None:
    for kind in ("coarse", "fine"):
        ours = checked(measured("scores", 100_000, kind, 8), SCORE[100_000, kind])
        seconds(f"SUDA 100k x 8, {kind}, all sizes", ours, 0.4, recorded.SUDA_100K)
    seconds("SUDA 100k x 8, fine, sets of up to 3", measured("scores", 100_000, "fine", 3), 0.1, recorded.SUDA_THREE)
    for kind in ("coarse", "fine"):
        ours = measured("scores", 1_000_000, kind, 8, runs=1)
        seconds(f"SUDA 1M x 8, {kind}, all sizes", ours, 3.0, recorded.SUDA_1M)


def closeness() -> None:
    ours = checked(measured("distance", 10_000), 0.772155)
    other = beside("pycanon", "closeness", 10_000)
    peer = recorded.PYCANON if isinstance(other, str) else recorded.live("pycanon", other)
    seconds("t-closeness and more, 10k", ours, 0.1, peer)
    also("t-closeness, 10k", "pycanon", ours, other)
    line("t-closeness, beta-likeness, diversity, 100k: CPU", measured("distance", 100_000).cpu, 0.1, "s", most=True)


def others() -> None:
    """What no peer was measured on."""
    if ADULT.exists():
        made = checked(measured("adult"), 20402731)
        line("Adult, nine columns: special uniques", made.cpu, 1.0, "s", most=True)
    else:
        absent("Adult, nine columns: special uniques", ADULT)
    made = measured("rare", 100_000, 300, runs=1)
    line("100,000 x 300 flags: rare sets of up to 3, k = 5", made.cpu, 6.0, "s", most=True)
    made = measured("attacked", 20_000, runs=1)
    line("20,000 interviews: attacks with a control group", made.cpu, 3.0, "s", most=True)


def checked(made, expected):
    """The run, if it found what it should; a fast wrong answer is no figure."""
    found = next(iter(made.found.values()))
    if expected is not None and abs(found - expected) > 1e-6:
        raise SystemExit(f"found {found:,}, but the golden value is {expected:,}")
    return made


def risk(rows: str, kind: str):
    frame = table(int(rows), coarse=kind == "coarse")

    def task() -> Found:
        return {"sum": float(records(frame, EIGHT, weight="weight")["risk"].to_numpy().sum())}

    return task


def scores(rows: str, kind: str, largest: str):
    frame = table(int(rows), coarse=kind == "coarse")

    def task() -> Found:
        return {"sum": float(suda(frame, EIGHT, largest=int(largest)).score.sum())}

    return task


def adult():
    frame = pd.read_csv(ADULT, sep=";", dtype="str")

    def task() -> Found:
        return {"sum": float(suda(frame, list(frame)).score.sum())}

    return task


def rare(rows: str, items: str):
    rng = np.random.default_rng(1)
    flags = rng.random((int(rows), int(items))) < rng.choice([0.001, 0.02, 0.1], int(items))

    def task() -> Found:
        return {"sets": float(sum(rare_sets(flags, 5).sets.values()))}

    return task


def distance(rows: str):
    frame = keys(int(rows))

    def task() -> Found:
        return {"closeness": round(spread(frame, SIX, "reason")["closeness_ordered"], 6)}

    return task


def attacked(rows: str):
    """Singling out, linkability and inference of a protected half, without protecting it."""
    frame = synthetic.draw(int(rows), 4, dirt=False).frame
    frame.insert(0, "interview_id", frame["_uuid"])
    rules = default("partner")
    dealt = halves(frame, rules, reference().hierarchies())

    def task() -> Found:
        return {"lost": float(sum(not one.passed for one in judge(dealt, rules).values()))}

    return task


STEPS = {step.__name__: step for step in (risk, scores, adult, rare, distance, attacked)}
run(main, STEPS)
