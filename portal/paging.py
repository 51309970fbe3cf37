"""Long lists, a page at a time: how many pages there are, and what a page knows of the whole."""

SIZE = 25


def last_page(total: int) -> int:
    """Return the number of the last page of so many rows; a list without any has one page.

    >>> last_page(0), last_page(25), last_page(26)
    (1, 1, 2)
    """
    return max(1, -(-total // SIZE))


class Paged:
    """One page of a list: the frozen value that has its rows says how many there are in all, and which page it is."""

    total: int
    page: int

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return last_page(self.total)
