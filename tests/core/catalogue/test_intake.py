"""From an Ona export to the canonical frame: what is computed, settled, counted, and never lost."""

import hashlib
import hmac

import pytest
import time_machine

from portal.catalogue.codebook import parse, reference
from portal.catalogue.codebook import reference_bytes as bytes_of
from portal.catalogue.intake import assign_ids, read_survey
from portal.catalogue.intake_derive import DERIVED
from portal.catalogue.intake_report import Severity
from portal.errors import Invalid
from tests.core.catalogue.a_survey import a_file, an_interview
from tests.core.catalogue.test_intake_file import codes, errors, finding, read

V1, V2, V3 = "Version 1 (2014-2016)", "Version 2 (2017-2020)", "Version 3 (2021 onwards)"


def first(**answers: str):
    return read(a_file(an_interview(**answers))).frame.iloc[0]


def mac(message: bytes) -> bytes:
    return hmac.digest(b"k" * 32, message, hashlib.sha256)


def test_a_canonical_frame_holds_codes_as_text_in_the_order_of_the_codebook():
    frame = read(a_file()).frame
    assert {str(dtype) for dtype in frame.dtypes} == {"str"}
    order = list(reference().variables)
    assert list(frame) == sorted(frame, key=order.index)
    assert frame.iloc[0][["interview_country", "interview_admin1", "interview_place", "gender", "age"]].tolist() == [
        "NER",
        "NE001",
        "AGZ",
        "woman",
        "25",
    ]


REGIONS = """
Egypt    2020-06-15  NAF
Egypt    2023-06-15  ESA
Yemen    2019-06-15  EAY
Türkiye  2019-06-15  MEA
Türkiye  2023-06-15  APC
Niger    2023-06-15  WAF
Niger    2025-06-15  WANA
Sudan    2023-06-15  ESA
Niger    2015-06-15  WAF
"""


@pytest.mark.parametrize("line", REGIONS.strip().split("\n"))
def test_the_region_of_an_interview_is_that_of_its_day(line):
    country, day, region = line.split()
    row = first(interview_country=country, interview_date=day, interview_admin1="", start="", end="")
    assert row["mmc_region_at_interview"] == region
    assert row["interview_month"] == day[:7]


def test_a_country_without_a_region_is_counted_for_the_global_coordinator():
    intake = read(a_file(an_interview(interview_country="Chad", interview_admin1="")))
    assert intake.frame["mmc_region_at_interview"].tolist() == [""]
    assert finding(intake, "country_without_region").count == 1


def test_namibia_written_na_is_namibia():
    row = first(nationality="NA")
    assert (row["nationality"], row["nationality_subregion"]) == ("NAM", "18")


@pytest.mark.parametrize(
    ("age", "band"),
    [
        ("14", "a1417"),
        ("17", "a1417"),
        ("18", "a1824"),
        ("24", "a1824"),
        ("25", "a2529"),
        ("39", "a3539"),
        ("40", "a4049"),
        ("59", "a5059"),
        ("60", "a60p"),
        ("99", "a60p"),
        ("13", ".n"),
        ("100", ".n"),
        ("-98", ".d"),
        ("-99", ".r"),
        ("", ""),
    ],
)
def test_age_bands_change_on_the_birthday(age, band):
    assert first(age=age)["age_band5"] == band


def test_a_given_value_that_differs_from_the_computed_one_is_counted_and_the_computed_one_stands():
    intake = read(a_file(an_interview(age_band5="30-34", mmc_region_at_interview="North Africa")))
    assert intake.frame.iloc[0][["age_band5", "mmc_region_at_interview"]].tolist() == ["a2529", "WAF"]
    assert finding(intake, "derived_differs", "age_band5").count == 1
    assert finding(intake, "derived_differs", "mmc_region_at_interview").count == 1


def test_a_given_band_is_kept_where_the_age_is_not_known():
    assert first(age="-98", age_band5="30-34")["age_band5"] == "a3034"


def test_skipped_differs_from_never_asked_and_from_refused():
    rows = [
        an_interview(_uuid="1", instrument_version=V2, danger_any=""),
        an_interview(_uuid="2", instrument_version=V3, danger_any=""),
        an_interview(_uuid="3", instrument_version=V3, danger_any="Refused"),
        an_interview(_uuid="4", instrument_version=V3, danger_any="Don't know"),
    ]
    intake = read(a_file(*rows))
    assert intake.frame["danger_any"].tolist() == [".n", "", ".r", ".d"]
    assert intake.report.missing["danger_any"] == {"nc": 1, "skipped": 1, "ref": 1, "dk": 1}


def test_an_answer_in_a_version_that_did_not_ask_is_kept_and_counted():
    intake = read(a_file(an_interview(instrument_version=V2, danger_any="Yes")))
    assert intake.frame["danger_any"].tolist() == ["yes"]
    assert finding(intake, "answered_outside_version", "danger_any").count == 1


def test_a_row_without_an_instrument_version_stops_publication():
    assert "unknown_version" in errors(read(a_file(an_interview(instrument_version=""))))


def test_a_row_without_a_submission_identifier_is_refused_and_named_by_its_row():
    intake = read_survey(a_file(an_interview(), an_interview(_uuid=" ")), reference(), name="r", mac=mac)
    missing = finding(intake, "missing_uuid")
    assert missing.severity is Severity.ERROR
    assert missing.params == {"rows": [4]}
    assert "interview_id" not in intake.frame
    with pytest.raises(Invalid):
        assign_ids(intake.frame, intake.uuids, mac)


def test_identifiers_are_keyed_stable_and_first():
    data = a_file(an_interview(_uuid="a"), an_interview(_uuid="b"), an_interview(_uuid="a"))
    frame = read_survey(data, reference(), name="r", mac=mac).frame
    ids = frame["interview_id"].tolist()
    assert next(iter(frame)) == "interview_id"
    assert ids == [mac(b"a").hex(), mac(b"b").hex(), mac(b"a").hex()]
    plain = read(data)
    assert assign_ids(plain.frame, plain.uuids, mac)["interview_id"].tolist() == ids
    assert "interview_id" not in plain.frame


def test_identifiers_need_one_key_per_row():
    plain = read(a_file())
    with pytest.raises(Invalid):
        assign_ids(plain.frame, (), mac)


def test_repeated_submissions_are_counted_and_every_row_stays():
    same, other = an_interview(_uuid="b", age="30"), an_interview(_uuid="b", age="31")
    intake = read(a_file(an_interview(), same, same, other))
    assert finding(intake, "duplicate_rows").count == 2
    assert finding(intake, "conflicting_rows").count == 1
    assert len(intake.frame) == 4


@pytest.mark.parametrize(
    ("scope", "code"),
    [("MMC analysis only", "mmc_only"), ("Consent withdrawn", "withdrawn"), ("share_anon", "share_anon"), ("", "-")],
)
def test_consent_is_counted_by_scope_and_no_row_is_dropped(scope, code):
    intake = read(a_file(an_interview(consent_scope=scope)))
    assert finding(intake, "consent_scopes").params == {"scopes": {code: 1}}
    assert len(intake.frame) == 1


def test_a_row_without_consent_to_be_interviewed_stops_publication():
    assert "no_consent" in errors(read(a_file(an_interview(consent_given="No"))))


def test_one_unknown_answer_among_many_is_a_slip_and_many_are_another_list():
    rows = [an_interview(_uuid=str(n)) for n in range(19)]
    few, many = read(a_file(*rows, an_interview(gender="Femme!"))), read(a_file(*rows[:18], an_interview(gender="X")))
    assert finding(few, "unknown_codes", "gender").severity is Severity.WARNING
    assert finding(few, "unknown_codes", "gender").params == {"labels": ["Femme!"]}
    assert few.frame["gender"].tolist()[-1] == ".n"
    assert finding(many, "many_unknown_codes", "gender").severity is Severity.ERROR


def test_a_label_a_steward_has_mapped_is_read_as_mapped():
    mapped = {("education", "Bac+2"): "tertiary"}
    intake = read_survey(a_file(an_interview(education="Bac+2")), reference(), name="r", mappings=mapped)
    assert intake.frame["education"].tolist() == ["tertiary"]
    assert finding(intake, "mapped_by_steward", "education").count == 1


def test_what_a_report_shows_of_unknown_labels_is_masked_and_short():
    typed = ["call +000 555 0199", "amina@example.org", "x" * 100]
    rows = [an_interview(_uuid=str(n), gender=text) for n, text in enumerate(typed)]
    shown = finding(read(a_file(*rows)), "many_unknown_codes").params["labels"]
    assert shown == ["######", "call ######", "x" * 59 + "…"]


def test_no_answer_of_an_open_question_is_ever_in_the_report():
    secret = "=HYPERLINK sentinel"
    intake = read(a_file(an_interview(quote=secret, departure_place=secret, age="sentinel", start="sentinel")))
    assert "sentinel" not in intake.report.to_json()
    assert finding(intake, "formula_like", "quote").count == 1
    assert intake.frame["quote"].tolist() == [secret]


@pytest.mark.parametrize("text", ["=1+1", "@SUM(A1)", "+=1"])
def test_text_that_begins_like_a_formula_is_counted(text):
    assert "formula_like" in codes(read(a_file(an_interview(quote=text))))


@pytest.mark.parametrize("text", ["-5", "+000 111", "a=b"])
def test_other_text_is_not_called_a_formula(text):
    assert "formula_like" not in codes(read(a_file(an_interview(quote=text))))


def test_areas_that_share_a_name_are_told_apart_by_the_country_beside_them():
    rows = [
        an_interview(_uuid="1", interview_country="Burkina Faso", interview_admin1="Centre", interview_place=""),
        an_interview(_uuid="2", interview_country="Libya", interview_admin1="West", interview_place=""),
        an_interview(_uuid="3", interview_country="Burkina Faso", interview_admin1="CENTRE", interview_place=""),
    ]
    intake = read(a_file(*rows))
    assert intake.frame["interview_admin1"].tolist() == ["BF13", "LY02", "BF13"]
    assert finding(intake, "areas_settled", "interview_admin1").count == 3
    assert "ambiguous_labels" not in codes(intake)


def test_an_area_that_nothing_tells_apart_is_an_error():
    intake = read(a_file(an_interview(interview_admin1="Centre")))
    assert finding(intake, "ambiguous_labels", "interview_admin1").params == {"labels": ["Centre"]}
    assert not intake.report.ok


def test_an_area_of_another_country_is_counted():
    intake = read(a_file(an_interview(interview_admin1="LY02")))
    assert finding(intake, "admin1_elsewhere", "interview_admin1").count == 1


def test_a_date_with_two_readings_is_settled_by_the_devices_start():
    intake = read(
        a_file(an_interview(interview_date="05/03/2019"), an_interview(_uuid="2", interview_date="03/05/2019"))
    )
    assert intake.frame["interview_date"].tolist() == ["2019-03-05", "2019-03-05"]
    assert finding(intake, "dates_settled").count == 2


def test_a_date_with_two_readings_and_no_start_stops_publication():
    intake = read(a_file(an_interview(interview_date="05/03/2019", start="", end="")))
    assert finding(intake, "ambiguous_dates").params == {"rows": [3]}
    assert finding(intake, "unusable_interview_dates").count == 1
    assert not intake.report.ok


def test_a_swapped_date_is_suspected_and_never_corrected():
    intake = read(a_file(an_interview(interview_date="2019-05-03")))
    assert intake.frame["interview_date"].tolist() == ["2019-05-03"]
    assert finding(intake, "day_month_suspected").params == {"rows": [3]}


@pytest.mark.parametrize(("day", "reported"), [("2019-03-08", False), ("2019-03-09", True), ("2019-03-02", False)])
def test_a_date_days_away_from_the_start_is_reported(day, reported):
    assert ("dates_disagree" in codes(read(a_file(an_interview(interview_date=day))))) is reported


@pytest.mark.parametrize(("day", "reported"), [("2019-03-06", False), ("2019-03-07", True)])
def test_an_interview_of_tomorrow_is_reported(day, reported):
    with time_machine.travel("2019-03-06T12:00:00Z"):
        assert ("future_dates" in codes(read(a_file(an_interview(interview_date=day))))) is reported


LENGTHS = """
09:00 09:14 too_short
09:00 09:15 -
09:00 10:00 -
09:00 10:01 too_long
09:00 08:59 ends_before_start
04:59 05:30 odd_hours
05:00 05:30 -
21:59 22:20 -
22:00 22:20 odd_hours
"""


@pytest.mark.parametrize("line", LENGTHS.strip().split("\n"))
def test_lengths_and_hours_of_interviews(line):
    start, end, code = line.split()
    row = an_interview(start=f"2019-03-05T{start}:00.000+01:00", end=f"2019-03-05T{end}:00.000+01:00")
    quality = {"too_short", "too_long", "ends_before_start", "odd_hours"}
    assert codes(read(a_file(row))) & quality == ({code} - {"-"})


@pytest.mark.parametrize(("gap", "reported"), [(9, 1), (10, 0), (-5, 1)])
def test_interviews_of_one_enumerator_need_ten_minutes_between_them(gap, reported):
    later = an_interview(
        _uuid="2", start=f"2019-03-05T09:{34 + gap}:00.000+01:00", end="2019-03-05T10:10:00.000+01:00", age="40"
    )
    found = [f.count for f in read(a_file(later, an_interview())).report.findings if f.code == "back_to_back"]
    assert found == [1] * reported
    other = read(a_file(later | {"username": "someone-else"}, an_interview()))
    assert "back_to_back" not in codes(other)


@pytest.mark.parametrize(("refusals", "reported"), [(6, False), (7, True)])
def test_more_than_six_refusals_are_reported(refusals, reported):
    names = ["education", "marital", "religion", "income_before", "minority_self", "occupation_before", "dest_country"]
    row = an_interview(**dict.fromkeys(names[:refusals], "Refused"))
    assert ("many_refusals" in codes(read(a_file(row)))) is reported


@pytest.mark.parametrize(("version", "reported"), [(V2, True), ("Youth version", False)])
def test_children_in_an_instrument_for_adults_are_reported(version, reported):
    assert ("underage" in codes(read(a_file(an_interview(age="17", instrument_version=version))))) is reported
    assert "underage" not in codes(read(a_file(an_interview(age="18", instrument_version=version))))


def test_an_interview_at_home_is_reported():
    assert finding(read(a_file(an_interview(nationality="Niger"))), "country_is_nationality").count == 1


@pytest.mark.parametrize(("age", "reported"), [("13", True), ("14", False), ("99", False), ("100", True)])
def test_values_out_of_range_are_reported_and_kept(age, reported):
    intake = read(a_file(an_interview(age=age)))
    assert ("out_of_range" in codes(intake)) is reported
    assert intake.frame["age"].tolist() == [age]


def test_more_women_than_dead_are_reported():
    row = an_interview(deaths_seen="Yes", deaths_n="2", deaths_women_n="3")
    assert finding(read(a_file(row)), "parts_exceed_total").count == 1
    assert "parts_exceed_total" not in codes(read(a_file(row | {"deaths_women_n": "2"})))


FULL = {
    name: "Don't know" if variable.type == "single" else "Other"
    for name, variable in reference().variables.items()
    if variable.type in {"single", "multiple"}
    and variable.section in {"04_profile", "06_drivers", "13_needs_assistance"}
}


@pytest.mark.parametrize(("changed", "reported"), [(5, True), (6, False)])
def test_interviews_that_differ_in_five_answers_are_nearly_the_same(changed, reported):
    base = an_interview(**FULL | {"gender": "Woman", "nationality": "Guinea"})
    names = [name for name, value in FULL.items() if value == "Don't know" and name not in DERIVED][3 : 3 + changed]
    again = base | {"_uuid": "2", "start": "", "end": ""} | dict.fromkeys(names, "Refused")
    found = [f for f in read(a_file(base, again)).report.findings if f.code == "near_duplicates"]
    assert [f.count for f in found] == [1] * reported


def test_the_same_submission_twice_is_a_duplicate_and_not_a_near_one():
    base = an_interview(**FULL)
    assert "near_duplicates" not in codes(read(a_file(base, base)))


def test_a_codebook_of_ones_own_is_enough():
    lines = bytes_of("codebook.csv").decode("utf-8-sig").splitlines()
    kept = {"_uuid", "username", "instrument_version", "consent_scope", "interview_date", "interview_country", "gender"}
    small = "\n".join(line for line in lines if line.split(",")[0] in kept | {"name"}).encode()
    intake = read_survey(a_file(), parse(small, bytes_of("choices.csv")), name="r")
    assert intake.report.ok
    assert set(intake.frame) == kept - {"_uuid"}


@pytest.mark.parametrize(
    ("name", "was", "now"),
    [
        ("age", b",integer,,", b",text,,"),
        ("interview_date", b",date,,", b",text,,"),
        ("start", b",date,,", b",integer,,"),
    ],
)
def test_a_codebook_that_gives_a_variable_a_type_it_cannot_have_is_answered_in_words(name, was, now):
    lines = bytes_of("codebook.csv").splitlines()
    changed = [line.replace(was, now) if line.startswith(name.encode() + b",") else line for line in lines]
    intake = read_survey(a_file(), parse(b"\n".join(changed), bytes_of("choices.csv")), name="r")
    assert finding(intake, "wrong_types").params == {"columns": [name]}
    assert intake.frame.empty


def test_a_file_without_enumerators_and_devices_is_read():
    bare = {key: value for key, value in an_interview().items() if key not in {"username", "start", "end"}}
    intake = read(a_file(bare))
    assert intake.report.ok
    assert not codes(intake) & {"enumerators", "back_to_back", "too_short"}


def test_an_interview_without_a_name_of_its_enumerator_is_read():
    bare = {key: value for key, value in an_interview().items() if key != "username"}
    assert "back_to_back" not in codes(read(a_file(bare, bare | {"_uuid": "2"})))


def test_an_area_whose_country_is_not_given_is_an_error():
    row = an_interview(origin_admin1="Centre", nationality="Refused")
    assert finding(read(a_file(row)), "ambiguous_labels", "origin_admin1").count == 1


def test_an_origin_is_told_apart_by_the_country_of_departure_where_nationality_does_not_help():
    row = an_interview(origin_admin1="Centre", nationality="Refused", departure_country="Burkina Faso")
    assert read(a_file(row)).frame["origin_admin1"].tolist() == ["BF13"]
