"""Reading a delivered CSV back from its bytes: an attack on anything but what leaves proves nothing."""

import csv
import io

import pandas as pd

from portal.disclosure.refusals import BadInput

APOSTROPHE = "'"


def read_released(csv_bytes: bytes) -> pd.DataFrame:
    r"""The delivered table as text, every cell as it stands; one leading apostrophe (a tamed formula) is taken away.

    Raises BadInput for bytes that are not UTF-8, a column named twice, or a row of another length than the header.

    >>> read_released(b"sex,age\r\nwoman,\r\n").to_dict("list")
    {'sex': ['woman'], 'age': ['']}
    """
    try:
        text = csv_bytes.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(f"released file: not UTF-8 at byte {error.start}") from error
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header, *body = [row for row in rows if row]
    except (csv.Error, ValueError) as error:
        raise BadInput("released file: not a CSV with a header") from error
    if len(set(header)) != len(header):
        raise BadInput("released file: two columns have one name")
    for number, row in enumerate(body, start=2):
        if len(row) != len(header):
            raise BadInput(f"released file: row {number} has {len(row)} cells, the header {len(header)}")
    columns = zip(*body, strict=True) if body else ((),) * len(header)
    return pd.DataFrame(
        {
            name: pd.array([cell.removeprefix(APOSTROPHE) for cell in cells], dtype="str")
            for name, cells in zip(header, columns, strict=True)
        }
    )
