"""What an event of the log is: its name, how it usually ends, and what of it is private."""

from dataclasses import dataclass
from enum import StrEnum

ADDRESS = "network address and browser of who tried, under that person's key"
REASON = "the reason in the person's own words"
NAMES = "names and e-mail addresses, old and new"


class Outcome(StrEnum):
    """How a deed ended."""

    SUCCESS = "success"
    DENIED = "denied"
    FAILURE = "failure"
    ERROR = "error"


class Unknown(ValueError):
    """An event nobody has listed; its text names it."""


@dataclass(frozen=True)
class EventType:
    """One thing that can happen: name (`area.thing.deed`), usual outcome, and what is private about it."""

    name: str
    outcome: Outcome = Outcome.SUCCESS
    private: str = ""

    @property
    def area(self) -> str:
        """The first word of the name."""
        return self.name.partition(".")[0]
