"""Lists that fit in memory: sorted by a heading, a page at a time, and handed out whole as CSV.

What the address asks for and a list does not have is passed over: the list is then shown as it stands.
"""

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from flask import Response, request, url_for

from portal import clock

Row = TypeVar("Row")
A_PAGE = 50
FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Listing(Generic[Row]):
    """One page of a sorted list, and the addresses of the others."""

    rows: Sequence[Row]
    total: int
    page: int
    pages: int
    sort: str
    descending: bool

    def column(self, label: str, sort: str = "", *, num: bool = False) -> dict[str, Any]:
        """Return a heading for the table macro; with ``sort`` it sorts the list, and again the other way."""
        heading: dict[str, Any] = {"label": label, "num": num}
        if sort:
            here = self.sort == sort
            down = "1" if here and not self.descending else None
            heading["sort_url"] = _again(sort=sort, descending=down, page=None)
            heading["direction"] = ("descending" if self.descending else "ascending") if here else ""
        return heading

    @property
    def prev_url(self) -> str:
        """The page before, or ""."""
        return _again(page=self.page - 1) if self.page > 1 else ""

    @property
    def next_url(self) -> str:
        """The page after, or ""."""
        return _again(page=self.page + 1) if self.page < self.pages else ""

    @property
    def csv_url(self) -> str:
        """The whole list, as it is filtered and sorted, to take away."""
        return csv_url()


def listing(rows: Iterable[Row], by: Mapping[str, Callable[[Row], Any]]) -> Listing[Row]:
    """Sort ``rows`` by the key function that the address names, else leave their order, and cut out its page."""
    every, sort = list(rows), request.args.get("sort", "")
    descending = request.args.get("descending") == "1"
    if sort in by:
        every.sort(key=by[sort], reverse=descending)
    else:
        sort = ""
    pages = max(1, -(-len(every) // A_PAGE))
    page = min(max(1, number("page", 1)), pages)
    shown = every if wants_csv() else every[(page - 1) * A_PAGE : page * A_PAGE]
    return Listing(shown, len(every), page, pages, sort, descending)


def number(name: str, default: int) -> int:
    """Return the whole number of at most six digits that the address gives under a name."""
    asked = request.args.get(name, "")
    return int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 7 else default


def csv_url() -> str:
    """Return the address of what this page shows, as a file."""
    return _again(page=None, **{"as": "csv"})


def wants_csv() -> bool:
    """Whether the address asks for the list as a file."""
    return request.args.get("as") == "csv"


def as_csv(name: str, heads: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """Hand a table out as CSV, marked as UTF-8, with nothing in it that a spreadsheet would run."""
    text = io.StringIO()
    text.write("\ufeff")
    writer = csv.writer(text)
    writer.writerows([harmless(str(cell)) for cell in row] for row in (heads, *rows))
    file_name = f"{name}-{clock.today().isoformat()}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{file_name}"', "Content-Type": "text/csv; charset=utf-8"}
    return Response(text.getvalue(), headers=headers)


def harmless(cell: str) -> str:
    """Keep a spreadsheet from running what somebody wrote.

    >>> harmless("=1+1"), harmless("Agadez")
    ("'=1+1", 'Agadez')
    """
    return f"'{cell}" if cell[:1] in FORMULA else cell


def _again(**changes: object) -> str:
    """Return the address of this page with some of what it asks for changed; None takes a thing out."""
    asked = {name: value for name, value in request.args.items() if name not in changes and name != "as"}
    told = {name: value for name, value in changes.items() if value is not None}
    return url_for(request.endpoint or "", **(request.view_args or {}), **asked, **told)  # type: ignore[arg-type]
