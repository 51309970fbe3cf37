"""`table`: counts or sums that may be published, with the audit that was tried on them; or the audit of a table."""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from portal.disclosure import cli_files as files
from portal.disclosure import datafile
from portal.disclosure.classes import Floats, class_of, need, nfc, one_zero, text
from portal.disclosure.cli_files import Progress
from portal.disclosure.refusals import BadInput, CannotMeet
from portal.disclosure.tables import attack
from portal.disclosure.tables.cellkey import record_keys
from portal.disclosure.tables.cube import Cube, cube, worth
from portal.disclosure.tables.primary import of_counts, of_sums
from portal.disclosure.tables.ptable import ptable
from portal.disclosure.tables.release import ALL, Hide, How, Noise, Protected, Rounding, protect_table
from portal.disclosure.tables.rules import TableRules
from portal.disclosure.tables.system import not_exactly, sliding

METHODS = ("suppress", "cellkey", "round")
AUDITS = {"suppress": "linear programmes", "round": "linear programmes", "cellkey": "averaging over all sums"}
Told = dict[str, object]


def run(chosen: argparse.Namespace) -> None:
    """Read, protect or check, write, tell; CannotMeet where the audit succeeds."""
    progress = Progress(chosen)
    _goes_together(chosen)
    read = [chosen.data, *(path for path in (chosen.key_file, chosen.check) if path)]
    files.apart(read, [chosen.out, chosen.report, chosen.json])
    with progress.step(f"reading {chosen.data.name}"):
        frame = records(datafile.read(chosen.data).frame, chosen)
    asked: Told = {
        "rows": chosen.rows,
        "columns": chosen.columns,
        "magnitude": chosen.magnitude,
        "contributor": chosen.contributor,
        "minimum": chosen.min,
        "method": chosen.method,
        "records": len(frame),
    }
    if chosen.check is not None:
        with progress.step(f"auditing {chosen.check.name}"):
            found = _checked(frame, chosen)
        files.write(asked | {"audit": found, "seconds": progress.seconds}, chosen.report)
        if not found["passed"]:
            raise CannotMeet(f"audit: {found['cells_at_risk']} cells of {chosen.check.name} can be found out")
        return
    if chosen.out is None:
        raise BadInput("out: say where the table goes, or which one to check")
    with progress.step(f"protecting a table of {len(frame)} records: {chosen.method}"):
        made = protect_table(
            frame, chosen.rows, chosen.columns, value=chosen.magnitude, rules=_rules(chosen), how=_how(frame, chosen)
        )
    with progress.step(f"writing {chosen.out.name}"):
        _write(made.cells, chosen)
        files.write(asked | _told(made, frame, chosen) | {"seconds": progress.seconds}, chosen.report)


def _goes_together(chosen: argparse.Namespace) -> None:
    """Raise BadInput for an option that would change nothing here: whoever gave it meant something."""
    belongs = {
        "base": ("--method round", chosen.method == "round"),
        "variance": ("--method cellkey", chosen.method == "cellkey"),
        "key_file": ("--method cellkey", chosen.method == "cellkey"),
        "dominance": ("--magnitude", chosen.magnitude is not None),
        "p": ("--magnitude", chosen.magnitude is not None),
        "out": ("making a table; --check makes none", chosen.check is None),
        "json": ("making a table; --check makes none", chosen.check is None),
    }
    for name, (what, there) in belongs.items():
        if name in chosen.given and not there:
            raise BadInput(f"{name.replace('_', '-')}: goes with {what}")


def records(frame: pd.DataFrame, chosen: argparse.Namespace) -> pd.DataFrame:
    """The columns of the table, and one record for each contributor.

    Raises BadInput where a contributor is not known, or stands in several cells: a margin would count it twice, and
    the rules on large contributions would see two small ones.
    """
    sides = [*chosen.rows, *chosen.columns]
    _apart(sides, chosen)
    need(frame, sides)
    one_zero(frame, sides)
    made = pd.DataFrame({side: nfc(text(frame[side])) for side in sides})
    if chosen.magnitude is not None:
        made[chosen.magnitude] = worth(frame, chosen.magnitude)
    if chosen.contributor is None:
        return made
    need(frame, [chosen.contributor])
    who = text(frame[chosen.contributor])
    if (who == "").any():
        raise BadInput(f"{chosen.contributor}: is empty in {int((who == '').sum())} records")
    places = pd.Series(class_of(made, sides), index=made.index).groupby(who).nunique()
    if (places > 1).any():
        raise BadInput(f"{chosen.contributor}: {int((places > 1).sum())} contributors stand in several cells")
    grouped = made.groupby(who, sort=True)
    once = grouped[sides].first()
    return once if chosen.magnitude is None else once.join(grouped[[chosen.magnitude]].sum())


def _apart(sides: Sequence[str], chosen: argparse.Namespace) -> None:
    if chosen.magnitude in sides:
        raise BadInput(f"{chosen.magnitude}: is added up and stands on a side of the table")
    if chosen.magnitude is None and "count" in sides:
        raise BadInput("count: is what the column of counts is called; rename this one")
    if chosen.contributor is not None and chosen.contributor in {*sides, chosen.magnitude}:
        raise BadInput(f"{chosen.contributor}: names contributors and is part of the table")


def _rules(chosen: argparse.Namespace) -> TableRules:
    return TableRules(chosen.min, max(chosen.min, TableRules.rate_minimum), chosen.dominance, chosen.p)


def _how(frame: pd.DataFrame, chosen: argparse.Namespace) -> How:
    if chosen.method == "suppress":
        return Hide()
    if chosen.method == "round":
        return Rounding(chosen.base)
    if chosen.key_file is None or chosen.contributor is None:
        raise BadInput("cellkey: needs --key-file with 32 secret bytes or more, and --contributor with lasting ids")
    keys = record_keys(datafile.content(chosen.key_file), list(frame.index))
    return Noise(keys, ptable(variance=chosen.variance))


def _write(cells: pd.DataFrame, chosen: argparse.Namespace) -> None:
    if chosen.out.suffix == ".parquet":
        cells.to_parquet(chosen.out, index=False)
    else:
        files.save(chosen.out, cells.to_csv(index=False).encode())
    if chosen.json is not None:
        plain = cells.astype(object).where(cells.notna(), None)
        files.write(plain.to_dict("records"), chosen.json)


def _told(made: Protected, frame: pd.DataFrame, chosen: argparse.Namespace) -> Told:
    """What the approver reads: the audit, why cells are hidden, and how far counts moved."""
    audit = {name: value for name, value in made.report.items() if name not in {"cells", "hidden", "hidden_cells"}}
    found: Told = {
        "cells": len(made.cells),
        "hidden_cells": made.report.get("hidden_cells", 0),
        "hidden_why": made.report.get("hidden", {}),
        "audit": {"by": AUDITS[chosen.method], **audit},
    }
    if chosen.method == "suppress":
        return found
    true = cube(frame, [[side] for side in (*chosen.rows, *chosen.columns)], joined=False).count()
    moved = np.abs(made.cells["count"].to_numpy(dtype=np.int64) - true)
    return found | {"change": {"largest": int(moved.max()), "mean": round(float(moved.mean()), 6)}}


def _checked(frame: pd.DataFrame, chosen: argparse.Namespace) -> Told:
    """Attack a table made elsewhere, with the true records at hand: what it leaves out or empty counts as hidden."""
    if chosen.method == "cellkey":
        raise BadInput("check: noise is judged where it is made; suppressed and rounded tables can be checked")
    if chosen.method == "round" and chosen.magnitude is not None:
        raise BadInput("check: rounding is for counts")
    made = cube(frame, [[side] for side in (*chosen.rows, *chosen.columns)])
    counts = chosen.magnitude is None
    first = of_counts(made, _rules(chosen), None) if counts else of_sums(made, frame, chosen.magnitude, _rules(chosen))
    system = made.system(first.values, whole=counts)
    shown = _shown(made, chosen.check, chosen.magnitude or "count")
    if chosen.method == "suppress":
        found = attack.by_programmes(system, shown, sliding(system, first.hidden, first.above))
    elif np.isnan(shown).any():
        raise BadInput(f"count: {int(np.isnan(shown).sum())} cells of the rounded table are missing")
    else:
        found = attack.on_rounded(system, shown.astype(np.int64), chosen.base, not_exactly(system, first.hidden))
    return {"by": AUDITS[chosen.method], **found}


def _shown(made: Cube, path: Path, value: str) -> Floats:
    """What a published table shows of each cell (n,), NaN where nothing."""
    published = datafile.read(path).frame
    sides = [side.name for side in made.dimensions]
    need(published, [*sides, value])
    numbers = pd.to_numeric(published[value], errors="coerce").to_numpy(dtype=np.float64)
    strange = np.isnan(numbers) & (text(published[value]) != "").to_numpy()
    if strange.any():
        raise BadInput(f"{value}: {int(strange.sum())} cells of {path.name} are no number")
    labels = list(published[sides].apply(lambda side: nfc(text(side))).itertuples(index=False, name=None))
    if len(set(labels)) < len(labels):
        raise BadInput(f"{path.name}: shows a cell twice")
    given: Mapping[tuple[str, ...], float] = dict(zip(labels, numbers, strict=True))
    words = [[label[-1] if label else ALL for label in side.paths] for side in made.dimensions]
    for side, word in zip(sides, words, strict=True):
        if word.count(ALL) > 1:
            raise BadInput(f"{side}: has a value {ALL!r}, which is the word for sums")
    own = [tuple(word[node] for word, node in zip(words, nodes, strict=True)) for nodes in made.nodes]
    if set(given) - set(own):
        raise BadInput(f"{path.name}: {len(set(given) - set(own))} of its cells are none of this table")
    return np.array([given.get(cell, np.nan) for cell in own])
