"""The main job's moments, made once by the real code and copied for each test: folder, vault and database together.

received   a round of the survey is uploaded; the reading is due
published  it is read, its roles are confirmed, it is published; the first protected file is due
proposed   both protected files are built and wait for signatures
signed     both are signed off
accepted   a partner's request is accepted; its release is due
released   the release is available
"""

import contextlib
import dataclasses
import datetime as dt
import fcntl
import functools
import json
import os
import pickle
import secrets
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from portal import clock, ports
from portal.actor import Role, system
from portal.app import create_app
from portal.catalogue import actions as catalogue
from portal.catalogue.models import Version
from portal.catalogue.synthetic import draw, to_ona_csv
from portal.db import db, session, transaction
from portal.exports import assessment
from portal.exports.models import ProtectedFile, Release, SignOff
from portal.jobs import bell
from portal.jobs.models import Work
from portal.requests import guards, queries
from portal.requests.models import Recipient, Request, Scope
from portal.requests.scope import Scope as ScopeValue
from tests import conftest, factories

ROWS = 300
STEWARD = system("cli", Role.STEWARD)
VARIABLES = ("drivers", "exp_any", "exp_types", "smuggler_use")
_taken = {}


@functools.cache
def survey(rows=ROWS, seed=4):
    return draw(rows, seed)


@functools.cache
def ona(rows=ROWS, seed=4):
    return to_ona_csv(survey(rows, seed))


@dataclass(frozen=True)
class Snapshot:
    """A moment: its folder, its database (a template's name on PostgreSQL) and the references a test needs."""

    folder: Path
    database: str
    facts: dict = field(default_factory=dict)

    def lay_out(self, folder, name=""):
        """Copy everything into ``folder``; return the address of the copied database (of that name, else a new one)."""
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        if not conftest.SERVER:
            return f"sqlite:///{folder / 'portal.sqlite3'}"
        return conftest._copy(self.database, name or f"portal_{secrets.token_hex(6)}")


def drop(url):
    """Drop a database that :meth:`Snapshot.lay_out` made; a file goes with its folder."""
    if conftest.SERVER:
        conftest._admin(f"DROP DATABASE IF EXISTS {urlsplit(url).path[1:]} WITH (FORCE)")


@pytest.fixture(scope="session")
def moments(tmp_path_factory, keys_template, database_template):
    """The snapshots by name."""
    with _alone(tmp_path_factory) as played:
        if played and played.exists():
            _taken.update(pickle.loads(played.read_bytes()))  # noqa: S301 -- ours, from a moment ago
            factories.number_from(10_000)  # other numbers than whoever played it has given
        if not _taken:
            _play(tmp_path_factory.mktemp("moments"), keys_template, database_template)
            if played:
                played.write_bytes(pickle.dumps(_taken))
    yield _taken
    for snapshot in _taken.values():
        if conftest.SERVER:
            conftest._admin(f"DROP DATABASE IF EXISTS {snapshot.database} WITH (FORCE)")
    _taken.clear()


@contextlib.contextmanager
def _alone(tmp_path_factory):
    """Let the first of several test processes play while the others wait; yield where it leaves what it took.

    On PostgreSQL each plays for itself: a template that somebody copies cannot be dropped.
    """
    if conftest.SERVER or "PYTEST_XDIST_WORKER" not in os.environ:
        yield None
        return
    together = tmp_path_factory.getbasetemp().parent
    with (together / "moments.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield together / "moments.pickle"


class _Stage:
    """The instance the story is played in."""

    def __init__(self, root, keys, template):
        self.root, self.live = root, root / "live"
        self.live.mkdir(mode=0o700)
        shutil.copytree(keys, self.live / "keys")
        self.facts = {}
        if conftest.SERVER:
            self.database = f"portal_moment_{secrets.token_hex(4)}"
            conftest._admin(f"CREATE DATABASE {self.database} TEMPLATE {template}")
            url = conftest._with_database(self.database)
        else:
            shutil.copyfile(template, self.live / "portal.sqlite3")
            url = f"sqlite:///{self.live / 'portal.sqlite3'}"
        settings = dataclasses.replace(conftest._settings(self.live, url), redis_url="unix:///nonexistent/q.sock")
        self.app = create_app(settings)

    def take(self, name):
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()
        folder, database = self.root / name, ""
        shutil.copytree(self.live, folder)
        if conftest.SERVER:
            database = f"{self.database}_{name}"
            conftest._admin(f"CREATE DATABASE {database} TEMPLATE {self.database}")
        _taken[name] = Snapshot(folder, database, dict(self.facts))

    def close(self):
        with self.app.app_context():
            db.engine.dispose()
        if conftest.SERVER:
            conftest._admin(f"DROP DATABASE {self.database} WITH (FORCE)")


def _play(root, keys, template):
    stage = _Stage(root, keys, template)
    with stage.app.app_context():
        stage.facts |= people()
        stage.facts["version"] = catalogue.receive(
            STEWARD, stage.facts["dataset"], catalogue.Upload(file_name="round.csv", source=[ona()])
        )
    stage.take("received")
    with stage.app.app_context():
        bell.wake()
        publish(stage.facts["version"])
    stage.take("published")
    with stage.app.app_context():
        work_off()
    stage.take("proposed")
    with stage.app.app_context():
        stage.facts["files"] = sign_all(stage.facts)
    stage.take("signed")
    with stage.app.app_context():
        stage.facts |= accept(stage.facts)
    stage.take("accepted")
    with stage.app.app_context():
        work_off()
        with transaction():
            release = session().scalars(select(Release)).one()
            assert release.status == "available", release.held_reason
    stage.take("released")
    stage.close()


def people():
    """Two partners, three of whose people ask or fetch, and those of MMC who act."""
    with factories.given():
        mmc = factories.an_organisation(kind="mmc", name="MMC")
        partner = factories.an_organisation(name="Partner")
        other = factories.an_organisation(name="Other partner")
        made = {
            "steward": factories.a_person(organisation=mmc, roles=[Role.STEWARD]),
            "both": factories.a_person(organisation=mmc, roles=[Role.STEWARD, Role.DPO]),
            "dpo": factories.a_person(organisation=mmc, roles=[Role.DPO]),
            "coordinator": factories.a_person(organisation=mmc, roles=[Role.COORDINATOR]),
            "manager": factories.a_person(organisation=mmc, roles=[Role.REGIONAL_MANAGER], regions=["WANA"]),
            "analyst": factories.a_person(organisation=partner, name="Anna Analyst"),
            "colleague": factories.a_person(organisation=partner, name="Ben Beside"),
            "unnamed": factories.a_person(organisation=partner, name="Uma Unnamed"),
            "stranger": factories.a_person(organisation=other, name="Sam Stranger"),
        }
        return {
            "dataset": factories.a_dataset(code="4mi-core").ref,
            "agreement": factories.an_agreement(organisation=partner).ref,
            "other_agreement": factories.an_agreement(organisation=other).ref,
            "people": {name: _plain(person) for name, person in made.items()},
        }


def _plain(person):
    """A person as ``factories.a_session`` and the tests need them, without a database behind."""
    names = ("id", "ref", "organisation_id", "email", "name", "language", "time_zone")
    return SimpleNamespace(**{name: getattr(person, name) for name in names})


def publish(ref):
    """Confirm the proposed roles and publish."""
    with transaction():
        version = session().scalars(select(Version).where(Version.ref == ref)).one()
        assert version.status == "checked", json.dumps(version.report)
        roles = {one.name: one.proposed_role for one in version.variables if one.proposed_role}
        catalogue.confirm_roles(STEWARD, ref, version.lock, roles)
        catalogue.publish(STEWARD, ref, version.lock)


def work_off():
    """Do everything that is due, here and now."""
    while True:
        with transaction():
            if session().scalar(select(Work.id).where(Work.status.in_(("due", "running"))).limit(1)) is None:
                return
        bell.wake()


def sign_all(facts):
    """Let the steward and the DPO have signed each protected file; return their references by tier."""
    found = {}
    with factories.given() as current:
        for file in current.scalars(select(ProtectedFile)):
            assert file.status == "proposed", (file.tier, file.held_reason)
            file.status, file.review_by = "signed", clock.today() + assessment.YEAR
            for role in ("steward", "dpo"):
                person = facts["people"][role].id
                values = {"protected_file_id": file.id, "person_id": person, "role": role, "verdict": "signed"}
                current.add(SignOff(**values, sha256=file.sha256))
            found[file.tier] = file.ref
    return found


def accept(facts, *, by="analyst", team=("analyst", "colleague"), agreement="agreement", **chosen):
    """Write down a request that everybody approved and the requester accepted; order its build."""
    with factories.given() as current:
        request = an_accepted_request(facts, by=by, team=team, agreement=agreement, **chosen)
        ports.house.order_release(request.id)
        current.flush()
        release = current.scalars(select(Release).where(Release.request_id == request.id)).one()
        return {"request": request.ref, "release": release.ref}


def an_accepted_request(facts, *, by, team, agreement, tier="partner", variables=VARIABLES, language="en", **filters):
    """The rows of an active request for everything the menu shows of countries and years, or for ``filters``."""
    from portal.agreements.models import Agreement

    current, people = session(), facts["people"]
    signed = current.scalars(select(Agreement).where(Agreement.ref == facts[agreement])).one()
    version = current.scalars(select(Version).where(Version.ref == facts["version"])).one()
    request = Request(
        number=f"MMC-4Mi-2026-{secrets.randbelow(9000) + 1000}",
        status="active",
        requester_id=people[by].id,
        organisation_id=people[by].organisation_id,
        agreement_id=signed.id,
        dataset_id=version.dataset_id,
        version_id=version.id,
        tier=tier,
        language=language,
        purpose="research",
        purpose_text="To learn which protection is missing on the way.",
        outputs="A public report.",
        ends_on=clock.today() + dt.timedelta(days=60),
        submitted_at=clock.now(),
        accepted_at=clock.now(),
    )
    current.add(request)
    current.flush()
    menu = guards.menu_of(request)
    wanted = {name: [one.code for one in menu.filters[name] if one.code != ".s"] for name in ("country", "year")}
    asked = tuple(name for name in variables if name in menu.by_name)
    parts = tuple(route.part for route in queries.routes(request, menu, wanted | filters, asked))
    value = ScopeValue(
        request=request.ref,
        dataset=version.dataset.code,
        version=version.ref,
        file=menu.file,
        rule_set=menu.rule_set,
        rule_set_version=menu.rule_set_version,
        tier=tier,
        families=tuple(family.name for family in menu.families),
        parts=parts,
        recipients=tuple(people[name].ref for name in team),
        agreement=signed.ref,
        agreement_revision=signed.revision,
        purpose="research",
        why="0" * 64,
        ends_on=request.ends_on,
        outputs=("public_report",),
        onward="none",
    )
    for number, kind in enumerate(("asked", "offered"), 1):
        scope = Scope(request_id=request.id, number=number, kind=kind, content=value.content(), sha256=value.sha256())
        current.add(scope)
        current.flush()
    request.scope_id = scope.id
    for name in team:
        current.add(Recipient(request_id=request.id, person_id=people[name].id))
        factories.an_acceptance(people[name], signed)
    current.flush()
    current.expire_all()
    return request


def copied(moment, folder, name=""):
    """Return (settings, database address) of a copy of ``moment`` in ``folder``."""
    url = moment.lay_out(folder, name)
    return conftest._settings(folder, url), url
