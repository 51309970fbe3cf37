"""Interviews that are nearly the same as another one, found without comparing every pair.

Answers are dealt into bands; two interviews that differ in fewer answers than there are bands agree fully in at
least one of them, so only interviews that share a whole band are compared (Indyk and Motwani, STOC 1998).
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from portal.catalogue.codebook import Variable
from portal.catalogue.intake_report import Finding
from portal.catalogue.intake_table import Coded

MOST_DIFFERENT = 5
BANDS = MOST_DIFFERENT + 2
FEWEST_ANSWERS = 25
LARGEST_GROUP = 40
"""Larger groups share a band because it is empty or common, not because an interview was sent again."""

Pairs = npt.NDArray[np.int64]


def near_duplicates(columns: Mapping[str, Coded], variables: Mapping[str, Variable], uuids: list[str]) -> list[Finding]:
    """Count the interviews of which an earlier one differs in at most five answers; same identifiers aside."""
    answers = [columns[name] for name in columns if _is_answer(variables[name])]
    if not answers or len(uuids) < 2:
        return []
    matrix = np.column_stack([_canonical(column) for column in answers])
    blank = np.column_stack([column.rows_where(lambda value: value in {"", ".n"}) for column in answers])
    pairs = _candidates(matrix)
    if not len(pairs):
        return []
    left, right = pairs[:, 0], pairs[:, 1]
    differ = (matrix[left] != matrix[right]).sum(axis=1)
    answered = (~blank[left]).sum(axis=1)
    ids = np.unique(np.array(uuids, dtype=object).astype(str), return_inverse=True)[1]
    alike = (differ <= MOST_DIFFERENT) & (answered >= FEWEST_ANSWERS) & (ids[left] != ids[right])
    count = len(np.unique(right[alike]))
    return [Finding(code="near_duplicates", count=count, params={"limit": MOST_DIFFERENT})] if count else []


def _is_answer(variable: Variable) -> bool:
    return variable.type in {"single", "multiple", "integer", "decimal"} and variable.role not in {
        "paradata",
        "direct_identifier",
    }


def _canonical(column: Coded) -> npt.NDArray[np.int32]:
    """Return small integers, equal where the values are equal: several raw texts may mean one value."""
    return np.unique(np.array(column.values, dtype=object).astype(str), return_inverse=True)[1].astype(np.int32)[
        column.index
    ]


def _candidates(matrix: npt.NDArray[np.int32]) -> Pairs:
    telling = np.argsort([-len(np.unique(column)) for column in matrix.T], kind="stable")
    found = [_sharing(matrix[:, telling[band::BANDS]]) for band in range(min(BANDS, len(telling)))]
    return np.unique(np.concatenate(found), axis=0)


def _sharing(band: npt.NDArray[np.int32]) -> Pairs:
    """Return the pairs of rows that agree in a whole band."""
    mixed = np.zeros(len(band), np.uint64)
    for column in band.T:
        mixed = (mixed ^ column.astype(np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(29)
    order = np.argsort(mixed, kind="stable")
    starts = np.flatnonzero(np.concatenate([[True], mixed[order][1:] != mixed[order][:-1]]))
    pairs: list[tuple[int, int]] = []
    for group in np.split(order, starts[1:]):
        if 1 < len(group) <= LARGEST_GROUP:
            rows = np.sort(group).tolist()
            pairs += [(a, b) for place, a in enumerate(rows) for b in rows[place + 1 :]]
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)
