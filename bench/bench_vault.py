"""Sealing against bare AES-GCM over the same bytes in one run: what the chunks, the commitment and the disk cost."""

import os
import tempfile
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bench.common import interleaved, line
from portal.storage import LocalStore, new_name
from portal.vault import CHUNK, open_, seal

SIZE = 64 * 1024 * 1024


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        store, dek, data = LocalStore(Path(folder) / "vault"), os.urandom(32), os.urandom(SIZE)
        names: list[str] = []

        def pieces():
            return (data[at : at + CHUNK] for at in range(0, SIZE, CHUNK))

        def sealed() -> None:
            names.append(new_name())
            seal(store, names[-1], pieces(), dek, b"bench")

        def bare() -> None:
            cipher = AESGCM(dek)
            for number, piece in enumerate(pieces()):
                cipher.encrypt(number.to_bytes(12, "big"), piece, b"bench")

        def opened() -> None:
            for _ in open_(store, names[-1], dek, b"bench"):
                pass

        found = interleaved(5, sealed=sealed, bare=bare, opened=opened)
    line("seal 64 MiB to disk, against bare AES-GCM in memory", found["sealed"] / found["bare"], 12, "x", most=True)
    line("open it again, against bare AES-GCM in memory", found["opened"] / found["bare"], 6, "x", most=True)
    line("sealing", SIZE / 1e6 / found["sealed"], 80, "MB/s", most=False)


main()
