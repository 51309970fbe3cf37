"""Who sees and decides what. A stranger cannot tell a request that is not theirs from one that is not there."""

import pytest
from sqlalchemy import select

from portal.actor import Role
from portal.auth.models import Person
from portal.db import session
from portal.requests.models import Request
from tests import factories

NOWHERE = "0" * 32


@pytest.mark.parametrize("who", ["carl", "wana", "ben", "focal", "dpo", "coordinator"])
def test_a_draft_is_its_authors_alone(world, who):
    ref = world.start()
    for path in (f"/requests/{ref}", f"/requests/{ref}/edit/rows"):
        assert world.get(who, path).status_code in {403, 404}
    assert world.get("anna", f"/requests/{ref}").status_code == 200


@pytest.mark.parametrize(
    ("who", "status"),
    [("anna", 200), ("ben", 200), ("focal", 200), ("dpo", 200), ("coordinator", 200), ("carl", 404), ("wana", 403)],
)
def test_a_sent_request_is_read_by_its_people_and_those_who_oversee(world, who, status):
    ref = world.sent()
    assert world.get(who, f"/requests/{ref}").status_code == status


def test_absent_and_foreign_look_the_same(world):
    ref = world.sent()
    foreign, absent = (world.get("carl", f"/requests/{one}") for one in (ref, NOWHERE))
    assert (foreign.status_code, absent.status_code) == (404, 404)
    assert foreign.text.replace(ref, NOWHERE) == absent.text.replace(ref, NOWHERE)


@pytest.mark.parametrize("deed", ["submit", "answer", "accept", "withdraw"])
@pytest.mark.parametrize("who", ["carl", "ben"])
def test_nobody_acts_on_anothers_request(world, deed, who):
    ref = world.sent()
    row = world.request(ref)
    seen = {} if deed == "submit" else {"sha256": world.scopes(ref)[-1].sha256}
    answer = world.post(who, f"/requests/{ref}/{deed}", lock=row.lock, **seen)
    assert answer.status_code in {403, 404}
    assert world.request(ref).lock == row.lock


def test_a_manager_sees_only_the_own_regions_part(world):
    ref = world.sent()
    tracks = world.tracks(ref)
    page = world.get("wana", f"/tracks/{tracks['WANA'].ref}").text
    assert "Niger" in page
    assert "Sudan" not in page
    assert world.get("wana", f"/tracks/{tracks['ESA'].ref}").status_code == 404
    assert world.verdict("wana", ref, region="ESA").status_code == 404
    inbox = world.get("wana", "/inbox").text
    assert tracks["WANA"].ref in inbox
    assert tracks["ESA"].ref not in inbox


def test_nobody_decides_for_their_own_organisation(world):
    ref = world.sent()
    page = world.get("inside", f"/tracks/{world.tracks(ref)['ESA'].ref}")
    assert page.status_code == 200
    assert "somebody else decides" in page.text
    assert world.verdict("inside", ref, region="ESA").status_code == 403
    assert world.tracks(ref)["ESA"].status == "open"
    assert ("authz.denied", "NotAllowed") in [event[:2] for event in world.events("authz.denied")]
    assert world.people["inside"].email not in {letter.address for letter in world.letters("track_opened")}


def test_who_oversees_reads_a_track_and_may_not_decide_it(world):
    ref = world.sent()
    assert world.get("dpo", f"/tracks/{world.tracks(ref)['ESA'].ref}").status_code == 200
    assert world.verdict("dpo", ref, region="ESA").status_code == 403
    assert world.verdict("coordinator", ref, region="ESA").status_code == 403


def test_a_manager_who_left_the_region_decides_no_more(world):
    ref = world.sent()
    with world.app.app_context(), factories.given():
        from portal.auth.models import Grant

        wanda = session().get(Person, world.people["wana"].id)
        for grant in session().scalars(select(Grant).where(Grant.person_id == wanda.id)):
            grant.region = "LAC"
    assert world.verdict("wana", ref).status_code == 404


def test_a_requester_who_changed_employer_loses_the_request(world):
    ref = world.sent()
    with world.app.app_context(), factories.given():
        session().get(Person, world.people["anna"].id).organisation_id = world.people["carl"].organisation_id
    assert world.get("anna", f"/requests/{ref}").status_code == 404


def test_only_colleagues_can_be_named(world):
    ref = world.start()
    world.fill(ref)
    team = {"team": [world.people["anna"].ref, world.people["carl"].ref], "accepted": "yes"}
    assert world.keep(ref, "team", **team).status_code == 303
    answer = world.submit(ref)
    assert answer.status_code == 400
    assert world.request(ref).status == "draft"


def test_rows_without_a_country_are_the_coordinators(app, as_person):
    from tests.areas.requests import scene

    world = scene.World(app, as_person, regions=["WANA", "ESA", "unassigned"])
    with app.app_context(), factories.given():
        from portal.exports.models import ProtectedFile

        file = session().scalars(select(ProtectedFile)).one()
        frame = scene.a_frame()
        frame.loc[frame["country"] == "SDN", "country"] = ".s"
        from portal.catalogue.codebook import reference
        from portal.disclosure import ruleset
        from portal.exports import menu

        file.menu = menu.build(frame, ruleset.default("partner"), reference(), scene.SENSITIVITY)
    ref = world.sent(variables=("drivers",), rows={})
    assert set(world.tracks(ref)) == {"WANA", "unassigned"}
    assert world.people["coordinator"].email in {letter.address for letter in world.letters("track_opened")}
    assert world.verdict("esa", ref, region="unassigned").status_code == 404
    assert world.verdict("coordinator", ref, region="unassigned").status_code == 303


def test_without_a_manager_the_coordinator_is_told(world):
    with world.app.app_context(), factories.given():
        from portal.clock import now

        session().get(Person, world.people["esa"].id).disabled_at = now()
    ref = world.sent()
    assert world.people["coordinator"].email in {letter.address for letter in world.letters("track_opened")}
    assert world.tracks(ref)["ESA"].status == "open"


def test_a_person_without_the_role_is_refused_at_the_door(world, as_person):
    with world.app.app_context(), factories.given():
        administrator = factories.a_person(roles=[Role.ADMINISTRATOR])
    browser = as_person(administrator)
    for path in ("/requests", "/requests/new", "/inbox", "/agreements"):
        assert browser.get(path).status_code == 403


def test_every_decision_is_bound_to_the_scope_that_was_seen(world):
    ref = world.offered()
    tracks = world.tracks(ref)
    seen = {decision.track_id: decision.scope_sha256 for decision in world.decisions()}
    assert seen == {track.id: track.slice_sha256 for track in tracks.values()}
    assert len(world.look(Request)) == 1
