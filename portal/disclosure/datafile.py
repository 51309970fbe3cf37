"""A table file that gives back what it was not asked to change, byte for byte: quotes, line ends and order included."""

import io
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from portal.disclosure.classes import Bools, text
from portal.disclosure.refusals import BadInput

COMMAS = (",", ";")
FIELD = {one: re.compile(rf'("(?:[^"]|"")*"|[^"{one}\r\n]*)({one}|\r\n|\n|\r|\Z)') for one in COMMAS}
LINE = re.compile(r"([^\r\n]*)(\r\n|\n|\r|\Z)")
MARK = "\ufeff"
TEXTS = (pa.string(), pa.large_string(), pa.string_view())


@dataclass(frozen=True)
class CsvFile:
    """A CSV as raw cells with their quotes: ``header`` (m,), ``cells`` (n, m), and ``ends`` (1 + n,) of the lines."""

    mark: str
    comma: str
    header: list[str]
    frame: pd.DataFrame
    cells: list[list[str]]
    ends: list[str]

    def changed(self, made: pd.DataFrame) -> bytes:
        """The file with the columns of ``made`` (text, rows alike) in it; those it did not have come last.

        Every empty cell of them is written alike: how it is quoted would tell a hidden one from one that was empty.
        """
        rows = [list(row) for row in self.cells]
        header = list(self.header)
        lone = len({*self.frame.columns, *made.columns}) == 1
        for name, place in _places(self.frame, made).items():
            codes, values = pd.factorize(made[name])
            now = np.array([_quoted(value, self.comma, lone=lone) for value in values], dtype=object)[codes]
            if place is None:
                header.append(_quoted(name, self.comma))
                for row, cell in zip(rows, now, strict=True):
                    row.append(cell)
                continue
            moved = _moved(self.frame[name], made[name]) | (text(made[name]) == "").to_numpy()
            for at in np.flatnonzero(moved).tolist():
                rows[at][place] = now[at]
        lines = [self.comma.join(row) + end for row, end in zip([header, *rows], self.ends, strict=True)]
        return (self.mark + "".join(lines)).encode()


@dataclass(frozen=True)
class ParquetFile:
    """A Parquet table. An emptied cell becomes null and its column keeps its type; one of new words becomes text."""

    table: pa.Table
    frame: pd.DataFrame

    def changed(self, made: pd.DataFrame) -> bytes:
        """The file with the columns of ``made`` (text, rows alike) in it; those it did not have come last."""
        table = self.table
        for name, place in _places(self.frame, made).items():
            if place is None:
                table = table.append_column(name, pa.array(list(made[name]), type=pa.string()))
                continue
            column = _rewritten(table.column(place), _moved(self.frame[name], made[name]), made[name])
            if column.type != table.schema.field(place).type:
                table = table.replace_schema_metadata(_as_text(table.schema.metadata, name))
            table = table.set_column(place, pa.field(name, column.type), column)
        out = io.BytesIO()
        pq.write_table(table, out)
        return out.getvalue()


def read(path: Path) -> CsvFile | ParquetFile:
    """Read a CSV (UTF-8, comma or semicolon) or Parquet file. Raises BadInput with the fact that stands against it."""
    return parsed(path.name, content(path))


def parsed(name: str, data: bytes) -> CsvFile | ParquetFile:
    """The bytes of a file as ``read`` takes them."""
    if data[:4] == b"PAR1":
        return _parquet(name, data)
    words = decoded(name, data)
    first = LINE.match(words.removeprefix(MARK))
    comma = ";" if first and ";" in first[1] and "," not in first[1] else ","
    return _csv(name, words, comma)


def content(path: Path) -> bytes:
    """The bytes of a file, or BadInput."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInput(f"{path.name}: cannot be read") from error


def decoded(name: str, data: bytes) -> str:
    """Bytes as UTF-8, or BadInput."""
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise BadInput(f"{name}: not UTF-8 at byte {error.start}") from error


def _parquet(name: str, data: bytes) -> ParquetFile:
    try:
        schema = pq.read_schema(io.BytesIO(data))
        for column in schema:
            _flat(column, schema.names)
        table = pq.read_table(io.BytesIO(data))
    except (pa.ArrowException, OSError) as error:
        raise BadInput(f"{name}: no whole Parquet file") from error
    # whole numbers beside nulls stay whole: as floats, large ones would merge
    return ParquetFile(table, table.to_pandas(ignore_metadata=True, integer_object_nulls=True))


def _flat(column: pa.Field, names: list[str]) -> None:
    if names.count(column.name) > 1:
        raise BadInput(f"{column.name}: {names.count(column.name)} columns have this name")
    if pa.types.is_nested(column.type):
        raise BadInput(f"{column.name}: holds lists or records; a column holds single values")


def _csv(name: str, words: str, comma: str) -> CsvFile:
    mark = MARK if words.startswith(MARK) else ""
    rows, ends = raw(name, words.removeprefix(mark), comma)
    if not rows:
        raise BadInput(f"{name}: is empty")
    header = [plain(cell) for cell in rows[0]]
    for number, row in enumerate(rows[1:], start=2):
        if len(row) != len(header):
            raise BadInput(f"{name}: row {number} has {len(row)} cells, the header {len(header)}")
    sides = zip(*rows[1:], strict=True) if rows[1:] else [()] * len(header)
    quoted = '"' in words
    columns = [pd.array([plain(cell) for cell in side] if quoted else list(side), dtype="str") for side in sides]
    frame = pd.concat([pd.Series(column) for column in columns], axis=1)
    frame.columns = pd.Index(header)
    return CsvFile(mark, comma, rows[0], frame, rows[1:], ends)


def raw(name: str, words: str, comma: str) -> tuple[list[list[str]], list[str]]:
    """The cells of every line with their quotes, and the lines' ends. Raises BadInput for a quotation without end."""
    if '"' not in words:
        lines = [found.groups() for found in LINE.finditer(words) if found[0]]
        return [line.split(comma) for line, _ in lines], [end for _, end in lines]
    rows: list[list[str]] = []
    ends: list[str] = []
    row: list[str] = []
    at = 0
    while at < len(words) or row:
        found = FIELD[comma].match(words, at)
        if found is None:
            raise BadInput(f"{name}: row {len(rows) + 1} has a quotation mark that is not closed")
        row.append(found[1])
        at = found.end()
        if found[2] != comma:
            rows.append(row)
            ends.append(found[2])
            row = []
    return rows, ends


def plain(cell: str) -> str:
    """A raw cell without its quotes."""
    return cell[1:-1].replace('""', '"') if cell.startswith('"') else cell


def _quoted(value: str, comma: str, *, lone: bool = False) -> str:
    """A cell as it is written; ``lone`` in its line, an empty one needs quotes, or readers skip the line."""
    if lone and not value:
        return '""'
    return '"' + value.replace('"', '""') + '"' if any(one in value for one in (comma, '"', "\r", "\n")) else value


def _places(frame: pd.DataFrame, made: pd.DataFrame) -> dict[str, int | None]:
    """Where the columns of ``made`` stand in the file, None where they are new."""
    there = [str(name) for name in frame.columns]
    return {name: there.index(name) if name in there else None for name in map(str, made.columns)}


def _moved(was: "pd.Series[str]", now: "pd.Series[str]") -> Bools:
    return np.asarray(text(was).to_numpy() != text(now).to_numpy())


def _rewritten(column: pa.ChunkedArray, moved: Bools, made: "pd.Series[str]") -> pa.ChunkedArray:
    """A column with the cells that ``moved`` (n,) as ``made`` has them; the empty text is null, wherever it stands."""
    now = text(made).to_numpy()
    empty = now == ""
    whole = column.combine_chunks()
    if empty[moved].all():
        kept = whole.take(pa.array(np.arange(len(now)), mask=empty))
        return pa.chunked_array([_bare(kept) if pa.types.is_dictionary(column.type) else kept], type=column.type)
    kind = column.type if column.type in TEXTS else pa.string()
    cells = [None if none else value for value, none in zip(now, empty, strict=True)]
    return pa.chunked_array([pa.array(cells, type=kind)], type=kind)


def _bare(cells: pa.DictionaryArray) -> pa.DictionaryArray:
    """Without the words that no cell shows: the file would still list what was hidden."""
    used = cells.indices.unique().drop_null().sort()
    indices = pc.index_in(cells.indices, used).cast(cells.type.index_type)
    return pa.DictionaryArray.from_arrays(indices, cells.dictionary.take(used), ordered=cells.type.ordered)


def _as_text(metadata: dict[bytes, bytes] | None, name: str) -> dict[bytes, bytes] | None:
    """What pandas noted about its columns, with this one as text: it would read it as numbers otherwise."""
    if metadata is None or b"pandas" not in metadata:
        return metadata
    told = json.loads(metadata[b"pandas"])
    for one in told["columns"]:
        if one["name"] == name:
            one.update(pandas_type="unicode", numpy_type="object", metadata=None)
    return metadata | {b"pandas": json.dumps(told).encode()}


def emptied(before: pd.DataFrame, after: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Which cells became empty on the way, per column."""
    lost: dict[str, Bools] = {name: ((before[name] != "") & (after[name] == "")).to_numpy() for name in columns}
    return pd.DataFrame(lost, index=before.index)
