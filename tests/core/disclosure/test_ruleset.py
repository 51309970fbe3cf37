import json
from dataclasses import replace

import pytest

from portal.catalogue import eventbook
from portal.catalogue.codebook import reference
from portal.disclosure.refusals import BadInput
from portal.disclosure.ruleset import TIERS, Exclude, Limits, RuleSet, default
from tests.core.disclosure.boards import PLACE, SEX, a_key, a_rule_set, a_treatment


@pytest.mark.parametrize("tier", TIERS)
def test_a_shipped_rule_set_is_its_own_stable_text(tier):
    rules = default(tier)
    assert RuleSet.from_json(rules.to_json()) == rules
    assert RuleSet.from_json(rules.to_json()).to_json() == rules.to_json()


@pytest.mark.parametrize(("tier", "k"), [("partner", 5), ("licensed", 11), ("event", 0)])
def test_the_shipped_tiers_hold_their_k(tier, k):
    assert default(tier).k == k


def test_the_licensed_tier_starts_from_the_partner_file_and_carries_no_area():
    licensed, partner = default("licensed"), default("partner")
    assert licensed.derived_from == "partner"
    assert "admin1" not in licensed.key_columns
    assert {level.source for level in licensed.levels()} <= set(partner.key_columns)
    assert licensed.limits.mean_enforced
    assert licensed.limits.mean_risk == 0.03


@pytest.mark.parametrize(
    ("tier", "book"), [("partner", reference), ("licensed", reference), ("event", eventbook.reference)]
)
def test_nothing_is_released_against_its_declared_role(tier, book):
    variables = book().variables
    for one in default(tier).treatments:
        assert variables[one.variable].role == one.role, one.variable
        assert variables[one.variable].type != "text", one.variable


def test_the_partner_tier_releases_nothing_that_identifies():
    never = {"direct_identifier", "paradata", "quasi_identifier"}
    released = {one.variable for one in default("partner").treatments}
    assert not released & {name for name, one in reference().variables.items() if one.role in never}
    assert {"exp_types", "smuggler_use", "drivers", "needs_now", "instrument"} <= released


def test_the_red_variable_is_released_by_groups_only():
    one = default("partner").treatment("exp_types")
    assert reference().variables["exp_types"].sensitivity == 4
    assert one.how == "parents"
    assert "sexual" not in one.sensitive_codes
    assert reference().hierarchies()["risk_types"]["sexual"] in one.sensitive_codes


LIMITS = [
    ({"max_risk": 0.19}, "limits.max_risk: 0.19 is below 1/k = 0.2; it needs k = 6 or more"),
    ({"max_risk": 0.0}, "limits.max_risk: 0 is below 1/k = 0.2; it needs no k"),
    ({"mean_risk": 1.5}, "limits.mean_risk: must lie in 0..1"),
    ({"mean_risk": 0.0}, "limits.mean_risk: 0 cannot be reached by any file with a row in it"),
    ({"alpha": float("nan")}, "limits.alpha: must lie in 0..1"),
    ({"mean_enforced": True}, "limits.mean_enforced: needs limits.mean_risk"),
    ({"min_no": 0}, "limits.min_no: below 1 lets a whole class say yes"),
    ({"min_enumerators": -1}, "limits.min_enumerators: must be 0 or more"),
]


@pytest.mark.parametrize(("limits", "fact"), LIMITS)
def test_limits_that_contradict_k_cannot_be_made(limits, fact):
    with pytest.raises(ValueError) as told:
        a_rule_set(k=5, limits=Limits(**limits)).validate()
    assert str(told.value) == fact


def test_a_risk_of_exactly_one_in_k_can_be_made():
    assert a_rule_set(k=5, limits=Limits(max_risk=0.2)).validate().k == 5


BROKEN = [
    ({"k": 1}, "k: below 2 protects nobody"),
    ({"keys": ()}, "keys: a file about persons needs at least one key"),
    ({"keys": (a_key("place"),)}, "keys.place: has no level"),
    ({"keys": (PLACE, a_key("again", "camp"))}, "keys.camp: named 2 times"),
    ({"keys": (replace(SEX, weight=0.0),)}, "keys.gender: weight must be above 0"),
    ({"keys": (a_key("place", "camp", costs=[-1.0]),)}, "keys.camp: cost must be above 0"),
    ({"tier": "public"}, "tier: must be one of partner, licensed, table, event"),
    ({"derived_from": "partner"}, "derived_from: a tier cannot start from itself"),
    ({"tier": "event", "keys": ()}, "merge: an event file needs the columns in which two reports of one event agree"),
    ({"tier": "event", "merge": ("day",)}, "keys: an event file carries no person keys"),
    ({"treatments": [a_treatment(codes=())]}, "treatments.abuse: a sensitive variable needs sensitive_codes"),
    ({"treatments": [a_treatment(), a_treatment()]}, "treatments.abuse: named 2 times"),
    ({"treatments": [a_treatment("camp")]}, "treatments.camp: named 2 times"),
    (
        {"treatments": [a_treatment(how="shuffle")]},
        "treatments.abuse: how must be one of keep, parents, bands, groups, any_none",
    ),
    ({"treatments": [a_treatment(how="any_none")]}, "treatments.abuse: any_none is for a select-multiple"),
    ({"treatments": [a_treatment(how="parents")]}, "treatments.abuse: parents needs the lists to go along"),
    ({"treatments": [a_treatment(how="groups")]}, "treatments.abuse: groups needs its groups"),
    (
        {"treatments": [a_treatment(how="bands", via=("age",))]},
        "treatments.abuse: bands needs the name of one set of cut points",
    ),
    ({"treatments": [replace(a_treatment(), reason=" ")]}, "treatments.abuse: give the reason why it may be released"),
    (
        {"treatments": [replace(a_treatment(), role="guess")]},
        "treatments.abuse: role must be one of non_confidential, sensitive, quasi_identifier",
    ),
    (
        {"treatments": [a_treatment(role="quasi_identifier")]},
        "treatments.abuse: beside persons a quasi-identifier is a key or it is not released",
    ),
    (
        {"treatments": [a_treatment(gate="asked")]},
        "treatments.abuse: its gate asked is not released, and having an answer would reveal it",
    ),
    (
        {"treatments": [a_treatment("a", gate="b"), a_treatment("b", gate="a")]},
        "treatments.a: its gates go round in a circle",
    ),
    ({"bands": {"age": ((18.0, "x"), (18.0, "y"))}}, "bands.age: lower edges must rise"),
    (
        {"excludes": (Exclude("young", "age", ("u18",), via=("bands:age",)),)},
        "excludes.age: bands:age has no cut points in bands",
    ),
    (
        {"excludes": (Exclude("young", "age", ("u18",), via=("date:week",)),)},
        "excludes.age: date:week is none of date:year, date:half, date:quarter, date:month",
    ),
]


@pytest.mark.parametrize(("change", "fact"), BROKEN)
def test_a_rule_set_that_could_say_more_than_it_means_cannot_be_made(change, fact):
    with pytest.raises(ValueError) as told:
        a_rule_set(**change).validate()
    assert str(told.value) == fact


def test_a_nameless_rule_set_cannot_be_made():
    with pytest.raises(BadInput, match="name: is empty"):
        replace(a_rule_set(), name=" ").validate()


MISSHAPEN = [
    (lambda text: text[:-3], "rule set: not JSON"),
    (lambda text: json.dumps([json.loads(text)]), "rule set: must be an object"),
    (lambda text: _changed(text, extra=1), "rule set.extra: unknown field"),
    (lambda text: _changed(text, k="5"), "rule set.k: must be int"),
    (lambda text: _changed(text, k=True), "rule set.k: must be int"),
    (lambda text: _changed(text, keys={}), "rule set.keys: must be a list"),
    (lambda text: _changed(text, bands=[]), "rule set.bands: must be an object"),
    (lambda text: _changed(text, bands={"age": [[1, "a", 2]]}), r"rule set.bands.age\[0\]: must hold 2 values"),
    (lambda text: _without(text, "k"), "rule set.k: missing"),
    (lambda text: _changed(text, excludes=[1]), r"rule set.excludes\[0\]: must be an object"),
    (lambda text: _changed(text, limits={"max_risk": "a fifth"}), "rule set.limits.max_risk: must be float"),
]


def _changed(text, **change):
    return json.dumps(json.loads(text) | change)


def _without(text, name):
    return json.dumps({key: value for key, value in json.loads(text).items() if key != name})


@pytest.mark.parametrize(("change", "fact"), MISSHAPEN)
def test_misshapen_json_is_refused_by_its_path(change, fact):
    with pytest.raises(BadInput, match=fact):
        RuleSet.from_json(change(a_rule_set().to_json()))


def test_an_unknown_tier_has_no_default():
    with pytest.raises(BadInput, match="tier: must be one of"):
        default("../etc")


def test_a_whole_number_may_stand_for_a_share():
    assert RuleSet.from_json(_changed(a_rule_set().to_json(), limits={"max_risk": 1})).limits.max_risk == 1.0
