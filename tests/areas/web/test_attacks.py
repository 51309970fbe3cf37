"""Bodies made to keep the portal busy or to make it stumble, sent by somebody who is not even signed in."""

import io
import json
import time

import pytest
from sqlalchemy.exc import OperationalError

from portal.db import session, transaction
from portal.errors import LostFence
from portal.jobs import bell, claim, registry
from tests.areas.auth.pages import token_of

FORM = "application/x-www-form-urlencoded"
SOON = 10  # seconds; unguarded, the first two took minutes and a quarter of one


@pytest.fixture
def stranger(app):
    browser = app.test_client()
    browser.form_token = token_of(browser, "/privacy")
    return browser


def _json(browser, body, path="/language"):
    headers = {"X-CSRFToken": browser.form_token}
    return browser.post(path, data=body, content_type="application/json", headers=headers)


BUSY = {
    "many keys": json.dumps({f"{number:x}": 1 for number in range(150_000)}),
    "one key many times": "{" + ",".join(['"a":1'] * 200_000) + "}",
    "every key twice": "{" + ",".join(f'"{number % 60_000:x}":1' for number in range(120_000)) + "}",
    "a long list": json.dumps({"language": ["en"] * 200_000}),
}


@pytest.mark.parametrize("what", BUSY)
def test_no_json_keeps_the_portal_busy(stranger, what):
    started = time.monotonic()
    answer = _json(stranger, BUSY[what])
    assert answer.status_code in {400, 413}
    assert time.monotonic() - started < SOON
    assert len(answer.data) < 100_000


@pytest.mark.parametrize("field", ["{number:x}", "language"])
def test_no_form_keeps_the_portal_busy(stranger, field):
    fields = "&".join(f"{field.format(number=number)}=" for number in range(100_000))
    started = time.monotonic()
    answer = stranger.post("/language", data=f"csrf_token={stranger.form_token}&{fields}", content_type=FORM)
    assert answer.status_code == 413
    assert time.monotonic() - started < SOON


class Trickle(io.BytesIO):
    """A body that comes late; it notes whether anybody waits for it inside a transaction."""

    def __init__(self, content):
        super().__init__(content)
        self.waited_inside = []

    def _wait(self):
        self.waited_inside.append(bool(session().info.get("open")))

    def read(self, size=-1):
        self._wait()
        return super().read(size)

    def readinto(self, buffer):
        self._wait()
        return super().readinto(buffer)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b'{"language": "fr"}'),
        (FORM, b"language=fr"),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="language"\r\n\r\nfr\r\n--x--',
        ),
        ("text/plain", b"language=fr"),
    ],
)
def test_nobody_waits_for_a_body_inside_a_transaction(stranger, kind, body):
    slow = Trickle(body)
    headers = {"X-CSRFToken": stranger.form_token, "Content-Length": str(len(body))}
    answer = stranger.post("/language", input_stream=slow, content_type=kind, headers=headers)
    assert answer.status_code == (400 if kind == "text/plain" else 303)
    assert kind == "text/plain" or slow.waited_inside
    assert not any(slow.waited_inside)


HALVES = {
    "half a character": '{"email": "a\\ud800@b.example", "password": "x"}',
    "half a character in a password": '{"email": "a@b.example", "password": "\\udfff"}',
    "a zero byte": '{"email": "a\\u0000@b.example", "password": "x"}',
    "a field named so": '{"\\ud800": 1}',
    "a field named so, twice": '{"\\ud800": 1, "\\ud800": 2}',
    "half a character in a list": '{"email": ["\\ud800"]}',
}


@pytest.mark.parametrize("what", HALVES)
def test_what_is_no_text_is_refused_in_every_field(stranger, what):
    assert _json(stranger, HALVES[what], "/sign-in").status_code == 400


RECORD = "nationality: NER, aged 17"


@pytest.fixture
def broken(context, monkeypatch):
    """Return a function: order work that breaks over a record's value, and whose failure is met by ``answer``."""

    def breaks(_held):
        raise ValueError(RECORD)

    def order(answer):
        def failed(_held, _error, _for_good):
            if answer is not None:
                raise answer

        kind = registry.Kind("leaky", (registry.Stage("one", breaks),), failed)
        monkeypatch.setitem(registry.KINDS, "leaky", kind)
        with transaction():
            claim.enqueue("leaky", "0" * 32)

    return order


def test_a_failure_of_work_that_somebody_else_took_meanwhile_is_nobodys(broken):
    broken(LostFence("work: held by another process now"))
    bell.wake()


@pytest.mark.parametrize("answer", [None, OperationalError("", {}, Exception()), KeyError("x")], ids=repr)
def test_what_the_queue_is_told_of_a_failure_holds_nothing_of_a_row(broken, answer):
    broken(answer)
    with pytest.raises((RuntimeError, OperationalError, KeyError)) as caught:
        bell.wake()
    raised, said = caught.value, []
    while raised is not None:
        said.append(str(raised))
        raised = raised.__cause__ or raised.__context__
    assert not any(RECORD in text for text in said)
