"""Counting rows that look alike. Group numbers are packed again before they could overflow, whatever the key domain."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from portal.disclosure.codes import (
    BLOCK,
    ROOMY,
    SAFE_RADIX,
    Bools,
    Codes,
    Floats,
    Ints,
    coded,
    distinct,
    mixed,
    text,
)
from portal.disclosure.refusals import BadInput

__all__ = [
    "SAFE_RADIX",
    "Bools",
    "Floats",
    "Ints",
    "class_of",
    "class_sizes",
    "lookalikes",
    "need",
    "nfc",
    "numbered",
    "one_zero",
    "pack",
    "text",
]

MINUS_ZERO = re.compile(r"-(0+\.?0*|\.0+)(e[+-]?\d+)?", re.IGNORECASE)


def need(frame: pd.DataFrame, columns: Sequence[str]) -> None:
    """Raise BadInput for the first column that is absent or there twice."""
    for column in columns:
        times = list(frame.columns).count(column)
        if times != 1:
            raise BadInput(f"{column}: " + ("not in the data" if times == 0 else f"{times} columns have this name"))


def one_zero(frame: pd.DataFrame, columns: Sequence[str]) -> None:
    """Raise BadInput for the first column with a minus zero.

    It is the number 0. Counted as 0, it would still stand apart in the file; counted apart, it would be hidden for what
    nobody can know about a person.
    """
    for column in columns:
        if _holds_minus_zero(frame[column]):
            raise BadInput(f"{column}: holds -0, which is the number 0; write 0")


def _holds_minus_zero(column: "pd.Series[Any]") -> bool:
    if isinstance(column.dtype, np.dtype) and column.dtype.kind == "f":
        return bool(((column == 0) & np.signbit(column)).any())
    if isinstance(column.dtype, np.dtype) and column.dtype.kind != "O":
        return False
    words = distinct(column) if isinstance(column.dtype, pd.StringDtype) else map(str, column)
    return any(MINUS_ZERO.fullmatch(word.strip()) for word in words)


def nfc(column: "pd.Series[str]") -> "pd.Series[str]":
    """A text column in one Unicode form: an accent written in two ways is one value."""
    values = column.unique()
    forms = {value: unicodedata.normalize("NFC", value) for value in values}
    if all(old == new for old, new in forms.items()):
        return column
    return column.map(forms).astype("str")


def numbered(values: "pd.Series[Any]") -> Ints:
    """Number the values of one column by their order, so that numbers do not depend on the order of rows."""
    return coded([values])[0].astype(np.int64)


def pack(columns: Sequence[Codes]) -> Ints:
    """Number the distinct combinations of integer columns, 0 upward, in lexicographic order.

    >>> pack([np.array([7, 7, 2]), np.array([1, 1, 9])]).tolist()
    [1, 1, 0]
    """
    codes, size = mixed(columns)
    if size <= ROOMY * len(codes) + BLOCK:
        taken = np.bincount(codes, minlength=1) > 0
        return (np.cumsum(taken) - 1)[codes].astype(np.int64)
    return np.unique(codes, return_inverse=True)[1].astype(np.int64)


def class_of(frame: pd.DataFrame, columns: Sequence[str]) -> Ints:
    """The class number of every row over ``columns``; a missing or suppressed value is a value of its own."""
    need(frame, columns)
    return pack([coded([frame[column]])[0] for column in columns])


def class_sizes(frame: pd.DataFrame, columns: Sequence[str]) -> Ints:
    """How many rows each row shares all of ``columns`` with, itself included (the strict count).

    >>> class_sizes(pd.DataFrame({"camp": ["a", "a", "b"], "sex": ["f", "f", "f"]}), ["camp", "sex"]).tolist()
    [2, 2, 1]
    """
    codes = class_of(frame, columns)
    return np.bincount(codes)[codes].astype(np.int64) if len(codes) else codes


def lookalikes(frame: pd.DataFrame, columns: Sequence[str]) -> dict[str, int]:
    """Per column, how many values differ from another only by case, blanks, accents' form or number format."""
    found = {}
    for column in columns:
        values = pd.Series(distinct(frame[column]), dtype="str")
        extra = len(values) - values.map(_plain).nunique()
        if extra:
            found[column] = int(extra)
    return found


def _plain(value: str) -> str:
    bare = " ".join(unicodedata.normalize("NFKC", value).split()).casefold()
    try:
        return repr(float(bare) + 0.0)  # -0.0 is 0.0 then
    except ValueError:
        return bare
