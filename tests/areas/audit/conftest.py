"""The log with a few events in it, and ways to reach past the application."""

import pytest
from sqlalchemy import create_engine, text

from portal import ports
from portal.actor import Actor, Role
from portal.audit.recorder import record
from portal.audit.signing import Signer
from portal.db import db, transaction

OFFICER = Actor(id=1, ref="officer", kind="person", roles=frozenset({Role.DPO}), time_zone="Europe/Copenhagen")


@pytest.fixture
def names(monkeypatch):
    known = {"ana": "Ana Analyst", "officer": "Dina Protector", "req1": "MMC-4Mi-2026-0001"}
    monkeypatch.setattr(ports.house, "names", lambda refs: {ref: known[ref] for ref in refs if ref in known})


@pytest.fixture
def write(context):
    """Record events, each in a transaction of its own."""

    def write_events(count=1, name="request.viewed", by="ana", **parts):
        actor = Actor(id=2, ref=by, kind="person", roles=frozenset({Role.REQUESTER}))
        for _ in range(count):
            with transaction():
                record(actor, name, **{"target": ("request", "req1"), **parts})

    return write_events


@pytest.fixture
def story(write):
    """Eight events with private parts, three checkpoints."""
    signer = Signer()
    write(2, private={"ana": {"address": "192.0.2.7", "agent": "Firefox"}})
    signer.tick()
    write(3, private={"ana": "we plan a shelter", "officer": "seen"})
    signer.tick()
    write(2, change={"status": ("draft", "in_review")})
    signer.tick()


@pytest.fixture
def behind_the_back(settings, context):
    """Run SQL as somebody with the database in their hands and the triggers switched off."""

    def run(*statements, **values):
        db.session.remove()
        engine = create_engine(settings.database_url)
        with engine.begin() as connection:
            if engine.dialect.name == "sqlite":
                for name in connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
                    connection.execute(text(f"DROP TRIGGER {name}"))
            else:
                connection.execute(text("ALTER TABLE audit_event DISABLE TRIGGER ALL"))
            for statement in statements:
                assert connection.execute(text(statement), values).rowcount != 0, statement
        engine.dispose()

    return run
