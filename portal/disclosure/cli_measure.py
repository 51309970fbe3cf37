"""`measure` and `attack`: how exposed a file is, and whether a released one gives somebody away."""

import argparse
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from portal.disclosure import cli_files as files
from portal.disclosure import datafile
from portal.disclosure.attack import plain_keys
from portal.disclosure.classes import need, one_zero, text
from portal.disclosure.cli_attack import attacked, lost, rules_of
from portal.disclosure.cli_files import HIDDEN, Progress
from portal.disclosure.measure import measure, records, spread
from portal.disclosure.refusals import CannotMeet
from portal.disclosure.suda import suda


def run(chosen: argparse.Namespace) -> None:
    """Count and rate; tell, and per record if asked."""
    progress = Progress(chosen)
    files.apart([chosen.data], [chosen.json, chosen.records])
    with progress.step(f"reading {chosen.data.name}"):
        frame = _read(chosen.data, chosen.keys)
    with progress.step(f"counting {len(frame)} rows over {len(chosen.keys)} keys"):
        found = measure(
            frame,
            chosen.keys,
            weight=chosen.weight,
            hidden=HIDDEN,
            semantics=chosen.semantics or "strict",
            alpha=chosen.alpha,
        )
        found["diversity"] = {name: spread(frame, chosen.keys, name) for name in chosen.sensitive}
    with progress.step("searching special uniques"):
        special = suda(frame, chosen.keys, largest=chosen.largest_set, hidden=HIDDEN)
    found["suda"] = {
        "sum": float(special.score.sum()),
        "records": int((special.score > 0).sum()),
        "attributes": {name: round(share, 9) for name, share in special.attributes.items()},
    }
    each = records(frame, chosen.keys, weight=chosen.weight, hidden=HIDDEN, alpha=chosen.alpha)
    each["suda"], each["dis"] = special.score, special.dis(_fraction(frame, chosen))
    files.write(found, chosen.json)
    if chosen.records:
        files.save(chosen.records, each.to_csv(index=False).encode())


def _read(path: Path, keys: Sequence[str]) -> pd.DataFrame:
    frame = datafile.read(path).frame
    need(frame, keys)
    one_zero(frame, keys)
    return frame


def _fraction(frame: pd.DataFrame, chosen: argparse.Namespace) -> float:
    if chosen.fraction is not None or chosen.weight is None or frame.empty:
        return 1.0 if chosen.fraction is None else float(chosen.fraction)
    return len(frame) / float(pd.to_numeric(frame[chosen.weight]).sum())


def run_attack(chosen: argparse.Namespace) -> None:
    """Attack a released file; CannotMeet, after telling, where an attack succeeds."""
    progress = Progress(chosen)
    files.apart([chosen.original, chosen.released, *(path for _, path in chosen.hierarchy)], [chosen.json])
    rules_of(plain_keys(chosen.keys), chosen.k)
    read = files.hierarchies(chosen.hierarchy, chosen.keys)
    with progress.step(f"reading {chosen.original.name} and {chosen.released.name}"):
        original, released = (_read(path, chosen.keys).apply(text) for path in (chosen.original, chosen.released))
    with progress.step(f"attacking {len(released)} rows over {len(chosen.keys)} keys"):
        found = attacked(original, released, chosen.keys, read, chosen.k)
    files.write(found.to_json(), chosen.json)
    if not found.passed:
        raise CannotMeet(f"attack: {lost(found)} succeeded on {chosen.released.name}")
