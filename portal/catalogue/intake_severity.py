"""How bad a finding is, and the mark by which its sentence is found for translation.

Every code has one severity: whether a finding stops publication never depends on the file.
"""

from enum import StrEnum


class Severity(StrEnum):
    """An error stops publication, a warning asks the steward to look, an info says what was done."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


ERROR, WARNING, INFO = Severity.ERROR, Severity.WARNING, Severity.INFO


def N_(sentence: str) -> str:  # noqa: N802 -- the name by which gettext finds sentences to translate later
    """Mark a sentence for translation and return it as it is."""
    return sentence
