"""A selection's codebook says what each column became, for every column the shipped rule sets release."""

import pytest

from portal.catalogue import codebook, eventbook
from portal.disclosure import ruleset
from portal.exports.package_content import VARIABLE_TYPES
from portal.exports.package_variables import describe
from portal.exports.package_words import load

BOOK = codebook.reference()
PARTNER, LICENSED, EVENT = (ruleset.default(tier) for tier in ("partner", "licensed", "event"))


def one(name, rules=(PARTNER,)):
    return describe([name], BOOK, list(rules))[0]


@pytest.mark.parametrize("rules", [(PARTNER,), (LICENSED, PARTNER)], ids=["partner", "licensed"])
def test_every_column_of_a_tier_is_told_in_both_languages(rules):
    names = [*rules[0].key_columns, *(step.variable for step in rules[0].treatments)]
    for told in describe(names, BOOK, list(rules)):
        assert told.name in names
        assert told.label_en
        assert told.label_fr
        assert told.type in VARIABLE_TYPES
        assert load("fr").has(f"treatment.{told.treatment}"), told.treatment
        assert all(english and french for english, french in told.choices.values())
        assert told.choices or told.type not in {"single", "multiple"}, told.name
        assert not {"dk", "ref", "nc", ".s"} & set(told.choices)


def test_keys_are_told_by_the_level_they_are_at():
    assert one("year").type == "integer"
    assert set(one("age_band").choices) == {"b_u18", "b1824", "b2534", "b3549", "b50p"}
    assert one("age_group").choices["c_ad"] == ("Adult (18 and over)", "Adulte (18 ans et plus)")
    assert one("country").choices["NER"] == ("Niger", "Niger")
    assert one("country").choices["NAM"][0] == "Namibia"
    assert one("origin_subregion").choices != one("origin_region").choices
    assert {"WANA", "WAF", "MEA"} <= set(one("region").choices), "regions of every structure there was"
    assert one("region").treatment == "key_level"


def test_treated_variables_have_the_codes_they_became():
    assert set(one("exp_types").choices) == {"violence", "property", "liberty", "life", "other", "none"}
    assert (one("exp_types").type, one("exp_types").treatment) == ("multiple", "parents")
    assert set(one("smuggler_use").choices) == {"yes", "no"}
    assert (one("documents").type, set(one("documents").choices)) == ("single", {"yes", "no"})
    assert set(one("legal_status").choices) == {"protected", "regular", "irregular"}
    assert one("legal_status").choices["irregular"] == ("Irregular or expired", "Situation irrégulière ou expirée")
    assert one("drivers").treatment == "keep"


def test_the_coarser_tier_repeats_what_the_finer_did():
    rules = (LICENSED,)
    assert one("exp_types", rules) == one("exp_types", (LICENSED, PARTNER))
    assert one("exp_types", rules) == one("exp_types")
    assert one("documents", rules) == one("documents")
    assert one("age_band", rules) == one("age_band")


def test_an_event_file_tells_its_merged_reports():
    book = eventbook.reference()
    names = [step.variable for step in EVENT.treatments]
    told = {one.name: one for one in describe([*names, "reports"], book, [EVENT])}
    assert (told["reports"].type, told["reports"].treatment) == ("integer", "merged")
    assert (told["deaths"].type, told["deaths"].treatment) == ("integer", "keep")
    assert told["cause"].choices
    assert told["country"].choices["NER"] == ("Niger", "Niger")
    assert told["region"].choices["WANA"][0] == "West and North Africa"


def test_what_a_steward_confirmed_stands_over_the_codebook():
    assert describe(["drivers", "finance"], BOOK, [PARTNER], sensitivity={"drivers": 4})[0].sensitivity == 4
    assert one("drivers").sensitivity == 1


@pytest.mark.parametrize("name", ["quote", "username", "age", "absent"])
def test_a_column_that_no_rule_releases_is_refused(name):
    with pytest.raises(KeyError):
        one(name)
