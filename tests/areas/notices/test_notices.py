"""What the portal tells people: their own list, how each kind comes, the daily digest, and forgetting old words."""

import datetime as dt
import re

import pytest
from sqlalchemy import select

from portal import clock, mail
from portal.actor import Role
from portal.db import session, transaction
from portal.letters.kinds import KINDS, OF, Way
from portal.letters.states import LETTER
from portal.notices import words
from portal.notices.models import MessageSetting
from tests import factories
from tests.areas.auth.pages import events, send
from tests.factories import given

DATASET = {"label_en": "Core survey", "label_fr": "Enquête principale"}


@pytest.fixture
def amina(app):
    with app.app_context(), given():
        return factories.a_person(name="Amina", language="en", time_zone="Africa/Nairobi")


@pytest.fixture
def other(app):
    with app.app_context(), given():
        return factories.a_person(name="Somebody Else")


@pytest.fixture
def browser(amina, as_person):
    return as_person(amina)


def tell(app, person, template="request_submitted", number="MMC-4Mi-2026-0001", **more):
    with app.app_context(), given():
        values = {"name": person.name, "number": number, "dataset": DATASET, "path": f"/requests/{'a' * 32}"}
        mail.write(person.email, person.language, template, **values | more)


def letters(app, *where):
    with app.app_context(), transaction():
        return list(session().scalars(select(mail.Letter).where(*where).order_by(mail.Letter.id)))


def unread(page):
    found = re.search(r'count-mark">(\d+)', page)
    return int(found[1]) if found else 0


def choose(browser, ready="at_once", progress="at_once"):
    return send(browser, "/notices/settings", ready=ready, progress=progress)


# ---- the list ----
def test_people_see_their_own_messages_and_nobody_elses(app, browser, amina, other):
    tell(app, amina, number="MMC-4Mi-2026-0001")
    tell(app, other, number="MMC-4Mi-2026-0002")
    page = browser.get("/notices").text
    assert "Request MMC-4Mi-2026-0001 was sent" in page
    assert f'href="/requests/{"a" * 32}"' in page
    assert "All regions concerned have been asked at the same time." in page
    assert "Dear Amina" not in page
    assert "MMC-4Mi-2026-0002" not in page
    assert events(app, "notice.listed") == [("notice.listed", "", amina.ref, "notices.notices")]


def test_the_same_words_stand_in_the_language_of_now(app, browser, amina):
    tell(app, amina, "request_offered", days=30)
    english = browser.get("/notices").text
    browser.set_cookie("portal_language", "fr", domain="localhost")
    french = browser.get("/notices").text
    assert "an offer for you" in english
    assert "an offer for you" not in french
    assert "Enquête principale" in french


def test_the_newest_stands_first_and_unread_ones_are_counted_beside_the_name(app, browser, amina):
    for number in range(3):
        tell(app, amina, number=f"N-{number}")
    page = browser.get("/notices").text
    assert re.findall(r"Request (N-\d) was sent", page) == ["N-2", "N-1", "N-0"]
    assert unread(page) == 3
    assert unread(browser.get("/privacy").text) == 3
    assert len(re.findall(r"</svg>Unread</span>", page)) == 3


def test_looking_marks_nothing_and_the_button_marks_what_was_shown(app, browser, amina):
    tell(app, amina, number="N-0")
    page = browser.get("/notices").text
    ref = re.search(r'name="ref" value="(\w+)"', page)[1]
    assert unread(browser.get("/notices").text) == 1, "looking is not reading"
    tell(app, amina, number="N-1")
    assert send(browser, "/notices/read", ref=ref).status_code == 303
    page = browser.get("/notices?show=unread").text
    assert re.findall(r"Request (N-\d) was sent", page) == ["N-1"], "what came after the page was drawn stays unread"
    assert unread(page) == 1
    assert send(browser, "/notices/read", ref=ref).status_code == 303, "a second click shows the same"
    assert [name for name, *_ in events(app, "notice.read")] == ["notice.read"] * 2


def test_one_message_is_marked_alone_and_the_list_stays_as_it_was_narrowed(app, browser, amina):
    for number in range(3):
        tell(app, amina, number=f"N-{number}")
    middle = letters(app)[1].message_id
    answer = send(browser, "/notices/read?show=unread", ref=middle, alone="yes")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/notices?show=unread")
    page = browser.get("/notices?show=unread").text
    assert re.findall(r"Request (N-\d) was sent", page) == ["N-2", "N-0"]
    assert f'value="{middle}"' not in browser.get("/notices").text
    assert [name for name, *_ in events(app, "notice.read")] == ["notice.read"]


def test_nobody_marks_by_somebody_elses_letter(app, browser, amina, other):
    tell(app, amina)
    tell(app, other)
    (theirs,) = letters(app, mail.Letter.person_id == other.id)
    assert send(browser, "/notices/read", ref=theirs.message_id).status_code == 404
    assert send(browser, "/notices/read", ref=theirs.message_id, alone="yes").status_code == 404
    assert all(one.read_at is None for one in letters(app))


def test_the_list_is_narrowed_by_kind(app, browser, amina):
    tell(app, amina, number="N-0")
    tell(app, amina, "request_offered", number="N-1", days=30)
    page = browser.get("/notices?kind=question").text
    assert "N-1" in page
    assert "N-0" not in page
    assert "No message fits" in browser.get("/notices?kind=review").text
    assert browser.get("/notices?kind=nonsense").status_code == 400


def test_an_empty_list_says_what_will_come(browser):
    page = browser.get("/notices").text
    assert "No messages yet" in page
    assert "/notices/read" not in page
    assert unread(page) == 0


def test_a_template_s_unexpected_words_are_shown_as_text(app, browser, amina):
    tell(app, amina, number="<script>alert(1)</script>")
    page = browser.get("/notices").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


# ---- how they come ----
def test_what_demands_action_comes_at_once_whatever_was_chosen(app, browser, amina):
    assert choose(browser, ready="portal", progress="portal").status_code == 303
    tell(app, amina, "request_submitted")
    tell(app, amina, "request_offered", days=30)
    tell(app, amina, "a_letter_nobody_sorted")
    assert [(one.kind, one.status) for one in letters(app)] == [
        ("progress", "kept"),
        ("question", "queued"),
        ("other", "queued"),
    ]
    assert "Request MMC-4Mi-2026-0001 was sent" in browser.get("/notices").text


def test_a_choice_is_kept_shown_and_logged(app, browser, amina):
    profile = browser.get("/profile").text
    assert 'id="messages"' in profile
    assert choose(browser, ready="digest").headers["Location"] == "/profile#messages"
    assert re.search(r'<option value="digest" selected', browser.get("/profile").text)
    with app.app_context(), transaction():
        kept = {one.kind: one.way for one in session().scalars(select(MessageSetting))}
    assert kept == {"ready": "digest", "progress": "at_once"}
    assert [name for name, *_ in events(app, "notice.ways.chosen")] == ["notice.ways.chosen"]


@pytest.mark.parametrize("fields", [{"ready": "never"}, {"ready": ""}, {"decision": "portal"}])
def test_a_choice_nobody_offered_is_refused_and_the_form_comes_back(app, browser, fields):
    answer = send(browser, "/notices/settings", **{"ready": "at_once", "progress": "digest"} | fields)
    assert answer.status_code == 400
    assert re.search(r'<option value="digest" selected', answer.text)
    with app.app_context(), transaction():
        assert session().scalars(select(MessageSetting)).all() == []


def test_a_digest_comes_at_seven_where_its_reader_is_and_names_everything_once(app, browser, amina, time_machine):
    time_machine.move_to(dt.datetime(2026, 7, 1, 12, 0, tzinfo=dt.UTC), tick=False)
    browser.get("/profile")
    choose(browser, progress="digest")
    tell(app, amina, number="N-0")
    tell(app, amina, "request_decided", number="N-1", region={"label_en": "Europe", "label_fr": "Europe"})
    seven = dt.datetime(2026, 7, 2, 4, 0, tzinfo=dt.UTC)  # in Nairobi
    assert {one.due_at for one in letters(app)} == {seven}
    with app.app_context():
        assert mail.gather() == 0
        assert mail.carry() == 0
        time_machine.move_to(seven, tick=False)
        assert mail.gather() == 1
        assert mail.gather() == 0, "an empty digest is not sent"
        assert mail.carry() == 1
    *items, digest = letters(app)
    assert {one.status for one in items} == {"bundled"}
    assert {one.digest_id for one in items} == {digest.id}
    assert (digest.status, digest.kind, digest.address) == ("sent", "digest", amina.email)
    with app.app_context(), app.test_request_context():
        message = mail.compose(digest)
    text = message.get_content()
    assert message["Subject"] == "2 messages of the 4Mi data portal"
    assert text.count("Request N-0 was sent") == 1
    assert text.count(f"/requests/{'a' * 32}\n") == 2


def test_a_digest_is_not_in_the_list_and_what_it_named_is(app, browser, amina, time_machine):
    choose(browser, progress="digest")
    tell(app, amina, number="N-0")
    time_machine.move_to(clock.now() + dt.timedelta(days=1, minutes=1))
    with app.app_context():
        assert mail.gather() == 1
    assert len(letters(app)) == 2
    with app.app_context(), given():
        token = factories.a_session(amina)
    browser.set_cookie("portal_session", token, domain="localhost")
    page = browser.get("/notices").text
    assert unread(page) == 1
    assert "messages of the 4Mi data portal" not in page


def test_whoever_wants_letters_at_once_again_gets_what_waited(app, browser, amina):
    choose(browser, progress="digest")
    tell(app, amina)
    choose(browser, progress="at_once")
    with app.app_context():
        assert mail.gather() == 1


# ---- forgetting ----
def test_after_ninety_days_the_words_are_gone_and_the_facts_stay(app, browser, amina, time_machine):
    tell(app, amina, number="N-0")
    with app.app_context():
        assert mail.carry() == 1
        assert mail.prune() == 0
        time_machine.move_to(clock.now() + dt.timedelta(days=90, minutes=1))
        assert mail.prune() == 1
        assert mail.prune() == 0
    (letter,) = letters(app)
    assert letter.values == {}
    assert (letter.status, letter.person_id, letter.kind, letter.path) == (
        "sent", amina.id, "progress", f"/requests/{'a' * 32}",
    )  # fmt: skip
    with app.app_context(), given():
        token = factories.a_session(amina)
    browser.set_cookie("portal_session", token, domain="localhost")
    page = browser.get("/notices").text
    assert "N-0" not in page
    assert "Progress of a request" in page


def test_what_has_not_gone_out_yet_is_not_forgotten(app, amina, time_machine):
    tell(app, amina)
    time_machine.move_to(clock.now() + dt.timedelta(days=100))
    with app.app_context():
        assert mail.prune() == 0


# ---- tables ----
def test_every_template_is_sorted_and_every_word_is_there():
    assert set(OF.values()) <= set(KINDS)
    assert set(words.KIND) == set(KINDS)
    assert set(words.WAY) == {way.value for way in Way}
    assert set(words.STATUS) == set(words.SHAPE) == set(LETTER.states)


def test_a_letter_to_an_address_nobody_has_is_nobodys(app, amina):
    with app.app_context(), given():
        mail.write("stranger@example.org", "en", "request_submitted", name="X", number="1", dataset=DATASET, path="/")
        mail.write("old@example.org", "en", "request_submitted", person=amina.id, name="X", number="1", dataset=DATASET)
    assert [one.person_id for one in letters(app)] == [None, amina.id]


def test_every_role_has_a_list_of_its_own(app, as_person):
    for role in Role:
        with app.app_context(), given():
            person = factories.a_person(roles=[role], regions=["WANA"])
        assert as_person(person).get("/notices").status_code == 200
