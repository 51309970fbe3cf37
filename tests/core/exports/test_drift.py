"""Whatever is not as it was approved stops a round, by its own name."""

from dataclasses import replace

import pytest

from portal.exports.drift import Against, drifted, unasked
from portal.requests import menu as menus
from portal.requests.shares import Share
from tests.core.requests.test_routing import RAW, a_choice, a_variable
from tests.core.requests.test_scope import SCOPE, WANA

REGIONS = {"LBY": "WANA", "NER": "WANA", "SDN": "ESA"}
PLACE, TIME, AGE = RAW["keys"]


def against(regions=REGIONS, scope=SCOPE, **changed):
    return tuple(drifted(scope, menus.read(RAW), menus.read(RAW | {"file": "f2"} | changed), regions.get))


def test_a_co_owner_who_was_not_asked_stops_it():
    share = Share(owner="owner:7", variables=("drivers",))
    assert tuple(unasked(SCOPE, [share])) == (Against("owners", ("drivers",)),)
    assert tuple(unasked(replace(SCOPE, owners=(share,)), [share])) == ()
    other = Share(owner="owner:8", variables=("drivers",))
    assert tuple(unasked(replace(SCOPE, owners=(share,)), [share, other])) == (Against("owners", ("drivers",)),)


def test_what_is_as_it_was_stops_nothing():
    assert against() == ()


def test_more_on_the_menu_stops_nothing():
    more = [*RAW["variables"], a_variable("new", 4)]
    assert against(variables=more, rows="30,000", keys=[PLACE, TIME]) == ()


@pytest.mark.parametrize("changed", [{"rule_set_version": 2}, {"rule_set": "other"}])
def test_another_rule_set_stops_it(changed):
    assert against(**changed) == (Against("rule_set"),)


def test_a_variable_that_is_gone_stops_it():
    left = [one for one in RAW["variables"] if one["name"] != "drivers"]
    assert against(variables=left) == (Against("variables", ("drivers",)),)


@pytest.mark.parametrize(("level", "found"), [(1, ()), (2, (Against("class", ("drivers",)),))])
def test_a_higher_class_stops_it_and_the_same_does_not(level, found):
    rest = [one for one in RAW["variables"] if one["name"] != "drivers"]
    assert against(variables=[a_variable("drivers", level), *rest]) == found


def test_a_lower_class_stops_nothing():
    rest = [one for one in RAW["variables"] if one["name"] != "exp_types"]
    assert against(variables=[a_variable("exp_types", 2), *rest]) == ()


@pytest.mark.parametrize(
    ("keys", "names"),
    [
        ([PLACE], ("time", "year")),
        ([PLACE | {"columns": ["region", "country"]}, TIME], ("place",)),
        ([PLACE | {"values": {"region": [a_choice("NAF")]}}, TIME], ("country",)),
    ],
)
def test_keys_that_are_gone_or_look_different_stop_it(keys, names):
    assert against(keys=keys) == (Against("keys", names),)


@pytest.mark.parametrize(
    ("moved", "names"),
    [({"SDN": "WANA"}, ("SDN",)), ({"LBY": "ESA", "NER": "LAC"}, ("LBY", "NER")), ({"NER": None}, ("NER",))],
)
def test_a_country_for_which_another_region_answers_stops_it(moved, names):
    assert against(REGIONS | moved) == (Against("region", names),)


def test_rows_without_a_country_stay_with_the_coordinator():
    scope = replace(SCOPE, parts=(replace(WANA, region="unassigned", filters={"country": ("", ".s")}),))
    assert against(scope=scope) == ()


def test_several_things_are_all_named():
    found = against(REGIONS | {"SDN": "WANA"}, rule_set_version=2, variables=[a_variable("exp_types", 4)])
    assert [one.code for one in found] == ["rule_set", "variables", "region"]
