"""A house to try things in: its people, its clock, its rows as they stand, and one way to attempt a deed.

A deed is an action of the portal, called as whoever comes, with the roles they hold at this moment; as behind a page,
what is refused as :class:`Invalid` commits, everything else is undone.
"""

import datetime as dt
import shutil
from types import SimpleNamespace

from sqlalchemy import JSON, select

from portal import clock, keeper
from portal.actor import Role
from portal.agreements.models import Agreement
from portal.agreements.workflow import AGREEMENT
from portal.app import create_app
from portal.auth import onetime, queries
from portal.auth.models import Organisation, Person, SignIn
from portal.catalogue.models import Dataset
from portal.db import db, session, transaction
from portal.errors import (
    Frozen,
    IllegalStep,
    Invalid,
    NotAllowed,
    NotFound,
    NotSignedIn,
    PortalError,
    Stale,
    TermsForbid,
)
from portal.exports.models import Release
from portal.exports.models_ends import DestructionDuty
from portal.exports.workflow import DUTY, RELEASE
from portal.jobs import bell, registry
from portal.machine import state
from portal.requests.models import Request, Track
from portal.requests.models_duties import Obligation
from portal.requests.models_extension import Extension
from portal.requests.models_publications import Publication
from portal.requests.workflow import EXTENSION, OBLIGATION, PUBLICATION, REQUEST, TRACK
from tests import conftest, factories, snapshots

KINDS = {
    "agreement": (Agreement, AGREEMENT),
    "request": (Request, REQUEST),
    "track": (Track, TRACK),
    "extension": (Extension, EXTENSION),
    "obligation": (Obligation, OBLIGATION),
    "publication": (Publication, PUBLICATION),
    "release": (Release, RELEASE),
    "duty": (DestructionDuty, DUTY),
}
COLUMNS = {
    kind: [column for column in model.__table__.columns if not isinstance(column.type, JSON)]
    for kind, (model, _machine) in KINDS.items()
}
REFUSALS = (Frozen, IllegalStep, Invalid, NotAllowed, NotFound, NotSignedIn, Stale, TermsForbid)
STAFF = {
    "cora": Role.COORDINATOR, "cleo": Role.COORDINATOR, "hedda": Role.HEAD, "dana": Role.DPO, "dino": Role.DPO,
    "stella": Role.STEWARD, "wanda": Role.REGIONAL_MANAGER, "wim": Role.REGIONAL_MANAGER,
    "esther": Role.REGIONAL_MANAGER, "pia": Role.PROJECT_MANAGER, "ada": Role.ADMINISTRATOR,
}  # fmt: skip
REGIONS = {"wanda": ["WANA"], "wim": ["WANA"], "esther": ["ESA"]}
INSIDER = [Role.HEAD, Role.DPO, Role.COORDINATOR, Role.STEWARD, Role.REGIONAL_MANAGER, Role.REQUESTER]
PARTNER = {
    "anna": [Role.REQUESTER], "ben": [Role.REQUESTER], "sven": [Role.REQUESTER], "fay": [Role.FOCAL_POINT],
    "finn": [Role.FOCAL_POINT, Role.REQUESTER], "hal": INSIDER,
}  # fmt: skip
EVERYBODY = (*STAFF, *PARTNER, "otto")


class Killed(BaseException):
    """The worker's process is gone in the middle of its work."""


class House:
    """A portal whose database, folder and clock go back to where they were with :meth:`again`."""

    def __init__(self, moment, folder, moved, *, tick=False):
        self.root, self.folder, self.kept = folder, folder / "live", {}
        self.settings, self.url = snapshots.copied(moment, self.folder)
        self.app, self.moved, self.keys = create_app(self.settings), moved, {}
        self.tick = tick
        with self.app.app_context():
            self._furnish()
        self.look()

    def _furnish(self):
        with factories.given() as current:
            mmc = current.scalars(select(Organisation).where(Organisation.kind == "mmc")).one()
            partner = factories.an_organisation(name="The partner", kind="un")
            made = {
                name: factories.a_person(organisation=mmc, roles=[role], regions=REGIONS.get(name, ()), name=name)
                for name, role in STAFF.items()
            }
            for name, roles in PARTNER.items():
                made[name] = factories.a_person(organisation=partner, roles=roles, regions=["WANA", "ESA"], name=name)
            made["otto"] = factories.a_person(roles=[Role.REQUESTER, Role.FOCAL_POINT], name="otto")
            self.people = {name: SimpleNamespace(id=one.id, ref=one.ref) for name, one in made.items()}
            self.names = {one.id: name for name, one in self.people.items()}
            self.partner, self.partner_id, self.dataset = (
                partner.ref,
                partner.id,
                current.scalars(select(Dataset)).one().code,
            )
            factories.an_agreement(organisation=partner, download_limit=2, release_days=20, mmc_signatory_id=made["hedda"].id,
                                   partner_signatory_id=made["sven"].id, regions=["WANA", "ESA", "LAC"], retention_days=10)  # fmt: skip

    def keep(self, name):
        """Take this moment for one to come back to."""
        self.close()
        shutil.copytree(self.folder, self.root / name)
        if conftest.SERVER:
            conftest._admin(f"CREATE DATABASE {self._name}_{name} TEMPLATE {self._name}")
        self.kept[name] = clock.now()

    def again(self, name):
        """Go back to a kept moment."""
        self.close()
        shutil.rmtree(self.folder)
        shutil.copytree(self.root / name, self.folder)
        if conftest.SERVER:
            conftest._admin(f"DROP DATABASE {self._name} WITH (FORCE)")
            conftest._admin(f"CREATE DATABASE {self._name} TEMPLATE {self._name}_{name}")
        self.moved.move_to(self.kept[name], tick=self.tick)
        self.keys = {}
        self.look()

    def drop(self):
        self.close()
        if conftest.SERVER:
            for name in (self._name, *(f"{self._name}_{kept}" for kept in self.kept)):
                conftest._admin(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    @property
    def _name(self):
        return self.url.rsplit("/", 1)[1]

    def close(self):
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()

    # ---- what is there ----
    def look(self):
        """Read every row with a life; return whether any has changed since the last look."""
        before = getattr(self, "rows", None)
        with self.app.app_context(), transaction() as current:
            self.rows = {
                kind: [
                    SimpleNamespace(**row, state=state(row["status"], row.get("stage", ""), row.get("ended_as", "")))
                    for row in current.execute(select(*columns).order_by(columns[0])).mappings()
                ]
                for kind, columns in COLUMNS.items()
            }
        return before != self.rows

    def find(self, kind, number):
        return next(row for row in self.rows[kind] if row.id == number)

    # ---- what people do ----
    def actor(self, name, proved=False):
        person = session().get(Person, self.people[name].id)
        if person.disabled_at is not None or not person.organisation.active:
            raise NotSignedIn("session: none")
        sign_in = None
        if proved:
            factories.a_session(person)
            sign_in = session().scalars(select(SignIn).order_by(SignIn.id.desc()).limit(1)).one()
        return queries.actor_of(person, sign_in)

    def code(self, name):
        person = session().get(Person, self.people[name].id)
        return onetime.code_at(onetime.secret_of(person), clock.now())

    def attempt(self, name, deed, *, proved=False, alone=False):
        """Let somebody do a deed; return what was refused, None if it is done. Anything else is a fault, and raised."""
        self.wait(seconds=31)  # nobody's one-time code serves twice
        refused = result = None
        if alone:
            return self._attempt_alone(name, deed)
        try:
            with self.app.app_context(), transaction():
                try:
                    result = deed(self.actor(name, proved=proved))
                except Invalid as wrong:
                    refused = wrong
        except REFUSALS as wrong:
            refused = wrong
        return refused, result

    def _attempt_alone(self, name, deed):
        with self.app.app_context():
            try:
                with transaction():
                    actor = self.actor(name)
                return None, deed(actor)
            except REFUSALS as wrong:
                return wrong, None

    def wait(self, **length):
        self.moved.shift(dt.timedelta(**length))

    def keeper(self):
        """One round of what the keeper does about the three machines."""
        with self.app.app_context():
            for task in keeper.tasks():
                if task.name in {"ends", "closings"}:
                    task.do()

    def worker(self, at="", what=None):
        """Do one piece of work; at a stage let something happen: a failure, a kill, or another's deed."""
        self.wait(seconds=31)

        def observer(_kind, stage):
            if stage == at and what is not None:
                what()

        registry.observers.append(observer)
        try:
            with self.app.app_context():
                bell.wake()
        except (RuntimeError, Killed) as error:
            if isinstance(error, RuntimeError) and str(error) != "release: ZeroDivisionError":
                raise
        except PortalError as error:
            raise AssertionError("the worker's door lets nothing through") from error
        finally:
            registry.observers.remove(observer)
