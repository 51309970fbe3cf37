"""Bytes of an upload to columns of text, or the reason why not, in findings.

A column is kept as its distinct values and, per row, which of them: every later step works on the distinct
values only, which is what makes 20,000 rows of 400 columns a matter of seconds.
"""

import csv
import io
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from portal.catalogue.intake_bytes import decode
from portal.catalogue.intake_report import Finding
from portal.catalogue.intake_severity import N_

MAX_COLUMNS = 2_000
MAX_ROWS = 1_000_000
MAX_CELL = 20_000
LONGEST_HEADER = 1 << 22
BLOCK = 1 << 28
"""Bytes read at a time; a single row longer than this cannot be a row."""

SHOWN = 10
DELIMITERS = {",": N_("comma"), ";": N_("semicolon"), "\t": N_("tab")}
REFUSED_DELIMITERS = ("|", ":", "~", "^")


@dataclass(frozen=True, slots=True)
class Coded:
    """A column: distinct values, and for each row the index of its value."""

    index: npt.NDArray[np.int64]
    values: list[str]

    def counts(self) -> list[int]:
        """Return how many rows hold each distinct value."""
        return [int(n) for n in np.bincount(self.index, minlength=len(self.values))]

    def mapped(self, new: list[str]) -> "Coded":
        """Return the column with each distinct value replaced by the one at its place in ``new``."""
        return Coded(self.index, new)

    def rows_where(self, wanted: Callable[[str], bool]) -> npt.NDArray[np.bool_]:
        """Return per row whether its value is wanted; asks once per distinct value."""
        return np.array([wanted(value) for value in self.values], dtype=np.bool_)[self.index]

    def to_strings(self) -> npt.NDArray[np.object_]:
        """Return one string per row."""
        return np.array(self.values, dtype=np.object_)[self.index]


@dataclass(slots=True)
class Table:
    """Header and columns as they stand in the file; no columns at all where an error forbids reading on."""

    header: list[str] = field(default_factory=list)
    columns: list[Coded] = field(default_factory=list)
    rows: int = 0
    encoding: str = ""
    delimiter: str = ""
    findings: list[Finding] = field(default_factory=list)

    def found(self, code: str, count: int = 1, **params: str | int | list[str] | list[int]) -> None:
        """Note a finding about the file."""
        self.findings.append(Finding(code=code, count=count, params=dict(params)))

    @property
    def readable(self) -> bool:
        """Say whether there are columns to read on with."""
        return bool(self.columns)


def read_table(data: bytes, *, knows: Callable[[str], bool]) -> Table:
    """Read a CSV; ``knows`` tells a column's name that the reader expects, which settles the delimiter."""
    table = Table()
    decoded = decode(data)
    table.encoding, table.findings = decoded.encoding, decoded.findings
    if decoded.text is None:
        return table
    text = decoded.text
    header = _header(text, table, knows)
    if header is not None:
        _read_rows(text, header, table)
    return table


def tidy(name: str) -> str:
    r"""Return a column's name in one Unicode form, without blanks around it and invisible marks in it.

    >>> tidy(" drivers/Acce\u0301s ")
    'drivers/Accés'
    """
    visible = "".join(mark for mark in name if unicodedata.category(mark) != "Cf")
    return " ".join(unicodedata.normalize("NFC", visible).split())


def row_numbers(hit: npt.NDArray[np.bool_], first: int = 2) -> list[int]:
    """Return the first ten places of a mask as row numbers of the sheet, the header being row 1."""
    return [int(place) + first for place in np.flatnonzero(hit)[:SHOWN]]


def _header(text: str, table: Table, knows: Callable[[str], bool]) -> list[str] | None:
    candidates = {mark: _first_row(text, mark) for mark in (*DELIMITERS, *REFUSED_DELIMITERS)}
    scores = {mark: sum(map(knows, cells)) for mark, cells in candidates.items() if len(cells) > 1}
    best = max(scores, key=lambda mark: (scores[mark], len(candidates[mark])), default="")
    if not best:
        table.found("wrong_delimiter")
        return None
    if best in REFUSED_DELIMITERS:
        table.found("unsupported_delimiter", delimiter=best)
        return None
    table.delimiter = best
    table.found("delimiter", delimiter=DELIMITERS[best])
    return _checked_header(candidates[best], table)


def _first_row(text: str, delimiter: str) -> list[str]:
    lines = io.StringIO(text[:LONGEST_HEADER], newline="")
    try:
        rows = csv.reader(lines, delimiter=delimiter)
        return [tidy(cell) for cell in next((row for row in rows if row), [])]
    except csv.Error:
        return []


def _checked_header(header: list[str], table: Table) -> list[str] | None:
    if len(header) > MAX_COLUMNS:
        table.found("too_many_columns", len(header), limit=MAX_COLUMNS)
        return None
    named = [name for name in header if name]
    twice = sorted({name for name in named if named.count(name) > 1})
    if twice:
        table.found("duplicate_columns", len(twice), columns=twice[:SHOWN])
    return header


def _read_rows(text: str, header: list[str], table: Table) -> None:
    ragged: list[int | None] = []

    def skip(row: pacsv.InvalidRow) -> str:
        ragged.append(row.number)
        return "skip"

    names = [f"f{place}" for place in range(len(header))]
    raw = text.encode()
    try:
        read = pacsv.read_csv(
            pa.BufferReader(raw),
            read_options=pacsv.ReadOptions(
                use_threads=False, column_names=names, block_size=min(max(len(raw), 1), BLOCK)
            ),
            parse_options=pacsv.ParseOptions(
                delimiter=table.delimiter, newlines_in_values=True, invalid_row_handler=skip
            ),
            convert_options=pacsv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid:
        table.found("unreadable_rows")
        return
    if ragged:
        table.found("ragged_rows", len(ragged), rows=[row for row in ragged if row is not None][:SHOWN])
    _keep(read.slice(1), header, table)


def _keep(read: pa.Table, header: list[str], table: Table) -> None:
    table.rows = read.num_rows
    if table.rows == 0:
        table.found("no_rows")
        return
    if table.rows > MAX_ROWS:
        table.found("too_many_rows", table.rows, limit=MAX_ROWS)
        return
    table.header = header
    table.columns = [_coded(column) for column in read.itercolumns()]
    longest = sum(max(map(len, column.values), default=0) > MAX_CELL for column in table.columns)
    if longest:
        table.found("cell_too_long", longest, limit=MAX_CELL)


def _coded(column: pa.ChunkedArray) -> Coded:
    encoded = pc.dictionary_encode(column.combine_chunks())
    values = [unicodedata.normalize("NFC", value.strip()) for value in encoded.dictionary.to_pylist()]
    return Coded(encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64), values)
