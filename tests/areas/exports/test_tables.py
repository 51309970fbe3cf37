"""Tables at once: who gets them, of what, within the agreement; and that each is in the log."""

import csv
import datetime as dt
import io
import json

import pytest
from sqlalchemy import select, update

from portal import clock
from portal.agreements.models import Agreement
from portal.audit.models import AuditEvent
from portal.catalogue import interactive
from portal.catalogue.geography import region_today
from portal.db import session, transaction
from portal.exports import protecting
from portal.exports.models import ProtectedFile
from tests import factories
from tests.areas.auth.pages import events

pytestmark = pytest.mark.moment("signed")
NAME = "table"


def page(browser, facts, **asked):
    return browser.get(f"/catalogue/{facts['dataset']}/tables", query_string=asked)


def lines(browser, facts, **asked):
    answer = page(browser, facts, **asked, **{"as": "csv"})
    assert answer.status_code == 200
    assert answer.mimetype == "text/csv"
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))


def changed(app, model, *where, **values):
    with app.app_context(), factories.given() as current:
        current.execute(update(model).where(*where).values(**values))


def the_file(app):
    with app.app_context(), transaction():
        file = session().scalars(select(ProtectedFile).where(ProtectedFile.tier == NAME)).one()
        return file, protecting.frame_of(file)


def in_regions(frame, regions):
    """The rows of countries for which one of today's regions answers."""
    return frame[frame["country"].map(lambda code: (region_today(code, clock.today()) or "unassigned") in regions)]


def test_a_partner_counts_at_once_what_the_file_holds_in_the_agreement_s_regions(app, browser, facts):
    """Today's regions, by country: the file's own region is that of the day of the interview."""
    _, frame = the_file(app)
    for regions in (["WANA"], ["WANA", "ESA"], ["ESA", "unassigned"]):
        changed(app, Agreement, regions=regions)
        mine = in_regions(frame, regions)
        asked = lines(browser("analyst"), facts, row="gender", column="year")
        found = {(one["row"], one["column"]): one["count"] for one in asked}
        assert 0 < len(mine) < len(frame)
        assert found["all", "all"] == str(len(mine))
        for (gender, year), count in mine.groupby(["gender", "year"]).size().items():
            assert found[gender, year] == str(count)
            assert count >= 10


def test_a_table_is_a_page_and_leaves_a_trace_of_what_was_asked(app, browser, facts):
    notice = clock.today() + dt.timedelta(days=3)  # the agreement runs through the day of which notice was given
    changed(app, Agreement, terminated_on=notice)
    shown = page(browser("analyst"), facts, row="country", column="drivers", gender="woman")
    assert interactive.URL in shown.text
    assert shown.status_code == 200
    assert "<table" in shown.text
    assert "Download as CSV" in shown.text
    assert [name for name, *_ in events(app, "table.made")] == ["table.made"]
    with app.app_context(), transaction():
        event = session().scalars(select(AuditEvent).where(AuditEvent.type == "table.made")).one()
        told = json.loads(event.body)
    asked = told["data"]["sdc"]
    assert (asked["row"], asked["column"], asked["where"]["gender"]) == ("country", "drivers", ["woman"])
    assert told["purpose"]["mou"]


def test_the_form_alone_makes_nothing(app, browser, facts):
    form = page(browser("analyst"), facts)
    assert form.status_code == 200
    assert "Make the table" in form.text
    assert "<tbody" not in form.text
    assert events(app, "table.made") == []


@pytest.mark.parametrize(
    "asked",
    [
        {"row": "phone"},
        {"row": "gender", "column": "quote"},
        {"row": "gender", "column": "gender"},
        {"row": "gender", "year": "1999"},
        {"row": "gender", "age_band": "b1824"},
    ],
)
def test_what_is_not_on_offer_is_named_and_the_rest_stays(app, browser, facts, asked):
    answer = page(browser("analyst"), facts, **asked)
    assert answer.status_code == 400
    assert "is not on offer here" in answer.text
    assert events(app, "table.made") == []


def test_what_the_agreement_does_not_cover_is_not_offered_and_not_counted(app, browser, facts):
    changed(app, Agreement, most_sensitive=1)
    analyst = browser("analyst")
    assert 'value="exp_any"' not in page(analyst, facts).text
    assert page(analyst, facts, row="gender", column="exp_any").status_code == 400
    changed(app, Agreement, datasets=["4mi-incidents"])
    assert page(analyst, facts, row="gender").status_code == 403
    changed(app, Agreement, status="suspended")
    assert "No tables of this dataset yet" in page(analyst, facts, row="gender").text
    assert events(app, "table.made") == []


def test_a_country_of_another_region_is_not_on_offer(app, browser, facts):
    _, frame = the_file(app)
    changed(app, Agreement, regions=["WANA"])
    mine = set(in_regions(frame, ["WANA"])["country"])
    other = min(set(frame["country"]) - mine - {".s"})
    analyst = browser("analyst")
    assert page(analyst, facts, row="gender", country=other).status_code == 400
    assert page(analyst, facts, row="gender", country=".s").status_code == 400
    assert {one["row"] for one in lines(analyst, facts, row="country")} == {"all", *mine}


def test_what_only_some_were_asked_is_as_sensitive_as_what_decided_it(app, browser, facts):
    """Whoever was asked whether the smuggler misled them used one."""
    file, _ = the_file(app)
    classes = {one["name"]: one["sensitivity"] for one in file.menu["variables"]}
    assert classes["smuggler_misled"] >= classes["smuggler_use"] > 1
    changed(app, Agreement, most_sensitive=classes["smuggler_use"] - 1)
    assert page(browser("analyst"), facts, row="gender", column="smuggler_misled").status_code == 400


@pytest.mark.parametrize(
    "values", [{"status": "proposed"}, {"status": "held"}, {"review_by": None}, {"review_by": dt.date(2020, 1, 1)}]
)
def test_without_a_signed_file_whose_assessment_holds_there_is_nothing(app, browser, facts, values):
    changed(app, ProtectedFile, ProtectedFile.tier == NAME, **values)
    for who in ("analyst", "dpo"):
        assert "No tables of this dataset yet" in page(browser(who), facts, row="gender").text
    assert events(app, "table.made") == []


def test_staff_need_no_agreement_and_see_every_region(app, browser, facts):
    _, frame = the_file(app)
    found = {one["row"]: one["count"] for one in lines(browser("dpo"), facts, row="region")}
    assert found["all"] == str(len(frame))


def test_shares_are_missing_where_too_many_answers_are_hidden(app, browser, facts):
    found = [one for one in lines(browser("dpo"), facts, row="gender", column="smuggler_use") if one["column"] == "yes"]
    assert {(one["count"], one["share"]) for one in found} == {("", "")}
    assert next(one for one in found if one["row"] == "all")["why_missing"] == "hidden"
