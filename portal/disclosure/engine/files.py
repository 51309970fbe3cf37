"""Protecting a file that is larger than memory, on an analyst's own machine. The portal does not call this."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np
import pandas as pd

from portal.disclosure.attack import plain_keys
from portal.disclosure.classes import lookalikes, need
from portal.disclosure.close import Closing
from portal.disclosure.engine.base import KeyTable, Outcome, Told, protect
from portal.disclosure.engine.csvtable import CsvTable
from portal.disclosure.engine.duckdb import HIDDEN, DuckEngine, TableFile, database
from portal.disclosure.engine.parquettable import ParquetTable
from portal.disclosure.measure import SIZES
from portal.disclosure.refusals import BadInput
from portal.disclosure.rulecheck import LOWEST_K

MEMORY = 4 * 10**9
SHARE = 4
"""The database may take one part in so many; the rest is for planning on the distinct keys."""
LEAST = 10**8


def protect_file(  # noqa: PLR0913 -- what the command line offers, each with its default
    source: Path,
    target: Path,
    keys: Sequence[str],
    k: int,
    *,
    importance: Mapping[str, float] | None = None,
    closed: bool = False,
    memory_limit: int = MEMORY,
    scratch: Path | None = None,
    told: Told = lambda _step, _rows: None,
) -> dict[str, object]:
    """Hide cells of the columns ``keys`` until every class holds at least k rows; the file may exceed memory.

    Parameters
    ----------
    source, target : CSV or Parquet, the target in the form of the source. In a CSV a hidden cell is empty and all else
        stays as it was, byte for byte; in Parquet it is null and columns keep their types. An empty cell of a key
        column reads the same as a hidden one, so it is written in the same form.
    importance : what hiding a cell of a key costs, 1 where nothing is said; what matters less is hidden first.
    closed : also hide what shown neighbours would give away to who knows the rule.
    memory_limit : bytes, 400 MB or more. A quarter is the database's, which uses temporary files beyond it. The rest
        is for planning, which takes about 1 KB for each distinct key of eight columns; more keys than that are refused.
    scratch : where temporary files go (numbers of values and rows, no words), in a folder for the owner's eyes only
        that is removed at the end. They are not encrypted, and neither is the target: this is for an analyst's own
        machine.
    told : hears of each step and the rows it is through.

    Returns
    -------
    The report that ``protect --report`` writes, with the strict count only. The target is counted again before it
    appears; after an error there is none.

    Raises
    ------
    BadInput, CannotMeet
        As ``base.protect``; also for a file that cannot be read.
    """
    began = perf_counter()
    families = plain_keys(keys, _checked(keys, k, importance, memory_limit))
    closing = Closing() if closed else None
    if not target.parent.is_dir():
        raise BadInput(f"{target.name}: there is no folder to write it to")
    with TemporaryDirectory(prefix=".protecting-", dir=target.parent) as folder:
        made = Path(folder) / target.name
        with database(memory_limit // SHARE, scratch) as room:
            table = opened(source)
            need(pd.DataFrame(columns=table.columns), table.columns)
            engine = DuckEngine(room, table, made, told)
            planning = memory_limit - memory_limit // SHARE
            outcome = protect(engine, families, k, closing=closing, memory=planning, told=told)[1]
        made.replace(target)
    return report(outcome, keys, k) | {"seconds": round(perf_counter() - began, 3)}


def opened(path: Path) -> TableFile:
    """A Parquet or CSV file, told apart by its first bytes. Raises BadInput if it cannot be read."""
    try:
        with path.open("rb") as file:
            parquet = file.read(4) == b"PAR1"
        return ParquetTable(path) if parquet else CsvTable(path)
    except OSError:
        raise BadInput(f"{path.name}: cannot be read") from None


def _checked(
    keys: Sequence[str], k: int, importance: Mapping[str, float] | None, memory_limit: int
) -> Mapping[str, float]:
    weights = dict(importance or {})
    unknown = sorted(set(weights) - set(keys))
    if unknown:
        raise BadInput(f"importance: {', '.join(unknown)} is none of the keys")
    if not all(np.isfinite(weight) and weight > 0 for weight in weights.values()):
        raise BadInput("importance: must be above 0")
    if k < LOWEST_K:
        raise BadInput(f"k: below {LOWEST_K} protects nobody")
    if memory_limit // SHARE < LEAST:
        raise BadInput(f"memory_limit: below {LEAST * SHARE // 10**6} MB")
    return weights


def report(outcome: Outcome, keys: Sequence[str], k: int) -> dict[str, object]:
    """Plain values for JSON."""
    plan, before = outcome.plan, outcome.before
    hidden = plan.hides[plan.pattern] & (before.keys[list(keys)].to_numpy(dtype=object)[plan.key] != HIDDEN)
    cells = plan.rows @ hidden
    return {
        "rows": outcome.rows,
        "distinct_keys": len(before.counts),
        "keys": list(keys),
        "semantics": "strict",
        "comparison_only": False,
        "k": k,
        "violations": {"before": _violations(before), "after": _violations(outcome.after)},
        "suppressed_cells": int(cells.sum()),
        "suppressed_by_variable": {name: int(many) for name, many in zip(keys, cells, strict=True)},
        "suppressed_records": int(plan.rows @ hidden.any(axis=1)),
        "generalised": {},
        "lookalikes": lookalikes(before.keys, keys),
    }


def _violations(table: KeyTable) -> dict[str, dict[str, int]]:
    return {"strict": {str(size): int(table.counts[table.counts < size].sum()) for size in SIZES}}
