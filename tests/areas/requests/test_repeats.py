"""Asking again: two screens from an earlier request to a new one on its way."""

import datetime as dt

import pytest

from portal.clock import today
from portal.db import session
from portal.requests.models import Request
from tests import factories
from tests.areas.requests.scene import World


@pytest.fixture
def world(app, as_person):
    return World(app, as_person)


def again(world, who, ref):
    answer = world.post(who, f"/requests/{ref}/copy")
    return answer, answer.headers.get("Location", "").split("/")[2] if answer.status_code == 303 else ""


def send(world, ref, **fields):
    day = (today() + dt.timedelta(days=40)).isoformat()
    return world.post("anna", f"/requests/{ref}/submit", lock=world.request(ref).lock, ends_on=day, **fields)


def test_a_request_is_repeated_on_two_screens(world):
    # Given a request that was sent
    earlier = world.sent()
    # When its author asks for the same again, the draft opens on its last page and says what differs
    answer, ref = again(world, "anna", earlier)
    assert answer.headers["Location"] == f"/requests/{ref}/edit/review"
    page = world.get("anna", answer.headers["Location"]).text
    assert world.request(earlier).number in page
    assert "Something is still missing" not in page
    # And when it is sent from there, it is on its way to the same regions
    assert send(world, ref, accepted="yes").status_code == 303
    assert world.request(ref).state == "in_review:regions"
    assert set(world.tracks(ref)) == set(world.tracks(earlier))
    assert world.request(ref).copied_from_id == world.request(earlier).id


def test_sent_twice_it_is_sent_once(world):
    _, ref = again(world, "anna", world.sent())
    lock = world.request(ref).lock
    day = (today() + dt.timedelta(days=40)).isoformat()
    for _ in range(2):
        answer = world.post("anna", f"/requests/{ref}/submit", lock=lock, ends_on=day, accepted="yes")
        assert answer.status_code == 303
    assert len(world.events("request.submitted")) == 2  # the earlier one's and this one's


def test_without_the_terms_it_is_not_sent_and_the_day_that_was_typed_stays(world):
    _, ref = again(world, "anna", world.sent())
    answer = send(world, ref)
    assert answer.status_code == 400
    assert "without it the request cannot be sent." in answer.text
    assert (today() + dt.timedelta(days=40)).isoformat() in answer.text
    assert world.request(ref).state == "draft"


def test_a_named_colleague_may_repeat_it_and_nobody_else(world):
    earlier = world.sent()
    answer, ref = again(world, "ben", earlier)
    assert answer.status_code == 303
    assert world.request(ref).requester_id == world.people["ben"].id
    for who, status in (("carl", 404), ("focal", 403), ("wana", 403), ("dpo", 403)):
        assert again(world, who, earlier)[0].status_code == status, who


def test_a_draft_is_not_repeated(world):
    assert again(world, "anna", world.start())[0].status_code == 403


def test_a_variable_that_is_no_longer_on_offer_is_left_out_and_told(app, world):
    earlier = world.sent(variables=("drivers",))

    with app.app_context(), factories.given():
        row = session().get(Request, world.request(earlier).id)
        row.draft = {**row.draft, "variables": {"variables": ["drivers", "gone_variable"]}}
    answer, ref = again(world, "anna", earlier)
    assert world.request(ref).draft["variables"] == {"variables": ["drivers"]}
    assert "gone_variable" in world.get("anna", answer.headers["Location"]).text


AS_BEFORE = "Asked and approved before"


def part(world, ref, who="wana"):
    return world.get(who, f"/tracks/{world.tracks(ref)[who.upper()].ref}").text


def repeated(world, earlier, **fields):
    _, ref = again(world, "anna", earlier)
    assert send(world, ref, accepted="yes", **fields).status_code == 303
    return ref


def test_who_approved_the_same_before_reads_so_and_approves_with_one_button(world):
    # Given a green request that one region approved as it stood and another with a condition
    earlier = world.sent(variables=("drivers",))
    world.verdict("wana", earlier)
    world.verdict("esa", earlier, conditions="Cite the portal.")
    assert AS_BEFORE not in part(world, earlier)
    # When it is asked for again, for longer
    ref = repeated(world, earlier)
    # Then the one is reminded and the other judges anew
    page = part(world, ref)
    assert AS_BEFORE in page
    assert f"differs from {world.request(earlier).number}" in page
    assert AS_BEFORE not in part(world, ref, "esa")
    world.forget_codes()
    # And a verdict chosen beside the button must be the same; Enter presses the other button
    assert world.verdict("wana", ref, verb="decline", again="approve").status_code == 400
    assert page.index("Record the decision") < page.index("Approve as before")
    assert world.verdict("wana", ref, verb="", again="approve", rationale="").status_code == 303
    assert world.tracks(ref)["WANA"].status == "approved"


@pytest.mark.parametrize("why", ["red", "changed", "stopped", "refused"])
def test_nobody_is_reminded_of_what_is_not_the_same_or_was_no_plain_approval(app, world, why):
    earlier = world.sent(variables=("drivers", "exp_types") if why == "red" else ("drivers",))
    assert world.verdict("wana", earlier, verb="decline" if why == "refused" else "approve").status_code == 303
    if why == "stopped":
        with app.app_context(), factories.given():
            session().get(Request, world.request(earlier).id).ended_as = "revoked"
    _, ref = again(world, "anna", earlier)
    if why == "changed":
        world.keep(ref, "variables", variables=["drivers", "bribe_paid"])
    assert send(world, ref, accepted="yes").status_code == 303
    assert AS_BEFORE not in part(world, ref)
