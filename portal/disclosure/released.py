"""Reading a delivered CSV back from its bytes: an attack on anything but what leaves proves nothing."""

import csv
import io
import re
from collections.abc import Sequence
from contextlib import suppress

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow

from portal.disclosure.refusals import BadInput

APOSTROPHE = "'"
QUOTE, BOM, END = b'"', b"\xef\xbb\xbf", re.compile(rb"[\r\n]")


def read_released(csv_bytes: bytes) -> pd.DataFrame:
    r"""The delivered table as text, every cell as it stands; one leading apostrophe (a tamed formula) is taken away.

    Raises BadInput for bytes that are not UTF-8, a column named twice, or a row of another length than the header.

    >>> read_released(b"sex,age\r\nwoman,\r\n").to_dict("list")
    {'sex': ['woman'], 'age': ['']}
    """
    if QUOTE not in csv_bytes:
        with suppress(pa.ArrowException, UnicodeDecodeError):  # what is wrong with it is said below
            return _plain(csv_bytes)
    return _quoted(csv_bytes)


def _plain(csv_bytes: bytes) -> pd.DataFrame:
    """A table without a quotation mark, whose cells are what lies between commas."""
    options = arrow.ConvertOptions(strings_can_be_null=False, null_values=[], auto_dict_encode=False)
    first = END.split(csv_bytes.removeprefix(BOM).lstrip(b"\r\n"), 1)[0].decode()
    header = _named_once(first.split(","))
    options.column_types = dict.fromkeys(header, pa.large_string())
    table = arrow.read_csv(
        pa.BufferReader(csv_bytes), parse_options=arrow.ParseOptions(quote_char=False), convert_options=options
    )
    if table.column_names != header:
        raise pa.ArrowInvalid("another header")
    return pd.DataFrame({name: pd.array(_untamed(table[name]), dtype="str") for name in header})


def _untamed(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.if_else(pc.starts_with(column, APOSTROPHE), pc.utf8_slice_codeunits(column, 1), column)


def _named_once(header: Sequence[str]) -> list[str]:
    if len(set(header)) != len(header):
        raise BadInput("released file: two columns have one name")
    return list(header)


def _quoted(csv_bytes: bytes) -> pd.DataFrame:
    try:
        text = csv_bytes.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(f"released file: not UTF-8 at byte {error.start}") from error
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header, *body = [row for row in rows if row]
    except (csv.Error, ValueError) as error:
        raise BadInput("released file: not a CSV with a header") from error
    _named_once(header)
    for number, row in enumerate(body, start=2):
        if len(row) != len(header):
            raise BadInput(f"released file: row {number} has {len(row)} cells, the header {len(header)}")
    columns = zip(*body, strict=True) if body else ((),) * len(header)
    arrays = (pa.chunked_array([pa.array(cells, type=pa.large_string())]) for cells in columns)
    return pd.DataFrame({name: pd.array(_untamed(one), dtype="str") for name, one in zip(header, arrays, strict=True)})
