"""What the verbs share: hierarchies read from files, figures written, progress told."""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from time import perf_counter

import pandas as pd

from portal.disclosure import datafile
from portal.disclosure.classes import need, nfc, text
from portal.disclosure.generalise import Hierarchy
from portal.disclosure.refusals import BadInput

HIDDEN = ""
BEAT = 15.0
"""Seconds after which a step says again that it is still going on."""


def write(found: object, path: Path | None) -> None:
    """Figures as stable JSON, to a file or to the terminal."""
    written = json.dumps(found, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    if path is None:
        sys.stdout.write(written)
    else:
        save(path, written.encode())


def save(path: Path, data: bytes) -> None:
    """Write a file, or say which one cannot be written."""
    try:
        path.write_bytes(data)
    except OSError as error:
        raise BadInput(f"{path.name}: cannot be written") from error


def apart(sources: Sequence[Path], made: Sequence[Path | None]) -> None:
    """Refuse to write over what is read, or twice over the same file."""
    seen = {path.resolve() for path in sources}
    for path in made:
        if path is None:
            continue
        if path.resolve() in seen:
            raise BadInput(f"{path.name}: is read or written already; name another file")
        seen.add(path.resolve())


def hierarchies(given: Sequence[tuple[str, Path]], keys: Sequence[str]) -> dict[str, Hierarchy]:
    """The hierarchies by column. Raises BadInput for a column that is no key, or has two."""
    made: dict[str, Hierarchy] = {}
    for column, path in given:
        if column not in keys:
            raise BadInput(f"hierarchy: {column} is none of the keys")
        if column in made:
            raise BadInput(f"hierarchy: {column} has two")
        made[column] = hierarchy(column, path)
        made[column].ladder()
    return made


def hierarchy(column: str, path: Path) -> Hierarchy:
    """Read a hierarchy as ARX writes it: a line per value, from the value to its coarsest form, parted by ; or comma.

    Raises BadInput where the file cannot be read, is empty, or has a value twice; accents count in one form.
    """
    words = datafile.decoded(path.name, datafile.content(path)).removeprefix(datafile.MARK)
    rows = [[datafile.plain(cell) for cell in row] for row in _lines(path.name, words) if row != [""]]
    if not rows:
        raise BadInput(f"{column}: its hierarchy in {path.name} is empty")
    forms = pd.DataFrame(rows, dtype="str").apply(nfc) if len({len(row) for row in rows}) == 1 else None
    if forms is None:
        raise BadInput(f"{column}: its hierarchy in {path.name} needs equally many forms in every line")
    if not forms[0].is_unique:
        raise BadInput(f"{column}: its hierarchy in {path.name} has a value twice")
    return Hierarchy(column, {row[0]: row for row in forms.itertuples(index=False, name=None)})


def _lines(name: str, words: str) -> list[list[str]]:
    """The lines by semicolons if that parts every one of them, by commas otherwise."""
    try:
        rows = datafile.raw(name, words, ";")[0]
    except BadInput:  # a quoted value with a comma behind it
        rows = []
    parted = rows and all(len(row) > 1 for row in rows if row != [""])
    return rows if parted else datafile.raw(name, words, ",")[0]


def flat(frame: pd.DataFrame, column: str) -> Hierarchy:
    """A hierarchy of one level, for a key that is kept as it is or not at all."""
    need(frame, [column])
    return Hierarchy(column, {value: (value,) for value in sorted(nfc(text(frame[column])).unique()) or [""]})


class Progress:
    """Says on the error stream what is going on and since when; never a value."""

    def __init__(self, chosen: argparse.Namespace) -> None:
        self.on = bool(chosen.progress) or sys.stderr.isatty()
        self.began = perf_counter()
        self.last = 0.0

    @property
    def seconds(self) -> float:
        """Since the verb began."""
        return round(perf_counter() - self.began, 3)

    @contextmanager
    def step(self, what: str) -> Iterator[None]:
        """One step of the work."""
        if not self.on:
            yield
            return
        self._say(what)
        over = Event()
        beat = Thread(target=self._beat, args=(what, over), daemon=True)
        beat.start()
        try:
            yield
        finally:
            over.set()
            beat.join()

    def through(self, what: str, rows: int) -> None:
        """How far a step has come, at most once a second."""
        if self.on and self.seconds - self.last >= 1:
            self.last = self.seconds
            self._say(f"{what}: {rows:,} rows")

    def _beat(self, what: str, over: Event) -> None:
        while not over.wait(BEAT):
            self._say(f"still {what}")

    def _say(self, what: str) -> None:
        sys.stderr.write(f"{self.seconds:8.1f} s  {what}\n")
        sys.stderr.flush()
