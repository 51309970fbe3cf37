"""A longer use: asked for, answered by every part, and never longer before all have agreed."""

import datetime as dt

import pytest
import time_machine

from portal.actor import system
from portal.clock import now, today
from portal.db import transaction
from portal.requests import actions_clock, actions_extension
from portal.requests.models_extension import Extension
from tests.areas.requests.scene import WORDS, World

REGIONS = {"wana": "WANA", "esa": "ESA"}


@pytest.fixture
def world(app, as_person):
    return World(app, as_person)


def later(days=60):
    return today("Europe/Copenhagen") + dt.timedelta(days=days)


def running(world, variables=("drivers",)):
    ref = world.offered(variables=variables)
    if "exp_types" in variables:
        world.forget_codes()
        assert world.officer(ref).status_code == 303
    assert world.accept(ref).status_code == 303
    world.forget_codes()
    return ref


def ask(world, ref, who="anna", ends_on=None, **more):
    fields = {"ends_on": str(ends_on or later()), "reason": WORDS, "lock": world.lock(ref)}
    return world.post(who, f"/requests/{ref}/extension", **fields | more)


def answer(world, who, ref, verb="agree", **more):
    (asking,) = world.look(Extension, Extension.status == "asked")
    fields = {"verb": verb, "sha256": asking.sha256, "code": world.code(who), "rationale": ""}
    path = (
        f"/requests/{ref}/extension/officer"
        if who == "dpo"
        else f"/tracks/{world.tracks(ref)[REGIONS[who]].ref}/extension"
    )
    return world.post(who, path, **fields | more)


def asking(world):
    return world.look(Extension)[-1]


def test_only_when_every_region_has_agreed_the_last_day_moves(world):
    # Given a running request of two regions
    ref = running(world)
    before = world.request(ref).ends_on
    # When a later day is asked for, both are told, and nothing has changed
    assert ask(world, ref).status_code == 303
    assert len(world.letters("extension_asked")) == 2
    assert f"/tracks/{world.tracks(ref)['WANA'].ref}/extension" in world.get("wana", "/inbox").text
    # When the first agrees, nothing has changed either
    assert answer(world, "wana", ref).status_code == 303
    assert world.request(ref).ends_on == before
    # When the second agrees, it runs longer, under a scope of its own
    old = world.request(ref).scope_id
    assert answer(world, "esa", ref).status_code == 303
    assert world.request(ref).ends_on == later()
    assert world.request(ref).scope_id != old
    assert asking(world).status == "granted"
    assert world.request(ref).state == "active"


def test_an_asking_that_nobody_answers_prolongs_nothing(app, world):
    # Given an extension that is asked for and a last day that comes
    ref = running(world)
    ask(world, ref)
    with time_machine.travel(now() + dt.timedelta(days=2), tick=True):
        # When the clock runs
        with app.app_context(), transaction():
            actions_clock.expire_due(system("keeper"), now())
        # Then the request is over, the asking lapses, and an answer comes too late
        assert world.request(ref).state == "ended:expired"
        with app.app_context(), transaction():
            assert actions_extension.lapse_due(system("keeper")) == 1
    assert asking(world).status == "lapsed"


def test_one_refusal_with_its_reason_ends_it(world):
    ref = running(world)
    ask(world, ref)
    assert answer(world, "wana", ref, "refuse").status_code == 400  # without a reason
    assert answer(world, "wana", ref, "refuse", rationale="The round is withdrawn soon.").status_code == 303
    assert asking(world).status == "declined"
    page = world.get("anna", f"/requests/{ref}/extension").text
    assert "The round is withdrawn soon." in page
    assert "Ask for a later day" in page  # and another may be asked for


def test_the_officer_answers_too_where_a_trigger_says_so(world):
    ref = running(world, variables=("drivers", "exp_types"))
    ask(world, ref)
    assert asking(world).parts.split() == ["ESA", "WANA", "dpo"]
    for who in ("wana", "esa"):
        assert answer(world, who, ref).status_code == 303
    assert asking(world).status == "asked"
    assert answer(world, "dpo", ref).status_code == 303
    assert asking(world).status == "granted"


@pytest.mark.parametrize(
    ("fields", "status", "told"),
    [
        ({"ends_on": "2020-01-01"}, 400, "after the present last day"),
        ({"ends_on": "soon"}, 400, "f-ends_on-error"),
        ({"ends_on": "2199-01-01"}, 403, ""),
        ({"reason": "short"}, 400, "20 characters"),
        ({"lock": "99"}, 409, ""),
    ],
)
def test_what_cannot_be_asked_is_told_and_what_was_typed_stays(world, fields, status, told):
    ref = running(world)
    page = ask(world, ref, **fields)
    assert page.status_code == status, page.text
    assert told in page.text
    if status == 400:
        assert fields.get("reason", WORDS) in page.text
    assert not world.look(Extension)


def test_two_clicks_are_one_asking_and_one_answer_each(world):
    ref = running(world)
    assert ask(world, ref).status_code == 303
    assert ask(world, ref).status_code == 303
    assert len(world.look(Extension)) == 1
    assert answer(world, "wana", ref).status_code == 303
    world.forget_codes()
    assert answer(world, "wana", ref).status_code == 409


def test_who_saw_another_scope_is_told(world):
    ref = running(world)
    ask(world, ref)
    assert answer(world, "wana", ref, sha256="0" * 64).status_code == 409


def test_nobody_else_asks_or_answers(world):
    ref = running(world)
    for who, status in (("ben", 403), ("focal", 403), ("carl", 404), ("wana", 403)):
        assert ask(world, ref, who).status_code == status, who
    ask(world, ref)
    track = world.tracks(ref)["ESA"].ref
    for who, status in (("anna", 403), ("inside", 403), ("wana", 404)):
        page = world.post(who, f"/tracks/{track}/extension", verb="agree", sha256="x", code="123456")
        assert page.status_code == status, who


def test_it_is_taken_back(world):
    ref = running(world)
    ask(world, ref)
    assert world.post("anna", f"/requests/{ref}/extension/withdraw", lock=asking(world).lock).status_code == 303
    assert asking(world).status == "withdrawn"
    assert ask(world, ref).status_code == 303


def test_what_is_suspended_cannot_be_prolonged(world):
    ref = running(world)
    world.post("dpo", f"/requests/{ref}/stop", verb="suspend", reason="A reason.", code=world.code("dpo"))
    assert ask(world, ref).status_code == 409
