"""A table file that gives back what it was not asked to change, byte for byte: quotes, line ends and order included."""

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from portal.disclosure.classes import Bools
from portal.disclosure.refusals import BadInput

FIELD = re.compile(r'("(?:[^"]|"")*"|[^",\r\n]*)(,|\r\n|\n|\r|\Z)')
MARK = "\ufeff"


@dataclass(frozen=True)
class CsvFile:
    """A CSV as raw cells: ``cells`` (n, m) with their quotes, ``ends`` (n,) line ends, the header line before them."""

    mark: str
    header: str
    frame: pd.DataFrame
    cells: list[list[str]]
    ends: list[str]

    def without(self, hidden: pd.DataFrame) -> bytes:
        """The file with the cells emptied where ``hidden`` (columns of the frame, rows alike) is true."""
        cells = [list(row) for row in self.cells]
        for place, name in enumerate(self.frame):
            if name in hidden:
                for row in np.flatnonzero(hidden[name].to_numpy(dtype=bool)):
                    cells[row][place] = ""
        body = "".join(",".join(row) + end for row, end in zip(cells, self.ends, strict=True))
        return (self.mark + self.header + body).encode()


@dataclass(frozen=True)
class ParquetFile:
    """A Parquet table; a hidden cell becomes null and its column keeps its type."""

    frame: pd.DataFrame

    def without(self, hidden: pd.DataFrame) -> bytes:
        """The file with nulls where ``hidden`` is true."""
        made = self.frame.copy()
        for name in hidden:
            made[name] = made[name].mask(hidden[name].to_numpy(dtype=bool))
        out = io.BytesIO()
        made.to_parquet(out, index=False)
        return out.getvalue()


def read(path: Path) -> CsvFile | ParquetFile:
    """Read a CSV (UTF-8, comma) or Parquet file. Raises BadInput with the fact that stands against it."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BadInput(f"{path.name}: cannot be read") from error
    if data[:4] == b"PAR1":
        return ParquetFile(pd.read_parquet(io.BytesIO(data)))
    try:
        return _csv(path.name, data.decode())
    except UnicodeDecodeError as error:
        raise BadInput(f"{path.name}: not UTF-8 at byte {error.start}") from error


def _csv(name: str, text: str) -> CsvFile:
    mark = MARK if text.startswith(MARK) else ""
    rows, ends = _rows(name, text.removeprefix(mark))
    if not rows:
        raise BadInput(f"{name}: is empty")
    header = [_plain(cell) for cell in rows[0]]
    for number, row in enumerate(rows[1:], start=2):
        if len(row) != len(header):
            raise BadInput(f"{name}: row {number} has {len(row)} cells, the header {len(header)}")
    columns = [pd.array([_plain(row[at]) for row in rows[1:]], dtype="str") for at in range(len(header))]
    frame = pd.concat([pd.Series(column) for column in columns], axis=1)
    frame.columns = pd.Index(header)
    return CsvFile(mark, ",".join(rows[0]) + ends[0], frame, rows[1:], ends[1:])


def _rows(name: str, text: str) -> tuple[list[list[str]], list[str]]:
    rows: list[list[str]] = []
    ends: list[str] = []
    row: list[str] = []
    at = 0
    while at < len(text) or row:
        found = FIELD.match(text, at)
        if found is None:
            raise BadInput(f"{name}: row {len(rows) + 1} has a quotation mark that is not closed")
        row.append(found[1])
        at = found.end()
        if found[2] != ",":
            rows.append(row)
            ends.append(found[2])
            row = []
    return rows, ends


def _plain(cell: str) -> str:
    return cell[1:-1].replace('""', '"') if cell.startswith('"') else cell


def emptied(before: pd.DataFrame, after: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Which cells became empty on the way, per column."""
    lost: dict[str, Bools] = {name: ((before[name] != "") & (after[name] == "")).to_numpy() for name in columns}
    return pd.DataFrame(lost, index=before.index)
