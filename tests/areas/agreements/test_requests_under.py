"""What hangs on an agreement: suspended, nothing of it moves; terminated, it ends what runs and cancels what had not begun."""

import datetime as dt

import pytest
import time_machine

from portal import clock
from portal.actor import Role, system
from portal.agreements.models import Agreement
from portal.db import transaction
from portal.errors import TermsForbid
from portal.requests import actions_clock, guards
from portal.requests.models import Request, Scope
from tests import factories
from tests.areas.requests.scene import World


@pytest.fixture
def world(app, as_person):
    made = World(app, as_person)
    with app.app_context(), factories.given() as current:
        house = current.get_one(type(made.people["dpo"]), made.people["dpo"].id).organisation
        made.people["head"] = factories.a_person(organisation=house, roles=[Role.HEAD], name="Hedda")
    return made


def stop(world, who, verb):
    agreement = world.people["agreement"]
    assert world.get(who, f"/agreements/{agreement}").status_code == 200
    lock = world.look(Agreement, Agreement.ref == agreement)[0].lock
    world.forget_codes()
    fields = {"lock": lock, "verb": verb, "reason": "An incident.", "code": world.code(who)}
    answer = world.post(who, f"/agreements/{agreement}/stop", **fields)
    assert answer.status_code == 303, answer.text


def running(world):
    world.forget_codes()
    ref = world.offered(variables=("drivers",))
    assert world.accept(ref).status_code == 303
    return ref


def may(world, ref, what):
    with world.app.app_context(), transaction() as current:
        request = current.query(Request).filter_by(ref=ref).one()
        try:
            getattr(guards, what)(request)
        except TermsForbid as refused:
            return refused.clauses
    return ()


def test_builds_and_downloads_stop_with_the_suspension_and_go_on_after_it(world):
    ref = running(world)
    assert (may(world, ref, "may_build"), may(world, ref, "may_download")) == ((), ())
    stop(world, "dpo", "suspend")
    assert (may(world, ref, "may_build"), may(world, ref, "may_download")) == (("status",), ("status",))
    assert world.post("anna", "/requests/new", dataset="4mi-core").status_code in {403, 404}
    stop(world, "head", "resume")
    assert (may(world, ref, "may_build"), may(world, ref, "may_download")) == ((), ())


def test_a_termination_ends_what_runs_and_cancels_what_had_not_begun(world):
    runs, waits = running(world), world.sent()
    stop(world, "head", "terminate")
    assert may(world, runs, "may_download") == ("request",)
    assert (world.request(runs).state, world.request(waits).state) == ("ended:expired", "ended:cancelled")
    with world.app.app_context(), transaction():
        assert actions_clock.expire_due(system("keeper"), clock.now()) == 0


def test_nothing_is_closed_over_a_request_that_many_newer_ones_hide(world):
    # Given a request that somehow has not ended, and fifty later ones that have
    ref = running(world)
    stop(world, "head", "terminate")
    first = world.request(ref)
    same = {"organisation_id", "requester_id", "agreement_id", "dataset_id", "version_id", "tier", "submitted_at"}
    with world.app.app_context(), factories.given() as current:
        like = {name: getattr(first, name) for name in same}
        current.get(Request, first.id).status = "active"
        current.add_all(Request(**like, number=f"later {n}", status="ended", ended_as="withdrawn") for n in range(50))
    # When the officer closes the agreement, the open one is not passed over
    world.forget_codes()
    lock = world.look(Agreement, Agreement.ref == world.people["agreement"])[0].lock
    fields = {"lock": lock, "verb": "close", "reason": "All is done.", "code": world.code("dpo")}
    answer = world.post("dpo", f"/agreements/{world.people['agreement']}/officer", **fields)
    assert answer.status_code == 400
    assert world.look(Agreement, Agreement.ref == world.people["agreement"])[0].state == "ended:terminated"


def test_under_a_notice_builds_and_downloads_go_on_through_its_last_day(world):
    ref, today = running(world), clock.today("Europe/Copenhagen")
    row = world.request(ref)
    with world.app.app_context(), factories.given() as current:
        current.get_one(Request, row.id).ends_on = today + dt.timedelta(days=40)
        scope = current.get_one(Scope, row.scope_id)
        scope.content = scope.content | {"ends_on": (today + dt.timedelta(days=40)).isoformat()}
    world.agreement(terminated_on=today + dt.timedelta(days=5))
    assert (may(world, ref, "may_build"), may(world, ref, "may_download")) == ((), ())
    with time_machine.travel(clock.now() + dt.timedelta(days=7)):
        assert "end" in may(world, ref, "may_download")
