"""What somebody tries with a request's forms and addresses: twice, too much, far away, from the wrong chair."""

import pytest
from sqlalchemy import select

from portal.actor import Role
from portal.auth.models import Organisation, Person
from portal.clock import now
from portal.db import session, transaction
from portal.exports.models import Release
from portal.requests.models import Request
from tests import factories

LONG = "ሀ\n" * 2000  # 4,000 characters, three bytes each where they are no line's end


def test_two_clicks_on_send_are_one_request_and_one_event(world):
    ref = world.start()
    world.fill(ref)
    lock = world.lock(ref)
    first, second = (world.post("anna", f"/requests/{ref}/submit", lock=lock) for _ in range(2))
    assert first.status_code == second.status_code == 303
    assert len(world.events("request.submitted")) == 1
    assert len(world.scopes(ref)) == 1
    assert len(world.letters("request_submitted")) == 1


def test_a_form_of_before_sends_nothing_anew(world):
    ref = world.sent()
    lock = world.lock(ref)
    for stale in (lock, lock - 2, lock + 1):
        assert world.post("anna", f"/requests/{ref}/submit", lock=stale).status_code == 409
    assert len(world.events("request.submitted")) == 1


def test_two_clicks_on_accept_are_one_build(world):
    ref = world.offered(variables=("drivers",))
    row, scope = world.request(ref), world.scopes(ref)[-1]
    sent = {"lock": row.lock, "sha256": scope.sha256}
    assert [world.post("anna", f"/requests/{ref}/accept", **sent).status_code for _ in range(2)] == [303, 303]
    assert len(world.events("request.accepted")) == 1
    assert len(world.look(Release)) == 1
    other = sent | {"sha256": "0" * 64}
    assert world.post("anna", f"/requests/{ref}/accept", **other).status_code == 409


def test_two_clicks_on_withdraw_are_one_withdrawal(world):
    ref = world.sent()
    lock = world.lock(ref)
    answers = [world.post("anna", f"/requests/{ref}/withdraw", lock=lock) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert len(world.events("request.withdrawn")) == 1


def test_long_words_in_any_script_are_sent_and_kept_in_the_log(world):
    ref = world.sent(purpose_text=LONG, outputs=LONG)
    assert world.request(ref).purpose_text == LONG.strip()
    timeline = world.get("dpo", f"/log/request/{ref}")
    assert timeline.status_code == 200


def test_a_region_nobody_may_decide_for_is_the_coordinators(world):
    with world.app.app_context(), factories.given():
        session().get(Person, world.people["esa"].id).disabled_at = now()
    ref = world.sent(variables=("drivers",))
    assert world.verdict("coordinator", ref, region="WANA").status_code == 403
    assert world.verdict("coordinator", ref, region="ESA").status_code == 303
    assert world.tracks(ref)["ESA"].status == "approved"


def test_the_only_manager_a_region_has_in_the_asking_organisation_leaves_it_to_the_coordinator(world):
    with world.app.app_context(), factories.given():
        session().get(Person, world.people["esa"].id).disabled_at = now()
    ref = world.sent(variables=("drivers",))
    assert world.verdict("inside", ref, region="ESA").status_code == 403
    assert world.verdict("coordinator", ref, region="ESA").status_code == 303


def test_nothing_is_called_by_a_name_with_a_zero_byte(world):
    for path in ("/requests/%00", "/tracks/%00", "/agreements/a%00", "/catalogue/?q=%00", "/requests?q=%00"):
        for name in ("anna", "dpo"):
            assert world.get(name, path).status_code == 400, path
    assert world.app.test_client().get("/requests/%00").status_code == 400


def test_a_strange_reference_is_denied_and_the_denial_is_kept(world):
    for strange in ("a%0d%0aSet-Cookie:x", "%1b[31mred", "=1+1", "%e2%80%ae"):
        assert world.get("anna", f"/requests/{strange}").status_code == 404
    kept = [event[3] for event in world.events("authz.denied")]
    assert len(kept) == 4
    assert all(target.isprintable() for target in kept)


def test_a_zero_byte_is_no_word_of_a_form(world):
    ref = world.start()
    answer = world.keep(ref, "why", purpose="research", purpose_text="a\0" * 30, outputs="", ends_on="", language="en")
    assert answer.status_code == 400
    assert "why" not in world.request(ref).draft or "\0" not in str(world.request(ref).draft)


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "2026-W01-1", "20261201", "31/12/2026"])
def test_a_day_at_the_end_of_time_is_an_ordinary_fault_of_a_draft(world, day):
    ref = world.start()
    world.fill(ref)
    said = {"purpose": "research", "purpose_text": "x" * 30, "outputs": "x" * 30, "language": "en"}
    assert world.keep(ref, "why", go="save", ends_on=day, **said).status_code == 303
    assert world.get("anna", f"/requests/{ref}/edit/review").status_code == 200
    assert world.submit(ref).status_code in {303, 400, 403}


def test_an_agreement_ends_on_a_day_that_has_a_midnight(world):
    with world.app.app_context(), transaction():
        partner = session().scalars(select(Organisation.ref).where(Organisation.name == "Partner")).one()
    fields = {
        "organisation": partner,
        "title_en": "t",
        "title_fr": "t",
        "time_zone": "Asia/Manila",
        "tier": "partner",
        "purposes": ["research"],
        "datasets": ["4mi-core"],
        "regions": ["WANA"],
        "most_sensitive": "3",
        "download_limit": "5",
        "release_days": "30",
        "outputs": "internal_analysis",
        "starts_on": "2026-01-01",
        "ends_on": "2027-01-01",
    }
    for wrong in ({"ends_on": "9999-12-31"}, {"starts_on": "0001-01-01"}):
        assert world.post("coordinator", "/agreements/new", **fields | wrong).status_code == 400
    assert world.post("coordinator", "/agreements/new", **fields).status_code == 303


def test_the_log_is_asked_for_days_that_have_a_midnight(world):
    for query in ("until=9999-12-31", "since=0001-01-01", "since=2026-02-30"):
        assert world.get("dpo", f"/log?{query}").status_code == 400
    assert "Must be" not in world.get("dpo", "/log?until=9999-12-31").text  # the officer reads French


def test_a_number_without_end_is_no_state_of_a_version(world, as_person):
    with world.app.app_context(), factories.given():
        steward = factories.a_person(roles=[Role.STEWARD])
        version = factories.a_version(dataset=factories.a_dataset(code="another"), status="checked").ref
    browser = as_person(steward)
    world._browsers["steward"] = browser
    for lock in ("9" * 30, "9" * 5000, "-1"):
        for deed in ("roles", "publish"):
            answer = world.post("steward", f"/catalogue/versions/{version}/{deed}", lock=lock)
            assert answer.status_code in {400, 409}, (deed, lock[:4])
    assert len(world.look(Request)) == 0
