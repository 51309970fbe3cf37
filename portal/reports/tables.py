"""The reports' tables as files: heads and rows of codes and numbers, for a spreadsheet."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from portal.reports.figures import Course, RegionLine, outcomes, stages
from portal.reports.queries import Sent, Use

Table = tuple[Sequence[str], Iterable[Sequence[object]]]


def of(name: str, regions: Sequence[RegionLine], courses: Sequence[Course], left: Sequence[Sent]) -> Table:
    """Return the table of this name; that of the regions for any other."""
    made: Mapping[str, Callable[[], Table]] = {
        "stages": lambda: _stages(courses),
        "outcomes": lambda: (("state", "requests"), outcomes(courses)),
        "releases": lambda: _releases(left),
    }
    return made.get(name, lambda: _regions(regions))()


def of_uses(uses: Iterable[Use]) -> Table:
    """Return the public register."""
    heads = ("organisation", "dataset", "purpose", "regions", "since", "until")
    rows = ((one.organisation, one.title_en, one.purpose, one.regions, one.since, one.until or "") for one in uses)
    return heads, [(name, title, purpose, " ".join(held), *days) for name, title, purpose, held, *days in rows]


def _stages(courses: Sequence[Course]) -> Table:
    spells = stages(courses)
    return ("stage", "median_days", "requests"), [(name, _rounded(one.days), one.of) for name, one in spells.items()]


def _releases(left: Sequence[Sent]) -> Table:
    heads = ("organisation", "purpose", "regions", "releases", "rows_in_tens", "downloads")
    whom = ((one.organisation, one.purpose, " ".join(one.regions)) for one in left)
    return heads, [(*who, one.releases, one.rows, one.downloads) for who, one in zip(whom, left, strict=True)]


def _regions(regions: Sequence[RegionLine]) -> Table:
    heads = ("region", "asked", "decided", "open", "median_working_days", "share_in_time", "declined")
    return heads, [
        (
            one.region,
            one.asked,
            one.asked - one.open,
            one.open,
            _rounded(one.working_days),
            _rounded(one.prompt),
            one.verdicts.get("declined", 0),
        )
        for one in regions
    ]


def _rounded(number: float | None) -> object:
    return "" if number is None else round(number, 3)
