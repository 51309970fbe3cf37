"""A request that is delivered again with every new round: asked for, decided, and each round ordered by hand."""

import datetime as dt
import re

import pytest
from flask_migrate import downgrade, upgrade
from sqlalchemy import select

from portal import clock
from portal.agreements.models import Agreement
from portal.agreements.models_dpia import Assessment
from portal.auth.models import Person
from portal.catalogue.models import Dataset
from portal.db import session
from portal.exports.models import ProtectedFile, Release
from portal.exports.models_runs import Refusal
from portal.requests.models import Request
from tests import factories
from tests.areas.requests.scene import World, a_signed_file

PLAIN = ("drivers",)  # no class of it asks for the data protection officer


@pytest.fixture
def world(app, as_person):
    world = World(app, as_person)
    with app.app_context(), factories.given():
        found = session().scalars(select(Person).where(Person.name == "Stella Steward")).one()
        world.people["steward"] = found
    return world


def assessed(world, **more):
    """Put an assessment on file that counts today."""
    today = clock.today()
    with world.app.app_context(), factories.given() as current:
        agreement = current.scalars(select(Agreement).where(Agreement.ref == world.people["agreement"])).one()
        values = {"title": "Risks", "done_on": today - dt.timedelta(days=9), "outcome": "low", "seen_lock": 0}
        values |= {"review_on": today + dt.timedelta(days=90), "person_id": world.people["dpo"].id} | more
        current.add(Assessment(agreement_id=agreement.id, **values))


def a_feed(world, *, repeats="rounds", deeds=(), **more):
    """A feed that was accepted and ordered once; its reference."""
    ref = world.sent(variables=PLAIN, repeats=repeats, **more)
    world.forget_codes()
    for name in ("wana", "esa"):
        assert world.verdict(name, ref, **dict(deeds).get(name, {})).status_code == 303
    assert world.request(ref).state == "offered"
    assert world.accept(ref).status_code == 303
    return ref


def next_round(world, number=2, **menu):
    """Publish another round and sign its file; ``menu`` says what is different there. Return its reference."""
    with world.app.app_context(), factories.given() as current:
        version = factories.a_version(dataset=current.scalars(select(Dataset)).one(), number=number)
        file = a_signed_file(version)
        file.menu = file.menu | menu
        current.flush()
        return file.ref


def run(world, ref, file, who="anna"):
    return world.post(who, f"/requests/{ref}/run", file=file)


def codes(world):
    return [one.codes for one in world.look(Refusal)]


# ---- asking ----


def test_that_it_repeats_is_kept_shown_to_whoever_decides_and_part_of_what_they_approve(world):
    assessed(world)
    ref = world.start()
    world.fill(ref, variables=PLAIN, repeats="rounds")
    assert 'value="rounds" checked' in re.sub(r"\s+", " ", world.get("anna", f"/requests/{ref}/edit/why").text)
    assert "Again with every new round" in world.get("anna", f"/requests/{ref}/edit/review").text
    assert world.submit(ref).status_code == 303
    assert world.request(ref).kind == "feed"
    content = world.scopes(ref)[0].content
    assert (content["repeats"], content["later_than"]) == ("rounds", "2020")
    said = "Again with every new round, with the years after 2020 as they come"
    assert said in world.get("anna", f"/requests/{ref}").text
    assert said in world.get("wana", f"/tracks/{world.tracks(ref)['WANA'].ref}").text


def test_how_often_is_chosen_from_the_list(world):
    ref = world.start()
    answer = world.keep(ref, "why", repeats="hourly")
    assert answer.status_code == 400
    assert "Choose from the list." in answer.text


def test_asked_for_again_it_is_a_feed_again_and_a_change_of_that_is_shown(world):
    assessed(world)
    ref = a_feed(world)
    again = world.post("anna", f"/requests/{ref}/copy").headers["Location"].split("/")[2]
    page = world.get("anna", f"/requests/{again}/edit/review").text
    assert "Nothing: you ask for exactly the same." in page
    world.fill(again, variables=PLAIN, repeats="once")
    page = world.get("anna", f"/requests/{again}/edit/review").text
    assert re.search(r"Delivered</td>.*?Again with every new round.*?Once", page, re.DOTALL)


@pytest.mark.parametrize(
    ("assessment", "state"),
    [
        ({}, "offered"),
        ({"review_on": clock.today() - dt.timedelta(days=1)}, "in_review:dpo"),
        ({"outcome": "high"}, "in_review:dpo"),
        (None, "in_review:dpo"),
    ],
)
def test_without_an_assessment_that_counts_the_officer_decides_it(world, assessment, state):
    if assessment is not None:
        assessed(world, **assessment)
    ref = world.sent(variables=PLAIN, repeats="rounds")
    for name in ("wana", "esa"):
        assert world.verdict(name, ref).status_code == 303
    assert world.request(ref).state == state
    assert world.scopes(ref)[-1].content.get("unassessed", "") == ("" if state == "offered" else "yes")


def test_once_asks_for_no_assessment(world):
    ref = world.sent(variables=PLAIN)
    for name in ("wana", "esa"):
        assert world.verdict(name, ref).status_code == 303
    assert world.request(ref).state == "offered"


# ---- the next round ----


def test_the_next_round_is_one_release_of_its_own_however_often_it_is_ordered(world):
    assessed(world)
    ref = a_feed(world)
    assert "The next round can be ordered here" in world.get("anna", f"/requests/{ref}").text
    file = next_round(world)
    assert "Order the delivery of round 2" in world.get("anna", f"/requests/{ref}").text
    assert "Order the delivery of round 2" not in world.get("ben", f"/requests/{ref}").text
    assert [run(world, ref, file).status_code for _ in range(3)] == [303] * 3
    first, second = world.look(Release)
    assert (first.wave, second.wave, second.status) == (1, 2, "queued")
    assert first.build_key != second.build_key
    kinds = [one.kind for one in world.scopes(ref)]
    assert kinds[-1] == "run"
    assert world.scopes(ref)[-1].content["file"] == file
    assert len(world.events("request.run.ordered")) == 1
    assert codes(world) == []


def test_what_a_region_refused_stays_refused_in_later_rounds(world):
    assessed(world)
    refused = {"verb": "approve_in_part", "refuse-year": ["2020"]}
    ref = a_feed(world, deeds={"esa": refused})
    file = next_round(world)
    assert run(world, ref, file).status_code == 303
    parts = {part["region"]: part["filters"]["year"] for part in world.scopes(ref)[-1].content["parts"]}
    assert parts == {"WANA": ["2019", "2020"], "ESA": ["2019"]}


def test_a_steward_may_order_it_and_nobody_else_beside_who_asked(world):
    assessed(world)
    ref, once = a_feed(world), a_feed(world, repeats="once")
    file = next_round(world)
    expected = {"ben": 404, "carl": 404, "focal": 403, "wana": 403, "dpo": 403, "coordinator": 403}
    assert {who: run(world, ref, file, who).status_code for who in expected} == expected
    assert run(world, once, file).status_code == 404
    assert run(world, ref, file, "steward").headers["Location"].endswith("/releases")
    assert len(world.look(Release)) == 3


def test_a_form_of_another_round_is_stale_and_none_is_none(world):
    assessed(world)
    ref = a_feed(world)
    assert run(world, ref, "0" * 32).status_code == 409
    file = next_round(world)
    newer = next_round(world, 3)
    assert run(world, ref, file).status_code == 409
    assert run(world, ref, newer).status_code == 303
    assert run(world, ref, "nothing").status_code == 400
    assert len(world.look(Release)) == 2


def test_it_asks_for_a_fresh_code_first(world):
    assessed(world)
    ref = a_feed(world)
    file = next_round(world)
    world._browsers["anna"] = world._as_person(world.people["anna"], proved_at=clock.now() - dt.timedelta(hours=1))
    world._tokens.pop("anna")
    answer = run(world, ref, file)
    assert (answer.status_code, "/step-up" in answer.text + answer.headers.get("Location", "")) != (303, False)
    assert len(world.look(Release)) == 1


DRIFTS = {
    "rule_set": {"rule_set_version": 2},
    "variables": {"variables": []},
    "keys": {"keys": []},
}


@pytest.mark.parametrize("code", DRIFTS)
def test_what_drifted_stops_the_round_is_told_and_stays_in_the_log(world, code):
    assessed(world)
    ref = a_feed(world)
    file = next_round(world, **DRIFTS[code])
    assert run(world, ref, file).status_code == 303
    assert codes(world)[0].split()[0] == code
    assert len(world.look(Release)) == 1
    assert world.request(ref).version_id == world.look(ProtectedFile)[0].version_id
    told = {one.address for one in world.letters("request_run_refused")}
    assert told == {world.people[name].email for name in ("anna", "wana", "esa", "coordinator")}
    assert "Round 2 was not delivered" in world.get("anna", f"/requests/{ref}").text
    # once more: one more event, no more letters
    before = len(world.letters())
    assert run(world, ref, file).status_code == 303
    assert len(world.letters()) == before
    assert len(world.events("request.run.refused")) == 2


def _class_rises(world, _ref):
    with world.app.app_context(), factories.given() as current:
        newest = current.scalars(select(ProtectedFile).order_by(ProtectedFile.id.desc())).first()
        risen = [one | {"sensitivity": 2} if one["name"] == "drivers" else one for one in newest.menu["variables"]]
        newest.menu = newest.menu | {"variables": risen}


def _assessment_ends(world, _ref):
    with world.app.app_context(), factories.given() as current:
        current.scalars(select(Assessment)).one().review_on = clock.today() - dt.timedelta(days=2)


def _on_agreement(**values):
    return lambda world, _ref: world.agreement(**values)


def _on_request(**values):
    def change(world, ref):
        with world.app.app_context(), factories.given() as current:
            one = current.scalars(select(Request).where(Request.ref == ref)).one()
            for name, value in values.items():
                setattr(one, name, value)

    return change


def _frozen(world, _ref):
    with world.app.app_context(), factories.given() as current:
        dataset = current.scalars(select(Dataset)).one().ref
    fields = {"kind": "dataset", "target": dataset, "reason": "A laptop is lost.", "code": world.code("dpo")}
    assert world.post("dpo", "/stop/new", **fields).status_code == 303


def _moved_regions(world, ref):
    with world.app.app_context(), factories.given() as current:
        for scope in (current.scalars(select(Request).where(Request.ref == ref)).one(),):
            content = scope.scope.content
            parts = [part | {"filters": part["filters"] | {"country": ["COL"]}} if part["region"] == "ESA" else part
                     for part in content["parts"]]  # fmt: skip
            scope.scope.content = content | {"parts": parts}


@pytest.mark.parametrize(
    ("happens", "code"),
    [
        (_class_rises, "class"),
        (_assessment_ends, "dpia"),
        (_on_agreement(status="suspended"), "agreement"),
        (_on_agreement(ends_on=clock.today() - dt.timedelta(days=2)), "agreement"),
        (_on_agreement(regions=["WANA"]), "agreement"),
        (_on_agreement(revision=2), "revision"),
        (_on_request(status="suspended"), "request"),
        (_on_request(ends_on=clock.today() - dt.timedelta(days=2)), "request"),
        (_frozen, "frozen"),
        (_moved_regions, "region"),
    ],
)
def test_everything_is_asked_again_at_each_round(world, happens, code):
    assessed(world)
    ref = a_feed(world, ends_on=(clock.today("Europe/Copenhagen") + dt.timedelta(days=1)).isoformat())
    file = next_round(world)
    happens(world, ref)
    assert run(world, ref, file).status_code == 303
    assert codes(world) == [code]
    assert len(world.look(Release)) == 1
    (refused,) = world.events("request.run.refused")
    assert refused[1] == code


def test_what_the_officer_decided_without_an_assessment_needs_none_later(world):
    ref = world.sent(variables=PLAIN, repeats="rounds")
    for name in ("wana", "esa"):
        assert world.verdict(name, ref).status_code == 303
    assert world.officer(ref).status_code == 303
    assert world.accept(ref).status_code == 303
    assert run(world, ref, next_round(world)).status_code == 303
    assert codes(world) == []
    assert len(world.look(Release)) == 2


def test_countries_about_which_nobody_was_asked_stay_out_and_are_named(world):
    assessed(world)
    ref = world.start()
    world.fill(ref, variables=PLAIN, repeats="rounds", rows={"year": ["2019", "2020"]})
    assert world.submit(ref).status_code == 303
    for name in ("wana", "esa"):
        assert world.verdict(name, ref).status_code == 303
    assert world.accept(ref).status_code == 303
    menu = world.look(ProtectedFile)[0].menu
    more = {"code": "TCD", "count": "40", "label_en": "Chad", "label_fr": "Tchad"}
    keys = [
        one | {"values": one["values"] | {"country": [*one["values"]["country"], more]}}
        if "country" in one["values"] else one
        for one in menu["keys"]
    ]  # fmt: skip
    file = next_round(world, keys=keys)
    page = world.get("anna", f"/requests/{ref}").text
    assert "because nobody was asked about these countries: Chad" in page
    assert run(world, ref, file).status_code == 303
    asked = {code for part in world.scopes(ref)[-1].content["parts"] for code in part["filters"]["country"]}
    assert asked == {"NER", "LBY", "SDN"}


def test_the_migration_can_be_taken_back_with_rows_in_its_tables(world):
    assessed(world)
    ref = a_feed(world)
    assert run(world, ref, next_round(world, rule_set_version=2)).status_code == 303
    with world.app.app_context():
        downgrade(revision="0017")
        upgrade()
    assert [one.wave for one in world.look(Release)] == [1]
    assert codes(world) == []
