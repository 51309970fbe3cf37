"""Every door of the portal, taken from its own list of addresses: declared, guarded, and shut to other sites."""

import io

import pytest
from werkzeug.datastructures import Headers

from portal.errors import LogUnavailable
from portal.web import guard
from tests import factories
from tests.areas.auth.pages import events, is_in, token_of

SAFE = {"GET", "HEAD", "OPTIONS"}


def _unsafe(doors):
    return [(endpoint, path) for endpoint, path, methods in doors if methods - SAFE]


def test_every_door_declares_what_it_needs(app, doors):
    assert doors
    for endpoint, view in app.view_functions.items():
        if endpoint != "static":
            assert isinstance(getattr(view, "__need__", None), guard.Need), endpoint


@pytest.mark.rebuilds
def test_a_door_that_declares_nothing_is_shut_to_everybody(app, as_person, everybody):
    app.add_url_rule("/forgotten", "forgotten", lambda: "secret", methods=["GET", "POST"])
    for browser in (app.test_client(), as_person(everybody)):
        assert browser.get("/forgotten").status_code == 404
        assert browser.post("/forgotten").status_code == 404


def test_reading_and_writing_have_doors_of_their_own(doors):
    for endpoint, _, methods in doors:
        assert not (methods & {"GET"} and methods - SAFE), endpoint


def test_what_a_door_does_not_take_is_405_and_says_what_it_takes(app, doors, as_person, everybody):
    browser = as_person(everybody)
    taken = {}
    for _, path, methods in doors:
        taken.setdefault(path, set()).update(methods)
    for path, methods in taken.items():
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE"} - methods:
            answer = browser.open(path, method=method)
            assert answer.status_code == 405, (method, path)
            assert set(answer.headers["Allow"].split(", ")) == methods, path


FORGERIES = {
    "no token": ({}, {}),
    "another token": ({"csrf_token": "IjAwIg.ZZZZZZ.AAAAAAAAAAAAAAAAAAAAAAAAAAA"}, {}),
    "from another site": ({"csrf_token": "right"}, {"Sec-Fetch-Site": "cross-site"}),
    "from a neighbour's name": ({"csrf_token": "right"}, {"Sec-Fetch-Site": "same-site"}),
    "from another origin": ({"csrf_token": "right"}, {"Origin": "https://evil.example"}),
    "from no origin": ({"csrf_token": "right"}, {"Origin": "null"}),
    "from another port": ({"csrf_token": "right"}, {"Origin": "http://localhost:9999"}),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_no_door_that_writes_opens_for_another_site(app, doors, as_person, everybody, forgery):
    fields, headers = FORGERIES[forgery]
    browser = as_person(everybody)
    right = token_of(browser, "/profile")
    fields = {name: right if value == "right" else value for name, value in fields.items()}
    refused = 0
    for endpoint, path in _unsafe(doors):
        answer = browser.post(path, data=fields, headers=Headers(headers))
        assert answer.status_code == 400, endpoint
        refused += 1
    rejected = events(app, "authz.csrf_rejected")
    assert len(rejected) == refused > 5
    assert {event[1] for event in rejected} == {"FormToken" if not headers else "ForeignOrigin"}
    assert {event[2] for event in rejected} == {everybody.ref}
    assert is_in(browser)


@pytest.mark.parametrize(
    "headers", [{}, {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"}, {"Sec-Fetch-Site": "none"}]
)
def test_the_portals_own_forms_are_taken(as_person, everybody, headers):
    browser = as_person(everybody)
    data = {"csrf_token": token_of(browser, "/profile"), "language": "en", "time_zone": "UTC"}
    assert browser.post("/profile", data=data, headers=headers).status_code == 303


def test_the_token_of_another_browser_is_worth_nothing(app, as_person, everybody):
    mine, theirs = as_person(everybody), as_person(everybody)
    token_of(mine, "/profile")
    data = {"csrf_token": token_of(theirs, "/profile"), "language": "en", "time_zone": "UTC"}
    assert mine.post("/profile", data=data).status_code == 400


def test_strangers_are_sent_to_sign_in_and_their_denial_is_kept(app, client, doors):
    asked = 0
    for endpoint, path, methods in doors:
        if not app.view_functions[endpoint].__need__.signed_in:
            continue
        for method in sorted(methods & {"GET", "POST"}):
            answer = client.open(path, method=method)
            assert answer.status_code == (303 if method == "GET" else 401), (method, path)
            asked += 1
    denied = events(app, "authz.denied")
    assert len(denied) == asked > 5
    assert {event[1] for event in denied} == {"NotSignedIn"}


class Unread(io.RawIOBase):
    """A body of so many bytes that must not be read."""

    def __init__(self, size):
        self._size, self._at = size, 0

    def seekable(self):
        return True

    def tell(self):
        return self._at

    def seek(self, offset, whence=io.SEEK_SET):
        self._at = offset + (self._size if whence == io.SEEK_END else 0)
        return self._at

    def readable(self):
        return True

    def readinto(self, _buffer):
        raise AssertionError("the body of a stranger was read")


def test_the_body_of_a_stranger_is_not_read(app, client, doors):
    for endpoint, path in _unsafe(doors):
        if app.view_functions[endpoint].__need__.signed_in:
            kind = "multipart/form-data; boundary=x"
            answer = client.post(path, input_stream=Unread(1000), content_type=kind)
            assert answer.status_code == 401, path


@pytest.mark.parametrize("size", [2 * 1024 * 1024 + 1, 10 * 1024**3])
def test_a_body_over_the_limit_is_refused_before_it_is_read(app, as_person, everybody, doors, size):
    browser = as_person(everybody)
    for endpoint, path in _unsafe(doors):
        if size < 1024**3 and app.view_functions[endpoint].__need__.uploads:
            continue
        kind = "application/x-www-form-urlencoded"
        answer = browser.post(path, input_stream=Unread(size), content_type=kind)
        assert answer.status_code == 413, path


@pytest.mark.rebuilds
def test_only_a_door_for_files_takes_a_large_body(app, as_person, everybody):
    @guard.anyone()
    def small():
        return "taken"

    @guard.anyone()
    def large():
        return "taken"

    large.__need__ = guard.Need(None, signed_in=False, event="", alone=True, uploads=True)
    app.add_url_rule("/small", "small", small, methods=["POST"])
    app.add_url_rule("/large", "large", large, methods=["POST"])
    browser = as_person(everybody)
    for path, status in (("/small", 413), ("/large", 200)):
        parts = [b'name="csrf_token"\r\n\r\n' + token_of(browser, "/profile").encode()]
        parts.append(b'name="file"; filename="a.csv"\r\n\r\n' + b"x" * 3 * 1024 * 1024)
        body = (
            b"".join(b"--cut\r\nContent-Disposition: form-data; " + part + b"\r\n" for part in parts) + b"--cut--\r\n"
        )
        assert browser.post(path, data=body, content_type="multipart/form-data; boundary=cut").status_code == status


@pytest.mark.rebuilds
def test_a_fault_behind_any_door_tells_a_reference_and_nothing_else(app, doors, as_person, everybody, capfd):
    def with_fault(need):
        def view(**_values):
            raise ValueError("respondent Zebulon in Agadez said: help")

        view.__need__ = need
        return view

    for endpoint, _, _ in doors:
        app.view_functions[endpoint] = with_fault(app.view_functions[endpoint].__need__)
    browser = as_person(everybody)
    app.view_functions["privacy_again"] = app.view_functions.pop("web.privacy")
    for endpoint, path, methods in doors:
        if endpoint == "web.privacy" or "GET" not in methods:
            continue
        answer = browser.get(path)
        assert answer.status_code == 500, endpoint
        for secret in ("Zebulon", "Agadez", "ValueError", "Traceback", "test_doors"):
            assert secret not in answer.text, endpoint
        assert "give this reference" in answer.text
    said = capfd.readouterr().err
    assert "ValueError" in said
    assert "Zebulon" not in said


def test_a_log_that_takes_no_event_means_that_nothing_happened(app, as_person, everybody, monkeypatch):
    browser = as_person(everybody)
    data = {"csrf_token": token_of(browser, "/profile"), "language": "fr", "time_zone": "Africa/Nairobi"}

    def refuse(*_args, **_more):
        raise LogUnavailable("log: away")

    with monkeypatch.context() as patch:
        patch.setattr("portal.audit.appending.append", refuse)
        answer = browser.post("/profile", data=data)
        assert answer.status_code == 503
        assert browser.get("/people/").status_code == 503  # what was read would have left no trace
        assert app.test_client().get("/profile").status_code == 303  # a denial stands without its event
    page = browser.get("/profile").text
    assert '<option value="UTC" selected>' in page


def test_a_database_that_is_away_is_told_as_such(app, client, monkeypatch):
    from sqlalchemy.exc import OperationalError

    def away(*_args, **_more):
        raise OperationalError("SELECT secret", {}, OSError("db.internal:5432 refused"))

    monkeypatch.setattr("portal.web.pages.session", away)
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert "db.internal" not in answer.text
    assert "secret" not in answer.text


def test_disabled_people_are_strangers_at_every_door(app, doors, as_person, everybody):
    browser = as_person(everybody)
    from portal.auth.models import Person
    from portal.db import session

    with app.app_context(), factories.given():
        session().get(Person, everybody.id).disabled_at = everybody.created_at
    for endpoint, path, methods in doors:
        if app.view_functions[endpoint].__need__.signed_in:
            for method in sorted(methods & {"GET", "POST"}):
                assert browser.open(path, method=method).status_code == (303 if method == "GET" else 401), path
