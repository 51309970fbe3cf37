"""What an agreement allows, asked at submit, decide, build and download alike.

A date means a day in the agreement's own zone: 00:30 on 1 July in Nairobi is still 30 June in Copenhagen.
Whatever is missing or empty, on either side, denies.
"""

import datetime as dt
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from zoneinfo import ZoneInfo

PURPOSES = ("research", "protection", "programming", "monitoring", "advocacy", "reporting")
ENFORCEMENT = ("law_enforcement", "border_control", "migration_enforcement")
"""Purposes that can be asked for, so that they are refused in words and on file. No agreement can allow one."""

OUTPUTS = ("internal_analysis", "public_report", "academic_publication", "dashboard", "operational_use")
ONWARD: Mapping[str, frozenset[str]] = {
    "none": frozenset({"none"}),
    "named": frozenset({"none", "named"}),
    "subpartners": frozenset({"none", "named", "subpartners"}),
}
"""What an agreement says of passing data on, and what may be asked under it."""

MATCHING: Mapping[str, frozenset[str]] = {"forbidden": frozenset({"none"}), "named": frozenset({"none", "named"})}
"""What an agreement says of matching with other data, and what may be asked under it."""

MEETS: Mapping[str, frozenset[str]] = {"pwd": frozenset({"pwd", "hwk"}), "otp": frozenset({"otp", "hwk"})}
"""Which ways of signing in meet a demand: a passkey (``hwk``) would meet both."""

MOMENTS = ("submit", "decide", "build", "download", "table")
PERSONAL: Mapping[str, frozenset[str]] = {
    "address": frozenset({"submit", "download", "table"}),
    "factors": frozenset({"download", "table"}),
    "acceptance": frozenset({"submit", "download"}),
}
"""Clauses about whoever stands at the door, and the moments at which somebody of the partner does."""

ASKED_AT: Mapping[str, frozenset[str]] = {**PERSONAL, "request_end": frozenset({"submit", "decide"})}
"""The clauses that are asked at some moments only. Under notice an agreement runs through its last day, and so does
what was decided before: the guard ends it that night."""

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
    "enforcement",
    "dataset",
    "regions",
    "tier",
    "sensitivity",
    "request_end",
    "outputs",
    "onward",
    "matching",
    "address",
    "factors",
    "acceptance",
)


GRANTS = frozenset(CLAUSES) - {"status", "start", "end", "request_end"} - set(PERSONAL)
"""The clauses that say what may be had. The others are days and conditions, which hold from the day they are signed."""


@dataclass(frozen=True, kw_only=True)
class Terms:
    """An agreement as its clauses say it. ``most_sensitive`` is the highest class covered, 1 to 4.

    ``ip_ranges`` empty means anywhere; every other empty clause allows nothing.
    """

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
    outputs: frozenset[str] = frozenset()
    onward: str = ""
    onward_bodies: tuple[str, ...] = ()
    matching: str = ""
    ip_ranges: tuple[str, ...] = ()
    factors: frozenset[str] = frozenset()

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
    """What somebody wants to do under an agreement. ``most_sensitive`` 0 means that nothing was classed: it denies.

    ``moment`` is one of ``MOMENTS``; at any other every clause is asked. ``address``, ``factors`` (ways of signing in)
    and ``accepted`` are of the person at the door.
    """

    moment: str = ""
    organisation: str = ""
    purpose: str = ""
    dataset: str = ""
    regions: frozenset[str] = frozenset()
    tier: str = ""
    most_sensitive: int = 0
    ends_on: dt.date | None = None
    outputs: frozenset[str] = frozenset()
    onward: str = ""
    matching: str = ""
    address: str = ""
    factors: frozenset[str] = frozenset()
    accepted: bool = False


@dataclass(frozen=True)
class Finding:
    """One clause, whether it holds, and what a reader needs to understand it."""

    clause: str
    holds: bool
    params: Mapping[str, str] = field(default_factory=dict)


def evaluate(terms: Terms, ask: Ask, now: dt.datetime) -> tuple[Finding, ...]:
    """Return a finding per clause asked at this moment, in the order of ``CLAUSES``. ``now`` must be aware."""
    found = (*_agreed(terms, ask, now), *_use(terms, ask), *_at_the_door(terms, ask))
    return tuple(finding for finding in found if _is_asked(finding.clause, ask))


def _is_asked(clause: str, ask: Ask) -> bool:
    if ask.moment not in MOMENTS:
        return True
    if clause == "address" and ask.moment == "submit" and not ask.address:
        return False  # sent from inside the portal: nothing leaves by it, and a download asks again
    return ask.moment in ASKED_AT.get(clause, MOMENTS)


def _agreed(terms: Terms, ask: Ask, now: dt.datetime) -> tuple[Finding, ...]:
    outside = sorted(ask.regions - terms.regions)
    allowed = {"allowed": " ".join(one for one in PURPOSES if one in terms.purposes)}
    return (
        Finding("status", terms.status == "active", {"status": terms.status}),
        Finding("organisation", ask.organisation != "" and ask.organisation == terms.organisation),
        Finding("start", terms.opens <= now, {"day": terms.starts_on.isoformat(), "zone": terms.time_zone}),
        Finding("end", now < terms.closes, {"day": terms.ends_on.isoformat(), "zone": terms.time_zone}),
        Finding("purpose", ask.purpose in terms.purposes, {"purpose": ask.purpose} | allowed),
        Finding("enforcement", ask.purpose not in ENFORCEMENT and ask.purpose != "", {"purpose": ask.purpose}),
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


def _use(terms: Terms, ask: Ask) -> tuple[Finding, ...]:
    beyond = sorted(ask.outputs - terms.outputs)
    listed = " ".join(one for one in OUTPUTS if one in terms.outputs)
    onward = {"onward": ask.onward, "says": terms.onward, "bodies": ", ".join(terms.onward_bodies)}
    passes_on = ask.onward in ONWARD.get(terms.onward, frozenset())
    if ask.onward == "named":
        passes_on = passes_on and bool(terms.onward_bodies)
    return (
        Finding("outputs", bool(ask.outputs) and not beyond, {"outputs": " ".join(beyond), "allowed": listed}),
        Finding("onward", passes_on, onward),
        Finding(
            "matching",
            ask.matching in MATCHING.get(terms.matching, frozenset()),
            {"matching": ask.matching, "says": terms.matching},
        ),
    )


def _at_the_door(terms: Terms, ask: Ask) -> tuple[Finding, ...]:
    demanded = {"factors": " ".join(sorted(terms.factors))}
    met = bool(terms.factors) and all(ask.factors & MEETS.get(one, frozenset({one})) for one in terms.factors)
    return (
        Finding("address", _within(ask.address, terms.ip_ranges), {"ranges": ", ".join(terms.ip_ranges)}),
        Finding("factors", met, demanded),
        Finding("acceptance", ask.accepted),
    )


def _within(address: str, ranges: tuple[str, ...]) -> bool:
    if not ranges:
        return True
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)  # an IPv4 network seen through an IPv6 socket
    return any((mapped or found) in ipaddress.ip_network(one) for one in ranges)


def broken(findings: tuple[Finding, ...]) -> tuple[str, ...]:
    """Return the names of the clauses that do not hold."""
    return tuple(finding.clause for finding in findings if not finding.holds)


def withdrawn(was: Terms, renewed: Terms, ask: Ask) -> tuple[Finding, ...]:
    """Return the clauses in which a renewal grants less than an ask that the version before it allowed.

    Whoever may get the data passed on counts too: a body that is named no longer.
    """
    found = [one for one in evaluate(renewed, ask, renewed.opens) if one.clause in GRANTS]
    gone = ask.onward == "named" and not set(was.onward_bodies) <= set(renewed.onward_bodies)
    return tuple(
        replace(one, holds=False) if one.clause == "onward" and gone else one
        for one in found
        if not one.holds or (one.clause == "onward" and gone)
    )


def days_left(terms: Terms, now: dt.datetime) -> int:
    """Return how many whole days remain, today included; 0 once it is over or if it never runs."""
    today = now.astimezone(ZoneInfo(terms.time_zone)).date()
    return max(0, (terms.ends_on - today).days + 1)


def _midnight(day: dt.date, zone: str) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), ZoneInfo(zone)).astimezone(dt.UTC)
