"""Text columns taken apart: the words that occur, and which of them each cell is. Work is done on words, not cells."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from portal.disclosure.codes import Bools, Codes, Ints, worded


def written(words: Sequence[str], codes: Codes, index: pd.Index) -> "pd.Series[str]":
    """The text column whose cells are the ``codes`` (n,) of ``words``."""
    cells = pa.array(words, type=pa.large_string()).take(pa.array(codes))
    return pd.Series(pd.array(cells, dtype="str"), index=index)


@dataclass(frozen=True)
class Cells:
    """A text column as ``words``, which may hold one twice, and where each cell's stands in them: ``codes`` (n,)."""

    words: Sequence[str]
    codes: Ints

    @classmethod
    def of(cls, column: "pd.Series[str]") -> "Cells":
        """The cells of a column."""
        codes, words = worded(column)
        return cls(words, codes)

    def hold(self, word: str) -> Bools:
        """Which cells are this word (n,)."""
        return np.array([one == word for one in self.words], dtype=bool)[self.codes]

    def put(self, word: str, rows: Bools) -> "Cells":
        """The cells with a word in these rows (n,); they themselves where it stands there already."""
        if not (rows & ~self.hold(word)).any():
            return self
        return Cells([*self.words, word], np.where(rows, len(self.words), self.codes))

    def at(self, rows: Ints) -> "Cells":
        """The cells of some rows."""
        return Cells(self.words, self.codes[rows])

    def column(self, index: pd.Index) -> "pd.Series[str]":
        """The cells as a column."""
        return written(self.words, self.codes, index)
