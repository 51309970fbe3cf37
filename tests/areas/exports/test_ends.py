"""A release that ends is over: unreadable at once, destroyed after that, looked at, and never said to be gone before."""

import datetime as dt
import threading
from dataclasses import replace

import pytest
from sqlalchemy import select

from portal import clock
from portal.agreements.models import Agreement
from portal.auth.models import Organisation, Person, SignIn
from portal.catalogue.models import Version
from portal.db import session, transaction
from portal.exports import actions, actions_closing, guarding, views_releases
from portal.exports.models import Download, ProtectedFile, Release
from portal.exports.models_ends import Probe
from portal.jobs import bell
from portal.jobs.models import Work
from portal.requests.models import Recipient, Request
from tests import factories
from tests.areas.auth.pages import events
from tests.areas.exports.ending import REASON, Ending
from tests.areas.exports.test_releases import bodies, fetch

CLOSED = dict.fromkeys(("download", "build", "blob", "key"), "closed")


@pytest.fixture
def world(app, facts, as_person):
    return Ending(app, facts, as_person)


def test_revoked_it_is_unreadable_destroyed_and_looked_at(world, settings):
    # Given a release that one recipient has downloaded
    world.with_focal_points("fay").fetched_by("analyst")
    before = world.release()
    page = world.get("dpo", f"/releases/{world.ref}/end").text
    assert "Anna Analyst" in page
    assert "not called back" in page
    # When the data protection officer revokes it
    assert world.end("dpo").status_code == 303
    # Then nobody fetches it, its bytes and its key are gone, and four looks say so
    release = world.release()
    assert (release.status, release.ended_as, release.cause) == ("ended", "revoked", "revoked")
    assert (release.key_wrapped, release.key_id, release.blob) == (None, "", "")
    assert not (settings.vault_dir / before.blob).exists()
    assert fetch(world.browser("colleague"), world.facts).status_code == 403
    assert world.probes() == CLOSED
    page = world.get("analyst", f"/requests/{world.facts['request']}").text
    for words in ("It was revoked.", REASON, "The key that opened it is gone.", "Cite it as:"):
        assert words in page
    # And whoever has a copy has thirty days
    duty = world.duty("analyst")
    assert duty.due_on == clock.today("Europe/Copenhagen") + dt.timedelta(days=30)
    assert len(world.letters("release_ended")) == 3
    told = [name for name, *_ in events(world.app, "release.revoked", "duty.opened", "release.probe.closed")]
    assert told == ["release.revoked", "duty.opened", "release.probe.closed"]


def test_nobody_had_a_copy_so_it_is_destroyed_at_once(world):
    assert world.end("dpo").status_code == 303
    assert world.release().ended_as == "destroyed"
    assert world.duties() == {}
    assert events(world.app, "release.destroyed")


@pytest.mark.parametrize(
    ("who", "status"),
    [("dpo", 303), ("manager", 404), ("steward", 403), ("coordinator", 403), ("analyst", 403), ("stranger", 403)],
)
def test_who_may_revoke(world, who, status):
    """The manager of this story has decided no part of it."""
    assert world.end(who).status_code == status
    assert (world.release().status == "ended") == (status == 303)


def test_the_manager_of_a_region_whose_rows_are_in_it_may_revoke(world):
    from portal.requests.models import Track

    with world.app.app_context(), factories.given() as current:
        request = current.scalars(select(Request)).one()
        values = {"slice_sha256": "0" * 64, "profile": {}, "scope_id": request.scope_id, "request_id": request.id}
        current.add(Track(region="WANA", status="approved", **values))
    assert world.end("manager").status_code == 303


def test_a_declined_region_may_not_revoke(world):
    from portal.requests.models import Track

    with world.app.app_context(), factories.given() as current:
        request = current.scalars(select(Request)).one()
        values = {"slice_sha256": "0" * 64, "profile": {}, "scope_id": request.scope_id, "request_id": request.id}
        current.add(Track(region="WANA", status="declined", **values))
    assert world.end("manager").status_code == 403


def test_without_a_reason_or_code_the_form_comes_back_with_what_was_typed(world):
    answer = world.end("dpo", reason="")
    assert answer.status_code == 400
    assert "Give your reason" in answer.text
    answer = world.end("dpo", code="000000")
    assert answer.status_code == 400
    assert REASON in answer.text
    assert world.release().status == "available"


def test_two_clicks_end_it_once_and_a_stale_page_ends_nothing(world):
    lock = world.release().lock
    assert world.end("dpo", lock=lock).status_code == 303
    assert world.end("dpo", lock=lock).status_code == 303
    assert len(events(world.app, "release.revoked")) == 1
    world.people["second"] = world.people["both"]
    assert world.end("second").status_code == 409


def test_an_old_page_is_stale(world):
    assert world.end("dpo", lock=world.release().lock - 1).status_code == 409
    assert world.release().status == "available"


def test_of_two_who_revoke_at_once_one_does(world):
    codes = {name: world.code(name) for name in ("dpo", "both")}
    lock, barrier, answers = world.release().lock, threading.Barrier(2), []
    for name in codes:
        world.get(name, "/privacy")

    def go(name):
        barrier.wait()
        answers.append(world.post(name, f"/releases/{world.ref}/revoke", reason=REASON, lock=lock, code=codes[name]))

    threads = [threading.Thread(target=go, args=(name,)) for name in codes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers) == [303, 409]
    assert len(events(world.app, "release.revoked")) == 1


def test_a_revoked_request_takes_its_release_along_in_the_same_deed(world, settings):
    world.fetched_by("analyst")
    path = f"/requests/{world.facts['request']}/stop"
    assert world.post("dpo", path, verb="revoke", reason=REASON, code=world.code("dpo")).status_code == 303
    release = world.release()
    assert (release.status, release.cause) == ("ended", "revoked")
    assert world.probes() == CLOSED
    revoked, ended = (events(world.app, name)[0] for name in ("request.revoked", "release.revoked"))
    assert ended[2] == revoked[2]  # by the same person
    assert ended[1] == "request"


def test_a_terminated_agreement_ends_it_as_revoked(world):
    world.fetched_by("analyst")
    world.set_on(Agreement, status="ended", ended_as="terminated")
    assert fetch(world.browser("analyst"), world.facts).status_code == 403  # at once, before anybody has said so
    with world.app.app_context():
        actions.expire()
    assert world.release().cause == "revoked"
    assert world.probes() == CLOSED


def test_what_expires_may_be_used_until_its_last_day(world):
    """The link is over after some days; the package says until when the data may be used."""
    world.fetched_by("analyst")
    world.set_on(Release, expires_at=clock.now() - dt.timedelta(seconds=1))
    assert fetch(world.browser("analyst"), world.facts).status_code == 403
    with world.app.app_context():
        assert actions.expire() == 1
    (request,) = world.all(Request)
    assert world.duty("analyst").due_on == request.ends_on + dt.timedelta(days=30)
    assert world.probes() == CLOSED


def test_a_request_revoked_later_brings_that_day_forward(world):
    world.fetched_by("analyst")
    world.set_on(Release, expires_at=clock.now() - dt.timedelta(seconds=1))
    with world.app.app_context():
        actions.expire()
    path = f"/requests/{world.facts['request']}/stop"
    assert world.post("dpo", path, verb="revoke", reason=REASON, code=world.code("dpo")).status_code == 303
    assert world.duty("analyst").due_on == clock.today("Europe/Copenhagen") + dt.timedelta(days=30)
    assert len(world.letters("duty_earlier")) == 1


def test_it_is_replaced_only_once_something_newer_is_there(world):
    world.fetched_by("analyst")
    answer = world.end("steward", "supersede")
    assert answer.status_code == 400
    with world.app.app_context(), factories.given() as current:
        version = current.scalars(select(Version)).one()
        values = {name: getattr(version, name) for name in ("dataset_id", "file_name", "key_id", "key_wrapped")}
        current.add(
            Version(**values, number=2, status="published", original_blob="", original_sha256="0" * 64, original_size=0)
        )
    assert "Replace it" in world.get("steward", f"/releases/{world.ref}/end").text
    assert world.end("steward", "supersede").status_code == 303
    assert (world.release().cause, world.duty("analyst").status) == ("superseded", "due")


def test_staff_find_releases_on_their_list_and_managers_their_own(world):
    world.fetched_by("analyst")
    for name in ("dpo", "steward", "coordinator"):
        page = world.get(name, "/releases").text
        assert f"/releases/{world.ref}/end" in page, name
    assert f"/releases/{world.ref}/end" not in world.get("manager", "/releases").text, "no part of it was theirs"
    assert world.get("analyst", "/releases").status_code == 403
    assert world.get("analyst", f"/releases/{world.ref}/end").status_code == 403
    table = world.get("dpo", "/releases?as=csv&status=available").text.splitlines()
    assert len(table) == 2
    assert table[1].split(",")[5] == "1"
    assert len(world.get("dpo", "/releases?as=csv&status=open").text.splitlines()) == 1
    assert world.end("dpo").status_code == 303
    page = world.get("dpo", f"/releases/{world.ref}/end").text
    assert "It was revoked." in page
    assert "Revoke for good" not in page


# ---- what cannot be closed ----


class Stuck:
    """A vault that does not let go."""

    def __init__(self, store):
        self._store = store

    def __getattr__(self, name):
        return getattr(self._store, name)

    def delete(self, _name):
        raise PermissionError("not now")


def test_what_stays_open_is_an_alarm_and_is_tried_again_until_it_is_closed(world, house, monkeypatch):
    # Given a vault that refuses to delete
    monkeypatch.setattr(house, "store", Stuck(house.store))
    began = clock.now()
    assert world.end("dpo").status_code == 303
    # Then it is revoked, and nothing says that it is destroyed
    release = world.release()
    assert (release.status, release.ended_as) == ("ended", "revoked")
    assert world.probes() == CLOSED | {"blob": "open"}
    assert len(world.letters("release_open")) == len({world.people["dpo"].email, world.people["both"].email})
    assert [name for name, *_ in events(world.app, "release.probe.failed")] == ["release.probe.failed"]
    # When the vault lets go, the keeper finishes, and not before it is time to look again
    monkeypatch.undo()
    with world.app.app_context(), transaction():
        (due_at,) = session().scalars(select(Probe.due_at).where(Probe.status == "open"))
    assert due_at >= began + dt.timedelta(seconds=2)
    world.set_on(Probe, due_at=clock.now() + dt.timedelta(hours=1))
    with world.app.app_context():
        assert actions_closing.close_due() == 0
        world.set_on(Probe, due_at=clock.now())
        assert actions_closing.close_due() == 1
    assert world.release().ended_as == "destroyed"
    assert world.probes() == CLOSED


def test_killed_between_the_end_and_the_destruction_the_keeper_finishes(world, settings, monkeypatch):
    # Given a process that dies right after the commit
    monkeypatch.setattr(actions_closing, "close", lambda _release_id: None)
    blob = world.release().blob
    assert world.end("dpo").status_code == 303
    assert set(world.probes().values()) == {"pending"}
    assert (settings.vault_dir / blob).exists()
    assert world.release().ended_as == "revoked"
    page = world.get("analyst", f"/requests/{world.facts['request']}").text
    assert "Not known yet:" in page
    # When the keeper comes round
    monkeypatch.undo()
    with world.app.app_context():
        assert actions_closing.close_due() == 1
        assert actions_closing.close_due() == 0
    # Then it is finished
    assert not (settings.vault_dir / blob).exists()
    assert world.probes() == CLOSED


def test_an_end_from_before_there_were_looks_is_looked_at_too(world):
    world.set_on(Release, status="ended", ended_as="expired", cause="expired")
    with world.app.app_context():
        actions_closing.close_due()
    assert world.probes() == CLOSED | {"key": "open"}, "its key was not destroyed, so nothing says that it was"


# ---- building ----


@pytest.mark.moment("accepted")
@pytest.mark.parametrize("stage", ["select", "package", "attack", "seal", "publish"])
def test_a_build_that_is_ended_at_any_stage_publishes_nothing_and_stops_cleanly(world, stage, monkeypatch):
    from portal.jobs import registry

    def end(kind, name):
        if (kind, name) == ("release", stage):
            from portal.db import session as current
            from portal.exports import actions_ends

            with world.app.app_context(), factories.given():
                release = current().scalars(select(Release)).one()
                actions_ends.end(actions.KEEPER, release, "revoked", why="request")

    monkeypatch.setattr(registry, "observers", [end])
    with world.app.app_context():
        bell.wake()
    release = world.release()
    assert (release.status, release.blob, release.key_wrapped) == ("ended", "", None)
    (work,) = world.all(Work, Work.kind == "release")
    assert (work.status, work.error) == ("dead", "cancelled")
    assert events(world.app, "release.available", "release.held", "release.failed") == []
    with world.app.app_context():
        bell.wake()
    assert world.release().ended_as == "destroyed"


@pytest.mark.moment("accepted")
@pytest.mark.parametrize("stage", ["select", "package", "attack", "seal", "publish"])
def test_every_stage_reads_the_terms_anew(world, stage, monkeypatch):
    from portal.jobs import registry

    done = []

    def suspend(kind, name):
        done.append(name)
        if name == stage:
            world.set_on(Agreement, status="suspended")

    monkeypatch.setattr(registry, "observers", [suspend])
    with world.app.app_context():
        bell.wake()
    release = world.release()
    assert (release.status, release.held_as, release.blob) == ("held", "terms", "")
    assert done[-1] == stage


# ---- while the bytes flow ----


NO_MORE = {
    "the release is revoked": (Release, {"status": "ended", "ended_as": "revoked", "cause": "revoked"}, "revoked"),
    "the release is over": (Release, {"expires_at": clock.now() - dt.timedelta(seconds=1)}, "person"),
    "the request is suspended": (Request, {"status": "suspended"}, "request"),
    "the agreement is suspended": (Agreement, {"status": "suspended"}, "status"),
    "the person is shut out": (Person, {"disabled_at": clock.now()}, "person"),
    "the organisation is no partner": (Organisation, {"active": False}, "organisation"),
    "the file is no longer signed off": (ProtectedFile, {"status": "held"}, "file"),
}


def at_the_door(person):
    """Somebody as they stand there: signed in, with both factors."""
    with factories.given():
        factories.a_session(person)
    with transaction():
        signed_in = session().scalar(select(SignIn.ref).where(SignIn.person_id == person.id))
        return replace(guarding.actor_of(session().get(Person, person.id)), **BOTH, session_ref=signed_in)


BOTH = {"authentication": ("pwd", "otp")}


@pytest.mark.parametrize("why", NO_MORE)
def test_a_download_under_way_is_cut_because(world, why, monkeypatch):
    model, values, reason = NO_MORE[why]
    monkeypatch.setattr(views_releases, "ASK_SECONDS", 0)
    with world.app.app_context():
        actor = at_the_door(world.people["analyst"])
        with transaction():
            handover = actions.hand_over(actor, world.ref)
        data = b"".join(handover.chunks)
        pieces = iter([data[at : at + 1000] for at in range(0, len(data), 1000)])
        stream = views_releases._sent(
            actor, actions.Handover(handover.name, handover.size, handover.ref, handover.release_id, pieces)
        )
        first = next(stream)
    world.set_on(model, **values)
    with world.app.app_context(), pytest.raises(ConnectionResetError):
        for _ in range(3):
            next(stream)
    (download,) = world.all(Download)
    assert (download.cut, download.sent) == (reason, len(first))
    (event,) = bodies(world.app, "release.download.cut")
    assert (event["reason"], event["data"]["bytes"]) == (reason, len(first))
    assert event["change"]["complete"] == [False, False]
    assert bodies(world.app, "release.download.completed") == []


def test_the_same_rule_answers_page_door_and_stream(world):
    """Whatever takes it away takes it away everywhere."""
    release, person = world.release(), world.people["analyst"]

    def answers():
        with world.app.app_context(), transaction():
            row = session().get(Release, release.id)
            actor = replace(guarding.actor_of(session().get(Person, person.id)), **BOTH)
            return guarding.still_allowed(person.id, release.id) == "", guarding.may_download(actor, row)

    assert answers() == (True, True)
    for model, values, _reason in NO_MORE.values():
        (row, *_) = world.all(model)
        before = {name: getattr(row, name) for name in values}
        world.set_on(model, **values)
        assert answers() == (False, False), values
        world.set_on(model, **before)
    assert answers() == (True, True)


def test_missing_or_empty_denies(world):
    def allowed(name, release_id):
        person_id = world.people[name].id if name else 0
        with world.app.app_context(), transaction():
            return guarding.still_allowed(person_id, release_id) == ""

    release = world.release().id
    assert allowed("analyst", release)
    assert not any(allowed(name, release) for name in ("", "stranger", "unnamed", "dpo", "steward"))
    assert not allowed("analyst", 0)
    for values in ({"expires_at": None}, {"status": ""}, {"status": "held"}):
        before = {name: getattr(world.release(), name) for name in values}
        world.set_on(Release, **values)
        assert not allowed("analyst", release), values
        world.set_on(Release, **before)
    with world.app.app_context(), factories.given() as current:
        for one in current.scalars(select(Recipient)):
            current.delete(one)
    assert not allowed("analyst", release)
