"""The ledger's check on 100,000 and a million interviews; nobody else checks this, so there is no peer to run."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from bench.common import NOBODY, Found, line, measured, run, seconds
from bench.keys import keys
from portal.disclosure.classes import pack
from portal.disclosure.interviews import Ids, packed
from portal.disclosure.joint import Terms, faults, meet
from portal.disclosure.ledger import NO, UNTOLD, YES, Ledger, Views, append, empty
from portal.disclosure.ledgerstore import from_arrays, to_arrays

GOALS = {100_000: 0.02, 1_000_000: 0.3}
BEFORE = (["age", "sex", "interview_country"], ["sex", "nationality", "marital"], ["age", "education", "ym"])
NOW = ["age", "sex", "interview_country", "marital", "education"]


def main() -> None:
    for rows, goal in GOALS.items():
        checked = measured("check", rows, runs=5)
        seconds(f"ledger check of {rows:,}, ids and diversity included", checked, goal, NOBODY)
        classes, thin, at = (f"{checked.found[name]:,.0f}" for name in ("classes", "thin", "rows"))
        print(f"     {classes} classes so far, {thin} of {at} rows too close")
        line(f"{rows:,}: find the interviews by id, CPU", measured("find", rows).cpu, goal, "s", most=True)
        stored = measured("read", rows)
        line(f"{rows:,}: read and verify the ledger, CPU", stored.cpu, 10 * goal, "s", most=True)
        line(f"{rows:,}: stored bytes an interview", stored.found["bytes"], 96, "B", most=True)
        written = measured("write", rows)
        line(f"{rows:,}: write an entry, with its digest, CPU", written.cpu, 10 * goal, "s", most=True)
        line(f"{rows:,}: peak memory", max(one.peak for one in (checked, stored, written)), 2, "GB", most=True)


def views(frame: pd.DataFrame, columns: list[str], ids: Ids, rows: np.ndarray) -> Views:
    part = frame.iloc[rows]
    code = pack([part[column].to_numpy().astype(np.int64) for column in columns])
    answers = np.select([part["abuse"] == 0, part["abuse"] == 1], [NO, UNTOLD], YES).astype(np.int8)
    labels = tuple(f"{columns} {number}" for number in range(int(code.max()) + 1))
    shown = np.ones(len(part), dtype=bool)
    return Views(ids[rows], code, labels, dict.fromkeys(columns, shown), {"abuse=yes": answers})


def drawn(rows: int) -> tuple[list[Views], Views]:
    """What three releases showed, and what a fourth would."""
    frame = keys(rows, coarse=True)
    ids = packed(np.char.mod("%064x", np.random.default_rng(5).permutation(rows)))
    rng = np.random.default_rng(7)
    told = [views(frame, columns, ids, np.flatnonzero(rng.random(rows) < 0.9)) for columns in BEFORE]
    return told, views(frame, NOW, ids, np.flatnonzero(frame["ym"] > 3))


def kept(told: Iterable[Views]) -> Ledger:
    ledger = empty()
    for number, one in enumerate(told):
        ledger = append(ledger, one, head=ledger.head, kind="release", reference=str(number), on="2026-11-22")
    return ledger


def check(rows: str):
    told, candidate = drawn(int(rows))
    ledger = kept(told)

    def task() -> Found:
        joint = meet(ledger, candidate)
        found = faults(ledger, candidate, joint, Terms(5))
        return {"classes": len(ledger.sizes), "thin": int(found.thin.sum()), "rows": len(joint.at)}

    return task


def find(rows: str):
    told, candidate = drawn(int(rows))
    ledger = kept(told)

    def task() -> Found:
        return {"found": len(ledger.rows(candidate.ids))}

    return task


def read(rows: str):
    stored = to_arrays(kept(drawn(int(rows))[0]))
    size = sum(part.nbytes for part in stored.values()) / int(rows)

    def task() -> Found:
        return {"classes": len(from_arrays(stored).sizes), "bytes": size}

    return task


def write(rows: str):
    *told, last = drawn(int(rows))[0]
    ledger = kept(told)

    def task() -> Found:
        made = append(ledger, last, head=ledger.head, kind="release", reference="2", on="2026-11-22")
        return {"classes": len(made.sizes)}

    return task


run(main, {step.__name__: step for step in (check, find, read, write)})
