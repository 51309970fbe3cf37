"""Who co-owns a module is recorded by the steward or the coordinator, dated and logged; partners read it."""

import datetime as dt
import json

import pytest
from sqlalchemy import select

from portal import clock
from portal.actor import Role
from portal.audit.models import AuditEvent
from portal.auth.models import Organisation
from portal.catalogue.models import Variable
from portal.catalogue.models_owners import Coownership
from portal.db import session, transaction
from tests import factories
from tests.areas.auth.pages import code_for, events, token_of

TODAY = clock.today()
VARIABLES = {
    "exp_any": ("12_incidents_experienced", "sensitive"),
    "exp_types": ("12_incidents_experienced", "sensitive"),
    "drivers": ("06_drivers", "non_confidential"),
    "phone": ("04_profile", "direct_identifier"),
}


class Page:
    """The page of co-owners, and the people before it."""

    def __init__(self, app, scene, as_person):
        self.app, self.scene, self._as_person, self._browsers = app, scene, as_person, {}
        with app.app_context(), factories.given() as current:
            dataset = current.scalars(select(factories.Dataset).where(factories.Dataset.code == "4mi-core")).one()
            version = factories.a_version(dataset=dataset)
            for position, (name, (section, role)) in enumerate(VARIABLES.items()):
                values = {"label_en": f"Question {name}", "section": section, "role": role, "type": "x"}
                current.add(Variable(version_id=version.id, position=position, name=name, **values))
            self.unfpa = factories.an_organisation(name="UNFPA", kind="un").ref
            self.path = f"/catalogue/{dataset.ref}/owners"
            mmc = current.scalars(select(Organisation).where(Organisation.kind == "mmc")).one()
            self.mmc = mmc.ref
            scene["coordinator"] = factories.a_person(organisation=mmc, roles=[Role.COORDINATOR])
            scene["project_manager"] = factories.a_person(organisation=mmc, roles=[Role.PROJECT_MANAGER])

    def browser(self, name):
        if name not in self._browsers:
            self._browsers[name] = self._as_person(self.scene[name])
        return self._browsers[name]

    def get(self, name, path=""):
        return self.browser(name).get(path or self.path)

    def post(self, name, path, **fields):
        with self.app.app_context(), factories.given():
            session().get(factories.Person, self.scene[name].id).totp_last_step = 0
        known = {"csrf_token": token_of(self.browser(name), "/privacy"), "code": code_for(self.app, self.scene[name])}
        return self.browser(name).post(path, data=known | fields)

    def record(self, name="steward", **fields):
        known = {"organisation": self.unfpa, "sections": ["12_incidents_experienced"], "variables": ["drivers"]}
        return self.post(name, self.path, **known | {"first_day": TODAY.isoformat(), "last_day": ""} | fields)

    def end(self, name="steward", **fields):
        (row,) = self.rows()
        known = {"lock": row.lock, "last_day": TODAY.isoformat()}
        return self.post(name, f"/catalogue/owners/{row.ref}/end", **known | fields)

    def told(self, name):
        with self.app.app_context(), transaction():
            bodies = session().scalars(select(AuditEvent.body).where(AuditEvent.type == name))
            return [json.loads(body) for body in bodies]

    def rows(self):
        with self.app.app_context(), transaction():
            return list(session().scalars(select(Coownership).order_by(Coownership.id)))


@pytest.fixture
def page(app, scene, as_person):
    return Page(app, scene, as_person)


def day(shift):
    return (TODAY + dt.timedelta(days=shift)).isoformat()


@pytest.mark.parametrize("name", ["steward", "coordinator"])
def test_a_co_owner_is_recorded_with_its_days_and_logged(page, name):
    answer = page.record(name, last_day=day(90))
    assert answer.status_code == 303, answer.text
    (row,) = page.rows()
    assert (row.sections, row.variables) == (["12_incidents_experienced"], ["drivers"])
    assert (row.first_day, row.last_day) == (TODAY, TODAY + dt.timedelta(days=90))
    (event,) = page.told("dataset.owner.recorded")
    assert event["target"]["type"] == "dataset"
    assert event["change"]["valid_to"] == ["", day(90)]
    shown = page.get(name).text
    assert "UNFPA" in shown
    assert "Incidents experienced" in shown
    assert "In force" in shown


@pytest.mark.parametrize(
    ("name", "status"), [("project_manager", 403), ("dpo", 403), ("manager", 403), ("partner", 403)]
)
def test_nobody_else_records_one(page, name, status):
    assert page.record(name).status_code == status
    assert page.rows() == []


@pytest.mark.parametrize(
    ("name", "status"), [("project_manager", 200), ("dpo", 200), ("manager", 403), ("partner", 403)]
)
def test_who_works_on_data_reads_the_page(page, name, status):
    answer = page.get(name)
    assert answer.status_code == status
    assert 'name="organisation"' not in answer.text


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"organisation": "0" * 32}, "organisation"),
        ({"organisation": ""}, "organisation"),
        ({"sections": [], "variables": []}, "sections"),
        ({"sections": ["99_nowhere"]}, "sections"),
        ({"variables": ["nothing"]}, "variables"),
        ({"variables": ["phone"]}, "variables"),  # can never be asked for
        ({"last_day": day(-1)}, "last_day"),
        ({"first_day": "soon"}, "first_day"),
        ({"code": "000000"}, "code"),
    ],
)
def test_what_does_not_fit_comes_back_with_what_was_typed(page, fields, field):
    answer = page.record(**fields)
    assert answer.status_code == 400
    assert f'id="f-{field}-error"' in answer.text
    assert page.rows() == []
    if field != "organisation":
        assert f'<option value="{page.unfpa}" selected>' in answer.text


def test_mmc_itself_is_no_co_owner(page):
    assert page.record(organisation=page.mmc).status_code == 400


def test_two_clicks_record_it_once_and_the_same_again_on_these_days_is_refused(page):
    assert page.record().status_code == 303
    assert page.record().status_code == 303
    assert len(page.rows()) == 1
    again = page.record(first_day=day(5))
    assert again.status_code == 400
    assert "already" in again.text
    assert page.record(sections=[], variables=["exp_any"]).status_code == 303


def test_it_ends_with_a_day_and_is_logged(page):
    assert page.record().status_code == 303
    (row,) = page.rows()
    assert page.get("steward", f"/catalogue/owners/{row.ref}/end").status_code == 200
    assert page.end().status_code == 303
    (row,) = page.rows()
    assert (row.last_day, row.status) == (TODAY, "ended")
    (event,) = page.told("dataset.owner.ended")
    assert event["change"]["valid_to"] == ["", day(0)]


def test_two_clicks_end_it_once(app, page):
    assert page.record().status_code == 303
    (row,) = page.rows()
    for _ in range(2):
        assert page.end(lock=row.lock).status_code == 303
    assert len(events(app, "dataset.owner.ended")) == 1


@pytest.mark.parametrize(
    ("fields", "status"),
    [({"last_day": day(-1)}, 400), ({"last_day": day(11)}, 400), ({"code": "000000"}, 400), ({"lock": 9}, 409)],
    ids=["past", "later than it would", "code", "stale"],
)
def test_an_end_that_does_not_stand(page, fields, status):
    assert page.record(last_day=day(10)).status_code == 303
    assert page.end(**fields).status_code == status
    assert page.rows()[0].last_day == TODAY + dt.timedelta(days=10)


def test_what_is_over_does_not_end_again(page):
    assert page.record(first_day=day(-9), last_day=day(-1)).status_code == 303
    assert "Over" in page.get("steward").text
    assert page.end(last_day=day(-2)).status_code == 409


def test_what_has_not_begun_may_end_before_it_does(page):
    assert page.record(first_day=day(5)).status_code == 303
    assert "To come" in page.get("steward").text
    assert page.end().status_code == 303
    assert "Ended before it began" in page.get("steward").text


@pytest.mark.parametrize("name", ["project_manager", "dpo", "partner"])
def test_nobody_else_ends_it(page, name):
    assert page.record().status_code == 303
    assert page.end(name).status_code == 403
    assert page.rows()[0].last_day is None


def test_partners_read_in_the_dictionary_with_whom_a_variable_is_co_owned(page):
    assert page.record(sections=["12_incidents_experienced"], variables=[]).status_code == 303
    shown = page.get("partner", page.path.removesuffix("/owners")).text
    assert shown.count("Co-owned with UNFPA") == 2
    assert "/owners" not in shown


def test_an_empty_page_says_what_to_do(page):
    assert "Nobody co-owns anything of this dataset yet" in page.get("steward").text
    assert "A data steward or the coordinator records it here" in page.get("dpo").text


def test_a_dataset_that_is_not_there_is_not_found(page):
    nowhere = f"/catalogue/{'0' * 32}/owners"
    assert page.get("steward", nowhere).status_code == 404
    assert page.post("steward", nowhere, organisation=page.unfpa, first_day=day(0)).status_code in {400, 404}
