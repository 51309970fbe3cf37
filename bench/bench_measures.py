"""Counts, risks, special uniques, rare item sets, closeness and attacks, in CPU seconds of this process, against peers.

Peers' figures were measured on the same tables: sdcMicro 5.8.1 (freqCalc and indivRisk; suda2). pycanon runs beside
ours where it is installed; it asks for another pandas than the portal's, so its figure is kept here too.
``python -m bench.bench_measures`` runs up to a million rows; with ``--large`` also ten million.
"""

import importlib.util
import resource
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from bench import keys
from bench.common import line
from portal.catalogue import synthetic
from portal.catalogue.codebook import reference
from portal.disclosure.codes import Bools
from portal.disclosure.itemsets import rare_sets
from portal.disclosure.measure import records, spread
from portal.disclosure.ruleset import RuleSet, default
from portal.disclosure.suda import suda
from portal.disclosure.threats import Halves, halves, judge

ADULT = Path(__file__).parents[2] / "shared" / "golden" / "arx" / "adult.csv"
RUNS = 3
PYCANON = 13.4


@dataclass(frozen=True)
class Case:
    """A table of ``rows``, the peer's CPU seconds, our goal, and the golden value that must come out."""

    rows: int
    goal: float
    coarse: bool = False
    peer: float | None = None
    expected: float | None = None
    largest: int = 8

    @property
    def name(self) -> str:
        return f"syn{'g' * self.coarse}_{self.rows}"


# sdcMicro 5.8.1, freqCalc and indivRisk: 39 to 47 s and 3.7 GB at ten million rows
RISKS = [
    Case(100_000, 0.01, expected=7723.697034),
    Case(1_000_000, 0.08, peer=2.98, expected=71609.048663),
    Case(1_000_000, 0.08, coarse=True, peer=2.98),
]
LARGE = Case(10_000_000, 1.6, coarse=True, peer=39.0, expected=23709.892096)
# sdcMicro 5.8.1, suda2; it cannot stop at sets of three
UNIQUES = [
    Case(10_000, 0.1, coarse=True, expected=830353),
    Case(10_000, 0.1, expected=13439966),
    Case(100_000, 0.4, coarse=True, peer=4.76, expected=1013918),
    Case(100_000, 0.4, peer=4.76, expected=39922975),
    Case(100_000, 0.1, largest=3),
    Case(1_000_000, 3.0, coarse=True, peer=12.0),
    Case(1_000_000, 3.0, peer=12.0),
]


def main() -> None:
    for case in [*RISKS, *([LARGE] if "--large" in sys.argv else [])]:
        told(case, f"{case.name}: fk, Fk and risk", partial(risk_sum, _table(case)))
    for case in UNIQUES:
        what = f"{case.name}: special uniques, sets of up to {case.largest}"
        told(case, what, partial(score_sum, _table(case), case.largest))
    if ADULT.exists():
        case = Case(30_162, 1.0, expected=20402731)
        told(
            case,
            "Adult, nine columns: special uniques",
            partial(score_sum, pd.read_csv(ADULT, sep=";", dtype="str"), None),
        )
    rng = np.random.default_rng(1)
    flags = rng.random((100_000, 300)) < rng.choice([0.001, 0.02, 0.1], 300)
    told(Case(100_000, 6.0), "100,000 x 300 flags: rare sets of up to 3, k = 5", partial(rare_sum, flags))
    closeness()
    attacked()
    line("peak memory", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6, 1.0, "GB", most=True)


def risk_sum(frame: pd.DataFrame) -> float:
    return round(float(records(frame, keys.EIGHT, weight="weight")["risk"].sum()), 6)


def score_sum(frame: pd.DataFrame, largest: int | None) -> float:
    names = list(frame) if largest is None else keys.EIGHT
    return float(suda(frame, names, largest=largest).score.sum())


def rare_sum(flags: Bools) -> float:
    return sum(rare_sets(flags, 5).sets.values())


def closeness() -> None:
    case = Case(100_000, 0.1)
    told(case, f"{case.name}: t-closeness, beta-likeness, diversity", partial(worst_distance, keys.keys(case.rows)))
    small = keys.keys(10_000)
    told(Case(10_000, 0.1, expected=0.772155), "syn_10000: the same", partial(worst_distance, small))
    if importlib.util.find_spec("pycanon") is None:
        print(f"     pycanon is not installed; 1.3.6 took {PYCANON} s for t-closeness at 10,000 rows")
        return
    anonymity = importlib.import_module("pycanon.anonymity")
    started = time.process_time()
    found = anonymity.t_closeness(small, keys.SIX, ["reason"])
    print(f"     {found:.6f}, pycanon in {time.process_time() - started:.1f} s")


def worst_distance(frame: pd.DataFrame) -> float:
    return round(spread(frame, keys.SIX, "reason")["closeness_ordered"], 6)


def attacked() -> None:
    """Singling out, linkability and inference of a protected half, without protecting it."""
    frame = synthetic.draw(20_000, 4, dirt=False).frame
    frame.insert(0, "interview_id", frame["_uuid"])
    rules = default("partner")
    dealt = halves(frame, rules, reference().hierarchies())
    told(Case(20_000, 3.0), "20,000 interviews: attacks with a control group", partial(lost, dealt, rules))


def lost(dealt: Halves, rules: RuleSet) -> float:
    return float(sum(not one.passed for one in judge(dealt, rules).values()))


def _table(case: Case) -> pd.DataFrame:
    """The keys in 16 bits and the weight, drawn piece by piece: ten million rows are 240 MB."""
    made = {name: np.empty(case.rows, dtype=np.int16) for name in keys.EIGHT} | {"weight": np.empty(case.rows)}
    first = 0
    for chunk in keys.chunks(case.rows, coarse=case.coarse):
        for name, column in made.items():
            column[first : first + len(chunk)] = chunk[name]
        first += len(chunk)
    return pd.DataFrame(made, copy=False)


def told(case: Case, what: str, run: Callable[[], float]) -> None:
    seconds = []
    for _ in range(RUNS):
        started = time.process_time()
        found = run()
        seconds.append(time.process_time() - started)
    middle = statistics.median(seconds)
    line(what, middle, case.goal, "s", most=True)
    golden = "" if case.expected is None else f", golden {case.expected:,}"
    peer = "" if case.peer is None else f"; sdcMicro {case.peer} s, {case.peer / middle:,.1f} times as long"
    print(f"     {found:,}{golden}{peer}")


main()
