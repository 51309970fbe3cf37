"""What an agreement allows: each clause at its boundary, and nothing by default."""

import datetime as dt
from dataclasses import replace

import pytest

from portal.agreements.terms import (
    ASKED_AT,
    CLAUSES,
    COARSER,
    ENFORCEMENT,
    MOMENTS,
    PURPOSES,
    TIERS,
    Ask,
    Terms,
    broken,
    days_left,
    evaluate,
    withdrawn,
)

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
    outputs=frozenset({"internal_analysis", "public_report"}),
    onward="none",
    matching="forbidden",
    factors=frozenset({"pwd", "otp"}),
)
ASK = Ask(
    organisation="iom",
    purpose="research",
    dataset="4mi-core",
    regions=frozenset({"ESA"}),
    tier="partner",
    most_sensitive=3,
    ends_on=dt.date(2026, 6, 30),
    outputs=frozenset({"public_report"}),
    onward="none",
    matching="none",
    address="192.0.2.7",
    factors=frozenset({"pwd", "otp"}),
    accepted=True,
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
    assert set(fails(ask=Ask())) == set(CLAUSES) - {"status", "start", "end", "address"}


def test_an_empty_agreement_denies():
    bare = replace(MOU, purposes=frozenset(), datasets=frozenset(), regions=frozenset(), tier="", most_sensitive=0)
    assert set(fails(bare)) == {"purpose", "dataset", "regions", "tier", "sensitivity"}
    bare = replace(MOU, outputs=frozenset(), onward="", matching="", factors=frozenset())
    assert set(fails(bare)) == {"outputs", "onward", "matching", "factors"}


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
        ({"purpose": "advocacy"}, "purpose"),
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


@pytest.mark.parametrize("purpose", ENFORCEMENT)
def test_no_agreement_allows_enforcement(purpose):
    assert purpose not in PURPOSES
    assert fails(replace(MOU, purposes=MOU.purposes | {purpose}), replace(ASK, purpose=purpose)) == ("enforcement",)


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_moment_asks_its_own_clauses_and_any_other_word_asks_all(moment):
    asked = {finding.clause for finding in evaluate(MOU, replace(ASK, moment=moment), SPRING)}
    assert asked == {name for name in CLAUSES if moment in ASKED_AT.get(name, MOMENTS)}
    assert {finding.clause for finding in evaluate(MOU, replace(ASK, moment="soon"), SPRING)} == set(CLAUSES)


@pytest.mark.parametrize(
    ("says", "bodies", "asked", "holds"),
    [
        ("none", (), "none", True),
        ("none", ("A body",), "named", False),
        ("named", ("A body",), "named", True),
        ("named", (), "named", False),  # nobody is named
        ("named", ("A body",), "subpartners", False),
        ("subpartners", (), "subpartners", True),
        ("subpartners", (), "none", True),
        ("subpartners", (), "", False),
        ("", (), "none", False),
        ("everybody", (), "none", False),
    ],
)
def test_passing_on_stays_within_what_is_said(says, bodies, asked, holds):
    found = fails(replace(MOU, onward=says, onward_bodies=bodies), replace(ASK, onward=asked))
    assert found == (() if holds else ("onward",))


@pytest.mark.parametrize(
    ("says", "asked", "holds"),
    [("forbidden", "none", True), ("forbidden", "named", False), ("named", "named", True), ("named", "", False)],
)
def test_matching_stays_within_what_is_said(says, asked, holds):
    assert fails(replace(MOU, matching=says), replace(ASK, matching=asked)) == (() if holds else ("matching",))


@pytest.mark.parametrize(
    ("address", "holds"),
    [
        ("192.0.2.0", True),
        ("192.0.2.255", True),
        ("192.0.3.0", False),
        ("::ffff:192.0.2.1", True),
        ("2001:db8::1", True),
        ("2001:db9::1", False),
        ("", False),
        ("192.0.2", False),
        ("192.0.2.1, 10.0.0.1", False),
    ],
)
def test_an_address_lies_in_a_network_that_is_named(address, holds):
    within = replace(MOU, ip_ranges=("192.0.2.0/24", "2001:db8::/32"))
    assert fails(within, replace(ASK, address=address)) == (() if holds else ("address",))
    assert fails(MOU, replace(ASK, address=address)) == ()


@pytest.mark.parametrize(
    ("demanded", "shown", "holds"),
    [
        ({"pwd"}, {"pwd"}, True),
        ({"pwd", "otp"}, {"pwd"}, False),
        ({"pwd", "otp"}, {"otp"}, False),
        ({"pwd", "otp"}, {"hwk"}, True),
        ({"hwk"}, {"pwd", "otp"}, False),
        (set(), {"pwd", "otp"}, False),  # an agreement that demands nothing says nothing
    ],
)
def test_every_factor_that_is_demanded_is_met(demanded, shown, holds):
    found = fails(replace(MOU, factors=frozenset(demanded)), replace(ASK, factors=frozenset(shown)))
    assert found == (() if holds else ("factors",))


@pytest.mark.parametrize(
    ("renewed", "less"),
    [
        ({"ends_on": dt.date(2026, 3, 1), "factors": frozenset({"hwk"}), "ip_ranges": ("192.0.2.0/32",)}, ()),
        ({"status": "signing", "regions": frozenset({"ESA"}), "outputs": frozenset({"public_report"})}, ()),
        ({"purposes": frozenset({"protection"})}, ("purpose",)),
        ({"datasets": frozenset()}, ("dataset",)),
        ({"regions": frozenset({"WANA"})}, ("regions",)),
        ({"tier": "licensed", "most_sensitive": 2}, ("tier", "sensitivity")),
        ({"outputs": frozenset({"internal_analysis"})}, ("outputs",)),
        ({"onward": "none"}, ("onward",)),
        ({"onward_bodies": ("UNHCR",)}, ("onward",)),
        ({"onward_bodies": ("UNHCR", "IOM", "ICRC")}, ()),
        ({"matching": "forbidden"}, ("matching",)),
    ],
)
def test_a_renewal_grants_less_by_what_may_be_had_never_by_days_or_conditions(renewed, less):
    was = replace(MOU, onward="named", onward_bodies=("IOM", "UNHCR"), matching="named")
    ask = replace(ASK, onward="named", matching="named")
    assert broken(withdrawn(was, replace(was, **renewed), ask)) == less
