"""One portal in which everything stands somewhere: a request in each state, a file to sign, a release to fetch.

Its people hold every role twice, in the organisation that asks and in another, and its managers a region that is
concerned and one that is not. It is made once over HTTP; ``again()`` puts everything back.
"""

import datetime as dt
import json
import shutil
from dataclasses import replace
from types import SimpleNamespace
from uuid import UUID

from sqlalchemy import func, inspect, select, update

from portal import clock, ports
from portal.actor import Role
from portal.agreements.models import Agreement
from portal.app import plug
from portal.audit.models import AuditEvent
from portal.audit.recorder import Recorder
from portal.audit.signing import Signer
from portal.auth.models import Organisation, Person, SignIn
from portal.catalogue.codebook import reference_bytes
from portal.catalogue.models import Dataset, Variable, Version
from portal.db import Base, db, session, transaction
from portal.disclosure import ruleset
from portal.disclosure.plan import Plan, Point
from portal.exports.models import Allowance, ProtectedFile, Release
from portal.keys import Wrapping
from portal.requests.models import Request
from portal.rulesets.models import RuleSetVersion
from portal.vault import new_name, seal
from tests import conftest, factories
from tests.areas.auth.pages import token_of
from tests.areas.requests import scene

REPORT = {
    "k": 5,
    "keys": ["country", "year"],
    "smallest_class": 6,
    "rows_in": 310,
    "rows_out": 300,
    "risk": {"max": 0.17, "mean": 0.03},
    "utility": {"kept_overall": 0.93, "kept": {"country": 1.0}},
    "suppressed_cells": 12,
    "suppressed_records": 9,
    "excluded": {"no_consent": 10},
}
NOWHERE = "0" * 32
PACKAGE = b"PK the bytes of a package"
HOUSES = {"MMC": "Zebrafish Centre", "Partner": "Quokka Relief", "Other partner": "Narwhal Institute"}
TITLE = "Wombat survey"

# name: (house, role, region)
OFFICE = {
    "lac": ("MMC", Role.REGIONAL_MANAGER, "LAC"),
    "project_manager": ("MMC", Role.PROJECT_MANAGER, ""),
    "steward": ("MMC", Role.STEWARD, ""),
    "head": ("MMC", Role.HEAD, ""),
    "administrator": ("MMC", Role.ADMINISTRATOR, ""),
    "unnamed": ("Partner", Role.REQUESTER, ""),
    "focal_elsewhere": ("Other partner", Role.FOCAL_POINT, ""),
    "inside_manager": ("Partner", Role.REGIONAL_MANAGER, "WANA"),
    "inside_project_manager": ("Partner", Role.PROJECT_MANAGER, ""),
    "inside_coordinator": ("Partner", Role.COORDINATOR, ""),
    "inside_steward": ("Partner", Role.STEWARD, ""),
    "inside_dpo": ("Partner", Role.DPO, ""),
    "inside_head": ("Partner", Role.HEAD, ""),
    "inside_administrator": ("Partner", Role.ADMINISTRATOR, ""),
}
KNOWN = {"anna": "author", "ben": "named", "focal": "focal", "carl": "stranger", "wana": "wana", "dpo": "dpo"}
KNOWN |= {"coordinator": "coordinator"}
ROLES = dict.fromkeys(("author", "named", "stranger"), Role.REQUESTER) | {
    "focal": Role.FOCAL_POINT,
    "wana": Role.REGIONAL_MANAGER,
    "dpo": Role.DPO,
    "coordinator": Role.COORDINATOR,
}
OUTSIDE = ("anonymous", "disabled", "pending", "signed_out")
PARTNERS = ("author", "named", "unnamed", "focal", "stranger", "focal_elsewhere")
STAFF = ("wana", "lac", "project_manager", "coordinator", "steward", "dpo", "head", "administrator")
INSIDE = tuple(name for name in OFFICE if name.startswith("inside_"))
INDOORS = (*PARTNERS, *STAFF, *INSIDE)
EVERYBODY = (*OUTSIDE, *INDOORS)


class Standing(scene.World):
    """The portal, its people by name, and the references of what stands in it."""

    def __init__(self, app, settings):
        self.settings, self.refs, self.cookies = settings, {}, {}
        self.changed = False  # whether a test has left more than events behind
        self.enter()
        super().__init__(app, None, regions=["WANA", "ESA"])
        self._enlist()
        self._furnish()
        self._ask()
        self.forget_codes()
        with self.app.app_context():
            Signer().tick()
            with transaction() as current:
                last = current.scalars(select(AuditEvent.event_id).order_by(AuditEvent.leaf_index.desc()).limit(1))
                self.refs["event"] = str(UUID(bytes=last.one()))
        self._browsers.clear()
        self._tokens.clear()
        self._secrets = {name: self._not_for(name) for name in EVERYBODY}
        self.kept = settings.instance / "kept.sqlite3"
        self._keep()

    def enter(self):
        """Make the house's ports this portal's: other tests have plugged their own."""
        plug(self.settings)

    def freshen(self):
        """Let open sessions be new: on a busy machine the tests take longer than a right password waits."""
        with self.app.app_context(), transaction() as current:
            open_ones = update(SignIn).where(SignIn.ended_at.is_(None))
            current.execute(open_ones.values(created_at=clock.now(), seen_at=clock.now()))

    def browser(self, name):
        if name not in self._browsers:
            self._browsers[name] = self.app.test_client()
            if name in self.cookies:
                self._browsers[name].set_cookie("portal_session", self.cookies[name], domain="localhost")
        return self._browsers[name]

    def leave(self, name):
        """Forget a browser: what a deed did to its cookies is not the next one's."""
        self._browsers.pop(name, None)
        self._tokens.pop(name, None)

    def token(self, name):
        """Return the form token of somebody's browser."""
        if name not in self._tokens:
            self._tokens[name] = token_of(self.browser(name), "/privacy")
        return self._tokens[name]

    # ---- setting the scene ----
    def _enlist(self):
        with self.app.app_context(), factories.given():
            houses = {one.name: one for one in session().scalars(select(Organisation))}
            for was, name in HOUSES.items():
                houses[was].name = name
            self.people |= {new: self.people[old] for old, new in KNOWN.items()}
            for name, (house, role, region) in OFFICE.items():
                self.people[name] = factories.a_person(
                    organisation=houses[house], roles=[role], regions=[region] if region else (), name=f"Person {name}"
                )
            for name in ("disabled", "pending", "signed_out"):
                self.people[name] = factories.a_person(
                    organisation=houses["MMC"], roles=list(Role), regions=["WANA"], name=f"Person {name}"
                )
            self.people["victim"] = factories.a_person(organisation=houses["MMC"], name="Person victim")
            self.people["shut_out"] = factories.a_person(organisation=houses["MMC"], name="Person shut out")
            self.people["shut_out"].disabled_at = clock.now()
            for name in (*INDOORS, "esa", "disabled", "pending", "signed_out"):
                stage = "factor" if name == "pending" else "full"
                self.cookies[name] = factories.a_session(self.people[name], stage=stage)
            self.cookies["anna"] = self.cookies["author"]
            for name in INDOORS:
                factories.a_session(self.people[name])
            factories.a_session(self.people["victim"])
            self.people["disabled"].disabled_at = clock.now()
            ended = select(SignIn).where(SignIn.person_id == self.people["signed_out"].id)
            session().scalars(ended).one().ended_at = clock.now()
            newest = select(SignIn).where(SignIn.person_id == self.people["author"].id).order_by(SignIn.id.desc())
            self.refs["session"] = session().scalars(newest.limit(1)).one().ref
            self.refs |= {name: self.people[name].ref for name in ("victim", "shut_out")}

    def _furnish(self):
        with self.app.app_context(), factories.given():
            partner = session().scalars(select(Organisation).where(Organisation.name == HOUSES["Partner"])).one()
            dataset = session().scalars(select(Dataset).where(Dataset.code == "4mi-core")).one()
            dataset.title_en, dataset.title_fr = TITLE, f"{TITLE} (français)"
            published = session().scalars(select(Version)).one()
            hidden = factories.a_dataset(code="kakapo")
            checked = factories.a_version(dataset=hidden, status="checked")
            for version in (published, checked):
                session().add(Variable(version_id=version.id, position=0, name="drivers", label_en="Drivers", type="x"))
            session().flush()
            session().scalars(select(Variable).where(Variable.version_id == checked.id)).one().role = "sensitive"
            published.codebook_csv = reference_bytes("codebook.csv").decode("utf-8-sig")
            published.choices_csv = reference_bytes("choices.csv").decode("utf-8-sig")
            signed = session().scalars(select(ProtectedFile)).one()
            signed.report = REPORT
            signed.attacks = {"attacks": {"homogeneity": {"passed": True, "records_at_risk": 0}}}
            values = {"rule_set": signed.rule_set, "rule_set_name": "licensed", "rule_set_version": "1"}
            points = (Point(11, ("country", "year"), 0.02, 0.9, 0, 0), Point(5, ("country", "year"), 0.05, 0.95, 0, 0))
            plan = json.loads(Plan(ruleset.default("licensed"), "0" * 64, points, 0).to_json())
            proposed = ProtectedFile(
                version_id=published.id, tier="licensed", status="proposed", sha256="a" * 64, menu=signed.menu,
                plan=plan, **values,
            )  # fmt: skip
            held = ProtectedFile(version_id=published.id, tier="event", status="held", held_as="machine", **values)
            table = ProtectedFile(
                version_id=published.id, tier="table", status="signed", menu=signed.menu,
                review_by=clock.today() + dt.timedelta(days=300),
                **values | {"rule_set": json.loads(ruleset.default("table").to_json()), "rule_set_name": "table"},
            )  # fmt: skip
            session().add_all([proposed, held, table])
            rules = RuleSetVersion(
                tier="partner",
                number=2,
                content=json.loads(replace(ruleset.default("partner"), k=6, version="2").to_json()),
                reason="Larger groups.",
                proposed_by=self.people["dpo"].id,
                proposed_as="dpo",
            )
            session().add(rules)
            draft = factories.an_agreement(organisation=partner, status="draft", title_en="Axolotl pact")
            session().flush()
            self.refs |= {
                "partner": partner.ref,
                "dataset": dataset.ref,
                "hidden_dataset": hidden.ref,
                "published": published.ref,
                "checked": checked.ref,
                "signed": signed.ref,
                "proposed": proposed.ref,
                "held_file": held.ref,
                "table": table.ref,
                "rules": rules.ref,
                "agreement": self.people["agreement"],
                "draft_agreement": draft.ref,
            }

    def _ask(self):
        self.refs["draft"] = self.start()
        self.fill(self.refs["draft"])
        self.refs["sent"] = self.sent()
        self.refs |= {f"{region}_track": track.ref for region, track in self.tracks(self.refs["sent"]).items()}
        self.refs["returned"] = self._until(self.sent, lambda ref: self.verdict("esa", ref, "ask"))
        self.refs["at_officer"] = self._until(self.offered)
        self.refs["offered"] = self._until(lambda: self.offered(variables=("drivers",)))
        self.refs["active"] = self._until(lambda: self.offered(variables=("drivers",)), self.accept)
        (release,) = self.look(Release)
        self.refs["release"] = release.ref
        self._build(release.id)

    def _until(self, begin, *deeds):
        self.forget_codes()
        ref = begin()
        for deed in deeds:
            answer = deed(ref)
            assert answer.status_code == 303, answer.text
        return ref

    def _build(self, release_id):
        with self.app.app_context(), factories.given():
            release = session().get(Release, release_id)
            build(release, PACKAGE)
            for recipient in release.request.recipients:
                session().add(Allowance(release_id=release.id, person_id=recipient.person_id, remaining=3))
            alike = {name: getattr(release, name) for name in ("request_id", "scope_id", "protected_file_id")}
            held = Release(**alike, build_key="held", status="held", held_as="machine", held_reason="RuntimeError")
            session().add(held)
            session().flush()
            self.refs["held_release"] = held.ref

    # ---- what it can be asked ----
    def ref(self, name):
        """Return how the log calls somebody: nothing, for whoever is not signed in."""
        return "" if name in OUTSIDE else self.people[name].ref

    def roles(self, name):
        found = OFFICE[name][1] if name in OFFICE else ROLES[name]
        return {found}

    def code(self, name, steps=0):
        """Return a one-time code; a stranger has somebody else's at best."""
        return super().code(name if name in self.people else "author", steps)

    def secrets(self, name):
        """Return words that no answer to ``name`` may hold unless it is allowed: numbers, titles, names."""
        return self._secrets[name]

    def _not_for(self, name):
        mine = self.people[name] if name in self.people else SimpleNamespace(name="", email="", organisation_id=0)
        with self.app.app_context(), transaction() as current:
            own = {mine.name, mine.email}
            own |= set(current.scalars(select(Organisation.name).where(Organisation.id == mine.organisation_id)))
            found = {TITLE, "Axolotl pact", scene.WORDS, "A reason."}
            for column in (Organisation.name, Person.name, Person.email, Request.number, Agreement.number):
                found |= set(current.scalars(select(column)))
            return found - own

    def size_of_log(self):
        with self.app.app_context(), transaction() as current:
            return current.scalar(select(func.count()).select_from(AuditEvent))

    def told_since(self, size):
        """Return the bodies of the events after the first ``size``, oldest first."""
        query = select(AuditEvent.body).where(AuditEvent.leaf_index >= size).order_by(AuditEvent.leaf_index)
        with self.app.app_context(), transaction() as current:
            return [json.loads(body) for body in current.scalars(query)]

    def contents(self, *, log=True):
        """Return every row of every table as text; without ``log``, what the log holds is left out.

        When a session was last used is left out: a page that is looked at moves it.
        """
        with self.app.app_context(), transaction() as current:
            names = [name for name in inspect(current.connection()).get_table_names() if name != "alembic_version"]
            kept = [name for name in sorted(names) if log or not name.startswith("audit")]
            return {name: self._rows(current, Base.metadata.tables[name]) for name in kept}

    @staticmethod
    def _rows(current, table):
        columns = [column for column in table.columns if (table.name, column.name) != ("sign_in", "seen_at")]
        return sorted(repr(tuple(row)) for row in current.execute(select(*columns)))

    # ---- putting everything back ----
    def _close(self):
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()

    def _keep(self):
        self._close()
        if conftest.SERVER:
            self.live = self.settings.database_url.rsplit("/", 1)[1]
            conftest._admin(f"CREATE DATABASE {self.live}_kept TEMPLATE {self.live}")
        else:
            shutil.copyfile(self.settings.instance / "portal.sqlite3", self.kept)

    def again(self):
        """Put the database back as it was when everything had been set up."""
        self._close()
        self.changed = False
        ports.house.log = Recorder()  # its count of strangers' denials starts anew, too
        if conftest.SERVER:
            conftest._admin(f"DROP DATABASE {self.live} WITH (FORCE)")
            conftest._admin(f"CREATE DATABASE {self.live} TEMPLATE {self.live}_kept")
        else:
            for path in self.settings.instance.glob("portal.sqlite3-*"):
                path.unlink()
            shutil.copyfile(self.kept, self.settings.instance / "portal.sqlite3")
        self.freshen()

    def end(self):
        self._close()
        if conftest.SERVER:
            for name in (self.live, f"{self.live}_kept"):
                conftest._admin(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def build(release, data):
    """Make a release what its build would: sealed bytes and a row that names them."""
    from portal.exports.building import context_of

    context = context_of(release)
    wrapped = ports.house.keys.wrap(Wrapping.DATA, context)
    blob = new_name()
    sealed = seal(ports.house.store, blob, [data], wrapped.dek, context)
    release.status, release.blob, release.file_name = "available", blob, "package.zip"
    release.key_id, release.key_wrapped = wrapped.key_id, wrapped.wrapped
    release.sha256, release.size, release.rows = sealed.sha256, sealed.size, 300
    release.available_at, release.expires_at = clock.now(), clock.now() + clock.seconds(86_400)
