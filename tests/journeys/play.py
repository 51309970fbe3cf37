"""Hands for the scenarios of acceptance: who comes in, a whole request by its forms, the keeper, the log, the package."""

import csv
import io
import json
import re
import zipfile
from contextlib import contextmanager
from dataclasses import replace

import pandas as pd
import time_machine
from sqlalchemy import select, update

from portal import clock, keeper
from portal.actor import Role
from portal.agreements.models import Agreement
from portal.audit.models import AuditEvent
from portal.auth.models import Organisation
from portal.catalogue.models import Dataset
from portal.catalogue.synthetic_ona import to_ona_csv
from portal.db import session, transaction
from portal.exports.models import ProtectedFile
from portal.requests.models import Request
from tests import factories
from tests.areas.auth.pages import code_for
from tests.areas.catalogue import rounds
from tests.areas.requests.scene import WORDS
from tests.journeys.story import Story


class Play(Story):
    """A story whose people and organisations are named by the scenario."""

    def enters(self, name, house, *roles, kind="un", **more):
        """Let somebody have an account; the organisation is made when its first person comes."""
        with self.app.app_context(), factories.given() as current:
            found = current.scalars(select(Organisation).where(Organisation.name == house)).one_or_none()
            found = found or factories.an_organisation(name=house, kind=kind)
            self.people[name] = factories.a_person(
                organisation=found, roles=roles or (Role.REQUESTER,), name=more.pop("called", name.title()), **more
            )

    def agrees(self, who, **clauses):
        """Let the organisation of ``who`` have an agreement of its own with these clauses; return its reference."""
        with self.app.app_context(), factories.given() as current:
            house = current.get(Organisation, self.people[who].organisation_id)
            return factories.an_agreement(organisation=house, **clauses).ref

    def organisation(self, who):
        """Return the reference of somebody's organisation."""
        with self.app.app_context(), transaction() as current:
            return current.get(Organisation, self.people[who].organisation_id).ref

    def dataset_ref(self, code="4mi-core"):
        return self.look(Dataset, Dataset.code == code)[0].ref

    def code(self, name, steps=0):
        self.forget_codes()
        return code_for(self.app, self.people[name], steps=steps)

    # ---- a round of its own ----
    def publishes(self, data, code="4mi-core"):
        """The steward loads a round and publishes it; the worker protects it; steward and officer sign each file."""
        steward = self.browser("steward")
        version = rounds.loaded(steward, self.dataset_ref(code), data)
        rounds.work_off(self.app)
        for step in (rounds.confirm, rounds.publish):
            answer = step(self.app, steward, version)
            assert answer.status_code == 303, answer.text
        rounds.work_off(self.app)
        made = self.look(ProtectedFile, ProtectedFile.version_id == rounds.version_of(self.app, version).id)
        for file in made:
            assert file.status == "proposed", (file.tier, file.held_reason)
            for name in ("steward", "dpo"):
                fields = {"verdict": "signed", "reason": "", "sha256": file.sha256}
                assert self.post(name, f"/protected/{file.ref}/sign", **fields).status_code == 303
        return made

    def reviewed_until(self, day):
        """Let the assessments of the signed files hold until a day."""
        with self.app.app_context(), factories.given() as current:
            current.execute(update(ProtectedFile).values(review_by=day))

    # ---- a request, form by form ----
    def draft(self, who, dataset, *, rows, variables, families=None, team=(), ends_on=None, **why):
        """Fill the five forms of a request in; return its reference."""
        answer = self.post(who, "/requests/new", dataset=dataset)
        assert answer.status_code == 303, answer.text
        ref = re.search(r"/requests/([0-9a-f]{32})/", answer.headers["Location"])[1]
        day = (ends_on or clock.today("Europe/Copenhagen")).isoformat()
        why = {"purpose": "research", "purpose_text": WORDS, "outputs": WORDS, "language": "en", "ends_on": day} | why
        self.fills(who, ref, "rows", families=families or self.families_for(who, ref), **rows)
        self.fills(who, ref, "variables", variables=list(variables))
        page = self.get(who, f"/requests/{ref}/edit/why").text
        reasons = dict.fromkeys(re.findall(r'name="(reason-[a-z0-9_]+)"', page), WORDS)
        self.fills(who, ref, "why", **{"output_kinds": ["public_report"]} | reasons | why)
        terms = re.search(r'name="terms" value="([0-9a-f]{64})"', self.get(who, f"/requests/{ref}/edit/team").text)[1]
        named = [self.people[one].ref for one in (who, *team)]
        self.fills(who, ref, "team", team=named, terms=terms, accepted="yes")
        return ref

    def fills(self, who, ref, step, **fields):
        answer = self.keep(ref, step, name=who, **fields)
        assert answer.status_code == 303, (step, re.findall(r"field-error.*?</p>", answer.text, re.DOTALL))

    def families_for(self, who, ref):
        return re.findall(r'name="families" value="([a-z]+)"', self.get(who, f"/requests/{ref}/edit/rows").text)

    def offers(self, who, ref, column):
        """Return the codes of a key column that the form shows."""
        page = self.get(who, f"/requests/{ref}/edit/rows").text
        return re.findall(rf'name="{column}" value="([^"]*)"', page)

    def sends(self, who, *asked, **more):
        """Fill a request in and send it; return its reference."""
        ref = self.draft(who, *asked, **more)
        answer = self.submit(ref, who)
        assert answer.status_code == 303, answer.text
        return ref

    def takes(self, who, ref):
        """Press the button below the file; return the answer with its bytes read."""
        page = self.get(who, f"/requests/{ref}").text
        found = re.search(r'action="(/releases/[0-9a-f]{32}/download)"', page)
        answer = self.post(who, found[1] if found else f"/releases/{self.release(ref).ref}/download")
        answer.get_data()
        return answer

    # ---- time ----
    @contextmanager
    def on(self, moment):
        """Let it be another moment; everybody signs in anew then, and again afterwards."""
        self._browsers.clear()
        self._tokens.clear()
        with time_machine.travel(moment):
            yield self
        self._browsers.clear()
        self._tokens.clear()

    def keeper_comes(self, *names):
        """Let the keeper do what it does every few seconds: what is over ends, letters warn."""
        with self.app.app_context():
            for task in keeper.tasks():
                if task.name in (names or ("ends", "closings", "freezes", "clocks")):
                    task.do()

    # ---- what is there ----
    def all_requests(self):
        return self.look(Request)

    def agreement_row(self, ref):
        return self.look(Agreement, Agreement.ref == ref)[0]

    def told(self, *types):
        """Return the bodies of the log's events of these types, oldest first."""
        with self.app.app_context(), transaction():
            bodies = session().scalars(select(AuditEvent.body).order_by(AuditEvent.leaf_index))
            found = [json.loads(body) for body in bodies]
        return [one for one in found if not types or one["type"] in types]


def round_of(rows, seed, *cells):
    """Draw a survey and keep up to so many interviews of each cell: (country, year, most)."""
    drawn = rounds.survey(rows, seed)
    year = drawn.frame["interview_date"].str[:4]
    kept = [
        drawn.frame[(drawn.frame["interview_country"] == country) & (year == one)].head(most)
        for country, one, most in cells
    ]
    return to_ona_csv(replace(drawn, frame=pd.concat(kept, ignore_index=True), written={}, repeats=()))


def members(answer):
    """Return the files of a delivered package by name."""
    assert (answer.status_code, answer.mimetype) == (200, "application/zip"), answer.status_code
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def rows_of(answer):
    """Return the rows of a delivered package, each by the names of its columns."""
    return list(csv.DictReader(io.StringIO(members(answer)["data.csv"].decode("utf-8-sig"))))
