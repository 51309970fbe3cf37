"""Conditions that become obligations, and the settled part that is taken while the rest goes on."""

import datetime as dt

import pytest
from sqlalchemy import select

from portal import clock
from portal.db import session
from portal.requests.models import Request, Track
from portal.requests.models_duties import Obligation, Recusal
from portal.requests.narrowing import is_narrowing
from portal.requests.scope import from_content
from tests import factories


def active(world, **conditions):
    ref = world.sent(variables=("drivers",))
    assert world.verdict("wana", ref, **conditions).status_code == 303
    assert world.verdict("esa", ref).status_code == 303
    assert world.accept(ref).status_code == 303
    return ref


def report(world, one, who="anna", **more):
    return world.post(who, f"/obligations/{one.ref}/report", **{"note": "Done in May.", "lock": one.lock} | more)


def judge(world, one, verb="confirm", who="wana", **more):
    world.forget_codes()
    fields = {"verb": verb, "note": "", "lock": one.lock, "code": world.code(who)}
    return world.post(who, f"/obligations/{one.ref}/judge", **fields | more)


def obligations(world):
    return world.look(Obligation)


# ---- conditions ----
def test_conditions_become_obligations_when_the_offer_is_accepted(world):
    day = (clock.today() + dt.timedelta(days=30)).isoformat()
    lines = {"conditions": "Show us the map.", "due": "on_publication", "conditions_2": "Destroy it.", "due_on_2": day}
    ref = active(world, **lines)
    (decision, _) = world.decisions()
    assert decision.conditions == f"Show us the map.\nDestroy it. ({day})"
    first, second = obligations(world)
    assert [(one.text, one.due, one.region, one.status) for one in (first, second)] == [
        ("Show us the map.", "on_publication", "WANA", "open"),
        ("Destroy it.", "by_date", "WANA", "open"),
    ]
    assert second.due_on.isoformat() == day
    assert len(world.events("obligation.opened")) == 2
    for who, path in (("anna", f"/requests/{ref}"), ("focal", "/obligations"), ("wana", "/obligations")):
        assert "Show us the map." in world.get(who, path).text, who
    assert "Show us the map." not in world.get("esa", "/obligations").text
    for who in ("carl", "esa"):
        assert world.get(who, f"/obligations/{first.ref}").status_code == 404


@pytest.mark.parametrize(
    ("lines", "field"),
    [
        ({"conditions": "Destroy it.", "due": "by_date"}, "due_on"),
        ({"conditions": "Destroy it.", "due_on": "soon"}, "due_on"),
        ({"due_on_2": "2030-01-01"}, "conditions_2"),
        ({"conditions": "Destroy it.", "due": "never"}, "due"),
    ],
)
def test_a_condition_that_is_half_written_comes_back(world, lines, field):
    ref = world.sent()
    answer = world.verdict("wana", ref, **lines)
    assert answer.status_code == 400
    assert f'href="#f-{field}"' in answer.text
    assert "A reason." in answer.text
    assert world.decisions() == []


def test_a_condition_is_reported_confirmed_and_opened_again(world):
    active(world, conditions="Show us the map.")
    (one,) = obligations(world)
    assert report(world, one, note="").status_code == 400
    assert report(world, one, who="ben").status_code == 403
    assert report(world, one).status_code == 303
    assert report(world, one).status_code == 303  # the second click
    assert {letter.address for letter in world.letters("obligation_reported")} == {world.people["wana"].email}
    (one,) = obligations(world)
    assert (one.status, one.note) == ("reported", "Done in May.")
    assert "Show us the map." in world.get("wana", "/inbox").text
    assert judge(world, one, who="esa").status_code == 404
    assert judge(world, one, who="dpo").status_code == 403
    assert judge(world, one, "reopen").status_code == 400
    assert judge(world, one, code="000000").status_code == 400
    assert judge(world, one, "reopen", note="The map is missing.").status_code == 303
    (one,) = obligations(world)
    assert one.status == "open"
    assert "The map is missing." in world.get("anna", f"/obligations/{one.ref}").text
    report(world, one)
    (one,) = obligations(world)
    assert judge(world, one, lock=one.lock - 1).status_code == 409
    assert judge(world, one).status_code == 303
    assert judge(world, one).status_code == 303  # the second click
    (one,) = obligations(world)
    assert one.status == "met"
    names = ("obligation.reported", "obligation.reopened", "obligation.met")
    assert [len(world.events(name)) for name in names] == [2, 1, 1]


def test_the_officers_condition_is_the_officers_to_judge(world):
    ref = world.offered()
    assert world.officer(ref, conditions="Destroy by June.").status_code == 303
    assert world.accept(ref).status_code == 303
    (one,) = obligations(world)
    assert one.region == ""
    report(world, one)
    (one,) = obligations(world)
    assert judge(world, one, who="wana").status_code == 404
    assert judge(world, one, "waive", who="dpo", note="Not needed.").status_code == 303
    (one,) = obligations(world)
    assert one.status == "waived"
    assert judge(world, one, "reopen", who="dpo", note="Again.").status_code == 409


def test_what_is_overdue_is_listed_first_and_said(world):
    yesterday = (clock.today() - dt.timedelta(days=2)).isoformat()
    active(world, conditions="Use it inside.", conditions_2="Send the report.", due_on_2=yesterday)
    page = world.get("focal", "/obligations").text
    assert page.index("Send the report.") < page.index("Use it inside.")
    late = world.get("focal", "/obligations?show=overdue").text
    assert "Send the report." in late
    assert "Use it inside." not in late
    assert "Send the report." in world.get("wana", "/inbox").text
    assert ",by_date," in world.get("focal", "/obligations?as=csv").text


def test_a_condition_of_a_decision_that_counts_no_more_is_nobodys(world):
    ref = world.sent(variables=("drivers",))
    assert world.verdict("esa", ref, "ask", conditions="An old one.").status_code == 303
    world.post("anna", f"/requests/{ref}/answer", lock=world.lock(ref), reply="Because.")
    world.forget_codes()
    world.verdict("wana", ref)
    world.verdict("esa", ref, conditions="The new one.")
    assert world.accept(ref).status_code == 303
    assert [one.text for one in obligations(world)] == ["The new one."]


# ---- splitting ----
def split(world, ref, who="anna", **more):
    return world.post(who, f"/requests/{ref}/split", **{"lock": world.lock(ref)} | more)


def child_of(world, ref):
    return world.look(Request, Request.split_from_id == world.request(ref).id)[0]


def test_the_settled_part_is_taken_and_the_rest_goes_on(world):
    ref = world.sent(variables=("drivers",))
    asked = from_content(world.scopes(ref)[0].content)
    was = world.tracks(ref)
    assert "Take the settled part now" not in world.get("anna", f"/requests/{ref}").text
    assert split(world, ref).status_code == 409
    assert world.verdict("wana", ref).status_code == 303
    assert "Take the settled part now" in world.get("anna", f"/requests/{ref}").text
    for who in ("ben", "focal", "carl", "wana"):
        assert split(world, ref, who=who).status_code in {403, 404}
    lock = world.lock(ref)
    assert split(world, ref, lock=lock - 1).status_code == 409
    assert split(world, ref, lock=lock).status_code == 303
    assert split(world, ref, lock=lock).status_code == 303  # the second click
    assert len(world.look(Request)) == 2
    child = child_of(world, ref)
    # the parent is offered exactly what was approved; the decision's hash still fits
    parent = world.request(ref)
    assert parent.state == "offered"
    offered = from_content(next(one for one in world.scopes(ref) if one.id == parent.scope_id).content)
    assert offered.regions == {"WANA"}
    assert is_narrowing(asked, offered)
    assert offered.slice_sha256("WANA") == was["WANA"].slice_sha256 == world.decisions()[0].scope_sha256
    assert world.tracks(ref)["ESA"].status == "closed"
    # the child holds the open part and nothing else, and is as old
    rest = from_content(world.scopes(child.ref)[0].content)
    assert rest.regions == {"ESA"}
    assert rest.part("ESA") == asked.part("ESA")
    assert is_narrowing(asked, rest)
    assert rest.recipients == asked.recipients
    (track,) = world.tracks(child.ref).values()
    assert (track.region, track.status, track.opened_at) == ("ESA", "open", was["ESA"].opened_at)
    assert child.number != parent.number
    assert child.number in world.get("anna", f"/requests/{ref}").text
    assert parent.number in world.get("anna", f"/requests/{child.ref}").text
    # each goes its own way to its own release
    assert world.accept(ref).status_code == 303
    assert world.verdict("esa", child.ref).status_code == 303
    assert world.accept(child.ref).status_code == 303
    assert [one.status for one in world.look(Request)] == ["active", "active"]
    assert len(world.events("request.split")) == 1


def test_a_decision_on_the_part_that_was_split_off_is_refused(world):
    ref = world.sent(variables=("drivers",))
    world.verdict("wana", ref)
    old = world.tracks(ref)["ESA"]
    split(world, ref)
    fields = {"verb": "approve", "sha256": old.slice_sha256, "key": "k" * 32, "code": world.code("esa")}
    assert world.post("esa", f"/tracks/{old.ref}/decide", **fields).status_code == 409
    assert world.tracks(child_of(world, ref).ref)["ESA"].status == "open"


def test_who_stepped_aside_stays_aside_in_the_child_and_silence_goes_on(world):
    ref = world.sent(variables=("drivers",))
    with world.app.app_context(), factories.given():
        esa = session().scalars(select(Track).where(Track.region == "ESA")).one()
        esa.status, esa.reminded_at = "recused", clock.now()
        session().add(Recusal(track_id=esa.id, person_id=world.people["esa"].id, reason="A friend."))
    world.verdict("wana", ref)
    assert split(world, ref).status_code == 303
    (track,) = world.tracks(child_of(world, ref).ref).values()
    assert (track.status, track.reminded_at is not None) == ("recused", True)
    assert world.verdict("esa", child_of(world, ref).ref).status_code == 403


def test_nothing_is_split_when_nothing_was_approved_or_the_agreement_is_over(world):
    ref = world.sent(variables=("drivers",))
    world.verdict("wana", ref, "decline")
    assert split(world, ref).status_code == 409
    other = world.sent(variables=("drivers",))
    world.forget_codes()
    world.verdict("wana", other)
    world.agreement(status="suspended")
    assert split(world, other).status_code == 403
    assert len(world.look(Request)) == 2


def test_a_child_that_is_asked_answers_for_its_own_countries(world):
    ref = world.sent(variables=("drivers",))
    world.verdict("wana", ref)
    split(world, ref)
    child = child_of(world, ref).ref
    assert world.verdict("esa", child, "ask").status_code == 303
    assert world.post("anna", f"/requests/{child}/answer", lock=world.lock(child), reply="So.").status_code == 303
    assert set(world.tracks(child)) == {"ESA"}
