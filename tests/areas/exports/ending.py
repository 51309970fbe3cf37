"""A released world in which somebody has downloaded, and what can be done to it over HTTP."""

import datetime as dt

from sqlalchemy import select, update

from portal import clock
from portal.actor import Role
from portal.auth.models import Person
from portal.db import session, transaction
from portal.exports.models import Release
from portal.exports.models_ends import DestructionDuty, Probe
from portal.mail import Letter
from tests import factories
from tests.areas.auth.pages import code_for, token_of
from tests.areas.exports.test_releases import fetch

REASON = "A mistake in the data."


class Ending:
    def __init__(self, app, facts, as_person):
        self.app, self.facts, self.ref = app, facts, facts["release"]
        self._as_person, self._browsers = as_person, {}
        self.people = dict(facts["people"])

    def enlist(self, name, role, *, like="analyst", **more):
        """Add a person of the same organisation as ``like``."""
        from portal.auth.models import Organisation

        with self.app.app_context(), factories.given():
            house = session().get(Organisation, self.people[like].organisation_id)
            self.people[name] = factories.a_person(organisation=house, roles=[role], name=f"Person {name}", **more)
        return self.people[name]

    def with_focal_points(self, *names):
        for name in names:
            self.enlist(name, Role.FOCAL_POINT)
        return self

    def browser(self, name):
        if name not in self._browsers:
            self._browsers[name] = self._as_person(self.people[name])
        return self._browsers[name]

    def get(self, name, path):
        return self.browser(name).get(path)

    def post(self, name, path, **fields):
        browser = self.browser(name)
        return browser.post(path, data={"csrf_token": token_of(browser, "/privacy"), **fields})

    def code(self, name):
        with self.app.app_context(), factories.given():
            for person in session().scalars(select(Person)):
                person.totp_last_step = 0
        return code_for(self.app, self.people[name])

    def fetched_by(self, *names):
        for name in names:
            answer = fetch(self.browser(name), self.facts)
            answer.get_data()  # to its end
            assert answer.status_code == 200
        return self

    def end(self, name, verb="revoke", **more):
        fields = {"reason": REASON, "lock": self.release().lock, "code": self.code(name)}
        return self.post(name, f"/releases/{self.ref}/{verb}", **fields | more)

    def attest(self, name, of=None, **more):
        duty = self.duty(of or name)
        fields = {
            "lock": duty.lock,
            "method": "overwritten",
            "destroyed_on": clock.today().isoformat(),
            "copies": 2,
            "backups": "None.",
            "derivatives": "A table of counts.",
            "statement": "yes",
        }
        return self.post(name, f"/duties/{duty.ref}/attest", **fields | more)

    def do(self, name, deed, of, **more):
        duty = self.duty(of)
        return self.post(name, f"/duties/{duty.ref}/{deed}", **{"lock": duty.lock} | more)

    def all(self, model, *where):
        with self.app.app_context(), transaction():
            return list(session().scalars(select(model).where(*where).order_by(model.id)))

    def release(self):
        return self.all(Release, Release.ref == self.ref)[0]

    def probes(self):
        return {one.name: one.status for one in self.all(Probe, Probe.release_id == self.release().id)}

    def duty(self, name):
        (found,) = self.all(
            DestructionDuty,
            DestructionDuty.person_id == self.people[name].id,
            DestructionDuty.release_id == self.release().id,
        )
        return found

    def duties(self):
        return {one.person_id: one.status for one in self.all(DestructionDuty)}

    def letters(self, template):
        return sorted(one.address for one in self.all(Letter, Letter.template == template))

    def set_on(self, model, **values):
        with self.app.app_context(), factories.given() as current:
            current.execute(update(model).values(**values))

    def days_ago(self, days):
        """Let every duty have been due so many days ago (a negative number: so many days from now)."""
        self.set_on(DestructionDuty, due_on=clock.today("Europe/Copenhagen") - dt.timedelta(days=days))
