"""Who decides follows from the rows that match and the map of today."""

import datetime as dt

import pytest

from portal.catalogue.geography import region_today
from portal.requests import menu as menus
from portal.requests.routing import routes, tens, triggers

TODAY = dt.date(2026, 11, 21)


def a_choice(code, count="100"):
    return {"code": code, "label_en": code.title(), "label_fr": code.title(), "count": count}


def a_variable(name, sensitivity=1):
    return {"name": name, "label_en": name, "label_fr": name, "section": "06_drivers", "sensitivity": sensitivity}


RAW = {
    "file": "f1",
    "rule_set": "partner",
    "rule_set_version": 1,
    "rows": "20,000",
    "k": 5,
    "keys": [
        {
            "family": "place",
            "columns": ["region", "country", "admin1"],
            "values": {"region": [a_choice("NAF")], "country": [a_choice(c) for c in ("NER", "LBY", "SDN", ".s")]},
        },
        {"family": "time", "columns": ["year"], "values": {"year": [a_choice("2019"), a_choice("2020")]}},
        {"family": "age", "columns": ["age_band"], "values": {}},
    ],
    "variables": [
        a_variable("drivers"),
        a_variable("exp_any", 3),
        a_variable("exp_types", 4),
        a_variable("religion", 4),
    ],
}
MENU = menus.read(RAW)


def region_of(country):
    return region_today(country, TODAY)


def routed(counts, filters=None, variables=("drivers",)):
    return routes(counts, MENU, filters or {}, variables, region_of)


def test_a_row_goes_to_the_region_that_answers_today_not_then():
    found = routed({("EGY", "2019"): 40, ("YEM", "2019"): 50, ("TUR", "2019"): 60, ("NER", "2024"): 70})
    assert {route.region: route.part.filters["country"] for route in found} == {
        "ASIA": ("TUR",),
        "ESA": ("EGY", "YEM"),
        "WANA": ("NER",),
    }


def test_a_row_without_a_country_is_unassigned():
    (route,) = routed({(".s", "2019"): 40, ("", "2020"): 10})
    assert (route.region, route.rows) == ("unassigned", 50)


def test_a_region_without_a_matching_row_is_not_asked():
    assert [route.region for route in routed({("NER", "2019"): 5, ("SDN", "2019"): 0})] == ["WANA"]
    assert routed({}) == ()


def test_a_part_names_its_countries_and_years_and_keeps_other_filters():
    route = routed({("NER", "2019"): 5, ("LBY", "2020"): 60}, {"region": ["NAF"], "gender": []})[0]
    assert route.part.filters == {"country": ("LBY", "NER"), "region": ("NAF",), "year": ("2019", "2020")}


def test_a_profile_shows_tens_only():
    route = routed({("NER", "2019"): 5, ("LBY", "2020"): 64})[0]
    cells = [["LBY", "2020", 60], ["NER", "2019", 0]]
    assert route.profile() == {"rows": 70, "cells": cells, "far": None, "risk": 1}


def test_a_region_is_told_how_many_rows_were_placed_there_from_afar():
    counts = {("NER", "2019"): 50, ("LBY", "2020"): 64, ("SDN", "2019"): 40}
    found = routes(counts, MENU, {}, ("drivers",), region_of, {"NER": 30, "LBY": 11, "SDN": 4})
    assert {route.region: (route.far, route.profile()["far"]) for route in found} == {"ESA": (4, 0), "WANA": (41, 40)}


def test_a_file_without_countries_is_the_coordinators():
    bare = menus.read({**RAW, "keys": []})
    (route,) = routes({("", ""): 30}, bare, {}, ("drivers",), region_of)
    assert (route.region, dict(route.part.filters)) == ("unassigned", {})


@pytest.mark.parametrize(
    ("names", "reasons"),
    [(["drivers", "exp_any"], ()), (["exp_types"], ("red",)), (["religion"], ("red", "special_category"))],
)
def test_red_or_special_variables_call_the_officer(names, reasons):
    assert triggers("microdata", MENU, names) == reasons
    assert triggers("exception", MENU, names) == (*reasons, "exception")


def test_a_variable_off_the_menu_counts_as_red():
    assert MENU.most_sensitive(["unheard_of"]) == 4
    assert MENU.most_sensitive([]) == 1


def test_a_menu_knows_its_filters_and_its_year():
    assert set(MENU.filters) == {"region", "country", "year"}
    assert MENU.year == "year"
    event = {**RAW, "keys": [{"family": "time", "columns": ["incident_year"], "values": {"incident_year": []}}]}
    assert menus.read(event).year == "incident_year"


@pytest.mark.parametrize(("rows", "shown"), [(29, 0), (30, 30), (34, 30), (35, 40)])
def test_a_count_below_thirty_is_never_shown(rows, shown):
    assert tens(rows) == shown


def test_a_menu_labels_its_columns_and_values():
    labelled = {**RAW["keys"][0], "labels": [{"name": "country", "label_en": "Country", "label_fr": "Pays"}]}
    menu = menus.read({**RAW, "keys": [labelled]})
    assert menu.labels["country"].label_fr == "Pays"
    assert menu.labels["admin1"].label_en == "admin1"
    assert menu.choice("country", "NER").label_en == "Ner"
    assert menu.choice("country", "XXX").label_fr == "XXX"
