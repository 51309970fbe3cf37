"""An agreement is renewed over requests in every state: what each becomes, and who may still stop it."""

import datetime as dt
import re

import pytest
from sqlalchemy import select

from portal import clock
from portal.actor import system
from portal.agreements import actions_clock as agreements_clock
from portal.agreements.models import Agreement
from portal.db import session, transaction
from portal.requests import actions_clock
from portal.requests.models import Request
from portal.requests.models_extension import Extension
from portal.requests.workflow import WAITS
from tests import factories
from tests.areas.requests.scene import WORDS, World

KEEPER = system("keeper")


@pytest.fixture
def world(app, as_person):
    return World(app, as_person)


def renew(world, **changed):
    """Let a next version take effect; the world's agreement is that one from now on."""
    with world.app.app_context(), factories.given():
        earlier = session().scalars(select(Agreement).where(Agreement.ref == world.people["agreement"])).one()
        world.people["agreement"] = factories.a_renewal(earlier, **changed).ref
    with world.app.app_context(), transaction():
        agreements_clock.begin_due(KEEPER)
    return world.look(Agreement, Agreement.ref == world.people["agreement"])[0]


def tick(world):
    with world.app.app_context(), transaction():
        return actions_clock.expire_due(KEEPER, clock.now())


def running(world):
    world.forget_codes()
    ref = world.offered(variables=("drivers",))
    assert world.accept(ref).status_code == 303
    world.forget_codes()
    return ref


def stop(world, ref, verb):
    world.forget_codes()
    return world.post("dpo", f"/requests/{ref}/stop", verb=verb, reason=WORDS, code=world.code("dpo"))


def confirm(world, ref):
    page = world.get("anna", f"/requests/{ref}").text
    said = dict(re.findall(r'name="(sha256|terms)" value="(\w+)"', page))
    return world.post("anna", f"/requests/{ref}/renewal", same="yes", accepted="yes", **said)


def test_what_is_written_goes_on_what_is_decided_is_cancelled_what_runs_waits(world):
    # Given a request in every state, and a longer use asked for of one that runs
    refs = {"draft": world.start(), "in_review": world.sent(variables=("drivers",))}
    world.fill(refs["draft"])
    refs["returned"] = world.sent(variables=("drivers",))
    assert world.verdict("esa", refs["returned"], "ask").status_code == 303
    assert world.verdict("wana", refs["returned"]).status_code == 303
    world.forget_codes()
    refs["offered"] = world.offered(variables=("drivers",))
    refs["active"] = running(world)
    later_day = (clock.today("Europe/Copenhagen") + dt.timedelta(days=9)).isoformat()
    fields = {"ends_on": later_day, "reason": WORDS, "lock": world.lock(refs["active"])}
    assert world.post("anna", f"/requests/{refs['active']}/extension", **fields).status_code == 303
    # When the agreement is renewed
    later = renew(world)
    # Then each is where it belongs, and the clock finds nothing left to do
    states = {name: world.request(ref).state for name, ref in refs.items()}
    cancelled = dict.fromkeys(("in_review", "offered"), "ended:cancelled")
    assert states == cancelled | {"draft": "draft", "returned": "returned", "active": WAITS}
    assert tick(world) == 0
    assert {world.request(refs[name]).agreement_id for name in ("draft", "returned")} == {later.id}
    assert [one.status for one in world.look(Extension)] == ["lapsed"]
    assert len(world.events("request.carried")) == 2
    # And the draft is sent under the renewal, once its terms are accepted
    assert world.submit(refs["draft"]).status_code != 303
    team = [world.people["anna"].ref, world.people["ben"].ref]
    assert world.keep(refs["draft"], "team", team=team, accepted="yes", terms=world.terms()).status_code == 303
    assert world.submit(refs["draft"]).status_code == 303
    # And when the purpose is confirmed, the longer use is asked for under the renewal
    assert confirm(world, refs["active"]).status_code == 303
    fields["lock"] = world.lock(refs["active"])
    assert world.post("anna", f"/requests/{refs['active']}/extension", **fields).status_code == 303


def test_what_was_accepted_beside_the_renewal_waits_as_soon_as_the_clock_finds_it(world):
    ref = running(world)
    renew(world)
    with world.app.app_context(), factories.given() as current:
        row = current.scalars(select(Request).where(Request.ref == ref)).one()
        row.status, row.stage = "active", ""
    assert (tick(world), world.request(ref).state) == (1, WAITS)


def test_what_the_officer_stopped_stays_stopped_and_is_confirmed_after_they_let_go(world):
    ref = running(world)
    assert stop(world, ref, "suspend").status_code == 303
    renew(world)
    assert (world.request(ref).state, tick(world)) == ("suspended", 0)
    assert "Confirm the purpose" not in world.get("anna", f"/requests/{ref}").text
    assert world.post("anna", f"/requests/{ref}/renewal", sha256="0" * 64, same="yes").status_code == 409
    assert stop(world, ref, "resume").status_code == 303
    assert world.request(ref).state == WAITS
    # and what waits can be stopped too, for a while or for good
    assert stop(world, ref, "suspend").status_code == 303
    assert stop(world, ref, "resume").status_code == 303
    assert confirm(world, ref).status_code == 303
    assert world.request(ref).state == "active"
    renew(world)
    assert stop(world, ref, "revoke").status_code == 303
    assert world.request(ref).state == "ended:revoked"


def test_a_second_renewal_is_what_is_confirmed_and_a_lesser_one_ends_what_waits(world):
    ref, other = running(world), running(world)
    renew(world)
    old = dict(re.findall(r'name="(sha256|terms)" value="(\w+)"', world.get("anna", f"/requests/{ref}").text))
    second = renew(world, release_days=3)
    assert world.post("anna", f"/requests/{ref}/renewal", same="yes", accepted="yes", **old).status_code == 409
    assert confirm(world, ref).status_code == 303
    assert world.request(ref).agreement_id == second.id
    renew(world, regions=["LAC"])
    assert [world.request(one).state for one in (ref, other)] == ["ended:expired", "ended:expired"]
    assert "These regions are not covered" in world.get("anna", f"/requests/{other}").text


def test_a_renewal_that_ends_earlier_shortens_and_one_that_is_over_ends(world):
    ref, other = running(world), running(world)
    day = clock.today("Europe/Copenhagen")
    with world.app.app_context(), factories.given() as current:
        for row in current.scalars(select(Request)):
            row.ends_on = day + dt.timedelta(days=30)
            scope = row.scope
            scope.content = scope.content | {"ends_on": row.ends_on.isoformat()}
    renew(world, ends_on=day + dt.timedelta(days=3))
    assert confirm(world, ref).status_code == 303
    assert world.request(ref).ends_on == day + dt.timedelta(days=3)
    world.agreement(status="ended", ended_as="terminated")
    tick(world)
    assert {world.request(one).state for one in (ref, other)} == {"ended:expired"}
