"""What is delivered again with every new round: the later years are asked for openly, and can be refused openly."""

from dataclasses import replace

import pytest

from portal.requests import menu as menus
from portal.requests.drafts import Draft
from portal.requests.narrowing import is_narrowing, narrow
from portal.requests.rounds import kind, later_than, of_round, opened
from portal.requests.scope import Refusal
from tests.core.requests.test_routing import RAW, a_choice
from tests.core.requests.test_scope import ESA, SCOPE, WANA

MENU = menus.read(RAW)  # its years are 2019 and 2020


def a_scope(*parts, **more):
    return replace(SCOPE, parts=parts, **more)


def with_years(*years):
    time = {"family": "time", "columns": ["year"], "values": {"year": [a_choice(year) for year in years]}}
    return menus.read(RAW | {"file": "f2", "keys": [RAW["keys"][0], time]})


@pytest.mark.parametrize(
    ("repeats", "years", "expected"),
    [
        ("once", (), ""),
        ("once", ("2020",), ""),
        ("rounds", (), "2020"),
        ("rounds", ("2020",), "2020"),
        ("rounds", ("2019", "2020"), "2020"),
        ("rounds", ("2019",), ""),
    ],
)
def test_whoever_asks_for_the_newest_year_asks_for_those_after_it(repeats, years, expected):
    draft = Draft(repeats=repeats, filters={"year": years} if years else {})
    assert later_than(draft, MENU) == expected


def test_a_hidden_year_is_no_year():
    assert later_than(Draft(repeats="rounds"), with_years("2019", ".s")) == "2019"
    assert later_than(Draft(repeats="rounds"), with_years(".s")) == ""


def test_a_file_without_years_has_no_later_ones():
    assert later_than(Draft(repeats="rounds"), menus.read(RAW | {"keys": RAW["keys"][:1]})) == ""


def test_each_part_names_the_year_that_it_is_open_after():
    (part,) = opened([replace(WANA, filters={"country": ("NER",), "year": ("2019",)})], MENU, "2020")
    assert part.filters["year"] == ("2019", "2020")
    assert opened([WANA], MENU, "") == (WANA,)


def test_a_round_holds_the_years_that_came_since_and_nothing_else():
    scope = a_scope(WANA, ESA, repeats="rounds", later_than="2020")
    later = of_round(scope, with_years("2018", "2019", "2020", "2021", "2022", ".s"), "v2")
    assert (later.version, later.file) == ("v2", "f2")
    assert later.values("year") == ("2019", "2020", "2021", "2022")
    same = replace(later, version=scope.version, file=scope.file, parts=scope.parts)
    assert same == scope


def test_a_region_that_refused_the_newest_year_gives_no_later_one():
    scope = a_scope(WANA, ESA, repeats="rounds", later_than="2020")
    reduced = narrow(scope, Refusal(region="ESA", rows={"year": ("2020",)}, variables=("drivers",)))
    later = of_round(reduced, with_years("2019", "2020", "2021"), "v2")
    assert later.part("WANA").filters["year"] == ("2019", "2020", "2021")
    assert later.part("ESA").filters["year"] == ("2019",)
    assert later.part("ESA").variables == ("exp_types",)


def test_where_no_later_year_was_asked_for_none_comes():
    scope = a_scope(WANA, repeats="rounds")
    assert of_round(scope, with_years("2019", "2020", "2021"), "v2").parts == scope.parts


def test_that_it_repeats_is_approved_with_it():
    once = a_scope(WANA)
    again = replace(once, repeats="rounds")
    assert once.sha256() != again.sha256() != replace(again, later_than="2020").sha256()
    assert once.slice_sha256("WANA") != again.slice_sha256("WANA")
    assert not is_narrowing(once, again)
    assert not is_narrowing(again, replace(again, later_than="2020"))
    assert is_narrowing(again, replace(again, unassessed="yes"))
    assert {"repeats", "later_than", "unassessed"}.isdisjoint(once.content())


@pytest.mark.parametrize(
    ("known", "repeats", "expected"),
    [
        ("microdata", "rounds", "feed"),
        ("feed", "once", "microdata"),
        ("microdata", "once", "microdata"),
        ("exception", "once", "microdata"),
    ],
)
def test_a_request_is_a_feed_as_long_as_its_draft_says_so(known, repeats, expected):
    assert kind(known, Draft(repeats=repeats)) == expected
    assert kind(known, Draft(repeats=repeats, exception=True)) == "exception"
