"""A CSV of any length, read in blocks. What is not hidden is copied byte for byte: quotes, line ends and order."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from os import SEEK_END
from pathlib import Path
from typing import BinaryIO, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from portal.disclosure.classes import Bools, Ints
from portal.disclosure.refusals import BadInput

Bytes = npt.NDArray[np.uint8]
QUOTE, COMMA, SEMICOLON, LF, CR = (ord(sign) for sign in '",;\n\r')
MARK = b"\xef\xbb\xbf"
BLOCK = 1 << 23
"""Bytes read at once."""
LONGEST = 1 << 26
"""Bytes that one record may take: more than this, and a quotation mark is open by mistake."""


@dataclass(frozen=True)
class Block:
    """Whole records: ``data`` (b,), and where their cells ``begin`` and ``end`` (n, m) in it, quotes included."""

    data: Bytes
    begin: Ints
    end: Ints

    def texts(self, at: int, name: str) -> pa.Array:
        """The values of a column (n,), without their quotes. Raises BadInput if they are not UTF-8."""
        quoted = self._starts_quoted(at)
        begin, length = self.begin[:, at] + quoted, self.end[:, at] - self.begin[:, at] - 2 * quoted
        offsets = np.concatenate([[0], np.cumsum(length)])
        taken = self.data[np.repeat(begin - offsets[:-1], length) + np.arange(offsets[-1])]
        buffers = [None, pa.py_buffer(offsets.astype(np.int32)), pa.py_buffer(taken)]
        values = pa.Array.from_buffers(pa.string(), len(length), buffers)
        try:
            values.validate(full=True)
        except pa.ArrowInvalid:
            raise BadInput(f"{name}: not UTF-8") from None
        return pc.if_else(quoted, pc.replace_substring(values, '""', '"'), values) if quoted.any() else values

    def without(self, columns: Sequence[int], hides: Bools) -> Bytes:
        """The bytes without the cells of ``columns`` (C,) that ``hides`` (n, C), and without quotes about nothing."""
        edge = np.zeros(len(self.data), dtype=np.int8)
        for place, at in enumerate(columns):
            begin, end = self.begin[:, at], self.end[:, at]
            bare = self._starts_quoted(at) & (end - begin == len('""'))
            gone = (hides[:, place] | bare) & (begin < end)
            edge[begin[gone]] += 1
            edge[end[gone]] -= 1
        return np.asarray(self.data[np.cumsum(edge, dtype=np.int8) == 0])

    def _starts_quoted(self, at: int) -> Bools:
        return np.asarray(self.data[self.begin[:, at]] == QUOTE)  # an empty cell begins where its separator stands


class CsvTable:
    """A CSV in UTF-8: a header line, commas or semicolons, quotes as in RFC 4180. Raises BadInput where it is not."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with path.open("rb") as file:
            first = next(_blocks(path.name, file), None)
        if first is None:
            raise BadInput(f"{path.name}: is empty")
        header = Block(first.data, first.begin[:1], first.end[:1])
        self.columns: list[str] = [header.texts(at, path.name)[0].as_py() for at in range(header.begin.shape[1])]

    def blocks(self, columns: Sequence[str]) -> Iterator[list[pa.Array]]:
        """The cells of ``columns``, block by block."""
        places = [self.columns.index(column) for column in columns]
        with self.path.open("rb") as file:
            for block in self._records(file):
                yield [block.texts(at, name) for at, name in zip(places, columns, strict=True)]

    def rewrite(self, target: Path, columns: Sequence[str], hides: Callable[[int], Bools]) -> Self:
        """Write and open the file without the cells of ``columns`` that ``hides(n)`` (n, C) of the next n records."""
        places = [self.columns.index(column) for column in columns]
        with self.path.open("rb") as file, target.open("wb") as out:
            for block in self._records(file):
                out.write(block.without(places, hides(len(block.begin))).data)
            if not _ends_line(file):
                out.truncate(out.tell() - 1)
        return type(self)(target)

    def _records(self, file: BinaryIO) -> Iterator[Block]:
        for number, block in enumerate(_blocks(self.path.name, file)):
            header = int(number == 0)
            yield Block(block.data, block.begin[header:], block.end[header:])


def _ends_line(file: BinaryIO) -> bool:
    file.seek(-1, SEEK_END)
    return file.read(1) in {b"\n", b"\r"}


def _blocks(name: str, file: BinaryIO) -> Iterator[Block]:
    """Cut a file into blocks of whole records, the header among them; a last line end is supplied where it lacks."""
    rest, record, width, comma = b"", 1, 0, COMMA
    while raw := rest + (data := file.read(max(BLOCK, len(rest)))):
        if not data and raw[-1] not in {LF, CR}:
            raw += b"\n"
        if record == 1:
            comma = _comma(raw)
        start = len(MARK) if record == 1 and raw.startswith(MARK) else 0
        cut = _cut(np.frombuffer(raw, dtype=np.uint8), comma, last=not data)
        rest = raw[len(cut.data) :]
        if len(cut.at):
            width = width or 1 + int(np.argmax(cut.data[cut.at] != comma))
            yield _block(name, cut, start, record=record, width=width)
            record += len(cut.at) // width
        elif not data or len(raw) > LONGEST:
            raise BadInput(f"{name}: row {record} has a quotation mark that is not closed")


@dataclass(frozen=True)
class Cut:
    """``data`` up to the end of the last whole record, where its separators are ``at``, and which bytes are quoted."""

    comma: int
    data: Bytes
    at: Ints
    inside: Bools


def _comma(raw: bytes) -> int:
    first = re.split(rb"[\r\n]", raw, maxsplit=1)[0]
    return SEMICOLON if b";" in first and b"," not in first else COMMA


def _cut(data: Bytes, comma: int, *, last: bool) -> Cut:
    """Find the separators: commas and line ends outside quotes. A CR before an LF, or not known to be, is none."""
    inside = np.logical_xor.accumulate(data == QUOTE)
    at = np.flatnonzero(((data == comma) | (data == LF) | (data == CR)) & ~inside)
    after = data[np.minimum(at + 1, len(data) - 1)]
    at = at[(data[at] != CR) | ((after != LF) & (last | (at + 1 < len(data))))]
    at = at[: (np.flatnonzero(data[at] != comma)[-1:] + 1).sum()]
    size = int(at[-1]) + 1 if len(at) else 0
    return Cut(comma, data[:size], at, inside[:size])


def _block(name: str, cut: Cut, start: int, *, record: int, width: int) -> Block:
    """The cells of a block, the first of which begins at ``start``. Raises BadInput with the number of the record."""
    data, at = cut.data, cut.at
    ends = np.flatnonzero(data[at] != cut.comma)
    cells = np.diff(ends, prepend=-1)
    if (cells != width).any():
        wrong = int(np.argmax(cells != width))
        raise BadInput(f"{name}: row {record + wrong} has {cells[wrong]} cells, the header {width}")
    begin = np.concatenate([[start], at[:-1] + 1])
    wrong = _misquoted(cut, begin)
    if wrong >= 0:
        raise BadInput(f"{name}: row {record + int((at[ends] < wrong).sum())} has a quotation mark within a cell")
    end = at - ((data[at] == LF) & (data[np.maximum(at - 1, 0)] == CR) & (begin < at))
    return Block(data, begin.reshape(-1, width), end.reshape(-1, width))


def _misquoted(cut: Cut, begin: Ints) -> int:
    """Where a quotation mark opens that begins no cell, or closes that ends none and is not doubled; -1 if nowhere."""
    quotes = np.flatnonzero(cut.data == QUOTE)
    opens = cut.inside[quotes]
    before, after = cut.data[np.maximum(quotes - 1, 0)], cut.data[quotes + 1]  # the last byte is a separator
    fits = np.where(opens, np.isin(quotes, begin) | (before == QUOTE), np.isin(after, [QUOTE, cut.comma, LF, CR]))
    return int(quotes[np.argmin(fits)]) if not fits.all() else -1
