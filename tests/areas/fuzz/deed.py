"""What a deed is: something that somebody may try, and what the forms of all of them have in common.

``do(house, actor, row, draw)`` calls the action. ``draw.number`` chooses among values, ``draw.stale`` sends a form that
is one state old, ``draw.name`` is who comes.
"""

from collections.abc import Callable
from dataclasses import dataclass

from tests.areas.fuzz.house import KINDS

WHY = "Long enough to be understood by a manager."


@dataclass(frozen=True)
class Deed:
    """Something to try. ``verb`` is the machine's word; ``kind`` "" is done to nothing that is there."""

    name: str
    kind: str
    verb: str
    who: tuple[str, ...]
    do: Callable
    proved: bool = False
    alone: bool = False  # it opens its own transactions

    @property
    def sources(self):
        """The states it can work from; none named: any."""
        return KINDS[self.kind][1].sources(self.verb) if self.kind else ()


def lock(row, draw):
    return row.lock - 1 if draw.stale else row.lock


def code(house, draw):
    return house.code(draw.name) if draw.number % 13 else "000000"


def sha(now, draw):
    return "0" * 64 if draw.stale else now
