import numpy as np
import pytest

from portal.catalogue.synthetic import draw
from portal.catalogue.synthetic_text import FIELDS

PEOPLE = """
five Sudanese in Agadez 2019               | 5 | interview_place=AGZ nationality=SDN year=2019
two Congolese in Agadez 2019               | 2 | interview_place=AGZ nationality=COD year=2019
Togolese asylum seeker in Niger            | 1 | interview_country=NER nationality=TGO legal_status=asylum
Cameroonian woman of 61 in Necoclí         | 1 | interview_place=NEC nationality=CMR gender=woman age=61
Laotian in Bangkok                         | 1 | interview_place=BKK nationality=LAO
non-binary respondents                     | 5 | gender=nonbinary
four transit countries nobody else has     | 1 | transit_country_1=GEO transit_country_4=KWT
Namibians in Johannesburg                  | 3 | interview_place=JNB nationality=NAM
"""


@pytest.mark.parametrize("line", PEOPLE.strip().splitlines())
def test_a_rare_profile_is_there_and_nobody_shares_its_cell(frame, planted, line):
    name, count, answers = (part.strip() for part in line.split("|"))
    rows = frame.assign(year=frame["interview_date"].str[:4])
    for answer in answers.split(" "):
        column, value = answer.split("=")
        rows = rows[rows[column] == value]
    assert len(rows) == int(count)
    assert set(rows["_uuid"]) == set(planted[name].uuids)


def test_one_sudanese_woman_in_agadez_reports_sexual_violence(frame, planted):
    uuids = planted["Sudanese woman in Agadez 2019 reporting sexual violence"].uuids
    (row,) = frame[frame["_uuid"].isin(uuids)].to_dict("records")
    assert (row["gender"], row["exp_any"], row["exp_types"]) == ("woman", "yes", "physical sexual")


def test_four_countries_of_one_person_are_passed_by_nobody_else(frame):
    for code in ("GEO", "ARM", "AZE", "KWT"):
        assert frame[[f"transit_country_{slot}" for slot in range(1, 9)]].eq(code).to_numpy().sum() == 1


@pytest.mark.parametrize(
    "name", ["EGY 2020", "EGY 2023", "YEM 2019", "TUR 2019", "TUR 2023", "NER 2023", "NER 2025", "SDN 2023"]
)
def test_boundary_cases_of_the_regions_exist(frame, planted, name):
    assert planted[name].count >= 2
    country, year = name.split(" ")
    rows = frame[frame["_uuid"].isin(planted[name].uuids)]
    assert (rows["interview_country"] == country).mean() > 0.9  # a near duplicate may have taken a row's place
    assert rows["interview_date"].str.startswith(year).mean() > 0.9


def test_every_marker_is_in_the_file(survey, content):
    text = content.decode("utf-8-sig")
    assert len(survey.markers) > 80
    assert len(set(survey.markers)) == len(survey.markers)
    assert [marker for marker in survey.markers if marker not in text] == []


def test_markers_stand_in_every_open_field_and_in_the_rows_of_the_demonstration(survey, frame, planted):
    marked = np.array([any(marker in cell for marker in survey.markers) for cell in frame["quote"]])
    assert marked.sum() >= 4
    for field in FIELDS:
        rows = frame[frame["_uuid"].isin(planted[field].uuids)]
        assert planted[field].count >= 4
        assert rows[field].str.contains("heron of Marlowe").all()
    wanted = frame["interview_country"].isin(["NER", "LBY", "SDN"]) & frame["interview_date"].str[:4].isin(
        ["2019", "2020"]
    )
    assert (frame["quote"].str.contains("heron of Marlowe") & wanted).any()


def test_open_text_speaks_arabic_and_burmese(frame):
    text = " ".join(frame["quote"])
    assert any("\u0600" <= letter <= "\u06ff" for letter in text)
    assert any("\u1000" <= letter <= "\u109f" for letter in text)


def test_the_same_seed_draws_the_same_rows_and_another_seed_others():
    one, same, other = draw(300, 9), draw(300, 9), draw(300, 10)
    assert one.frame.equals(same.frame)
    assert one.markers == same.markers
    assert not set(one.frame["_uuid"]) & set(other.frame["_uuid"])
    canaries = [{marker for marker in found.markers if "@" in marker or "heron" in marker} for found in (one, other)]
    assert all(canaries)
    assert not canaries[0] & canaries[1]


def test_a_small_file_has_what_fits():
    for rows in (1, 40):
        assert len(draw(rows, 2).frame) == rows
