import pytest

from portal.catalogue.synthetic import draw, to_ona_csv
from tests.core.synthetic.conftest import read_raw


def test_smugglers_have_a_file_of_their_own_and_are_mostly_men():
    frame = draw(600, 2, instruments=("smuggler",)).frame
    assert set(frame["instrument"]) == {"smuggler"}
    assert set(frame["instrument_version"]) == {"smg_2017", "smg_2021"}
    assert (frame["gender"] == "man").mean() == pytest.approx(0.92, abs=0.04)
    assert frame["drivers"].eq(".n").all()
    assert (~frame["smg_role"].isin(["", ".n"])).all()


def test_people_displaced_from_ukraine_are_mostly_women_and_interviewed_in_2023_and_2024():
    frame = draw(400, 2, instruments=("ukraine",)).frame
    assert set(frame["instrument_version"]) == {"ukr_2023"}
    assert (frame["gender"] == "woman").mean() == pytest.approx(0.78, abs=0.06)
    assert set(frame["interview_date"].str[:4]) == {"2023", "2024"}
    assert set(frame["interview_country"]) == {"POL", "DEU", "CHE"}


def test_the_young_are_14_to_24_and_minors_have_assented():
    frame = draw(400, 2, instruments=("youth",)).frame
    age = frame["age"][~frame["age"].isin([".d", ".r", "172", "3", "199", "0"])].astype(int)
    assert age.between(14, 24).all()
    minors = frame[frame["age"].isin(["14", "15", "16", "17"])]
    assert len(minors) > 50
    assert minors["minor_assent"].eq("yes").all()
    assert set(frame["interview_date"].str[:4]) == {"2022", "2023"}


def test_returns_and_urban_surveys_mix_with_the_core_survey_in_their_years():
    frame = draw(3_000, 2, instruments=("core_migrant", "covid", "returns", "urban")).frame
    returns, urban = (frame[frame["instrument"] == name] for name in ("returns", "urban"))
    assert (returns["interview_date"] >= "2022").all()
    assert returns["return_type"].ne(".n").all()
    assert urban["interview_date"].str[:4].isin(["2020", "2021", "2022"]).all()
    assert len(returns) > 20
    assert len(urban) > 20
    assert frame[frame["instrument"] == "core_migrant"]["return_type"].eq(".n").all()


@pytest.mark.parametrize("instruments", [("core_migrant",), ("covid",), ("returns",), ("urban",)])
def test_an_instrument_can_be_drawn_alone(instruments):
    survey = draw(200, 3, instruments=instruments)
    assert set(survey.frame["instrument"]) == set(instruments)
    assert len(read_raw(to_ona_csv(survey))) == 201 + len(survey.repeats)
