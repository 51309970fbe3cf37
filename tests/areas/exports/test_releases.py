"""A release: built from an accepted request, and handed to its named recipients as long as everything still holds."""

import csv
import dataclasses
import datetime as dt
import io
import json
import threading
import zipfile

import pytest
from sqlalchemy import func, select, update

from portal import clock
from portal.agreements.models import Agreement
from portal.auth import queries
from portal.auth.models import Grant, Organisation, Person, SignIn
from portal.db import session, transaction
from portal.errors import Withheld
from portal.exports import building, ordering, proving
from portal.exports.models import Allowance, Download, ProtectedFile, Release
from portal.jobs import bell
from portal.jobs.models import Work
from portal.mail import Letter
from portal.requests.models import Recipient, Request
from tests import factories, snapshots
from tests.areas.auth.pages import code_for, events, token_of
from tests.recount.recount import recount


def fetch(browser, facts, **more):
    fields = {"csrf_token": token_of(browser, "/profile")}
    return browser.post(f"/releases/{facts['release']}/download", data=fields, **more)


def release_of(app, facts):
    with app.app_context(), transaction():
        release = session().scalars(select(Release).where(Release.ref == facts["release"])).one()
        list(release.allowances)
        return release


def rows_of(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        text = archive.read("data.csv").decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def set_on(app, model, facts_ref=None, **values):
    with app.app_context(), factories.given() as current:
        statement = update(model).values(**values)
        current.execute(statement.where(model.ref == facts_ref) if facts_ref else statement)


# ---- building ----


@pytest.mark.moment("accepted")
def test_an_accepted_request_becomes_one_release_and_its_recipients_are_told(app, facts, people):
    with app.app_context():
        bell.wake()
    release = release_of(app, facts)
    assert release.status == "available"
    assert {one.person_id: one.remaining for one in release.allowances} == {
        people["analyst"].id: 5,
        people["colleague"].id: 5,
    }
    assert release.available_at < release.expires_at <= release.available_at + dt.timedelta(days=30)
    with app.app_context(), transaction():
        letters = session().scalars(select(Letter).where(Letter.template == "release_available")).all()
    assert {one.address for one in letters} == {people["analyst"].email, people["colleague"].email}
    names = [name for name, *_ in events(app) if name.startswith("release.")]
    assert names == ["release.queued", "release.started", "release.attacked", "release.available"]


@pytest.mark.moment("accepted")
@pytest.mark.parametrize(
    "change",
    [
        {"model": Agreement, "status": "suspended"},
        {"model": Agreement, "ends_on": clock.today() - dt.timedelta(days=1)},
        {"model": Agreement, "regions": ["LAC"]},
        {"model": Agreement, "most_sensitive": 1},
        {"model": Agreement, "purposes": ["advocacy"]},
        {"model": Request, "status": "suspended"},
        {"model": Request, "ends_on": clock.today() - dt.timedelta(days=1)},
        {"model": ProtectedFile, "status": "held"},
        {"model": Organisation, "active": False},
    ],
    ids=lambda change: f"{change['model'].__name__}.{list(change)[1]}",
)
def test_what_changed_while_the_build_waited_stops_it_for_good(app, facts, change):
    values = dict(change)
    set_on(app, values.pop("model"), **values)
    with app.app_context():
        bell.wake()
        with transaction():
            assert session().scalars(select(Work.status).where(Work.kind == "release")).all() == ["dead"]
    release = release_of(app, facts)
    assert release.status == "held"
    assert not release.blob
    assert release.held_reason
    assert len(events(app, "release.held")) == 1


@pytest.mark.moment("accepted")
def test_what_changes_during_the_build_stops_it_at_its_last_step(app, facts, monkeypatch):
    sealed = building.seal

    def seal(*args):
        set_on(app, Agreement, status="suspended")
        return sealed(*args)

    monkeypatch.setattr(building, "seal", seal)
    with app.app_context():
        bell.wake()
    release = release_of(app, facts)
    assert (release.status, release.blob, release.allowances) == ("held", "", [])
    with app.app_context(), transaction():
        assert session().scalars(select(Letter).where(Letter.template == "release_available")).all() == []


@pytest.mark.moment("accepted")
def test_a_package_that_an_attack_breaks_is_held(app, facts, monkeypatch):
    def lost(*_args, **_more):
        raise Withheld("attack: homogeneity succeeded on the finished file")

    monkeypatch.setattr(proving, "attack_release", lost)
    with app.app_context():
        bell.wake()
    release = release_of(app, facts)
    assert (release.status, release.held_reason) == ("held", "attack: homogeneity succeeded on the finished file")


@pytest.mark.moment("accepted")
def test_the_same_scope_is_never_built_twice(app, facts):
    from sqlalchemy.exc import IntegrityError

    with app.app_context():
        bell.wake()
        for _ in range(3):
            bell.wake()
        with transaction():
            assert session().scalar(select(func.count()).select_from(Release)) == 1
        with pytest.raises(IntegrityError), transaction():
            ordering.order(session().scalars(select(Request)).one())


def test_the_delivered_zip_passes_the_recount(app, facts, browser):
    answer = fetch(browser("analyst"), facts)
    assert answer.status_code == 200
    drawn = snapshots.survey()
    verdict = recount(io.BytesIO(answer.data), markers=drawn.markers)
    # 300 interviews hide more key values than a real round would; that share alone is measured on a large one.
    assert [words for words in verdict.bad if "key values shown" not in words] == []
    assert len(verdict.good) > 10
    held = release_of(app, facts)
    assert len(rows_of(answer.data)) == held.rows


def test_a_part_that_one_region_refused_shows_as_hidden_in_its_rows(app, facts):
    from portal.exports import protecting
    from portal.exports.approved import as_approved
    from portal.requests.scope import Part, from_content

    with app.app_context():
        with transaction():
            release = session().scalars(select(Release)).one()
            scope = from_content(release.scope.content)
            file = protecting.find(release.protected_file.ref)
        frame = protecting.frame_of(file)
    first = scope.parts[0]
    lesser = Part(region=first.region, filters=first.filters, variables=("drivers",))
    narrowed = type(scope)(**{**vars(scope), "parts": (lesser, *scope.parts[1:])})
    shown = as_approved(frame, narrowed)
    mine = frame["country"].isin(first.filters["country"]) & frame["year"].isin(first.filters["year"])
    refused = [name for name in narrowed.variables if name != "drivers"]
    assert (shown.loc[mine, refused] == ".s").all().all() if refused else True
    assert shown.loc[~mine].equals(frame.loc[~mine])
    assert shown.loc[mine, "drivers"].equals(frame.loc[mine, "drivers"])


def test_two_files_cannot_be_joined_whoever_received_them(app, facts, browser):
    with app.app_context():
        other = snapshots.accept(facts, by="stranger", team=("stranger",), agreement="other_agreement")
        bell.wake()
        again = snapshots.accept(facts, by="analyst", team=("analyst",), variables=("drivers",))
        bell.wake()
    first = rows_of(fetch(browser("analyst"), facts).data)
    second = rows_of(fetch(browser("stranger"), facts | other).data)
    third = rows_of(fetch(browser("analyst"), facts | again).data)
    ids = [{row["record_id"] for row in rows} for rows in (first, second, third)]
    assert len(first) == len(second) == len(third)
    assert not ids[0] & ids[1], "another organisation's pseudonyms are others"
    assert not ids[0] & ids[2], "nor are those of another request of the same organisation"

    def told(rows):
        return [tuple(value for name, value in row.items() if name != "record_id") for row in rows]

    assert sorted(told(first)) == sorted(told(second))
    assert told(first) != told(second), "and the order of the rows tells nothing"


# ---- handing over ----


def test_a_named_recipient_downloads_through_a_form_and_the_count_goes_down(app, facts, people, browser):
    page = browser("analyst").get(f"/requests/{facts['request']}").text
    assert f"/releases/{facts['release']}/download" in page
    assert browser("analyst").get(f"/releases/{facts['release']}/download").status_code == 405
    answer = fetch(browser("analyst"), facts)
    release = release_of(app, facts)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/zip"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{release.file_name}"'
    assert answer.headers["Cache-Control"] == "no-store"
    assert int(answer.headers["Content-Length"]) == len(answer.data) == release.size
    import hashlib

    assert hashlib.sha256(answer.data).hexdigest() == release.sha256
    left = {one.person_id: one.remaining for one in release.allowances}
    assert left == {people["analyst"].id: 4, people["colleague"].id: 5}
    assert [name for name, *_ in events(app, "release.downloaded", "release.download.completed")] == [
        "release.downloaded",
        "release.download.completed",
    ]
    with app.app_context(), transaction():
        download = session().scalars(select(Download)).one()
    assert download.sent == release.size
    assert download.completed_at >= download.started_at


def test_after_the_last_one_there_is_no_more(app, facts, browser):
    for _ in range(5):
        assert fetch(browser("analyst"), facts).status_code == 200
    assert fetch(browser("analyst"), facts).status_code == 403
    assert fetch(browser("colleague"), facts).status_code == 200
    with app.app_context(), transaction():
        assert session().scalar(select(func.count()).select_from(Download)) == 6


def test_of_many_at_once_no_more_get_through_than_are_left(app, facts, people, as_person):
    browsers = [as_person(people["analyst"]) for _ in range(8)]
    barrier, statuses = threading.Barrier(8), []
    with app.app_context(), factories.given() as current:
        current.execute(update(Allowance).values(remaining=2))
    tokens = [token_of(one, "/profile") for one in browsers]

    def go(one, token):
        barrier.wait()
        answer = one.post(f"/releases/{facts['release']}/download", data={"csrf_token": token})
        statuses.append((answer.status_code, len(answer.data)))

    threads = [threading.Thread(target=go, args=pair) for pair in zip(browsers, tokens, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(status for status, _ in statuses)[:2] == [200, 200]
    assert {status for status, _ in statuses if status != 200} <= {403, 409}
    assert sum(status == 200 for status, _ in statuses) == 2


@pytest.mark.parametrize("who", ["stranger", "unnamed", "steward", "manager", "dpo"])
def test_nobody_else_gets_it(app, facts, browser, who):
    answer = fetch(browser(who), facts)
    assert answer.status_code == {"stranger": 404, "unnamed": 404}.get(who, 403)
    assert b"PK\x03\x04" not in answer.data
    with app.app_context(), transaction():
        assert session().scalars(select(Download)).all() == []
    assert [name for name, *_ in events(app, "authz.denied")][-1:] == ["authz.denied"]


def test_for_another_organisation_it_looks_as_if_it_were_not_there(app, facts, browser):
    there = browser("stranger").get(f"/releases/{facts['release']}/progress")
    nowhere = browser("stranger").get(f"/releases/{'0' * 32}/progress")
    assert there.status_code == nowhere.status_code == 404
    assert browser("stranger").get(f"/requests/{facts['request']}").status_code == 404


DENIED = {
    "the release has expired": (Release, {"expires_at": clock.now() - dt.timedelta(seconds=1)}),
    "the release was ended": (Release, {"status": "ended", "ended_as": "revoked"}),
    "the agreement is suspended": (Agreement, {"status": "suspended"}),
    "the agreement has ended": (Agreement, {"status": "ended"}),
    "the agreement's last day is over": (Agreement, {"ends_on": clock.today() - dt.timedelta(days=2)}),
    "the agreement has lost a region": (Agreement, {"regions": ["LAC"]}),
    "the request is suspended": (Request, {"status": "suspended"}),
    "the request's last day is over": (Request, {"ends_on": clock.today() - dt.timedelta(days=2)}),
    "the protected file is no longer signed off": (ProtectedFile, {"status": "held"}),
    "the organisation is no longer a partner": (Organisation, {"active": False}),
}


@pytest.mark.parametrize("why", DENIED)
def test_it_is_denied_at_that_moment_because(app, facts, browser, why):
    model, values = DENIED[why]
    token = token_of(browser("analyst"), "/profile")
    if model is Organisation:
        with app.app_context(), factories.given() as current:
            current.execute(update(Organisation).where(Organisation.name == "Partner").values(**values))
    else:
        set_on(app, model, **values)
    answer = browser("analyst").post(f"/releases/{facts['release']}/download", data={"csrf_token": token})
    assert answer.status_code in {401, 403}, answer.status_code
    assert b"PK\x03\x04" not in answer.data
    with app.app_context(), transaction():
        assert session().scalars(select(Download)).all() == []
        assert set(session().scalars(select(Allowance.remaining))) == {5}
    assert events(app, "authz.denied")


def test_a_disabled_recipient_is_shut_out_with_the_next_click(app, facts, people, browser):
    token = token_of(browser("analyst"), "/profile")
    with app.app_context(), factories.given() as current:
        current.execute(update(Person).where(Person.id == people["analyst"].id).values(disabled_at=clock.now()))
    answer = browser("analyst").post(f"/releases/{facts['release']}/download", data={"csrf_token": token})
    assert answer.status_code == 401


def test_a_recipient_who_moved_to_another_organisation_gets_nothing(app, facts, people, browser):
    token = token_of(browser("analyst"), "/profile")
    with app.app_context(), factories.given() as current:
        elsewhere = people["stranger"].organisation_id
        current.execute(update(Person).where(Person.id == people["analyst"].id).values(organisation_id=elsewhere))
    answer = browser("analyst").post(f"/releases/{facts['release']}/download", data={"csrf_token": token})
    assert answer.status_code == 404


def test_a_recipient_whose_role_or_name_was_taken_back_gets_nothing(app, facts, people, browser):
    token = token_of(browser("analyst"), "/profile")
    with app.app_context(), factories.given() as current:
        named = current.scalars(select(Recipient).where(Recipient.person_id == people["analyst"].id)).one()
        current.delete(named)
        grant = current.scalars(select(Grant).where(Grant.person_id == people["colleague"].id)).one()
        grant.valid_to = clock.today() - dt.timedelta(days=1)
    answer = browser("analyst").post(f"/releases/{facts['release']}/download", data={"csrf_token": token})
    assert answer.status_code == 403
    assert fetch(browser("colleague"), facts).status_code in {401, 403}


def test_a_client_that_goes_away_is_noted_with_the_bytes_it_got(app, facts, people):
    from portal.exports import actions, views_releases

    with app.app_context():
        actor = signed_in(people["analyst"])
        with transaction():
            handover = actions.hand_over(actor, facts["release"])
        stream = views_releases._sent(actor, handover)
        first = next(stream)
        next(stream, b"")
        stream.close()
        with transaction():
            download = session().scalars(select(Download)).one()
    assert download.completed_at is not None
    assert len(first) <= download.sent
    assert download.sent < handover.size or handover.size <= len(first)
    (event,) = bodies(app, "release.download.completed")
    assert event["data"]["bytes"] == download.sent
    assert event["change"]["complete"] == [False, download.sent == handover.size]


def signed_in(person):
    """Return somebody as they act, in a session that has just begun."""
    with factories.given():
        factories.a_session(person)
    with transaction():
        found = (
            session().scalars(select(SignIn).where(SignIn.person_id == person.id).order_by(SignIn.id.desc())).first()
        )
        return queries.actor_of(found.person, found)


MEANWHILE = {
    "the person is shut out": lambda person: (
        update(Person).where(Person.id == person.id).values(disabled_at=clock.now())
    ),
    "the organisation is stopped": lambda person: (
        update(Organisation).where(Organisation.id == person.organisation_id).values(active=False)
    ),
    "the session is ended": lambda person: (
        update(SignIn).where(SignIn.person_id == person.id).values(ended_at=clock.now())
    ),
    "the session is somebody else's": lambda person: update(SignIn).values(person_id=person.id + 1),
    "the password is another": lambda person: (
        update(Person).where(Person.id == person.id).values(credentials_changed_at=clock.now())
    ),
    "the role is over": lambda person: (
        update(Grant).where(Grant.person_id == person.id).values(valid_to=clock.today() - dt.timedelta(days=1))
    ),
    "the release is ended": lambda _person: update(Release).values(status="ended", ended_as="revoked"),
}
REASONS = {"the organisation is stopped": "organisation", "the release is ended": "ended"}  # else: the person


def under_way(facts, person):
    """Let somebody download in three pieces; return the stream of them."""
    from portal.exports import actions, views_releases

    actor = signed_in(person)
    with transaction():
        handover = actions.hand_over(actor, facts["release"])
    slow = (piece for piece in (b"first", b"second", b"third"))
    return views_releases._sent(actor, dataclasses.replace(handover, chunks=slow))


@pytest.fixture
def asked_at_each_piece(monkeypatch):
    """Let the rule be asked before every piece; return what it answered."""
    from portal.exports import guarding, views_releases

    answers, really = [], guarding.still_allowed

    def ask(*given):
        answers.append(really(*given))
        return answers[-1]

    monkeypatch.setattr(views_releases, "ASK_SECONDS", 0)
    monkeypatch.setattr(guarding, "still_allowed", ask)
    return answers


@pytest.mark.parametrize("what", MEANWHILE)
def test_a_download_under_way_breaks_off_when(app, facts, people, asked_at_each_piece, what):
    with app.app_context():
        stream = under_way(facts, people["analyst"])
        assert next(stream) == b"first"
        with factories.given() as current:
            current.execute(MEANWHILE[what](people["analyst"]))
        with pytest.raises(ConnectionResetError):
            next(stream)
    reason = REASONS.get(what, "person")
    assert asked_at_each_piece == ["", reason]
    (event,) = bodies(app, "release.download.cut")
    assert (event["reason"], event["data"]["bytes"], event["change"]["complete"]) == (reason, 5, [False, False])
    assert bodies(app, "release.download.completed") == []


def test_a_slow_download_goes_on_while_nothing_changes(app, facts, people, asked_at_each_piece):
    with app.app_context():
        assert list(under_way(facts, people["analyst"])) == [b"first", b"second", b"third"]
    assert asked_at_each_piece == ["", "", ""]
    assert bodies(app, "release.download.cut") == []


def test_a_download_goes_on_after_its_proof_has_grown_old(app, facts, people, asked_at_each_piece):
    """The code was asked for at the door: ten minutes are no limit to how slowly somebody reads."""
    with app.app_context():
        stream = under_way(facts, people["analyst"])
        assert next(stream) == b"first"
        with factories.given() as current:
            current.execute(update(SignIn).values(proved_at=clock.now() - dt.timedelta(hours=1)))
        assert list(stream) == [b"second", b"third"]


@pytest.mark.moment("accepted")
@pytest.mark.parametrize("what", ["the person is shut out", "the organisation is stopped"])
def test_a_leaver_in_the_middle_of_the_build_gets_no_file(app, facts, people, monkeypatch, what):
    real = building.seal

    def leaving(*given):
        with factories.given() as current:
            current.execute(MEANWHILE[what](people["analyst"]))
        return real(*given)

    monkeypatch.setattr(building, "seal", leaving)
    with app.app_context():
        bell.wake()
    release = release_of(app, facts)
    assert (release.status, release.held_as) == ("held", "terms")


def test_a_download_asks_for_a_code_once_the_last_is_ten_minutes_old(app, facts, people, as_person):
    browser = as_person(people["analyst"], proved_at=clock.now() - dt.timedelta(minutes=10, seconds=1))
    answer = fetch(browser, facts, headers={"Referer": "http://localhost/requests"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/step-up?next=/requests")
    assert {one.remaining for one in release_of(app, facts).allowances} == {5}
    assert [one[1] for one in events(app, "authz.denied")] == ["NotFresh"]
    page = browser.get("/step-up?next=/requests").text
    assert "more than ten minutes old" in page
    fields = {"csrf_token": token_of(browser, "/profile"), "next": "/requests"}
    assert browser.post("/step-up", data=fields | {"code": "000000"}).status_code == 400
    assert fetch(browser, facts).status_code == 303
    done = browser.post("/step-up", data=fields | {"code": code_for(app, people["analyst"])})
    assert (done.status_code, done.headers["Location"]) == (303, "/requests")
    assert fetch(browser, facts).status_code == 200


def bodies(app, name):
    from portal.audit.models import AuditEvent

    with app.app_context(), transaction():
        return [json.loads(body) for body in session().scalars(select(AuditEvent.body).where(AuditEvent.type == name))]


def test_a_changed_byte_in_the_vault_is_never_handed_over(app, facts, browser, settings):
    release = release_of(app, facts)
    path = settings.vault_dir / release.blob
    data = bytearray(path.read_bytes())
    data[10] ^= 1
    path.chmod(0o600)
    path.write_bytes(data)
    answer = fetch(browser("analyst"), facts)
    assert answer.status_code == 500
    assert b"PK" not in answer.data[:4]
    assert {one.remaining for one in release_of(app, facts).allowances} == {5}


def test_the_keeper_ends_what_is_over(app, facts, browser):
    from portal.exports import actions

    set_on(app, Release, expires_at=clock.now() - dt.timedelta(seconds=1))
    with app.app_context():
        assert actions.expire() == 1
        assert actions.expire() == 0
    release = release_of(app, facts)
    assert (release.status, release.ended_as, release.cause) == ("ended", "destroyed", "expired")  # nobody had a copy
    assert len(events(app, "release.expired")) == 1


def test_the_request_s_page_shows_what_may_be_fetched_and_how_often(app, facts, browser):
    page = browser("analyst").get(f"/requests/{facts['request']}").text
    assert "You can download it 5 more times." in page
    fetch(browser("analyst"), facts)
    assert "You can download it 4 more times." in browser("analyst").get(f"/requests/{facts['request']}").text
