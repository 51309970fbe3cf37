"""A co-owner decides about its own variables, across the regions: what it refuses leaves in none, the rest goes on."""

import datetime as dt
import re
from secrets import token_hex

import pytest
from sqlalchemy import select

from portal import clock
from portal.actor import Role, system
from portal.auth.models import Organisation
from portal.catalogue import owners
from portal.catalogue.models import Dataset
from portal.catalogue.models_owners import Coownership
from portal.db import session, transaction
from portal.requests import actions_silence, people, queries
from portal.requests.models import Request, Track
from portal.requests.models_duties import Obligation
from portal.requests.scope import from_content
from tests import factories

SECTION = "12_incidents_experienced"


@pytest.fixture
def owned(world):
    """UNFPA co-owns what was experienced; it has two focal points and somebody else."""
    with world.app.app_context(), factories.given():
        unfpa = factories.an_organisation(name="UNFPA", kind="un")
        world.people["una"] = factories.a_person(organisation=unfpa, roles=[Role.FOCAL_POINT], name="Una Unfpa")
        world.people["udo"] = factories.a_person(organisation=unfpa, roles=[Role.FOCAL_POINT], name="Udo Unfpa")
        world.people["uri"] = factories.a_person(organisation=unfpa, name="Uri Asks")
        world.people["manager"] = factories.a_person(
            organisation=session().scalars(select(Organisation).where(Organisation.kind == "mmc")).one(),
            roles=[Role.PROJECT_MANAGER],
            name="Petra Project",
        )
        world.owner = owners.code(unfpa.id)
        record(world, unfpa, variables=["exp_types"])
    return world


def record(world, organisation, **more):
    dataset = session().scalars(select(Dataset)).one()
    values = {"first_day": clock.today() - dt.timedelta(days=1), "sections": [], "variables": []} | more
    row = Coownership(
        dataset_id=dataset.id,
        organisation_id=organisation.id,
        recorded_by=world.people["coordinator"].id,
        **values,
    )
    session().add(row)
    session().flush()
    return row


def decide(world, ref, name="una", verb="approve", **more):
    return world.verdict(name, ref, verb, region=world.owner, **more)


def offered(world, ref):
    row = world.request(ref)
    return from_content(next(one for one in world.scopes(ref) if one.id == row.scope_id).content)


def test_a_track_opens_for_the_co_owner_beside_the_regions(owned):
    ref = owned.sent()
    tracks = owned.tracks(ref)
    assert set(tracks) == {"ESA", "WANA", owned.owner}
    track = tracks[owned.owner]
    assert owned.people["una"].organisation_id == track.owner_id
    assert track.profile["rows"] == 300
    assert {one.address for one in owned.letters("track_opened")} >= {owned.people["una"].email}
    with owned.app.app_context(), transaction():
        found = session().get(Track, track.id)
        assert {one.person.name for one in people.of_track(found)} == {"Una Unfpa", "Udo Unfpa"}


def test_nobody_is_asked_who_owns_nothing_of_it(owned):
    assert set(owned.tracks(owned.sent(variables=("drivers",)))) == {"ESA", "WANA"}


@pytest.mark.parametrize(
    ("days", "asked"),
    [((0, 0), True), ((-9, -1), False), ((1, 9), False), ((-9, None), True)],
    ids=["today only", "over", "to come", "open end"],
)
def test_the_days_of_a_co_ownership_count(world, days, asked):
    first, last = (clock.today() + dt.timedelta(days=day) if day is not None else None for day in days)
    with world.app.app_context(), factories.given():
        house = factories.an_organisation(name="UNICEF", kind="un")
        record(world, house, variables=["exp_types"], first_day=first, last_day=last)
    assert (owners.code(house.id) in world.tracks(world.sent())) is asked


def test_a_whole_section_is_co_owned_with_all_its_variables(world):
    with world.app.app_context(), factories.given():
        house = factories.an_organisation(name="UNICEF", kind="un")
        record(world, house, sections=[SECTION])
    ref = world.sent(variables=("drivers", "exp_any", "exp_types"))
    (share,) = from_content(world.scopes(ref)[0].content).owners
    assert share.variables == ("exp_any", "exp_types")


def test_the_co_owner_sees_its_own_variables_and_who_asks_and_why(owned):
    ref = owned.sent(variables=("drivers", "exp_types"))
    track = owned.tracks(ref)[owned.owner]
    assert track.ref in owned.get("una", "/inbox").text
    page = owned.get("una", f"/tracks/{track.ref}").text
    assert "Anna Asks" in page
    assert "exp_types" in page
    assert "drivers" not in page
    assert 'name="refuse-variables"' in page
    assert 'name="refuse-country"' not in page
    assert "UNFPA (co-owner)" in page


@pytest.mark.parametrize("name", ["carl", "focal", "uri", "wana"])
def test_nobody_else_finds_the_co_owners_track(owned, name):
    ref = owned.sent()
    track = owned.tracks(ref)[owned.owner]
    assert owned.get(name, f"/tracks/{track.ref}").status_code in {403, 404}
    assert decide(owned, ref, name).status_code in {403, 404}
    assert owned.tracks(ref)[owned.owner].status == "open"


@pytest.mark.parametrize("path", ["/requests/{request}", "/tracks/{region}", "/requests/{request}/officer"])
def test_the_co_owner_opens_nothing_else_of_the_request(owned, path):
    ref = owned.sent()
    place = path.format(request=ref, region=owned.tracks(ref)["WANA"].ref)
    assert owned.get("una", place).status_code in {403, 404}


def test_a_focal_point_of_whom_nothing_is_co_owned_has_an_empty_inbox_and_no_link_to_it(owned):
    owned.sent()
    page = owned.get("focal", "/inbox")
    assert page.status_code == 200
    assert "/tracks/" not in page.text
    assert 'href="/inbox"' not in owned.get("focal", "/requests").text
    assert 'href="/inbox"' in owned.get("una", "/requests").text


def test_all_approve_and_it_goes_to_the_officer_with_everything_in_it(owned):
    ref = owned.offered()
    assert owned.request(ref).state == "in_review:regions"
    answer = decide(owned, ref)
    assert answer.status_code == 303, answer.text
    assert owned.request(ref).state == "in_review:dpo"
    assert offered(owned, ref).variables == ("drivers", "exp_types")
    (decision,) = [one for one in owned.decisions() if one.capacity == "owner"]
    assert decision.person_id == owned.people["una"].id


def test_the_region_alone_does_not_move_what_the_co_owner_holds(owned):
    ref = owned.sent()
    assert decide(owned, ref).status_code == 303
    assert owned.request(ref).state == "in_review:regions"


def test_what_the_co_owner_declines_is_out_in_every_region_and_the_rest_goes_on(owned):
    ref = owned.offered()
    assert decide(owned, ref, verb="decline").status_code == 303
    assert owned.request(ref).state == "offered"  # nothing red is left: no officer
    assert {part.region: part.variables for part in offered(owned, ref).parts} == {
        "ESA": ("drivers",),
        "WANA": ("drivers",),
    }


def test_what_it_refuses_in_part_is_out_and_what_a_region_refused_too(owned):
    with owned.app.app_context(), factories.given():
        house = session().scalars(select(Organisation).where(Organisation.name == "UNFPA")).one()
        record(owned, house, variables=["exp_any"])
    ref = owned.sent(variables=("drivers", "exp_any", "exp_types"))
    assert owned.verdict("wana", ref, "approve_in_part", **{"refuse-variables": ["exp_types"]}).status_code == 303
    assert owned.verdict("esa", ref).status_code == 303
    fields = {"refuse-variables": ["exp_types"]}
    assert decide(owned, ref, verb="approve_in_part", **fields).status_code == 303
    assert {part.variables for part in offered(owned, ref).parts} == {("drivers", "exp_any")}


def test_where_nothing_is_left_the_request_is_rejected(owned):
    ref = owned.sent(variables=("exp_types",))
    assert decide(owned, ref, verb="decline").status_code == 303
    for name in ("wana", "esa"):
        assert owned.verdict(name, ref).status_code == 303
    assert owned.request(ref).state == "ended:rejected"


def test_a_co_owner_alone_gives_nothing(owned):
    ref = owned.sent()
    assert decide(owned, ref).status_code == 303
    for name in ("wana", "esa"):
        assert owned.verdict(name, ref, "decline").status_code == 303
    assert owned.request(ref).state == "ended:rejected"


def test_a_co_owner_asks_and_only_its_track_opens_again(owned):
    ref = owned.offered()
    assert decide(owned, ref, verb="ask", rationale="What for?").status_code == 303
    assert owned.request(ref).state == "returned"
    assert "What for?" in owned.get("anna", f"/requests/{ref}").text
    answer = owned.post("anna", f"/requests/{ref}/answer", lock=owned.lock(ref), reply="For a report.")
    assert answer.status_code == 303, answer.text
    assert {office: track.status for office, track in owned.tracks(ref).items()} == {
        "ESA": "approved",
        "WANA": "approved",
        owned.owner: "open",
    }


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"code": "000000"}, 400),
        ({"verb": "decline", "rationale": ""}, 400),
        ({"verb": "approve_in_part"}, 400),
        ({"verb": "approve_in_part", "refuse-variables": ["exp_types"]}, 400),  # all of it: decline instead
        ({"verb": "approve_in_part", "refuse-variables": ["drivers"]}, 400),  # not theirs
        ({"verb": "approve_in_part", "refuse-country": ["NER"]}, 400),  # they have no rows
        ({"sha256": "0" * 64}, 409),
    ],
    ids=["code", "reason", "nothing refused", "everything refused", "not theirs", "rows", "stale"],
)
def test_a_decision_that_does_not_stand(owned, fields, status):
    ref = owned.sent()
    assert decide(owned, ref, **fields).status_code == status
    assert owned.tracks(ref)[owned.owner].status == "open"
    assert owned.decisions() == []


def test_the_same_form_twice_is_one_decision_and_another_comes_too_late(owned):
    ref, key = owned.sent(), token_hex(16)
    assert decide(owned, ref, key=key).status_code == 303
    assert decide(owned, ref, key=key).status_code == 303
    assert len(owned.decisions()) == 1
    assert decide(owned, ref, "udo").status_code == 409


def test_on_its_own_organisations_request_the_coordinator_decides(owned):
    with owned.app.app_context(), factories.given():
        partner = session().get(Organisation, owned.people["anna"].organisation_id)
        record(owned, partner, variables=["exp_any"])
    own = owners.code(partner.id)
    ref = owned.sent(variables=("drivers", "exp_any"))
    track = owned.tracks(ref)[own]
    assert {one.address for one in owned.letters("track_opened")} >= {owned.people["coordinator"].email}
    fields = {"verb": "approve", "sha256": track.slice_sha256, "key": token_hex(16), "rationale": "Mine."}
    answer = owned.post("focal", f"/tracks/{track.ref}/decide", **fields, code=owned.code("focal"))
    assert answer.status_code == 403
    assert "somebody else decides" in owned.get("focal", f"/tracks/{track.ref}").text
    assert owned.verdict("coordinator", ref, region=own).status_code == 303
    assert owned.decisions()[0].capacity == "coordinator"


def test_silence_is_reminded_and_escalated_and_the_coordinator_gives_it_to_another(owned):
    ref = owned.sent()
    later = clock.now() + dt.timedelta(days=15)
    with owned.app.app_context(), transaction():
        actions_silence.chase(system("keeper"), later)
    track = owned.tracks(ref)[owned.owner]
    assert (track.reminded_at, track.escalated_at) == (later, later)
    assert owned.people["una"].email in {one.address for one in owned.letters("track_silent")}
    assert owned.people["coordinator"].email in {one.address for one in owned.letters("track_escalated")}
    fields = {"person": owned.people["manager"].ref, "reason": "They are away.", "lock": track.lock}
    path = f"/tracks/{track.ref}/reassign"
    answer = owned.post("coordinator", path, **fields, code=owned.code("coordinator"))
    assert answer.status_code == 303, answer.text
    assert decide(owned, ref, "manager").status_code == 303
    assert owned.decisions()[0].capacity == "assigned"


def test_where_the_co_owner_has_nobody_the_coordinator_decides(owned):
    with owned.app.app_context(), factories.given():
        house = factories.an_organisation(name="UNICEF", kind="un")
        record(owned, house, variables=["bribe_paid"])
    ref = owned.sent(variables=("drivers", "bribe_paid"))
    assert owned.verdict("coordinator", ref, region=owners.code(house.id)).status_code == 303


def test_a_focal_point_who_left_decides_nothing(owned):
    ref = owned.sent()
    with owned.app.app_context(), factories.given():
        grant = (
            session().scalars(select(factories.Grant).where(factories.Grant.person_id == owned.people["udo"].id)).one()
        )
        grant.valid_from, grant.valid_to = clock.today() - dt.timedelta(days=9), clock.today() - dt.timedelta(days=1)
    assert decide(owned, ref, "udo").status_code in {403, 404}
    assert decide(owned, ref, "una").status_code == 303


def test_what_is_recorded_later_does_not_touch_what_was_sent(owned):
    ref = owned.sent(variables=("drivers", "exp_any"))
    with owned.app.app_context(), factories.given():
        house = session().scalars(select(Organisation).where(Organisation.name == "UNFPA")).one()
        record(owned, house, variables=["exp_any"])
    for name in ("wana", "esa"):
        assert owned.verdict(name, ref).status_code == 303
    assert owned.request(ref).state == "offered"


def test_a_request_is_not_split_while_a_co_owner_is_silent_and_the_rest_asks_it_anew(owned):
    ref = owned.sent()
    assert owned.verdict("wana", ref).status_code == 303
    split = {"lock": owned.lock(ref)}
    assert owned.post("anna", f"/requests/{ref}/split", **split).status_code == 409
    page = owned.get("anna", f"/requests/{ref}").text
    assert "Still to decide across the regions: UNFPA (co-owner)." in page
    assert 'action="/requests/' + ref + '/split"' not in page
    assert decide(owned, ref, verb="decline").status_code == 303
    assert 'id="split-waits"' not in owned.get("anna", f"/requests/{ref}").text
    answer = owned.post("anna", f"/requests/{ref}/split", lock=owned.lock(ref))
    assert answer.status_code == 303, answer.text
    (child,) = (one.ref for one in owned.look(Request, Request.split_from_id == owned.request(ref).id))
    assert set(owned.tracks(child)) == {"ESA", owned.owner}
    assert owned.tracks(child)[owned.owner].status == "open"
    assert owned.tracks(child)[owned.owner].profile["rows"] == 100
    assert owned.request(ref).state == "offered"
    assert offered(owned, ref).variables == ("drivers",)


def test_its_condition_is_taken_on_and_judged_by_it(owned):
    ref = owned.offered(variables=("drivers", "exp_types"))
    assert decide(owned, ref, conditions="Show us the draft.", due="before_use").status_code == 303
    assert owned.officer(ref).status_code == 303
    assert owned.accept(ref).status_code == 303
    (duty,) = owned.look(Obligation)
    assert duty.region == owned.owner
    assert owned.post("anna", f"/obligations/{duty.ref}/report", lock=duty.lock, note="Sent.").status_code == 303
    assert {one.address for one in owned.letters("obligation_reported")} == {
        owned.people["una"].email,
        owned.people["udo"].email,
    }
    owned.forget_codes()
    (duty,) = owned.look(Obligation)
    fields = {"verb": "confirm", "note": "", "lock": duty.lock, "code": owned.code("una")}
    assert owned.post("una", f"/obligations/{duty.ref}/judge", **fields).status_code == 303
    assert owned.look(Obligation)[0].status == "met"


def test_a_longer_use_is_asked_of_the_co_owner_too(owned):
    ref = owned.offered()
    assert decide(owned, ref).status_code == 303
    assert owned.officer(ref).status_code == 303
    assert owned.accept(ref).status_code == 303
    later = (owned.request(ref).ends_on + dt.timedelta(days=1)).isoformat()
    fields = {"ends_on": later, "reason": "The report comes out later.", "lock": owned.lock(ref)}
    assert owned.post("anna", f"/requests/{ref}/extension", **fields).status_code == 303
    track = owned.tracks(ref)[owned.owner]
    page = owned.get("una", f"/tracks/{track.ref}/extension").text
    sha256 = re.search(r'name="sha256" value="([0-9a-f]{64})"', page)[1]
    owned.forget_codes()
    said = {"verb": "agree", "sha256": sha256, "rationale": "", "code": owned.code("una")}
    assert owned.post("una", f"/tracks/{track.ref}/extension", **said).status_code == 303


def test_the_page_of_the_request_names_the_co_owner_as_one_of_those_it_waits_for(owned):
    ref = owned.sent()
    page = owned.get("anna", f"/requests/{ref}").text
    assert "UNFPA (co-owner)" in page
    assert "Una Unfpa" in page


def test_the_list_names_the_dataset_and_the_co_owner_in_words(owned):
    ref = owned.sent()
    listed = owned.get("una", "/inbox?as=csv").text.splitlines()
    head, line = (one.split(",") for one in listed)
    assert (line[head.index("region")], line[head.index("dataset")]) == ("UNFPA (co-owner)", "4mi-core")
    regions = {one.split(",")[1] for one in owned.get("coordinator", "/inbox?as=csv").text.splitlines()[1:]}
    assert regions == {"ESA", "WANA", "UNFPA (co-owner)"}
    (dataset,) = owned.look(Dataset)
    assert dataset.title_en in owned.get("una", "/inbox").text
    assert owned.tracks(ref)


def test_the_log_says_a_co_owner_and_never_its_key(owned):
    ref = owned.sent()
    assert {reason for _type, reason, *_refs in owned.events("track.opened")} == {"ESA", "WANA", "co_owner"}
    track = owned.tracks(ref)[owned.owner]
    page = owned.get("dpo", "/log?type=track.opened").text
    assert "owner:" not in page
    with owned.app.app_context(), transaction():
        assert queries.names([track.ref])[track.ref].endswith(" UNFPA")


def test_who_asks_is_told_beforehand(owned):
    ref = owned.start()
    owned.fill(ref)
    assert "UNFPA (co-owner)" in owned.get("anna", f"/requests/{ref}/edit/review").text
