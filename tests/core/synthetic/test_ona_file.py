import unicodedata
from datetime import date, timedelta

import pandas as pd
import pytest

from portal.catalogue.codebook import reference
from portal.catalogue.intake import read_survey
from portal.catalogue.synthetic import codebook_csv, draw, main, to_ona_csv
from portal.catalogue.synthetic_reference import labels, table
from tests.core.synthetic.conftest import ROWS, read_raw

CODEBOOK = table("codebook.csv").set_index("name")
MULTIPLE = CODEBOOK.index[CODEBOOK["type"] == "multiple"]
OLD = "Trafficking or exploitation"


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(survey, content):
    assert to_ona_csv(draw(ROWS, 4)) == content
    assert to_ona_csv(draw(300, 5)) != to_ona_csv(draw(300, 6))


def test_the_file_begins_with_a_byte_order_mark_and_a_row_of_question_texts(content):
    assert content.startswith(b"\xef\xbb\xbfstart,end,today,")
    first = read_raw(content).iloc[0]
    assert first["gender"] == "Gender"
    assert first["drivers/Economic reasons"] == "Reasons for leaving/Economic reasons"


def test_mark_and_label_row_can_be_left_out():
    survey = draw(50, 1)
    content = to_ona_csv(survey, bom=False, label_row=False)
    assert content.startswith(b"start,")
    assert len(read_raw(content)) == 50 + len(survey.repeats)


def test_children_repeat_their_parent_as_labels(raw):
    for name in MULTIPLE:
        words = labels(CODEBOOK.loc[name, "choices"])
        told = raw[name].replace({"Don't know": "dk", "Refused": "ref"}).str.split(" ")
        for code, label in words.items():
            child = raw[f"{name}/{label}"]
            assert child.ne("").equals(told.apply(lambda codes, code=code: code in codes)), (name, code)
            assert set(child) <= {"", label, OLD}, (name, code)


def test_labels_with_commas_survive(raw):
    label = "Armed conflict, generalised violence and insecurity"
    assert raw[f"drivers/{label}"].eq(label).any()


def test_a_choice_was_renamed_between_rounds(raw):
    child = raw["exp_types/Trafficking and exploitation"]
    version = raw["instrument_version"]
    assert set(child[version == "v3_2021"]) == {"", "Trafficking and exploitation"}
    assert set(child[version == "v2_2017"]) == {"", OLD}


def test_kinds_of_missing_are_written_apart(raw, frame):
    head = raw.head(ROWS)
    assert head["education"][(frame["education"] == ".d").to_numpy()].eq("Don't know").all()
    assert head["education"][(frame["education"] == ".r").to_numpy()].eq("Refused").all()
    assert head["cost_local"][(frame["cost_local"] == ".d").to_numpy()].eq("-98").all()
    assert head["cost_local"][(frame["cost_local"] == ".n").to_numpy()].eq("nc").all()
    assert head["driver_main"][(frame["driver_main"] == "").to_numpy()].eq("").all()


def test_exact_duplicates_repeat_the_identifier_and_near_ones_do_not(raw, frame, planted):
    assert frame["_uuid"].is_unique
    again = raw[raw["_uuid"].duplicated(keep="first")]
    assert len(again) == planted["exact duplicates"].count == round(ROWS * 0.004)
    assert raw.duplicated().sum() == len(again)
    near = frame[frame["_uuid"].isin(planted["near duplicates"].uuids)]
    assert len(near) == round(ROWS * 0.006)
    assert near["qc_flag"].isin(["excluded", "review"]).all()
    alike = frame.duplicated(["age", "nationality", "interview_date", "username", "_location", "drivers"], keep=False)
    assert alike[near.index].all()


def test_namibia_is_the_value_na(raw, planted):
    cells = raw["nationality"][raw["_uuid"].isin(planted["spelling of NAM in nationality"].uuids)]
    assert cells.tolist() == ["NA"] * 3


def test_mangled_dates_still_tell_the_day(raw, frame, planted):
    def cells(name):
        uuids = planted[f"{name} in interview_date"].uuids
        assert uuids
        true = frame.set_index("_uuid").loc[list(uuids), "interview_date"]
        return zip(raw.head(ROWS).set_index("_uuid").loc[list(uuids), "interview_date"], true, strict=True)

    for cell, true in cells("Excel serial number"):
        assert (date(1899, 12, 30) + timedelta(days=int(cell))).isoformat() == true
    for cell, true in cells("day/month/year"):
        assert "-".join(reversed(cell.split("/"))) == true
    for cell, true in cells("day and month swapped"):
        year, day, month = cell.split("-")
        assert f"{year}-{month}-{day}" == true
        assert day != month


def test_cells_are_dirty_where_it_says_so(raw, frame, planted):
    head = raw.head(ROWS)
    assert {"Ivory Coast", "Cote d'Ivoire", "Côte d'Ivoire"} & set(head["nationality"])
    assert {"Kufrah", "Kurfrah"} & set(head["deaths_place"])
    spaced = planted["spaces around gender"].uuids
    cells = head[head["_uuid"].isin(spaced)]["gender"]
    assert len(cells)
    assert (cells != cells.str.strip()).all()
    accents = head["interview_place"][
        head["interview_place"].ne(head["interview_place"].map(lambda v: unicodedata.normalize("NFC", v)))
    ]
    assert len(accents) == planted["accents of interview_place as combining marks"].count
    assert head["cost_usd"].str.contains(",").sum() == planted["decimal comma in cost_usd"].count > 0
    assert head["quote"].str.startswith("=HYPERLINK(").any()
    assert set(frame["age"]) & {"172", "3"}


def test_clean_files_hold_only_labels():
    survey = draw(300, 3, dirt=False)
    rows = read_raw(to_ona_csv(survey)).iloc[1:]
    assert not survey.repeats
    assert set(rows["gender"]) <= {"Man", "Woman", "Non-binary or other", "Refused"}
    assert (rows["interview_date"] == survey.frame["interview_date"].to_numpy()).all()


def test_the_position_and_the_server_s_own_columns_are_there(raw, frame):
    head = raw.head(ROWS)
    known = frame["_location"].str.contains(" ").to_numpy()
    there = head["_location_latitude"] + " " + head["_location_longitude"]
    assert (there[known] == frame["_location"][known].str.split(" ").str[:2].str.join(" ").to_numpy()).all()
    assert (head["_location_latitude"][~known] == "").all()
    assert (head["meta/instanceID"] == "uuid:" + head["_uuid"]).all()
    assert head["start"].str.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:00").all()


def test_the_codebook_beside_it_names_every_variable_of_the_file(survey, frame):
    book = read_raw(codebook_csv(survey))
    assert book["name"].tolist() == frame.columns.tolist()
    assert book.columns.tolist() == table("codebook.csv").columns.tolist()


def test_the_importer_reads_back_what_was_meant(survey, content, frame, planted):
    intake = read_survey(content, reference(), name="core.csv")
    assert intake.report.ok
    back = intake.frame.assign(uuid=list(intake.uuids)).drop_duplicates("uuid").set_index("uuid")
    meant = frame.set_index("_uuid")
    swapped = set(planted["day and month swapped in interview_date"].uuids)
    needs_a_mapping = {
        "education": "spelling of tertiary in education",
        "occupation_before": "spelling of agriculture in occupation_before",
    }
    assert not set(back.get("username", [])) & set(meant["username"])
    for name in back.columns.difference(["username"]):
        excused = swapped if name in {"interview_date", "interview_month"} else set()
        excused = excused | set(planted[needs_a_mapping[name]].uuids if name in needs_a_mapping else ())
        differ = back[name][back[name] != meant.loc[back.index, name]]
        assert set(differ.index) <= excused, name


def test_the_command_writes_file_codebook_incidents_and_markers(tmp_path, capsys):
    main(["60", str(tmp_path / "out.csv"), "--seed", "3"])
    said = capsys.readouterr().out.splitlines()
    assert len(said) == 4
    assert all(line.startswith("synthetic: ") for line in said)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "out.codebook.csv",
        "out.csv",
        "out.incidents.csv",
        "out.markers.txt",
    ]
    assert (tmp_path / "out.csv").read_bytes() == to_ona_csv(draw(60, 3))
    assert len(pd.read_csv(tmp_path / "out.codebook.csv")) == 166


@pytest.mark.parametrize("arguments", [(0, ("covid",)), (5, ()), (5, ("census",)), (5, ("smuggler", "covid"))])
def test_what_cannot_be_drawn_is_refused(arguments):
    rows, instruments = arguments
    with pytest.raises(ValueError, match=r"^(rows|instruments): "):
        draw(rows, 1, instruments=instruments)
