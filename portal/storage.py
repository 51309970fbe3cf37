"""Where ciphertext lies: whole files under names the server made, or nothing.

Putting never replaces: a late copy of a job cannot exchange a file that is already published.
"""

import errno
import os
import re
import uuid
from collections.abc import Container, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol

from portal.errors import Invalid, StorageFull, Tampered

_NAME = re.compile(r"[0-9a-f]{32}")
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class Store(Protocol):
    """Where ciphertext lies, under names the server made."""

    def put(self, name: str, chunks: Iterable[bytes]) -> None:
        """Keep the chunks under a new name, whole or not at all. Raises StorageFull, or Invalid if taken."""
        ...

    def open(self, name: str) -> BinaryIO:
        """Open for reading. Raises Tampered if there is nothing under this name."""
        ...

    def delete(self, name: str) -> None:
        """Forget it; no error if it is gone already."""
        ...

    def exists(self, name: str) -> bool:
        """Whether something is kept under this name."""
        ...

    def collect(self, named: Container[str], older_than: float) -> int:
        """Forget what nobody names and what killed writers left, older than a Unix time; say how many."""
        ...


def new_name() -> str:
    """Make a name for a file: 32 hex digits that say nothing."""
    return uuid.uuid4().hex


class LocalStore:
    """A directory (0700) of files (0600) named by 32 hex digits; nothing a person typed becomes a path."""

    def __init__(self, root: Path) -> None:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        root.chmod(0o700)
        self._root = root

    def put(self, name: str, chunks: Iterable[bytes]) -> None:
        """Keep the chunks under a new name, whole or not at all. Raises StorageFull, or Invalid if taken."""
        final = self._path(name)
        partial = self._root / f"{name}.{new_name()}.part"
        try:
            with room():
                _write(partial, chunks)
                os.link(partial, final)  # unlike a rename this never replaces a file that is there
        except FileExistsError:
            raise Invalid({"name": ["there is a sealed file of this name"]}) from None
        finally:
            partial.unlink(missing_ok=True)
            _fsync_directory(self._root)

    def open(self, name: str) -> BinaryIO:
        """Open for reading. Raises Tampered if there is nothing under this name."""
        try:
            return self._path(name).open("rb")
        except FileNotFoundError:
            raise Tampered("sealed file: it is not where it was put") from None

    def delete(self, name: str) -> None:
        """Forget it; no error if it is gone already."""
        self._path(name).unlink(missing_ok=True)
        _fsync_directory(self._root)

    def exists(self, name: str) -> bool:
        """Whether something is kept under this name."""
        return self._path(name).is_file()

    def names(self) -> Iterator[str]:
        """Every name kept, in no order; a file without a row is an orphan the keeper may delete."""
        return (path.name for path in self._root.iterdir() if _NAME.fullmatch(path.name))

    def sweep(self, older_than: float) -> int:
        """Delete what killed writers left, if last written before `older_than` (Unix time); say how many."""
        left = [path for path in self._root.glob("*.part") if path.stat().st_mtime < older_than]
        for path in left:
            path.unlink(missing_ok=True)
        return len(left)

    def collect(self, named: Container[str], older_than: float) -> int:
        """Delete the files that nobody names, if last written before `older_than` (Unix time); say how many.

        A file without a row is what an attempt left that was killed before it could publish.
        """
        lost = [name for name in self.names() if name not in named and self._path(name).stat().st_mtime < older_than]
        for name in lost:
            self.delete(name)
        return len(lost) + self.sweep(older_than)

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise Invalid({"name": ["a sealed file's name is 32 hex digits, made by the server"]})
        return self._root / name


def _write(path: Path, chunks: Iterable[bytes]) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        for chunk in chunks:
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())


def _fsync_directory(directory: Path) -> None:
    """Make a new or removed name in `directory` durable."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def room() -> Iterator[None]:
    """Turn the system's ways to say "no space" into StorageFull."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise StorageFull("storage: no room left; free some space and try again") from error
        raise
