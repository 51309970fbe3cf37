"""French is complete: the same keys, the same placeholders, no English left over."""

import csv
import datetime as dt
import re
import string
from importlib import resources

import pytest

from portal.exports.package import members
from portal.exports.package_words import load
from tests.core.exports.content import a_content

ENGLISH, FRENCH = load("en"), load("fr")


def flat(words):
    return {
        f"{section}.{name}": text
        for section, texts in words.texts.items()
        if section != "universe"
        for name, text in texts.items()
    }


def holes(text):
    return sorted({name for _, name, _, _ in string.Formatter().parse(text) if name is not None})


def test_both_languages_have_the_same_keys():
    assert set(flat(ENGLISH)) == set(flat(FRENCH))


@pytest.mark.parametrize("key", sorted(key for key, text in flat(ENGLISH).items() if isinstance(text, str)))
def test_both_languages_fill_the_same_holes(key):
    assert holes(flat(ENGLISH)[key]) == holes(flat(FRENCH)[key])


def test_no_sentence_is_left_in_english():
    same = {key for key, text in flat(ENGLISH).items() if isinstance(text, str) and text == flat(FRENCH)[key]}
    allowed = {
        "citation.scope",
        "codebook.contents",
        "codebook.type",
        "codebook.name",
        "codebook.code",
        "terms.citation",
    }
    allowed |= {"common.organisation", "format.date", "format.first_day", "missing.code_header"}
    allowed |= {"missing.label_skipped", "methodology.notes", "readme.dataset_value", "readme.rule_set_value"}
    allowed |= {
        "methodology.suppressed_variable",
        "report.diversity_variable",
        "type.date",
        "readme.purpose",
        "readme.organisation",
    }
    allowed |= {"readme.built_value", "codebook.role_variable", "codebook.versions"}
    assert same <= allowed


def test_french_punctuation_is_spaced_as_french_is():
    wrong = {
        key: text
        for key, text in flat(FRENCH).items()
        if isinstance(text, str)
        and re.search(r"[^\s\u00a0\u202f][:;?!»](?=\s|$)|(?<! ) [:;?!»]|«(?!\u00a0)", text.replace("#sha", ""))
    }
    assert wrong == {}


def test_french_uses_the_curly_apostrophe():
    assert {key for key, text in flat(FRENCH).items() if isinstance(text, str) and "'" in text} == set()


def test_numbers_and_dates_are_written_as_each_language_writes_them():
    assert (ENGLISH.number(2754), FRENCH.number(2754)) == ("2,754", "2\u202f754")
    assert (ENGLISH.percent(0.0763), FRENCH.percent(0.0763)) == ("7.6%", "7,6\u00a0%")
    assert (ENGLISH.decimal(1234.5, 2), FRENCH.decimal(1234.5, 2)) == ("1,234.50", "1\u202f234,50")
    assert ENGLISH.decimal(12, 0) == "12"
    first = dt.date(2027, 6, 1)
    assert (ENGLISH.date(first), FRENCH.date(first)) == ("1 June 2027", "1er juin 2027")
    assert FRENCH.date(dt.date(2026, 11, 21)) == "21 novembre 2026"


def test_a_label_missing_in_one_language_is_taken_from_the_other():
    assert (FRENCH.pick("Yes", "Oui"), FRENCH.pick("Yes", ""), ENGLISH.pick("", "Oui")) == ("Oui", "Yes", "Oui")


def test_names_that_owners_choose_are_told_where_they_are_known():
    assert FRENCH.name("tier", "partner") == "partenaire (au titre d’un accord)"
    assert FRENCH.name("rule_set", "Event files") == "Fichiers d’événements"
    assert FRENCH.name("rule_set", "Règles de 2027") == "Règles de 2027"


def test_an_unknown_key_or_language_is_an_error_and_no_silence():
    with pytest.raises(KeyError):
        ENGLISH("report.absent")
    with pytest.raises(KeyError):
        ENGLISH("report.summary_k", k=5)
    with pytest.raises(ValueError, match="language"):
        load("es")


@pytest.mark.parametrize(
    "name", ["README.html", "methodology.html", "terms.html", "disclosure_report.html", "codebook.html"]
)
def test_a_french_page_names_its_language_and_holds_no_english_sentence(name):
    text = members(a_content(language="fr"))[name].decode()
    assert '<html lang="fr">' in text
    body = re.sub(r"<[^>]+>", " ", text.split("</style>")[1])
    assert re.findall(r"\b(the|and|which|should|with|rows|answers|keys|hidden)\b", body) == []
    assert "{" not in body.replace("readr::cols", "")


def test_every_universe_of_the_codebook_is_said_in_french():
    text = (resources.files("portal.catalogue") / "reference" / "codebook.csv").read_text(encoding="utf-8-sig")
    phrases = {row["universe"] for row in csv.DictReader(text.splitlines())}
    assert {FRENCH.universe(phrase) for phrase in ("all rows", "danger_place_1 answered")} == {
        "toutes les lignes",
        "danger_place_1 renseigné",
    }
    english = {
        "answered",
        "includes",
        "known",
        "only",
        "rows",
        "optional",
        "regional",
        "more",
        "not",
        "and",
        "stopped",
        "choice",
    }
    left = {phrase for phrase in phrases if english & set(re.findall(r"\w+", FRENCH.universe(phrase)))}
    assert left == set()
    assert all(ENGLISH.universe(phrase) == phrase for phrase in phrases)
    assert FRENCH.universe("something new") == "something new"
