"""People are asked in by a letter: its link works once, for a week, for who may still invite, and for nobody before."""

import datetime as dt
import re
import threading

import pyotp
import pytest
import time_machine

from portal import clock
from portal.auth.models import Grant, Person, SignIn
from portal.auth.models_links import Invitation
from portal.mail import Letter
from tests.areas.auth.links import GOOD, Office
from tests.areas.auth.pages import events, is_in, send

OVER = "This link does not work any more"


@pytest.fixture
def office(app, as_person):
    return Office(app, as_person)


def accept(office, browser, path, **fields):
    return send(browser, path, page=path, **{"password": GOOD, "again": GOOD} | fields)


def dead(browser, path):
    page = browser.get(path)
    posted = send(browser, path, password=GOOD, again=GOOD)
    return [(one.status_code, OVER in one.text) for one in (page, posted)] == [(404, True)] * 2


def test_a_partners_person_is_invited_and_comes_in(app, office):
    answer = office.invite("focal")
    assert answer.status_code == 303, answer.text
    assert "Waiting for an answer" in office.get("focal", "/invitations").text
    guest, link = app.test_client(), office.link()
    page = guest.get(link).text
    assert "Fay Focal of Relief invites you" in page
    assert office.person("nina@relief.example") is None
    answer = accept(office, guest, link)
    assert answer.status_code == 303, answer.text
    assert is_in(guest)
    person = office.person("nina@relief.example")
    assert office.roles(person) == ["requester"]
    assert person.totp_wrapped is None
    assert dead(app.test_client(), link)
    told = [one[0] for one in events(app) if one[0].startswith(("person.i", "person.c", "role.", "auth.login"))]
    assert told == [
        "person.invited", "person.invitations.viewed", "person.invitation.accepted", "person.created", "role.granted",
        "auth.login.success",
    ]  # fmt: skip
    assert "Accepted" in office.get("focal", "/invitations").text


def test_staff_are_in_only_after_a_code_of_their_own(app, office):
    assert office.invite("admin", house="mmc", roles=["steward"], email="sam@centre.example").status_code == 303
    guest, link = app.test_client(), office.link()
    shown = accept(office, guest, link)
    assert shown.status_code == 200
    secret = re.search(r"((?:[A-Z2-7]{4} ){7}[A-Z2-7]{4})", shown.text)[1].replace(" ", "")
    assert f"secret={secret}" in shown.text.replace("&amp;", "&")
    assert office.person("sam@centre.example") is None
    wrong = send(guest, f"{link}/code", page=link, code="000000")
    assert wrong.status_code == 400
    assert secret not in wrong.text.replace(" ", "")
    assert office.person("sam@centre.example") is None
    assert not is_in(guest)
    code = pyotp.TOTP(secret).at(clock.now())
    done = send(guest, f"{link}/code", page=link, code=code)
    assert done.status_code == 303, done.text
    assert is_in(guest)
    person = office.person("sam@centre.example")
    assert person.totp_wrapped is not None
    assert office.roles(person) == ["steward"]
    assert dead(app.test_client(), link)
    (row,) = office.look(Invitation)
    assert (row.password_hash, row.totp_wrapped) == ("", None)
    # the code that opened the account is used up
    again = app.test_client()
    send(again, "/sign-in", email="sam@centre.example", password=GOOD)
    assert send(again, "/sign-in/code", page="/sign-in/code", code=code).status_code == 400


def test_a_code_without_a_password_before_it_takes_nobody_in(app, office):
    office.invite("admin", house="mmc", roles=["steward"])
    link = office.link()
    assert send(app.test_client(), f"{link}/code", code="123456").status_code == 400
    assert len(office.look(Person)) == 8


def test_a_partner_may_set_codes_up_at_once(app, office):
    office.invite("focal")
    guest, link = app.test_client(), office.link()
    shown = accept(office, guest, link, factor="yes", password="seven-owls-tract", again="seven-owls-tract")
    assert shown.status_code == 200, shown.text
    secret = re.search(r"((?:[A-Z2-7]{4} ){7}[A-Z2-7]{4})", shown.text)[1].replace(" ", "")
    assert send(guest, f"{link}/code", page=link, code=pyotp.TOTP(secret).at(clock.now())).status_code == 303
    assert office.person("nina@relief.example").totp_wrapped is not None


def test_a_weak_password_and_two_different_ones_are_refused_with_words(app, office):
    office.invite("focal")
    guest, link = app.test_client(), office.link()
    assert "at least 15 characters" in accept(office, guest, link, password="short", again="short").text
    assert "not the same" in accept(office, guest, link, again="another").text
    assert "easy to guess" in accept(office, guest, link, password="passwordpassword", again="passwordpassword").text
    assert office.person("nina@relief.example") is None


def test_a_mail_scanner_that_opens_the_link_changes_nothing(app, office):
    office.invite("focal")
    link, before = office.link(), office.look(Invitation)[0]
    scanner = app.test_client()
    for _ in range(3):
        assert scanner.get(link).status_code == 200
        assert scanner.head(link).status_code == 200
    assert scanner.get(f"{link}/code").status_code == 405
    after = office.look(Invitation)[0]
    assert (after.status, after.lock, after.token_hash) == (before.status, before.lock, before.token_hash)
    assert office.person("nina@relief.example") is None
    assert accept(office, app.test_client(), link).status_code == 303


def test_a_link_lives_a_week_by_the_clock(app, office):
    with time_machine.travel(dt.datetime(2027, 3, 2, 12, tzinfo=dt.UTC), tick=False):
        office.browser("focal")
        assert office.invite("focal").status_code == 303
        link = office.link()
    with time_machine.travel(dt.datetime(2027, 3, 9, 20, tzinfo=dt.UTC), tick=False):
        assert app.test_client().get(link).status_code == 200
    with time_machine.travel(dt.datetime(2027, 3, 10, 0, 1, tzinfo=dt.UTC), tick=False):
        assert dead(app.test_client(), link)
        assert "Too late: send it again" in Office.get(_anew(office, "focal"), "focal", "/invitations").text


def _anew(office, name):
    office._browsers.pop(name, None)
    return office


def test_unknown_used_old_and_taken_back_look_alike(app, office):
    office.invite("focal")
    first = office.link()
    ref = office.invitation().ref
    assert office.post("focal", f"/invitations/{ref}/again").status_code == 303
    second = office.link()
    assert first != second
    assert dead(app.test_client(), first)
    assert app.test_client().get(second).status_code == 200
    assert office.post("focal", f"/invitations/{ref}/revoke").status_code == 303
    nonce = re.compile(r'(nonce-|value="|X-CSRFToken": ")[\w.-]+')
    pages = {
        nonce.sub("", app.test_client().get(path).text.replace(path, ""))
        for path in (first, second, "/join/unknown", "/address/unknown")
    }
    assert len(pages) == 1
    assert office.post("focal", f"/invitations/{ref}/revoke").status_code == 409
    assert office.post("focal", f"/invitations/{ref}/again").status_code == 409


def test_who_lost_the_right_to_invite_has_invited_nobody(app, office):
    office.invite("focal")
    link = office.link()
    (grant,) = office.look(Grant, Grant.person_id == office.people["focal"].id)
    office.change(grant, valid_to=clock.today() - dt.timedelta(days=1))
    assert dead(app.test_client(), link)
    office.change(grant, valid_to=None)
    assert app.test_client().get(link).status_code == 200
    office.change(office.people["focal"], disabled_at=clock.now())
    assert dead(app.test_client(), link)
    office.change(office.people["focal"], disabled_at=None)
    office.change(office.people["partner"], active=False)
    assert dead(app.test_client(), link)


def test_the_roles_that_were_offered_must_still_be_the_inviters_to_give(app, office):
    office.invite("admin", house="mmc", roles=["steward"])
    link = office.link()
    (grant,) = office.look(Grant, Grant.person_id == office.people["admin"].id)
    office.change(grant, role="coordinator")
    assert dead(app.test_client(), link)


def test_two_posts_at_once_take_in_one_person(app, office):
    office.invite("focal")
    link, answers = office.link(), []
    browsers = [app.test_client() for _ in range(2)]
    tokens = [re.search(r'name="csrf_token" value="([^"]+)"', one.get(link).text)[1] for one in browsers]
    together = threading.Barrier(2)

    def knock(browser, token):
        together.wait()
        fields = {"csrf_token": token, "password": GOOD, "again": GOOD}
        answers.append(browser.post(link, data=fields).status_code)

    threads = [threading.Thread(target=knock, args=pair) for pair in zip(browsers, tokens, strict=True)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert min(answers) == 303
    assert max(answers) in {404, 409}
    assert len(office.look(Person, Person.email == "nina@relief.example")) == 1
    assert len(events(app, "person.created")) == 1


def test_one_address_is_one_person_however_it_is_written(app, office):
    office.invite("focal")
    accept(office, app.test_client(), office.link())
    for variant in ("NINA@RELIEF.EXAMPLE", " nina@Relief.example "):
        answer = office.invite("admin", email=variant)
        assert answer.status_code == 400
        assert "cannot be used" in answer.text
    office.invite("admin", email="zoe@bücher.example")
    assert office.invite("admin", email="Zoe@bu\u0308cher.example").status_code == 400
    assert len(office.look(Invitation)) == 2


def test_an_address_that_became_somebodys_meanwhile_cannot_be_taken_twice(app, office):
    office.invite("focal")
    link = office.link()
    office.change(office.people["carl"], email="nina@relief.example")
    assert dead(app.test_client(), link)


def test_the_database_alone_opens_no_link(office):
    office.invite("focal")
    (letter,) = office.look(Letter)
    row = office.invitation()
    assert office.token() not in str(letter.values)
    assert office.in_letter(letter.values["nonce"]) == office.token()
    assert office.token().encode() not in row.token_hash
    assert len(row.token_hash) == 32


def test_the_log_holds_neither_address_nor_link(app, office):
    from portal.audit.models import AuditEvent

    office.invite("focal")
    link = office.link()
    app.test_client().get(link + "x")
    accept(office, app.test_client(), link)
    bodies = "".join(one.body.decode() for one in _events(office, AuditEvent))
    assert "nina" not in bodies.lower()
    assert office.token() not in bodies


def _events(office, model):
    from sqlalchemy import select

    from portal.db import session, transaction

    with office.app.app_context(), transaction():
        return list(session().scalars(select(model)))


REFUSED = {
    "staff in a partner": ("admin", {"roles": ["dpo"]}, "cannot hold a role of MMC"),
    "two offices": ("admin", {"house": "mmc", "roles": ["dpo", "administrator"]}, "cannot be both"),
    "steward and officer": ("admin", {"house": "mmc", "roles": ["steward", "dpo"]}, "cannot be both"),
    "both sides": ("admin", {"house": "mmc", "roles": ["requester", "coordinator"]}, "their own organisation"),
    "no region": ("admin", {"house": "mmc", "roles": ["regional_manager"]}, "Choose one"),
    "a region too many": ("admin", {"house": "mmc", "roles": ["steward"], "regions": ["WANA"]}, "Only a regional"),
    "a strange region": ("admin", {"house": "mmc", "roles": ["regional_manager"], "regions": ["MARS"]}, "Choose one"),
    "over already": ("focal", {"since": "2020-01-01", "until": "2020-02-01"}, "has passed"),
    "ends before it begins": ("focal", {"until": "2020-01-01"}, "before the first"),
    "wrong code": ("focal", {"code": "000000"}, "not right any more"),
    "no code": ("focal", {"code": ""}, "Type the six digits"),
    "no address": ("focal", {"email": "nobody"}, "not an e-mail address"),
    "two lines": ("focal", {"email": "a@b.example\nBcc: c@d.example"}, "not an e-mail address"),
    "somebody's": ("focal", {"email": "person@x"}, "not an e-mail address"),
    "no role": ("focal", {"roles": []}, "least one"),
    "a role nobody knows": ("focal", {"roles": ["king"]}, "from the list"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_offered_is_refused_with_words_and_nothing_is_sent(office, case):
    who, fields, words = REFUSED[case]
    answer = office.invite(who, **fields)
    assert answer.status_code == 400, answer.text
    assert words in answer.text.replace("&#39;", "'")
    assert "Nina New" in answer.text
    assert office.look(Invitation) == []
    assert office.letters("person_invited") == []


def test_a_focal_point_invites_to_their_own_organisation_and_to_no_other(office):
    assert office.invite("focal", house="other").status_code == 404
    assert office.invite("focal", house="mmc").status_code == 404
    assert office.invite("focal", roles=["administrator"]).status_code == 400
    assert office.invite("coordinator", house="mmc").status_code == 404
    assert office.invite("amina").status_code == 403
    assert office.invite("dpo").status_code == 403
    assert office.look(Invitation) == []
    page = office.get("focal", "/invitations/new").text
    assert "Institute" not in page
    office.invite("coordinator", house="other", name="Ivy Institute")
    assert "Ivy Institute" not in office.get("focal", "/invitations").text
    ref = office.invitation().ref
    assert office.post("focal", f"/invitations/{ref}/revoke").status_code == 404
    assert office.post("dpo", f"/invitations/{ref}/revoke").status_code == 403
    assert "Ivy Institute" in office.get("dpo", "/invitations").text


def test_joining_ends_the_session_of_whoever_was_in_that_browser(app, office):
    office.invite("focal")
    browser = office.browser("amina")
    accept(office, browser, office.link())
    assert "Nina New" in browser.get("/profile").text
    ended = office.look(SignIn, SignIn.person_id == office.people["amina"].id)
    assert [one.ended_as for one in ended] == ["replaced"]


def test_an_invitation_for_later_gives_a_role_that_does_not_count_yet(app, office):
    tomorrow = (clock.today() + dt.timedelta(days=1)).isoformat()
    assert office.invite("focal", since=tomorrow).status_code == 303
    guest = app.test_client()
    assert accept(office, guest, office.link()).status_code == 303
    assert guest.get("/requests").status_code == 403
