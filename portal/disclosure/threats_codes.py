"""What an attacker compares: released rows, and true records of people who are in the file and who are not."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from portal.disclosure.classes import Bools, need, text
from portal.disclosure.codes import Codes, coded
from portal.disclosure.missing import SUPPRESSED

AT_ONCE = 1 << 24
"""How many distances are held at once."""


@dataclass(frozen=True)
class Scene:
    """Three groups of rows, their cells numbered alike, shapes (n, F), (a, F) and (c, F), -1 where hidden.

    ``released`` is what was published of the records ``train``; ``control`` are records of the same survey that were
    held out of it.
    """

    columns: tuple[str, ...]
    released: Codes
    train: Codes
    control: Codes

    def of(self, columns: Sequence[str]) -> "Scene":
        """The same rows with some of their columns, in their own order."""
        kept = [at for at, name in enumerate(self.columns) if name in set(columns)]
        names = tuple(self.columns[at] for at in kept)
        return Scene(names, self.released[:, kept], self.train[:, kept], self.control[:, kept])


def scene(released: pd.DataFrame, train: pd.DataFrame, control: pd.DataFrame, columns: Sequence[str]) -> Scene:
    """Number the cells of ``columns``. Raises BadInput for one that a frame does not hold."""
    frames = (released, train, control)
    for frame in frames:
        need(frame, columns)
    read = [coded([text(frame[name]) for frame in frames], [SUPPRESSED]) for name in columns]
    each = [
        np.asfortranarray(np.column_stack([codes[at] for codes in read]) if read else np.zeros((len(frame), 0)))
        for at, frame in enumerate(frames)
    ]
    return Scene(tuple(columns), *(one.astype(np.int32) for one in each))


def distances(released: Codes, people: Codes) -> Codes:
    """How far each person (B, F) is from each released row (D, F), shape (B, D), 0 or more.

    One column that differs outweighs all that are hidden on either side, for a truthful file never contradicts the
    person a row is about; among rows that do not, the one that shows most is nearest.
    """
    width = released.shape[1]
    far = np.zeros((len(people), len(released)), dtype=np.int16 if width * (width + 2) < 2**15 else np.int32)
    for mine, theirs in zip(people.T, released.T, strict=True):
        far += mine[:, None] != theirs[None, :]  # hidden and shown differ here, hidden and hidden agree
    far *= width + 1
    silent, blind = released < 0, people < 0
    far -= (width * silent.sum(axis=1)).astype(far.dtype)[None, :]
    if blind.any():
        far -= (width * blind.sum(axis=1)).astype(far.dtype)[:, None]
        both = blind.astype(np.float32) @ silent.T.astype(np.float32)
        far += ((2 * width + 1) * both).astype(far.dtype)
    return far


def nearest(far: Codes) -> Bools:
    """Which rows (B, D) are nearest to each person, equals together."""
    return np.asarray(far == far.min(axis=1, keepdims=True))


def portions(people: int, rows: int) -> list[slice]:
    """Slices of the people, so that not too many distances stand in memory together."""
    step = max(AT_ONCE // max(rows, 1), 1)
    return [slice(first, first + step) for first in range(0, people, step)]
