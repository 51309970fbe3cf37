"""People at work, over HTTP, on a real protected file: what the stories share."""

import re

from sqlalchemy import select

from portal import ports
from portal.actor import Role
from portal.agreements.models import Agreement
from portal.auth.models import Organisation, Person
from portal.catalogue.geography import region_today
from portal.clock import today
from portal.db import session, transaction
from portal.exports.models import Release
from portal.jobs import bell
from portal.requests.models import Request
from tests import factories
from tests.areas.auth.pages import token_of
from tests.areas.requests import scene

ASKED = ("drivers", "exp_any", "exp_types")
MINE = {"anna": "analyst", "ben": "colleague", "wana": "manager", "dpo": "dpo", "steward": "steward"}


class Story(scene.World):
    """The world of requests, with the file that the portal's own jobs have made."""

    def __init__(self, app, as_person, facts):
        self.app, self._as_person, self._browsers, self._tokens = app, as_person, {}, {}
        self.people = {new: facts["people"][old] for new, old in MINE.items()} | {"agreement": facts["agreement"]}
        with app.app_context(), factories.given():
            mmc = session().scalars(select(Organisation).where(Organisation.name == "MMC")).one()
            for name, roles, region in (
                ("esa", [Role.REGIONAL_MANAGER], "ESA"),
                ("administrator", [Role.ADMINISTRATOR], ""),
            ):
                regions = [region] if region else ()
                self.people[name] = factories.a_person(organisation=mmc, roles=roles, regions=regions)

    def places(self, *regions):
        """Return the countries of the file on offer for which these regions answer today."""
        with self.app.app_context(), transaction():
            request = session().scalars(select(Request).order_by(Request.id.desc())).first()
            menu = ports.house.protected_menu(request.version_id, request.tier)
            cells = ports.house.protected_counts(request.version_id, request.tier, {}, ("country",))
        assert menu
        return sorted(place for (place,) in cells if place != ".s" and region_today(place, today()) in regions)

    def families(self, ref):
        """Return every family of keys that the form offers."""
        page = self.get("anna", f"/requests/{ref}/edit/rows").text
        return re.findall(r'name="families" value="([a-z]+)"', page)

    def asks(self, *regions, variables=ASKED, **why):
        """Anna asks for the rows of these regions and sends the request; return its reference."""
        ref = self.start()
        rows = {"country": self.places(*regions), "families": self.families(ref)}
        self.fill(ref, variables=variables, rows=rows, **why)
        answer = self.submit(ref)
        assert answer.status_code == 303, answer.text
        return ref

    def state(self, ref):
        return self.request(ref).state, {region: track.status for region, track in self.tracks(ref).items()}

    def work(self):
        """Let the worker do everything that is due, here and now."""
        with self.app.app_context():
            for _ in range(12):
                bell.wake()

    def release(self, ref):
        (found,) = self.look(Release, Release.request_id == self.request(ref).id)
        return found

    def releases(self, ref):
        return self.look(Release, Release.request_id == self.request(ref).id)

    def fetch(self, name, ref):
        """Press the button on the request's page; return the answer."""
        if name in {"anna", "ben"}:
            self.accepted(name)
        browser = self.browser(name)
        page = browser.get(f"/requests/{ref}").text
        found = re.search(r'action="(/releases/[0-9a-f]{32}/download)"', page)
        path = found[1] if found else f"/releases/{self.release(ref).ref}/download"
        answer = browser.post(path, data={"csrf_token": token_of(browser, "/privacy")})
        answer.get_data()
        return answer

    def on_agreement(self, **values):
        with self.app.app_context(), factories.given():
            found = session().scalars(select(Agreement).where(Agreement.ref == self.people["agreement"])).one()
            for name, value in values.items():
                setattr(found, name, value)

    def disabled(self, name):
        with self.app.app_context(), transaction():
            return session().get(Person, self.people[name].id).disabled_at is not None

    def told(self, ref):
        """Return the types of the events of a request's timeline, as its page in the log has them."""
        return [name for name, *_ in self.events()]
