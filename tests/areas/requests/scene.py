"""A world in which a partner asks and regions decide, and hands for the people in it.

The protected file is a row with the menu that the real builder makes of a small frame; nothing here stands in for it.
"""

import datetime as dt
import json
import re
from secrets import token_hex

import pandas as pd
from sqlalchemy import select

from portal import clock
from portal.actor import Role
from portal.agreements import content
from portal.agreements.models import Agreement
from portal.catalogue.codebook import reference
from portal.db import session, transaction
from portal.disclosure import ruleset
from portal.exports import menu
from portal.exports.models import ProtectedFile, SignOff
from portal.mail import Letter
from portal.requests.models import Decision, Request, Scope, Track
from tests import factories
from tests.areas.auth.pages import code_for, events, token_of
from tests.areas.requests import remembered

CELLS = {("NAF", "LBY"): 40, ("WAF", "NER"): 60, ("EAY", "SDN"): 50}
YEARS = ("2019", "2020")
SENSITIVITY = {"drivers": 1, "exp_any": 3, "exp_types": 4, "bribe_paid": 2}
WORDS = "Long enough to be understood by a manager."


def a_frame():
    rows = [
        {
            "interview_id": f"{region}{country}{year}{n}",
            "region": region,
            "country": country,
            "admin1": ".s",
            "year": year,
            "gender": "woman" if n % 2 else "man",
            **dict.fromkeys(("age_group", "age_band", "origin_region", "origin_subregion"), ".s"),
            **dict.fromkeys(SENSITIVITY, "1"),
        }
        for (region, country), number in CELLS.items()
        for year in YEARS
        for n in range(number)
    ]
    return pd.DataFrame(rows, dtype="str")


def a_signed_file(version, frame=None, **signers):
    rules = ruleset.default("partner")
    found = menu.build(a_frame() if frame is None else frame, rules, reference(), SENSITIVITY)
    file = ProtectedFile(
        version_id=version.id,
        tier="partner",
        status="signed",
        review_by=clock.today() + dt.timedelta(days=365),
        rule_set=json.loads(rules.to_json()),
        rule_set_name=rules.name,
        rule_set_version=rules.version,
        rows=300,
        menu=found,
        report={
            "k": 5,
            "keys": ["country", "year"],
            "smallest_class": 6,
            "risk": {"max": 0.17, "mean": 0.03},
            "utility": {"kept_overall": 0.93},
        },
        attacks={"attacks": {"homogeneity": {"passed": True}}},
    )
    session().add(file)
    session().flush()
    for role, person in signers.items():
        values = {"protected_file_id": file.id, "person_id": person.id, "role": role, "verdict": "signed"}
        session().add(SignOff(**values, sha256=""))
    return file


def a_world(app, **agreement):
    with app.app_context(), factories.given():
        mmc = factories.an_organisation(kind="mmc", name="MMC")
        partner = factories.an_organisation(name="Partner")
        other = factories.an_organisation(name="Other partner")
        dataset = factories.a_dataset(code="4mi-core")
        version = factories.a_version(dataset=dataset)
        steward = factories.a_person(organisation=mmc, roles=[Role.STEWARD], name="Stella Steward")
        dpo = factories.a_person(organisation=mmc, roles=[Role.DPO], name="Dana Data", language="fr")
        a_signed_file(version, steward=steward, dpo=dpo)
        values = {"regions": ["WANA", "ESA"], "purposes": ["research"], "datasets": ["4mi-core"]} | agreement
        manager = [Role.REGIONAL_MANAGER]
        return {
            "agreement": factories.an_agreement(organisation=partner, **values).ref,
            "anna": factories.a_person(organisation=partner, name="Anna Asks"),
            "ben": factories.a_person(organisation=partner, name="Ben Beside"),
            "focal": factories.a_person(organisation=partner, roles=[Role.FOCAL_POINT], name="Fay Focal"),
            "carl": factories.a_person(organisation=other, name="Carl Elsewhere"),
            "wana": factories.a_person(organisation=mmc, roles=manager, regions=["WANA"], name="Wanda West"),
            "esa": factories.a_person(organisation=mmc, roles=manager, regions=["ESA"], name="Esther East"),
            "inside": factories.a_person(organisation=partner, roles=manager, regions=["ESA"], name="Ida Inside"),
            "dpo": dpo,
            "coordinator": factories.a_person(organisation=mmc, roles=[Role.COORDINATOR], name="Cora"),
        }


class World:
    """The people's browsers, and what the database says."""

    def __init__(self, app, as_person, **agreement):
        self.app = app
        self._as_person = as_person
        self._browsers, self._tokens, self.people = {}, {}, {}
        remembered.begin(self)
        remembered.deed(self, "a world", agreement, lambda: self._people(agreement))

    def _people(self, agreement):
        self.people = a_world(self.app, **agreement)

    def browser(self, name):
        if name not in self._browsers:
            self._browsers[name] = self._as_person(self.people[name])
        return self._browsers[name]

    def get(self, name, path, **more):
        return self.browser(name).get(path, **more)

    def token(self, name):
        """Return the form token of somebody's browser."""
        if name not in self._tokens:
            self._tokens[name] = token_of(self.browser(name), "/privacy")
        return self._tokens[name]

    def post(self, name, path, /, **fields):
        return self.browser(name).post(path, data={"csrf_token": self.token(name), **fields})

    def code(self, name, steps=0):
        return code_for(self.app, self.people[name], steps=steps)

    def forget_codes(self):
        """Let the same half minute's code be used again: tests are faster than people."""
        from portal.auth.models import Person

        with self.app.app_context(), factories.given():
            for person in session().scalars(select(Person)):
                person.totp_last_step = 0

    # ---- the requester ----
    def lock(self, ref):
        return self.look(Request, Request.ref == ref)[0].lock

    def look(self, model, *where):
        with self.app.app_context(), transaction():
            return list(session().scalars(select(model).where(*where).order_by(model.id)))

    def request(self, ref):
        return self.look(Request, Request.ref == ref)[0]

    def tracks(self, ref):
        return {track.region: track for track in self.look(Track, Track.request_id == self.request(ref).id)}

    def decisions(self):
        return self.look(Decision)

    def scopes(self, ref):
        return self.look(Scope, Scope.request_id == self.request(ref).id)

    def letters(self, template=""):
        return [one for one in self.look(Letter) if not template or one.template == template]

    def events(self, *names):
        return events(self.app, *names)

    def start(self, name="anna"):
        answer = self.post(name, "/requests/new", dataset="4mi-core")
        assert answer.status_code == 303, answer.text
        return re.search(r"/requests/([0-9a-f]{32})/", answer.headers["Location"])[1]

    def keep(self, ref, step, name="anna", go="next", **fields):
        return self.post(name, f"/requests/{ref}/edit/{step}", lock=self.lock(ref), go=go, **fields)

    def fill(self, ref, *, variables=("drivers", "exp_types"), rows=None, **why):
        end = clock.today("Europe/Copenhagen").isoformat()  # the agreement's own zone
        said = {"purpose": "research", "purpose_text": WORDS, "outputs": WORDS, "ends_on": end, "language": "en"}
        said |= {"output_kinds": ["internal_analysis"]}
        said |= {f"reason-{one}": WORDS for one in variables if SENSITIVITY[one] >= 3} | why
        chosen = {"country": ["NER", "LBY", "SDN"], "year": list(YEARS)} if rows is None else rows
        for step, fields in {
            "rows": {"families": ["place", "time"], **chosen},
            "variables": {"variables": list(variables)},
            "why": said,
            "team": {
                "team": [self.people["anna"].ref, self.people["ben"].ref],
                "accepted": "yes",
                "terms": self.terms(),
            },
        }.items():
            answer = self.keep(ref, step, **fields)
            assert answer.status_code == 303, (step, re.findall(r"field-error.*?</p>", answer.text, re.DOTALL))

    def terms(self):
        """Return the hash of the agreement's terms as they stand: what the form sends with the tick."""
        with self.app.app_context(), transaction():
            query = select(Agreement).where(Agreement.ref == self.people["agreement"])
            return content.sha256_of(session().scalars(query).one())

    def accepted(self, *names):
        """Let these people have accepted the agreement's terms as they stand."""
        with self.app.app_context(), factories.given():
            found = session().scalars(select(Agreement).where(Agreement.ref == self.people["agreement"])).one()
            for name in names:
                factories.an_acceptance(self.people[name], found)

    def submit(self, ref, name="anna"):
        return self.post(name, f"/requests/{ref}/submit", lock=self.lock(ref))

    def sent(self, **more):
        """Ask over HTTP; the second time a copy of what that left."""
        return remembered.deed(self, "sent", more, lambda: self._send(**more))

    def _send(self, **more):
        ref = self.start()
        self.fill(ref, **more)
        answer = self.submit(ref)
        assert answer.status_code == 303, answer.text
        return ref

    # ---- the deciders ----
    def verdict(self, name, ref, verb="approve", region="", **more):
        track = self.tracks(ref)[region or name.upper()]
        fields = {
            "verb": verb,
            "sha256": track.slice_sha256,
            "key": token_hex(16),
            "code": self.code(name),
            "rationale": "A reason.",
        }
        return self.post(name, f"/tracks/{track.ref}/decide", **fields | more)

    def officer(self, ref, verb="approve", **more):
        scope = next(one for one in self.scopes(ref) if one.id == self.request(ref).scope_id)
        fields = {
            "verb": verb,
            "sha256": scope.sha256,
            "key": token_hex(16),
            "code": self.code("dpo"),
            "rationale": "A reason.",
        }
        return self.post("dpo", f"/requests/{ref}/officer", **fields | more)

    def accept(self, ref, name="anna", **more):
        row = self.request(ref)
        scope = next(one for one in self.scopes(ref) if one.id == row.scope_id)
        return self.post(name, f"/requests/{ref}/accept", **{"lock": row.lock, "sha256": scope.sha256} | more)

    def offered(self, **more):
        """Ask and let both regions approve; the second time a copy of what that left."""
        return remembered.deed(self, "offered", more, lambda: self._offer(**more))

    def _offer(self, **more):
        ref = self.sent(**more)
        assert self.verdict("wana", ref).status_code == 303
        assert self.verdict("esa", ref).status_code == 303
        return ref

    def agreement(self, **values):
        with self.app.app_context(), factories.given():
            found = session().scalars(select(Agreement).where(Agreement.ref == self.people["agreement"])).one()
            for name, value in values.items():
                setattr(found, name, value)
