"""Select-multiples: one column of everything chosen, one column per choice, or both."""

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.catalogue.codebook import reference
from portal.catalogue.intake_report import Severity
from tests.core.catalogue.a_survey import a_file, an_interview
from tests.core.catalogue.test_intake_file import finding, read

DRIVERS = {code: choice.label_en for code, choice in reference().choices["drivers"].items()}
FEW = settings(max_examples=40, deadline=None)  # each example reads a whole file
REAL = [code for code in DRIVERS if code not in {"dk", "ref"}]


def with_children(parent: str = "", style: str = "labels", **cells: str) -> dict[str, str]:
    """Give an interview with one column per driver; unnamed choices are blank, or 0 where 0/1 is written."""
    empty = "0" if style == "01" else ""
    children = {f"drivers/{label}": cells.get(code, empty) for code, label in DRIVERS.items()}
    return an_interview(drivers=parent, **children)


def drivers(interview: dict[str, str]) -> str:
    return read(a_file(interview)).frame["drivers"].iloc[0]


@FEW
@given(chosen=st.sets(st.sampled_from(REAL), min_size=1), style=st.sampled_from(["labels", "01"]))
def test_choice_columns_hold_labels_or_zero_and_one(chosen, style):
    cells = {code: "1" if style == "01" else DRIVERS[code] for code in chosen}
    assert drivers(with_children(style=style, **cells)) == " ".join(sorted(chosen))


@FEW
@given(
    chosen=st.lists(st.sampled_from(REAL), unique=True, min_size=1),
    between=st.sampled_from([", ", " ", ";", " / "]),
    lang=st.sampled_from(["en", "fr"]),
)
def test_labels_that_hold_commas_are_told_apart_in_one_column(chosen, between, lang):
    words = between.join(reference().label("drivers", code, lang) for code in chosen)
    assert drivers(an_interview(drivers=words)) == " ".join(sorted(chosen))


@FEW
@given(chosen=st.lists(st.sampled_from(REAL), unique=True, min_size=1))
def test_codes_in_one_column(chosen):
    assert drivers(an_interview(drivers=" ".join(chosen))) == " ".join(sorted(chosen))


def test_asked_and_nothing_chosen_differs_from_not_asked():
    assert drivers(with_children(style="01")) == "0"
    assert drivers(with_children()) == ""
    assert drivers(with_children(parent="0")) == "0"
    assert drivers(an_interview(drivers="0")) == "0"
    assert drivers(an_interview(drivers="")) == ""


@pytest.mark.parametrize(("code", "kind"), [("dk", ".d"), ("ref", ".r")])
def test_do_not_know_and_refused_alone_are_kinds_of_missing(code, kind):
    assert drivers(with_children(**{code: DRIVERS[code]})) == kind
    assert drivers(with_children(style="01", **{code: "1"})) == kind
    assert drivers(an_interview(drivers=DRIVERS[code])) == kind


def test_choices_beside_do_not_know_count_and_are_reported():
    intake = read(a_file(with_children(dk="1", economic="1", style="01")))
    assert intake.frame["drivers"].tolist() == ["economic"]
    assert finding(intake, "missing_beside_choices", "drivers").count == 1


def test_none_beside_choices_is_reported_and_kept():
    intake = read(a_file(an_interview(needs_now="None, Food")))
    assert intake.frame["needs_now"].tolist() == ["food none"]
    assert finding(intake, "none_beside_choices", "needs_now").count == 1


def test_where_the_two_differ_the_choice_columns_count_and_it_is_reported():
    intake = read(a_file(with_children(parent="rights", economic="Economic reasons")))
    assert intake.frame["drivers"].tolist() == ["economic"]
    assert finding(intake, "parent_children_differ", "drivers").count == 1


def test_a_list_that_cannot_be_read_is_reported_and_the_choice_columns_count():
    intake = read(a_file(with_children(parent="Love", economic="Economic reasons")))
    assert intake.frame["drivers"].tolist() == ["economic"]
    assert finding(intake, "parent_children_differ", "drivers").count == 1


def test_a_choice_without_a_column_of_its_own_is_taken_from_the_list():
    interview = with_children(parent="economic culture", economic="Economic reasons")
    del interview["drivers/Culture of migration"]
    assert drivers(interview) == "culture economic"


def test_a_renamed_choice_is_the_same_choice():
    old = an_interview(**{"exp_types/Trafficking or exploitation": "1", "exp_types/Death": "0"})
    both = old | {"exp_types/Trafficking and exploitation": "0"}
    assert read(a_file(old)).frame["exp_types"].tolist() == ["trafficking"]
    assert read(a_file(both)).frame["exp_types"].tolist() == ["trafficking"]


def test_a_choice_column_the_codebook_lacks_is_an_error_with_its_label():
    intake = read(a_file(an_interview(**{"drivers/Love": "1", "drivers/Economic reasons": "1"})))
    unknown = finding(intake, "unknown_choice_columns", "drivers")
    assert unknown.severity is Severity.ERROR
    assert unknown.params == {"labels": ["Love"]}


def test_an_answer_of_which_a_part_is_unknown_is_left_out_whole():
    intake = read(a_file(an_interview(drivers="Economic reasons, Love")))
    assert intake.frame["drivers"].tolist() == [".n"]
    assert finding(intake, "many_unknown_codes", "drivers").params == {"labels": ["love"]}


def test_words_inside_other_words_are_not_choices():
    assert read(a_file(an_interview(drivers="Another"))).frame["drivers"].tolist() == [".n"]


def test_nonsense_in_a_choice_column_is_counted():
    intake = read(a_file(with_children(economic="maybe")))
    assert finding(intake, "many_unknown_codes", "drivers").params == {"labels": ["maybe"]}


def test_a_label_with_a_slash_is_still_a_label():
    out = io.StringIO()
    names = [*an_interview(), "group/drivers/Economic reasons"]
    csv.writer(out).writerows([names, [*an_interview().values(), "1"]])
    assert read(out.getvalue().encode()).frame["drivers"].tolist() == ["economic"]
