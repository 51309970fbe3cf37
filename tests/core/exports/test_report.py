"""What the engine said is read without guessing, and what the file says is counted from the file."""

import json

import pytest

from portal.errors import Withheld
from portal.exports.package import Diversity, Scope, build, counts_of, diversity_of, members
from portal.exports.package_citation import citation_bib
from portal.exports.package_facts import count
from portal.exports.package_words import load
from tests.core.exports.content import a_content, frame

REPORT = {
    "rows_in": 100,
    "rows_out": 80,
    "excluded": {"no consent to share": 7, "repeated interview": 2, "repeated content": 1, "smuggler survey": 0, "a rule of our own": 10},
    "diversity": {"exp_types": {"violence": {"alpha": 0.61, "base": 0.51, "blanked": 3}, "life": {"alpha": 0.5}}},
}  # fmt: skip


def test_promises_are_read_from_the_engines_report():
    assert diversity_of(REPORT, min_no=2) == (
        Diversity(variable="exp_types", code="violence", max_share=0.61, min_no=2),
        Diversity(variable="exp_types", code="life", max_share=0.5, min_no=2),
    )
    assert diversity_of({}, min_no=2) == ()


@pytest.mark.parametrize("told", [{"base": 0.5}, {"alpha": "0.5"}, {}])
def test_a_promise_without_its_limit_is_refused_and_not_made_up(told):
    with pytest.raises(TypeError, match=r"^diversity\.exp_any"):
        diversity_of({"diversity": {"exp_any": {"yes": told}}}, min_no=2)


def test_the_way_of_the_rows_is_told_in_order_and_sums_up():
    steps = counts_of(REPORT, selected=30)
    assert list(steps.items()) == [
        ("received", 100), ("no_consent", 7), ("duplicates", 3), ("excluded", 10), ("protected", 80), ("selected", 30),
    ]  # fmt: skip
    assert (
        steps["received"] - sum(steps[name] for name in ("no_consent", "duplicates", "excluded")) == steps["protected"]
    )
    assert counts_of({"rows_in": 9, "rows_out": 7, "merged": 2}, selected=7)["merged"] == 2
    assert counts_of({}, selected=3) == {"selected": 3}


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_step_has_its_words(language):
    counts = counts_of(REPORT | {"merged": 1}, selected=78)
    text = members(a_content(language=language, counts=counts))["methodology.html"].decode()
    assert all(load(language)(f"counts.{step}").replace("'", "&#x27;") in text for step in counts)


def test_figures_are_counted_from_the_cells():
    facts = count(a_content())
    assert (facts.rows, facts.classes, facts.smallest, facts.mean_risk) == (78, 13, 6, pytest.approx(1 / 6))
    assert (facts.key_cells, facts.hidden_key_cells, facts.rows_with_hidden_key) == (312, 6, 6)
    assert facts.columns == 12
    (spread,) = facts.spreads
    assert (spread.highest_share, spread.fewest_no) == (pytest.approx(1 / 3), 4)


def test_a_class_that_says_nothing_sensitive_needs_no_others():
    table = frame()
    table["exp_types"] = [".r"] * 77 + ["0"]
    content = a_content(frame=table)
    assert count(content).spreads[0].fewest_no is None
    assert "–" in members(content)["disclosure_report.html"].decode()


def test_nobody_who_answered_is_no_share():
    assert count(a_content(frame=frame().assign(exp_types=""))).spreads[0].highest_share == 0


def test_a_limit_written_with_six_decimals_does_not_hold_a_file_back():
    share = count(a_content()).spreads[0].highest_share
    close = Diversity(variable="exp_types", code="sexual", max_share=round(share, 6), min_no=2)
    assert build(a_content(diversity=(close,)))
    with pytest.raises(Withheld):
        build(a_content(diversity=(Diversity(variable="exp_types", code="sexual", max_share=share - 1e-4),)))


def test_a_file_without_sensitive_answers_says_so():
    made = members(
        a_content(diversity=(), attack={}, scope=Scope(), counts={}, methodology=(), destroy_by=None, terms=())
    )
    assert "no variable under the diversity rule" in made["disclosure_report.html"].decode()
    assert "No sensitive variable" in made["methodology.html"].decode()
    assert "kept with the protected file" in made["disclosure_report.html"].decode()
    assert "when the agreement or the request ends" in made["terms.html"].decode()
    assert "Conditions of this approval" not in made["terms.html"].decode()
    assert json.loads(made["disclosure_report.json"])["diversity"] == []


def test_a_file_with_nothing_hidden_says_so():
    table = frame()
    made = members(a_content(frame=table[table["country"] != ".s"].reset_index(drop=True)))
    assert "No value of this file is hidden." in made["methodology.html"].decode()


def test_years_apart_are_listed_and_places_alone_are_enough():
    words = load("en")
    apart = citation_bib(a_content(scope=Scope(years=("2018", "2020"))), words).decode()
    assert "title = {{4Mi core survey, 2018, 2020}}" in apart
    assert "title = {{4Mi core survey}}" in citation_bib(a_content(scope=Scope()), words).decode()
    odd = citation_bib(a_content(title_en="50% of {it} & more_"), words).decode()
    assert r"title = {{50\% of  it  \& more\_, Niger, Libya, 2019–2020}}" in odd


@pytest.mark.parametrize("type_", ["geo", ""])
def test_a_type_that_cannot_leave_is_refused(type_):
    content = a_content()
    wrong = tuple(type(one)(**{**vars(one), "type": type_}) for one in content.variables)
    with pytest.raises(ValueError, match=r"^variables: a type"):
        a_content(variables=wrong)
