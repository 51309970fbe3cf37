"""A scope's hash says exactly what was approved; taking away is a narrowing, anything else is not."""

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.requests.differences import diff
from portal.requests.narrowing import is_narrowing, narrow, without
from portal.requests.scope import EVERYWHERE, Part, Refusal, Scope, from_content

WANA = Part(
    region="WANA", filters={"country": ("LBY", "NER"), "year": ("2019", "2020")}, variables=("drivers", "exp_types")
)
ESA = Part(region="ESA", filters={"country": ("SDN",), "year": ("2019", "2020")}, variables=("drivers", "exp_types"))
SCOPE = Scope(
    dataset="4mi-core",
    version="v1",
    file="f1",
    rule_set="partner",
    rule_set_version=1,
    tier="partner",
    families=("place", "time"),
    parts=(WANA, ESA),
    recipients=("anna", "ben"),
    agreement="mou",
    agreement_revision=1,
    purpose="research",
    why="0" * 64,
    ends_on=dt.date(2026, 12, 31),
)
WIDER = {
    "dataset": "4mi-incidents",
    "version": "v2",
    "file": "f2",
    "rule_set": "licensed",
    "rule_set_version": 2,
    "tier": "licensed",
    "families": ("place", "time", "age"),
    "recipients": ("anna", "ben", "carl"),
    "agreement": "other",
    "agreement_revision": 2,
    "purpose": "protection",
    "why": "1" * 64,
    "ends_on": dt.date(2027, 1, 1),
    "outputs": ("dashboard",),
    "onward": "named",
    "matching": "A census",
    "repeats": "rounds",
    "later_than": "2020",
}


def test_order_and_repetition_do_not_change_the_hash():
    same = replace(SCOPE, parts=(ESA, WANA), recipients=("ben", "anna", "ben"), families=("time", "place"))
    assert same.sha256() == SCOPE.sha256()
    assert (
        Part(region="ESA", filters={"year": ("2020", "2019"), "country": ("SDN",)}, variables=("exp_types", "drivers"))
        == ESA
    )


def test_a_scope_names_its_values():
    assert SCOPE.values("country") == ("LBY", "NER", "SDN")
    assert SCOPE.values("gender") == ()


def test_a_scope_survives_being_written_down():
    assert from_content(SCOPE.content()) == SCOPE


def test_a_scope_from_before_kinds_of_output_reads_and_keeps_its_hash():
    older = SCOPE.content()
    assert not {"outputs", "onward", "matching"} & older.keys()
    assert from_content(older).sha256() == SCOPE.sha256()
    newer = replace(SCOPE, outputs=("public_report", "dashboard"), onward="none")
    assert newer.content()["outputs"] == ["dashboard", "public_report"]
    assert from_content(newer.content()) == newer


@pytest.mark.parametrize("field", WIDER)
def test_every_field_is_in_the_hash_and_a_wider_one_is_no_narrowing(field):
    wider = replace(SCOPE, **{field: WIDER[field]})
    assert wider.sha256() != SCOPE.sha256()
    assert wider.slice_sha256("ESA") != SCOPE.slice_sha256("ESA")
    assert not is_narrowing(SCOPE, wider)


def test_a_regions_hash_ignores_other_regions():
    changed = narrow(SCOPE, Refusal(region="WANA", rows={"country": ("NER",)}))
    assert changed.slice_sha256("ESA") == SCOPE.slice_sha256("ESA")
    assert changed.slice_sha256("WANA") != SCOPE.slice_sha256("WANA")


def test_a_refusal_touches_only_its_own_region():
    narrower = narrow(SCOPE, Refusal(region="ESA", rows={"year": ("2019",)}, variables=("exp_types",)))
    assert narrower.part("WANA") == WANA
    assert narrower.part("ESA").filters == {"country": ("SDN",), "year": ("2020",)}
    assert narrower.part("ESA").variables == ("drivers",)
    assert narrower.variables == ("drivers", "exp_types")


def test_a_refusal_everywhere_touches_all():
    narrower = narrow(SCOPE, Refusal(region=EVERYWHERE, variables=("exp_types",)))
    assert narrower.variables == ("drivers",)
    assert narrower.regions == {"ESA", "WANA"}


def test_a_part_of_which_nothing_is_left_is_gone():
    assert narrow(SCOPE, Refusal(region="ESA", rows={"country": ("SDN",)})).regions == {"WANA"}
    assert narrow(SCOPE, Refusal(region="ESA", variables=("drivers", "exp_types"))).regions == {"WANA"}


def test_refusing_what_is_not_there_is_refused():
    with pytest.raises(ValueError, match="country"):
        narrow(SCOPE, Refusal(region="ESA", rows={"country": ("NER",)}))
    with pytest.raises(ValueError, match="variables"):
        narrow(SCOPE, Refusal(region="ESA", variables=("religion",)))
    with pytest.raises(ValueError, match="LAC"):
        narrow(SCOPE, Refusal(region="LAC", variables=("drivers",)))


def test_one_region_twice_is_refused():
    with pytest.raises(ValueError, match="twice"):
        replace(SCOPE, parts=(ESA, ESA))


@pytest.mark.parametrize(
    "wider",
    [
        replace(ESA, filters={**ESA.filters, "country": ("EGY", "SDN")}),
        replace(ESA, filters={"country": ("SDN",)}),  # no year filter lets every year in
        replace(ESA, variables=(*ESA.variables, "religion")),
        replace(ESA, region="LAC"),
    ],
)
def test_a_wider_part_is_no_narrowing(wider):
    assert not is_narrowing(SCOPE, replace(SCOPE, parts=(WANA, wider)))


def test_a_further_filter_is_a_narrowing():
    women = replace(ESA, filters={**ESA.filters, "gender": ("woman",)})
    assert is_narrowing(SCOPE, replace(SCOPE, parts=(WANA, women)))
    assert not is_narrowing(replace(SCOPE, parts=(WANA, women)), SCOPE)


def subsets(values):
    return st.lists(st.sampled_from(values), unique=True).map(tuple)


@given(
    st.sampled_from(["WANA", "ESA"]),
    subsets(["2019", "2020"]),
    subsets(["drivers", "exp_types"]),
    st.booleans(),
)
def test_whatever_is_taken_away_narrows_and_never_widens(region, years, variables, drop):
    narrower = narrow(SCOPE, Refusal(region=region, rows={"year": years}, variables=variables))
    narrower = without(narrower, region) if drop else narrower
    assert is_narrowing(SCOPE, narrower)
    assert is_narrowing(narrower, SCOPE) == (narrower == SCOPE)
    assert (narrower.sha256() == SCOPE.sha256()) == (narrower == SCOPE)


def test_a_difference_names_field_region_and_both_versions():
    narrower = replace(narrow(SCOPE, Refusal(region="ESA", rows={"year": ("2019",)})), ends_on=dt.date(2026, 11, 30))
    found = {(one.name, one.region): (one.before, one.after) for one in diff(SCOPE, narrower)}
    assert found == {
        ("ends_on", ""): (("2026-12-31",), ("2026-11-30",)),
        ("year", "ESA"): (("2019", "2020"), ("2020",)),
    }
    assert diff(SCOPE, SCOPE) == ()
    gone = {(one.name, one.region): one.after for one in diff(SCOPE, without(SCOPE, "ESA"))}
    assert gone == {("country", "ESA"): (), ("year", "ESA"): (), ("variables", "ESA"): ()}


def test_an_empty_refusal_is_false():
    assert not Refusal(region="ESA", rows={"year": ()})
    assert Refusal(region="ESA", rows={"year": ("2019",)})
