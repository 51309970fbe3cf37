"""What every answer carries, whatever went wrong, and how the cookies are made."""

import re

import pytest
from werkzeug.http import parse_cookie

from portal.web import guard
from tests import factories
from tests.areas.auth.pages import code_for, send
from tests.areas.web.conftest import HTTPS

ANSWERS = {
    "home": ("GET", "/", 200),
    "sign in": ("GET", "/sign-in", 200),
    "health": ("GET", "/healthz", 200),
    "sent to sign in": ("GET", "/profile", 303),
    "not there": ("GET", "/no/such/page", 404),
    "not this way": ("DELETE", "/profile", 405),
    "traced": ("TRACE", "/", 405),
    "not signed in": ("POST", "/profile", 401),
    "without a form token": ("POST", "/sign-in", 400),
    "stylesheet": ("GET", "/static/site.css", 200),
    "no such file": ("GET", "/static/../config.py", 404),
    "options": ("OPTIONS", "/sign-in", 405),
    "broken": ("GET", "/broken", 500),
}


def _break(app):
    @guard.anyone()
    def broken():
        raise RuntimeError("respondent 4711 said something")

    app.add_url_rule("/broken", "broken", broken)


def _all(app, base):
    """Ask for every kind of answer; return (what, headers)."""
    _break(app)
    for what, (method, path, status) in ANSWERS.items():
        answer = app.test_client().open(path, method=method, base_url=base)
        assert answer.status_code == status, what
        yield what, answer.headers


@pytest.mark.rebuilds
def test_every_answer_forbids_what_it_does_not_need(app):
    for what, headers in _all(app, "http://localhost"):
        _forbids_what_it_does_not_need(what, headers)


def _forbids_what_it_does_not_need(what, headers):
    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
    assert (
        policy["default-src"] == policy["object-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    ), what
    assert policy["form-action"] == policy["style-src"] == "'self'", what
    assert re.fullmatch(r"'self' 'nonce-[\w-]{22}'", policy["script-src"]), what
    assert "unsafe" not in headers["Content-Security-Policy"], what
    assert headers["X-Content-Type-Options"] == "nosniff", what
    assert headers["Referrer-Policy"] == "same-origin", what
    assert headers["Cross-Origin-Opener-Policy"] == headers["Cross-Origin-Resource-Policy"] == "same-origin", what
    assert "camera=()" in headers["Permissions-Policy"], what
    assert headers["X-Frame-Options"] == "DENY", what
    assert "Strict-Transport-Security" not in headers, what


@pytest.mark.rebuilds
def test_no_answer_but_a_stylesheet_may_be_kept(app):
    for what, headers in _all(app, "http://localhost"):
        assert (headers["Cache-Control"] == "no-store") is (what != "stylesheet"), what


def test_https_is_asked_for_for_a_year_where_https_is_spoken(secure_app):
    for what, headers in _all(secure_app, HTTPS):
        assert headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains", what


def test_no_nonce_is_used_twice(client):
    policies = {client.get("/").headers["Content-Security-Policy"] for _ in range(5)}
    assert len(policies) == 5


def test_signed_in_pages_are_not_kept(as_person, everybody):
    browser = as_person(everybody)
    for path in ("/profile", "/people/", "/profile/password"):
        answer = browser.get(path)
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")


def _cookies_of_a_visit(app, base):
    """Sign in, choose a language, sign out; return every Set-Cookie line of the way."""
    with app.app_context(), factories.given():
        person = factories.a_person()
    browser, lines = app.test_client(), []

    def go(path, page="", **fields):
        more = {"base_url": base, "headers": {"Referer": f"{base}/"}}
        token = re.search(r'csrf_token" value="([^"]+)', browser.get(page or path, base_url=base).text)[1]
        answer = browser.post(path, data={"csrf_token": token, **fields}, **more)
        assert answer.status_code == 303, path
        lines.extend(answer.headers.getlist("Set-Cookie"))

    lines.extend(browser.get("/sign-in", base_url=base).headers.getlist("Set-Cookie"))
    go("/sign-in", email=person.email, password=factories.PASSWORD)
    go("/sign-in/code", code=code_for(app, person))
    go("/language", page="/profile", language="fr", next="/profile")
    go("/sign-out", page="/profile")
    return lines


def test_over_https_every_cookie_is_bound_to_the_host(secure_app):
    lines = _cookies_of_a_visit(secure_app, HTTPS)
    names = {next(iter(parse_cookie(line))) for line in lines}
    assert names == {"__Host-portal_session", "__Host-portal_form", "__Host-portal_language"}
    for line in lines:
        words = {word.strip().lower() for word in line.split(";")}
        assert {"secure", "httponly", "samesite=lax", "path=/"} <= words, line
        assert not any(word.startswith("domain") for word in words)


def test_on_this_machine_cookies_do_without_the_prefix_and_are_as_shy(app):
    lines = _cookies_of_a_visit(app, "http://localhost")
    names = {next(iter(parse_cookie(line))) for line in lines}
    assert names == {"portal_session", "portal_form", "portal_language"}
    for line in lines:
        words = {word.strip().lower() for word in line.split(";")}
        assert {"httponly", "samesite=lax", "path=/"} <= words, line
        assert not {"secure"} & words
        assert not any(word.startswith("domain") for word in words)


def test_over_https_a_cookie_without_the_prefix_is_nobodys(secure_app):
    with secure_app.app_context(), factories.given():
        person = factories.a_person()
        token = factories.a_session(person)
    browser = secure_app.test_client()
    browser.set_cookie("portal_session", token, domain="portal.example", secure=True)
    assert browser.get("/profile", base_url=HTTPS).status_code == 303
    browser.set_cookie("__Host-portal_session", token, domain="portal.example", secure=True)
    assert browser.get("/profile", base_url=HTTPS).status_code == 200


FOREIGN = (
    "evil.example",
    "localhost.evil.example",
    "evil.example:80",
    "portal.example.evil",
    "",
    "a b",
    "localhost@evil.example",
)


def test_a_foreign_host_name_is_refused_and_not_repeated(app):
    for host in FOREIGN:
        answer = app.test_client().get("/sign-in", headers={"Host": host})
        assert answer.status_code == 400, host
        assert "evil" not in answer.text, host
        assert "Content-Security-Policy" in answer.headers, host
        assert "Location" not in answer.headers, host


def test_over_https_this_machines_names_are_foreign_too(secure_app):
    assert secure_app.test_client().get("/", base_url="https://localhost").status_code == 400
    assert secure_app.test_client().get("/", base_url=HTTPS).status_code == 200


def test_forwarded_headers_are_believed_from_configured_proxies_only(app):
    browser = app.test_client()
    answer = browser.get("/profile", headers={"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"})
    assert answer.headers["Location"] == "/sign-in?next=/profile"


def test_a_page_that_is_not_there_keeps_the_frame_of_who_asked(as_person, everybody):
    page = as_person(everybody).get("/no/such/page")
    assert page.status_code == 404
    assert everybody.name in page.text


def test_a_part_of_a_page_asks_the_whole_page_to_sign_in(client):
    answer = client.get("/profile", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Refresh"], answer.text) == (401, "true", "")


def test_signing_out_forgets_the_form_token_too(app, as_person, everybody):
    browser = as_person(everybody)
    browser.get("/profile")
    before = browser.get_cookie("portal_form").value
    send(browser, "/sign-out")
    assert browser.get_cookie("portal_form").value != before
