"""Letters that were written before letters had states keep their place, their reader and their page."""

import sqlalchemy as sa
from flask_migrate import downgrade, upgrade

from portal import clock, mail
from portal.db import db, session, transaction
from tests import factories
from tests.factories import given


def _old(engine, **values):
    letter = sa.Table("letter", sa.MetaData(), autoload_with=engine)
    row = {"language": "en", "attempts": 0, "created_at": clock.now(), "due_at": clock.now(), "sent_at": None}
    with engine.begin() as connection:
        connection.execute(letter.insert().values(**row | values))


def test_letters_that_were_there_are_sorted(app):
    with app.app_context():
        with given():
            amina = factories.a_person()
        downgrade(revision="0008")
        path = f"/requests/{'a' * 32}"
        _old(db.engine, message_id="1", address=amina.email, template="request_offered", values={"path": path},
             sent_at=clock.now())  # fmt: skip
        _old(db.engine, message_id="2", address=amina.email, template="release_available", values={"ref": "a" * 32})
        _old(db.engine, message_id="3", address="gone@example.org", template="track_opened", values={}, attempts=8)
        upgrade()
        with transaction():
            found = list(session().scalars(sa.select(mail.Letter).order_by(mail.Letter.message_id)))
    assert [(one.status, one.kind, one.person_id, one.path) for one in found] == [
        ("sent", "question", amina.id, path),
        ("queued", "ready", amina.id, path),
        ("failed", "decision", None, ""),
    ]
    assert [one.read_at is None for one in found] == [False, True, True]


def test_the_migration_can_be_taken_back_with_rows_in_its_tables(app):
    with app.app_context():
        with given():
            amina = factories.a_person()
            mail.write(amina.email, "en", "release_available", number="1", ref="a" * 32)
        assert mail.carry() == 1
        downgrade(revision="0008")
        upgrade()
        with transaction():
            assert session().scalars(sa.select(mail.Letter)).one().status == "sent"
