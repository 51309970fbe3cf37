"""The engine out of core: DuckDB counts and joins, on a file of numbers.

Cells are numbered as they are read, and the words stay in memory. Files of numbers are not encrypted (DuckDB would
have to fetch an extension for that), and what is written at the end is a file like the one read. So this is for an
analyst's own machine. The portal does not import it: there rows rest encrypted only.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from glob import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol, Self

import duckdb
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from portal.disclosure.classes import Bools, Ints, need, one_zero, text
from portal.disclosure.codes import Codes
from portal.disclosure.engine.base import KeyTable, Plan, Told
from portal.disclosure.refusals import BadInput

HIDDEN = ""
BATCH = 1 << 16
SETTINGS = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "preserve_insertion_order": "false",
}
CELLS = """
    CREATE OR REPLACE TEMP VIEW cells AS
    SELECT file_row_number AS place, {codes} FROM read_parquet('{path}', file_row_number = true)
"""
COUNT = "SELECT * EXCLUDE place, count(*) AS n FROM cells GROUP BY ALL"
JOIN = """
    CREATE OR REPLACE TEMP TABLE placed AS
    SELECT place, pattern FROM cells JOIN lines USING ({codes}) WHERE pattern >= 0
    UNION ALL
    SELECT place, entries.pattern FROM (
        SELECT place, line, row_number() OVER (PARTITION BY line ORDER BY place) - 1 AS nth
        FROM cells JOIN lines USING ({codes}) WHERE pattern < 0
    ) AS many ASOF JOIN entries ON many.line = entries.line AND many.nth >= entries.start
"""
PLACED = "SELECT place, pattern FROM placed ORDER BY place"


class TableFile(Protocol):
    """A file of rows, read in blocks."""

    columns: list[str]

    def blocks(self, columns: Sequence[str]) -> Iterator[list[pa.Array]]:
        """The cells of ``columns``, block by block, in order."""

    def rewrite(self, target: Path, columns: Sequence[str], hides: Callable[[int], Bools]) -> Self:
        """Write and open the file without the cells of ``columns`` that ``hides(n)`` (n, C) of the next n rows."""


@dataclass(frozen=True)
class Database:
    """A database in memory, and the folder for what does not fit."""

    base: duckdb.DuckDBPyConnection
    folder: Path


@contextmanager
def database(memory: int, scratch: Path | None = None) -> Iterator[Database]:
    """A database that may take ``memory`` bytes; the rest goes to a folder of its own in ``scratch``.

    The folder can be read by its owner only and is removed at the end. Raises BadInput when both are full.
    """
    with TemporaryDirectory(prefix="portal-engine-", dir=scratch) as folder:
        limits = {"memory_limit": f"{memory}B", "temp_directory": folder}
        try:
            with duckdb.connect(":memory:", config={**SETTINGS, **limits}) as base:
                yield Database(base, Path(folder))
        except duckdb.OutOfMemoryException:
            raise BadInput("memory_limit: too little, or the temporary folder is full") from None


class DuckEngine:
    """The rows of ``source``, to be written to ``target``. ``told`` hears how many rows are through."""

    hidden = HIDDEN

    def __init__(self, room: Database, source: TableFile, target: Path, told: Told) -> None:
        self.room, self.source, self.target, self.told = room, source, target, told
        self.reading = "count"

    def count(self, columns: Sequence[str]) -> KeyTable:
        """Count the rows of every distinct key. Raises BadInput for a column that cannot be a key."""
        need(pd.DataFrame(columns=self.source.columns), columns)
        self._columns, self._codes = list(columns), [f"c{at}" for at in range(len(columns))]
        self._cells = self.room.folder / f"{self.reading}.parquet"
        words = self._numbered()
        path = escape(str(self._cells)).replace("'", "''")
        self.room.base.execute(CELLS.format(codes=", ".join(self._codes), path=path))
        found = self.room.base.execute(COUNT).fetchnumpy()
        self._lines = {code: np.asarray(found[code], dtype=np.int32) for code in self._codes}
        values = (pd.Series(list(word), dtype="str") for word in words)
        keys = {
            column: value.take(self._lines[code]).reset_index(drop=True)
            for column, code, value in zip(columns, self._codes, values, strict=True)
        }
        return KeyTable(pd.DataFrame(keys), np.asarray(found["n"], dtype=np.int64))

    def _numbered(self) -> list[dict[str, int]]:
        """Write the numbers of all cells to the folder; return what is numbered, per column in order of number."""
        words: list[dict[str, int]] = [{} for _ in self._columns]
        self._rows = 0
        schema = pa.schema([(code, pa.int32()) for code in self._codes])
        with pq.ParquetWriter(self._cells, schema) as out:
            for block in self.source.blocks(self._columns):
                parts = zip(block, words, self._columns, strict=True)
                numbers = [_codes(cells, word, name) for cells, word, name in parts]
                out.write_table(pa.table(numbers, schema=schema))
                self._rows += len(numbers[0])
                self.told(self.reading, self._rows)
        return words

    def join(self, plan: Plan) -> None:
        """Find the rows that hide something. Only where a key has several entries are its rows numbered."""
        lines = np.arange(len(self._lines["c0"]))
        single = np.bincount(plan.key, minlength=len(lines)) == 1
        pattern = np.full(len(lines), -1, dtype=np.int32)
        pattern[plan.key] = plan.pattern
        pattern[~single] = -1
        asked = ~single
        asked[plan.key] |= plan.hides[plan.pattern].any(axis=1)
        shared = ~single[plan.key]
        parts: dict[str, Codes] = {"line": plan.key, "start": plan.first, "pattern": plan.pattern}
        base = self.room.base
        base.register("lines", pa.table({**self._lines, "line": lines, "pattern": pattern}).filter(asked))
        base.register("entries", pa.table({name: part[shared] for name, part in parts.items()}))
        base.execute(JOIN.format(codes=", ".join(self._codes)))
        base.unregister("lines").unregister("entries")
        self._cells.unlink()
        self._hides = plan.hides

    def write(self) -> Self:
        """Write the file anew, and return what was written as an engine that shares the database."""
        placed = _Placed(self.room.base.sql(PLACED).to_arrow_reader(BATCH))

        def hides(size: int) -> Bools:
            made = np.zeros((size, len(self._columns)), dtype=bool)
            places, patterns = placed.next(size)
            made[places] = self._hides[patterns]
            self.told("write", placed.rows)
            return made

        written = self.source.rewrite(self.target, self._columns, hides)
        if placed.rows != self._rows:
            raise BadInput("source: has other rows than when it was counted")
        again = type(self)(self.room, written, self.target, self.told)
        again.reading = "check"
        return again


class _Placed:
    """Rows that hide something and their patterns, handed out in the order of rows, ``rows`` so far."""

    def __init__(self, reader: Iterator[pa.RecordBatch]) -> None:
        self.reader, self.rows = reader, 0
        self.place, self.pattern = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)

    def next(self, size: int) -> tuple[Ints, Ints]:
        """Of the next ``size`` rows, which hide something, numbered from 0, and by which pattern."""
        end = self.rows + size
        while self.place[-1:].sum() < end and (batch := next(self.reader, None)) is not None:
            self.place = np.concatenate([self.place, batch.column("place").to_numpy()])
            self.pattern = np.concatenate([self.pattern, batch.column("pattern").to_numpy()])
        many = np.searchsorted(self.place, end)
        found = self.place[:many] - self.rows, self.pattern[:many]
        self.place, self.pattern, self.rows = self.place[many:], self.pattern[many:], end
        return found


def _codes(cells: pa.Array, word: dict[str, int], name: str) -> npt.NDArray[np.int32]:
    """The numbers of ``cells`` (n,) by their text; texts that ``word`` does not know yet are added to it."""
    encoded = cells.dictionary_encode()
    told = encoded.dictionary.to_pandas()
    one_zero(pd.DataFrame({name: told}), [name])
    values = [*text(told), *[""] * bool(encoded.indices.null_count)]
    numbers = np.array([word.setdefault(value, len(word)) for value in values], dtype=np.int32)
    return np.asarray(numbers[encoded.indices.fill_null(len(values) - 1).to_numpy(zero_copy_only=False)])
