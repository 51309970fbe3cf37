"""A contractor's people bring the round they were commissioned for, and see nothing beside it, before it or after it."""

import datetime as dt
import io
import json

import pytest
from sqlalchemy import select

from portal import clock
from portal.actor import Role
from portal.audit.models import AuditEvent
from portal.auth import queries
from portal.auth.models import Organisation, Person
from portal.catalogue import actions_rounds
from portal.catalogue.actions import Upload
from portal.catalogue.models import Dataset, Version
from portal.catalogue.models_commissions import Commission
from portal.db import session, transaction
from portal.errors import NotFound
from portal.freezes import Freeze
from tests import factories
from tests.areas.auth.pages import code_for, token_of
from tests.areas.catalogue import rounds
from tests.core.catalogue.a_survey import a_file

TODAY = clock.today()
BAD = b"_uuid,gender\n"  # a header alone


def day(shift):
    return (TODAY + dt.timedelta(days=shift)).isoformat()


class Field:
    """Two contractors, a round of each, and the people of both and of the office."""

    def __init__(self, app, scene, as_person):
        self.app, self.scene, self._as_person, self._browsers = app, scene, as_person, {}
        with app.app_context(), factories.given() as current:
            mmc = current.scalars(select(Organisation).where(Organisation.kind == "mmc")).one()
            scene["coordinator"] = factories.a_person(organisation=mmc, roles=[Role.COORDINATOR])
            scene["project_manager"] = factories.a_person(organisation=mmc, roles=[Role.PROJECT_MANAGER])
            self.houses = {}
            for house, names in {"KMOP": ("maria", "eleni"), "TANDANS": ("ali",)}.items():
                made = factories.an_organisation(name=house, kind="contractor")
                self.houses[house] = made.ref
                for name in names:
                    who = {"roles": [Role.CONTRACTOR], "name": name.title()}
                    scene[name] = factories.a_person(organisation=made, **who)
            self.greek = self._commission(current, "KMOP", "4mi-core", "Greece, second quarter")
            self.turkish = self._commission(current, "TANDANS", "4mi-core", "Türkiye, second quarter")
            self.incidents = self._commission(current, "TANDANS", "4mi-incidents", "Türkiye, incidents")

    def _commission(self, current, house, code, name):
        row = Commission(
            dataset_id=current.scalars(select(Dataset.id).where(Dataset.code == code)).one(),
            organisation_id=current.scalars(select(Organisation.id).where(Organisation.name == house)).one(),
            round_name=name,
            first_day=TODAY - dt.timedelta(days=1),
            last_day=TODAY + dt.timedelta(days=30),
            given_by=self.scene["steward"].id,
        )
        current.add(row)
        current.flush()
        return row.ref

    def browser(self, name):
        if name not in self._browsers:
            self._browsers[name] = self._as_person(self.scene[name])
        return self._browsers[name]

    def get(self, name, path):
        return self.browser(name).get(path)

    def post(self, name, path, **fields):
        with self.app.app_context(), factories.given():
            session().get(Person, self.scene[name].id).totp_last_step = 0
        known = {"csrf_token": token_of(self.browser(name), "/privacy")} | fields
        if known.get("code") == "right":
            known["code"] = code_for(self.app, self.scene[name])
        return self.browser(name).post(path, data=known)

    def give(self, name="steward", **fields):
        known = {"organisation": self.houses["KMOP"], "round_name": "Greece, third quarter", "code": "right"}
        days = {"first_day": day(0), "last_day": day(30)}
        return self.post(name, f"/catalogue/{self.scene['survey']}/commissions", **known | days | fields)

    def load(self, name="maria", data=None, ref=None):
        sent = (io.BytesIO(a_file() if data is None else data), "greece.csv")
        return self.post(name, f"/rounds/{ref or self.greek}/file", file=sent)

    def loaded(self, name="maria", data=None, ref=None, *, read=True):
        """Load a file and let it be read; return its reference."""
        answer = self.load(name, data, ref)
        assert answer.status_code == 303, answer.text
        if read:
            rounds.work_off(self.app)
        return answer.location.rsplit("/", 1)[1]

    def withdraw(self, ref, name="maria", lock=None):
        lock = self.version(ref).lock if lock is None else lock
        return self.post(name, f"/rounds/files/{ref}/withdraw", lock=str(lock))

    def version(self, ref):
        return rounds.version_of(self.app, ref)

    def publish(self, ref):
        with self.app.app_context(), factories.given() as current:
            current.scalars(select(Version).where(Version.ref == ref)).one().status = "published"

    def change(self, ref, **values):
        with self.app.app_context(), factories.given() as current:
            row = current.scalars(select(Commission).where(Commission.ref == ref)).one()
            for name, value in values.items():
                setattr(row, name, value)

    def freeze(self, kind, target):
        with self.app.app_context(), factories.given() as current:
            self._freeze(current, kind, target)

    def _freeze(self, current, kind, target):
        values = {"number": "STOP-2026-001", "kind": kind, "target": target, "standing": f"{kind}:{target}"}
        who = {"set_by": self.scene["dpo"].id, "set_as": "dpo", "affected": {}, "reason": "A laptop is lost."}
        current.add(Freeze(**values, **who))

    def told(self, name):
        with self.app.app_context(), transaction():
            bodies = session().scalars(select(AuditEvent.body).where(AuditEvent.type == name))
            return [json.loads(body) for body in bodies]

    def versions(self):
        with self.app.app_context(), transaction():
            return list(session().scalars(select(Version).order_by(Version.id)))

    def actor(self, name):
        return queries.actor_of(session().get(Person, self.scene[name].id))


@pytest.fixture
def field(app, scene, as_person):
    return Field(app, scene, as_person)


# ---- commissioning ----


@pytest.mark.parametrize("name", ["steward", "coordinator"])
def test_a_contractor_is_commissioned_for_a_round_with_its_days_and_logged(field, name):
    answer = field.give(name)
    assert answer.status_code == 303, answer.text
    (event,) = field.told("dataset.commission.given")
    assert event["target"]["type"] == "commission"
    assert event["change"]["valid_to"] == ["", day(30)]
    assert event["change"]["organisation"] == ["", field.houses["KMOP"]]
    shown = field.get(name, f"/catalogue/{field.scene['survey']}/commissions").text
    assert "Greece, third quarter" in shown
    assert "Greece, third quarter" in field.get("maria", "/rounds").text


@pytest.mark.parametrize("name", ["project_manager", "dpo", "manager", "partner", "maria"])
def test_nobody_else_commissions_anybody(field, name):
    assert field.give(name).status_code == 403
    assert field.told("dataset.commission.given") == []


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"organisation": "0" * 32}, "organisation"),
        ({"organisation": ""}, "organisation"),
        ({"round_name": ""}, "round_name"),
        ({"round_name": "x" * 101}, "round_name"),
        ({"round_name": "Greece, second quarter"}, "round_name"),  # it is under way
        ({"first_day": day(0), "last_day": day(-1)}, "last_day"),
        ({"first_day": day(-9), "last_day": day(-1)}, "last_day"),
        ({"first_day": "soon"}, "first_day"),
        ({"code": "000000"}, "code"),
    ],
)
def test_what_does_not_fit_comes_back_with_what_was_typed(field, fields, wrong):
    answer = field.give(**fields)
    assert answer.status_code == 400
    assert f'id="f-{wrong}-error"' in answer.text
    if "round_name" not in fields:
        assert 'value="Greece, third quarter"' in answer.text
    assert field.told("dataset.commission.given") == []


def test_two_clicks_commission_once(field):
    assert (field.give().status_code, field.give().status_code) == (303, 303)
    assert len(field.told("dataset.commission.given")) == 1


def test_a_partner_is_no_contractor_and_a_contractor_no_partner(field):
    with field.app.app_context(), transaction():
        partner = session().get(Person, field.scene["partner"].id).organisation.ref
    assert field.give(organisation=partner).status_code == 400
    page = field.get("coordinator", "/agreements/new").text
    assert partner in page
    assert "KMOP" not in page
    assert "KMOP" not in field.get("steward", f"/catalogue/{field.scene['survey']}/owners").text


# ---- a round, from nothing to published ----


def test_a_contractor_loads_its_round_and_a_steward_publishes_it(field):
    assert "Waiting for a file" in field.get("maria", "/rounds").text
    ref = field.loaded(read=False)
    assert "Being read" in field.get("maria", "/rounds").text
    assert field.get("maria", f"/rounds/files/{ref}/progress").status_code == 200
    assert field.load().status_code == 400  # while it is being read there is no other
    rounds.work_off(field.app)
    assert field.version(ref).status == "checked"
    assert "Validation report" in field.get("maria", f"/rounds/files/{ref}").text
    assert "With the data steward" in field.get("maria", "/rounds").text
    for path in (f"/catalogue/versions/{ref}", f"/catalogue/{field.scene['survey']}/commissions"):
        assert "Maria" in field.get("steward", path).text
    (event,) = field.told("dataset.version.uploaded")
    assert event["actor"]["ref"] == field.scene["maria"].ref
    roles = {"lock": str(field.version(ref).lock), "role.gender": "quasi_identifier"}
    assert field.post("maria", f"/catalogue/versions/{ref}/roles", **roles).status_code == 403
    assert field.post("maria", f"/catalogue/versions/{ref}/publish", lock="2").status_code == 403
    assert field.post("steward", f"/catalogue/versions/{ref}/roles", **roles).status_code == 303
    lock = str(field.version(ref).lock)
    assert field.post("steward", f"/catalogue/versions/{ref}/publish", lock=lock).status_code == 303
    assert "Published" in field.get("maria", "/rounds").text
    assert field.load().status_code == 403
    assert field.withdraw(ref).status_code == 403
    assert field.version(ref).status == "published"


def test_a_report_with_problems_says_so_and_a_corrected_file_takes_the_place_of_the_first(field, settings):
    first = field.loaded(data=BAD)
    assert field.version(first).status == "refused"
    assert "The report has problems" in field.get("maria", "/rounds").text
    assert "This file cannot be published" in field.get("maria", f"/rounds/files/{first}").text
    second = field.loaded("eleni")  # a colleague goes on with it
    assert (field.version(first).status, field.version(second).status) == ("withdrawn", "checked")
    third = field.loaded()
    assert field.version(second).status == "withdrawn"
    kept = {field.version(third).original_blob, field.version(third).frame_blob}
    assert {path.name for path in settings.vault_dir.iterdir()} == kept
    assert [event["reason"] for event in field.told("dataset.version.withdrawn")] == ["superseded", "superseded"]


def test_a_draft_is_withdrawn_with_its_bytes_and_its_key_and_keeps_its_report(field, settings):
    ref = field.loaded()
    lock = field.version(ref).lock
    assert field.withdraw(ref).status_code == 303
    version = field.version(ref)
    assert (version.status, version.original_blob, version.frame_blob, version.key_wrapped) == (
        "withdrawn",
        "",
        "",
        b"",
    )
    assert list(settings.vault_dir.iterdir()) == []
    assert "Validation report" in field.get("maria", f"/rounds/files/{ref}").text
    assert "Waiting for a file" in field.get("maria", "/rounds").text
    assert field.withdraw(ref, lock=lock).status_code == 303  # the second of two clicks
    assert len(field.told("dataset.version.withdrawn")) == 1
    assert field.post("steward", f"/catalogue/versions/{ref}/publish", lock=str(version.lock)).status_code == 404


def test_a_draft_that_is_being_read_or_has_changed_meanwhile_is_not_withdrawn(field):
    ref = field.loaded(read=False)
    assert field.withdraw(ref).status_code == 403
    rounds.work_off(field.app)
    assert field.withdraw(ref, lock=1).status_code == 409
    assert field.version(ref).status == "checked"


def test_a_form_without_a_file_comes_back(field):
    answer = field.post("maria", f"/rounds/{field.greek}/file")
    assert answer.status_code == 400
    assert 'id="f-file-error"' in answer.text
    assert field.versions() == []


# ---- the boundaries ----


@pytest.mark.parametrize("other", ["turkish", "incidents"])
def test_another_round_of_the_dataset_and_another_dataset_are_not_there(field, other):
    ref = getattr(field, other)
    name = {"turkish": "Türkiye, second quarter", "incidents": "Türkiye, incidents"}[other]
    assert name in field.get("ali", "/rounds").text
    assert name not in field.get("maria", "/rounds").text
    assert field.get("ali", f"/rounds/{ref}").status_code == 200
    assert field.get("maria", f"/rounds/{ref}").status_code == 404
    assert field.load("maria", ref=ref).status_code == 404
    assert field.versions() == []


def test_what_another_contractor_or_the_office_loaded_is_not_there(field):
    theirs = field.loaded("ali", ref=field.turkish)
    own = rounds.loaded(field.browser("steward"), field.scene["survey"], a_file())
    for ref in (theirs, own):
        lock = field.version(ref).lock
        assert field.get("maria", f"/rounds/files/{ref}").status_code == 404
        assert field.get("maria", f"/rounds/files/{ref}/progress").status_code == 404
        assert field.withdraw(ref, lock=lock).status_code == 404
        assert ref not in field.get("maria", f"/rounds/{field.greek}").text
    assert field.get("ali", f"/rounds/files/{theirs}").status_code == 200
    assert field.version(theirs).status == "checked"


OVER = {
    "the day after": {"last_day": TODAY - dt.timedelta(days=1)},
    "the day before": {"first_day": TODAY + dt.timedelta(days=1)},
    "ended by hand": {"status": "ended"},
}


@pytest.mark.parametrize("how", OVER)
def test_outside_its_days_and_once_it_is_ended_there_is_nothing(field, how):
    ref = field.loaded()
    field.change(field.greek, **OVER[how])
    lock = field.version(ref).lock
    for path in (f"/rounds/{field.greek}", f"/rounds/files/{ref}", f"/rounds/files/{ref}/progress"):
        assert field.get("maria", path).status_code == 404, path
    assert field.load().status_code == 404
    assert field.withdraw(ref, lock=lock).status_code == 404
    assert "Greece" not in field.get("maria", "/rounds").text
    assert field.version(ref).status == "checked"  # it stays with the steward
    assert field.get("steward", f"/catalogue/versions/{ref}").status_code == 200


def test_the_last_day_still_counts(field):
    field.change(field.greek, first_day=TODAY, last_day=TODAY)
    assert field.load().status_code == 303


def test_a_steward_ends_a_commission_at_once(field):
    path = f"/catalogue/commissions/{field.greek}/end"
    assert field.get("steward", path).status_code == 200
    assert field.post("project_manager", path, lock="1", code="right").status_code == 403
    assert field.post("steward", path, lock="1", code="000000").status_code == 400
    assert field.get("maria", f"/rounds/{field.greek}").status_code == 200
    assert field.post("steward", path, lock="1", code="right").status_code == 303
    assert field.get("maria", f"/rounds/{field.greek}").status_code == 404
    assert field.get("ali", f"/rounds/{field.turkish}").status_code == 200
    assert field.post("steward", path, lock="1", code="right").status_code == 303  # the second of two clicks
    assert field.post("steward", path, lock="2", code="right").status_code == 409
    assert len(field.told("dataset.commission.ended")) == 1
    assert field.give(round_name="Greece, second quarter").status_code == 303  # it may begin anew


def test_who_is_disabled_is_out(field):
    assert field.get("maria", "/rounds").status_code == 200
    with field.app.app_context(), factories.given() as current:
        current.get(Person, field.scene["maria"].id).disabled_at = clock.now()
    assert field.get("maria", f"/rounds/{field.greek}").status_code == 303
    assert field.get("eleni", f"/rounds/{field.greek}").status_code == 200


@pytest.mark.parametrize("kind", ["organisation", "person"])
def test_a_freeze_closes_it(field, kind):
    assert field.get("maria", "/rounds").status_code == 200
    target = field.houses["KMOP"] if kind == "organisation" else field.scene["maria"].ref
    field.freeze(kind, target)
    assert field.get("maria", f"/rounds/{field.greek}").status_code in {303, 403}
    eleni = field.get("eleni", f"/rounds/{field.greek}").status_code
    assert (eleni == 200) == (kind == "person")
    assert field.get("ali", f"/rounds/{field.turkish}").status_code == 200


@pytest.mark.parametrize("how", ["ended", "frozen"])
def test_what_ends_while_a_file_streams_in_ends_the_load(field, how, settings):
    def stream():
        yield a_file()
        with factories.given() as current:
            if how == "frozen":
                field._freeze(current, "organisation", field.houses["KMOP"])
            else:
                current.scalars(select(Commission).where(Commission.ref == field.greek)).one().status = "ended"

    with field.app.app_context():
        with transaction():
            maria = field.actor("maria")
        with pytest.raises(NotFound):
            actions_rounds.load(maria, field.greek, Upload(file_name="x.csv", source=stream()))
    assert field.versions() == []
    assert list(settings.vault_dir.iterdir()) == []


def test_a_contractor_needs_a_second_factor(field):
    browser = field._as_person(field.scene["maria"], authentication="pwd")
    assert browser.get("/rounds").status_code == 303
    assert "/sign-in" in browser.get("/rounds").location


ELSEWHERE = (
    *("/catalogue/", "/catalogue/{survey}", "/catalogue/{survey}/tables", "/catalogue/{survey}/owners"),
    *("/catalogue/{survey}/commissions", "/catalogue/upload", "/catalogue/versions/{version}"),
    *("/protected", "/requests", "/requests/new", "/agreements", "/people/", "/organisations", "/organisation"),
    *("/invitations", "/log", "/reports", "/rules", "/releases", "/holdings", "/emergencies", "/publications"),
)


def test_a_contractor_sees_nothing_else(field):
    with field.app.app_context(), factories.given():
        dataset = session().scalars(select(Dataset).where(Dataset.ref == field.scene["survey"])).one()
        version = factories.a_version(dataset=dataset).ref
    for path in ELSEWHERE:
        answer = field.get("maria", path.format(survey=field.scene["survey"], version=version))
        assert answer.status_code == 403, path
    menu = field.get("maria", "/rounds").text.partition("<main")[0]
    assert "/rounds" in menu
    assert "/catalogue" not in menu
    assert "/requests" not in menu
    assert field.get("maria", "/").location == "/rounds"


@pytest.mark.parametrize("name", ["steward", "coordinator", "dpo", "partner", "manager"])
def test_nobody_but_a_contractor_has_rounds(field, name):
    assert field.get(name, "/rounds").status_code == 403
    assert field.get(name, f"/rounds/{field.greek}").status_code == 403
