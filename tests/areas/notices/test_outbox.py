"""The outbox of staff: what became of letters, never what they say; sending again what was given up."""

import dataclasses
import re

import pytest
from sqlalchemy import select, update

from portal import clock, mail, ports
from portal.actor import Role
from portal.db import session, transaction
from portal.notices import words
from tests import factories
from tests.areas.auth.pages import events, send
from tests.factories import given

SECRET = "MMC-4Mi-2026-7777"


@pytest.fixture
def people(app):
    with app.app_context(), given():
        mmc = factories.an_organisation(kind="mmc")
        return {
            "reader": factories.a_person(name="Rita Reader"),
            "administrator": factories.a_person(organisation=mmc, roles=[Role.ADMINISTRATOR]),
            "dpo": factories.a_person(organisation=mmc, roles=[Role.DPO]),
            "steward": factories.a_person(organisation=mmc, roles=[Role.STEWARD]),
        }


@pytest.fixture
def browser(people, as_person):
    known = {}

    def open_one(name):
        return known.setdefault(name, as_person(people[name]))

    return open_one


@pytest.fixture
def written(app, people):
    """Three letters: one waits, one was given up, one may have come twice."""
    with app.app_context(), given() as current:
        for number in range(3):
            mail.write(
                people["reader"].email, "en", "request_submitted", name="Rita", number=SECRET, path="/x", dataset={}
            )
            current.flush()
            found = current.scalars(select(mail.Letter).order_by(mail.Letter.id.desc()).limit(1)).one()
            values = [{}, {"status": "failed", "fault": "refused_for_good", "attempts": 1}, {"status": "doubt"}][number]
            if values:
                current.execute(update(mail.Letter).where(mail.Letter.id == found.id).values(**values))
    return letters(app)


def letters(app):
    with app.app_context(), transaction():
        return list(session().scalars(select(mail.Letter).order_by(mail.Letter.id)))


def test_the_page_says_what_became_of_letters_and_not_what_they_say(app, browser, written, people):
    page = browser("administrator").get("/outbox").text
    assert page.count("Rita Reader") == 3
    for said in ("Waits to be sent", "Given up", "Sent, perhaps twice", "refused it for good"):
        assert said in page
    assert SECRET not in page
    assert people["reader"].email not in page
    assert [name for name, *_ in events(app, "outbox.viewed")] == ["outbox.viewed"]


def test_each_attempt_stands_with_its_moment_and_what_became_of_it(app, browser, written):
    outcomes = ("unreachable", "refused_for_good")
    with app.app_context(), given() as current:
        for number, outcome in enumerate(outcomes, 1):
            current.add(mail.Attempt(letter_id=written[1].id, number=number, outcome=outcome, ended_at=clock.now()))
        current.add(mail.Attempt(letter_id=written[2].id, number=1))
    page = browser("administrator").get("/outbox").text
    assert page.count("Each attempt") == 2
    told = [words.FAULT[one] for one in outcomes]
    assert page.index(str(told[0])) < page.rindex(str(told[1]))
    assert "Being sent" in page


def test_the_officer_reads_and_sends_nothing(browser, written):
    page = browser("dpo").get("/outbox").text
    assert "Given up" in page
    assert "/resend" not in page
    assert send(browser("dpo"), f"/outbox/{written[1].message_id}/resend").status_code == 403
    assert send(browser("dpo"), "/outbox/resend").status_code == 403
    assert browser("steward").get("/outbox").status_code == 403
    assert browser("reader").get("/outbox").status_code == 403


def test_the_list_is_narrowed_and_sorted(browser, written):
    page = browser("administrator").get("/outbox?status=failed").text
    assert page.count("Rita Reader") == 1
    page = browser("administrator").get("/outbox?sort=attempts&descending=True").text
    assert page.index("Given up</span>") < page.index("Sent, perhaps twice</span>")
    assert 'aria-sort="descending"' in page
    assert "No letter fits" in browser("administrator").get("/outbox?kind=review").text
    assert browser("administrator").get("/outbox?sort=address").status_code == 400


def test_a_letter_that_was_given_up_is_sent_again_once_and_logged(app, browser, written):
    failed = written[1]
    assert f"/outbox/{failed.message_id}/resend" in browser("administrator").get("/outbox").text
    for _ in range(2):
        assert send(browser("administrator"), f"/outbox/{failed.message_id}/resend").status_code == 303
    now = letters(app)[1]
    assert (now.status, now.attempts, now.message_id) == ("queued", 1, failed.message_id)
    assert now.allowed > mail.MOST_ATTEMPTS
    assert [(name, ref) for name, _, _, ref in events(app, "outbox.resent")] == [("outbox.resent", failed.message_id)]
    ports.house.config = dataclasses.replace(ports.house.config, smtp_url="")
    with app.app_context():
        assert mail.carry() == 2


def test_what_was_not_given_up_is_not_sent_again(app, browser, written):
    assert send(browser("administrator"), f"/outbox/{written[2].message_id}/resend").status_code == 403
    assert send(browser("administrator"), f"/outbox/{written[0].message_id}/resend").status_code == 403
    assert send(browser("administrator"), f"/outbox/{'0' * 32}/resend").status_code == 404


def test_all_that_was_given_up_is_sent_again_but_what_has_no_words_left(app, browser, written):
    with app.app_context(), given() as current:
        current.execute(update(mail.Letter).where(mail.Letter.id != written[1].id).values(status="failed"))
        current.execute(
            update(mail.Letter).where(mail.Letter.id == written[2].id).values(pruned_at=clock.now(), values={})
        )
    page = browser("administrator").get("/outbox").text
    assert re.search(r"Send all 2 letters again", page)
    assert send(browser("administrator"), "/outbox/resend").status_code == 303
    assert [one.status for one in letters(app)] == ["queued", "queued", "failed"]
    assert len(events(app, "outbox.resent")) == 2
    assert send(browser("administrator"), "/outbox/resend").status_code == 303
    assert "No letter waits to be sent again." in browser("administrator").get("/outbox").text
