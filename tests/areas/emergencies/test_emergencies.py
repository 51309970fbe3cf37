"""Asking in an emergency, answering, reviewing: who may, when, and what stands in the way."""

import datetime as dt
import re

import pytest
import time_machine
from sqlalchemy import select, update

from portal import clock, keeper
from portal.actor import Role
from portal.agreements.models import Agreement
from portal.auth.models import Organisation, Person
from portal.catalogue.codebook import reference_bytes
from portal.catalogue.models import Dataset, Version
from portal.db import session
from portal.emergencies.models import Emergency, EmergencyPart
from portal.exports.models import ProtectedFile
from portal.freezes import Freeze
from portal.mail import Letter
from tests import factories
from tests.areas.requests.scene import World, a_frame

HAPPENED = "A boat went down off the coast this night."
NEEDED_FOR = "To send interpreters who fit those on board."
REASON = "A reason that the requester reads."


class Night(World):
    """The world of requests with a table file, a head, a deputy, and an agreement that leaves WANA out."""

    def __init__(self, app, as_person, **agreement):
        super().__init__(app, as_person, **{"regions": ["ESA"]} | agreement)
        with app.app_context(), factories.given():
            houses = {one.name: one for one in session().scalars(select(Organisation))}
            mmc, partner = houses["MMC"], houses["Partner"]
            session().get(Person, self.people["dpo"].id).language = "en"
            for name, house, role in (
                ("head", mmc, Role.HEAD), ("deputy", mmc, Role.PROJECT_MANAGER), ("inside_head", partner, Role.HEAD),
                ("inside_dpo", partner, Role.DPO),
            ):  # fmt: skip
                self.people[name] = factories.a_person(organisation=house, roles=[role], name=f"Person {name}")
            self.people["both"] = factories.a_person(
                organisation=mmc, roles=[Role.REGIONAL_MANAGER, Role.HEAD], regions=["WANA"], name="Bo Both"
            )
            partner_file = session().scalars(select(ProtectedFile)).one()
            values = {
                name: getattr(partner_file, name) for name in ("version_id", "rule_set", "rule_set_version", "menu")
            }
            session().add(
                ProtectedFile(
                    tier="table", status="signed", review_by=clock.today() + dt.timedelta(days=90),
                    rule_set_name="table", **values,
                )
            )  # fmt: skip
            version = session().scalars(select(Version)).one()
            version.codebook_csv = reference_bytes("codebook.csv").decode("utf-8-sig")
            version.choices_csv = reference_bytes("choices.csv").decode("utf-8-sig")
            self.dataset = session().scalars(select(Dataset.ref)).one()

    def ask(self, who="anna", **more):
        fields = {"dataset": self.dataset, "countries": ["LBY"], "years": ["2019"]}
        fields |= {"happened": HAPPENED, "needed_for": NEEDED_FOR}
        return self.post(who, "/emergencies/new", **fields | more)

    def asked(self, who="anna", **more):
        answer = self.ask(who, **more)
        assert answer.status_code == 303, answer.text
        return answer.headers["Location"].rsplit("/", 1)[1]

    def answer(self, who, ref, office, verb="agree", **more):
        self.forget_codes()
        fields = {"office": office, "verb": verb, "reason": REASON, "code": self.code(who), "lock": "1"}
        return self.post(who, f"/emergencies/{ref}/answer", **fields | more)

    def granted(self):
        ref = self.asked()
        assert self.answer("wana", ref, "WANA").status_code == 303
        assert self.answer("head", ref, "head").status_code == 303
        return ref

    def review(self, ref, verb="review", who="dpo", **more):
        self.forget_codes()
        fields = {"verb": verb, "note": REASON, "code": self.code(who), "lock": str(self.at(ref).lock)}
        return self.post(who, f"/emergencies/{ref}/review", **fields | more)

    def at(self, ref):
        return self.look(Emergency, Emergency.ref == ref)[0]

    def change(self, ref, **values):
        with self.app.app_context(), factories.given() as current:
            current.execute(update(Emergency).where(Emergency.ref == ref).values(**values))

    def agreement(self, **values):
        with self.app.app_context(), factories.given() as current:
            current.execute(update(Agreement).values(**values))

    def letters(self, who, template):
        return len(self.look(Letter, Letter.person_id == self.people[who].id, Letter.template == template))

    def keeper_comes(self):
        with self.app.app_context():
            next(task for task in keeper.tasks() if task.name == "ends").do()


@pytest.fixture
def world(app, as_person):
    return Night(app, as_person)


# ---- asking ----


def test_each_region_of_the_countries_and_the_head_are_asked(world):
    world.agreement(regions=["LAC"])
    ref = world.asked(countries=["LBY", "NER", "SDN"])
    parts = world.look(EmergencyPart)
    assert [one.office for one in parts] == ["ESA", "WANA", "head"]
    assert world.at(ref).number == f"EM-{clock.today().year}-0001"


def test_no_year_means_every_year_of_the_file_and_is_written_down(world):
    assert world.at(world.asked(years=[])).years == sorted(set(a_frame()["year"]))


def test_the_second_of_two_clicks_is_the_same_asking(world):
    assert world.asked() == world.asked()
    assert len(world.look(Emergency)) == 1
    assert world.letters("wana", "emergency_asked") == 1
    assert world.asked(years=["2020"]) != world.asked()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"countries": []}, "Choose at least one."),
        ({"countries": ["TUN"]}, "not on the list any more"),
        ({"countries": ["LBY", "x"]}, "not on the list any more"),
        ({"years": ["1999"]}, "not on the list any more"),
        ({"happened": "Help"}, "at least 20 characters"),
        ({"needed_for": ""}, "at least 20 characters"),
        ({"countries": ["SDN"]}, "covers all of these already"),
    ],
)
def test_what_cannot_be_asked_is_said_at_its_field_and_the_rest_stays(world, fields, said):
    answer = world.ask(**fields)
    assert answer.status_code == 400
    assert said in answer.text
    if "happened" not in fields:
        assert HAPPENED in answer.text
    assert world.look(Emergency) == []


def test_a_sensitivity_that_the_agreement_leaves_out_is_a_reason_to_ask(world):
    world.agreement(most_sensitive=2)
    world.asked(countries=["SDN"])


@pytest.mark.parametrize("values", [{"status": "suspended"}, {"status": "ended"}, {"ends_on": dt.date(2020, 1, 1)}])
def test_without_an_agreement_in_force_the_page_says_what_to_do_and_nothing_is_taken(world, values):
    world.agreement(**values)
    page = world.get("anna", "/emergencies/new").text
    assert "No agreement between your organisation and MMC is in force." in page
    assert "info@mixedmigration.org" in page
    assert 'name="happened"' not in page
    assert world.ask().status_code == 403
    assert world.look(Emergency) == []


def test_a_partner_without_any_agreement_is_told_the_same(world):
    assert "You cannot ask yet" in world.get("carl", "/emergencies/new").text
    assert world.ask("carl").status_code == 403


@pytest.mark.parametrize("kind", ["dataset", "place"])
def test_what_is_frozen_cannot_be_asked_for(world, kind):
    what = {"dataset": {"target": world.dataset}, "place": {"rows": {"country": ["LBY"]}}}[kind]
    freeze(world, kind, **what)
    assert world.ask().status_code == 403
    assert world.look(Emergency) == []


def freeze(world, kind, **what):
    with world.app.app_context(), factories.given() as current:
        by = {"set_by": world.people["head"].id, "set_as": "head", "reason": "x"}
        current.add(Freeze(number="STOP-2026-001", kind=kind, standing="x", **by, **what))


@pytest.mark.parametrize("who", ["focal", "wana", "dpo", "head"])
def test_only_requesters_ask(world, who):
    assert world.ask(who).status_code == 403


# ---- answering ----


def test_two_different_people_agree_and_only_then_is_it_granted(world):
    ref = world.asked()
    assert world.answer("wana", ref, "WANA").status_code == 303
    assert (world.at(ref).status, world.at(ref).ends_at) == ("asked", None)
    assert world.answer("head", ref, "head").status_code == 303
    row = world.at(ref)
    assert (row.status, row.ends_at - row.granted_at) == ("granted", dt.timedelta(days=14))
    assert world.letters("anna", "emergency_settled") == 1
    assert world.letters("dpo", "emergency_told") == 2


@pytest.mark.parametrize("first", ["WANA", "head"])
def test_who_is_both_manager_and_head_answers_for_one_of_them_only(world, first):
    ref = world.asked()
    second = {"WANA": "head", "head": "WANA"}[first]
    assert world.answer("both", ref, first).status_code == 303
    assert world.answer("both", ref, second).status_code == 403
    assert world.at(ref).status == "asked"


def test_every_region_has_to_agree(world):
    world.agreement(regions=["LAC"])
    ref = world.asked(countries=["LBY", "SDN"])
    for who, office in (("wana", "WANA"), ("head", "head")):
        assert world.answer(who, ref, office).status_code == 303
    assert world.at(ref).status == "asked"
    assert world.answer("esa", ref, "ESA").status_code == 303
    assert world.at(ref).status == "granted"


@pytest.mark.parametrize(
    ("who", "office", "status"),
    [
        ("inside_head", "head", 403),  # of the organisation that asks
        ("coordinator", "WANA", 403),  # a manager is there
        ("wana", "head", 403),
        ("head", "WANA", 403),
        ("dpo", "head", 403),
        ("anna", "WANA", 403),
        ("esa", "WANA", 404),  # another region
        ("deputy", "WANA", 404),  # nobody named them
        ("head", "ESA", 404),  # not asked
    ],
)
def test_nobody_else_answers(world, who, office, status):
    ref = world.asked()
    assert world.answer(who, ref, office).status_code == status
    assert {one.status for one in world.look(EmergencyPart)} == {"open"}


@pytest.mark.parametrize(("manager", "office"), [("wana", "WANA"), ("head", "head")])
def test_a_deputy_answers_in_the_place_of_whoever_named_them_and_only_then(world, manager, office):
    today = clock.today()
    fields = {"deputy": world.people["deputy"].ref, "region": office, "code": world.code(manager)}
    days = {"first_day": today.isoformat(), "last_day": (today + dt.timedelta(days=2)).isoformat()}
    assert world.post(manager, "/deputies", **fields | days).status_code == 303
    ref = world.asked()
    assert world.letters("deputy", "emergency_asked") == 1
    assert world.answer("deputy", ref, office).status_code == 303
    (part,) = [one for one in world.look(EmergencyPart) if one.office == office]
    assert (part.person_id, part.for_id) == (world.people["deputy"].id, world.people[manager].id)
    other = {"WANA": "head", "head": "WANA"}[office]
    assert world.answer("deputy", ref, other).status_code in {403, 404}


def test_the_coordinator_answers_for_a_region_that_nobody_manages(world):
    with world.app.app_context(), factories.given() as current:
        for name in ("wana", "both"):
            current.get(Person, world.people[name].id).disabled_at = clock.now()
    ref = world.asked()
    assert world.letters("coordinator", "emergency_asked") == 1
    assert world.answer("coordinator", ref, "WANA").status_code == 303


def test_a_no_needs_a_reason_and_is_enough(world):
    ref = world.asked()
    answer = world.answer("head", ref, "head", "refuse", reason="")
    assert answer.status_code == 400
    assert "Give your reason" in answer.text
    assert world.answer("head", ref, "head", "refuse").status_code == 303
    assert world.at(ref).status == "refused"
    assert world.answer("wana", ref, "WANA").status_code == 409
    assert REASON in world.get("anna", f"/emergencies/{ref}").text


def test_a_wrong_code_records_nothing_and_keeps_what_was_typed(world):
    ref = world.asked()
    answer = world.answer("wana", ref, "WANA", code="000000")
    assert answer.status_code == 400
    assert REASON in answer.text
    assert {one.status for one in world.look(EmergencyPart)} == {"open"}
    assert world.answer("wana", ref, "WANA", verb="perhaps").status_code == 400


def test_an_answer_sent_twice_is_one_and_another_one_comes_too_late(world):
    ref = world.asked()
    for _ in range(2):
        assert world.answer("wana", ref, "WANA").status_code == 303
    assert world.answer("wana", ref, "WANA", "refuse").status_code == 409
    assert world.answer("both", ref, "WANA").status_code == 409
    assert world.answer("head", ref, "head", lock="7").status_code == 409


@pytest.mark.parametrize("against", ["suspended", "frozen"])
def test_nobody_agrees_to_what_has_been_stopped_meanwhile(world, against):
    ref = world.asked()
    if against == "suspended":
        world.agreement(status="suspended")
    else:
        freeze(world, "place", rows={"country": ["LBY"]})
    assert world.answer("wana", ref, "WANA").status_code == 403
    assert world.answer("wana", ref, "WANA", "refuse").status_code == 303


def test_an_agreement_s_renewal_carries_it_on(world):
    ref = world.granted()
    with world.app.app_context(), factories.given():
        old = session().scalars(select(Agreement)).one()
        factories.a_renewal(old, status="active", stage="")
        old.status = "ended"
    assert "Make a table" in world.get("anna", f"/emergencies/{ref}").text
    answer = world.get("anna", f"/catalogue/{world.dataset}/tables?under={ref}")
    assert answer.status_code == 200


# ---- time ----


def test_a_day_s_silence_reminds_once_and_three_days_end_it_without_a_keeper(world):
    ref = world.asked()
    world.change(ref, asked_at=clock.now() - dt.timedelta(hours=25))
    for _ in range(2):
        world.keeper_comes()
    assert [world.letters(who, "emergency_silent") for who in ("head", "dpo", "wana")] == [1, 1, 0]
    world.change(ref, asked_at=clock.now() - dt.timedelta(hours=73))
    assert world.answer("wana", ref, "WANA").status_code == 409
    assert world.answer("head", ref, "head", "refuse").status_code == 409
    world.keeper_comes()
    assert world.at(ref).status == "lapsed"
    assert world.letters("anna", "emergency_settled") == 1


def test_the_requester_takes_it_back_and_nobody_else_does(world):
    ref = world.asked()
    for who in ("ben", "carl"):
        assert world.post(who, f"/emergencies/{ref}/withdraw", lock="1").status_code == 404
    assert world.post("anna", f"/emergencies/{ref}/withdraw", lock="7").status_code == 409
    for _ in range(2):
        assert world.post("anna", f"/emergencies/{ref}/withdraw", lock="1").status_code == 303
    assert world.at(ref).status == "withdrawn"
    assert world.answer("wana", ref, "WANA").status_code == 409
    assert [world.letters(who, "emergency_withdrawn") for who in ("wana", "head", "anna")] == [1, 1, 0]


def test_whoever_may_see_emergencies_finds_them_in_the_navigation(world):
    for who in ("anna", "wana", "dpo", "head"):
        assert (
            'href="/emergencies"' in re.findall(r"<header.*?</header>", world.get(who, "/privacy").text, re.DOTALL)[0]
        ), who


# ---- the review ----


def test_in_order_and_stop_are_both_a_review_and_need_a_reason_and_a_code(world):
    ref = world.granted()
    assert world.review(ref, note="").status_code == 400
    assert world.review(ref, code="000000").status_code == 400
    assert world.review(ref).status_code == 303
    assert world.review(ref).status_code == 409
    assert world.at(ref).status == "granted"
    assert world.review(ref, "stop").status_code == 303
    assert world.at(ref).status == "stopped"
    assert world.get("anna", f"/catalogue/{world.dataset}/tables?under={ref}").status_code == 404


@pytest.mark.parametrize(("who", "status"), [("inside_dpo", 403), ("head", 403), ("anna", 403), ("carl", 403)])
def test_only_another_organisation_s_officer_reviews(world, who, status):
    assert world.review(world.granted(), who=who).status_code == status


def test_nothing_is_reviewed_that_was_not_granted(world):
    ref = world.asked()
    assert world.review(ref, "stop").status_code == 403
    assert world.at(ref).status == "asked"


def test_the_review_is_owed_after_the_end_too(world):
    ref = world.granted()
    later = clock.now() + dt.timedelta(days=15)
    world._browsers.clear()
    with time_machine.travel(later):
        world._tokens.clear()
        for _ in range(2):
            world.keeper_comes()
        assert world.at(ref).status == "over"
        assert [world.letters(who, "emergency_review") for who in ("dpo", "head")] == [1, 1]
        assert world.review(ref).status_code == 303
        assert world.at(ref).status == "over"


# ---- pages ----


def test_the_list_shows_each_their_own(world):
    number = world.at(world.asked()).number
    for who in ("anna", "focal", "wana", "head", "dpo", "coordinator"):
        assert number in world.get(who, "/emergencies").text, who
        assert number in world.get(who, "/emergencies?as=csv").text, who
    for who in ("ben", "carl", "esa"):
        assert number not in world.get(who, "/emergencies").text, who
    assert number not in world.get("head", "/emergencies?status=granted").text


def test_the_inbox_leads_to_what_waits_and_the_calendar_to_what_is_owed(world):
    ref = world.asked()
    for who in ("wana", "head"):
        assert f"/emergencies/{ref}" in world.get(who, "/inbox").text
    for who in ("esa", "dpo"):
        assert f"/emergencies/{ref}" not in world.get(who, "/inbox").text
    assert world.answer("wana", ref, "WANA").status_code == 303
    assert f"/emergencies/{ref}" not in world.get("wana", "/inbox").text
    assert world.answer("head", ref, "head").status_code == 303
    for who in ("dpo", "head"):
        assert "Emergencies to be reviewed" in world.get(who, "/inbox").text


def test_the_page_names_who_is_waited_for_and_hides_the_form_from_who_may_not_answer(world):
    ref = world.asked()
    page = world.get("anna", f"/emergencies/{ref}").text
    assert "Wanda West" in page
    assert 'name="verb"' not in page
    forms = {
        who: re.findall(r'name="office" value="(\w+)"', world.get(who, f"/emergencies/{ref}").text)
        for who in ("wana", "head", "both", "dpo")
    }
    assert forms == {"wana": ["WANA"], "head": ["head"], "both": ["WANA", "head"], "dpo": []}


def test_letters_say_nothing_of_what_happened(world):
    world.granted()
    for letter in world.look(Letter):
        assert HAPPENED not in str(letter.values)
        assert "LBY" not in str(letter.values)
