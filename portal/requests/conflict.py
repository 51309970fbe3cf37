"""A form that is out of date: what was seen beside what is now, so that nobody decides on the old one."""

from portal.errors import Stale
from portal.requests.scope import Difference


class StaleScope(Stale):
    """The scope changed since the page was opened; ``differences`` say in what."""

    def __init__(self, differences: tuple[Difference, ...], back: str) -> None:
        self.differences = differences
        self.back = back
        super().__init__("scope: changed since you looked at it; look again and decide anew")
