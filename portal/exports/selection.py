"""A request's rows and columns, taken from the protected file of its tier, and counts fit to be shown before approval.

Rows are chosen by the tier's keys only, as the file shows them: then every group of equal keys is in whole or out
whole, and the selection keeps the protected file's promises. Any other filter would split groups.
"""

from collections.abc import Mapping, Sequence

import pandas as pd

from portal.exports.pseudonym import INTERVIEW_ID

SMALL = 30
STEP = 10


def select(
    frame: pd.DataFrame,
    filters: Mapping[str, Sequence[str]],
    *,
    columns: Sequence[str],
    key_columns: Sequence[str],
) -> pd.DataFrame:
    """Return the rows whose keys hold one of the listed values, and interview_id with the columns asked for.

    Columns keep the file's order. A key that is not filtered lets every row through; a key filtered by an empty list
    lets none through. Raises ValueError for a filter on anything but a key and for a column the file does not have.
    """
    outside = [name for name in filters if name not in key_columns]
    if outside:
        raise ValueError(f"filters: {', '.join(outside)} is no key of this tier; filter on {', '.join(key_columns)}")
    menu = [str(name) for name in frame.columns if name != INTERVIEW_ID]
    unknown = [name for name in [*columns, *filters] if name not in menu]
    if unknown:
        raise ValueError(f"columns: {', '.join(unknown)} is not in the protected file; choose from its menu")
    if not columns:
        raise ValueError("columns: none asked for; choose at least one")
    return frame.loc[_chosen(frame, filters), [INTERVIEW_ID, *(name for name in menu if name in columns)]].reset_index(
        drop=True
    )


def _chosen(frame: pd.DataFrame, filters: Mapping[str, Sequence[str]]) -> "pd.Series[bool]":
    chosen = pd.Series(data=True, index=frame.index, dtype=bool)
    for name, values in filters.items():
        chosen &= frame[name].isin(list(values))
    return chosen


def rounded(number: int) -> str:
    """Return a count as it may be shown: to the nearest ten, or "<30" below 30.

    Nothing is below 30 too: a plain 0 would tell that nobody of that kind was interviewed, and beside "<30" would tell
    that somebody was.

    >>> [rounded(number) for number in (0, 4, 29, 30, 34, 35, 2754)]
    ['<30', '<30', '<30', '30', '30', '40', '2750']
    """
    if number < 0:
        raise ValueError("number: below 0 is no count")
    return f"<{SMALL}" if number < SMALL else str((number + STEP // 2) // STEP * STEP)


def counts_by(frame: pd.DataFrame, column: str) -> dict[str, str]:
    """Return the rounded count of rows for each value of a key that the file shows, in the order of the values."""
    return {str(value): rounded(int(number)) for value, number in frame[column].value_counts().sort_index().items()}
