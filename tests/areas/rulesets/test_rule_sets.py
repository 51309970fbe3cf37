"""Rule sets on their pages: proposed by one office, confirmed by the other, used for the next round."""

import json

import pytest
from sqlalchemy import select

from portal.actor import Role
from portal.db import session, transaction
from portal.disclosure.ruleset import default
from portal.exports import protecting
from portal.exports.models import ProtectedFile
from portal.rulesets import queries
from portal.rulesets.models import RuleSetVersion
from tests import factories
from tests.areas.auth.pages import events, token_of

VARIABLES = [one.variable for one in default("partner").treatments]


@pytest.fixture
def people(app, as_person):
    with app.app_context(), factories.given():
        made = {name: factories.a_person(roles=[role]) for name, role in
                (("dpo", Role.DPO), ("coordinator", Role.COORDINATOR), ("steward", Role.STEWARD))}  # fmt: skip
    return {name: as_person(person) for name, person in made.items()}


def wanted(**more):
    values = {"number": "1", "k": "7", "mean_risk": "5", "alpha": "50", "margin": "10", "min_no": "2"}
    values |= {"gap": "2", "change": "5", "min_enumerators": "3", "finest.place": "admin1", "finest.age": "age_band"}
    values |= {"finest.origin": "origin_subregion", "released": VARIABLES, "reason": "Seven is safer than five."}
    return values | more


def propose(browser, tier="partner", **more):
    return browser.post(f"/rules/{tier}/change", data=wanted(**more) | {"csrf_token": token_of(browser, "/profile")})


def press(browser, what, ref, lock=1):
    data = {"csrf_token": token_of(browser, "/profile"), "lock": lock}
    return browser.post(f"/rules/versions/{ref}/{what}", data=data)


def the_version(app, status):
    with app.app_context(), transaction():
        return session().scalars(select(RuleSetVersion).where(RuleSetVersion.status == status)).one()


def k_of(app):
    with app.app_context(), transaction():
        return queries.current("partner").k


def test_a_change_takes_two_offices_and_is_used_for_the_next_round(app, people):
    # When the coordinator proposes a change
    assert propose(people["coordinator"]).status_code == 303
    version = the_version(app, "proposed")
    page = people["dpo"].get("/rules/partner").text
    assert "Seven is safer than five." in page
    assert "Smallest group (k): from 5 to 7" in page
    assert k_of(app) == 5
    # Then the proposer cannot put it in force, the other office can
    assert press(people["coordinator"], "confirm", version.ref).status_code == 403
    assert press(people["dpo"], "confirm", version.ref).status_code == 303
    assert k_of(app) == 7
    # And the next round is protected by it
    with app.app_context(), factories.given():
        round_ = factories.a_version(status="published")
        protecting.order(round_)
        (file,) = session().scalars(select(ProtectedFile).where(ProtectedFile.tier == "partner"))
    assert (file.rule_set["k"], file.rule_set_version) == (7, "2")
    assert len(events(app, "rules.proposed")) == len(events(app, "rules.confirmed")) == 1
    assert "Version 2" in people["steward"].get("/rules/partner").text


def test_another_version_replaces_the_last_one_and_knows_what_it_changed(app, people):
    propose(people["dpo"])
    press(people["coordinator"], "confirm", the_version(app, "proposed").ref)
    assert propose(people["dpo"], number="2", k="9").status_code == 303
    assert "from 7 to 9" in people["dpo"].get("/rules/partner").text
    press(people["coordinator"], "confirm", the_version(app, "proposed").ref)
    assert k_of(app) == 9
    assert the_version(app, "replaced").number == 2
    assert the_version(app, "in_force").number == 3


def test_a_dropped_proposal_leaves_everything_and_makes_room(app, people):
    propose(people["dpo"])
    assert propose(people["coordinator"]).status_code == 409, "one at a time"
    assert press(people["dpo"], "drop", the_version(app, "proposed").ref).status_code == 303
    assert k_of(app) == 5
    assert propose(people["coordinator"], number="1").status_code == 303


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"k": "1"}, "f-k"),
        ({"min_no": "0"}, "f-min_no"),
        ({"mean_risk": "0"}, "f-mean_risk"),
        ({"mean_risk": "", "mean_enforced": "yes"}, "f-mean_enforced"),
        ({"alpha": "150"}, "f-alpha"),
        ({"gap": "101"}, "f-gap"),
        ({"change": "-1"}, "f-change"),
        ({"reason": "short"}, "f-reason"),
        ({"k": "5"}, "f-reason"),
        ({"finest.place": "region"}, "f-released"),
        ({"released": ["drivers"]}, "f-released"),
    ],
)
def test_what_cannot_be_comes_back_with_what_was_typed(app, people, fields, named):
    answer = propose(people["dpo"], **{"reason": "A long reason that is kept."} | fields)
    assert answer.status_code == 400
    assert f'href="#{named}' in answer.text
    assert fields.get("reason", "A long reason that is kept.") in answer.text
    with app.app_context(), transaction():
        assert session().scalars(select(RuleSetVersion)).all() == []


def test_what_readers_must_still_be_able_to_use_is_changed_like_any_other_number(app, people):
    assert propose(people["dpo"], k="5", gap="3.5", change="").status_code == 303
    page = people["steward"].get("/rules/partner").text
    assert "from 2% to 3.5%" in page
    assert "in points: from 5 to –" in page
    aims = the_version(app, "proposed").content["aims"]
    assert (aims["gap"], aims["change"]) == (0.035, None)
    assert aims["tables"] == [["country", "year"], ["country", "gender"], ["origin_region", "gender"]]


def test_a_form_made_on_another_version_is_stale(app, people):
    assert propose(people["dpo"], number="4").status_code == 409
    propose(people["dpo"])
    ref = the_version(app, "proposed").ref
    assert press(people["coordinator"], "confirm", ref, lock=3).status_code == 409


def test_there_is_no_other_tier(people):
    assert people["dpo"].get("/rules/census").status_code == 404
    assert propose(people["dpo"], tier="census").status_code == 404


def test_stored_rules_are_checked_again_when_they_are_read(app, people):
    propose(people["dpo"])
    with app.app_context(), factories.given():
        row = session().scalars(select(RuleSetVersion)).one()
        row.content = json.loads(json.dumps(row.content)) | {"k": 1}
    with app.app_context(), transaction(), pytest.raises(ValueError, match=r"^k: "):
        queries.read(session().scalars(select(RuleSetVersion)).one())
