"""What a file may look like from outside: encoding, delimiter, header, rows, limits."""

import pytest

from portal.catalogue import intake_table
from portal.catalogue.codebook import reference
from portal.catalogue.intake import Intake, read_survey
from portal.catalogue.intake_report import Finding, Severity
from tests.core.catalogue.a_survey import a_file, an_interview


def read(data: bytes) -> Intake:
    return read_survey(data, reference(), name="round.csv")


def finding(intake: Intake, code: str, variable: str | None = None) -> Finding:
    found = [f for f in intake.report.findings if f.code == code and variable in (None, f.variable)]
    assert len(found) == 1, [f.code for f in intake.report.findings]
    return found[0]


def codes(intake: Intake) -> set[str]:
    return {f.code for f in intake.report.findings}


def errors(intake: Intake) -> set[str]:
    return {f.code for f in intake.report.of(Severity.ERROR)}


def test_a_clean_file_has_no_warning_and_no_error():
    intake = read(a_file())
    assert intake.report.ok
    assert not list(intake.report.of(Severity.WARNING))
    assert len(intake.frame) == 1


@pytest.mark.parametrize(("delimiter", "name"), [(",", "comma"), (";", "semicolon"), ("\t", "tab")])
def test_three_delimiters_are_recognised_and_said(delimiter, name):
    intake = read(a_file(delimiter=delimiter))
    assert finding(intake, "delimiter").params == {"delimiter": name}
    assert intake.frame["gender"].tolist() == ["woman"]


@pytest.mark.parametrize("delimiter", ["|", ":"])
def test_another_delimiter_is_an_error_in_words_and_no_row_is_made(delimiter):
    intake = read(a_file(an_interview(start="", end=""), delimiter=delimiter))
    assert finding(intake, "unsupported_delimiter").params == {"delimiter": delimiter}
    assert not intake.report.ok
    assert intake.frame.empty


def test_a_file_without_any_delimiter_is_an_error_in_words():
    intake = read(b"just one column\nand a line\n")
    assert errors(intake) == {"wrong_delimiter"}


def test_rows_with_another_delimiter_than_the_header_are_an_error_with_row_numbers():
    header, labels, row = a_file().splitlines()
    intake = read(b"\r\n".join([header, labels, row, row.replace(b",", b";")]))
    assert finding(intake, "ragged_rows").params["rows"] == [4]
    assert not intake.report.ok


def test_a_byte_order_mark_is_taken_off_the_first_column():
    intake = read(a_file(encoding="utf-8-sig"))
    assert finding(intake, "byte_order_mark").count == 1
    assert intake.report.ok
    assert intake.uuids == ("11111111-1111-4111-8111-111111111111",)


def test_latin_1_bytes_are_read_and_the_reading_is_said_aloud():
    intake = read(a_file(an_interview(interview_country="Côte d'Ivoire", nationality="Guinée"), encoding="latin-1"))
    said = finding(intake, "encoding_assumed")
    assert said.severity is Severity.WARNING
    assert said.params == {"encoding": "Windows-1252"}
    assert said.count == 2
    assert intake.frame[["interview_country", "nationality"]].iloc[0].tolist() == ["CIV", "GIN"]


def test_bytes_outside_windows_1252_are_latin_1():
    assert finding(read(a_file() + b"\x81"), "encoding_assumed").params == {"encoding": "Latin-1"}


def test_utf_16_with_its_mark_is_read():
    intake = read(a_file(encoding="utf-16"))
    assert finding(intake, "encoding").params == {"encoding": "UTF-16"}
    assert intake.report.ok


@pytest.mark.parametrize("data", ["é,x\n".encode("utf-16")[:-1], "a,b\0\n".encode("utf-16")])
def test_damaged_utf_16_is_refused(data):
    assert errors(read(data)) == {"nul_bytes"}


def test_doubly_encoded_accents_are_noticed():
    wrong = "Côte".encode().decode("cp1252")
    assert finding(read(a_file(an_interview(quote=f"{wrong} {wrong}"))), "mojibake").count == 2


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"PK\x03\x04rest", "an XLSX workbook or a ZIP archive"),
        (b"%PDF-1.7", "a PDF document"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "an old Excel workbook"),
        (b"\x1f\x8b\x08", "a GZIP archive"),
        (b"PAR1", "a Parquet file"),
        (b"\x89PNG\r\n", "an image"),
    ],
)
def test_another_kind_of_file_is_named(data, kind):
    assert finding(read(data), "not_text").params == {"kind": kind}


def test_a_nul_byte_is_refused():
    assert finding(read(a_file() + b"\0\0"), "nul_bytes").count == 2


@pytest.mark.parametrize("data", [b"", b"\n\r\n", b"\xef\xbb\xbf", b"\0\0"])
def test_an_empty_file_is_said_to_be_empty(data):
    assert errors(read(data)) == {"empty_file"}


@pytest.mark.parametrize("label_row", [True, False])
def test_a_header_without_an_interview_is_an_error(label_row):
    data = a_file(label_row=label_row)
    assert errors(read(b"\r\n".join(data.splitlines()[: 1 + label_row]) + b"\r\n")) == {"no_rows"}


def test_the_row_of_question_texts_is_not_an_interview():
    intake = read(a_file(an_interview(), an_interview(_uuid="2")))
    assert finding(intake, "label_row_found").severity is Severity.INFO
    assert len(intake.frame) == 2


def test_a_missing_row_of_question_texts_is_reported_and_no_row_is_lost():
    intake = read(a_file(an_interview(), an_interview(_uuid="2"), label_row=False))
    assert finding(intake, "label_row_missing").severity is Severity.WARNING
    assert intake.uuids == ("11111111-1111-4111-8111-111111111111", "2")


def test_question_texts_in_other_words_are_recognised_and_reported():
    header, _, row = a_file().splitlines()
    asked = b",".join(b"What is asked here?" for _ in header.split(b","))
    intake = read(b"\r\n".join([header, asked, row]))
    assert finding(intake, "label_row_reworded").severity is Severity.WARNING
    assert len(intake.frame) == 1


def test_duplicate_columns_are_an_error_that_names_them():
    header, *rest = a_file().splitlines()
    twice = b"\r\n".join([header + b",gender", *(line + b",Man" for line in rest)])
    intake = read(twice)
    assert finding(intake, "duplicate_columns").params == {"columns": ["gender"]}
    assert not intake.report.ok


def test_a_variable_under_two_names_is_a_duplicate_column():
    intake = read(a_file(an_interview(Q31="Guinea")))
    assert finding(intake, "duplicate_columns").params == {"columns": ["nationality"]}


def test_columns_are_found_by_question_number_and_inside_groups():
    interview = {key: value for key, value in an_interview().items() if key not in {"nationality", "age"}}
    intake = read(a_file({**interview, "profile/Q31": "Guinea", "profile/age": "31"}))
    assert intake.frame[["nationality", "age"]].iloc[0].tolist() == ["GIN", "31"]


def test_needed_columns_that_are_missing_are_named_and_nothing_is_read():
    interview = {key: value for key, value in an_interview().items() if key not in {"_uuid", "consent_scope"}}
    intake = read(a_file(interview))
    assert finding(intake, "missing_columns").params == {"columns": ["_uuid", "consent_scope"]}
    assert intake.frame.empty


def test_unknown_columns_are_listed_and_left_out():
    intake = read(a_file(an_interview(**{"=HYPERLINK('x')": "1", "shoe_size": "43"})))
    assert finding(intake, "unknown_columns").params == {"columns": ["=HYPERLINK('x')", "shoe_size"]}
    assert "shoe_size" not in intake.frame


def test_columns_of_the_collection_system_are_listed_and_never_kept():
    extra = {"deviceid": "d", "_location_latitude": "1.5", "_notes": "n", "meta/instanceID": "i"}
    intake = read(a_file(an_interview(**extra)))
    listed = finding(intake, "system_columns").params["columns"]
    assert set(listed) == {"_uuid", "username", "deviceid", "_location_latitude", "_notes", "instanceID"}
    assert not {"_uuid", *extra} & set(intake.frame)


def test_enumerators_are_kept_under_other_names():
    rows = [an_interview(_uuid=str(n), username=who) for n, who in enumerate(["amina", "issa", "amina", ""])]
    plain, keyed = read(a_file(*rows)), read_survey(a_file(*rows), reference(), name="r", mac=lambda m: m[::-1] * 8)
    for intake in (plain, keyed):
        first, second, third, nobody = intake.frame["username"]
        assert first == third != second
        assert nobody == ""
        assert "amina" not in intake.frame.to_csv()
    assert finding(plain, "enumerators").count == 2


def test_a_column_with_content_and_no_name_is_an_error():
    header, *rest = a_file().splitlines()
    assert "blank_column_name" in errors(read(b"\r\n".join([header + b",", *(line + b",x" for line in rest)])))
    assert "blank_column_name" not in codes(read(b"\r\n".join([header + b",", *(line + b"," for line in rest)])))


def test_a_row_that_never_ends_is_an_error_in_words(monkeypatch):
    monkeypatch.setattr(intake_table, "BLOCK", 1_000)
    assert errors(read(a_file(an_interview(quote="x" * 5_000)))) == {"unreadable_rows"}


def test_an_open_quotation_mark_in_the_header_is_an_error_in_words():
    assert errors(read(b'_uuid,"gender\r\n' + b"x" * 200_000)) == {"wrong_delimiter"}


def test_an_open_quotation_mark_is_an_error_in_words():
    assert errors(read(a_file() + b'"never closed,\r\n')) & {"unreadable_rows", "ragged_rows"}


@pytest.mark.parametrize(("width", "refused"), [(0, False), (1, True)])
def test_the_limit_of_columns_is_exact(monkeypatch, width, refused):
    monkeypatch.setattr(intake_table, "MAX_COLUMNS", len(an_interview()) - width)
    assert ("too_many_columns" in errors(read(a_file()))) is refused


@pytest.mark.parametrize(("rows", "refused"), [(2, False), (3, True)])
def test_the_limit_of_rows_is_exact(monkeypatch, rows, refused):
    monkeypatch.setattr(intake_table, "MAX_ROWS", 3)
    data = a_file(*(an_interview(_uuid=str(n)) for n in range(rows)))
    assert ("too_many_rows" in errors(read(data))) is refused


@pytest.mark.parametrize(("length", "refused"), [(intake_table.MAX_CELL, False), (intake_table.MAX_CELL + 1, True)])
def test_the_limit_of_a_cell_is_exact(length, refused):
    assert ("cell_too_long" in errors(read(a_file(an_interview(quote="x" * length))))) is refused


def test_line_breaks_commas_and_quotes_inside_cells_are_text():
    said = 'He said: "go,\r\nnow"'
    assert read(a_file(an_interview(quote=said))).frame["quote"].tolist() == [said]


def test_names_of_columns_are_compared_in_one_unicode_form():
    assert (
        intake_table.tidy("\N{ZERO WIDTH NO-BREAK SPACE} drivers/Acce\N{COMBINING ACUTE ACCENT}s ") == "drivers/Accés"
    )


def test_the_report_keeps_the_name_the_shape_and_the_encoding():
    report = read(a_file()).report
    assert (report.name, report.rows, report.columns) == ("round.csv", 1, len(an_interview()))
    assert (report.encoding, report.delimiter) == ("UTF-8", ",")
