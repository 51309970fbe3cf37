"""Every door × everybody: who gets through, what the others learn (nothing), and what the log then says of each."""

import os
import re

import pytest

from portal import policy
from portal.web import guard
from tests import conftest
from tests.house.doors import DOORS
from tests.house.standing import CONTRACTORS, EVERYBODY, INSIDE, NOWHERE, OUTSIDE, PARTNERS

ENTITLED = policy.entitlements
LONG = bool(os.environ.get("PORTAL_TEST_LONG"))  # then each of a side compares what is hidden with what is absent

NONCE = re.compile(r'(nonce-|value="|X-CSRFToken": ")[\w.-]+')


LISTS = {
    "/requests": ("/requests/<ref>", ("draft", "sent", "active")),
    "/agreements": ("/agreements/<ref>", ("agreement", "draft_agreement", "shared_agreement")),
    "/catalogue/": ("/catalogue/<ref>", ("dataset", "hidden_dataset")),
    "/protected": ("/protected/<ref>", ("signed", "proposed")),
    "/stop": ("/stop/<ref>", ("freeze", "lifting")),
    "/emergencies": ("/emergencies/<ref>", ("emergency", "granted")),
    "/incidents": ("/incidents/<ref>", ("incident", "assessing")),
    "/organisations": ("/organisations/<ref>", ("partner",)),
    "/rounds": ("/rounds/<ref>", ("commission", "other_commission")),
    "/inbox": ("/tracks/<ref>", ("WANA_track",)),
}
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND")
EXTRA = ("status", "role", "organisation_id", "requester_id", "lock_", "refuse-interview_id")
FORGED = {
    "FormToken": ({"csrf_token": ""}, {}),
    "ForeignOrigin": ({}, {"Sec-Fetch-Site": "cross-site"}),
}


def rules(app):
    """Every (method, address) of the portal as the portal has them."""
    return {(method, rule.rule) for rule in app.url_map.iter_rules() for method in rule.methods - {"HEAD"}}


def need(world, door):
    adapter = world.app.url_map.bind("localhost")
    endpoint, _ = adapter.match(door.path(world).partition("?")[0], method=door.method)
    with world.app.app_context():
        return guard.need_of(endpoint)


def open_(world, name, door, ref=""):
    """Knock as somebody; return the answer."""
    path = door.path(world, ref)
    if door.method == "GET":
        return world.get(name, path)
    answer = world.post(name, path, **door.fields(world, name))
    answer.get_data()  # a stream ends with its event
    return answer


def expected(world, door, name):
    """Return the status somebody gets: derived from the door's need, and the table's word on who may."""
    if name in door.may:
        return door.answer
    wanted = need(world, door)
    if name in OUTSIDE or not wanted.signed_in:
        return 303 if door.method == "GET" else 401
    if name in (*door.sees, *door.terms):
        return 403
    roles = ENTITLED()[wanted.permission].roles if wanted.permission else frozenset()
    return 404 if world.roles(name) & roles else 403


REASONS = {401: "NotSignedIn", 303: "NotSignedIn", 403: "NotAllowed", 404: "NotFound"}


def test_every_address_and_method_has_a_row(world):
    assert {(door.method, door.rule) for door in DOORS} == rules(world.app)


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.name)
def test_everybody_at(world, door):
    _refuses(world, door, _tried(door, turn=int(bool(conftest.SERVER))))
    wrong = [line for name in door.may for line in _goes_through(world, door, name)]
    assert wrong == []


@pytest.mark.long
@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.name)
def test_the_others_at(world, door):
    _refuses(world, door, _tried(door, turn=2))


def _refuses(world, door, names):
    before = world.contents(log=False)
    size, told, wrong, compared = world.size_of_log(), [], [], set()
    for name in names:
        answer = open_(world, name, door)
        status = expected(world, door, name)
        told.append(("authz.denied", world.ref(name), "TermsForbid" if name in door.terms else REASONS[status]))
        if answer.status_code != status:
            wrong.append(f"{name}: {answer.status_code}, not {status}")
        wrong += [f"{name}: was told {one!r}" for one in world.secrets(name) if one in answer.text]
        if status == 404 and door.about and (LONG or _side(name) not in compared):
            compared.add(_side(name))
            absent = open_(world, name, door, NOWHERE)
            told.append(("authz.denied", world.ref(name), "NotFound"))
            if _plain(answer, world.refs[door.about]) != _plain(absent, NOWHERE):
                wrong.append(f"{name}: can tell absent from hidden")
    assert wrong == []
    assert [(one["type"], one["actor"].get("ref", ""), one["reason"]) for one in world.told_since(size)] == told
    assert world.contents(log=False) == before


def _tried(door, turn):
    """A third of those who may not; the others on the round with the other database, and on the long one."""
    return [one for one in EVERYBODY if one not in door.may][(DOORS.index(door) + turn) % 3 :: 3]


def _side(name):
    sides = {"partner": PARTNERS, "inside": INSIDE, "contractor": CONTRACTORS}
    return next((side for side, names in sides.items() if name in names), "staff")


def events(world, door, name):
    """Return what the log must say of somebody who goes through, in order."""
    if callable(door.events):
        return door.events(name)
    declared = need(world, door).event
    return door.events if door.events is not None else (declared,) if declared else ()


def _goes_through(world, door, name):
    known = world.people.get("author" if door.rule == "/sign-in" else name)
    whose = known.ref if known else ""
    size = world.size_of_log()
    answer = open_(world, name, door)
    told = [(one["type"], one["actor"].get("ref", "")) for one in world.told_since(size)]
    if not (answer.status_code == door.answer or (door.answer == 0 and answer.status_code in {200, 303})):
        yield f"{name}: {answer.status_code}, not {door.answer}"
    if [event for event, _ in told] != list(events(world, door, name)) or {who for _, who in told[:1]} - {
        whose,
        world.ref(name),
    }:
        yield f"{name}: the log says {told}"
    if door.method == "POST":
        world.changed = True
        world.leave(name)
        if not door.apart:
            world.again()


def _plain(answer, ref):
    return NONCE.sub(r"\1", answer.text.replace(ref, NOWHERE))


def _row(method, rule, about=""):
    return next(door for door in DOORS if (door.method, door.rule, door.about) == (method, rule, about))


@pytest.mark.parametrize("address", LISTS)
def test_a_list_shows_what_its_reader_may_open_and_nothing_else(world, address):
    inner, keys = LISTS[address]
    for name in _row("GET", address).may:
        page = world.get(name, address).text
        shown = {key for key in keys if f"/{world.refs[key]}" in page}
        assert shown == {key for key in keys if name in _row("GET", inner, key).may}, name


def test_a_door_takes_its_own_methods_and_no_others(world):
    size = world.size_of_log()
    for door in DOORS:
        taken = {method for method, rule in rules(world.app) if rule == door.rule}
        taken |= {"HEAD"} if "GET" in taken else set()
        for method in METHODS:
            if method not in taken:
                answer = world.browser("anonymous").open(door.path(world), method=method)
                assert answer.status_code == 405, (method, door.rule)
    assert world.told_since(size) == []


def test_a_head_is_a_look_like_any_other(world):
    door = _row("GET", "/requests/<ref>", "sent")
    for name, status, told in (("dpo", 200, "request.viewed"), ("stranger", 404, "authz.denied")):
        size = world.size_of_log()
        answer = world.browser(name).head(door.path(world))
        assert (answer.status_code, answer.data) == (status, b"")
        assert [one["type"] for one in world.told_since(size)] == [told]


@pytest.mark.parametrize("forgery", FORGED)
def test_what_another_site_makes_a_browser_send_changes_nothing_and_is_told(world, forgery):
    fields, headers = FORGED[forgery]
    before, size, told = world.contents(log=False), world.size_of_log(), []
    for door in (one for one in DOORS if one.method == "POST"):
        name = next(one for one in (*door.may[4:], *door.may) if one not in OUTSIDE or door.rule == "/sign-in/code")
        data = {"csrf_token": world.token(name), **door.fields(world, name), **fields}
        answer = world.browser(name).post(door.path(world), data=data, headers=headers)
        assert answer.status_code == 400, door.name
        told.append(("authz.csrf_rejected", world.ref(name), forgery))
    assert [(one["type"], one["actor"].get("ref", ""), one["reason"]) for one in world.told_since(size)] == told
    assert world.contents(log=False) == before


def test_what_a_form_does_not_ask_for_is_refused_and_not_taken(world):
    _none_takes(world, [EXTRA[(at + bool(conftest.SERVER)) % len(EXTRA)] for at in range(len(DOORS))])


@pytest.mark.long
@pytest.mark.parametrize("extra", EXTRA)
def test_no_form_takes_what_it_does_not_ask_for(world, extra):
    _none_takes(world, [extra] * len(DOORS))


def _none_takes(world, extras):
    before = world.contents(log=False)
    taken = []
    for door, extra in ((door, extra) for door, extra in zip(DOORS, extras, strict=True) if door.method == "POST"):
        name = next(one for one in (*door.may[4:], *door.may) if one not in OUTSIDE or door.rule == "/sign-in/code")
        answer = world.post(name, door.path(world), **{**door.fields(world, name), extra: "1"})
        answer.get_data()
        if answer.status_code != 400:
            taken.append((door.name, answer.status_code))
        world.leave(name)
    assert taken == []
    assert world.contents(log=False) == before


def test_a_denial_says_where_and_nothing_of_what_was_sent(world):
    door = _row("POST", "/tracks/<ref>/decide", "WANA_track")
    size = world.size_of_log()
    world.post("lac", door.path(world) + "?q=secret-question", rationale="secret-reason")
    (told,) = world.told_since(size)
    assert told["target"] == {"type": "reviews", "ref": world.refs["WANA_track"]}
    where = {"route": "/tracks/<ref>/decide", "method": "POST", "endpoint": "reviews.decide"}
    assert where.items() <= told["context"].items()
    assert "secret" not in str(told)
