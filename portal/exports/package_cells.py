"""Cells: text that no spreadsheet takes for a formula, numbers left alone, codes and their labels.

A number is a cell that reads as a number *in a column of a numeric type*: "-5" is safe in ``deaths_n`` and is not in a
text column, where it gets its apostrophe.
"""

import csv
import io
import re
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from portal.exports.package_content import (
    MISSING_KINDS,
    NOTHING_CHOSEN,
    NUMERIC_TYPES,
    PackagedVariable,
)
from portal.exports.package_words import Words

# What spreadsheets take for the start of a formula or a command: OWASP's list, NUL, the full-width forms that some
# locales fold, and the apostrophe itself, so that taking one leading apostrophe away always gives the text back.
DANGEROUS = frozenset("=+-@\t\r\n\0'＝＋－＠")
PLAIN_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?", re.ASCII)
# A spreadsheet keeps 15 significant digits; a longer number would come back changed.
SPREADSHEET_DIGITS = 15
BYTE_ORDER_MARK = "\ufeff".encode()
ANSWER_JOIN = "; "
Cell = TypeVar("Cell")
# Codes that a treatment makes and a choice list may not know: rare answers gathered, "any or none" as yes or no.
GATHERED = ("other", "yes", "no", "none")


def neutralise(text: str) -> str:
    """Prefix an apostrophe to a text that a spreadsheet might run. Undone by taking one leading apostrophe away.

    >>> neutralise("=1+1"), neutralise("Agadez"), neutralise("'=1")
    ("'=1+1", 'Agadez', "''=1")
    """
    first = text.lstrip(" \u00a0")[:1]
    return f"'{text}" if first and first in DANGEROUS else text


def is_number(text: str) -> bool:
    """Say whether a cell is a plain decimal number: no sign but minus, no exponent, no leading zeros.

    >>> [is_number(text) for text in ("-5", "0.25", "1e3", "007", "+1", ".d", "")]
    [True, True, False, False, False, False, False]
    """
    return PLAIN_NUMBER.fullmatch(text) is not None


def safe_cell(text: str, type_: str) -> str:
    """Return a cell as it may stand in a file: numbers of numeric columns intact, everything else neutralised."""
    return text if type_ in NUMERIC_TYPES and is_number(text) else neutralise(text)


def typed_cell(text: str, type_: str) -> str | int | float:
    """Return what a spreadsheet should hold: a number where the column is numeric and the digits fit, else text."""
    if type_ not in NUMERIC_TYPES or not is_number(text) or _digits(text) > SPREADSHEET_DIGITS:
        return safe_cell(text, type_)
    return float(text) if "." in text else int(text)


def _digits(text: str) -> int:
    return sum(sign.isdigit() for sign in text)


def label_of(code: str, variable: PackagedVariable, words: Words) -> str:
    """Return what a person reads for a code: its label, or the kind of missing in brackets, or the code itself.

    An unknown code of a coded variable stays visible as it is: hiding it would hide a fault.
    """
    if code in MISSING_KINDS:
        return words(f"missing.label_{MISSING_KINDS[code]}")
    if variable.type == "multiple":
        if code == NOTHING_CHOSEN:
            return words("missing.label_nothing_chosen")
        return ANSWER_JOIN.join(one_label(part, variable, words) for part in code.split(" "))
    return one_label(code, variable, words)


def one_label(code: str, variable: PackagedVariable, words: Words) -> str:
    """Return the label of one code: the list's, or that of a code a treatment made, or the code itself."""
    if code in variable.choices:
        return words.pick(*variable.choices[code])
    return words(f"gathered.{code}") if code in GATHERED and variable.type in {"single", "multiple"} else code


def mapped(values: Sequence[str], change: Callable[[str], Cell]) -> list[Cell]:
    """Apply ``change`` once for each distinct value: columns of codes repeat themselves."""
    known = {value: change(value) for value in set(values)}
    return [known[value] for value in values]


def csv_bytes(header: Sequence[str], rows: Iterable[Sequence[str]], *, mark: bool) -> bytes:
    """Write RFC 4180: commas, CRLF, quotes where needed, UTF-8; with a byte-order mark when ``mark``.

    The mark is for people: without it Excel reads UTF-8 as the local code page and breaks accents. ``data.csv`` goes
    without: it is for programs, and several (base R among them) would take the mark into the first name.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(rows)
    return (BYTE_ORDER_MARK if mark else b"") + text.getvalue().encode()
