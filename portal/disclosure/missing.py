"""The kinds of missing a cell can hold. A blank cell was skipped by the form; it is not a lost answer."""

from typing import Final

SKIPPED: Final = ""
DONT_KNOW: Final = ".d"
REFUSED: Final = ".r"
NOT_ASKED: Final = ".n"
SUPPRESSED: Final = ".s"
NOTHING_CHOSEN: Final = "0"

UNANSWERED: Final = frozenset({SKIPPED, DONT_KNOW, REFUSED, NOT_ASKED, SUPPRESSED})
"""Values that answer nothing: none of them ever counts toward safety."""
