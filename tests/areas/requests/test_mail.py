"""Requests that came by mail: staff type, the partner reads and sends, and whoever typed does not decide."""

import datetime as dt

import pytest
from sqlalchemy import select

from portal import clock
from portal.actor import Role
from portal.db import session
from portal.exports.models import Release
from portal.requests.models import Track
from portal.requests.models_duties import Assignment
from tests import factories


@pytest.fixture
def world(app, world):
    with app.app_context(), factories.given():
        mmc = session().merge(world.people["coordinator"]).organisation
        world.people["stella"] = factories.a_person(organisation=mmc, roles=[Role.STEWARD], name="Stella Types")
    return world


def mail(world, **more):
    day = clock.today("UTC").isoformat()
    return {"requester": world.people["anna"].ref, "dataset": "4mi-core", "mailed_on": day} | more


def enter(world, who="coordinator", **more):
    answer = world.post(who, "/requests/enter", **mail(world, **more))
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"].split("/")[2]


def fill(world, ref, who="coordinator"):
    end = clock.today("Europe/Copenhagen").isoformat()
    words = "Long enough to be understood by a manager."
    said = {"purpose": "research", "purpose_text": words, "outputs": words, "ends_on": end, "language": "en"}
    steps = {
        "rows": {"families": ["place", "time"], "country": ["NER", "LBY"], "year": ["2019"]},
        "variables": {"variables": ["drivers"]},
        "why": said | {"output_kinds": ["internal_analysis"]},
        "team": {"team": [world.people["anna"].ref], "accepted": "yes", "terms": world.terms()},
    }
    for step, fields in steps.items():
        answer = world.keep(ref, step, who, **fields)
        assert answer.status_code == 303, (step, answer.text)


def hand(world, ref, who="coordinator"):
    return world.post(who, f"/requests/{ref}/hand-over", lock=world.lock(ref))


@pytest.mark.parametrize("who", ["coordinator", "stella"])
def test_what_staff_typed_is_the_partners_to_read_and_send(world, who):
    # Given a request that staff enter from a mail and fill in
    ref = enter(world, who)
    assert "Hand it to Anna Asks" in world.get(who, f"/requests/{ref}/edit/review").text
    fill(world, ref, who)
    row = world.request(ref)
    assert (row.requester_id, row.organisation_id) == (world.people["anna"].id, world.people["anna"].organisation_id)
    # Then the terms that were ticked count for nothing, and nobody was written to
    assert (row.draft["team"]["accepted"], row.draft["team"]["terms"]) == (False, "")
    assert world.letters("request_entered") == []
    # When it is handed over, whoever asked gets a letter and finds the mark
    assert hand(world, ref, who).status_code == 303
    (letter,) = world.letters("request_entered")
    assert letter.address == world.people["anna"].email
    mark = f"Entered by {world.people[who].name} from a mail of"
    assert mark in world.get("anna", f"/requests/{ref}").text
    assert "From your mail" in world.get("anna", "/requests").text
    # And it is not sent before the terms are accepted by them
    assert world.submit(ref).status_code == 400
    assert world.request(ref).status == "draft"
    people = [world.people["anna"].ref]
    assert world.keep(ref, "team", team=people, accepted="yes", terms=world.terms()).status_code == 303
    assert world.submit(ref).status_code == 303
    # Then the mark stays where it is decided
    assert mark in world.get("wana", f"/tracks/{world.tracks(ref)['WANA'].ref}").text
    names = ("request.entered", "request.handed", "request.submitted")
    deeds = [(name, by) for name, _, by, _ in world.events(*names)]
    staff, anna = world.people[who].ref, world.people["anna"].ref
    assert deeds == [("request.entered", staff), ("request.handed", staff), ("request.submitted", anna)]


def test_staff_never_send_accept_answer_or_withdraw(world):
    ref = enter(world)
    fill(world, ref)
    for path, fields in (
        ("submit", {"lock": world.lock(ref), "accepted": "yes", "terms": world.terms()}),
        ("withdraw", {"lock": world.lock(ref)}),
        ("accept", {"lock": world.lock(ref), "sha256": "0" * 64}),
    ):
        assert world.post("coordinator", f"/requests/{ref}/{path}", **fields).status_code == 403
    assert world.request(ref).status == "draft"
    assert 'name="accepted"' not in world.get("coordinator", f"/requests/{ref}/edit/team").text


def test_handed_over_it_is_theirs_alone(world):
    ref = enter(world)
    assert hand(world, ref).status_code == 303
    assert world.get("coordinator", f"/requests/{ref}/edit/rows").status_code == 404
    assert world.keep(ref, "variables", "coordinator", variables=["drivers"]).status_code == 404
    assert hand(world, ref).status_code == 404
    assert len(world.letters("request_entered")) == 1
    assert world.keep(ref, "variables", variables=["drivers"]).status_code == 303


def test_what_was_changed_meanwhile_is_not_overwritten(world):
    ref = enter(world)
    lock = world.lock(ref)
    assert world.keep(ref, "variables", variables=["drivers"]).status_code == 303
    late = world.post("coordinator", f"/requests/{ref}/edit/variables", lock=lock, go="save", variables=["bribe_paid"])
    assert late.status_code == 409
    assert world.post("coordinator", f"/requests/{ref}/hand-over", lock=lock).status_code == 409


@pytest.mark.parametrize("who", ["stella", "dpo", "wana", "carl", "ben", "focal"])
def test_nobody_else_looks_into_it(world, who):
    ref = enter(world)
    assert world.get(who, f"/requests/{ref}/edit/rows").status_code in {403, 404}
    assert hand(world, ref, who).status_code in {403, 404}
    assert world.request(ref).handed_at is None


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"requester": ""}, "Choose who asked."),
        ({"requester": "0" * 32}, "Choose one."),
        ({"dataset": ""}, "Choose what they asked for."),
        ({"dataset": "unknown"}, "no running agreement that covers this"),
        ({"mailed_on": ""}, "Give the day of the mail."),
        ({"mailed_on": "2999-01-01"}, "still to come"),
    ],
)
def test_what_is_missing_is_named_and_nothing_is_begun(world, wrong, words):
    answer = world.post("coordinator", "/requests/enter", **mail(world, **wrong))
    assert answer.status_code == 400
    assert words in answer.text
    assert world.events("request.entered") == []


def test_nobody_is_entered_for_who_has_no_agreement_no_access_or_no_such_role(app, world):
    for who in ("carl", "focal", "wana"):
        answer = world.post("coordinator", "/requests/enter", **mail(world, requester=world.people[who].ref))
        assert answer.status_code == 400, who
    with app.app_context(), factories.given():
        session().merge(world.people["anna"]).disabled_at = clock.now() - dt.timedelta(days=1)
    assert world.post("coordinator", "/requests/enter", **mail(world)).status_code == 400


@pytest.mark.parametrize("who", ["anna", "focal", "wana", "dpo"])
def test_only_coordinators_and_stewards_enter(world, who):
    assert world.get(who, "/requests/enter").status_code == 403
    assert world.post(who, "/requests/enter", **mail(world)).status_code == 403


def test_staff_of_the_organisation_that_asks_enter_nothing_for_it(app, world):
    with app.app_context(), factories.given():
        house = session().merge(world.people["anna"]).organisation
        world.people["own"] = factories.a_person(organisation=house, roles=[Role.COORDINATOR], name="Own Coordinator")
    assert world.post("own", "/requests/enter", **mail(world)).status_code == 403
    assert "Anna Asks" not in world.get("own", "/requests/enter").text
    assert world.events("request.entered") == []


def test_whoever_entered_it_does_not_decide_even_if_it_is_given_to_them(app, world):
    ref = enter(world)
    fill(world, ref)
    hand(world, ref)
    people = [world.people["anna"].ref]
    world.keep(ref, "team", team=people, accepted="yes", terms=world.terms())
    assert world.submit(ref).status_code == 303
    track = world.tracks(ref)["WANA"]
    with app.app_context(), factories.given():
        row = session().get(Track, track.id)
        row.escalated_at = clock.now()
        ids = {"person_id": world.people["coordinator"].id, "by_id": world.people["coordinator"].id}
        session().add(Assignment(track_id=row.id, reason="So.", **ids))
    page = world.get("coordinator", f"/tracks/{track.ref}/reassign").text
    assert f'value="{world.people["coordinator"].ref}"' not in page
    assert world.verdict("coordinator", ref, region="WANA").status_code == 403
    assert world.verdict("wana", ref).status_code == 303


def held(world, who):
    """A held release of a request that somebody entered from a mail."""
    ref = enter(world, who)
    fill(world, ref, who)
    assert hand(world, ref, who).status_code == 303
    terms = {"team": [world.people["anna"].ref], "accepted": "yes", "terms": world.terms()}
    assert world.keep(ref, "team", **terms).status_code == 303
    assert world.submit(ref).status_code == 303
    assert world.verdict("wana", ref).status_code == 303
    assert world.accept(ref).status_code == 303
    with world.app.app_context(), factories.given():
        release = session().scalars(select(Release)).one()
        release.status, release.held_as, release.held_at = "held", "machine", clock.now()
        return release.ref


def test_whoever_entered_a_request_does_not_release_its_file(world):
    # Given a file that is held, of a request that a steward entered
    release = held(world, "stella")
    with world.app.app_context(), factories.given():
        mmc = session().merge(world.people["coordinator"]).organisation
        world.people["other"] = factories.a_person(organisation=mmc, roles=[Role.STEWARD], name="Olga Other")
    # Then that steward is told why they do not order it again, and cannot; a second pair of eyes can
    why = "You entered this request from a mail: somebody else orders its file again."
    assert why in world.get("stella", "/held").text
    assert why not in world.get("other", "/held").text
    (row,) = world.look(Release)
    for who, status in (("stella", 403), ("other", 303)):
        assert world.post(who, f"/releases/{release}/again", lock=row.lock).status_code == status, who
    assert world.look(Release)[0].status == "queued"


def test_nor_do_they_replace_it(world):
    release = held(world, "stella")
    with world.app.app_context(), factories.given():
        session().scalars(select(Release)).one().status = "available"
    fields = {"reason": "A newer one is there.", "code": world.code("stella"), "lock": world.look(Release)[0].lock}
    assert world.post("stella", f"/releases/{release}/supersede", **fields).status_code == 403
    assert world.look(Release)[0].status == "available"
