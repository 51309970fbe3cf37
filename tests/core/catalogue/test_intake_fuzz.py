"""Whatever bytes arrive, the answer is a report: reading never raises, and never loses a row that it could read."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from portal.catalogue.codebook import reference
from portal.catalogue.incidents import read_incidents
from portal.catalogue.intake import read_survey
from portal.catalogue.intake_report import IntakeReport
from tests.core.catalogue.a_survey import AN_INTERVIEW, a_file, an_interview

GOOD = a_file(
    an_interview(drivers="economic", quote="x", danger_risks_1="Death", cost_usd="5"), an_interview(_uuid="2")
)
LENIENT = settings(max_examples=50, deadline=None)
CELLS = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12),
    st.sampled_from(["NA", "-98", "Refused", "0", "1,250", "2019-13-05", "31/12/2019", "43529", "٣", "½", "²", "1e5"]),
)


@LENIENT
@given(at=st.integers(0, len(GOOD)), cut=st.integers(0, 40), put=st.binary(max_size=12))
@example(at=0, cut=0, put=b"\xff\xfe")
def test_a_damaged_file_gets_a_report(at, cut, put):
    data = GOOD[:at] + put + GOOD[at + cut :]
    for intake in (read_survey(data, reference(), name="x"), read_incidents(data, name="x")):
        assert IntakeReport.from_json(intake.report.to_json()) == intake.report
        assert all(finding.told() for finding in intake.report.findings)
        assert intake.report.findings


@LENIENT
@given(st.binary(max_size=300))
def test_any_bytes_get_a_report(data):
    assert not read_survey(data, reference(), name="x").report.ok
    assert not read_incidents(data, name="x").report.ok


@LENIENT
@given(st.dictionaries(st.sampled_from([*AN_INTERVIEW, "drivers", "cost_usd", "deaths_n", "origin_admin1"]), CELLS))
def test_any_cells_make_a_row_of_codes(cells):
    intake = read_survey(a_file(an_interview(**cells), an_interview(_uuid="2")), reference(), name="x")
    assert len(intake.frame) == 2
    book = reference()
    regions = {code for name in book.choices if name.startswith("mmc_region") for code in book.choices[name]}
    for name in intake.frame:
        variable = book.variables[name]
        known = {*book.choices.get(variable.choices, {}), "", "0", ".d", ".r", ".n"} | (
            regions if "mmc" in name else set()
        )
        if variable.type == "single":
            assert set(intake.frame[name]) <= known, name
        if variable.type == "multiple":
            assert {code for cell in intake.frame[name] for code in cell.split()} <= known, name
