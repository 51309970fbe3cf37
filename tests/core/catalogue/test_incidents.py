"""Incidents: placed by the nearest known place, never by the words of their finder."""

import csv
import hashlib
import hmac
import io
from pathlib import Path

import pytest

from portal.catalogue import geography
from portal.catalogue.eventbook import reference
from portal.catalogue.incidents import read_incidents
from portal.catalogue.incidents_shape import LEFT_OUT
from tests.core.catalogue.test_intake_file import errors, finding

OUTSIDE = Path(__file__).parents[4] / "shared/data/iom_mmp_incidents_sourced_from_4mi.csv"
HEADER = [
    "incident_type",
    "incident_year",
    "reported_month",
    "region_of_origin",
    "region_of_incident",
    "country_of_origin",
    "number_of_dead",
    "minimum_estimated_number_of_missing",
    "total_number_of_dead_and_missing",
    "number_of_survivors",
    "number_of_females",
    "number_of_males",
    "number_of_children",
    "cause_of_death",
    "migration_route",
    "location_of_death",
    "information_source",
    "unsd_geographical_grouping",
    "latitude",
    "longitude",
]
AN_EVENT = dict.fromkeys(HEADER, "") | {
    "incident_year": "2019",
    "reported_month": "October",
    "number_of_dead": "3.0",
    "minimum_estimated_number_of_missing": "0",
    "total_number_of_dead_and_missing": "3",
    "number_of_females": "1",
    "number_of_males": "2",
    "cause_of_death": "Vehicle accident / death linked to hazardous transport",
    "migration_route": "Sahara Desert crossing",
    "location_of_death": "a sentinel place",
    "latitude": "16.973",
    "longitude": "7.991",
}


def an_event(**cells: str) -> dict[str, str]:
    return {**AN_EVENT, **cells}


def a_feed(*events: dict[str, str]) -> bytes:
    rows = [HEADER, *([event[name] for name in HEADER] for event in events or (an_event(),))]
    return "\n".join(",".join(f'"{cell}"' for cell in row) for row in rows).encode()


def mac(message: bytes) -> bytes:
    return hmac.digest(b"k" * 32, message, hashlib.sha256)


def read(*events: dict[str, str]):
    return read_incidents(a_feed(*events), name="feed.csv")


def first(**cells: str):
    return read(an_event(**cells)).frame.iloc[0]


def test_an_event_is_placed_dated_and_counted_in_codes():
    row = first().drop("event_key")
    assert row.to_dict() == {
        "year": "2019",
        "month": "10",
        "region": "WAF",
        "country": "NER",
        "admin1": "NE001",
        "place": "AGZ",
        "far": "0",
        "deaths": "3",
        "women": "1",
        "men": "2",
        "children": "",
        "survivors": "",
        "cause": "vehicle",
        "route_group": "sahara",
    }


def test_every_value_is_in_the_event_book():
    frame, book = read().frame, reference()
    for name in frame:
        assert name in book.variables
        if book.variables[name].type == "single" and frame[name][0]:
            assert frame[name][0] in book.choices[book.variables[name].choices]


def test_free_text_and_presumptions_go_no_further():
    intake = read(an_event(**dict.fromkeys(LEFT_OUT, "sentinel")))
    assert "sentinel" not in intake.frame.to_csv() + intake.report.to_json()
    assert set(finding(intake, "left_out_columns").params["columns"]) == set(LEFT_OUT)


@pytest.mark.parametrize(
    ("lat", "far", "country"), [("16.973", "0", "NER"), ("15.63", "0", "NER"), ("15.61", "1", "NER")]
)
def test_beyond_150_kilometres_the_place_is_flagged(lat, far, country):
    row = first(latitude=lat)
    km = geography.nearest_place(float(lat), 7.991)[1]
    assert (row["far"], row["country"]) == (far, country)
    assert (km > geography.FAR_KM) == (far == "1")


def test_at_sea_there_is_no_country_and_nobody_of_a_region_decides():
    intake = read(an_event(latitude="34.5", longitude="13.0"))
    row = intake.frame.iloc[0]
    assert (row["place"], row["country"], row["admin1"], row["region"]) == ("SEA-CMR", "", "", "")
    assert finding(intake, "no_country").count == 1


@pytest.mark.parametrize(("lat", "lon"), [("", ""), ("95", "0"), ("x", "7"), ("0", "0"), ("16.9", "181")])
def test_an_event_without_usable_coordinates_has_no_place_at_all(lat, lon):
    intake = read(an_event(latitude=lat, longitude=lon))
    assert intake.frame.iloc[0][["place", "country", "region", "far"]].tolist() == ["", "", "", ""]
    assert finding(intake, "no_coordinates").count == 1
    assert intake.report.ok


@pytest.mark.parametrize(("year", "region"), [("2015", "WAF"), ("2023", "WAF"), ("2024", "WANA")])
def test_the_region_is_that_of_the_month_and_the_first_one_before_the_records(year, region):
    assert first(incident_year=year, reported_month="January")["region"] == region


@pytest.mark.parametrize(("month", "code"), [("january", "01"), ("12", "12"), ("3.0", "03"), (" May ", "05")])
def test_months_are_names_or_numbers(month, code):
    assert first(reported_month=month)["month"] == code


@pytest.mark.parametrize("cells", [{"incident_year": "1999"}, {"incident_year": ""}, {"reported_month": "Smarch"}])
def test_an_event_without_year_or_month_stops_publication(cells):
    assert "undated_events" in errors(read(an_event(**cells)))


def test_an_unknown_cause_is_counted_and_shown():
    intake = read(an_event(cause_of_death="Lightning"))
    assert finding(intake, "unknown_codes", "cause").params == {"labels": ["Lightning"]}
    assert intake.frame["cause"].tolist() == [".n"]


def test_totals_that_do_not_add_up_are_counted():
    assert finding(read(an_event(number_of_dead="1")), "kinds_differ").count == 1
    assert finding(read(an_event(number_of_females="4")), "parts_exceed_total").count == 1


def test_an_id_is_of_the_row_and_of_its_turn_and_the_same_in_the_next_round():
    feed, longer = [an_event(), an_event()], [an_event(reported_month="May"), an_event(), an_event(), an_event()]
    once = read_incidents(a_feed(*feed), name="f", mac=mac).frame["event_id"].tolist()
    later = read_incidents(a_feed(*longer), name="f", mac=mac).frame["event_id"].tolist()
    assert len(set(once)) == 2
    assert later[1:3] == once
    assert len(set(later)) == 4


def test_an_id_does_not_depend_on_the_order_of_columns_or_the_byte_order_mark():
    out = io.StringIO()
    csv.writer(out).writerows(reversed(row) for row in csv.reader(a_feed().decode().splitlines()))
    turned = out.getvalue()
    plain = read_incidents(a_feed(), name="f", mac=mac).frame["event_id"].tolist()
    assert read_incidents(b"\xef\xbb\xbf" + turned.encode(), name="f", mac=mac).frame["event_id"].tolist() == plain


def test_reports_of_one_event_share_a_key_and_are_counted():
    intake = read(an_event(), an_event(location_of_death="elsewhere"), an_event(total_number_of_dead_and_missing="4"))
    one, two, other = intake.frame["event_key"]
    assert one == two != other
    assert finding(intake, "repeated_events").count == 1


def test_columns_that_are_not_needed_may_be_absent():
    needed = "incident_year,reported_month,total_number_of_dead_and_missing,latitude,longitude\n2019,May,2,16.9,7.9\n"
    row = read_incidents(needed.encode(), name="f").frame.iloc[0]
    assert (row["deaths"], row["women"], row["cause"], row["place"]) == ("2", "", "", "AGZ")


def test_a_survey_is_no_incident_file():
    intake = read_incidents(b"_uuid,gender\n1,woman\n", name="f")
    assert "missing_columns" in errors(intake)
    assert intake.frame.empty


def test_a_workbook_is_refused_in_words():
    assert errors(read_incidents(b"PK\x03\x04", name="f")) == {"not_text"}


@pytest.fixture(scope="module")
def outside():
    if not OUTSIDE.exists():
        pytest.skip("the outside incident file is not beside the project")
    return read_incidents(OUTSIDE.read_bytes(), name=OUTSIDE.name, mac=mac)


def test_the_outside_file_is_read_whole_and_nothing_stops_publication(outside):
    assert outside.report.ok
    assert len(outside.frame) == 2_754
    assert outside.frame["deaths"].astype(int).sum() == 6_221
    assert outside.frame["event_id"].is_unique


def test_45_percent_of_the_outside_file_lie_far_from_every_known_place(outside):
    assert round(100 * (outside.frame["far"] == "1").mean()) == 45


def test_383_rows_of_the_outside_file_repeat_another_one(outside):
    assert finding(outside, "repeated_events").count == 383
    assert outside.frame["event_key"].nunique() == 2_754 - 383


def test_no_cause_and_no_route_of_the_outside_file_is_left_over(outside):
    assert not {f.code for f in outside.report.findings} & {"unknown_codes", "ambiguous_labels", "undated_events"}
