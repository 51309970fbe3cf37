"""The generator's export comes back as what the generator meant, outside the dirt that it planted."""

import numpy as np
import pytest

from portal.catalogue.codebook import reference
from portal.catalogue.intake import read_survey
from portal.catalogue.intake_checks import SHORTEST_MINUTES
from portal.catalogue.synthetic import draw, to_ona_csv
from tests.core.catalogue.a_survey import a_big_file
from tests.core.catalogue.test_intake_file import finding

ROWS = 3_000
FOLLOWS_FROM = {"interview_date": ("interview_month", "mmc_region_at_interview"), "age": ("age_band5",)}


@pytest.fixture(scope="module")
def survey():
    return draw(ROWS, 4)


@pytest.fixture(scope="module")
def intake(survey):
    return read_survey(to_ona_csv(survey), reference(), name="synthetic.csv")


def test_it_reads_without_an_error(intake):
    assert intake.report.ok, [f for f in intake.report.findings if f.severity == "error"]


def test_every_cell_is_what_was_meant_outside_the_planted_dirt(survey, intake):
    touched = {name: set(rows) for name, rows in survey.written.items()}
    for source, derived in FOLLOWS_FROM.items():
        for name in derived:
            touched[name] = touched.get(name, set()) | touched.get(source, set())
    for name in intake.frame:
        if name != "username":
            read, meant = intake.frame[name].to_numpy()[:ROWS], survey.frame[name].to_numpy()
            differs = set(np.flatnonzero(read != meant).tolist())
            assert differs <= touched.get(name, set()), name


def test_known_dirt_is_read_as_what_was_meant(survey, intake):
    for name in (
        "nationality",
        "departure_country",
        "interview_place",
        "danger_place_1",
        "cost_usd",
        "departure_month",
    ):
        rows = sorted(survey.written.get(name, {}))
        assert rows
        assert intake.frame[name].iloc[rows].tolist() == survey.frame[name].iloc[rows].tolist(), name


def test_every_enumerator_keeps_one_name_and_none_keeps_the_own(survey, intake):
    pairs = set(zip(survey.frame["username"], intake.frame["username"].iloc[:ROWS], strict=True))
    assert len(pairs) == survey.frame["username"].nunique() == intake.frame["username"].nunique()
    assert not set(survey.frame["username"]) & set(intake.frame["username"])


def test_duplicates_and_quality_are_counted_as_they_were_planted(survey, intake):
    assert finding(intake, "duplicate_rows").count == len(survey.repeats)
    near = next(planted for planted in survey.planted if planted.name == "near duplicates")
    assert finding(intake, "near_duplicates").count >= len(near.uuids)
    start, end = (survey.frame[name].str[:19].to_numpy().astype("datetime64[s]") for name in ("start", "end"))
    short = (end - start) < np.timedelta64(SHORTEST_MINUTES * 60, "s")
    repeated = short[list(survey.repeats)].sum()
    assert finding(intake, "too_short").count == short.sum() + repeated


def test_consent_is_counted_as_drawn(survey, intake):
    scopes = finding(intake, "consent_scopes").params["scopes"]
    drawn = survey.frame["consent_scope"].value_counts().to_dict()
    assert sum(scopes.values()) == ROWS + len(survey.repeats)
    assert all(drawn[scope] <= scopes[scope] <= drawn[scope] + len(survey.repeats) for scope in drawn)


def test_no_marker_stands_in_the_report(survey, intake):
    text = intake.report.to_json()
    assert survey.markers
    assert not [marker for marker in survey.markers if marker in text]


def test_without_its_row_of_question_texts_every_interview_is_read(survey):
    bare = read_survey(to_ona_csv(survey, bom=False, label_row=False), reference(), name="bare.csv")
    assert finding(bare, "label_row_missing").count == 1
    assert len(bare.frame) == ROWS + len(survey.repeats)


def test_hundreds_of_columns_are_read():
    made = read_survey(a_big_file(200), reference(), name="big.csv")
    assert made.report.columns > 600
    assert len(made.frame) == 200
