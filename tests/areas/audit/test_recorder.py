"""One door, one transaction: an event and its deed become durable together or not at all."""

import threading
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError

from portal import clock, ports
from portal.actor import ANONYMOUS, Actor, Role, system
from portal.audit import appending, canonical, ddl, merkle, private
from portal.audit.event_types import Unknown
from portal.audit.flood import Flood
from portal.audit.models import AuditEvent, AuditHead, AuditPrivate, AuditSubjectKey
from portal.audit.recorder import Recorder, microseconds, open_log, record, record_alone
from portal.auth.models import Organisation
from portal.db import db, transaction
from portal.errors import LogUnavailable, UnauditedWrite
from portal.keys import Mac

ANA = Actor(
    id=2, ref="ana", kind="person", roles=frozenset({Role.REQUESTER, Role.FOCAL_POINT}), organisation_ref="org1",
    session_ref="s1", authentication=("pwd", "otp"),
)  # fmt: skip


def all_events():
    with transaction() as current:
        return list(current.scalars(select(AuditEvent).order_by(AuditEvent.leaf_index)))


def head():
    with transaction() as current:
        return appending.read_head(current)


def test_an_event_says_who_did_what_to_what(context):
    with transaction():
        event_id = record(
            ANA,
            "track.decided",
            target=("track", "t1", 3),
            reason="within_ceilings",
            purpose={"request": "r1", "mou": "m1"},
            data={"rows": 12, "sdc": {"k": 5, "risk": 40_000}},
            change={"status": ("open", "approved"), "region": (None, "ESA")},
        )
    row = all_events()[-1]
    body = canonical.decode(row.body)
    assert body == {
        "v": 1,
        "id": str(event_id),
        "ts_us": row.occurred_us,
        "type": "track.decided",
        "outcome": "success",
        "reason": "within_ceilings",
        "actor": {
            "ref": "ana",
            "kind": "person",
            "role": ["focal_point", "requester"],
            "org": "org1",
            "session": "s1",
            "amr": ["pwd", "otp"],
        },
        "target": {"type": "track", "ref": "t1", "rev": 3},
        "purpose": {"request": "r1", "mou": "m1"},
        "data": {"rows": 12, "sdc": {"k": 5, "risk": 40_000}},
        "change": {"status": ["open", "approved"], "region": [None, "ESA"]},
    }
    assert row.leaf_hash == merkle.leaf_hash(row.body)
    assert (row.actor_ref, row.org_ref, row.target_ref, row.request_ref) == ("ana", "org1", "t1", "r1")
    assert UUID(bytes=row.event_id) == event_id
    assert event_id.version == 7


def test_the_head_moves_as_the_definition_says(write):
    write(5)
    leaves = [event.leaf_hash for event in all_events()]
    now = head()
    assert now.size == len(leaves)
    assert now.root == merkle.tree_hash(leaves)


def test_indexes_have_no_gap_when_a_transaction_is_undone(write):
    write(1)
    with pytest.raises(RuntimeError), transaction():
        record(ANA, "request.viewed")
        raise RuntimeError
    write(2)
    assert [event.leaf_index for event in all_events()] == list(range(4))


def test_a_deed_that_fails_leaves_no_event_and_an_event_that_fails_leaves_no_deed(context, monkeypatch):
    before = head()
    with pytest.raises(RuntimeError), transaction() as current:
        record(ANA, "org.created", target=("org", "x"))
        current.add(Organisation(name="Fails", kind="ngo"))
        current.flush()
        raise RuntimeError

    def fail(*_args):
        raise OperationalError("INSERT", {}, OSError("no room"))

    monkeypatch.setattr(appending, "_move", fail)
    with pytest.raises(LogUnavailable), transaction() as current:
        current.add(Organisation(name="Unlogged", kind="ngo"))
        record(ANA, "org.created", target=("org", "x"))
    monkeypatch.undo()
    with transaction() as current:
        assert current.scalars(select(Organisation.name)).all() == []
    assert head() == before


def test_a_log_that_is_not_open_takes_nothing(context):
    with transaction() as current:
        current.get_one(AuditHead, 1).state = "frozen"
    with pytest.raises(LogUnavailable, match="frozen"):
        record_alone(ANA, "request.viewed")


def test_opening_the_log_twice_opens_it_once(context):
    before = head()
    with transaction():
        open_log()
    assert head() == before


def test_outside_a_transaction_nothing_can_be_recorded(context):
    with pytest.raises(UnauditedWrite, match="only inside"):
        record(ANA, "request.viewed")
    db.session.remove()


def test_an_unknown_event_is_refused_where_it_is_written(context):
    with pytest.raises(Unknown), transaction():
        record(ANA, "request.eaten")


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"data": {"names": "x"}}, "data.names"),
        ({"purpose": {"why": "x"}}, "purpose.why"),
        ({"context": {"ip": "192.0.2.1"}}, "context.ip"),
        ({"data": {"rows": 0.5}}, "whole numbers"),
        ({"change": {"name": ("a\0", "b")}}, "NUL"),
        ({"reason": "x" * 20_000}, "limit"),
    ],
)
def test_what_the_schema_does_not_know_is_refused_where_it_is_written(context, parts, message):
    with pytest.raises(ValueError, match=message), transaction():
        record(ANA, "request.viewed", **parts)


def test_a_private_part_is_readable_with_its_key_only(write):
    write(1, private={"ana": {"address": " 192.0.2.7 ", "reason": "Because Fatima asked"}, "bo": "told by Bo"})
    event = all_events()[-1]
    with transaction() as current:
        rows = list(current.scalars(select(AuditPrivate)))
        stored = event.body + b"".join(row.ciphertext for row in rows)
        for secret in (b"Fatima", b"192.0.2.7", b"Bo"):
            assert secret not in stored
        said = private.read(current, [event.event_id])[event.event_id]
        assert said == {
            "ana": {"address": " 192.0.2.7 ", "reason": "Because Fatima asked"},
            "bo": {"text": "told by Bo"},
        }
        assert len(canonical.decode(event.body)["priv"]) == 2
        by_address = ports.house.keys.mac(Mac.LOOKUP, b"192.0.2.7")
        assert current.scalars(select(AuditPrivate.subject_ref).where(AuditPrivate.lookup == by_address)).all() == [
            "ana"
        ]


def test_commitments_to_the_same_words_have_nothing_in_common(write):
    write(3, private={"ana": "yes"})
    commitments = [canonical.decode(event.body)["priv"][0] for event in all_events()[-3:]]
    assert len(set(commitments)) == 3


def test_one_person_has_one_key(write):
    write(3, private={"ana": "x", "bo": "y"})
    with transaction() as current:
        assert sorted(current.scalars(select(AuditSubjectKey.subject_ref))) == ["ana", "bo"]


def test_once_the_key_is_destroyed_nothing_can_be_read_and_deeds_go_on(write):
    write(1, private={"ana": "secret"})
    with transaction() as current:
        current.get_one(AuditSubjectKey, "ana").wrapped_dek = None
    write(1, private={"ana": "more"})
    with transaction() as current:
        said = private.read(current, [row.event_id for row in current.scalars(select(AuditEvent))])
        assert list(said.values()) == [{}, {}]
        assert len(current.scalars(select(AuditPrivate)).all()) == 2


def test_many_events_of_one_transaction_stand_in_their_order(context):
    with transaction():
        ids = [record(ANA, "request.viewed", target=("request", f"r{n}")) for n in range(20)]
    assert [UUID(bytes=event.event_id) for event in all_events()[-20:]] == ids


def test_a_denial_is_recorded_after_the_refused_transaction_was_undone(context):
    Recorder().denied(
        ANA,
        "NotAllowed",
        target="r1",
        context={"route": "/x", "method": "GET", "endpoint": "requests.show", "request_id": "q"},
    )
    body = canonical.decode(all_events()[-1].body)
    assert (body["type"], body["outcome"], body["reason"]) == ("authz.denied", "denied", "NotAllowed")
    assert body["target"] == {"type": "requests", "ref": "r1"}
    assert body["context"] == {"route": "/x", "method": "GET", "endpoint": "requests.show", "request_id": "q"}


def test_a_denial_that_cannot_be_recorded_still_denies_and_shouts(context, monkeypatch, capsys):
    def fail(*_args):
        raise LogUnavailable("log: away")

    monkeypatch.setattr(appending, "append", fail)
    Recorder().denied(ANA, "NotAllowed", context={"endpoint": "a.b"})
    assert "audit.denial_not_recorded" in capsys.readouterr().err


def test_a_flood_of_strangers_is_counted_and_not_written_down(context):
    recorder = Recorder()
    flood = recorder._flood = Flood(burst=3, per_second=0.0)
    before = head().size
    for _ in range(10):
        recorder.denied(ANONYMOUS, "NotSignedIn", context={"endpoint": "a.b"})
    assert head().size == before + 3
    flood._tokens = 1
    recorder.denied(ANONYMOUS, "NotSignedIn", context={"endpoint": "a.b"})
    summary = canonical.decode(all_events()[-2].body)
    assert (summary["type"], summary["data"]) == ("authz.denied.summary", {"rows": 7})


def test_denials_of_people_who_are_signed_in_are_all_written_down(context):
    recorder = Recorder()
    recorder._flood._tokens = 0
    before = head().size
    for _ in range(5):
        recorder.denied(ANA, "NotAllowed", context={"endpoint": "a.b"})
    assert head().size == before + 5


def test_writers_in_many_threads_share_one_unbroken_row_of_indexes(app):
    def work():
        with app.app_context():
            for _ in range(5):
                record_alone(system("worker"), "audit.hour", private={"ana": "x"})

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with app.app_context():
        found = all_events()
        assert [event.leaf_index for event in found] == list(range(21))
        assert head().root == merkle.tree_hash(event.leaf_hash for event in found)


@pytest.mark.parametrize("statement", [
    "UPDATE audit_event SET outcome = 'success'",
    "UPDATE audit_event SET leaf_index = 99 WHERE leaf_index = 0",
    "DELETE FROM audit_event",
    "INSERT OR REPLACE INTO audit_event SELECT * FROM audit_event LIMIT 1",
    "REPLACE INTO audit_event SELECT log_id, 77, event_id, occurred_us, type, schema_v, outcome, actor_ref, org_ref, target_type, target_ref, request_id, request_ref, body, leaf_hash FROM audit_event LIMIT 1",
    "TRUNCATE audit_event",
])  # fmt: skip
@pytest.mark.parametrize("recursive", ["ON", "OFF"])
def test_the_database_refuses_to_change_events(write, statement, recursive):
    write(1)
    sqlite = db.engine.dialect.name == "sqlite"
    if ("REPLACE" in statement) != sqlite and ("REPLACE" in statement or "TRUNCATE" in statement):
        statement = "DELETE FROM audit_event WHERE leaf_index = 0"  # what this database does not know at all
    before = [event.body for event in all_events()]
    with db.engine.connect() as connection:
        if sqlite:
            connection.exec_driver_sql(f"PRAGMA recursive_triggers={recursive}")
        else:
            connection.execute(text("SET session_replication_role = replica"))
        with pytest.raises(Exception, match="audit_event"):
            connection.execute(text(statement))
        connection.rollback()
    assert [event.body for event in all_events()] == before


def test_the_migration_holds_the_statements_of_the_log_word_for_word():
    migrations = "".join(path.read_text() for path in Path("migrations/versions").glob("*.py"))
    for dialect in ("sqlite", "postgresql"):
        for statement in ddl.protect_events(dialect):
            assert statement in migrations


def test_event_ids_sort_by_time():
    early, late = (appending.new_id(us) for us in (1_000_000, 2_000_000))
    assert early.bytes < late.bytes
    assert {early.version, late.version} == {7}
    assert early.variant == "specified in RFC 4122"


def test_a_moment_is_whole_microseconds():
    assert (
        microseconds(clock.now().replace(year=1970, month=1, day=1, hour=0, minute=0, second=1, microsecond=5))
        == 1_000_005
    )
