"""The people of an agreement and hands for each of its steps, over HTTP."""

import datetime as dt
import io
import re

from sqlalchemy import select

from portal import clock
from portal.actor import Role
from portal.agreements.content import sha256_of
from portal.agreements.models import Agreement
from portal.agreements.models_signing import Move
from portal.auth.models import Person
from portal.db import session, transaction
from portal.mail import Letter
from tests import factories
from tests.areas.auth.pages import code_for, events, token_of

WHY = "Because it must be so."
PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< >>\n%%EOF\n"
TERMS = "The partner may use the data for research. The partner may not share it."
RECORD = {
    "legal_basis": "public_task",
    "transfer": "international",
    "transfer_reason": "Privileges and immunities; safeguards as in annex 2.",
    "roles": "independent",
}


class Way:
    """An agreement's people by name; each step is a form that is sent."""

    def __init__(self, app, as_person, people=None, partner=""):
        self.app, self._as_person = app, as_person
        self._browsers, self._tokens = {}, {}
        self.people, self.partner = people or {}, partner
        if not people:
            self._furnish()

    def _furnish(self):
        with self.app.app_context(), factories.given():
            mmc = factories.an_organisation(kind="mmc")
            partner = factories.an_organisation(name="Partner", kind="un")
            other = factories.an_organisation(name="Other")
            factories.a_dataset(code="4mi-core")
            staff = {"cora": Role.COORDINATOR, "cleo": Role.COORDINATOR, "hedda": Role.HEAD, "dana": Role.DPO}
            staff |= {"dino": Role.DPO, "stella": Role.STEWARD, "mia": Role.REGIONAL_MANAGER, "ada": Role.ADMINISTRATOR}
            self.people = {
                name: factories.a_person(organisation=mmc, roles=[role], regions=["ESA"], name=name.title())
                for name, role in staff.items()
            }
            self.people |= {
                "fay": factories.a_person(organisation=partner, roles=[Role.FOCAL_POINT], name="Fay"),
                "sven": factories.a_person(organisation=partner, name="Sven"),
                "anna": factories.a_person(organisation=partner, name="Anna"),
                "hal": factories.a_person(organisation=partner, roles=[Role.HEAD, Role.DPO], name="Hal"),
                "otto": factories.a_person(organisation=other, roles=[Role.FOCAL_POINT], name="Otto"),
            }
            self.partner = partner.ref

    # ---- browsers ----
    def browser(self, name):
        if name not in self._browsers:
            self._browsers[name] = self._as_person(self.people[name])
        return self._browsers[name]

    def get(self, name, path):
        return self.browser(name).get(path)

    def post(self, name, path, **fields):
        if name not in self._tokens:
            self._tokens[name] = token_of(self.browser(name), "/privacy")
        return self.browser(name).post(path, data={"csrf_token": self._tokens[name], **fields})

    def code(self, name):
        """A code that holds now; a spent one is forgotten, tests are faster than people."""
        with self.app.app_context(), factories.given():
            session().get(Person, self.people[name].id).totp_last_step = 0
        return code_for(self.app, self.people[name])

    # ---- what is there ----
    def row(self, ref):
        with self.app.app_context(), transaction():
            return session().scalars(select(Agreement).where(Agreement.ref == ref)).one()

    def sha256(self, ref):
        with self.app.app_context(), transaction():
            return sha256_of(session().scalars(select(Agreement).where(Agreement.ref == ref)).one())

    def set(self, ref, **values):
        with self.app.app_context(), factories.given():
            row = session().scalars(select(Agreement).where(Agreement.ref == ref)).one()
            for name, value in values.items():
                setattr(row, name, value)

    def look(self, model, *where):
        with self.app.app_context(), transaction():
            return list(session().scalars(select(model).where(*where).order_by(model.id)))

    def verbs(self, ref):
        return [move.verb for move in self.look(Move, Move.agreement_id == self.row(ref).id)]

    def letters(self, template):
        return sorted(one.address for one in self.look(Letter) if one.template == template)

    def addresses(self, *names):
        return sorted(self.people[name].email for name in names)

    def events(self, *names):
        return events(self.app, *names)

    # ---- steps ----
    def form(self, **more):
        today = clock.today("Europe/Copenhagen")
        fields = {
            "organisation": self.partner,
            "kind": "mou",
            "mmc_signatory": self.people["hedda"].ref,
            "partner_signatory": self.people["sven"].ref,
            "title_en": "Memorandum",
            "title_fr": "Protocole",
            "text_en": TERMS,
            "starts_on": (today - dt.timedelta(days=1)).isoformat(),
            "ends_on": (today + dt.timedelta(days=365)).isoformat(),
            "time_zone": "Europe/Copenhagen",
            "purposes": ["research"],
            "datasets": ["4mi-core"],
            "regions": ["WANA", "unassigned"],
            "tier": "partner",
            "most_sensitive": "3",
            "download_limit": "5",
            "release_days": "30",
            "outputs": ["internal_analysis"],
        }
        return fields | more

    def draft(self, who="cora", **more):
        answer = self.post(who, "/agreements/new", **self.form(**more))
        assert answer.status_code == 303, re.findall(r"field-error.*?</p>", answer.text, re.DOTALL)
        return answer.headers["Location"].rsplit("/", 1)[1]

    def save(self, ref, who="cora", lock=None, **more):
        fields = self.form(**more) | {"lock": self.row(ref).lock if lock is None else lock}
        return self.post(who, f"/agreements/{ref}/edit", **fields)

    def step(self, ref, who, verb, code="", row=None, **more):
        """Take any step of the workflow as somebody, with everything a form of it holds."""
        row = row or self.row(ref)
        fields = {"lock": row.lock, "verb": verb, "reason": WHY}
        coded = fields | {"code": code or self.code(who)}
        seen = (row.text_sha256 or self.sha256(ref)) if verb in {"accept", "record", "adopt"} else ""
        recorded = coded | RECORD | {"sha256": seen}
        day = {"last_day": (clock.today(row.time_zone) + dt.timedelta(days=20)).isoformat()}
        staff = self.people[who].organisation_id != row.organisation_id
        doors = {
            "save": ("edit", self.form() | {"lock": row.lock}),
            "share": ("turn", fields),
            "recall": ("turn", fields),
            "drop": ("turn", fields),
            "reopen": ("turn" if staff else "answer", fields),
            "hand_back": ("answer", fields),
            "accept": ("answer", coded | {"sha256": seen}),
            "record": ("officer", recorded),
            "send_back": ("officer", fields),
            "adopt": ("officer", recorded),
            "close": ("officer", coded),
            "sign": ("sign", {"sha256": row.text_sha256, "code": coded["code"]}),
            "suspend": ("stop", coded),
            "resume": ("stop", coded),
            "terminate": ("stop", coded),
            "notice": ("stop" if staff else "answer", coded | day),
            "renew": ("renew", {}),
        }
        door, sent = doors[verb]
        return self.post(who, f"/agreements/{ref}/{door}", **sent | more)

    def go(self, ref, *steps):
        """Take steps of the form "name verb", one after the other."""
        for step in steps:
            who, verb = step.split()
            answer = self.step(ref, who, verb)
            assert answer.status_code == 303, (step, answer.status_code, self.row(ref).state, said(answer))
        return ref

    def agreed(self, **more):
        return self.go(self.draft(**more), "cora share", "fay accept", "dana record")

    def signed(self, **more):
        return self.go(self.agreed(**more), "hedda sign", "sven sign")

    def attach(self, ref, who="cora", data=PDF, name="signed.pdf", **more):
        fields = {"purpose": "signed", "note": "Page 3 is the annex", "file": (io.BytesIO(data), name)}
        return self.post(who, f"/agreements/{ref}/documents", **fields | more)


def said(answer):
    return re.findall(r"<li>.*?</li>", answer.text, re.DOTALL)[:5]
