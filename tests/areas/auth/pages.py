"""A browser for tests: sends forms as a browser does, with the token of the page before."""

import re

import pyotp

from portal import clock
from portal.auth import onetime
from portal.auth.models import Person
from portal.db import session, transaction
from tests import factories

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


def token_of(browser, path="/sign-in"):
    found = TOKEN.search(browser.get(path).text)
    return found[1] if found else ""


def send(browser, path, *, page="/privacy", **fields):
    """POST a form with the form token of ``page``."""
    return browser.post(path, data={"csrf_token": token_of(browser, page), **fields})


def cookie(browser, name="portal_session"):
    found = browser.get_cookie(name, domain="localhost")
    return found.value if found else ""


def code_for(app, person, *, steps=0):
    with app.app_context(), transaction():
        secret = onetime.secret_of(session().get(Person, person.id))
    return pyotp.TOTP(secret).generate_otp(onetime.step_at(clock.now()) + steps)


def sign_in(app, browser, person, password=factories.PASSWORD):
    """Go through both steps; return the answers."""
    first = send(browser, "/sign-in", page="/sign-in", email=person.email, password=password)
    second = send(browser, "/sign-in/code", page="/sign-in/code", code=code_for(app, person))
    return first, second


def is_in(browser):
    return browser.get("/profile").status_code == 200


def events(app, *names):
    """Return (type, reason, actor reference, target reference) of the log's events with these names."""
    import json

    from sqlalchemy import select

    from portal.audit.models import AuditEvent

    with app.app_context(), transaction():
        bodies = [
            json.loads(body) for body in session().scalars(select(AuditEvent.body).order_by(AuditEvent.leaf_index))
        ]
    kept = [body for body in bodies if not names or body["type"] in names]
    return [
        (body["type"], body.get("reason", ""), body["actor"].get("ref", ""), body.get("target", {}).get("ref", ""))
        for body in kept
    ]
