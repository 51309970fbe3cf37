"""Special uniques: who can be told apart by few values. A missing value is a member of no set."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb, factorial
from typing import Any

import numpy as np
import pandas as pd

from portal.disclosure.classes import need
from portal.disclosure.codes import Codes, Floats, coded, grouped, mixed, text
from portal.disclosure.missing import SUPPRESSED, UNANSWERED
from portal.disclosure.refusals import BadInput
from portal.disclosure.uniques import minimal

SETS = 200_000
"""More sets of keys than this are not searched: the work doubles with each key."""


@dataclass(frozen=True)
class Suda:
    """What the search found. ``score`` and ``pairs`` (records whose whole key one other record shares) are per file.

    ``score`` (n,) is 0 or more; ``attributes`` and ``values`` are percent of the sum of all scores that comes from
    sets with that variable, or with that value of it. A set counts for each of its members, so they add up to more
    than 100; without any score they are 0, and a value without any is left out.
    """

    score: Floats
    keys: int
    pairs: int
    attributes: dict[str, float]
    values: dict[str, dict[str, float]]

    def dis(self, fraction: float) -> Floats:
        """How likely it is that a match with the record is the right person (n,), 0..1; 0 without a score.

        ``fraction`` in (0, 1] is the share of the population that was interviewed. With M keys, Q = 1 + (8 - M)/20,
        A the sum of score^-Q over scored records and P the records in pairs: 1/(1 + P (1-f)/f / (score^Q A)).

        Raises BadInput for another fraction. Source: Elliot, Integrating file and record level disclosure risk
        assessment (2002); sdcMicro 5.8.
        """
        if not 0 < fraction <= 1:
            raise BadInput("fraction: must lie above 0 and not above 1")
        scored = self.score > 0
        power = self.score[scored] ** (1 + (8 - self.keys) / 20)
        wrong = self.pairs * (1 - fraction) / fraction
        found = np.zeros(len(self.score))
        found[scored] = 1 / (1 + wrong / (power * (1 / power).sum()))
        return found


def suda(frame: pd.DataFrame, keys: Sequence[str], *, largest: int | None = None, hidden: str = SUPPRESSED) -> Suda:
    """Find each record's minimal sample-unique sets of keys and score them.

    A set of keys is one if no other record has the same values in it, and that is true of none of its subsets. The
    score of a record is the sum of (M - size)! over its sets, M keys in all. Missing is ``hidden`` and every kind of
    unanswered.

    Parameters
    ----------
    frame : one row per record.
    keys : M columns.
    largest : sets with more keys than this are not searched; all are by default.

    Raises
    ------
    BadInput
        If a key is absent, there twice or named twice, ``largest`` is below 1, or there are too many sets to search.

    Source: Manning, Haglin and Keane, A recursive search algorithm for statistical disclosure assessment (2008);
    Elliot, Manning and Ford, A computational algorithm for handling the special uniques problem (2002).
    """
    most = _allowed(keys, largest)
    need(frame, keys)
    columns = [_compact(coded([frame[key]], {hidden, *UNANSWERED})[0]) for key in keys]
    of, first = grouped(*mixed(columns))
    sizes = np.bincount(of)
    table = [column[first] for column in columns]
    score = np.zeros(len(first))
    shares = [np.zeros(int(column.max(initial=-1)) + 1) for column in table]
    for members, rows in minimal(table, sizes > 1, most):
        points = float(factorial(len(keys) - len(members)))
        score[rows] += points
        for at in members:
            shares[at] += points * np.bincount(table[at][rows], minlength=len(shares[at]))
    percent = 100.0 / max(float(score.sum()), 1.0)
    return Suda(
        score[of],
        len(keys),
        int(sizes[sizes == 2].sum()),
        {key: float(share.sum() * percent) for key, share in zip(keys, shares, strict=True)},
        {
            key: _by_word(frame[key], column, share * percent)
            for key, column, share in zip(keys, columns, shares, strict=True)
        },
    )


def _allowed(keys: Sequence[str], largest: int | None) -> int:
    for key in keys:
        if list(keys).count(key) > 1:
            raise BadInput(f"{key}: named twice among the keys")
    if largest is not None and largest < 1:
        raise BadInput("largest: a set has at least 1 key")
    most = len(keys) if largest is None else min(largest, len(keys))
    sets = sum(comb(len(keys), size) for size in range(1, most + 1))
    if sets > SETS:
        raise BadInput(f"keys: {len(keys)} keys have {sets:,} sets of up to {most}; search smaller sets or fewer keys")
    return most


def _compact(codes: Codes) -> Codes:
    """The same values numbered without large gaps; -1 stays."""
    if codes.max(initial=0) <= 4 * len(codes) + 1024:
        return codes
    values, numbers = np.unique(codes, return_inverse=True)
    return numbers - int(values[0] < 0)


def _by_word(column: "pd.Series[Any]", codes: Codes, share: Floats) -> dict[str, float]:
    """The share of each number under the value that it stands for, where there is any."""
    row = np.zeros(len(share), dtype=np.int64)
    there = np.flatnonzero(codes >= 0)
    row[codes[there]] = there
    found = np.flatnonzero(share)
    return dict(zip(text(column.iloc[row[found]]), share[found].tolist(), strict=True))
