"""Hostile forms: fields nobody asked for, fields sent twice, far too much of everything."""

import json

import pytest

from portal.auth.schemas import LookForm, NewPasswordForm, PreferencesForm
from portal.errors import Invalid
from portal.web import forms
from tests import factories
from tests.areas.auth.pages import events, token_of

PREFERENCES = {"language": "fr", "time_zone": "Africa/Nairobi"}


@pytest.fixture
def browser(app, as_person):
    with app.app_context(), factories.given():
        person = factories.a_person()
    return as_person(person)


def _post(browser, data, **more):
    return browser.post("/profile", data=data, **more)


STRANGE = ("roles", "organisation_id", "disabled_at", "id", "ref", "__class__", "status", "next")
TAKES = {
    "/sign-out": {},
    "/profile/sessions/end-others": {},
    "/language": {"language": "fr"},
    "/sign-in": {"email": "a@b.c", "password": "x"},
    "/sign-in/code": {"code": "1"},
}


def test_a_field_nobody_asked_for_is_refused(app, browser):
    token = token_of(browser, "/profile")
    for field in STRANGE:
        assert _post(browser, PREFERENCES | {"csrf_token": token, field: "1"}).status_code == 400, field
    assert events(app, "person.updated") == []


def test_every_form_of_this_house_refuses_strange_fields(browser):
    token = token_of(browser, "/profile")
    for path, fields in TAKES.items():
        answer = browser.post(path, data={"csrf_token": token, **fields, "is_admin": "1"})
        assert answer.status_code == 400, path


def test_a_field_sent_twice_is_refused(app, browser):
    token = token_of(browser, "/profile")
    answer = _post(browser, {"csrf_token": token, "language": ["en", "fr"], "time_zone": "UTC"})
    assert answer.status_code == 400
    assert "more than once" in answer.text
    assert events(app, "person.updated") == []


def test_what_was_typed_is_kept_on_the_page_that_names_the_fault(browser):
    token = token_of(browser, "/profile")
    answer = _post(browser, {"csrf_token": token, "language": "fr", "time_zone": "Mars/Olympus"})
    assert '<option value="fr" selected>' in answer.text
    assert 'href="#f-time_zone"' in answer.text


def _json(browser, body):
    headers = {"X-CSRFToken": token_of(browser, "/profile")}
    return browser.post("/profile", data=body, content_type="application/json", headers=headers)


def test_json_goes_through_the_same_door(app, browser):
    assert _json(browser, json.dumps(PREFERENCES)).status_code == 303
    assert len(events(app, "person.updated")) == 1


HOSTILE = {
    "twice": '{"language": "fr", "language": "en", "time_zone": "UTC"}',
    "strange": '{"language": "fr", "time_zone": "UTC", "role": "dpo"}',
    "twice inside": '{"language": {"a": 1, "a": 2}, "time_zone": "UTC"}',
    "null": '{"language": null, "time_zone": "UTC"}',
    "list": '["language"]',
    "text": '"language"',
    "cut": "{",
    "empty": "",
    "zero byte": "\x00",
    "not a number": "NaN",
    "deep": '{"language": ' + "[" * 100_000 + "]" * 100_000 + "}",
}


def test_hostile_json_is_refused_without_an_accident(app, browser):
    for what, body in HOSTILE.items():
        assert _json(browser, body).status_code == 400, what
    assert events(app, "person.updated") == []


def test_too_many_fields_or_too_long_ones_are_refused(browser):
    token = token_of(browser, "/profile")
    many = {"csrf_token": token} | {f"f{number}": "x" for number in range(3000)}
    assert _post(browser, many, content_type="multipart/form-data").status_code == 413
    assert _post(browser, many).status_code in {400, 413}
    long = f'--cut\r\nContent-Disposition: form-data; name="time_zone"\r\n\r\n{"x" * (1024 * 1024 + 1)}\r\n--cut--\r\n'
    kind = "multipart/form-data; boundary=cut"
    assert browser.post("/profile", data=long, content_type=kind).status_code == 413
    assert _post(browser, PREFERENCES | {"csrf_token": token, "time_zone": "x" * (2 * 1024 * 1024)}).status_code == 413


def test_bytes_that_are_no_text_are_no_accident(browser):
    token = token_of(browser, "/profile")
    body = f"csrf_token={token}&language=%ff%fe&time_zone=%00".encode()
    answer = browser.post("/profile", data=body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 400


def test_a_body_of_another_kind_is_no_form(browser):
    body = "csrf_token=x&language=fr&time_zone=UTC"
    for kind in ("text/plain", "text/csv", "application/xml", "multipart/form-data", ""):
        assert browser.post("/profile", data=body, content_type=kind).status_code == 400, kind


def test_the_librarys_sentences_become_the_readers(app):
    with app.test_request_context("/?sort=nonsense&page=x&more=1"), pytest.raises(Invalid) as caught:
        forms.read_query(LookForm())
    assert caught.value.fields["page"] == ["Give a whole number."]
    assert caught.value.fields["more"] == ["The portal does not know this field."]
    assert set(caught.value.fields) == {"sort", "page", "more"}


def test_blanks_are_cut_off_except_from_passwords(app):
    with app.test_request_context("/", method="POST", data={"language": " en ", "time_zone": "UTC"}):
        assert forms.read(PreferencesForm()).language == "en"
    fields = {"current": " a ", "password": " b ", "again": " b "}
    with app.test_request_context("/", method="POST", data=fields):
        assert forms.read(NewPasswordForm()).password == " b "


def test_nested_reasons_become_one_list_per_field():
    assert forms.flatten({"a": ["x"], "b": {0: {"c": ["y", "z"]}}}) == {"a": ["x"], "b.0.c": ["y", "z"]}


def test_frozen_values_do_not_show_secrets():
    from portal.auth.schemas import Code, Credentials, NewPassword

    values = (Credentials("a@b.c", "s3cret", "/"), Code("123456", "/"), NewPassword("s3cret", "s3cret"))
    assert all(not {"s3cret", "123456", "a@b.c"} & set(repr(value).replace("'", " ").split()) for value in values)
    assert "s3cret" not in repr(values)
