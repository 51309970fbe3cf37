import math
from io import BytesIO

import pandas as pd
import pytest

from portal.catalogue.synthetic import draw
from portal.catalogue.synthetic_events import incident_table, incidents_csv
from portal.catalogue.synthetic_reference import table
from tests.core.catalogue.test_incidents import HEADER


@pytest.fixture(scope="module")
def incidents(survey):
    return incident_table(survey)


def test_the_columns_are_those_of_the_public_file(incidents):
    assert incidents.columns.tolist() == HEADER
    assert not incidents.isna().any().any()


def test_every_row_says_that_it_is_synthetic(incidents):
    assert incidents["information_source"].str.endswith("synthetic").all()


def test_only_consented_and_checked_interviews_report(frame, incidents):
    reporting = frame[frame["deaths_seen"] == "yes"]
    may = reporting[reporting["consent_scope"].eq("share_anon") & reporting["qc_flag"].isin(["ok", "recoded"])]
    placed = may[~may[["deaths_place", "deaths_month", "deaths_n"]].isin(["", ".d", ".r", ".n"]).any(axis=1)]
    assert 0 < len(incidents) == len(placed) < len(reporting)
    assert incidents["total_number_of_dead_and_missing"].tolist() == placed["deaths_n"].tolist()


def test_the_dead_add_up(incidents):
    parts = sum(incidents[name].astype(int) for name in ("number_of_females", "number_of_males", "number_of_children"))
    assert (parts == incidents["total_number_of_dead_and_missing"].astype(int)).all()
    assert (incidents["number_of_dead"].astype(float) == parts).all()


def test_some_events_stand_in_it_more_than_once(incidents):
    key = ["incident_year", "reported_month", "latitude", "longitude", "total_number_of_dead_and_missing"]
    again = incidents.duplicated(key).mean()
    assert 0.02 < again < 0.3


def test_some_events_lie_far_from_any_known_place(incidents):
    places = table("places.csv")[["lat", "lon"]].astype(float).to_numpy()

    def nearest(lat, lon):
        return min(math.hypot(lat - a, (lon - b) * math.cos(math.radians(lat))) * 111 for a, b in places)

    far = [
        nearest(float(a), float(b)) > 150 for a, b in zip(incidents["latitude"], incidents["longitude"], strict=True)
    ]
    assert 0.05 < sum(far) / len(far) < 0.5


def test_a_place_at_sea_has_no_country(incidents):
    sea = incidents[incidents["location_of_death"].str.startswith("At sea")]
    assert len(sea) > 0
    assert sea["unsd_geographical_grouping"].eq("Uncategorized").all()


def test_the_table_is_written_as_csv_and_an_empty_one_too(survey, incidents):
    back = pd.read_csv(BytesIO(incidents_csv(survey)), dtype=str, keep_default_na=False)
    assert back.equals(incidents)
    assert incident_table(draw(3, 1)).columns.tolist() == HEADER
