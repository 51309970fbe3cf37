"""Several parts that ask for the same, approved at once: only where nothing has to be looked at, and all or none."""

import re
from secrets import token_hex

import pytest
from sqlalchemy import select

from portal.agreements.models import Agreement
from portal.db import session
from portal.freezes import Freeze
from portal.requests.models import Request
from tests import factories

GREEN = ("drivers", "bribe_paid")


@pytest.fixture
def pair(world):
    """Two requests for the same, of green variables."""
    return [world.sent(variables=GREEN), world.sent(variables=GREEN)]


def parts(world, refs, region="WANA"):
    return [world.tracks(ref)[region] for ref in refs]


def page(world, refs, who="wana", region="WANA"):
    asked = "&".join(f"part={track.ref}" for track in parts(world, refs, region))
    return world.get(who, f"/inbox/together?{asked}")


def fields(world, refs, who="wana", region="WANA", **more):
    sent = [f"{track.ref}.{track.slice_sha256}" for track in parts(world, refs, region)]
    return {"part": sent, "key": token_hex(16), "code": world.code(who)} | more


def approve(world, refs, who="wana", region="WANA", **more):
    return world.post(who, "/inbox/together", **fields(world, refs, who, region, **more))


def states(world, refs, region="WANA"):
    return [track.status for track in parts(world, refs, region)]


def test_two_parts_that_ask_for_the_same_are_approved_with_one_code(world, pair):
    # Given the inbox, where green parts can be ticked
    inbox = world.get("wana", "/inbox").text
    assert inbox.count('form="together"') == 2
    # When they are ticked, the page says once what both ask for, and whose they are
    seen = page(world, pair)
    assert seen.status_code == 200
    for ref in pair:
        assert world.request(ref).number in seen.text
    assert seen.text.count("What all of them ask for") == 1
    assert "Approve these 2 parts" in seen.text
    assert "Asked for the first time" in seen.text
    # And one code decides both
    answer = approve(world, pair)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/inbox")
    # Then each has its own decision, its own key, its own event and its own letter
    assert states(world, pair) == ["approved", "approved"]
    made = world.decisions()
    assert len({one.idempotency_key for one in made}) == len(made) == 2
    assert {one.track_id for one in made} == {track.id for track in parts(world, pair)}
    seen = {track.id: track.slice_sha256 for track in parts(world, pair)}
    assert {one.track_id: one.scope_sha256 for one in made} == seen
    assert len(world.events("track.decided")) == 2
    assert len(world.letters("request_decided")) == 2


def test_it_moves_each_request_on_as_a_decision_alone_would(world, pair):
    world.verdict("esa", pair[0])
    assert approve(world, pair).status_code == 303
    assert [world.request(ref).state for ref in pair] == ["offered", "in_review:regions"]


def test_sent_again_it_is_the_same_decisions(world, pair):
    sent = fields(world, pair)
    for _ in range(2):
        assert world.post("wana", "/inbox/together", **sent).status_code == 303
    assert len(world.decisions()) == len(world.events("track.decided")) == 2
    # and the same form with something else ticked decides nothing
    third = world.sent(variables=GREEN)
    world.forget_codes()
    more = fields(world, [*pair, third], key=sent["key"])
    assert world.post("wana", "/inbox/together", **more).status_code == 409
    assert states(world, [third]) == ["open"]


def test_what_was_approved_before_stands_beside_its_repeat(world):
    earlier = world.sent(variables=GREEN)
    assert world.verdict("wana", earlier).status_code == 303
    copied = [repeated(world, earlier) for _ in range(2)]
    seen = page(world, copied).text
    assert seen.count(world.request(earlier).number) >= 2
    assert "Asked for the first time" not in seen
    world.forget_codes()
    assert approve(world, copied).status_code == 303


def repeated(world, earlier):
    answer = world.post("anna", f"/requests/{earlier}/copy")
    ref = answer.headers["Location"].split("/")[2]
    end = world.request(earlier).ends_on.isoformat()
    lock = world.request(ref).lock
    answer = world.post("anna", f"/requests/{ref}/submit", lock=lock, ends_on=end, accepted="yes", terms=world.terms())
    assert answer.status_code == 303, answer.text
    return ref


def test_a_repeat_of_what_was_approved_with_a_condition_is_looked_at_by_itself(world):
    earlier = world.sent(variables=GREEN)
    world.verdict("wana", earlier, conditions="Cite the portal.")
    world.forget_codes()
    refused(world, [repeated(world, earlier), world.sent(variables=GREEN)], "was not simply approved")


def refused(world, refs, *words, who="wana", region="WANA"):
    """The page says why, the form decides nothing, and the code is still good."""
    before = len(world.decisions())
    seen = page(world, refs, who, region)
    assert seen.status_code == 200
    answer = approve(world, refs, who, region)
    assert answer.status_code == 400
    for text in (seen.text, answer.text):
        assert "These do not go together" in text
        assert 'name="code"' not in text
        plain = re.sub(r"\s+", " ", text)
        assert all(word in plain for word in words), words
    assert len(world.decisions()) == before


@pytest.mark.parametrize(
    ("other", "named"),
    [
        ({"variables": ("drivers",)}, "Variables"),
        ({"rows": {"country": ["NER", "LBY", "SDN"], "year": ["2019"]}}, "Year"),
        ({"output_kinds": ["public_report"]}, "Kinds of output"),
    ],
)
def test_a_mixed_selection_is_refused_and_says_in_what_it_differs(world, other, named):
    refs = [world.sent(variables=GREEN), world.sent(**{"variables": GREEN} | other)]
    first, second = (world.request(ref).number for ref in refs)
    refused(world, refs, second, f"It differs from {first} in: {named}")
    assert states(world, refs) == ["open", "open"]


@pytest.mark.parametrize("sensitive", ["exp_any", "exp_types"])
def test_what_is_amber_or_red_is_decided_by_itself(world, sensitive):
    refs = [world.sent(variables=("drivers", sensitive)) for _ in range(2)]
    assert 'form="together"' not in world.get("wana", "/inbox").text
    refused(world, refs, "amber or red")


def test_what_is_matched_with_other_data_is_decided_by_itself(world):
    world.agreement(matching="named")
    more = {"matching": "named", "matching_with": "A census"}
    refused(world, [world.sent(variables=GREEN, **more) for _ in range(2)], "The data protection officer decides after")


def test_feeds_without_an_impact_assessment_are_decided_by_themselves(world):
    feeds = [world.sent(variables=GREEN, repeats="rounds") for _ in range(2)]
    refused(world, feeds, "The data protection officer decides after")


def test_a_part_that_was_asked_about_is_decided_by_itself(world, pair):
    world.verdict("wana", pair[0], "ask")
    row = world.request(pair[0])
    answer = world.post("anna", f"/requests/{pair[0]}/answer", lock=row.lock, reply="Because it is so.")
    assert answer.status_code == 303, answer.text
    world.forget_codes()
    refused(world, pair, "asked or decided about it before")


def test_two_regions_parts_do_not_go_together(world, pair):
    mixed = [*parts(world, pair[:1]), *parts(world, pair[1:], "ESA")]
    asked = "&".join(f"part={one.ref}" for one in mixed)
    text = re.sub(r"\s+", " ", world.get("coordinator", f"/inbox/together?{asked}").text)
    assert f"It differs from {world.request(pair[0]).number} in: Region." in text


def test_a_part_decided_meanwhile_stops_all_and_is_named(world, pair):
    sent = fields(world, pair)
    world.verdict("wana", pair[1])
    world.forget_codes()
    answer = world.post("wana", "/inbox/together", **sent)
    assert answer.status_code == 409
    assert world.request(pair[1]).number in answer.text
    assert states(world, pair) == ["open", "approved"]
    assert len(world.decisions()) == 1


def test_a_part_that_was_changed_or_withdrawn_meanwhile_stops_all_and_is_named(world, pair):
    stale = fields(world, pair)
    stale["part"][1] = stale["part"][1][:-64] + "0" * 64
    answer = world.post("wana", "/inbox/together", **stale)
    assert (answer.status_code, world.request(pair[1]).number in answer.text) == (409, True)
    sent = fields(world, pair)
    assert world.post("anna", f"/requests/{pair[1]}/withdraw", lock=world.lock(pair[1])).status_code == 303
    answer = world.post("wana", "/inbox/together", **sent)
    assert (answer.status_code, world.request(pair[1]).number in answer.text) == (409, True)
    assert states(world, pair[:1]) == ["open"]
    assert world.decisions() == []


def test_a_wrong_code_decides_nothing_and_keeps_what_was_ticked(world, pair):
    answer = approve(world, pair, code="000000")
    assert answer.status_code == 400
    assert all(track.ref in answer.text for track in parts(world, pair))
    assert "This code is not right any more" in answer.text
    assert states(world, pair) == ["open", "open"]
    assert approve(world, pair).status_code == 303


def test_what_the_agreement_or_a_freeze_stands_against_is_not_approved(app, world, pair):
    with app.app_context(), factories.given():
        one = session().scalars(select(Request).where(Request.ref == pair[1])).one()
        whose = {"number": "STOP-1", "target": one.organisation.ref, "standing": f"organisation:{one.organisation.ref}"}
        session().add(Freeze(kind="organisation", reason="So.", set_by=world.people["dpo"].id, set_as="dpo", **whose))
    refused(world, pair, "something is frozen")


def test_an_agreement_that_ended_is_named(app, world, pair):
    with app.app_context(), factories.given():
        found = session().scalars(select(Agreement).where(Agreement.ref == world.people["agreement"])).one()
        found.status = "suspended"
    refused(world, pair, "The agreement does not allow it now")


@pytest.mark.parametrize(
    ("who", "status"),
    [("inside", 404), ("esa", 404), ("coordinator", 403), ("dpo", 403), ("anna", 403), ("focal", 404)],
)
def test_nobody_decides_here_who_may_not_decide_alone(world, pair, who, status):
    assert approve(world, pair, who).status_code == status
    assert states(world, pair) == ["open", "open"]


def test_their_own_organisations_part_is_nobodys(world, pair):
    # Ida manages the other region and is of the organisation that asks: alone as together
    assert world.verdict("inside", pair[0], region="ESA").status_code == 403
    assert approve(world, pair, "inside", "ESA").status_code == 403
    assert "It is not yours to decide." in page(world, pair, "inside", "ESA").text
    assert 'form="together"' not in world.get("inside", "/inbox").text


@pytest.mark.parametrize(
    "broken", [{"part": []}, {"part": ["x"]}, {"part": ["a" * 32 + "." + "b" * 63]}, {"key": "short"}, {"verb": "ask"}]
)
def test_a_broken_form_decides_nothing(world, pair, broken):
    answer = world.post("wana", "/inbox/together", **fields(world, pair) | broken)
    assert answer.status_code in {400, 404}
    assert states(world, pair) == ["open", "open"]


def test_the_same_part_twice_is_refused(world, pair):
    sent = fields(world, [pair[0], pair[0]])
    assert world.post("wana", "/inbox/together", **sent).status_code == 400
    assert world.decisions() == []


def test_an_empty_selection_says_what_to_do(world):
    assert "Tick the parts in the inbox" in world.get("wana", "/inbox/together").text


def test_one_green_part_alone_needs_no_ticking(world):
    world.sent(variables=GREEN)
    assert 'form="together"' not in world.get("wana", "/inbox").text


def test_every_part_looked_at_leaves_a_trace(world, pair):
    page(world, pair)
    seen = {target for *_, target in world.events("track.viewed")}
    assert seen == {track.ref for track in parts(world, pair)}
