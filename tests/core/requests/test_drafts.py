"""A draft is kept as typed and judged before it is sent: each step says what is still missing."""

import datetime as dt
from dataclasses import replace

import pytest

from portal.requests import drafts, menu
from portal.requests.drafts import STEPS, Draft, all_problems, problems, read, sensitive
from tests.core.requests.test_routing import MENU, RAW

TODAY = dt.date(2026, 11, 21)
SAID = "A sentence of at least twenty."
FULL = Draft(
    filters={"country": ("NER",)},
    families=("place",),
    variables=("drivers", "exp_any"),
    purpose="research",
    purpose_text=SAID,
    outputs=SAID,
    output_kinds=("public_report",),
    ends_on="2026-11-21",
    reasons={"exp_any": SAID},
    team=("anna",),
    accepted=True,
)


def wrong(draft, step):
    return problems(step, draft, MENU, purposes=frozenset({"research"}), today=TODAY)


def test_a_full_draft_lacks_nothing():
    assert all_problems(FULL, MENU, purposes=frozenset({"research"}), today=TODAY) == {}


def test_an_empty_draft_names_every_step_but_the_review():
    assert set(all_problems(Draft(), MENU, purposes=frozenset(), today=TODAY)) == set(STEPS) - {"review"}


@pytest.mark.parametrize(
    ("step", "change", "found"),
    [
        ("rows", {"filters": {"country": ("XXX",)}}, {"country": "off_menu"}),
        ("rows", {"filters": {"age_band": ("20",)}}, {"age_band": "off_menu"}),
        ("rows", {"families": ()}, {"families": "choose_some"}),
        ("rows", {"families": ("shoes",)}, {"families": "off_menu"}),
        ("variables", {"variables": ()}, {"variables": "choose_some"}),
        ("variables", {"variables": ("smuggler_notes",)}, {"variables": "off_menu"}),
        ("why", {"purpose": "advocacy"}, {"purpose": "choose_one"}),
        ("why", {"purpose": "law_enforcement"}, {}),  # the agreement refuses it, in words
        ("why", {"output_kinds": ()}, {"output_kinds": "choose_some"}),
        ("why", {"output_kinds": ("film",)}, {"output_kinds": "off_menu"}),
        ("why", {"onward": "everybody"}, {"onward": "choose_one"}),
        ("why", {"matching": "all"}, {"matching": "choose_one"}),
        ("why", {"matching": "named"}, {"matching_with": "name_it"}),
        ("why", {"matching": "named", "matching_with": "A census"}, {}),
        ("why", {"purpose_text": "x" * 19}, {"purpose_text": "say_more"}),
        ("why", {"outputs": ""}, {"outputs": "say_more"}),
        ("why", {"ends_on": "tomorrow"}, {"ends_on": "no_date"}),
        ("why", {"ends_on": "2026-11-20"}, {"ends_on": "past"}),
        ("why", {"reasons": {}}, {"reason-exp_any": "say_more"}),
        ("why", {"variables": ("drivers",), "reasons": {}}, {}),
        ("team", {"team": ()}, {"team": "choose_some"}),
        ("team", {"accepted": False}, {"accepted": "accept"}),
        ("review", {"team": ()}, {}),
    ],
)
def test_what_is_missing_is_named_by_field(step, change, found):
    assert wrong(replace(FULL, **change), step) == found


def test_twenty_characters_say_enough():
    assert wrong(replace(FULL, purpose_text="x" * 20), "why") == {}


def test_a_file_without_keys_asks_for_none():
    bare = menu.read({**RAW, "keys": []})
    assert problems("rows", Draft(), bare, purposes=frozenset(), today=TODAY) == {}


def test_a_reason_is_asked_for_amber_and_red_in_the_menus_order():
    draft = replace(FULL, variables=("religion", "drivers", "exp_types", "exp_any"))
    assert sensitive(draft, MENU) == ("exp_any", "exp_types", "religion")


def test_a_kept_draft_is_read_back_step_by_step():
    kept = {
        "rows": {"filters": {"country": ["NER"]}, "families": ["place"]},
        "variables": {"variables": ["drivers"]},
        "team": {"team": ["anna"], "accepted": True},
    }
    draft = read(kept)
    assert (draft.filters, draft.families, draft.variables) == ({"country": ("NER",)}, ("place",), ("drivers",))
    assert (draft.team, draft.accepted, draft.purpose) == (("anna",), True, "")
    assert read({}) == Draft()


def test_the_reasons_hash_changes_with_every_word_and_not_with_their_order():
    two = replace(FULL, reasons={"a": "1", "b": "2"})
    assert two.why_sha256() == replace(FULL, reasons={"b": "2", "a": "1"}).why_sha256()
    for other in ({"purpose_text": "x"}, {"outputs": "x"}, {"reasons": {"a": "1"}}):
        assert replace(two, **other).why_sha256() != two.why_sha256()


def test_the_end_is_a_date_or_nothing():
    assert FULL.end == TODAY
    assert replace(FULL, ends_on="31.12.2026").end is None
    assert drafts.LEAST_WORDS == 20
