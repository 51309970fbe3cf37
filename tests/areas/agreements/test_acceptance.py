"""Terms are accepted by each person once for each text; what an agreement refuses is quoted, kept and logged."""

import json
import re

import pytest
from sqlalchemy import select

from portal.agreements.models_acceptance import Acceptance
from portal.audit.models import AuditEvent
from portal.db import transaction
from portal.requests.models import Request
from tests.areas.requests.scene import World


@pytest.fixture
def world(app, as_person):
    return World(app, as_person, onward_bodies=["A sister body"])


def bodies(app, name):
    with app.app_context(), transaction() as current:
        query = select(AuditEvent.body).where(AuditEvent.type == name).order_by(AuditEvent.leaf_index)
        return [json.loads(body) for body in current.scalars(query)]


def accept(world, name, **fields):
    path = f"/agreements/{world.people['agreement']}/terms"
    return world.post(name, path, **{"sha256": world.terms()} | fields)


def test_the_tick_below_the_terms_is_an_acceptance_of_the_text_that_was_shown(world):
    ref = world.start()
    world.fill(ref)
    page = world.get("anna", f"/requests/{ref}/edit/team").text
    assert f'name="terms" value="{world.terms()}"' in page
    assert world.submit(ref).status_code == 303
    (one,) = world.look(Acceptance)
    assert (one.person_id, one.sha256) == (world.people["anna"].id, world.terms())
    assert len(world.events("agreement.terms.accepted")) == 1
    world.sent()
    assert len(world.events("agreement.terms.accepted")) == 1  # once is enough


def test_terms_that_changed_after_the_tick_are_to_be_read_again_and_the_draft_is_kept(world):
    ref = world.start()
    world.fill(ref)
    before = world.request(ref).draft
    world.agreement(retention_days=10)
    answer = world.submit(ref)
    assert answer.status_code == 403
    assert "You have not accepted the agreement" in answer.text
    accept_url = re.search(r'href="(/agreements/[0-9a-f]{32}/terms)', answer.text)[1]
    assert "Within 10 days" in world.get("anna", accept_url).text
    assert world.request(ref).draft == before
    assert world.request(ref).state == "draft"
    back = f"/requests/{ref}/edit/review"
    answer = accept(world, "anna", next=back)
    assert (answer.status_code, answer.headers["Location"]) == (303, back)
    assert world.submit(ref).status_code == 303


def test_terms_that_are_not_those_that_were_read_are_not_accepted(world):
    assert accept(world, "anna", sha256="0" * 64).status_code == 409
    assert world.look(Acceptance) == []
    assert accept(world, "anna", next="//evil.example").headers["Location"].startswith("/agreements/")
    assert accept(world, "anna").status_code == 303
    assert len(world.look(Acceptance)) == 1
    page = world.get("anna", f"/agreements/{world.people['agreement']}/terms").text
    assert "You have accepted these terms." in page
    assert "I accept these terms" not in page


@pytest.mark.parametrize(("who", "status"), [("anna", 303), ("focal", 303), ("carl", 404), ("coordinator", 403)])
def test_only_people_of_the_party_accept(world, who, status):
    assert accept(world, who).status_code == status


def test_nobody_accepts_what_does_not_run(world):
    world.agreement(status="suspended")
    assert accept(world, "anna").status_code == 403


def test_a_ministry_is_refused_in_words_its_draft_is_kept_and_the_log_names_the_clause(world):
    ref = world.start()
    world.fill(ref, purpose="migration_enforcement")
    assert "Refused under every agreement." in world.get("anna", f"/requests/{ref}/edit/why").text
    answer = world.submit(ref)
    assert answer.status_code == 403
    assert "never given for law enforcement, border control or migration enforcement" in answer.text
    assert "Asked for: Migration enforcement." in answer.text
    assert "There is no way to receive this data for such a purpose." in answer.text
    assert world.request(ref).state == "draft"
    assert world.request(ref).draft["why"]["purpose"] == "migration_enforcement"
    denied = bodies(world.app, "authz.denied")[-1]
    assert (denied["reason"], denied["target"]["ref"]) == ("TermsForbid", ref)
    assert denied["data"]["clauses"] == ["purpose", "enforcement"]
    told = "the agreement forbids it: purpose, law enforcement, border control or migration enforcement"
    in_english(world, "dpo")
    assert told in world.get("dpo", "/log").text


@pytest.mark.parametrize(
    ("why", "quoted"),
    [
        ({"output_kinds": ["dashboard"]}, "outputs only: Internal analysis, Public report. Asked for: Dashboard."),
        ({"onward": "named"}, "the agreement says: It is not passed on. Asked for: To named bodies."),
        (
            {"matching": "named", "matching_with": "The census"},
            "the agreement says: Forbidden. Asked for: With this dataset.",
        ),
        ({"purpose": "advocacy"}, "These purposes only: Research. Asked for: Advocacy."),
    ],
)
def test_each_refusal_quotes_what_the_clause_says_and_what_was_asked(world, why, quoted):
    ref = world.start()
    world.fill(ref, **{"purpose": "research"} | (why if "purpose" not in why else {}))
    if "purpose" in why:  # a hand-made form: the page offers only what is covered
        assert world.keep(ref, "why", go="save", **fields_of(world, ref) | why).status_code == 303
    answer = world.submit(ref)
    assert answer.status_code == 403
    assert quoted.lower() in answer.text.lower()
    assert "The census" not in answer.text
    assert world.look(Request)[0].state == "draft"


def in_english(world, name):
    world.browser(name).set_cookie("portal_language", "en", domain="localhost")


def fields_of(world, ref):
    kept = dict(world.request(ref).draft["why"])
    reasons = kept.pop("reasons")
    return kept | {f"reason-{name}": text for name, text in reasons.items()}


def test_matching_that_is_allowed_goes_to_the_officer_with_the_datasets_name(world):
    world.agreement(matching="named", onward_sharing="named", most_sensitive=1)
    ref = world.offered(variables=("drivers",), matching="named", matching_with="A census of 2020", onward="named")
    assert world.request(ref).state == "in_review:dpo"
    in_english(world, "dpo")
    page = world.get("dpo", f"/requests/{ref}/officer").text
    assert "A census of 2020" in page
    assert "it is to be matched with other data" in page
    assert "A sister body" in page
    track = world.tracks(ref)["WANA"]
    assert "A census of 2020" in world.get("wana", f"/tracks/{track.ref}").text
    assert '"A census of 2020"' not in str(bodies(world.app, "request.submitted"))


def test_networks_are_judged_by_the_address_behind_the_proxy(world):
    world.agreement(ip_ranges=["192.0.2.0/24"])
    ref = world.start()
    world.fill(ref)
    page = world.get("anna", f"/requests/{ref}/edit/review").text
    assert "only from these networks: 192.0.2.0/24" in page
    assert "The terms, as they stand, are accepted." in page
    answer = world.submit(ref)  # from 127.0.0.1
    assert answer.status_code == 403
    assert "only from these networks: 192.0.2.0/24" in answer.text
    assert "127.0.0.1" not in answer.text
    world.browser("anna").environ_base["REMOTE_ADDR"] = "192.0.2.9"
    assert world.submit(ref).status_code == 303
