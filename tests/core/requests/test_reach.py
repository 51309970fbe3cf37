"""A freeze of a place or a nationality stops exactly the scopes that may hold it."""

import itertools

import pytest

from portal.requests import reach

# one line per part: its filters, and whether a freeze of Libya and Niger, of Western Africa (11, in Africa 2), stops it
BOARD = """
country=LBY                              | yes yes
country=SDN                              | no  yes
country=SDN,NER                          | yes yes
country=SDN,.s                           | yes yes
country=                                 | no  yes
-                                        | yes yes
year=2019                                | yes yes
country=SDN origin_subregion=11          | no  yes
country=SDN origin_subregion=14          | no  no
country=SDN origin_subregion=14,.s       | no  yes
country=SDN origin_region=142            | no  no
country=SDN origin_region=2              | no  yes
country=LBY origin_region=2 origin_subregion=14 | yes no
"""
PLACE = {"country": ("LBY", "NER")}
NATIONALITY = {"origin_subregion": ("11",), "origin_region": ("2",)}


def read(text):
    pairs = [one.split("=") for one in text.split() if one != "-"]
    return {column: tuple(one for one in values.split(",") if one) for column, values in pairs}


@pytest.mark.parametrize("line", BOARD.strip().splitlines())
def test_a_part_is_stopped_by_what_it_may_hold(line):
    filters, expected = line.split("|")
    got = [reach.holds(read(filters), PLACE), reach.holds(read(filters), NATIONALITY)]
    assert got == [word == "yes" for word in expected.split()]


def test_a_scope_is_stopped_by_any_of_its_parts():
    assert reach.touches([{"country": ("SDN",)}, {"country": ("NER",)}], PLACE)
    assert not reach.touches([{"country": ("SDN",)}, {"country": ("TCD",)}], PLACE)
    assert not reach.touches([], PLACE)


def test_it_is_what_counting_every_row_says():
    """Against the definition: rows of every combination of values, an unknown value standing for any."""
    countries, origins = ("LBY", "NER", "SDN", ".s"), ("11", "14", ".s")
    rows = list(itertools.product(countries, origins))
    for n in range(1, 1 << len(countries)):
        chosen = tuple(code for at, code in enumerate(countries) if n >> at & 1)
        for m in range(1, 1 << len(origins)):
            picked = tuple(code for at, code in enumerate(origins) if m >> at & 1)
            mine = [row for row in rows if row[0] in chosen and row[1] in picked]
            may_be_there = any(country in {"LBY", "NER", ".s"} for country, _ in mine)
            filters = {"country": chosen, "origin_subregion": picked}
            assert reach.holds(filters, PLACE) == may_be_there
            assert reach.holds(filters, {"origin_subregion": ("11",)}) == any(one in {"11", ".s"} for _, one in mine)
