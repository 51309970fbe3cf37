"""A portal of its own for the browser: web, worker and keeper as real processes, sample people, a small survey."""

import contextlib
import datetime as dt
import os
import secrets
import socket
import time
from unittest import mock
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

from sqlalchemy import create_engine, select, text

from portal import clock, launch, sample
from portal.actor import Role
from portal.agreements.models import Agreement
from portal.audit.models import AuditEvent
from portal.auth import onetime, passwords, tokens
from portal.auth.models import Person
from portal.auth.models_links import AddressChange, Invitation
from portal.catalogue import synthetic, synthetic_events
from portal.db import db, session, transaction
from portal.demo_browser import Browser
from portal.demo_state import State
from portal.demo_story import File, _round
from portal.rooms import plug
from portal.setup import prepare
from tests import factories, queues

ROWS, SEED = 1_200, 4
HOSTILE = '<script>window.hacked=1</script>"><img src=x onerror="window.hacked=2">'
TWO_REGIONS = ["NER", "LBY", "SDN", "ETH"]
VARIABLES = ["drivers", "driver_main", "smuggler_use", "finance", "needs_now", "exp_any", "exp_types", "bribe_paid"]
GREEN = ["drivers", "driver_main", "finance", "needs_now"]
REASON = "The chapter on abuses compares what happened on different routes."


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def database():
    """The address of a database of its own: "" for SQLite in the instance, else on the server that is named."""
    server = os.environ.get("PORTAL_TEST_DATABASE", "")
    if not server:
        yield ""
        return
    name = f"portal_browser_{secrets.token_hex(4)}"
    _on_server(server, f"CREATE DATABASE {name}")
    try:
        yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    finally:
        _on_server(server, f"DROP DATABASE {name} WITH (FORCE)")


def _on_server(server, statement):
    address = urlunsplit(urlsplit(server)._replace(path="/postgres"))
    engine = create_engine(address, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


@contextlib.contextmanager
def open_house(folder):
    """Set a portal up, start it, load and publish the survey; end everything that was started."""
    with database() as address:
        url = f"http://localhost:{free_port()}"
        given = {"PORTAL_INSTANCE": str(folder), "PORTAL_ENV": "demo", "PUBLIC_URL": url, "DATABASE_URL": address}
        given["REDIS_URL"] = queues.address(queues.BROWSER)
        mask = os.umask(0o077)
        try:
            app = prepare(given)
            with app.app_context(), mock.patch.object(passwords, "make", factories.CHEAP.hash):
                sample.populate(folder / "people.txt")
            with launch.processes(folder, url, given):
                house = House(app, url, sample.people(folder / "people.txt"))
                house.fill()
                yield house
        finally:
            os.umask(mask)
            with app.app_context():
                db.engine.dispose()


class Silent:
    """Tells nothing; waits as the demonstration does."""

    def step(self, text):
        pass

    line = step

    def wait(self, what, done):
        deadline = clock.now() + dt.timedelta(seconds=120)
        while not done():
            assert clock.now() < deadline, f"{what}: not done after two minutes"
            time.sleep(0.15)


class House:
    """The running portal, its people's browsers over plain HTTP, and what its database says."""

    def __init__(self, app, url, people):
        self.app, self.url, self.people = app, url, people
        self.state, self.told = State(app), Silent()
        self._browsers, self._tokens = {}, {}
        self.rounds = {}

    def __getitem__(self, who):
        """Somebody's browser over plain HTTP, signed in."""
        if who not in self._browsers:
            browser = Browser(self.url)
            browser._session.cookies.set("portal_session", self.token(who))
            self._browsers[who] = browser
        return self._browsers[who]

    @contextlib.contextmanager
    def inside(self):
        """Look into or change the database from here: other tests may have plugged another portal in between."""
        plug(self.app.config["PORTAL"])
        with self.app.test_request_context(), transaction():
            yield session()

    @contextlib.contextmanager
    def given(self):
        plug(self.app.config["PORTAL"])
        with self.app.test_request_context(), factories.given():
            yield session()

    def person(self, who):
        return session().scalars(select(Person).where(Person.email == self.people[who]["email"])).one()

    def token(self, who, fresh=False):
        """A signed-in session of somebody, as the cookie holds it."""
        if fresh or who not in self._tokens:
            with self.given():
                factories.number_from(secrets.randbelow(10**9))
                self._tokens[who] = factories.a_session(self.person(who))
        return self._tokens[who]

    def code(self, who):
        """A one-time code that holds now. Nothing here is about replays: a spent one is forgotten."""
        with self.given():
            person = self.person(who)
            person.totp_last_step = 0
            return onetime.code_at(onetime.secret_of(person), clock.now())

    def a_person(self, short, name, like, **more):
        """Take somebody in who is like a sample person but for their name."""
        with self.given():
            model = self.person(like)
            roles = [Role(grant.role) for grant in model.grants]
            regions = [grant.region for grant in model.grants if grant.region]
            values = {"language": model.language, "time_zone": model.time_zone} | more
            made = factories.a_person(
                organisation=model.organisation, roles=roles, regions=regions, name=name, **values
            )
            self.people[short] = {"email": made.email, "password": factories.PASSWORD, "name": name}

    def fill(self):
        """Load both rounds over HTTP; the worker builds their protected files; the core survey's are signed."""
        survey = synthetic.draw(ROWS, SEED)
        incidents = synthetic_events.incidents_csv(survey)
        rounds = {"4mi-core": synthetic.to_ona_csv(survey), "4mi-incidents": incidents}
        for code, content in rounds.items():
            _round(
                self.state, self, self.told, code, lambda code=code, content=content: File(f"{code}.csv", content, {})
            )
        self.rounds = {code: self.state.version(code).ref for code in rounds}
        busy = {"queued", "building"}
        for ref in self.rounds.values():
            self.told.wait(
                "protecting", lambda ref=ref: all(one.status not in busy for one in self.state.protected(ref))
            )

    def sign_off(self):
        """Sign the core survey's partner file off, unless it is; a steward has signed the others."""
        if self.files()["partner"].status == "proposed":
            self.sign("partner", "david", "ingrid")
            self.sign("licensed", "david")
            self.sign("table", "david", "ingrid")
            self.sign("event", "david")

    def files(self):
        return {one.detail: one for ref in self.rounds.values() for one in self.state.protected(ref)}

    def sign(self, tier, *people):
        file = self.files()[tier]
        assert file.status == "proposed", f"{tier}: {file.status}"
        for who in people:
            form = self[who].get(f"/protected/{file.ref}").form("/sign")
            self[who].send(form, {"verdict": "signed", "reason": ""})

    def track(self, ref, region):
        return next(track.ref for track in self.state.tracks(ref) if track.detail == region)

    def links(self):
        """The secrets of an invitation's and of a new address's link, and whom and where they are about."""
        with self.given() as session:
            helena, noor = self.person("helena"), self.person("noor")
            week = clock.now() + dt.timedelta(days=7)
            found = {name: tokens.in_letter(f"{name}-{secrets.token_hex(8)}") for name in ("join", "address")}
            hashes = {name: tokens.digest(token) for name, token in found.items()}
            asked = Invitation(
                organisation_id=helena.organisation_id, inviter_id=helena.id, email="zara@iom.example", name="Zara Musa",
                language="en", roles=["requester"], regions=[], valid_from=clock.today(), token_hash=hashes["join"],
                expires_at=week,
            )  # fmt: skip
            moved = AddressChange(
                person_id=noor.id, email="noor.new@institute.example", token_hash=hashes["address"], expires_at=week
            )
            session.add_all([asked, moved])
            return found | {"person": noor.ref, "house": helena.organisation.ref}

    def places(self):
        """References that pages' addresses need."""
        with self.inside() as session:
            agreement = session.scalars(select(Agreement.ref).where(Agreement.number.endswith("-001"))).one()
            logged = session.scalars(
                select(AuditEvent.event_id).where(AuditEvent.type == "track.decided").limit(1)
            ).one()
        files = {tier: file.ref for tier, file in self.files().items()}
        return files | {
            "dataset": self.state.dataset("4mi-core"),
            "version": self.rounds["4mi-core"],
            "agreement": agreement,
            "logged": str(UUID(bytes=logged)),
        }
