"""A form that is out of date: what was seen beside what is now, so that nobody decides on the old one."""

import datetime as dt

from portal.errors import IllegalStep, Stale
from portal.requests.differences import Difference


class StaleScope(Stale):
    """The scope of the request ``number`` changed since the page was opened; ``differences`` say in what."""

    def __init__(self, differences: tuple[Difference, ...], back: str, number: str) -> None:
        self.differences = differences
        self.back, self.number = back, number
        super().__init__("scope: changed since you looked at it; look again and decide anew")


class AlreadyDecided(IllegalStep):
    """Somebody else decided first; the decision that counts goes with it, as plain values."""

    def __init__(self, verdict: str, who: str, when: dt.datetime, back: str, number: str) -> None:
        self.verdict, self.who, self.when, self.back, self.number = verdict, who, when, back, number
        super().__init__("track: decided by somebody else meanwhile")
