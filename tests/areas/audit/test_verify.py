"""Whoever changes the past is found out, whatever they change, and told which event it begins with."""

import sqlite3
import threading
from uuid import UUID

import pytest
from sqlalchemy import text

from portal import ports
from portal.audit import anchor, appending, canonical, checkpoint, events, merkle, private, status, verify
from portal.audit.checkpoint import Checkpoint
from portal.audit.event_types import EventType
from portal.audit.signing import Signer
from portal.db import db, transaction
from portal.errors import KeyMissing, LogUnavailable, Tampered
from portal.keys import FileKeys

ORIGIN = "localhost/audit/2026h2"


def verdict():
    report = verify.examine()
    return report.state, report.problem, report.index


@pytest.fixture
def origin(context):
    with transaction() as current:
        return current.scalar(text("SELECT origin FROM audit_log"))


def test_an_untouched_log_verifies(story):
    report = verify.examine()
    assert (report.state, report.size, report.problem) == (verify.State.OK, 8, "")


def test_events_that_came_after_the_last_checkpoint_verify_for_a_minute(story, write, monkeypatch):
    write(1)
    assert verdict() == (verify.State.OK, "", None)
    monkeypatch.setattr(verify, "UNSIGNED_US", -1)
    assert verdict() == (verify.State.INCOMPLETE, "unsigned", None)


def test_a_log_that_nobody_signed_is_not_verified(write):
    write(2)
    assert verdict() == (verify.State.INCOMPLETE, "unsigned", None)


def test_pages_make_no_difference(story, monkeypatch):
    monkeypatch.setattr(verify, "PAGE", 3)
    assert verdict() == (verify.State.OK, "", None)


TAMPERING = {
    "a body is rewritten": (["UPDATE audit_event SET body = :blob WHERE leaf_index = 4"], "leaf", 4),
    "body and leaf are rewritten": (
        ["UPDATE audit_event SET body = :body, leaf_hash = :leaf WHERE leaf_index = 4"], "columns", 4),
    "an actor's column is changed": (["UPDATE audit_event SET actor_ref = 'bo' WHERE leaf_index = 4"], "columns", 4),
    "an outcome's column is changed": (["UPDATE audit_event SET outcome = 'denied' WHERE leaf_index = 2"], "columns", 2),
    "a time's column is changed": (["UPDATE audit_event SET occurred_us = 1 WHERE leaf_index = 2"], "columns", 2),
    "a type's column is changed": (["UPDATE audit_event SET type = 'request.closed' WHERE leaf_index = 2"], "columns", 2),
    "a target's column is changed": (["UPDATE audit_event SET target_ref = 'req2' WHERE leaf_index = 2"], "columns", 2),
    "a request's column is changed": (["UPDATE audit_event SET request_ref = 'req2' WHERE leaf_index = 2"], "columns", 2),
    "an id's column is changed": (["UPDATE audit_event SET event_id = :id WHERE leaf_index = 6"], "columns", 6),
    "a leaf is changed": (["UPDATE audit_event SET leaf_hash = :leaf WHERE leaf_index = 4"], "leaf", 4),
    "an event is deleted": (["DELETE FROM audit_event WHERE leaf_index = 7"], "missing", 7),
    "an event is deleted and the rest moved up": (
        ["DELETE FROM audit_event WHERE leaf_index = 6", "UPDATE audit_event SET leaf_index = 6 WHERE leaf_index = 7",
         "UPDATE audit_head SET size = 7", "DELETE FROM audit_checkpoint WHERE size = 8"], "root", None),
    "an event is inserted past the head": (
        [("INSERT INTO audit_event SELECT log_id, 8, :id, occurred_us, type, schema_v, outcome, actor_ref, org_ref, target_type,"
         " target_ref, request_id, request_ref, body, leaf_hash FROM audit_event WHERE leaf_index = 7")], "surplus", 8),
    "two events are swapped": (
        ["UPDATE audit_event SET leaf_index = 99 WHERE leaf_index = 6", "UPDATE audit_event SET leaf_index = 6 WHERE leaf_index = 7",
         "UPDATE audit_event SET leaf_index = 7 WHERE leaf_index = 99"], "checkpoint", 8),
    "the end is cut off": (
        ["DELETE FROM audit_event WHERE leaf_index >= 6", "UPDATE audit_head SET size = 6"], "shortened", 6),
    "the head's root is changed": (["UPDATE audit_head SET root = :leaf"], "root", None),
    "the head's frontier is changed": (["UPDATE audit_head SET frontier = :leaf"], "root", None),
    "a checkpoint is forged": (["UPDATE audit_checkpoint SET note = :note WHERE size = 8"], "signature", 8),
    "a checkpoint is moved": (["UPDATE audit_checkpoint SET size = 5 WHERE size = 6"], "checkpoint", 5),
    "a checkpoint's root is changed": (["UPDATE audit_checkpoint SET root = :leaf WHERE size = 6"], "checkpoint", 6),
    "the last checkpoint is removed": (["DELETE FROM audit_checkpoint WHERE size = 8"], "anchor", 8),
    "the log's key is exchanged": (["UPDATE audit_log SET vkey = :note"], "key", None),
    "a private part is removed": (["DELETE FROM audit_private WHERE subject_ref = 'officer'"], "private_missing", 3),
    "a private part is changed": (["UPDATE audit_private SET ciphertext = :blob WHERE subject_ref = 'officer'"], "private", 3),
    "a private part is given to another event": (
        ["DELETE FROM audit_private WHERE subject_ref = 'ana' AND event_id = (SELECT event_id FROM audit_event WHERE leaf_index = 1)",
         ("UPDATE audit_private SET event_id = (SELECT event_id FROM audit_event WHERE leaf_index = 1)"
         " WHERE subject_ref = 'ana' AND event_id = (SELECT event_id FROM audit_event WHERE leaf_index = 3)")], "private", 1),
    "a private part is moved to nothing": (
        [("UPDATE audit_private SET event_id = :id WHERE subject_ref = 'officer' AND event_id = (SELECT event_id FROM"
         " audit_event WHERE leaf_index = 3)")], "private_missing", 3),
    "a private part is added to nothing": (
        [("INSERT INTO audit_private SELECT :id, subject_ref, key_id, nonce, ciphertext, lookup FROM audit_private"
         " WHERE subject_ref = 'officer' LIMIT 1")], "orphan", None),
    "a person's key is destroyed without a word": (
        ["UPDATE audit_subject_key SET wrapped_dek = NULL WHERE subject_ref = 'officer'"], "private_missing", 3),
    "a person's key is deleted": (["DELETE FROM audit_subject_key WHERE subject_ref = 'officer'"], "private_missing", 3),
    "a person's key is exchanged": (["UPDATE audit_subject_key SET wrapped_dek = :blob WHERE subject_ref = 'officer'"], "private", None),
}  # fmt: skip


@pytest.mark.parametrize("deed", TAMPERING)
def test_tampering_is_found_and_placed(story, behind_the_back, deed):
    statements, problem, index = TAMPERING[deed]
    with transaction() as current:
        row = current.execute(text("SELECT body FROM audit_event WHERE leaf_index = 4")).one()
    body = canonical.encode({**canonical.decode(bytes(row.body)), "outcome": "denied"})
    values = {
        "body": body,
        "leaf": merkle.leaf_hash(body),
        "id": bytes(16),
        "blob": bytes(80),
        "note": "nothing\nof\nthis\n\n— kind AAAA\n",
    }
    needed = {name: value for name, value in values.items() if any(f":{name}" in one for one in statements)}
    for statement in statements:
        behind_the_back(statement, **{name: value for name, value in needed.items() if f":{name}" in statement})
    assert verdict() == (verify.State.TAMPERED, problem, index)


def test_a_rewritten_past_with_all_its_hashes_made_anew_is_found(story, behind_the_back):
    """The strongest thief in the database: every hash fits again, only the signatures cannot be made."""
    with transaction() as current:
        bodies = [bytes(row.body) for row in current.execute(text("SELECT body FROM audit_event ORDER BY leaf_index"))]
    bodies[4] = canonical.encode({**canonical.decode(bodies[4]), "outcome": "denied"})
    leaves = [merkle.leaf_hash(body) for body in bodies]
    _, frontier = merkle.extend(0, (), leaves)
    behind_the_back(
        "UPDATE audit_event SET body = :body, leaf_hash = :leaf, outcome = 'denied' WHERE leaf_index = 4",
        body=bodies[4],
        leaf=leaves[4],
    )
    behind_the_back(
        "UPDATE audit_head SET frontier = :frontier, root = :root",
        frontier=b"".join(frontier),
        root=merkle.root(frontier),
    )
    assert verdict() == (verify.State.TAMPERED, "checkpoint", 6)
    behind_the_back("DELETE FROM audit_checkpoint WHERE size > 3")
    assert verdict() == (verify.State.TAMPERED, "anchor", 8)
    with pytest.raises(Tampered):
        Signer().tick()


def test_a_past_signed_with_another_key_is_found(story, behind_the_back, tmp_path, origin):
    thief = FileKeys.create(tmp_path / "thief")
    with transaction() as current:
        root = bytes(current.execute(text("SELECT root FROM audit_head")).one().root)
    note = checkpoint.write(Checkpoint(origin, 8, root), thief.public_key(), thief.sign)
    behind_the_back("UPDATE audit_checkpoint SET note = :note WHERE size = 8", note=note)
    assert verdict() == (verify.State.TAMPERED, "signature", 8)
    behind_the_back("UPDATE audit_log SET vkey = :vkey", vkey=checkpoint.verifier_key(origin, thief.public_key()))
    assert verdict() == (verify.State.TAMPERED, "key", None)


def test_yesterdays_database_is_found_by_what_is_kept_outside(story, write, behind_the_back, origin):
    second = anchor.of(ports.house.config.instance)
    second.advance(origin, 20, bytes(32))
    assert verdict() == (verify.State.TAMPERED, "anchor", 8)
    write(1)
    with pytest.raises(Tampered, match="old database"):
        Signer().tick()


def test_without_the_private_keys_the_check_says_that_it_is_incomplete(story, monkeypatch):
    class Locked:
        public_key = ports.house.keys.public_key

        def unwrap(self, *_):
            raise KeyMissing("away")

    monkeypatch.setattr(ports.house, "keys", Locked())
    assert verdict() == (verify.State.INCOMPLETE, "no_key", None)


def test_without_a_log_there_is_nothing_to_verify(context, behind_the_back):
    behind_the_back("DELETE FROM audit_head")
    assert verdict() == (verify.State.INCOMPLETE, "no_log", None)


# The keeper's pen.


def test_a_checkpoint_is_signed_when_the_log_has_grown_and_only_then(write, origin):
    signer = Signer()
    write(2)
    assert signer.tick() is True
    assert signer.tick() is False
    with transaction() as current:
        rows = current.execute(text("SELECT size, note FROM audit_checkpoint")).all()
    vkey = checkpoint.verifier_key(origin, ports.house.keys.public_key())
    assert [checkpoint.verify(row.note, vkey).size for row in rows] == [row.size for row in rows] == [3]


def test_an_hour_of_silence_is_an_event_and_a_checkpoint(write, monkeypatch):
    signer = Signer()
    write(1)
    signer.tick()
    monkeypatch.setattr("portal.audit.signing.HOUR_US", 0)
    assert signer.tick() is True
    with transaction() as current:
        types = current.scalars(text("SELECT type FROM audit_event ORDER BY leaf_index")).all()
        sizes = current.scalars(text("SELECT size FROM audit_checkpoint ORDER BY size")).all()
    assert types[-1] == "audit.hour"
    assert sizes == [2, 3]


def test_a_keeper_that_starts_again_goes_on_from_the_last_checkpoint(write):
    for _ in range(3):
        write(2)
        assert Signer().tick() is True
    assert verdict() == (verify.State.OK, "", None)


def test_two_keepers_sign_one_checkpoint_per_size(write):
    one, two = Signer(), Signer()
    write(2)
    assert (one.tick(), two.tick()) == (True, False)
    write(1)
    two.tick()
    one.tick()
    assert verdict() == (verify.State.OK, "", None)


def test_keepers_that_sign_at_the_same_moment_do_not_fail_each_other(app, write):
    signers, failed = [Signer() for _ in range(3)], []
    meet = threading.Barrier(len(signers))

    def sign(signer):
        with app.app_context():
            for _ in range(8):
                meet.wait(timeout=60)
                try:
                    write()
                    signer.tick()
                except Exception as error:  # noqa: BLE001 -- whatever it is, it is told below
                    failed.append(error)

    threads = [threading.Thread(target=sign, args=(signer,)) for signer in signers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    Signer().tick()
    assert verdict() == (verify.State.OK, "", None)


def test_a_check_while_others_write_raises_no_false_alarm(app, write):
    write()
    Signer().tick()
    done, states = threading.Event(), set()

    def go_on():
        with app.app_context():
            while not done.is_set():
                write()

    writers = [threading.Thread(target=go_on) for _ in range(2)]
    for writer in writers:
        writer.start()
    try:
        for _ in range(15):
            states.add((verdict()[0] is verify.State.TAMPERED, verdict()[1]))
    finally:
        done.set()
        for writer in writers:
            writer.join()
    assert {problem for tampered, problem in states if tampered} == set()


def test_nothing_is_signed_over_a_changed_leaf(story, write, behind_the_back):
    behind_the_back("UPDATE audit_event SET leaf_hash = :leaf WHERE leaf_index = 1", leaf=bytes(32))
    write(1)
    with pytest.raises(Tampered, match="not those that were signed"):
        Signer().tick()


def test_nothing_is_signed_over_a_missing_event(story, write, behind_the_back):
    behind_the_back("DELETE FROM audit_event WHERE leaf_index = 1")
    write(1)
    with pytest.raises(Tampered, match="missing"):
        Signer().tick()


def test_nothing_is_signed_over_a_head_that_went_its_own_way(write, behind_the_back):
    signer = Signer()
    write(2)
    signer.tick()
    behind_the_back("UPDATE audit_head SET root = :root", root=bytes(32))
    with pytest.raises(Tampered, match="head"):
        signer.tick()


def test_the_second_head_moves_forward_only(tmp_path):
    second = anchor.of(tmp_path)
    assert second.read(ORIGIN) is None
    second.refuse_to_go_back(ORIGIN, 0)
    second.advance(ORIGIN, 5, b"five")
    second.advance(ORIGIN, 4, b"four")
    assert second.read(ORIGIN) == (5, b"five")
    with pytest.raises(Tampered, match="two different roots"):
        second.advance(ORIGIN, 5, b"other")
    with pytest.raises(Tampered):
        second.refuse_to_go_back(ORIGIN, 4)
    assert not (tmp_path / "anchor").stat().st_mode & 0o077
    assert not second.path.stat().st_mode & 0o077
    assert sqlite3.connect(second.path).execute("SELECT count(*) FROM head").fetchone() == (1,)


# The badge.


def a_badge():
    with transaction() as current:
        return status.badge(current)


def test_a_log_that_nobody_checked_is_unknown(story):
    found = a_badge()
    assert (found.verified, found.size_now) == (None, 8)


def test_a_checked_log_is_verified_at_its_size_and_time(story):
    assert status.check().state is verify.State.OK
    found = a_badge()
    assert (found.verified, found.size, found.size_now, found.problem) == (True, 8, 9, "")
    assert found.at is not None


def test_a_broken_log_is_said_to_be_broken(story, behind_the_back):
    behind_the_back("UPDATE audit_event SET actor_ref = 'bo' WHERE leaf_index = 4")
    assert status.check().state is verify.State.TAMPERED
    found = a_badge()
    assert (found.verified, found.problem) == (False, "columns")


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        (
            "UPDATE audit_head SET root = audit_log.root FROM (SELECT leaf_hash AS root FROM audit_event LIMIT 1) AS audit_log",
            "root",
        ),
        ("UPDATE audit_checkpoint SET note = 'x'", "signature"),
        ("DELETE FROM audit_checkpoint WHERE size < 8", "shortened"),
    ],
)
def test_a_broken_head_is_seen_without_a_full_check(story, behind_the_back, statement, problem):
    status.check()
    behind_the_back(statement)
    if problem == "shortened":
        behind_the_back("UPDATE audit_head SET size = 6, frontier = :frontier, root = :root", **head_at(6))
    found = a_badge()
    assert (found.verified, found.problem) == (False, problem)


def head_at(size):
    with transaction() as current:
        leaves = [
            bytes(row.leaf_hash)
            for row in current.execute(text("SELECT leaf_hash FROM audit_event ORDER BY leaf_index"))
        ]
    _, frontier = merkle.extend(0, (), leaves[:size])
    return {"frontier": b"".join(frontier), "root": merkle.root(frontier)}


def test_the_full_check_comes_round_when_there_is_something_new(story, write, monkeypatch):
    assert status.check_if_due() is not None
    assert status.check_if_due() is None
    write(1)
    assert status.check_if_due() is None
    monkeypatch.setattr(status, "SHORTEST", status.SHORTEST * 0)
    monkeypatch.setattr(status, "EVENTS_PER_SECOND_OF_PAUSE", 1e12)
    assert status.check_if_due() is not None


def test_an_incomplete_check_changes_nothing(write):
    write(1)
    assert status.check().problem == "unsigned"
    assert a_badge().verified is None


# The command.


def test_the_command_says_the_same_as_the_badge(app, story, write, behind_the_back):
    run = app.test_cli_runner().invoke
    db.session.remove()
    good = run(args=["audit", "verify"])
    assert (good.exit_code, "8 events" in good.output) == (0, True)
    behind_the_back("UPDATE audit_event SET actor_ref = 'bo' WHERE leaf_index = 4")
    bad = run(args=["audit", "verify"])
    assert bad.exit_code == 1
    assert "TAMPERED" in bad.output
    assert "first bad event: 4" in bad.output


def test_the_command_exits_2_where_it_cannot_check_in_full(app, write):
    write(1)
    done = app.test_cli_runner().invoke(args=["audit", "verify"])
    assert done.exit_code == 2
    assert "INCOMPLETE" in done.output


def test_the_command_opens_and_signs(app):
    run = app.test_cli_runner().invoke
    assert "open" in run(args=["audit", "open"]).output
    assert "was signed" in run(args=["audit", "sign"]).output
    assert "Nothing" in run(args=["audit", "sign"]).output
    assert run(args=["audit", "verify"]).exit_code == 0


# What a check must see and what it must forgive.


def rehash(behind_the_back, index, body):
    """Write other bytes where an event stood and make every hash fit again, before anything is signed."""
    behind_the_back(
        "UPDATE audit_event SET body = :body, leaf_hash = :leaf WHERE leaf_index = :n",
        body=body,
        leaf=merkle.leaf_hash(body),
        n=index,
    )


@pytest.mark.parametrize(
    "edit",
    [
        lambda body: body.replace(b'"v":1', b'"v": 1'),
        lambda body: body.replace(b'"id":"', b'"id":"x'),
        lambda body: body.replace(b'"type":', b'"kind":'),
        lambda _body: b"not json",
    ],
)
def test_a_body_that_is_no_event_is_found(write, behind_the_back, edit):
    write(2)
    with transaction() as current:
        body = bytes(current.execute(text("SELECT body FROM audit_event WHERE leaf_index = 1")).one().body)
    rehash(behind_the_back, 1, edit(body))
    assert verdict() == (verify.State.TAMPERED, "form", 1)


def test_a_private_part_that_the_event_never_promised_is_found(story, behind_the_back):
    behind_the_back(
        "INSERT INTO audit_private SELECT event_id, 'bo', key_id, nonce, ciphertext, lookup FROM audit_private"
        " WHERE subject_ref = 'officer' AND event_id = (SELECT event_id FROM audit_event WHERE leaf_index = 3)"
    )
    assert verdict() == (verify.State.TAMPERED, "private", 3)


def test_a_private_part_written_anew_under_the_right_key_is_found(story, behind_the_back):
    with transaction() as current:
        event_id = bytes(current.execute(text("SELECT event_id FROM audit_event WHERE leaf_index = 3")).one().event_id)
        key = private.open_keys(current, ["ana"])["ana"]
    forged = private.seal(UUID(bytes=event_id), "ana", {"text": "I never asked"}, key).row
    behind_the_back(
        "UPDATE audit_private SET nonce = :nonce, ciphertext = :ciphertext WHERE subject_ref = 'ana' AND event_id = :event_id",
        nonce=forged["nonce"], ciphertext=forged["ciphertext"], event_id=event_id,
    )  # fmt: skip
    assert verdict() == (verify.State.TAMPERED, "private", 3)


def test_a_middle_event_that_is_missing_is_named(story, behind_the_back):
    behind_the_back("DELETE FROM audit_event WHERE leaf_index = 3")
    assert verdict() == (verify.State.TAMPERED, "missing", 3)


def test_an_erasure_that_is_logged_leaves_the_log_sound(story, write, behind_the_back, monkeypatch):
    monkeypatch.setitem(events.REGISTRY, "privacy.subject.erased", EventType("privacy.subject.erased"))
    behind_the_back("UPDATE audit_subject_key SET wrapped_dek = NULL WHERE subject_ref = 'ana'")
    assert verdict()[:2] == (verify.State.TAMPERED, "private_missing")
    write(1, "privacy.subject.erased", by="officer", target=("person", "ana"))
    Signer().tick()
    assert verdict() == (verify.State.OK, "", None)
    behind_the_back("DELETE FROM audit_private WHERE subject_ref = 'ana'")
    assert verdict() == (verify.State.OK, "", None)


def test_without_a_log_the_badge_knows_nothing(context, behind_the_back):
    behind_the_back("DELETE FROM audit_head")
    assert a_badge().verified is None


def test_a_head_that_moved_under_a_writer_undoes_the_deed(write, monkeypatch):
    stale = appending.Head(1, 0, (), merkle.EMPTY, "open")
    monkeypatch.setattr(appending, "read_head", lambda *_args, **_kwargs: stale)
    monkeypatch.setattr(
        appending, "_row", lambda log_id, index, fields, body: {**real_row(log_id, index + 50, fields, body)}
    )
    with pytest.raises(LogUnavailable, match="moved"):
        write(1)


real_row = appending._row
