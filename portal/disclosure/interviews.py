"""Interview ids as bytes of one width: found by a fingerprint and compared in full, so quicker and never wrong."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pandas as pd

from portal.disclosure.classes import Ints
from portal.disclosure.refusals import BadInput

Ids = npt.NDArray[np.bytes_]
Prints = npt.NDArray[np.uint64]

LANE = 8
ODD = 0x9E3779B97F4A7C15
FOLD = np.uint64(32)
BLOCK = 1 << 13
"""Ids worked on at once: what is made of them stays in the processor's cache."""


def packed(ids: Iterable[str]) -> Ids:
    """Ids as an array of bytes whose width is a multiple of 8. Raises BadInput for an id that is not plain ASCII."""
    try:
        found = np.asarray(list(ids), dtype=object).astype(np.bytes_)
    except UnicodeEncodeError as error:
        raise BadInput("interview_id: must be plain ASCII") from error
    return widened(found, LANE)


def widened(ids: Ids, width: int) -> Ids:
    """The same ids, with room for ``width`` bytes at least."""
    wanted = max(width, ids.dtype.itemsize)
    return ids.astype(f"S{-(-wanted // LANE) * LANE}", copy=False)


def fingerprint(ids: Ids) -> Prints:
    """64 bits of each id, the same at any width; shape (n,)."""
    lanes = _lanes(ids)
    made = np.zeros(len(ids), dtype=np.uint64)
    for first in range(0, len(ids), BLOCK):
        part = made[first : first + BLOCK]
        for at, lane in enumerate(lanes[first : first + BLOCK].T, start=1):
            mixed = lane * np.uint64(pow(ODD, at, 2**64))
            mixed ^= mixed >> FOLD
            mixed *= np.uint64(ODD)
            part += mixed
    return made


def unique(ids: Ids) -> bool:
    """Whether no id is there twice."""
    return pd.Index(fingerprint(ids)).is_unique or len(np.unique(ids)) == len(ids)


def find(ids: Ids, prints: "pd.Index[int]", wanted: Ids) -> Ints:
    """Where each wanted id stands among ``ids``, whose fingerprints are ``prints``; -1 where it does not.

    Where two ids share a fingerprint, all are compared in full.
    """
    if prints.is_unique:
        at = prints.get_indexer(pd.Index(fingerprint(wanted))).astype(np.int64)
        there = at >= 0
        if _same(ids, wanted, at) if there.all() else _same(ids, wanted[there], at[there]):
            return at
    slow = pd.Index(ids.astype(object)).get_indexer(pd.Index(wanted.astype(object)))
    return np.asarray(slow, dtype=np.int64)


def _same(ids: Ids, wanted: Ids, at: Ints) -> bool:
    """Whether each wanted id is the one found ``at`` that place, compared eight bytes at a time."""
    width = max(ids.dtype.itemsize, wanted.dtype.itemsize)
    for first in range(0, len(at), BLOCK):
        part = slice(first, first + BLOCK)
        if (_lanes(widened(ids[at[part]], width)) != _lanes(widened(wanted[part], width))).any():
            return False
    return True


def _lanes(ids: Ids) -> Prints:
    """Ids as whole numbers of eight bytes each, (n, width / 8)."""
    return np.ascontiguousarray(ids).view(np.uint64).reshape(len(ids), ids.dtype.itemsize // LANE)
