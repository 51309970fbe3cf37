"""Tables by an emergency: only what was granted, only for whom, and closed by whatever closes any other table."""

import datetime as dt

import pytest
from sqlalchemy import select

from portal import clock
from portal.agreements.models import Agreement
from portal.auth.models import Grant, Organisation, Person
from portal.catalogue.geography import region_today
from portal.catalogue.models import Dataset
from portal.db import session, transaction
from portal.emergencies.models import Emergency
from portal.exports.models import ProtectedFile
from portal.freezes import Freeze
from tests import factories
from tests.areas.auth.pages import events
from tests.areas.exports.test_tables import changed, lines, page, the_file

pytestmark = pytest.mark.moment("signed")


@pytest.fixture
def lands(app):
    """A country whose region the agreement leaves out, and another that was not asked for."""
    _, frame = the_file(app)
    changed(app, Agreement, regions=["ASIA"])
    here = sorted(code for code in set(frame["country"]) - {".s"} if region_today(code, clock.today()) == "WANA")
    return here[0], here[1]


@pytest.fixture
def granted(app, facts, lands):
    """An emergency that was granted to the analyst."""
    with app.app_context(), factories.given() as current:
        analyst = current.get(Person, facts["people"]["analyst"].id)
        agreement = current.scalars(select(Agreement).where(Agreement.ref == facts["agreement"])).one()
        dataset = current.scalars(select(Dataset).where(Dataset.ref == facts["dataset"])).one()
        years = [one["code"] for one in _values(current, "year")][-1:]
        made = Emergency(
            number="EM-2026-0001", status="granted", requester_id=analyst.id, organisation_id=analyst.organisation_id,
            agreement_id=agreement.id, dataset_id=dataset.id, countries=[lands[0]], years=years, happened="x",
            needed_for="x", time_zone="UTC", granted_at=clock.now(), ends_at=clock.now() + dt.timedelta(days=14),
            review_due_at=clock.now() + dt.timedelta(days=7),
        )  # fmt: skip
        current.add(made)
        current.flush()
        return made.ref


def _values(current, name):
    file = current.scalars(select(ProtectedFile).where(ProtectedFile.tier == "table")).one()
    return next(one["values"][name] for one in file.menu["keys"] if name in one["values"])


def frozen(app, kind, target="", rows=None):
    with app.app_context(), factories.given() as current:
        head = current.scalars(select(Person.id).limit(1)).one()
        what = {"kind": kind, "target": target, "rows": rows or {}, "reason": "A reason.", "set_as": "head"}
        current.add(Freeze(number="STOP-2026-001", standing="x", set_by=head, **what))


def test_only_the_countries_and_years_that_were_granted_are_counted(app, browser, facts, granted, lands):
    _, frame = the_file(app)
    with app.app_context(), transaction():
        years = session().scalars(select(Emergency.years)).one()
    mine = frame[(frame["country"] == lands[0]) & frame["year"].isin(years)]
    found = {
        (one["row"], one["column"]): one["count"] for one in lines(browser("analyst"), facts, row="year", under=granted)
    }
    assert {row for row, _ in found} == {"all", *years}
    assert sum(int(count) for (row, _), count in found.items() if row == "all") == len(mine)
    asked = {"row": "gender", "under": granted}
    assert page(browser("analyst"), facts, country=lands[1], **asked).status_code == 400
    assert page(browser("analyst"), facts, country=".s", **asked).status_code == 400
    assert page(browser("analyst"), facts, year=years[0], **asked).status_code == 200
    changed(app, Emergency, years=["1999"])
    assert page(browser("analyst"), facts, year=years[0], **asked).status_code == 400


def test_the_most_sensitive_class_is_left_to_requests(app, browser, facts, granted):
    with app.app_context(), transaction():
        file = session().scalars(select(ProtectedFile).where(ProtectedFile.tier == "table")).one()
    classes = {one["name"]: one["sensitivity"] for one in file.menu["variables"]}
    red = [name for name, level in classes.items() if level > 3]
    amber = [name for name, level in classes.items() if level == 3]
    shown = page(browser("analyst"), facts, under=granted).text
    assert all(f'value="{name}"' not in shown for name in red)
    assert any(f'value="{name}"' in shown for name in amber)
    for name in red[:2]:
        assert page(browser("analyst"), facts, row="gender", column=name, under=granted).status_code == 400
    assert page(browser("analyst"), facts, row="gender", column=amber[0], under=granted).status_code == 200


def test_where_no_agreement_covers_the_dataset_the_emergency_is_taken_by_itself(app, browser, facts, granted):
    changed(app, Agreement, datasets=["4mi-incidents"])
    shown = page(browser("analyst"), facts, row="gender")
    assert shown.status_code == 200
    assert "By emergency EM-2026-0001" in shown.text
    assert page(browser("colleague"), facts, row="gender").status_code == 403


def test_the_agreement_s_own_tables_stay_and_name_the_other_way(browser, facts, granted):
    shown = page(browser("analyst"), facts)
    assert "By emergency" not in shown.text
    assert f"under={granted}" in shown.text


def test_nobody_else_makes_tables_by_it(browser, facts, granted):
    for who in ("colleague", "dpo", "manager", "stranger"):
        answer = page(browser(who), facts, row="gender", under=granted)
        assert answer.status_code == 404 or "<tbody" not in answer.text, who
    assert page(browser("analyst"), facts, row="gender", under="0" * 32).status_code == 404


@pytest.mark.parametrize("status", ["asked", "refused", "lapsed", "withdrawn", "over", "stopped"])
def test_only_a_granted_one_opens_anything(app, browser, facts, granted, status):
    changed(app, Emergency, status=status)
    assert page(browser("analyst"), facts, row="gender", under=granted).status_code == 404


def test_the_clock_alone_ends_it(app, browser, facts, granted):
    changed(app, Emergency, ends_at=clock.now() - dt.timedelta(seconds=1))
    assert page(browser("analyst"), facts, row="gender", under=granted).status_code == 404
    changed(app, Emergency, ends_at=None)
    assert page(browser("analyst"), facts, row="gender", under=granted).status_code == 404


@pytest.mark.parametrize(
    "values",
    [{"status": "suspended"}, {"status": "ended"}, {"ends_on": dt.date(2020, 1, 1)}, {"ip_ranges": ["10.0.0.0/8"]}],
    ids=["suspended", "ended", "past", "network"],
)
def test_without_an_agreement_that_runs_nothing_is_open(app, browser, facts, granted, values):
    changed(app, Agreement, **values)
    answer = page(browser("analyst"), facts, row="gender", under=granted)
    assert answer.status_code in {200, 404}
    assert "<tbody" not in answer.text
    assert events(app, "table.made") == []


def test_whoever_left_the_organisation_or_the_role_makes_none(app, browser, facts, granted):
    analyst = browser("analyst")
    with app.app_context(), factories.given() as current:
        other = current.scalars(select(Organisation).where(Organisation.name == "Other partner")).one().id
    changed(app, Person, Person.id == facts["people"]["analyst"].id, organisation_id=other)
    assert page(analyst, facts, row="gender", under=granted).status_code == 404
    changed(app, Grant, Grant.person_id == facts["people"]["analyst"].id, valid_to=clock.today() - dt.timedelta(days=1))
    assert page(analyst, facts, row="gender", under=granted).status_code in {303, 403}
    assert events(app, "table.made") == []


def test_a_freeze_of_the_dataset_or_of_its_rows_closes_it_too(app, browser, facts, granted, lands):
    frozen(app, "place", rows={"country": [lands[0]]})
    assert page(browser("analyst"), facts, row="gender", under=granted).status_code == 403
    changed(app, Freeze, status="lifted")
    assert page(browser("analyst"), facts, row="gender", under=granted).status_code == 200
    changed(app, Freeze, status="in_force", kind="dataset", target=facts["dataset"], rows={})
    assert page(browser("analyst"), facts, row="gender", under=granted).status_code == 403


@pytest.mark.parametrize("kind", ["person", "organisation"])
def test_a_freeze_of_who_asked_closes_it_too(app, browser, facts, granted, kind):
    analyst = browser("analyst")
    with app.app_context(), transaction() as current:
        house = current.get(Organisation, facts["people"]["analyst"].organisation_id).ref
    frozen(app, kind, {"person": facts["people"]["analyst"].ref, "organisation": house}[kind])
    assert page(analyst, facts, row="gender", under=granted).status_code in {303, 403}
    assert events(app, "table.made") == []


def test_the_log_says_by_what_a_table_was_made(app, browser, facts, granted):
    lines(browser("analyst"), facts, row="gender", under=granted)
    assert [name for name, *_ in events(app, "table.made")] == ["table.made"]
