"""Rows at rest: Parquet bytes made in memory, sealed under the version's data key. Never a file in the clear."""

import io
from collections.abc import Iterator

import pandas as pd

from portal import ports
from portal.catalogue.models import Version
from portal.keys import Wrapping
from portal.vault import new_name, open_, seal

PIECE = 1024 * 1024


def pack(frame: pd.DataFrame) -> bytes:
    """Return the frame as Parquet bytes."""
    buffer = io.BytesIO()
    frame.to_parquet(buffer, index=False, compression="zstd")
    return buffer.getvalue()


def unpack(data: bytes) -> pd.DataFrame:
    """Return the canonical frame of ``pack``'s bytes: every column text."""
    return pd.read_parquet(io.BytesIO(data)).astype("str")


def pieces(data: bytes) -> Iterator[bytes]:
    """Cut bytes into pieces for the vault."""
    for start in range(0, max(len(data), 1), PIECE):
        yield data[start : start + PIECE]


def key_context(version_ref: str) -> bytes:
    """What a version's data key is bound to."""
    return f"version:{version_ref}".encode()


def data_key(version: Version) -> bytes:
    """Open the version's data key with the key-encryption key, which is not in the database."""
    return ports.house.keys.unwrap(version.key_id, version.key_wrapped, key_context(version.ref))


def new_data_key(version_ref: str) -> tuple[str, bytes, bytes]:
    """Return (key id, wrapped key, key) for a new version."""
    wrapped = ports.house.keys.wrap(Wrapping.DATA, key_context(version_ref))
    return wrapped.key_id, wrapped.wrapped, wrapped.dek


def save(frame: pd.DataFrame, dek: bytes, version_ref: str) -> str:
    """Seal a version's canonical frame; return the blob's name."""
    name = new_name()
    seal(ports.house.store, name, pieces(pack(frame)), dek, f"version:{version_ref}:rows".encode())
    return name


def load(version: Version) -> pd.DataFrame:
    """Open a version's canonical frame."""
    context = f"version:{version.ref}:rows".encode()
    return unpack(b"".join(open_(ports.house.store, version.frame_blob, data_key(version), context)))
