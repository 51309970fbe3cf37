"""The file an upload flows into: only ciphertext touches the disk, under a key nobody else ever holds.

Python's own spooled files would write an upload to disk in the clear as soon as it outgrows memory.
"""

import io
import os
import tempfile
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from portal.errors import Tampered
from portal.storage import room

CHUNK = 64 * 1024
TAG = 16


class Spool(io.BufferedIOBase):
    """A binary file for an upload: in memory up to `memory` bytes, encrypted on disk past it.

    Written once from front to back, then read anywhere. The disk part is an unlinked file under a key that
    lives only in this object: after a crash nothing can be read and nothing is left. Raises StorageFull.
    """

    def __init__(self, memory: int, directory: Path | None = None) -> None:
        super().__init__()
        self._memory_chunks = memory // CHUNK
        self._directory = directory
        self._held: list[bytes] = []  # the first chunks, whole
        self._file: io.FileIO | None = None  # the chunks after those, in slots of one size
        self._cipher = AESGCM(os.urandom(32))
        self._tail = bytearray()
        self._full = 0  # whole chunks, held or on disk
        self._position = 0
        self._decrypted = (-1, b"")

    @property
    def size(self) -> int:
        """Bytes written so far."""
        return self._full * CHUNK + len(self._tail)

    def readable(self) -> bool:
        """Yes, anywhere."""
        return True

    def writable(self) -> bool:
        """Yes, at the end."""
        return True

    def seekable(self) -> bool:
        """Yes."""
        return True

    def write(self, data: Any, /) -> int:  # noqa: ANN401 -- any buffer; its type has no name before Python 3.12
        """Append. Raises UnsupportedOperation anywhere but at the end."""
        if self._position != self.size:
            raise io.UnsupportedOperation("spool: is written from front to back")
        view = memoryview(data).cast("B")
        self._tail += view
        while len(self._tail) >= CHUNK:
            self._keep(bytes(self._tail[:CHUNK]))
            del self._tail[:CHUNK]
        self._position = self.size
        return len(view)

    def read(self, size: int | None = -1, /) -> bytes:
        """Read `size` bytes, or all that is left."""
        left = self.size - self._position if size is None or size < 0 else size
        pieces = []
        while left > 0 and (piece := self.read1(left)):
            pieces.append(piece)
            left -= len(piece)
        return b"".join(pieces)

    def read1(self, size: int = -1, /) -> bytes:
        """Read at most to the end of a chunk."""
        piece = self.peek()
        piece = piece if size < 0 else piece[:size]
        self._position += len(piece)
        return piece

    def peek(self, _size: int = 0, /) -> bytes:
        """Show the rest of the chunk without moving: it makes reading by lines quick."""
        if self.closed:
            raise ValueError("spool: is closed")
        number, offset = divmod(self._position, CHUNK)
        return self._chunk(number)[offset:] if self._position < self.size else b""

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Move the position."""
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self.size}[whence]
        if start + offset < 0:
            raise ValueError("seek: before the start")
        self._position = start + offset
        return self._position

    def tell(self) -> int:
        """Give the position."""
        return self._position

    def close(self) -> None:
        """Forget everything."""
        if self._file is not None:
            self._file.close()
        self._held.clear()
        self._tail.clear()
        self._decrypted = (-1, b"")
        super().close()

    def _keep(self, chunk: bytes) -> None:
        if self._full < self._memory_chunks:
            self._held.append(chunk)
        else:
            with room():
                self._spill(self._cipher.encrypt(self._full.to_bytes(12, "big"), chunk, None))
        self._full += 1

    def _spill(self, sealed: bytes) -> None:
        if self._file is None:
            self._file = tempfile.TemporaryFile(buffering=0, dir=self._directory)  # noqa: SIM115 -- closed by close()
        self._file.seek(0, os.SEEK_END)
        left = memoryview(sealed)
        while left:  # unbuffered: a buffer would try again to write what had no room when it is closed
            left = left[self._file.write(left) :]

    def _chunk(self, number: int) -> bytes:
        if number == self._full:
            return bytes(self._tail)
        if number < len(self._held):
            return self._held[number]
        if self._decrypted[0] != number:
            self._decrypted = number, self._fetch(number)
        return self._decrypted[1]

    def _fetch(self, number: int) -> bytes:
        if self._file is None:
            raise Tampered("spool: its file is gone")
        self._file.seek((number - len(self._held)) * (CHUNK + TAG))
        try:
            return self._cipher.decrypt(number.to_bytes(12, "big"), self._file.read(CHUNK + TAG), None)
        except (InvalidTag, ValueError) as error:
            raise Tampered("spool: a chunk on disk is not what was written") from error
