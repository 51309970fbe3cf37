"""Nobody is sent to another site, however the address is written."""

import pytest

from portal.web.pages import is_local, local_or_home
from tests import factories
from tests.areas.auth.pages import code_for, send

ELSEWHERE = [
    "https://evil.example",
    "http://evil.example/",
    "HTTPS://EVIL.EXAMPLE",
    "//evil.example",
    "//evil.example/%2f..",
    "///evil.example",
    "////evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "\\/evil.example",
    "/\\/evil.example",
    "//\\evil.example",
    "/\t/evil.example",
    "\t//evil.example",
    "/\n/evil.example",
    "/\r\n/evil.example",
    "/profile\r\nSet-Cookie: a=b",
    "/\x00/evil.example",
    " //evil.example",
    "https:evil.example",
    "https:/evil.example",
    "https:///evil.example",
    "http:\\\\evil.example",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\tscript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox(1)",
    "ftp://evil.example",
    "file:///etc/passwd",
    "mailto:a@evil.example",
    "//localhost@evil.example",
    "https://localhost@evil.example",
    "https://localhost.evil.example",
    "//evil.example#@localhost",
    "//evil.example?@localhost",
    "//[::1]",
    "//2130706433",
    "evil.example",
    "profile",
    "../profile",
    "?next=//evil.example",
    "#//evil.example",
    "",
    "\u2028//evil.example",
    "/\u2028/evil.example",
    "/\u200b/evil.example",
    "\uff0f\uff0fevil.example",
    "/\x7f/evil.example",
    "http://[evil",
]
HERE = [
    "/",
    "/profile",
    "/people/?q=a&page=2",
    "/requests/0123/tracks/ESA",
    "/catalogue/#variables",
    "/a/https://x.example",
]


@pytest.mark.parametrize("target", ELSEWHERE)
def test_an_address_elsewhere_is_not_local(target):
    assert not is_local(target)
    assert local_or_home(target) == "/"


@pytest.mark.parametrize("target", HERE)
def test_an_address_here_is_local(target):
    assert local_or_home(target) == target


def test_signing_in_and_choosing_a_language_send_nobody_elsewhere(app):
    with app.app_context(), factories.given():
        person = factories.a_person()
        person.totp_wrapped = None
    browser = app.test_client()
    for target in ELSEWHERE:
        answer = send(browser, "/language", language="fr", next=target)
        if "\0" in target:
            assert answer.status_code == 400
            continue
        assert (answer.status_code, answer.headers["Location"]) == (303, "/"), target
        answer = send(app.test_client(), "/sign-in", email=person.email, password=factories.PASSWORD, next=target)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/"), target


def test_the_way_through_the_code_sends_nobody_elsewhere(app):
    with app.app_context(), factories.given():
        person = factories.a_person()
    browser = app.test_client()
    answer = send(browser, "/sign-in", email=person.email, password=factories.PASSWORD, next="//evil.example")
    assert answer.headers["Location"].startswith("/sign-in/code")
    answer = send(browser, "/sign-in/code", code=code_for(app, person), next="//evil.example")
    assert answer.headers["Location"] == "/"


def test_whoever_is_signed_in_already_is_sent_nowhere_else(as_person, app):
    with app.app_context(), factories.given():
        person = factories.a_person()
    browser = as_person(person)
    for target in ("//evil.example", "https://evil.example", "/\\evil.example"):
        assert browser.get("/sign-in", query_string={"next": target}).headers["Location"] == "/"


def test_an_address_with_two_slashes_does_not_become_another_host(client):
    for path in ("//evil.example/profile", "///evil.example", "/%5cevil.example", "//evil.example/%2e%2e"):
        location = client.get(path).headers.get("Location", "")
        assert not location.startswith(("//", "/\\", "http://evil", "https://evil")), path
