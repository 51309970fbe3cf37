"""The ledger's check on 100,000 and a million interviews; nobody else checks this, so there is no peer to run."""

import resource
import time
from collections.abc import Callable

import numpy as np
import pandas as pd

from bench.common import line
from bench.keys import keys
from portal.disclosure.classes import pack
from portal.disclosure.interviews import Ids, packed
from portal.disclosure.joint import Terms, faults, meet
from portal.disclosure.ledger import NO, UNTOLD, YES, Ledger, Views, append, empty
from portal.disclosure.ledgerstore import from_arrays, to_arrays

GOALS = {100_000: 0.02, 1_000_000: 0.3}
BEFORE = (["age", "sex", "interview_country"], ["sex", "nationality", "marital"], ["age", "education", "ym"])
NOW = ["age", "sex", "interview_country", "marital", "education"]
RUNS = 5


def views(frame: pd.DataFrame, columns: list[str], ids: Ids, rows: np.ndarray) -> Views:
    part = frame.iloc[rows]
    code = pack([part[column].to_numpy().astype(np.int64) for column in columns])
    answers = np.select([part["abuse"] == 0, part["abuse"] == 1], [NO, UNTOLD], YES).astype(np.int8)
    labels = tuple(f"{columns} {number}" for number in range(int(code.max()) + 1))
    shown = np.ones(len(part), dtype=bool)
    return Views(ids[rows], code, labels, dict.fromkeys(columns, shown), {"abuse=yes": answers})


def cpu(run: Callable[[], object]) -> float:
    """The median CPU seconds of a few runs."""
    taken = []
    for _ in range(RUNS):
        started = time.process_time()
        run()
        taken.append(time.process_time() - started)
    return float(np.median(taken))


def main() -> None:
    for rows, goal in GOALS.items():
        frame = keys(rows, coarse=True)
        ids = packed(np.char.mod("%064x", np.random.default_rng(5).permutation(rows)))
        rng, ledger = np.random.default_rng(7), empty()
        for number, columns in enumerate(BEFORE):
            released = views(frame, columns, ids, np.flatnonzero(rng.random(rows) < 0.9))
            started = time.process_time()
            ledger = append(ledger, released, head=ledger.head, kind="release", reference=str(number), on="2026-11-22")
        written = time.process_time() - started
        candidate = views(frame, NOW, ids, np.flatnonzero(frame["ym"] > 3))
        measure(ledger, candidate, rows, goal)
        line(f"{rows:,}: write an entry, with its digest", written, 10 * goal, "s", most=True)
    line("peak memory", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6, 2, "GB", most=True)


def measure(ledger: Ledger, candidate: Views, rows: int, goal: float) -> None:
    joint, terms = meet(ledger, candidate), Terms(5)
    found = faults(ledger, candidate, joint, terms)
    print(f"{rows:,}: {len(ledger.sizes):,} classes so far, {found.thin.sum():,} of {len(joint.at):,} rows too close")
    line(f"{rows:,}: find the interviews by id", cpu(lambda: ledger.rows(candidate.ids)), goal, "s", most=True)
    line(
        f"{rows:,}: check, ids and diversity included",
        cpu(lambda: check(ledger, candidate, terms)),
        goal,
        "s",
        most=True,
    )
    stored = to_arrays(ledger)
    line(f"{rows:,}: read and verify the ledger", cpu(lambda: from_arrays(stored)), 10 * goal, "s", most=True)
    size = sum(part.nbytes for part in stored.values()) / rows
    line(f"{rows:,}: stored bytes an interview", size, 96, "B", most=True)


def check(ledger: Ledger, candidate: Views, terms: Terms) -> bool:
    return faults(ledger, candidate, meet(ledger, candidate), terms).any


main()
