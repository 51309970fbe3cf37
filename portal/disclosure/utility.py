"""What protection cost the readers. Rows of the two frames belong together; what is hidden is compared as hidden."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from portal.disclosure.classes import need
from portal.disclosure.codes import Codes, Floats, Ints, coded, grouped, mixed
from portal.disclosure.missing import SUPPRESSED
from portal.disclosure.refusals import BadInput


def changed(before: pd.DataFrame, after: pd.DataFrame, columns: Sequence[str]) -> dict[str, object]:
    """Cells that changed, per column and in all, and records with at least one such cell; values compared as text."""
    _paired(before, after, columns)
    cells = {}
    touched = np.zeros(len(before), dtype=bool)
    for column in columns:
        was, now = coded([before[column], after[column]])
        cells[column] = int((was != now).sum())
        touched |= was != now
    return {"by_variable": cells, "cells": sum(cells.values()), "records": int(touched.sum())}


def loss(shares: Floats, domains: Sequence[int]) -> float:
    """How much detail generalisation and suppression took, 0 for none to 1 for all: the loss of ARX.

    Parameters
    ----------
    shares : (n, m), for each record and variable the share of the variable's values that its released value may
        stand for: 1/domain where unchanged, 1 where suppressed.
    domains : (m,), how many values each variable has.

    Returns
    -------
    (product of (1 + x_j))^(1/m) - 1 with x_j = (sum of shares - n/domain) / (n - n/domain); 0 without rows, and a
    variable of one value loses nothing.

    Raises
    ------
    BadInput
        If a share lies outside 1/domain..1.

    Source: Prasser, Kohlmayer et al., ARX 3.9 (Metric.createLossMetric(0.5)).
    """
    least = 1.0 / np.array(domains, dtype=np.float64)
    if not ((shares >= least - 1e-12) & (shares <= 1 + 1e-12)).all():
        raise BadInput("shares: must lie in 1/domain..1")
    if not shares.size:
        return 0.0
    room = 1.0 - least
    lost = np.divide(shares.mean(axis=0) - least, room, out=np.zeros(len(least)), where=room > 0)
    return float(np.expm1(np.log1p(lost).mean()))


def il1s(before: pd.DataFrame, after: pd.DataFrame, columns: Sequence[str]) -> float:
    """The sum of absolute changes of numbers, each over sqrt(2) standard deviations of its column; 0 or more.

    A column without spread is left out if nothing in it changed. Raises BadInput if it did, or if a cell is no number.
    Source: Yancey, Winkler and Creecy (2002); sdcMicro 5.8, dUtility.
    """
    was, now = _numbers(before, after, columns)
    if len(was) < 2:
        raise BadInput("rows: at least 2 have a spread")
    scale = was.std(axis=0, ddof=1)
    moved = np.abs(was - now).sum(axis=0)
    _spread(columns, (scale == 0) & (moved > 0))
    return float((moved[scale > 0] / (np.sqrt(2) * scale[scale > 0])).sum())


def structure(before: pd.DataFrame, after: pd.DataFrame, columns: Sequence[str]) -> dict[str, float]:
    """How far the correlations of numbers moved.

    Returns
    -------
    ``largest`` and ``mean``: absolute change of a correlation, 0..2, over pairs of columns; ``eigenvalues``: the sum
    of absolute changes of the eigenvalues of the correlation matrix, in order of size, over the number of columns,
    0..2. A correlation with a column without spread is 0.
    """
    was, now = _numbers(before, after, columns)
    first, second = _correlations(was), _correlations(now)
    pairs = np.abs(first - second)[np.triu_indices(len(columns), 1)]
    moved = np.abs(np.linalg.eigvalsh(first) - np.linalg.eigvalsh(second))
    return {
        "largest": float(pairs.max(initial=0.0)),
        "mean": float(pairs.mean()) if len(pairs) else 0.0,
        "eigenvalues": float(moved.sum() / len(columns)),
    }


def entropy_lost(before: pd.DataFrame, after: pd.DataFrame, columns: Sequence[str]) -> dict[str, float]:
    """Per column, the bits per record that the released value leaves open about the original one; 0 or more.

    With c(a) and c(a, b) the records of original value a, and of a released as b: mean of log2(c(b) / c(a, b)). For
    values generalised alike this is non-uniform entropy. Source: Gionis and Tassa, k-anonymization with minimal loss
    of information (2009).
    """
    _paired(before, after, columns)
    lost = {}
    for column in columns:
        now = coded([after[column]])[0]
        both, alone = _sizes([now, coded([before[column]])[0]]), _sizes([now])
        lost[column] = float(np.log2(alone / both).mean()) if len(both) else 0.0
    return lost


def discernibility(frame: pd.DataFrame, keys: Sequence[str], *, hidden: str = SUPPRESSED) -> int:
    """How many records each record looks like, added up: class sizes squared; one with all keys hidden is like all.

    Source: Bayardo and Agrawal, Data privacy through optimal k-anonymization (2005).
    """
    need(frame, keys)
    columns = [coded([frame[key]], [hidden])[0] for key in keys]
    gone = np.all([column < 0 for column in columns], axis=0)
    return int(np.where(gone, len(frame), _sizes(columns)).sum())


def table_change(
    before: pd.DataFrame, after: pd.DataFrame, columns: Sequence[str], *, hidden: str = SUPPRESSED
) -> dict[str, float]:
    """How far a cross-table moved for readers of the released file, who count the rows that show all its columns.

    Returns
    -------
    ``largest`` and ``mean``: change of a cell in percent points of its table's total, 0..100, over the cells that
    hold a row before or after; ``shown``: rows that still show all columns, percent of those that did. A table that
    had rows and has none left changed by all of its cells.
    """
    _paired(before, after, columns)
    if not columns:
        raise BadInput("columns: name at least one")
    read = [coded([before[column], after[column]], [hidden]) for column in columns]
    pair = [np.concatenate(column) for column in read]
    shown = np.all([column >= 0 for column in pair], axis=0)
    of, cells = grouped(*mixed([column[shown] for column in pair]))
    was = np.bincount(of[: int(shown[: len(before)].sum())], minlength=len(cells))
    now = np.bincount(of, minlength=len(cells)) - was
    change = np.abs(_percent(was) - _percent(now))
    return {
        "largest": float(change.max(initial=0.0)),
        "mean": float(change.mean()) if len(change) else 0.0,
        "shown": float(100 * now.sum() / was.sum()) if was.sum() else 100.0,
    }


def _percent(counts: Ints) -> Floats:
    return np.multiply(counts, 100.0 / max(int(counts.sum()), 1), dtype=np.float64)


def _sizes(columns: Sequence[Codes]) -> Ints:
    of, _ = grouped(*mixed(columns))
    sizes: Ints = np.bincount(of)
    return sizes.take(of)


def _correlations(numbers: Floats) -> Floats:
    centred = numbers - numbers.mean(axis=0)
    length = np.sqrt((centred**2).sum(axis=0))
    unit = np.divide(centred, length, out=np.zeros_like(centred), where=length > 0)
    found: Floats = unit.T @ unit
    np.fill_diagonal(found, 1.0)
    return found


def _numbers(before: pd.DataFrame, after: pd.DataFrame, columns: Sequence[str]) -> tuple[Floats, Floats]:
    _paired(before, after, columns)
    if not columns or before.empty:
        raise BadInput("columns: at least one, and one row")
    read: list[npt.NDArray[np.float64]] = []
    for frame in (before, after):
        found = frame[list(columns)].apply(pd.to_numeric, errors="coerce").to_numpy(dtype=np.float64)
        for column, fine in zip(columns, np.isfinite(found).all(axis=0), strict=True):
            if not fine:
                raise BadInput(f"{column}: missing or not a number")
        read.append(found)
    return read[0], read[1]


def _spread(columns: Sequence[str], bad: npt.NDArray[np.bool_]) -> None:
    for column, one in zip(columns, bad, strict=True):
        if one:
            raise BadInput(f"{column}: has no spread, so no scale for what changed")


def _paired(before: pd.DataFrame, after: pd.DataFrame, columns: Sequence[str]) -> None:
    for frame in (before, after):
        need(frame, columns)
    if len(before) != len(after):
        raise BadInput(f"rows: {len(before)} before and {len(after)} after do not belong together")
