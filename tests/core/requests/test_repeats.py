"""What of an earlier request still fits, and what differs from it."""

import datetime as dt

from portal.requests import drafts, repeats
from portal.requests.menu import Choice, Family, Menu, Variable
from portal.requests.repeats import Change, Late

TODAY = dt.date(2026, 3, 2)
COUNTRIES = tuple(Choice(code=code, label_en=code, label_fr=code, count="40") for code in ("LBY", "NER"))
PLACE = Family(name="place", columns=("country",), choices={"country": COUNTRIES}, labels={})


def variable(name):
    words = dict.fromkeys(("label_en", "label_fr", "section", "type", "treatment", "description"), "")
    return Variable(name=name, sensitivity=1, **words)


MENU = Menu(
    file="f", rule_set="partner", rule_set_version=1, rows="100", k=5, families=(PLACE,),
    variables=(variable("drivers"), variable("risks")),
)  # fmt: skip
KEPT = {
    "rows": {"families": ["place", "city"], "filters": {"country": ["LBY", "SDN"], "city": ["AGZ"]}},
    "variables": {"variables": ["drivers", "nationality"]},
    "why": {"purpose": "research", "purpose_text": "x", "ends_on": "2026-03-01", "reasons": {"nationality": "because"}},
    "team": {"team": ["anna", "gone"], "accepted": True},
}


def test_only_what_is_still_on_offer_comes_back():
    made = repeats.again(KEPT, MENU, {"anna"}, TODAY)
    assert made["rows"] == {"families": ["place"], "filters": {"country": ["LBY"]}}
    assert made["variables"] == {"variables": ["drivers"]}
    assert made["why"]["reasons"] == {}


def test_terms_are_accepted_anew_people_who_left_are_not_named_and_a_day_that_passed_is_asked_again():
    made = repeats.again(KEPT, MENU, {"anna"}, TODAY)
    assert made["team"] == {"team": ["anna"], "accepted": False}
    assert made["why"]["ends_on"] == ""
    later = {**KEPT, "why": {**KEPT["why"], "ends_on": "2026-03-02"}}
    assert repeats.again(later, MENU, {"anna"}, TODAY)["why"]["ends_on"] == "2026-03-02"


def test_the_earlier_draft_is_left_as_it_was():
    before = repr(KEPT)
    repeats.again(KEPT, MENU, set(), TODAY)
    assert repr(KEPT) == before


def test_differences_are_named_by_field():
    before = drafts.read(KEPT)
    now = drafts.read(Late("2026-06-30", accepted=True).onto(repeats.again(KEPT, MENU, {"anna"}, TODAY)))
    found = {one.name: one for one in repeats.changes(before, now)}
    assert found["country"] == Change("country", ("SDN",), ())
    assert found["variables"] == Change("variables", ("nationality",), ())
    assert found["ends_on"] == Change("ends_on", ("2026-03-01",), ("2026-06-30",))
    assert found["team"] == Change("team", ("gone",), ())
    assert found["reason-nationality"] == Change("reason-nationality")
    assert "purpose" not in found
    assert repeats.changes(before, before) == []
