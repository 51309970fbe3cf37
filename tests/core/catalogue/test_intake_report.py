"""The report as data: every code has a sentence, every sentence its numbers, and JSON brings it back."""

import ast
import json
import re
from pathlib import Path

import pytest

import portal.catalogue
from portal.catalogue.intake_report import CODES, Finding, IntakeReport, Severity
from tests.core.catalogue.a_survey import a_file, an_interview
from tests.core.catalogue.test_intake_file import read

SOURCES = sorted(Path(portal.catalogue.__path__[0]).glob("in*.py"))
PLACES = re.compile(r"%\((\w+)\)[ds]")


def strings_in_code() -> set[str]:
    found = set()
    for source in SOURCES:
        if not source.name.startswith("intake_codes"):
            tree = ast.parse(source.read_text("utf-8"))
            found |= {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    return found


def test_every_code_is_used_and_every_code_used_is_registered():
    assert set(CODES) <= strings_in_code()
    for interview in (an_interview(), an_interview(gender="?", age="x", interview_date="?", quote="=1")):
        assert all(finding.code in CODES for finding in read(a_file(interview)).report.findings)


@pytest.mark.parametrize("code", CODES)
def test_a_sentence_has_places_only_for_counts_names_and_limits(code):
    severity, sentence = CODES[code]
    allowed = {"count", "variable", "rows", "rows_total", "limit", "low", "high", "columns", "labels"}
    allowed |= {"encoding", "delimiter", "kind", "scopes"}
    assert severity in Severity
    assert set(PLACES.findall(sentence)) <= allowed
    assert sentence.endswith(".")


def test_every_finding_of_a_bad_file_fills_its_sentence():
    rows = [
        an_interview(gender="?", interview_date="05/03/2019", start="", end="", age="x", _uuid=""),
        an_interview(nationality="Niger", drivers="Love", quote="=1", interview_admin1="Centre", cost_usd="1,250"),
        an_interview(nationality="NA", age="150", deaths_n="1", deaths_women_n="2", consent_given="No"),
    ]
    findings = read(a_file(*rows, encoding="utf-8-sig", label_row=False)).report.findings
    assert len(findings) > 15
    for finding in findings:
        filled = finding.sentence % finding.values
        assert "%(" not in filled
        assert filled


def test_a_report_survives_json():
    report = read(a_file(an_interview(gender="?"), label_row=False)).report
    text = report.to_json()
    assert IntakeReport.from_json(text) == report
    assert {row["severity"] for row in json.loads(text)["findings"]} == {"error", "warning", "info"}


@pytest.mark.parametrize("text", ["{}", '{"name": "x"}', '{"name": "x", "findings": [{}]}', "not json"])
def test_another_json_is_refused(text):
    with pytest.raises(ValueError):
        IntakeReport.from_json(text)


def test_a_report_is_ok_unless_something_is_an_error():
    assert IntakeReport(name="x", findings=(Finding(code="mojibake", count=1),)).ok
    assert not IntakeReport(name="x", findings=(Finding(code="no_rows", count=1),)).ok


def test_the_words_inside_a_sentence_are_translated_with_it():
    words = {"comma": "virgule", "The columns are separated by %(delimiter)s.": "Colonnes : %(delimiter)s."}
    told = Finding(code="delimiter", count=1, params={"delimiter": "comma"}).told(words.__getitem__)
    assert told == "Colonnes : virgule."
    assert Finding(code="no_rows", count=1).told() == "The file has a header but no interview."


def test_lists_and_tallies_are_told_with_commas():
    found = Finding(code="consent_scopes", count=3, params={"scopes": {"share_anon": 2, "mmc_only": 1}})
    assert "share_anon 2, mmc_only 1" in found.told()
