"""A renewal takes effect: what runs waits for its purpose, and goes on with the files it has; or it grants less."""

import datetime as dt
import threading

import pytest
import time_machine
from sqlalchemy import select

from portal import clock
from portal.actor import Role, system
from portal.agreements import actions_clock as agreements_clock
from portal.agreements.models import Agreement
from portal.agreements.models_acceptance import Acceptance
from portal.db import session, transaction
from portal.exports import actions as exports
from portal.requests import actions_clock
from portal.requests.models import Request, Scope
from tests import factories
from tests.areas.agreements.way import Way
from tests.areas.auth.pages import events
from tests.areas.exports.ending import Ending
from tests.areas.exports.test_releases import fetch

KEEPER = system("keeper")


class Renewing(Ending):
    """A world whose agreement is renewed."""

    def tick(self, now=None):
        """Let the keeper do what it does about agreements, requests and releases."""
        with self.app.app_context(), transaction():
            agreements_clock.begin_due(KEEPER)
        with self.app.app_context(), transaction():
            actions_clock.expire_due(KEEPER, now or clock.now())
        with self.app.app_context():
            exports.expire()

    def renew(self, **changed):
        """Let a next version, signed by both, take effect."""
        with self.app.app_context(), factories.given():
            factories.a_renewal(session().get_one(Agreement, self.agreed()), **changed)
        self.tick()

    def way(self):
        """Return hands for the agreement's steps, and the reference of the one in force."""
        self.enlist("hedda", Role.HEAD, like="dpo")
        known = {"sven": "analyst", "cora": "coordinator", "dana": "dpo"}
        people = self.people | {name: self.people[other] for name, other in known.items()}
        with self.app.app_context(), transaction():
            one = session().get_one(Agreement, self.agreed())
            return Way(self.app, self._as_person, people, one.organisation.ref), one.ref

    def agreed(self):
        """Return the database key of the version that is the newest in force."""
        ours = Agreement.organisation_id == self.people["analyst"].organisation_id
        return session().scalars(select(Agreement.id).where(ours).order_by(Agreement.id.desc())).first()

    def request(self):
        return self.all(Request, Request.ref == self.facts["request"])[0]

    def page(self, name="analyst"):
        return self.get(name, f"/requests/{self.facts['request']}").text

    def confirm(self, name="analyst", **more):
        return self.post(name, f"/requests/{self.facts['request']}/renewal", **self.shown() | more)

    def shown(self):
        """Return what the form that confirms sends, both boxes ticked."""
        page = self.page()
        said = {field: page.split(f'name="{field}" value="')[1].split('"')[0] for field in ("sha256", "terms")}
        return said | {"same": "yes", "accepted": "yes"}


@pytest.fixture
def world(app, facts, as_person):
    return Renewing(app, facts, as_person)


def test_renewed_it_waits_confirmed_it_goes_on_with_the_same_file(world):
    # Given a request that runs, whose file two people may fetch
    world.with_focal_points("fay")
    way, old = world.way()
    last_day = way.row(old).ends_on
    # When the coordinator renews the agreement from today and both sign it
    later = way.step(old, "cora", "renew").headers["Location"].rsplit("/", 1)[1]
    days = {"starts_on": clock.today().isoformat(), "ends_on": (last_day + dt.timedelta(days=365)).isoformat()}
    scope = {"regions": ["WANA", "ESA", "EUR", "LAC", "ASIA", "unassigned"], "outputs": ["public_report"]}
    assert way.save(later, most_sensitive="4", **days | scope).status_code == 303
    draft = way.get("cora", f"/agreements/{later}").text
    assert "goes on once confirmed" in draft
    assert way.save(later, most_sensitive="1", **days | scope).status_code == 303
    assert "would end, because this version grants less." in way.get("cora", f"/agreements/{later}").text
    assert way.save(later, most_sensitive="4", **days | scope).status_code == 303
    way.go(later, "cora share", "fay accept", "dana record", "hedda sign", "sven sign")
    # Then in the same moment the request waits, and the release refuses in words, though nothing of it is gone
    assert world.request().state == "suspended:renewal"
    refused = fetch(world.browser("analyst"), world.facts)
    assert refused.status_code == 403
    assert "has not confirmed yet that the purpose is the same" in refused.text
    world.tick()
    assert (world.release().status, world.request().state) == ("available", "suspended:renewal")
    # And whoever asked and their focal point are told what to do, on the page, in the list and in the calendar
    assert world.letters("request_renewal") == sorted(world.people[name].email for name in ("analyst", "fay"))
    assert "Confirm the purpose" in world.page()
    assert "Not to be had at present" in world.page()
    assert "Anna Analyst, who asked, confirms it here." in world.page("fay")
    assert "the requester" in world.get("analyst", "/requests").text
    calendars = [world.get(name, "/calendar.ics").text for name in ("analyst", "fay")]
    assert ["Purpose to confirm" in text for text in calendars] == [True, False]
    # When they confirm without the ticks, each is asked for by its field; when others do, they may not
    assert "f-same-error" in world.confirm(same="").text
    assert "f-accepted-error" in world.confirm(accepted="").text
    assert [world.confirm(name).status_code for name in ("colleague", "fay", "stranger", "dpo")] == [403, 403, 404, 403]
    assert world.confirm(sha256="0" * 64).status_code == 409
    # When they confirm, twice, it goes on under the renewal, once, until the day it always had
    before, answers = world.request(), [world.confirm()]
    answers.append(
        world.post("analyst", f"/requests/{before.ref}/renewal", sha256=world.all(Scope)[-1].sha256, same="y")
    )
    assert [answer.status_code for answer in answers] == [303, 303]
    after = world.request()
    renewal = way.row(later)
    assert (after.state, after.agreement_id, after.ends_on) == ("active", renewal.id, before.ends_on)
    kept = world.all(Scope)[-1]
    assert (kept.kind, kept.content["agreement"], after.scope_id) == ("renewed", later, kept.id)
    assert [name for name, *_ in events(world.app, "request.paused", "request.confirmed")] == [
        "request.paused",
        "request.confirmed",
    ]
    assert "Purpose confirmed under the renewed agreement" in world.page()
    # And the same release downloads again, for its other recipient once they have accepted the renewed terms
    assert fetch(world.browser("analyst"), world.facts).status_code == 200
    assert fetch(world.browser("colleague"), world.facts).status_code == 403
    with world.app.app_context(), factories.given():
        factories.an_acceptance(world.people["colleague"], session().get_one(Agreement, renewal.id))
    assert fetch(world.browser("colleague"), world.facts).status_code == 200
    world.tick()
    assert world.release().status == "available"


@pytest.mark.parametrize(
    ("less", "told"),
    [
        ({"regions": ["LAC"]}, "These regions are not covered"),
        ({"most_sensitive": 1}, "above class 1"),
    ],
)
def test_a_renewal_that_grants_less_ends_it_and_the_page_names_the_clause(world, less, told):
    world.with_focal_points("fay").fetched_by("analyst")
    world.renew(**less)
    # It has ended with its release, in the moment in which the renewal took effect; who has a copy destroys it
    assert world.request().state == "ended:expired"
    assert (world.release().cause, world.duty("analyst").status) == ("expired", "due")
    assert fetch(world.browser("analyst"), world.facts).status_code == 403
    page = world.page()
    assert "the renewal grants less than this request uses" in page
    assert told in page
    assert world.letters("request_discontinued") == sorted(world.people[name].email for name in ("analyst", "fay"))
    assert len(events(world.app, "request.discontinued")) == 1


@pytest.mark.parametrize(("last_day", "waits"), [(60, 60), (200, 90)])
def test_what_nobody_confirms_ends_on_its_last_day_or_after_ninety(world, last_day, waits):
    with world.app.app_context(), factories.given() as current:
        request = current.scalars(select(Request)).one()
        request.ends_on = clock.today("Europe/Copenhagen") + dt.timedelta(days=last_day)
    world.renew()
    over = world.request().moved_at + dt.timedelta(days=90)
    if waits < 90:
        over = clock.day_end(world.request().ends_on, "Europe/Copenhagen")
    form = world.page()
    fields = {name: form.split(f'name="{name}" value="')[1].split('"')[0] for name in ("sha256", "terms")}
    with time_machine.travel(over - dt.timedelta(seconds=1), tick=False):
        world.tick()
        assert world.request().state == "suspended:renewal"
    with time_machine.travel(over, tick=False):
        # from that moment it is too late, before anybody has ended it
        world._browsers.clear()
        late = world.post("analyst", f"/requests/{world.facts['request']}/renewal", **fields, same="y", accepted="y")
        assert (late.status_code, world.request().state) == (403, "suspended:renewal")
        world.tick()
    assert world.request().state == "ended:expired"
    assert world.release().status == "ended"
    assert not world.all(Acceptance, Acceptance.agreement_id == world.all(Agreement)[-1].id)


def test_of_keeper_and_requester_at_once_one_is_first(world):
    world.renew()
    shown, path = world.shown(), f"/requests/{world.facts['request']}/renewal"
    world.post("analyst", "/nowhere")  # the form's token is there
    barrier, answers = threading.Barrier(2), []

    def keeper():
        barrier.wait()
        try:
            world.tick(clock.now() + dt.timedelta(days=91))
        except Exception as error:  # noqa: BLE001 -- whoever comes second is told, and comes again
            answers.append(type(error).__name__)

    def requester():
        barrier.wait()
        answers.append(world.post("analyst", path, **shown).status_code)

    threads = [threading.Thread(target=one) for one in (keeper, requester)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    settled = [name for name, *_ in events(world.app, "request.confirmed", "request.expired")]
    state = world.request().state
    assert (settled, state) in [
        (["request.confirmed"], "active"),
        (["request.expired"], "ended:expired"),
        (["request.confirmed", "request.expired"], "ended:expired"),  # its last day, by that clock, has passed too
    ]


def test_terminated_its_releases_end_in_the_same_moment(world):
    way, ref = world.way()
    way.go(ref, "hedda terminate")
    assert (world.request().state, world.release().cause) == ("ended:expired", "revoked")
    assert fetch(world.browser("analyst"), world.facts).status_code == 403
