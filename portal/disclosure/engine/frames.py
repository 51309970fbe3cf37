"""The engine in memory, on a pandas frame: nothing of a row touches a disk."""

from collections.abc import Sequence
from typing import Self

import numpy as np
import pandas as pd

from portal.disclosure.classes import Bools, need, numbered, pack, text
from portal.disclosure.engine.base import KeyTable, Plan
from portal.disclosure.missing import SUPPRESSED


class FrameEngine:
    """The rows of ``frame``; key columns come out as text, hidden cells as ``hidden``, all else as it was."""

    def __init__(self, frame: pd.DataFrame, *, hidden: str = SUPPRESSED) -> None:
        self.frame, self.hidden = frame, hidden
        self._hides: dict[str, Bools] = {}

    def count(self, columns: Sequence[str]) -> KeyTable:
        """Count the rows of every distinct key."""
        need(self.frame, columns)
        self._columns = list(columns)
        self._texts = pd.DataFrame({column: text(self.frame[column]) for column in columns})
        self._key = pack([numbered(self._texts[column]) for column in columns])
        first = np.unique(self._key, return_index=True)[1]
        return KeyTable(self._texts.iloc[first].reset_index(drop=True), np.bincount(self._key).astype(np.int64))

    def join(self, plan: Plan) -> None:
        """Hand the entries of each key to its rows, first to first."""
        entries, rows = np.argsort(plan.key, kind="stable"), np.argsort(self._key, kind="stable")
        pattern = np.empty(len(rows), dtype=np.int64)
        pattern[rows] = np.repeat(plan.pattern[entries], plan.rows[entries])
        self._hides = {column: plan.hides[pattern, at] for at, column in enumerate(self._columns)}

    def write(self) -> Self:
        """Return the released rows; the frame that was given stays as it was."""
        made = self.frame.copy()
        for column, hides in self._hides.items():
            made[column] = self._texts[column].mask(hides, self.hidden).astype("str")
        return type(self)(made, hidden=self.hidden)
