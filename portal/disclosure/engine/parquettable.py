"""A Parquet file of any length, read and written in batches. A hidden cell is null; no value of it stays behind."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from portal.disclosure.classes import Bools
from portal.disclosure.refusals import BadInput

ROWS = 1 << 16
"""Rows of a batch, and of a row group written."""
CELLS = 1 << 22
"""Cells that a batch may hold, so that wide files take smaller ones."""
BUFFER = 1 << 20
"""Bytes read ahead of each column, however large the row groups are."""


class ParquetTable:
    """A Parquet file. Columns keep their types, the file its metadata. Raises BadInput where it is not one."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            with pq.ParquetFile(path) as file:
                self.schema = file.schema_arrow
        except (pa.ArrowException, OSError):
            raise _broken(path) from None
        self.columns: list[str] = self.schema.names

    def blocks(self, columns: Sequence[str]) -> Iterator[list[pa.Array]]:
        """The cells of ``columns``, batch by batch."""
        for column in columns:
            if pa.types.is_nested(self.schema.field(column).type):
                raise BadInput(f"{column}: holds lists or records; a key column holds single values")
        for batch in self._batches(list(columns)):
            yield [_plain(batch.column(column)) for column in columns]

    def rewrite(self, target: Path, columns: Sequence[str], hides: Callable[[int], Bools]) -> Self:
        """Write and open the file with nulls in ``columns`` where ``hides(n)`` (n, C) says so of the next n rows."""
        places = [self.columns.index(column) for column in columns]
        schema = self.schema
        for at in places:
            schema = schema.set(at, schema.field(at).with_nullable(True))
        with pq.ParquetWriter(target, schema) as out:
            for batch in self._batches(None):
                hidden, arrays = hides(batch.num_rows), batch.columns
                for place, at in enumerate(places):
                    arrays[at] = _without(arrays[at], hidden[:, place])
                out.write_batch(pa.record_batch(arrays, schema=schema))
        return type(self)(target)

    def _batches(self, columns: list[str] | None) -> Iterator[pa.RecordBatch]:
        rows = max(min(ROWS, CELLS // max(len(columns or self.columns), 1)), 1)
        try:
            with pq.ParquetFile(self.path, pre_buffer=False, buffer_size=BUFFER) as file:
                yield from file.iter_batches(rows, columns=columns)
        except (pa.ArrowException, OSError):
            raise _broken(self.path) from None


def _broken(path: Path) -> BadInput:
    return BadInput(f"{path.name}: no whole Parquet file")


def _plain(column: pa.Array) -> pa.Array:
    """A column whose values are stored with their cells, not in a dictionary beside them."""
    plain = column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
    return plain.cast(pa.string()) if pa.types.is_string_view(plain.type) else plain


def _without(column: pa.Array, hidden: Bools) -> pa.Array:
    """Null where ``hidden`` (n,), and where empty. A dictionary is made anew: the old one names what is hidden."""
    plain = _plain(column)
    empty = pc.is_null(plain, nan_is_null=True)
    if pa.types.is_string(plain.type) or pa.types.is_large_string(plain.type):
        empty = pc.or_kleene(empty, pc.equal(plain, ""))
    gone = hidden | empty.to_numpy(zero_copy_only=False)
    made = plain.take(pa.array(np.arange(len(gone)), mask=gone))
    if pa.types.is_dictionary(column.type):
        made = made.dictionary_encode()
    return made.cast(column.type)
