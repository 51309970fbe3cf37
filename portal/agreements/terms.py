"""What an agreement allows, asked at submit, decide, build and download alike.

A date means a day in the agreement's own zone: 00:30 on 1 July in Nairobi is still 30 June in Copenhagen.
Whatever is missing or empty, on either side, denies.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

PURPOSES = ("research", "protection", "programming", "monitoring", "advocacy", "reporting")
TIERS = ("partner", "licensed", "event")
SENSITIVITIES = (1, 2, 3, 4)
COARSER: Mapping[str, frozenset[str]] = {
    "partner": frozenset({"partner", "licensed", "table", "event"}),
    "licensed": frozenset({"licensed", "table", "event"}),
    "event": frozenset({"event"}),
}
"""The tiers that an agreement at a tier covers: itself and whatever says less; tables come with either of persons."""

CLAUSES = (
    "status",
    "organisation",
    "start",
    "end",
    "purpose",
    "dataset",
    "regions",
    "tier",
    "sensitivity",
    "request_end",
)


@dataclass(frozen=True, kw_only=True)
class Terms:
    """An agreement as its clauses say it. ``most_sensitive`` is the highest class covered, 1 to 4."""

    status: str
    organisation: str
    starts_on: dt.date
    ends_on: dt.date
    time_zone: str
    purposes: frozenset[str]
    datasets: frozenset[str]
    regions: frozenset[str]
    tier: str
    most_sensitive: int

    @property
    def opens(self) -> dt.datetime:
        """The first moment of the first day."""
        return _midnight(self.starts_on, self.time_zone)

    @property
    def closes(self) -> dt.datetime:
        """The first moment after the last day."""
        return _midnight(self.ends_on + dt.timedelta(days=1), self.time_zone)


@dataclass(frozen=True, kw_only=True)
class Ask:
    """What somebody wants to do under an agreement. ``most_sensitive`` 0 means that nothing was classed: it denies."""

    organisation: str = ""
    purpose: str = ""
    dataset: str = ""
    regions: frozenset[str] = frozenset()
    tier: str = ""
    most_sensitive: int = 0
    ends_on: dt.date | None = None


@dataclass(frozen=True)
class Finding:
    """One clause, whether it holds, and what a reader needs to understand it."""

    clause: str
    holds: bool
    params: Mapping[str, str] = field(default_factory=dict)


def evaluate(terms: Terms, ask: Ask, now: dt.datetime) -> tuple[Finding, ...]:
    """Return a finding per clause, in the order of ``CLAUSES``. ``now`` must be aware."""
    outside = sorted(ask.regions - terms.regions)
    return (
        Finding("status", terms.status == "active", {"status": terms.status}),
        Finding("organisation", ask.organisation != "" and ask.organisation == terms.organisation),
        Finding("start", terms.opens <= now, {"day": terms.starts_on.isoformat(), "zone": terms.time_zone}),
        Finding("end", now < terms.closes, {"day": terms.ends_on.isoformat(), "zone": terms.time_zone}),
        Finding("purpose", ask.purpose in terms.purposes, {"purpose": ask.purpose}),
        Finding("dataset", ask.dataset in terms.datasets, {"dataset": ask.dataset}),
        Finding("regions", bool(ask.regions) and not outside, {"regions": " ".join(outside or sorted(ask.regions))}),
        Finding("tier", ask.tier in COARSER.get(terms.tier, frozenset()), {"tier": ask.tier}),
        Finding("sensitivity", 1 <= ask.most_sensitive <= terms.most_sensitive, {"most": str(terms.most_sensitive)}),
        Finding(
            "request_end",
            ask.ends_on is not None and ask.ends_on <= terms.ends_on,
            {"day": terms.ends_on.isoformat(), "asked": ask.ends_on.isoformat() if ask.ends_on else ""},
        ),
    )


def broken(findings: tuple[Finding, ...]) -> tuple[str, ...]:
    """Return the names of the clauses that do not hold."""
    return tuple(finding.clause for finding in findings if not finding.holds)


def days_left(terms: Terms, now: dt.datetime) -> int:
    """Return how many whole days remain, today included; 0 once it is over or if it never runs."""
    today = now.astimezone(ZoneInfo(terms.time_zone)).date()
    return max(0, (terms.ends_on - today).days + 1)


def _midnight(day: dt.date, zone: str) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), ZoneInfo(zone)).astimezone(dt.UTC)
