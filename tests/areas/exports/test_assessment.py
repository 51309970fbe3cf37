"""The anonymisation assessment: signed by two offices, dated, and looked at again every year or nothing is shared."""

import datetime as dt
import hashlib
import json

import pytest
from flask_migrate import downgrade, upgrade
from sqlalchemy import select

from portal import clock, ports
from portal.actor import system
from portal.db import session, transaction
from portal.exports import actions_review
from portal.exports.models import ProtectedFile, Release
from portal.mail import Letter, compose
from tests import factories
from tests.areas.auth.pages import events, token_of
from tests.snapshots import accept, work_off

pytestmark = pytest.mark.moment("signed")
LOOKED = "No publication since shows these people; no complaint came in."


def the_file(app, tier="partner"):
    with app.app_context(), transaction():
        return session().scalars(select(ProtectedFile).where(ProtectedFile.tier == tier)).one()


def due(app, days):
    """Let the review be due in so many days."""
    with app.app_context(), factories.given() as current:
        file = current.scalars(select(ProtectedFile).where(ProtectedFile.tier == "partner")).one()
        file.review_by = clock.today() + dt.timedelta(days=days)


def offered(app):
    file = the_file(app)
    with app.app_context(), transaction():
        return ports.house.protected_menu(file.version_id, file.tier) is not None


def sign(app, browser, verdict="signed", reason=LOOKED):
    file = the_file(app)
    page = f"/protected/{file.ref}"
    fields = {"csrf_token": token_of(browser, page), "verdict": verdict, "reason": reason, "sha256": file.sha256}
    return browser.post(f"{page}/sign", data=fields)


def record_of(browser, file):
    answer = browser.get(f"/protected/{file.ref}/assessment.json")
    assert answer.mimetype == "application/json"
    return json.loads(answer.data)


@pytest.mark.moment("proposed")
def test_what_is_signed_can_be_computed_again_by_anyone(app, browser):
    file = the_file(app)
    for who in ("steward", "dpo"):
        assert sign(app, browser(who), reason="").status_code == 303
    told = record_of(browser("dpo"), file)
    written = json.dumps(told["assessment"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    digest = hashlib.sha256(written.encode()).hexdigest()
    assert [one["sha256"] for one in told["signatures"]] == [digest, digest] == [told["sha256"]] * 2
    assert {one["office"] for one in told["signatures"]} == {"steward", "dpo"}
    assert told["assessment"]["file_sha256"] == file.sha256
    assert told["assessment"]["risk"]["smallest_class"] >= 5
    assert told["review_by"] == (clock.today() + dt.timedelta(days=365)).isoformat()
    page = browser("dpo").get(f"/protected/{file.ref}/assessment").text
    assert digest in page
    assert "What this page shows is not what was signed" not in page
    with app.app_context(), factories.given() as current:
        current.get(ProtectedFile, file.id).report = {**file.report, "suppressed_cells": 0}
    assert "What this page shows is not what was signed" in browser("dpo").get(f"/protected/{file.ref}/assessment").text


def test_an_overdue_review_stops_new_use_until_both_offices_have_looked_again(app, browser):
    due(app, -1)
    assert not offered(app)
    assert "The yearly review is overdue" in browser("dpo").get(f"/protected/{the_file(app).ref}").text
    answer = sign(app, browser("steward"), reason="")
    assert answer.status_code == 400
    assert "Say what you looked at again" in answer.text
    assert sign(app, browser("steward")).status_code == 303
    assert sign(app, browser("steward")).status_code == 403, "two different people review"
    assert not offered(app)
    assert sign(app, browser("dpo")).status_code == 303
    assert offered(app)
    assert the_file(app).review_by == clock.today() + dt.timedelta(days=365)
    assert len(events(app, "file.reviewed")) == 2
    told = record_of(browser("dpo"), the_file(app))
    assert [one["review"] for one in told["signatures"]] == [0, 0, 1, 1]
    assert sign(app, browser("dpo")).status_code == 403, "the next review is a year away"


@pytest.mark.parametrize(("days", "status"), [(31, 403), (30, 303), (0, 303)])
def test_a_review_may_begin_thirty_days_before(app, browser, days, status):
    due(app, days)
    assert offered(app)
    assert sign(app, browser("dpo")).status_code == status
    assert offered(app)


def remind(app):
    with app.app_context(), transaction():
        return actions_review.remind(system("keeper"))


def test_both_offices_get_a_letter_a_month_before_and_only_once(app, people):
    due(app, 31)
    assert remind(app) == 0
    due(app, 30)
    assert remind(app) == 1
    assert remind(app) == 0
    with app.app_context(), transaction() as current:
        letters = list(current.scalars(select(Letter).where(Letter.template == "review_due")))
        with app.test_request_context():
            texts = [compose(one).get_content() for one in letters]
    offices = {people["steward"].email, people["dpo"].email}
    assert offices <= {one.address for one in letters}
    assert people["analyst"].email not in {one.address for one in letters}
    day = (clock.today() + dt.timedelta(days=30)).isoformat()
    assert all(day in text and f"/protected/{the_file(app).ref}" in text for text in texts)
    assert [name for name, *_ in events(app, "file.review_due")] == ["file.review_due"]
    due(app, 20)
    assert remind(app) == 1, "another last day is another review"


def test_a_file_that_is_held_needs_no_reminder(app):
    due(app, 5)
    with app.app_context(), factories.given() as current:
        current.scalars(select(ProtectedFile).where(ProtectedFile.tier == "partner")).one().status = "held"
    assert remind(app) == 0


def test_a_review_may_end_the_file(app, browser):
    due(app, 3)
    assert sign(app, browser("dpo"), "held", "A newspaper printed the list of places.").status_code == 303
    assert the_file(app).status == "held"
    assert not offered(app)
    assert sign(app, browser("steward")).status_code == 403


def test_a_recipient_is_told_to_wait_and_cannot_download(app, browser, facts):
    with app.app_context():
        made = accept(facts)
        work_off()
    person, page = browser("analyst"), f"/requests/{made['request']}"
    address = f"/releases/{made['release']}/download"
    assert address in person.get(page).text
    token = token_of(person, page)
    due(app, -1)
    shown = person.get(page).text
    assert address not in shown
    assert "Not to be had at present" in shown
    assert person.post(address, data={"csrf_token": token}).status_code == 403
    due(app, 0)
    assert person.post(address, data={"csrf_token": token}).status_code == 200


def test_the_signers_own_words_are_not_in_what_is_passed_on(app, browser):
    due(app, 3)
    assert sign(app, browser("dpo"), "held", "Somebody complained in Agadez.").status_code == 303
    file = the_file(app)
    assert "Agadez" not in json.dumps(record_of(browser("coordinator"), file))
    assert "Agadez" in browser("steward").get(f"/protected/{file.ref}").text


def test_the_migration_can_be_taken_back_with_rows_in_its_tables(app):
    with app.app_context():
        downgrade(revision="0005")
        upgrade()
    assert the_file(app).review_by == clock.today() + dt.timedelta(days=365)


def test_what_was_never_dated_is_not_shared(app):
    with app.app_context(), factories.given() as current:
        current.scalars(select(ProtectedFile).where(ProtectedFile.tier == "partner")).one().review_by = None
    assert not offered(app)


def test_no_release_is_built_while_the_review_is_overdue(app, browser, facts):
    with app.app_context():
        accept(facts)
    due(app, -1)
    with app.app_context():
        work_off()
        with transaction():
            release = session().scalars(select(Release).order_by(Release.id.desc())).first()
            assert (release.status, release.held_as) == ("held", "terms")
            ref = release.ref
    due(app, 200)
    page = browser("steward").get("/held")
    assert "its yearly review is overdue" in page.text
    fields = {"csrf_token": token_of(browser("steward"), "/held"), "lock": release.lock}
    assert browser("steward").post(f"/releases/{ref}/again", data=fields).status_code == 303
    with app.app_context():
        work_off()
        with transaction():
            assert session().scalars(select(Release).where(Release.ref == ref)).one().status == "available"
