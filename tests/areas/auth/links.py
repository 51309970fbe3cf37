"""People around the work for tests: offices, a partner and its focal point, and the letters' links."""

import re
from contextlib import contextmanager

from sqlalchemy import event, select
from sqlalchemy.engine import Engine

from portal import clock
from portal.actor import Role
from portal.auth import tokens
from portal.auth.models import Grant, Organisation, Person
from portal.auth.models_links import Invitation
from portal.db import session, transaction
from portal.mail import Letter, compose
from tests import factories
from tests.areas.auth.pages import code_for, send

GOOD = "a quiet otter crosses nine rivers"


@contextmanager
def statements():
    """Collect what is asked of the database."""
    seen = []

    def note(_connection, _cursor, statement, *_more):
        seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def a_house(app):
    with app.app_context(), factories.given():
        mmc = factories.an_organisation(name="Centre", kind="mmc")
        partner = factories.an_organisation(name="Relief")
        other = factories.an_organisation(name="Institute", kind="academic")
        return {
            "mmc": mmc,
            "partner": partner,
            "other": other,
            "admin": factories.a_person(organisation=mmc, roles=[Role.ADMINISTRATOR], name="Ada Admin"),
            "second": factories.a_person(organisation=mmc, roles=[Role.ADMINISTRATOR], name="Sue Second"),
            "coordinator": factories.a_person(organisation=mmc, roles=[Role.COORDINATOR], name="Cora"),
            "dpo": factories.a_person(organisation=mmc, roles=[Role.DPO], name="Dora"),
            "steward": factories.a_person(organisation=mmc, roles=[Role.STEWARD], name="Stella"),
            "focal": factories.a_person(organisation=partner, roles=[Role.FOCAL_POINT], name="Fay Focal"),
            "amina": factories.a_person(organisation=partner, name="Amina Asks"),
            "carl": factories.a_person(organisation=other, name="Carl Elsewhere"),
        }


class Office:
    """Browsers of these people, and what the database says."""

    def __init__(self, app, as_person):
        self.app, self.people = app, a_house(app)
        self._as_person, self._browsers = as_person, {}

    def browser(self, name):
        if name not in self._browsers:
            self._browsers[name] = self._as_person(self.people[name])
        return self._browsers[name]

    def get(self, name, path):
        return self.browser(name).get(path)

    def post(self, who, path, /, **fields):
        return send(self.browser(who), path, **fields)

    def code(self, name):
        self.forget_codes()
        return code_for(self.app, self.people[name])

    def forget_codes(self):
        with self.app.app_context(), factories.given():
            for person in session().scalars(select(Person)):
                person.totp_last_step = 0

    def invite(self, who, /, *, house="partner", **fields):
        given = {
            "organisation": self.people[house].ref,
            "name": "Nina New",
            "email": "Nina@Relief.example",
            "roles": ["requester"],
            "since": clock.today().isoformat(),
            "until": "",
            "language": "en",
            "code": self.code(who),
        }
        return self.post(who, "/invitations/new", **given | fields)

    def look(self, model, *where):
        with self.app.app_context(), transaction():
            return list(session().scalars(select(model).where(*where).order_by(model.id)))

    def change(self, row, **values):
        with self.app.app_context(), factories.given():
            found = session().get(type(row), row.id)
            for name, value in values.items():
                setattr(found, name, value)

    def invitation(self):
        return self.look(Invitation)[-1]

    def letters(self, template):
        return self.look(Letter, Letter.template == template)

    def link(self, template="person_invited"):
        """Return the path of the link in the newest letter of a kind, as its reader has it."""
        letter = self.letters(template)[-1]
        with self.app.test_request_context(), transaction():
            text = compose(letter).get_content()
        found = re.search(r"https?://[^/\s]+(/(?:join|address)/\S+)", text)
        assert found, text
        return found[1]

    def token(self, template="person_invited"):
        return self.link(template).rsplit("/", 1)[1]

    def roles(self, person):
        today = clock.today()
        grants = self.look(Grant, Grant.person_id == person.id)
        return sorted(one.role for one in grants if one.valid_to is None or one.valid_to >= today)

    def person(self, email):
        found = self.look(Person, Person.email == email)
        return found[0] if found else None

    def in_letter(self, nonce):
        with self.app.app_context():
            return tokens.in_letter(nonce)

    def house(self, name):
        return self.look(Organisation, Organisation.ref == self.people[name].ref)[0]
