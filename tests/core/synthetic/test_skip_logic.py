"""The codebook's universe column, read here a second time and without the generator's help."""

import pandas as pd
import pytest

from portal.catalogue.synthetic_reference import table

MISSING = ["", ".d", ".r", ".n"]
CODEBOOK = table("codebook.csv").set_index("name")
OPTIONAL = {"nationality_second", "origin_admin1", "transit_country_1", "_location"}
"""Asked of all, yet blank where there is nothing to say."""


def collected(name, frame):
    versions = CODEBOOK.loc[name, "versions"].split(";")
    return pd.Series("all" in versions, frame.index) | frame["instrument_version"].isin(versions)


def includes(values, code):
    return values.str.split(" ").apply(lambda codes: code in codes)


def yes_like(name):
    return ["one", "several"] if name == "smuggler_use" else ["yes"]


def inside(rule, frame):  # noqa: PLR0911 -- one answer per kind of sentence
    """Say which rows a universe includes; None where the rule needs no reading or cannot be read from the frame."""
    if rule == "all rows" or rule in {"optional", "regional module", "project module only", "stopped"}:
        return None
    if rule.endswith((" answered", " known")):
        return ~frame[rule.split(" ")[0]].isin(MISSING)
    if rule == "drivers: more than one":
        return frame["drivers"].str.contains(" ")
    if rule == "environment_impacts not none":
        return ~frame["environment_impacts"].isin([*MISSING, "none"])
    if rule == "age < 18":
        return pd.to_numeric(frame["age"], errors="coerce") < 18
    if rule == "children_n > 0":
        return (pd.to_numeric(frame["children_n"], errors="coerce") > 0) | frame["children_n"].eq(".n")
    if rule == "gender = woman and age 15-49":
        return frame["gender"].eq("woman") & pd.to_numeric(frame["age"], errors="coerce").between(15, 49)
    if rule == "qc_flag != ok":
        return frame["qc_flag"] != "ok"
    if " includes " in rule:
        name, codes = rule.split(" includes ")
        return pd.concat([includes(frame[name], code) for code in codes.split(" or ")], axis=1).any(axis=1)
    if rule == "choice = other":
        closed = [name for name in frame if CODEBOOK.loc[name, "type"] in {"single", "multiple"}]
        return pd.concat([includes(frame[name], "other") for name in closed], axis=1).any(axis=1)
    name, values = rule.split(" = ")
    if name == "journey_end":
        return frame[name].isin([*values.split(" or "), ".n"])
    return frame[name].isin(yes_like(name) if values == "yes" else [values])


@pytest.fixture(scope="module")
def first_sent(frame, planted):
    """Near duplicates are altered copies: an answer may have been changed under an explanation."""
    return frame[~frame["_uuid"].isin(planted["near duplicates"].uuids)]


def test_every_variable_of_the_codebook_that_a_raw_file_can_hold_is_there_in_its_order(frame):
    assert frame.columns.tolist() == [name for name in CODEBOOK.index if name != "record_id"]
    assert all(dtype == "str" for dtype in frame.dtypes)
    assert not frame.isna().any().any()


def test_a_cell_is_not_collected_exactly_where_the_version_lacks_the_variable(frame):
    for name in frame.columns:
        assert frame[name].ne(".n").equals(collected(name, frame)), name


def test_nobody_is_asked_outside_the_universe(first_sent):
    for name in first_sent.columns:
        rule = inside(CODEBOOK.loc[name, "universe"], first_sent)
        if rule is not None:
            assert first_sent[name][~rule].isin(["", ".n"]).all(), name


def test_everybody_inside_the_universe_has_an_answer_or_a_reason(first_sent):
    free_text = set(CODEBOOK.index[CODEBOOK["type"] == "text"])
    for name in first_sent.columns:
        rule = inside(CODEBOOK.loc[name, "universe"], first_sent)
        asked_of_all = CODEBOOK.loc[name, "universe"] == "all rows"
        if name in OPTIONAL | free_text or (rule is None and not asked_of_all) or name.startswith("transit_"):
            continue
        rows = first_sent if rule is None else first_sent[rule]
        if name.startswith(("stop_place", "danger_place")):
            continue
        assert rows[name].ne("").all(), name


def test_numbered_answers_leave_no_gap(frame):
    for stem, most in (("transit_country", 8), ("stop_place", 4), ("danger_place", 5)):
        for slot in range(2, most + 1):
            here, before = (~frame[f"{stem}_{number}"].isin(MISSING) for number in (slot, slot - 1))
            assert not (here & ~before).any(), (stem, slot)


def test_every_answer_is_a_code_of_its_list(frame):
    choices = table("choices.csv")
    for name in frame.columns:
        if CODEBOOK.loc[name, "type"] not in {"single", "multiple"} or name == "mmc_region_at_interview":
            continue
        codes = set(choices[choices["list"] == CODEBOOK.loc[name, "choices"]]["code"])
        found = {code for cell in frame[name].unique() if cell not in MISSING for code in cell.split(" ")}
        assert found <= codes, name


def test_a_select_multiple_is_sorted_and_its_none_stands_alone(frame):
    for name in CODEBOOK.index[CODEBOOK["type"] == "multiple"]:
        for cell in frame[name].unique():
            codes = cell.split(" ")
            assert codes == sorted(set(codes)), name
            assert "none" not in codes or len(codes) == 1, name


def test_derived_columns_follow_from_their_sources(frame):
    country = table("places.csv").set_index("code")
    assert frame["interview_place"].map(country["country_iso3"]).tolist() == frame["interview_country"].tolist()
    assert frame["interview_place"].map(country["admin1_code"]).tolist() == frame["interview_admin1"].tolist()
    assert (frame["interview_date"].str[:7] == frame["interview_month"]).all()
    slots = [f"danger_risks_{slot}" for slot in range(1, 6)]
    for row in frame[frame["danger_any"] == "yes"].to_dict("records"):
        union = {code for slot in slots if row[slot] not in MISSING for code in row[slot].split(" ")}
        assert row["danger_risks_all"] == (" ".join(sorted(union)) or ".d")


def test_the_dead_are_never_fewer_than_the_women_and_children_among_them(frame):
    rows = frame[~frame[["deaths_n", "deaths_women_n", "deaths_children_n"]].isin(MISSING).any(axis=1)]
    parts = rows["deaths_women_n"].astype(int) + rows["deaths_children_n"].astype(int)
    assert (parts <= rows["deaths_n"].astype(int)).all()


def test_every_form_version_says_synthetic_and_the_seed(frame):
    assert frame["form_version"].str.fullmatch(r"synthetic-\w+-seed4").all()
