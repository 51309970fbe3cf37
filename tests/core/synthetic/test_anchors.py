import pandas as pd
import pytest

from portal.catalogue.synthetic_interview import region_at
from portal.catalogue.synthetic_reference import params

MISSING = ["", ".d", ".r", ".n"]


def year(frame):
    return frame["interview_date"].str[:4]


def answered(frame, name):
    return frame[~frame[name].isin(MISSING)]


def says(values, code):
    return values.str.split(" ").apply(lambda codes: code in codes)


def test_each_year_has_its_share_of_the_rows(frame):
    volumes = {when: sum(regions.values()) for when, regions in params()["volume_by_region_year"].items()}
    found = year(frame).value_counts()
    for when, volume in volumes.items():
        assert found[when] == pytest.approx(len(frame) * volume / 140_000, abs=0.1 * found[when] + 8)


def test_niger_libya_and_sudan_2019_and_2020_hold_what_the_volumes_promise(frame):
    there = frame["interview_country"].isin(["NER", "LBY", "SDN"]) & year(frame).isin(["2019", "2020"])
    sahel, libya = 6_400 + 7_300 * 0.8, 1_900 + 5_600 * 0.7
    sudan = (2_200 + 2_300) * 0.22
    expected = sahel * 0.29 + libya + sudan
    assert there.sum() == pytest.approx(len(frame) * expected / 140_000, rel=0.12)


def test_every_row_has_the_region_that_answered_for_its_country_that_day(frame):
    pairs = zip(frame["interview_country"], frame["interview_date"], strict=True)
    assert [region_at(*pair) for pair in pairs] == frame["mmc_region_at_interview"].tolist()


def test_the_region_changes_hands_on_the_first_of_january():
    assert region_at("EGY", "2021-12-31") == "NAF"
    assert region_at("EGY", "2022-01-01") == "ESA"
    assert region_at("YEM", "2016-05-01") == "EAY"


@pytest.mark.parametrize(
    ("country", "when", "share"),
    [("LBY", ["2017", "2018", "2019"], 0.44), ("NER", ["2019"], 0.30), ("TUR", None, 0.27)],
)
def test_the_share_of_women_follows_the_anchors(frame, country, when, share):
    rows = frame[(frame["interview_country"] == country) & (year(frame).isin(when) if when else True)]
    assert (rows["gender"] == "woman").mean() == pytest.approx(share, abs=0.11)


def test_ages_are_those_of_adults_around_their_cluster_s_mean(frame):
    rows = answered(frame, "age")
    age = rows["age"].astype(int)
    usual = age.between(18, 79)
    assert (~usual).sum() == 2
    horn, latin = rows["interview_country"].isin(["DJI", "YEM"]), rows["interview_country"] == "COL"
    assert age[usual & horn].mean() == pytest.approx(24.3, abs=1)
    assert age[usual & latin].mean() == pytest.approx(32, abs=1.5)


def test_round_ages_are_heaped(frame):
    age = answered(frame, "age")["age"].astype(int)
    assert age.isin([25, 30, 35]).sum() > 1.15 * age.isin([23, 28, 33]).sum()


def test_consent_to_share_is_given_by_all_but_a_few(frame):
    early = year(frame) < "2017"
    scope = frame["consent_scope"]
    assert (scope[~early] == "share_anon").mean() == pytest.approx(0.96, abs=0.015)
    assert (scope[early] == "mmc_only").mean() == pytest.approx(0.15, abs=0.08)
    assert (scope == "withdrawn").sum() >= 2
    assert (frame["consent_given"] == "yes").all()


def test_instruments_follow_the_calendar(frame):
    month = frame["interview_month"]
    remote = month.between("2020-04", "2021-01")
    assert (frame["instrument"] == "covid").eq(remote).all()
    expected = {"v1_2014": month <= "2016-12", "v2_2017": month.between("2017-01", "2020-03")}
    expected |= {"cov1_2020": month.between("2020-04", "2020-06"), "v3_2021": month >= "2021-02"}
    for version, rows in expected.items():
        assert (frame["instrument_version"] == version).eq(rows).all()


def test_most_interviews_of_the_pandemic_are_by_telephone(frame):
    covid = frame[(frame["instrument"] == "covid") & (year(frame) == "2020")]
    assert covid["interview_mode"].isin(["phone", "remote"]).mean() == pytest.approx(0.9, abs=0.06)
    late = frame[year(frame) >= "2022"]
    assert (late["interview_mode"] == "f2f").mean() == pytest.approx(0.85, abs=0.04)


def test_lengths_and_hours_make_the_quality_checks_fire(frame):
    minutes = frame["_duration"].astype(int)
    assert minutes.median() == pytest.approx(34, abs=2)
    assert (minutes < 15).mean() == pytest.approx(0.03, abs=0.015)
    assert (minutes > 60).mean() == pytest.approx(0.04, abs=0.02)
    hour = frame["start"].str[11:13].astype(int)
    assert 0 < (~hour.between(5, 21)).mean() < 0.02


@pytest.mark.parametrize(
    ("name", "unknown", "refused"),
    [
        ("cost_local", 0.08, 0.03),
        ("danger_perp_1", 0.05, 0.003),
        ("exp_types", 0.012, 0.06),
        ("education", 0.012, 0.007),
    ],
)
def test_kinds_of_missing_have_their_shares_among_the_asked(frame, name, unknown, refused):
    asked = frame[~frame[name].isin(["", ".n"])][name]
    assert (asked == ".d").mean() == pytest.approx(unknown, abs=0.02)
    assert (asked == ".r").mean() == pytest.approx(refused, abs=0.02)


def test_a_few_people_refuse_more_than_six_questions(frame):
    refusals = frame.eq(".r").sum(axis=1)
    assert (refusals > 6).mean() == pytest.approx(0.007, abs=0.005)


def test_women_name_work_less_often_and_family_more_often(frame):
    rows = frame[frame["interview_country"].isin(["NER", "MLI", "BFA", "LBY"])]
    woman = rows["gender"] == "woman"
    assert says(rows["drivers"][woman], "economic").mean() < says(rows["drivers"][~woman], "economic").mean()
    assert says(rows["drivers"][woman], "family").mean() > 1.25 * says(rows["drivers"][~woman], "family").mean()


def test_smuggler_use_and_fees_follow_the_route(frame):
    use = answered(frame, "smuggler_use")
    libya = use[use["interview_country"] == "LBY"]["smuggler_use"].isin(["one", "several"])
    assert libya.mean() == pytest.approx(0.68, abs=0.07)
    paid = answered(frame, "cost_usd").assign(usd=lambda rows: rows["cost_usd"].astype(float))
    median = paid.groupby("interview_country")["usd"].median()
    assert median["NER"] == pytest.approx(250, rel=0.25)
    assert median["MYS"] > 5 * median["NER"]


def test_death_events_are_mostly_small_and_late_in_the_year(frame):
    dead = answered(frame, "deaths_n")["deaths_n"].astype(int)
    assert (dead == 1).mean() == pytest.approx(0.51, abs=0.08)
    assert dead.mean() == pytest.approx(2.26, abs=0.6)
    assert dead.max() <= 36
    month = answered(frame, "deaths_month")["deaths_month"].str[5:].astype(int)
    assert (month >= 10).mean() > 0.26


def test_some_deaths_are_reported_by_several_people(frame):
    rows = answered(frame, "deaths_month")
    same = rows.duplicated(["deaths_place", "deaths_month", "deaths_n", "deaths_cause"], keep=False)
    assert same.mean() > 0.15


def test_an_enumerator_serves_one_or_two_places_and_some_places_have_only_one(frame):
    assert frame.groupby("username")["interview_place"].nunique().max() <= 2
    assert (frame.groupby(["interview_place", year(frame)])["username"].agg(lambda names: len(set(names))) == 1).any()


def test_nothing_is_said_to_have_happened_after_the_interview(frame):
    for name in ("departure_month", "deaths_month", "exp_month"):
        rows = answered(frame, name)
        assert (rows[name] <= rows["interview_month"]).all()
    both = answered(answered(frame, "departure_month"), "journey_months")
    gap = pd.PeriodIndex(both["interview_month"], freq="M").astype("int64") - pd.PeriodIndex(
        both["departure_month"], freq="M"
    ).astype("int64")
    assert gap.tolist() == both["journey_months"].astype(int).tolist()
