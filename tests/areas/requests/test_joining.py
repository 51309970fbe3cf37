"""Somebody new in the team of a running request: asked for, answered by every part, and nothing before all agreed."""

import datetime as dt
from dataclasses import replace

import pytest
import time_machine
from sqlalchemy import select

from portal.actor import Role, system
from portal.auth.models import Person
from portal.auth.queries import actor_of
from portal.clock import now, today
from portal.db import session, transaction
from portal.exports import actions as exports
from portal.exports import guarding
from portal.exports.models import Allowance, Release
from portal.freezes import PERSON, Freeze
from portal.requests import actions_clock, actions_extension
from portal.requests.models_extension import Extension
from portal.requests.scope import from_content
from tests import factories
from tests.areas.requests.scene import WORDS, World

REGIONS = {"wana": "WANA", "esa": "ESA"}


@pytest.fixture
def world(app, as_person):
    """The world of requests, with a colleague who is in no team and staff of the partner."""
    found = World(app, as_person)
    with app.app_context(), factories.given():
        house = session().get_one(Person, found.people["anna"].id).organisation
        found.people["nina"] = factories.a_person(organisation=house, name="Nina New")
        found.people["idle"] = factories.a_person(organisation=house, roles=[Role.REGIONAL_MANAGER], name="Idle")
    return found


def running(world, variables=("drivers",)):
    ref = world.offered(variables=variables)
    if "exp_types" in variables:
        world.forget_codes()
        assert world.officer(ref).status_code == 303
    assert world.accept(ref).status_code == 303
    world.forget_codes()
    return ref


def available(world):
    """Let the release of what runs be there, as a build leaves it; who is named may fetch it twice."""
    with world.app.app_context(), factories.given():
        (release,) = session().scalars(select(Release))
        release.status, release.available_at = "available", now()
        release.expires_at = now() + dt.timedelta(days=9)
        for one in release.request.recipients:
            session().add(Allowance(release_id=release.id, person_id=one.person_id, remaining=2))


def ask(world, ref, who="nina", by="anna", **more):
    fields = {"newcomer": world.people[who].ref, "reason": WORDS, "lock": world.lock(ref)}
    return world.post(by, f"/requests/{ref}/team/join", **fields | more)


def answer(world, who, ref, verb="agree", **more):
    (asking,) = world.look(Extension, Extension.status == "asked")
    fields = {"verb": verb, "sha256": asking.sha256, "code": world.code(who), "rationale": ""}
    officer, part = f"/requests/{ref}/extension/officer", f"/tracks/{world.tracks(ref)[REGIONS.get(who, 'ESA')].ref}"
    return world.post(who, officer if who == "dpo" else f"{part}/extension", **fields | more)


def asking(world):
    return world.look(Extension)[-1]


def team(world, ref):
    with world.app.app_context(), transaction():
        return {one.person.name for one in session().merge(world.request(ref)).recipients}


def door(world, who):
    """Why the door would keep somebody out, "" if it would not."""
    (release,) = world.look(Release)
    with world.app.app_context(), transaction():
        return guarding.still_allowed(world.people[who].id, release.id)


def agree(world, ref, *who):
    for one in who or ("wana", "esa"):
        assert answer(world, one, ref).status_code == 303


def scope(world, ref):
    row = world.request(ref)
    return next(from_content(one.content) for one in world.scopes(ref) if one.id == row.scope_id)


@pytest.mark.parametrize("by", ["anna", "focal"])
def test_only_when_every_region_has_agreed_they_may_fetch(world, by):
    # Given a running request of two regions, whose file is there
    ref = running(world)
    available(world)
    before = world.request(ref)
    # When a colleague is to join, both are told, and nothing has changed
    assert "Nina New" in world.get(by, f"/requests/{ref}/extension").text
    assert ask(world, ref, by=by).status_code == 303
    assert len(world.letters("extension_asked")) == 2
    assert "Nina New in the team" in world.get("wana", "/inbox").text
    page = world.get("wana", f"/tracks/{world.tracks(ref)['WANA'].ref}/extension").text
    assert "Anna Asks, Ben Beside" in page
    # Nor when the first agrees
    agree(world, ref, "wana")
    assert team(world, ref) == {"Anna Asks", "Ben Beside"}
    assert world.get("nina", f"/requests/{ref}").status_code == 404
    assert door(world, "nina") == "person"
    # When the second agrees, they are in it, under a scope of its own, and the last day is what it was
    agree(world, ref, "esa")
    assert team(world, ref) == {"Anna Asks", "Ben Beside", "Nina New"}
    assert world.people["nina"].ref in scope(world, ref).recipients
    assert (world.request(ref).ends_on, world.request(ref).state) == (before.ends_on, "active")
    assert world.request(ref).scope_id != before.scope_id
    assert world.get("nina", f"/requests/{ref}").status_code == 200
    assert door(world, "nina") == ""
    (letter,) = world.letters("request_joined")
    assert letter.address == world.people["nina"].email
    assert len(world.letters("extension_settled")) == (1 if by == "anna" else 2)
    assert asking(world).status == "granted"


def test_they_fetch_as_often_as_the_others_might_and_accept_the_terms_first(world):
    ref = running(world)
    available(world)
    world.agreement(download_limit=2)
    ask(world, ref)
    agree(world, ref)
    (mine,) = world.look(Allowance, Allowance.person_id == world.people["nina"].id)
    assert mine.remaining == 2
    (release,) = world.look(Release)
    for accepted, told in ((False, "acceptance"), (True, "")):
        if accepted:
            world.accepted("nina")
        with world.app.app_context(), transaction():
            nina = replace(actor_of(session().get_one(Person, world.people["nina"].id)), authentication=("pwd", "otp"))
            assert guarding.against(nina, session().get_one(Release, release.id)) == told


def test_whoever_comes_back_goes_on_with_what_was_left_to_them(world):
    ref = running(world)
    available(world)
    with world.app.app_context(), factories.given():
        theirs = select(Allowance).where(Allowance.person_id == world.people["ben"].id)
        session().scalars(theirs).one().remaining = 1
    gone = world.post("anna", f"/requests/{ref}/team/leave", person=world.people["ben"].ref, lock=world.lock(ref))
    assert gone.status_code == 303
    assert ask(world, ref, "ben").status_code == 303
    agree(world, ref)
    assert team(world, ref) == {"Anna Asks", "Ben Beside"}
    (mine,) = world.look(Allowance, Allowance.person_id == world.people["ben"].id)
    assert mine.remaining == 1


def test_the_officer_answers_too_where_a_trigger_says_so(world):
    ref = running(world, variables=("drivers", "exp_types"))
    ask(world, ref)
    assert asking(world).parts.split() == ["ESA", "WANA", "dpo"]
    agree(world, ref)
    assert "Nina New" not in team(world, ref)
    agree(world, ref, "dpo")
    assert "Nina New" in team(world, ref)


def test_one_refusal_with_its_reason_ends_it_and_nothing_has_changed(world):
    ref = running(world)
    before = world.request(ref)
    ask(world, ref)
    agree(world, ref, "esa")
    assert answer(world, "wana", ref, "refuse").status_code == 400
    assert answer(world, "wana", ref, "refuse", rationale="Four are enough for this.").status_code == 303
    assert asking(world).status == "declined"
    assert "Four are enough for this." in world.get("anna", f"/requests/{ref}/extension").text
    assert team(world, ref) == {"Anna Asks", "Ben Beside"}
    assert (world.request(ref).scope_id, world.request(ref).lock) == (before.scope_id, before.lock)
    assert not world.letters("request_joined")
    assert ask(world, ref).status_code == 303  # and it may be asked for again


@pytest.mark.parametrize(
    ("who", "fields", "status", "told"),
    [
        ("carl", {}, 400, "not on the list"),
        ("dpo", {}, 400, "not on the list"),
        ("idle", {}, 400, "not on the list"),
        ("ben", {}, 400, "in the team already"),
        ("nina", {"newcomer": ""}, 400, "f-newcomer-error"),
        ("nina", {"newcomer": "x" * 32}, 400, "not on the list"),
        ("nina", {"reason": "short"}, 400, "f-reason-joining-error"),
        ("nina", {"lock": "99"}, 409, ""),
    ],
)
def test_what_cannot_be_asked_is_told_and_what_was_typed_stays(world, who, fields, status, told):
    ref = running(world)
    page = ask(world, ref, who, **fields)
    assert page.status_code == status, page.text
    assert told in page.text
    if status == 400:
        assert fields.get("reason", WORDS) in page.text
    assert not world.look(Extension)


def change(world, who, **values):
    with world.app.app_context(), factories.given():
        person = session().get_one(Person, world.people[who].id)
        for name, value in values.items():
            setattr(person, name, value)


def leave(world, who):
    with world.app.app_context(), factories.given():
        other = session().get_one(Person, world.people["carl"].id).organisation_id
        session().get_one(Person, world.people[who].id).organisation_id = other


def freeze(world, who):
    what = {"kind": PERSON, "target": world.people[who].ref, "standing": "x", "reason": "A laptop is lost."}
    with world.app.app_context(), factories.given():
        session().add(Freeze(number="STOP-2026-001", set_by=world.people["dpo"].id, set_as="dpo", **what))


GONE = {"disabled": lambda world: change(world, "nina", disabled_at=now()), "left": lambda world: leave(world, "nina")}


@pytest.mark.parametrize("how", GONE)
def test_whoever_is_gone_is_not_asked_for_nor_agreed_to(world, how):
    ref = running(world)
    ask(world, ref)
    agree(world, ref, "wana")
    GONE[how](world)
    page = answer(world, "esa", ref)
    assert page.status_code == 400
    assert "no longer with the organisation" in page.text
    assert team(world, ref) == {"Anna Asks", "Ben Beside"}
    assert answer(world, "esa", ref, "refuse", rationale="They left.").status_code == 303
    assert ask(world, ref).status_code == 400


def test_nobody_joins_who_is_frozen(world):
    ref = running(world)
    ask(world, ref)
    agree(world, ref, "wana")
    freeze(world, "nina")
    assert answer(world, "esa", ref).status_code == 403
    assert team(world, ref) == {"Anna Asks", "Ben Beside"}
    assert world.post("anna", f"/requests/{ref}/team/join/withdraw", lock=asking(world).lock).status_code == 303
    assert ask(world, ref).status_code == 403


def test_two_clicks_are_one_asking_and_one_answer_each(world):
    ref = running(world)
    lock = world.lock(ref)
    assert [ask(world, ref, lock=lock).status_code for _ in range(2)] == [303, 303]
    assert len(world.look(Extension)) == 1
    agree(world, ref, "wana")
    world.forget_codes()
    assert answer(world, "wana", ref).status_code == 409
    agree(world, ref, "esa")
    assert len(world.letters("request_joined")) == 1


def test_one_thing_is_asked_for_at_a_time(world):
    ref = running(world)
    later = {"ends_on": str(today() + dt.timedelta(days=60)), "reason": WORDS, "lock": world.lock(ref)}
    assert world.post("anna", f"/requests/{ref}/extension", **later).status_code == 303
    assert ask(world, ref).status_code == 409
    assert "Add somebody" not in world.get("anna", f"/requests/{ref}/extension").text
    assert len(world.look(Extension)) == 1


def test_nobody_else_asks_takes_back_or_answers(world):
    ref = running(world)
    for who, status in (("ben", 403), ("nina", 404), ("carl", 404), ("wana", 403), ("dpo", 403)):
        assert ask(world, ref, by=who).status_code == status, who
    ask(world, ref)
    path = f"/requests/{ref}/team/join/withdraw"
    for who, status in (("ben", 403), ("carl", 404), ("wana", 403), ("dpo", 403)):
        assert world.post(who, path, lock=asking(world).lock).status_code == status, who
    for who, status in (("anna", 403), ("inside", 403), ("wana", 404)):
        page = world.post(who, f"/tracks/{world.tracks(ref)['ESA'].ref}/extension", verb="agree", sha256="x", code="1")
        assert page.status_code == status, who


def test_a_focal_point_does_not_take_back_a_longer_use(world):
    ref = running(world)
    later = {"ends_on": str(today() + dt.timedelta(days=60)), "reason": WORDS, "lock": world.lock(ref)}
    world.post("anna", f"/requests/{ref}/extension", **later)
    taken = world.post("focal", f"/requests/{ref}/team/join/withdraw", lock=asking(world).lock)
    assert taken.status_code == 403
    assert asking(world).status == "asked"


def test_it_lapses_with_the_request(app, world):
    ref = running(world)
    ask(world, ref)
    with time_machine.travel(now() + dt.timedelta(days=2), tick=True), app.app_context(), transaction():
        actions_clock.expire_due(system("keeper"), now())
        assert actions_extension.lapse_due(system("keeper")) == 1
    assert asking(world).status == "lapsed"
    assert team(world, ref) == {"Anna Asks", "Ben Beside"}


@pytest.mark.parametrize("state", ["offered", "suspended", "review"])
def test_only_what_runs_is_asked_for_more_people(world, state):
    ref = world.sent(variables=("drivers",)) if state == "review" else world.offered(variables=("drivers",))
    if state == "suspended":
        world.accept(ref)
        world.forget_codes()
        world.post("dpo", f"/requests/{ref}/stop", verb="suspend", reason="A reason.", code=world.code("dpo"))
    assert ask(world, ref).status_code == 409
    assert not world.look(Extension)


def test_whoever_joined_is_in_the_next_request_for_the_same(world):
    ref = running(world)
    ask(world, ref)
    agree(world, ref)
    assert world.people["nina"].ref in world.request(ref).draft["team"]["team"]


def test_admitting_twice_gives_nothing_twice(app, world):
    ref = running(world)
    available(world)
    ask(world, ref)
    agree(world, ref)
    with app.app_context(), factories.given():
        exports.admit(world.request(ref).id, world.people["nina"].id)
    assert len(world.look(Allowance, Allowance.person_id == world.people["nina"].id)) == 1
