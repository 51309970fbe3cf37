"""`measure` and `attack`: how exposed a file is, and whether a released one gives somebody away."""

import argparse
from collections.abc import Mapping

import numpy as np
import pandas as pd

from portal.disclosure import cli_files as files
from portal.disclosure import datafile
from portal.disclosure.attack import attack, plain_keys
from portal.disclosure.classes import need, text
from portal.disclosure.cli_files import HIDDEN, Progress
from portal.disclosure.cli_levels import unfold
from portal.disclosure.cli_protect import ROW, rules_of
from portal.disclosure.generalise import Hierarchy
from portal.disclosure.measure import measure, records, spread
from portal.disclosure.rare import LEVEL
from portal.disclosure.refusals import CannotMeet
from portal.disclosure.ruleset import Key
from portal.disclosure.suda import suda


def run(chosen: argparse.Namespace) -> None:
    """Count and rate; tell, and per record if asked."""
    progress = Progress(chosen)
    files.apart([chosen.data], [chosen.json, chosen.records])
    with progress.step(f"reading {chosen.data.name}"):
        frame = datafile.read(chosen.data).frame
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
        original, released = (datafile.read(path).frame.apply(text) for path in (chosen.original, chosen.released))
        need(released, chosen.keys)
    with progress.step(f"attacking {len(released)} rows over {len(chosen.keys)} keys"):
        original, released, keys = _by_levels(original, released, chosen.keys, read)
        found = attack(*_paired(original, released), rules_of(keys, chosen.k), hidden=HIDDEN)
    files.write(found.to_json(), chosen.json)
    lost = sorted(name for name, one in found.attacks.items() if not one.passed)
    if lost:
        raise CannotMeet(f"attack: {', '.join(lost)} succeeded on {chosen.released.name}")


def _by_levels(
    original: pd.DataFrame, released: pd.DataFrame, keys: list[str], read: Mapping[str, Hierarchy]
) -> tuple[pd.DataFrame, pd.DataFrame, tuple[Key, ...]]:
    """Both files with a column per level of each key that has a hierarchy, and the keys that these are."""
    if not read:
        return original, released, plain_keys(keys)
    both = unfold(original, released, keys, read)
    gone = {*keys, *(key + LEVEL for key in read)}
    others = released[[name for name in released if name not in gone]]
    return both.original, pd.concat([both.released, others], axis=1), both.keys


def _paired(original: pd.DataFrame, released: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """As many rows in both are the same records in the same order; otherwise nothing is known of who is in."""
    if len(original) != len(released):
        return original, released
    rows = pd.array(np.arange(len(original)).astype(str), dtype="str")
    return original.assign(**{ROW: rows}), released.assign(**{ROW: rows})
