import datetime as dt

import numpy as np
import pytest

from portal.catalogue import geography
from portal.catalogue.codebook import reference, reference_bytes

TODAY = dt.date(2026, 11, 21)
RESPONSIBLE = """
EGY 2020-06-15 NAF  ESA
EGY 2023-06-15 ESA  ESA
YEM 2019-06-15 EAY  ESA
TUR 2019-06-15 MEA  ASIA
TUR 2023-06-15 APC  ASIA
NER 2023-06-15 WAF  WANA
NER 2025-06-15 WANA WANA
SDN 2023-06-15 ESA  ESA
SDN 2019-06-15 EAY  ESA
LBY 2020-06-15 NAF  WANA
"""


@pytest.mark.parametrize("line", RESPONSIBLE.split("\n")[1:-1])
def test_a_row_keeps_the_region_of_its_day_and_is_decided_by_the_region_of_today(line):
    country, day, then, now = line.split()
    assert geography.region_on(country, dt.date.fromisoformat(day)) == then
    assert geography.region_today(country, TODAY) == now


@pytest.mark.parametrize(
    ("day", "region"),
    [("2018-01-31", None), ("2018-02-01", "NAF"), ("2021-12-31", "NAF"), ("2022-01-01", "ESA")],
)
def test_responsibility_changes_on_the_day_and_both_ends_count(day, region):
    assert geography.region_on("EGY", dt.date.fromisoformat(day)) == region


def test_before_the_first_record_the_first_region_describes_a_row():
    map_ = geography.reference()
    assert map_.region_at("NER", dt.date(2014, 11, 1)) == "WAF"
    assert map_.region_at("NER", dt.date(2025, 1, 1)) == "WANA"
    assert map_.region_at("TCD", dt.date(2025, 1, 1)) == ""


def test_a_country_nobody_answers_for_has_no_region():
    assert geography.region_today("TCD", TODAY) is None
    assert geography.region_today("", TODAY) is None
    assert geography.region_today("NAM", TODAY) is None


def test_no_country_ever_has_two_regions_on_one_day():
    map_ = geography.reference()
    days = [dt.date(2018, 2, 1) + dt.timedelta(days=n) for n in range(0, 3_300, 7)]
    for charges in map_.charges.values():
        assert all(sum(charge.holds(day) for charge in charges) <= 1 for day in days)


def test_two_regions_for_one_country_and_day_are_refused():
    twice = b"country_iso3,region,valid_from,valid_to\nEGY,NAF,2018-02-01,\nEGY,ESA,2022-01-01,\n"
    with pytest.raises(ValueError, match="two regions answer for EGY"):
        geography.parse(reference_bytes("regions.csv"), twice, reference_bytes("places.csv"))


def test_a_region_that_is_nowhere_described_is_refused():
    unknown = b"country_iso3,region,valid_from,valid_to\nEGY,XXX,2018-02-01,\n"
    with pytest.raises(ValueError, match="XXX is not in regions"):
        geography.parse(reference_bytes("regions.csv"), unknown, reference_bytes("places.csv"))


def test_every_place_lies_where_the_codebook_says():
    up = reference().hierarchies()
    for place in geography.reference().places.values():
        assert up["place"][place.code] == place.admin1
        assert up["admin1"].get(place.admin1, "") == place.country


@pytest.mark.parametrize("code", ["AGZ", "SEA-CMR", "TIJ", "PEN"])
def test_a_place_is_the_nearest_to_itself(code):
    place = geography.reference().places[code]
    found, km = geography.nearest_place(place.lat, place.lon)
    assert (found.code, km) == (code, 0)


def test_the_sea_has_no_country():
    assert geography.nearest_place(34.5, 13.0)[0].country == ""


@pytest.mark.parametrize(
    ("a", "b", "km"),
    [((0, 0), (0, 180), 20_015.1), ((0, 179.5), (0, -179.5), 111.2), ((48.8566, 2.3522), (51.5074, -0.1278), 343.6)],
)
def test_distances_run_over_the_globe_and_over_the_date_line(a, b, km):
    made = geography.haversine_km(*(np.array([float(x)]) for x in (*a, *b)))
    assert made[0] == pytest.approx(km, abs=0.1)


def test_distances_agree_with_the_chord_through_the_earth():
    rng = np.random.default_rng(7)
    lat, lon = rng.uniform(-90, 90, (2, 500)), rng.uniform(-180, 180, (2, 500))
    phi, lam = np.radians(lat), np.radians(lon)
    points = np.stack([np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)])
    chord = np.sqrt(((points[:, 0] - points[:, 1]) ** 2).sum(axis=0))
    expected = 2 * geography.EARTH_KM * np.arcsin(np.clip(chord / 2, 0, 1))
    np.testing.assert_allclose(geography.haversine_km(lat[0], lon[0], lat[1], lon[1]), expected, atol=1e-3)


@pytest.mark.parametrize(("lat", "lon"), [(float("nan"), 0), (91, 0), (0, 181), (0, float("nan"))])
def test_a_point_off_the_globe_has_no_nearest_place(lat, lon):
    with pytest.raises(ValueError, match="coordinates"):
        geography.nearest_place(lat, lon)
