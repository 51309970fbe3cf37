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
from portal.actor import Role, system
from portal.agreements import actions_clock as agreements_clock
from portal.agreements.content import content_of, sha256_of
from portal.agreements.models import Agreement
from portal.agreements.models_dpia import Assessment
from portal.agreements.models_signing import Document, SavedText
from portal.audit.models import AuditEvent
from portal.audit.recorder import Recorder
from portal.audit.signing import Signer
from portal.auth import tokens
from portal.auth.models import Organisation, Person, SignIn
from portal.auth.models_links import AddressChange, Invitation
from portal.catalogue.codebook import reference_bytes
from portal.catalogue.models import Dataset, Variable, Version
from portal.catalogue.models_commissions import Commission
from portal.catalogue.models_owners import Coownership
from portal.db import Base, db, session, transaction
from portal.disclosure import ruleset
from portal.disclosure.plan import Plan, Point
from portal.emergencies.models import Emergency, EmergencyPart
from portal.exports.models import Allowance, Download, ProtectedFile, Release
from portal.exports.models_ends import DestructionDuty, Probe
from portal.exports.workflow import PROBES
from portal.freezes import Freeze
from portal.incidents.models import FreezeProbe, Incident
from portal.keys import Wrapping
from portal.letters.models import Letter
from portal.reports.models import REGISTER, SHOWN, Publicity
from portal.requests.models import Request, Scope, Track
from portal.requests.models_duties import Assignment, Deputyship, Obligation, Recusal
from portal.requests.models_papers import RequestPaper
from portal.requests.models_publications import Publication
from portal.requests.workflow import WAITS
from portal.rooms import plug
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
DOCUMENT = "d" * 32
PAPER, DRAFT_PAPER, ASSESSMENT = "e" * 32, "f" * 32, "9" * 32
PACKAGE = b"PK the bytes of a package"
HOUSES = {"MMC": "Zebrafish Centre", "Partner": "Quokka Relief", "Other partner": "Narwhal Institute"}
FIELD = {"Contractor": "Heron Surveys", "Other contractor": "Ibis Fieldwork"}
TITLE = "Wombat survey"
ROUND = "Pelican round"

# name: (house, role, region)
OFFICE = {
    "lac": ("MMC", Role.REGIONAL_MANAGER, "LAC"),
    "project_manager": ("MMC", Role.PROJECT_MANAGER, ""),
    "steward": ("MMC", Role.STEWARD, ""),
    "head": ("MMC", Role.HEAD, ""),
    "administrator": ("MMC", Role.ADMINISTRATOR, ""),
    "unnamed": ("Partner", Role.REQUESTER, ""),
    "focal_elsewhere": ("Other partner", Role.FOCAL_POINT, ""),
    "contractor": ("Contractor", Role.CONTRACTOR, ""),
    "other_contractor": ("Other contractor", Role.CONTRACTOR, ""),
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
CONTRACTORS = ("contractor", "other_contractor")
INDOORS = (*PARTNERS, *STAFF, *INSIDE, *CONTRACTORS)
EVERYBODY = (*OUTSIDE, *INDOORS)
FORM = "portal_form"  # the cookie that a form's token is bound to


class Standing(scene.World):
    """The portal, its people by name, and the references of what stands in it."""

    def __init__(self, app, settings):
        self.settings, self.refs, self.cookies, self._forms = settings, {}, {}, {}
        self.changed = False  # whether a test has left more than events behind
        self.enter()
        super().__init__(app, None, regions=["WANA", "ESA"])
        self._enlist()
        self._furnish()
        self._ask()
        self._stop()
        self._hurry()
        self.forget_codes()
        with self.app.app_context():
            Signer().tick()
            with transaction() as current:
                last = current.scalars(select(AuditEvent.event_id).order_by(AuditEvent.leaf_index.desc()).limit(1))
                self.refs["event"] = str(UUID(bytes=last.one()))
        self._browsers.clear()
        self._tokens.clear()
        self._forms.clear()
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
            current.execute(open_ones.values(created_at=clock.now(), seen_at=clock.now(), proved_at=clock.now()))

    def browser(self, name):
        if name not in self._browsers:
            self._browsers[name] = self.app.test_client()
            held = {"portal_session": self.cookies.get(name), FORM: self._forms.get(name)}
            for cookie, value in held.items():
                if value:
                    self._browsers[name].set_cookie(cookie, value, domain="localhost")
        return self._browsers[name]

    def leave(self, name):
        """Forget a browser: what a deed did to its cookies is not the next one's, who has those it came with."""
        self._browsers.pop(name, None)

    def token(self, name):
        """Return the form token of somebody's browser: asked for once, and the same for each that follows it."""
        if name not in self._forms:
            self._tokens[name] = token_of(self.browser(name), "/privacy")
            self._forms[name] = self.browser(name).get_cookie(FORM, domain="localhost").value
        return self._tokens[name]

    # ---- setting the scene ----
    def _enlist(self):
        with self.app.app_context(), factories.given():
            houses = {one.name: one for one in session().scalars(select(Organisation))}
            for was, name in HOUSES.items():
                houses[was].name = name
            for key, name in FIELD.items():
                houses[key] = factories.an_organisation(name=name, kind="contractor")
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
            self._write_links(houses)

    def _write_links(self, houses):
        """Let an invitation and a change of address wait for whoever has their links."""
        week = clock.now() + dt.timedelta(days=7)
        tokens_of = {name: tokens.in_letter(name) for name in ("join", "address")}
        hashes = {name: tokens.digest(token) for name, token in tokens_of.items()}
        asked = Invitation(
            organisation_id=houses["Partner"].id, inviter_id=self.people["focal"].id, email="invited@example.org",
            name="Invited", language="en", roles=["requester"], regions=[], valid_from=clock.today(),
            token_hash=hashes["join"], expires_at=week,
        )  # fmt: skip
        moved = AddressChange(
            person_id=self.people["victim"].id, email="moved@example.org", token_hash=hashes["address"], expires_at=week
        )
        session().add_all([asked, moved])
        session().flush()
        self.refs |= {f"{name}_token": token for name, token in tokens_of.items()}
        self.refs["contractor_house"] = houses["Contractor"].ref
        self.refs |= {"invitation": asked.ref, "mmc": houses["MMC"].ref, "colleague": self.people["unnamed"].ref}

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
            elsewhere = (
                session().scalars(select(Organisation).where(Organisation.name == HOUSES["Other partner"])).one()
            )
            owner = Coownership(
                dataset_id=dataset.id, organisation_id=elsewhere.id, variables=["bribe_paid"], sections=[],
                first_day=clock.today() - dt.timedelta(days=1), recorded_by=self.people["coordinator"].id,
            )  # fmt: skip
            session().add(owner)
            self._commission(hidden)
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
                version_id=published.id, tier="table", status="signed", menu=_with_colombia(signed.menu),
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
            session().add(Publicity(ref=REGISTER, status=SHOWN))
            draft = factories.an_agreement(organisation=partner, status="draft", title_en="Axolotl pact")
            self._negotiate(partner, draft)
            session().flush()
            self.refs |= {
                "partner": partner.ref,
                "dataset": dataset.ref,
                "hidden_dataset": hidden.ref,
                "other_partner": elsewhere.ref,
                "coownership": owner.ref,
                "published": published.ref,
                "checked": checked.ref,
                "signed": signed.ref,
                "partner_file": signed.ref,
                "proposed": proposed.ref,
                "held_file": held.ref,
                "table": table.ref,
                "rules": rules.ref,
                "register": REGISTER,
                "agreement": self.people["agreement"],
                "draft_agreement": draft.ref,
            }

    def _commission(self, dataset):
        """Each contractor is commissioned for a round; one has loaded its file, and it has been read."""
        for name in CONTRACTORS:
            row = Commission(
                dataset_id=dataset.id, organisation_id=self.people[name].organisation_id, round_name=ROUND,
                first_day=clock.today() - dt.timedelta(days=1), last_day=clock.today() + dt.timedelta(days=9),
                given_by=self.people["steward"].id,
            )  # fmt: skip
            session().add(row)
            session().flush()
            self.refs["commission" if name == "contractor" else "other_commission"] = row.ref
        loaded = factories.a_version(dataset=dataset, number=2, status="checked")
        loaded.uploaded_by = self.people["contractor"].id
        loaded.commission_id = (
            session().scalars(select(Commission.id).where(Commission.ref == self.refs["commission"])).one()
        )
        self.refs["loaded"] = loaded.ref

    def _negotiate(self, partner, draft):
        """An agreement with each side in turn: shared, accepted, to be signed; and a document of the one in force."""
        named = {"mmc_signatory_id": self.people["head"].id, "partner_signatory_id": self.people["author"].id}
        draft.mmc_signatory_id = self.people["head"].id
        stages = {"shared": ("draft", "partner"), "accepted": ("signing", "dpo"), "signing": ("signing", "names")}
        for key, (status, stage) in stages.items():
            values = {"status": status, "stage": stage, "shared": True, "title_en": "Axolotl pact"} | named
            one = factories.an_agreement(organisation=partner, **values)
            text = {"content": content_of(one), "sha256": sha256_of(one)}
            session().add(SavedText(agreement_id=one.id, number=1, **text))
            one.text_sha256 = text["sha256"] if status == "signing" else ""
            self.refs[f"{key}_agreement"] = one.ref
        session().add(
            Assessment(
                ref=ASSESSMENT, agreement_id=one.id, title="Axolotl risks", done_on=clock.today(), outcome="low",
                review_on=clock.today() + dt.timedelta(days=9), person_id=self.people["dpo"].id, seen_lock=0,
            )
        )  # fmt: skip
        active = session().scalars(select(Agreement).where(Agreement.ref == self.people["agreement"])).one()
        values = {"purpose": "signed", "person_id": self.people["coordinator"].id}
        session().add(Document(agreement_id=active.id, **values, **a_sealed_file("agreement-document", DOCUMENT)))

    def _ask(self):
        self.refs["draft"] = self.start()
        self.fill(self.refs["draft"])
        self.refs["entered"] = self._from_mail()
        self.refs["sent"] = self.sent()
        self.refs |= {f"{region}_track": track.ref for region, track in self.tracks(self.refs["sent"]).items()}
        self._attach()
        self.refs["owned"] = self.sent(variables=("drivers", "bribe_paid"))
        self.refs["owners_track"] = next(
            track.ref for track in self.tracks(self.refs["owned"]).values() if track.owner_id is not None
        )
        self.refs["green"] = self.sent(variables=("drivers",))
        self.refs["returned"] = self._until(self.sent, lambda ref: self.verdict("esa", ref, "ask"))
        self.refs["at_officer"] = self._until(self.offered)
        self.refs["offered"] = self._until(lambda: self.offered(variables=("drivers",)))
        self.refs["active"] = self._until(lambda: self.offered(variables=("drivers",)), self.accept)
        self.refs["half"] = self._until(
            lambda: self.sent(variables=("drivers",)), lambda ref: self.verdict("wana", ref)
        )
        self.refs["active_track"] = self.tracks(self.refs["active"])["WANA"].ref
        self._stand_in()
        (release,) = self.look(Release)
        self.refs["release"] = release.ref
        self._build(release.id)
        self.refs["prolonged"] = self._until(self.offered, self.officer, self.accept, self._prolong)
        self.refs["prolonged_track"] = self.tracks(self.refs["prolonged"])["WANA"].ref
        self.refs["joined"] = self._until(lambda: self.offered(variables=("drivers",)), self.accept, self._join)

        self.refs["feed"] = self._until(
            lambda: self.offered(variables=("drivers",), repeats="rounds"), self.officer, self.accept
        )
        self._newer_round(self.refs["feed"])
        self.refs["waiting"] = self._until(lambda: self.offered(variables=("drivers",)), self.accept)
        self._renew(self.refs["waiting"])

    def _attach(self):
        """Let a paper have come with a request that was sent, and one lie in a draft."""
        with self.app.app_context(), factories.given():
            for key, ref, of in (("paper", PAPER, "sent"), ("draft_paper", DRAFT_PAPER, "draft")):
                request = session().scalars(select(Request).where(Request.ref == self.refs[of])).one()
                said = {"purpose": "ethics", "note": scene.WORDS, "person_id": self.people["author"].id}
                session().add(RequestPaper(request_id=request.id, **said, **a_sealed_file("request-paper", ref)))
                self.refs[key] = ref

    def _newer_round(self, ref):
        """Let what a feed was delivered from be an earlier version: the one that is published is its next round."""
        with self.app.app_context(), factories.given():
            feed = session().scalars(select(Request).where(Request.ref == ref)).one()
            (release,) = session().scalars(select(Release).where(Release.request_id == feed.id))
            file = release.protected_file
            before = factories.a_version(dataset=feed.dataset, number=0, status="published")
            values = {name: getattr(file, name) for name in ("tier", "menu", "rule_set", "rule_set_name", "review_by")}
            values |= {"rule_set_version": file.rule_set_version, "status": "signed"}
            former = ProtectedFile(version_id=before.id, **values)
            session().add(former)
            session().flush()
            feed.version_id, release.protected_file_id = before.id, former.id
            for scope in session().scalars(select(Scope).where(Scope.request_id == feed.id)):
                scope.content = scope.content | {"file": former.ref, "version": before.ref}

    def _from_mail(self):
        fields = {"requester": self.people["author"].ref, "dataset": "4mi-core", "mailed_on": clock.today().isoformat()}
        return self.post("coordinator", "/requests/enter", **fields).headers["Location"].split("/")[2]

    def _renew(self, ref):
        """Let a request run under an agreement of its own, of which another version takes effect."""
        with self.app.app_context(), factories.given():
            one = session().scalars(select(Request).where(Request.ref == ref)).one()
            days = {"ends_on": clock.today() + dt.timedelta(days=200)}  # what is begun anew is under the longest
            own = factories.an_agreement(organisation=one.organisation, regions=["WANA", "ESA"], **days)
            one.agreement_id = own.id
            later = factories.a_renewal(own, **days)
            self.refs["renewal"] = later.ref
        with self.app.app_context(), transaction():
            agreements_clock.begin_due(system("keeper"))
        assert self.request(ref).state == WAITS

    def _prolong(self, ref):
        later = self.request(ref).ends_on + dt.timedelta(days=1)
        fields = {"ends_on": later.isoformat(), "reason": "Because the report comes out later.", "lock": self.lock(ref)}
        return self.post("author", f"/requests/{ref}/extension", **fields)

    def _join(self, ref):
        fields = {"newcomer": self.people["focal"].ref, "reason": "They write the second chapter of it."}
        return self.post("author", f"/requests/{ref}/team/join", lock=self.lock(ref), **fields)

    def _stand_in(self):
        """A deputy, a silent part given to somebody else from which another stepped aside, conditions taken on."""
        with self.app.app_context(), factories.given():
            people = {name: self.people[name].id for name in ("wana", "project_manager", "lac", "coordinator")}
            deputyship = Deputyship(
                manager_id=people["wana"], deputy_id=people["project_manager"], region="WANA", time_zone="UTC",
                first_day=clock.today(), last_day=clock.today(), starts_at=clock.now() - dt.timedelta(days=1),
                ends_at=clock.now() + dt.timedelta(days=9),
            )  # fmt: skip
            returned = session().scalars(select(Request).where(Request.ref == self.refs["returned"])).one()
            given = (
                session().scalars(select(Track).where(Track.request_id == returned.id, Track.region == "WANA")).one()
            )
            given.escalated_at = clock.now()
            why = {"track_id": given.id, "reason": "Narwhal pact."}
            session().add(Recusal(person_id=people["coordinator"], **why))
            session().add(Assignment(person_id=people["lac"], by_id=people["coordinator"], **why))
            active = session().scalars(select(Request).where(Request.ref == self.refs["active"])).one()
            decision = next(one for one in active.decisions if one.track.region == "WANA")
            what = {"request_id": active.id, "decision_id": decision.id, "region": "WANA", "due": "before_use"}
            duties = [
                Obligation(position=n, status=status, text=f"Axolotl {status}.", **what)
                for n, status in enumerate(("open", "reported"), start=1)
            ]
            texts = [
                Publication(request_id=active.id, review_days=30, title="Axolotl paper", status=status)
                for status in ("open", "shown")
            ]
            session().add_all([deputyship, *duties, *texts])
            session().flush()
            self.refs |= {"text": texts[0].ref, "shown_text": texts[1].ref}
            self.refs |= {"deputyship": deputyship.ref, "given_track": given.ref}
            self.refs |= {"obligation": duties[0].ref, "reported": duties[1].ref}

    def _stop(self):
        """Let one person be frozen, another's freeze be about to be lifted, and incidents stand at each step."""
        with self.app.app_context(), factories.given():
            other = session().scalars(select(Organisation).where(Organisation.name == HOUSES["Other partner"])).one()
            for number, (key, more) in enumerate({"freeze": {}, "lifting": self._proposed()}.items(), 1):
                whom = factories.a_person(organisation=other, name=f"Person behind {key}")
                values = {"kind": "person", "target": whom.ref, "standing": f"person:{whom.ref}", "reason": "A reason."}
                made = Freeze(
                    number=f"STOP-2020-{number:03d}", set_by=self.people["head"].id, set_as="head",
                    affected={"people": [], "requests": [], "releases": []}, **values | more,
                )  # fmt: skip
                session().add(made)
                session().flush()
                session().add(FreezeProbe(freeze_id=made.id, path="sign_in"))
                self.refs[key] = made.ref
            author = self.people["author"]
            long_ago = clock.now() - dt.timedelta(hours=50)
            for number, status in enumerate(("reported", "assessing", "notified", "not_required"), 1):
                made = Incident(
                    number=f"INC-2020-{number:03d}", kind="loss", status=status, text=scene.WORDS, noticed_at=long_ago,
                    aware_at=long_ago, reported_by=author.id, organisation_id=author.organisation_id,
                )  # fmt: skip
                session().add(made)
                session().flush()
                self.refs["incident" if status == "reported" else status] = made.ref

    def _hurry(self):
        """Let one emergency wait for its answers and another be granted, beyond the agreement's regions."""
        with self.app.app_context(), factories.given():
            author, moment = self.people["author"], clock.now()
            dataset = session().scalars(select(Dataset).where(Dataset.ref == self.refs["dataset"])).one()
            agreement = session().scalars(select(Agreement).where(Agreement.ref == self.refs["agreement"])).one()
            what = {"requester_id": author.id, "organisation_id": author.organisation_id, "dataset_id": dataset.id}
            what |= {"agreement_id": agreement.id, "countries": ["NER"], "years": ["2019"], "time_zone": "UTC"}
            what |= {"happened": scene.WORDS, "needed_for": scene.WORDS}
            waits = Emergency(number="EM-2020-0001", **what)
            waits.parts = [EmergencyPart(office=office) for office in ("WANA", "head")]
            until = {"granted_at": moment, "ends_at": moment + dt.timedelta(days=9), "review_due_at": moment}
            given = Emergency(number="EM-2020-0002", status="granted", **until, **what)
            said = {"status": "agreed", "answered_at": moment, "time_zone": "UTC"}
            who = {"WANA": self.people["wana"].id, "head": self.people["head"].id}
            given.parts = [EmergencyPart(office=office, person_id=one, **said) for office, one in who.items()]
            session().add_all([waits, given])
            session().flush()
            self.refs |= {"emergency": waits.ref, "granted": given.ref}
            self.refs |= {f"{one.office}_part": one.ref for one in waits.parts}
            self.refs |= {f"{one.office}_given": one.ref for one in given.parts}

    def _proposed(self):
        dpo = {"proposed_by": self.people["dpo"].id, "proposed_as": "dpo", "proposed_at": clock.now()}
        return {"status": "lifting", "proposed_why": "A reason.", **dpo}

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
                factories.an_acceptance(recipient.person, release.request.agreement)
            alike = {name: getattr(release, name) for name in ("request_id", "scope_id", "protected_file_id")}
            held = Release(**alike, build_key="held", status="held", held_as="machine", held_reason="RuntimeError")
            session().add(held)
            session().flush()
            self.refs["held_release"] = held.ref
            self._except(alike)
            self._end(alike)
            self._letters()

    def _except(self, alike):
        """Two exceptions: one that waits for a second person, one whose organisation was refused too often."""
        checking = Release(**alike, build_key="checking", status="checking", sha256="c" * 64, report={"attacks": {}})
        referred = Release(**alike, build_key="referred", status="held", held_as="referred", held_at=clock.now())
        session().add_all([checking, referred])
        session().flush()
        self.refs |= {"checking": checking.ref, "referred": referred.ref}

    def _letters(self):
        """One that went its way, and one that was given up."""
        to_author = select(Letter).where(Letter.person_id == self.people["author"].id).order_by(Letter.id.desc())
        self.refs["letter"] = session().scalars(to_author.limit(1)).one().message_id
        address = {"address": self.people["named"].email, "person_id": self.people["named"].id}
        lost = Letter(
            **address, language="en", template="request_submitted", kind="progress", status="failed", values={}
        )
        session().add(lost)
        session().flush()
        self.refs["failed_letter"] = lost.message_id

    def _end(self, alike):
        """Two releases that have ended: one with duties, one destroyed everywhere; and a newer version."""
        current, moment = session(), clock.now()
        over = {"status": "ended", "cause": "expired", "ended_at": moment, "sha256": "b" * 64, "available_at": moment}
        owed = Release(**alike, **over, build_key="owed", ended_as="expired")
        destroyed = Release(**alike, **over, build_key="destroyed", ended_as="destroyed", destroyed_at=moment)
        current.add_all([owed, destroyed])
        current.flush()
        organisation = self.people["author"].organisation_id
        owes = {"release_id": owed.id, "organisation_id": organisation, "due_on": clock.today() + dt.timedelta(days=9)}
        said = {"status": "attested", "method": "overwritten", "destroyed_on": clock.today(), "attested_at": moment}
        author, named = self.people["author"].id, self.people["named"].id
        duty = DestructionDuty(**owes, person_id=author)
        attested = DestructionDuty(**owes, **said, person_id=named, attested_by=named, copies=1)
        current.add_all([duty, attested])
        current.add_all(Download(release_id=owed.id, person_id=one) for one in (author, named))
        for release in (owed, destroyed):
            current.add_all(
                Probe(release_id=release.id, name=name, status="closed", tries=1, checked_at=moment) for name in PROBES
            )
        published = current.scalars(select(Version).where(Version.ref == self.refs["published"])).one()
        newer = factories.a_version(dataset=published.dataset, number=2)
        values = {"label_en": "Drivers", "role": "sensitive", "type": "x"}
        session().add(Variable(version_id=newer.id, position=0, name="drivers", **values))
        newer.codebook_csv, newer.choices_csv = published.codebook_csv, published.choices_csv
        current.flush()
        self.refs |= {"duty": duty.ref, "attested": attested.ref, "destroyed": destroyed.ref}

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
            found = {TITLE, ROUND, "Axolotl pact", scene.WORDS, "A reason."}
            for column in (
                *(Organisation.name, Person.name, Person.email),
                *(Request.number, Agreement.number, Emergency.number),
            ):
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
        self.sealed = {path.name: path.read_bytes() for path in self.settings.vault_dir.iterdir()}
        if conftest.SERVER:
            self.live = self.settings.database_url.rsplit("/", 1)[1]
            conftest._admin(f"CREATE DATABASE {self.live}_kept TEMPLATE {self.live}")
        else:
            shutil.copyfile(self.settings.instance / "portal.sqlite3", self.kept)

    def again(self):
        """Put the database back as it was when everything had been set up."""
        self._close()
        self.changed = False
        for name, data in self.sealed.items():  # what an end has destroyed
            (self.settings.vault_dir / name).write_bytes(data)
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


def a_sealed_file(family, ref):
    """Return the columns of a file that lies in the vault."""
    context = f"{family}:{ref}".encode()
    wrapped = ports.house.keys.wrap(Wrapping.DATA, context)
    blob = new_name()
    sealed = seal(ports.house.store, blob, [PACKAGE], wrapped.dek, context)
    values = {"ref": ref, "kind": "pdf", "blob": blob, "scan": "clean", "sha256": sealed.sha256, "size": sealed.size}
    return values | {"key_id": wrapped.key_id, "key_wrapped": wrapped.wrapped}


def _with_colombia(menu):
    """A menu with a country of a region that the agreement leaves out."""
    far = json.loads(json.dumps(menu))
    place = next(one for one in far["keys"] if "country" in one["values"])
    place["values"]["country"].append({"code": "COL", "label_en": "Colombia", "label_fr": "Colombie"})
    return far


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
