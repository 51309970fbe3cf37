"""The portal as it is on this machine (http) and as partners meet it (https)."""

import dataclasses

import pytest

from portal.actor import Role
from portal.app import create_app
from portal.db import db
from tests import factories

HTTPS = "https://portal.example"


@pytest.fixture
def secure_app(settings):
    app = create_app(dataclasses.replace(settings, public_url=HTTPS))
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def everybody(app):
    """Somebody who holds every role: what stops them is not their role."""
    with app.app_context(), factories.given():
        return factories.a_person(roles=list(Role), regions=["WANA"])


def some_value(converter):
    """Return a value that an address takes at this place, of something that is not there."""
    if type(converter).__name__ == "IntegerConverter":
        return 1
    return min(converter.items) if type(converter).__name__ == "AnyConverter" else "0" * 32


@pytest.fixture
def doors(app):
    """Every (endpoint, path, methods) of the portal, with references filled in that nothing has."""
    found = []
    with app.test_request_context("/"):
        for rule in app.url_map.iter_rules():
            values = {name: some_value(rule._converters[name]) for name in rule.arguments}
            if rule.endpoint != "static":
                _, path = (
                    app.url_map.bind("localhost")
                    .build(rule.endpoint, values, force_external=True)
                    .split("localhost", 1)
                )
                found.append((rule.endpoint, path, rule.methods))
    return found
