"""What may be changed in a rule set, and how two versions differ."""

from dataclasses import replace

import pytest

from portal.disclosure.refusals import BadInput
from portal.disclosure.ruleset import default
from portal.rulesets.change import Change, changed, changes, stranded, wanted_of

PARTNER = default("partner")


def with_(**values):
    return changed(PARTNER, replace(wanted_of(PARTNER), **values), "2")


def test_nothing_wanted_is_nothing_changed():
    assert list(changes(PARTNER, with_())) == []


def test_every_change_is_told_and_nothing_else():
    finest = wanted_of(PARTNER).finest | {"place": "country"}
    made = with_(k=8, mean_risk=None, finest=finest, released=wanted_of(PARTNER).released - {"finance"})
    assert list(changes(PARTNER, made)) == [
        Change("number", "k", "5", "8"),
        Change("number", "max_risk", "0.2", "0.125"),
        Change("number", "mean_risk", "0.05", ""),
        Change("number", "min_enumerators", "3", "0"),
        Change("key", "place", "admin1", "country"),
        Change("withdrawn", "finance"),
    ]
    assert "admin1" not in made.key_columns


def test_what_was_taken_away_can_be_given_back():
    less = with_(finest={"place": "region"}, released=frozenset({"drivers"}))
    assert wanted_of(less).finest["place"] == "region"
    back = changed(PARTNER, wanted_of(PARTNER), "3")
    assert {one.kind for one in changes(less, back)} == {"number", "key", "released"}


@pytest.mark.parametrize(
    ("values", "field"),
    [({"k": 1}, "k"), ({"min_no": 0}, "limits.min_no"), ({"mean_risk": 0.0}, "limits.mean_risk"),
     ({"mean_risk": None, "mean_enforced": True}, "limits.mean_enforced")],
)  # fmt: skip
def test_limits_that_protect_nobody_cannot_be_wanted(values, field):
    with pytest.raises(BadInput, match=f"^{field}: "):
        with_(**values)


def test_a_variable_is_not_released_without_the_question_that_opens_it():
    gate = next(one for one in PARTNER.treatments if one.gate)
    with pytest.raises(BadInput, match=gate.gate):
        with_(released=wanted_of(PARTNER).released - {gate.gate})


def test_a_coarser_tier_is_not_left_without_what_it_starts_from():
    assert stranded(PARTNER, default("licensed")) == []
    assert stranded(with_(finest={"place": "region"}), default("licensed")) == ["country"]
    assert "finance" in stranded(with_(released=frozenset({"drivers"})), default("licensed"))
