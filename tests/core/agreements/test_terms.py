"""What an agreement allows: each clause at its boundary, and nothing by default."""

import datetime as dt
from dataclasses import replace

import pytest

from portal.agreements.terms import CLAUSES, COARSER, TIERS, Ask, Terms, broken, days_left, evaluate

COPENHAGEN = "Europe/Copenhagen"
MOU = Terms(
    status="active",
    organisation="iom",
    starts_on=dt.date(2026, 1, 1),
    ends_on=dt.date(2026, 6, 30),
    time_zone=COPENHAGEN,
    purposes=frozenset({"research", "protection"}),
    datasets=frozenset({"4mi-core"}),
    regions=frozenset({"ESA", "WANA"}),
    tier="partner",
    most_sensitive=3,
)
ASK = Ask(
    organisation="iom",
    purpose="research",
    dataset="4mi-core",
    regions=frozenset({"ESA"}),
    tier="partner",
    most_sensitive=3,
    ends_on=dt.date(2026, 6, 30),
)
SPRING = dt.datetime(2026, 4, 1, 12, tzinfo=dt.UTC)


def fails(terms=MOU, ask=ASK, now=SPRING):
    return broken(evaluate(terms, ask, now))


def at(text, zone):
    from zoneinfo import ZoneInfo

    return dt.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def test_an_agreement_allows_what_it_says():
    assert fails() == ()
    assert tuple(finding.clause for finding in evaluate(MOU, ASK, SPRING)) == CLAUSES


def test_an_empty_ask_is_denied_on_every_clause_that_asks_something():
    assert set(fails(ask=Ask())) == set(CLAUSES) - {"status", "start", "end"}


def test_an_empty_agreement_denies():
    bare = replace(MOU, purposes=frozenset(), datasets=frozenset(), regions=frozenset(), tier="", most_sensitive=0)
    assert set(fails(bare)) == {"purpose", "dataset", "regions", "tier", "sensitivity"}


def test_two_empty_organisations_are_not_the_same_one():
    assert "organisation" in fails(replace(MOU, organisation=""), replace(ASK, organisation=""))


@pytest.mark.parametrize("status", ["draft", "signing", "suspended", "ended", ""])
def test_only_an_active_agreement_allows(status):
    assert fails(replace(MOU, status=status)) == ("status",)


@pytest.mark.parametrize(
    ("moment", "zone", "broken_clauses"),
    [
        ("2026-07-01T00:30", "Africa/Nairobi", ()),  # 23:30 on 30 June in Copenhagen
        ("2026-07-01T01:30", "Africa/Nairobi", ("end",)),  # 00:30 on 1 July in Copenhagen
        ("2026-06-30T23:59:59", COPENHAGEN, ()),
        ("2026-07-01T00:00:00", COPENHAGEN, ("end",)),
        ("2026-01-01T00:00:00", COPENHAGEN, ()),
        ("2025-12-31T23:59:59", COPENHAGEN, ("start",)),
    ],
)
def test_a_day_is_a_day_in_the_agreements_own_zone(moment, zone, broken_clauses):
    assert fails(now=at(moment, zone)) == broken_clauses


@pytest.mark.parametrize(
    ("change", "clause"),
    [
        ({"organisation": "unhcr"}, "organisation"),
        ({"purpose": "law_enforcement"}, "purpose"),
        ({"dataset": "4mi-incidents"}, "dataset"),
        ({"regions": frozenset({"ESA", "LAC"})}, "regions"),
        ({"regions": frozenset({"unassigned"})}, "regions"),
        ({"tier": "census"}, "tier"),
        ({"most_sensitive": 4}, "sensitivity"),
        ({"most_sensitive": 0}, "sensitivity"),
        ({"ends_on": dt.date(2026, 7, 1)}, "request_end"),
        ({"ends_on": None}, "request_end"),
    ],
)
def test_one_thing_too_many_breaks_its_own_clause_only(change, clause):
    assert fails(ask=replace(ASK, **change)) == (clause,)


def test_the_regions_named_are_those_outside():
    finding = evaluate(MOU, replace(ASK, regions=frozenset({"ESA", "LAC", "EUR"})), SPRING)[CLAUSES.index("regions")]
    assert finding.params == {"regions": "EUR LAC"}


def test_a_tier_covers_itself_and_never_a_finer_one():
    assert all(tier in COARSER[tier] for tier in TIERS)
    assert fails(replace(MOU, tier="licensed")) == ("tier",)
    assert fails(replace(MOU, tier="licensed"), replace(ASK, tier="licensed")) == ()
    assert fails(ask=replace(ASK, tier="event")) == ()
    assert fails(ask=replace(ASK, tier="table")) == ()
    assert fails(replace(MOU, tier="event"), replace(ASK, tier="table")) == ("tier",)


@pytest.mark.parametrize(
    ("moment", "left"),
    [("2026-06-30T12:00", 1), ("2026-06-29T23:59", 2), ("2026-07-01T00:00", 0), ("2027-01-01T00:00", 0)],
)
def test_days_left_count_the_last_day(moment, left):
    assert days_left(MOU, at(moment, COPENHAGEN)) == left
