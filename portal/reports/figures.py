"""The figures of service, from plain rows: medians, shares and counts, each with the number it stands on."""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

PROMPT = 5
"""Working days within which a region is asked to decide."""

WorkingDays = Callable[[str, dt.datetime, dt.datetime], int]
"""Working days of a region between two moments."""

SECONDS_A_DAY = 86_400


@dataclass(frozen=True, kw_only=True)
class Turn:
    """One region's part of a request: when it was opened, and when and how it was decided, if it was."""

    region: str
    opened: dt.datetime
    decided: dt.datetime | None
    verdict: str


@dataclass(frozen=True, kw_only=True)
class Course:
    """One request that was sent: the moments it passed through, each None while it has not."""

    organisation: str
    purpose: str
    state: str
    sent: dt.datetime
    regions_done: dt.datetime | None
    officer_done: dt.datetime | None
    offered: dt.datetime | None
    accepted: dt.datetime | None
    file_ready: dt.datetime | None


@dataclass(frozen=True)
class Spell:
    """How long something took: the median in days (0 or more), None of nothing; ``of`` cases."""

    days: float | None
    of: int


@dataclass(frozen=True, kw_only=True)
class RegionLine:
    """How one region answers: parts asked and open, the median in working days, and how many were in time.

    ``judged`` parts are decided or late already: waiting never improves a share.
    """

    region: str
    asked: int
    open: int
    working_days: float | None
    in_time: int
    judged: int
    verdicts: Mapping[str, int]

    @property
    def prompt(self) -> float | None:
        """The share decided in time (0..1), None of nothing."""
        return self.in_time / self.judged if self.judged else None


def by_region(turns: Iterable[Turn], working_days: WorkingDays, now: dt.datetime) -> list[RegionLine]:
    """Return a line for each region that was asked, in the order of the regions' codes."""
    found: dict[str, list[Turn]] = defaultdict(list)
    for turn in turns:
        found[turn.region].append(turn)
    return [_region_line(region, found[region], working_days, now) for region in sorted(found)]


def _region_line(region: str, turns: Sequence[Turn], working_days: WorkingDays, now: dt.datetime) -> RegionLine:
    took = [working_days(region, one.opened, one.decided) for one in turns if one.decided]
    waiting = [one for one in turns if one.decided is None]
    late = sum(1 for one in waiting if working_days(region, one.opened, now) > PROMPT)
    return RegionLine(
        region=region,
        asked=len(turns),
        open=len(waiting),
        working_days=median(took) if took else None,
        in_time=sum(1 for days in took if days <= PROMPT),
        judged=len(took) + late,
        verdicts=Counter(one.verdict for one in turns if one.decided),
    )


def prompt(lines: Iterable[RegionLine]) -> tuple[float | None, int]:
    """Return the share (0..1) of all regions' parts decided in time, and of how many."""
    every = list(lines)
    judged = sum(one.judged for one in every)
    return (sum(one.in_time for one in every) / judged if judged else None), judged


def stages(courses: Iterable[Course]) -> dict[str, Spell]:
    """Return the median of each stage, and of the whole way from sending to the file, in calendar days."""
    every = list(courses)
    spans: dict[str, list[tuple[dt.datetime | None, dt.datetime | None]]] = {
        "regions": [(one.sent, one.regions_done) for one in every],
        "officer": [(one.regions_done, one.officer_done) for one in every],
        "requester": [(one.offered, one.accepted) for one in every],
        "build": [(one.accepted, one.file_ready) for one in every],
        "whole": [(one.sent, one.file_ready) for one in every],
    }
    return {name: _spell(pairs) for name, pairs in spans.items()}


def _spell(pairs: Iterable[tuple[dt.datetime | None, dt.datetime | None]]) -> Spell:
    took = [(end - start).total_seconds() / SECONDS_A_DAY for start, end in pairs if start and end and end >= start]
    return Spell(median(took) if took else None, len(took))


def outcomes(courses: Iterable[Course]) -> list[tuple[str, int]]:
    """Return how many requests stand or ended where, the most frequent first."""
    return sorted(Counter(one.state for one in courses).items(), key=lambda pair: (-pair[1], pair[0]))


def quarters(courses: Iterable[Course]) -> list[tuple[str, int, int, Spell]]:
    """Return for each quarter of sending: its name, requests sent, files made ready, and the whole way's median."""
    found: dict[str, list[Course]] = defaultdict(list)
    for one in courses:
        found[f"{one.sent.year} Q{(one.sent.month + 2) // 3}"].append(one)
    return [
        (name, len(held), sum(1 for one in held if one.file_ready), stages(held)["whole"])
        for name, held in sorted(found.items(), reverse=True)
    ]
