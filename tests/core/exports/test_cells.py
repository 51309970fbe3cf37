"""A cell that looks like a formula is made harmless and can be had back; a negative number is a number."""

import csv
import io

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.exports.package import members
from portal.exports.package_cells import DANGEROUS, csv_bytes, is_number, neutralise, safe_cell, typed_cell
from tests.core.exports.content import a_content, frame

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
NASTY = st.builds(str.__add__, st.sampled_from(sorted(DANGEROUS)), TEXTS)


def undo(cell):
    return cell.removeprefix("'")


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "'"])
def test_each_dangerous_beginning_gets_an_apostrophe(sign):
    assert neutralise(f"{sign}cmd") == f"'{sign}cmd"
    assert neutralise(f" {sign}cmd") == f"' {sign}cmd"


@given(TEXTS | NASTY)
def test_a_neutralised_text_never_begins_dangerously_and_comes_back(text):
    cell = neutralise(text)
    assert cell[:1] not in DANGEROUS - {"'"}
    assert undo(cell) == text


@given(st.lists(st.lists(TEXTS | NASTY, min_size=3, max_size=3), max_size=8), st.booleans())
def test_text_round_trips_through_csv(rows, mark):
    data = csv_bytes(["a", "b", "c"], [[safe_cell(cell, "text") for cell in row] for row in rows], mark=mark)
    read = list(csv.reader(io.StringIO(data.decode("utf-8-sig" if mark else "utf-8"), newline="")))
    assert read[0] == ["a", "b", "c"]
    assert [[undo(cell) for cell in row] for row in read[1:]] == rows


@given(st.integers(-(10**14), 10**14) | st.decimals(-(10**6), 10**6, places=2, allow_nan=False, allow_infinity=False))
def test_numbers_of_numeric_columns_are_never_changed(number):
    text = str(number)
    if is_number(text):
        for type_ in ("integer", "decimal"):
            assert safe_cell(text, type_) == text
            assert typed_cell(text, type_) == pytest.approx(float(number))
        assert safe_cell(text, "text") == (f"'{text}" if text.startswith("-") else text)


@pytest.mark.parametrize("text", ["=1+1", "-1+cmd|x", "1e5", "--5", "+5", "- 5", "-5 ", "٣"])
def test_what_only_resembles_a_number_is_text_even_in_a_numeric_column(text):
    assert safe_cell(text, "integer") == neutralise(text)
    assert isinstance(typed_cell(text, "integer"), str)


def test_a_number_with_more_digits_than_a_spreadsheet_keeps_stays_text():
    assert typed_cell("123456789012345", "integer") == 123456789012345
    assert typed_cell("1234567890123456", "integer") == "1234567890123456"


def book(**changes):
    return openpyxl.load_workbook(io.BytesIO(members(a_content(**changes))["data.xlsx"]))


def grid(sheet):
    return [list(row) for row in sheet.iter_rows(values_only=True)]


def test_the_workbook_reads_back_with_numbers_as_numbers():
    source = frame()
    codes = grid(book()["codes"])
    assert codes[0] == [*source.columns, "synthetic"]
    table = dict(zip(codes[0], zip(*codes[1:], strict=True), strict=True))
    assert list(table["balance"]) == [int(cell) for cell in source["balance"]]
    assert min(table["balance"]) < 0
    assert list(table["cost"]) == [float(cell) for cell in source["cost"]]
    assert list(table["year"]) == [int(cell) for cell in source["year"]]
    assert [cell or "" for cell in table["drivers"]] == source["drivers"].tolist()
    assert {undo(cell) for cell in table["remark"]} == set(source["remark"])


def test_the_workbook_holds_no_formula_and_no_link():
    sheets = book()
    for sheet in sheets.worksheets:
        for row in sheet.iter_rows():
            assert all(cell.data_type != "f" and cell.hyperlink is None for cell in row)


def test_the_workbook_has_its_four_sheets_set_for_reading():
    made = book(language="fr")
    assert made.sheetnames == ["README", "labels", "codes", "codebook"]
    for name in ("labels", "codes", "codebook"):
        assert made[name].freeze_panes == "B2"
        assert made[name].column_dimensions["A"].width >= 9
        assert not made[name].sheet_view.rightToLeft
    about = dict(grid(made["README"]))
    assert about["Jeu de données"] == "Enquête principale 4Mi, version 1"
    assert "Homme" in {row[4] for row in grid(made["labels"])}
    assert any("synthétiques" in str(value) for value in about.values())


def test_the_properties_of_the_workbook_tell_nothing_but_who_published():
    made = book()
    found = made.properties
    assert found.creator == "Mixed Migration Centre"
    assert found.created == a_content().created_at.replace(tzinfo=None)
    assert (found.title, found.subject, found.keywords, found.category) == (None, None, None, None)
    assert found.lastModifiedBy in (None, "Mixed Migration Centre")


@settings(max_examples=15, deadline=None)
@given(st.lists(TEXTS | NASTY, min_size=78, max_size=78))
def test_any_text_comes_back_from_the_workbook_and_the_csv(texts):
    made = members(a_content(frame=frame().assign(remark=texts)))
    read = list(csv.DictReader(io.StringIO(made["data.csv"].decode(), newline="")))
    assert [undo(row["remark"]) for row in read] == texts
