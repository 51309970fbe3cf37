"""A freeze closes every path at once, and only two people of two offices open them again."""

import threading

import pytest
from sqlalchemy import select

from portal import clock
from portal.actor import Role
from portal.auth import queries
from portal.auth.models import Organisation, Person, SignIn
from portal.catalogue.models import Dataset
from portal.db import session, transaction
from portal.exports import guarding
from portal.exports.models import Download, Release
from portal.freezes import Freeze
from portal.incidents import actions_freeze
from portal.incidents.models import FreezeProbe
from portal.jobs.models import Work
from portal.keeper import KEEPER
from tests import factories
from tests.areas.auth.pages import events, send
from tests.areas.incidents.scene import REASON

STOPPED = "Your access is stopped"
EVERY_PATH = {"sessions", "sign_in", "download", "stream", "table", "build"}


def closed(world, freeze):
    return {one.path for one in world.look(FreezeProbe, FreezeProbe.freeze_id == freeze.id) if one.closed_at}


def dataset(world):
    return world.look(Dataset)[0].ref


# ---- an organisation and a person ----


def test_a_frozen_organisation_is_out_at_once_and_told_so(world):
    _, release = world.released()
    for name in ("anna", "focal", "inside", "carl"):
        assert world.get(name, "/profile").status_code == 200
    freeze = world.frozen(target=world.refs["Partner"])
    for answer in (world.get("anna", "/requests"), world.fetch("anna", release), world.get("focal", "/agreements")):
        assert answer.status_code == 403
        assert STOPPED in answer.text
    assert world.get("carl", "/requests").status_code == 200
    assert world.get("wana", "/inbox").status_code == 200
    ours = [world.people[name].id for name in ("anna", "ben", "focal", "inside")]
    sessions = world.look(SignIn, SignIn.person_id.in_(ours))
    assert len(sessions) == 3
    assert {one.ended_as for one in sessions} == {"frozen"}
    assert closed(world, freeze) == EVERY_PATH
    assert world.at(freeze.ref).closed_at is not None
    (told,) = freeze.affected["releases"]
    assert (told["rows"], told["status"], told["holders"]) == ("300", "available", [])
    assert {one["ref"] for one in freeze.affected["people"]} == {
        world.people[name].ref for name in ("anna", "ben", "focal", "inside")
    }


def test_what_was_open_in_a_browser_is_refused_when_it_is_sent(world):
    draft = world.start()
    world.fill(draft)
    world.frozen(target=world.refs["Partner"])
    answer = world.submit(draft)
    assert (answer.status_code, STOPPED in answer.text) == (403, True)
    assert world.request(draft).status == "draft"


def test_who_is_frozen_cannot_sign_in_and_learns_whom_to_call(world):
    world.frozen("person", world.people["anna"].ref)
    browser = world.app.test_client()
    anna = {"email": world.people["anna"].email, "password": factories.PASSWORD}
    answer = send(browser, "/sign-in", page="/sign-in", **anna)
    assert answer.status_code == 403
    assert "info@mixedmigration.org" in answer.text
    wrong = send(browser, "/sign-in", page="/sign-in", **anna | {"password": "something else"})
    assert wrong.status_code == 400, "only who knows the password is told"
    assert [one[1] for one in events(world.app, "auth.login.failed")] == ["frozen", "password"]
    assert world.look(SignIn, SignIn.person_id == world.people["anna"].id) == []


def test_a_frozen_person_leaves_their_colleagues_working(world):
    _, release = world.released()
    world.accepted("ben")
    world.frozen("person", world.people["anna"].ref)
    assert world.fetch("anna", release).status_code == 403
    assert world.fetch("ben", release).status_code == 200


def test_a_person_may_be_frozen_who_is_never_signed_in(world):
    freeze = world.frozen("person", world.people["carl"].ref)
    assert freeze.affected["people"] == [{"ref": world.people["carl"].ref, "sessions": 0}]


# ---- rows ----


def test_a_frozen_place_stops_the_requests_that_hold_it_and_no_other(world):
    touched, first = world.released(rows={"country": ["NER", "SDN"], "year": ["2019"]})
    other = world.ordered(rows={"country": ["LBY", "SDN"], "year": ["2019"]})
    freeze = world.frozen("place", codes=["NER"])
    refused = world.fetch("anna", first)
    assert refused.status_code == 403
    assert "data protection office has stopped this" in refused.text
    assert [one["request"] for one in freeze.affected["releases"]] == [touched]
    (release,) = world.look(Release, Release.request_id == world.request(other).id)
    assert release.status == "queued"


def test_a_frozen_nationality_stops_every_release_that_leaves_nobody_out(world):
    _, release = world.released()
    world.frozen("nationality", codes=["11"])
    assert world.fetch("anna", release).status_code == 403


def test_a_frozen_region_stands_for_its_countries_of_today(world):
    freeze = world.frozen("place", codes=["WANA"])
    assert {"LBY", "NER"} <= set(freeze.codes)
    assert "SDN" not in freeze.codes


def test_a_frozen_dataset_stops_downloads_and_new_requests(world):
    _, release = world.released()
    draft = world.start()
    world.fill(draft, variables=("drivers",))
    world.frozen("dataset", dataset(world))
    assert world.fetch("anna", release).status_code == 403
    assert world.submit(draft).status_code == 403
    assert world.request(draft).status == "draft"


def test_nobody_approves_what_is_frozen_but_may_decline_it(world):
    ref = world.sent()
    world.frozen("place", codes=["LBY"])
    world.forget_codes()
    assert world.verdict("wana", ref).status_code == 403
    assert world.verdict("esa", ref).status_code == 303, "her part holds nothing of it"
    assert world.verdict("wana", ref, "decline").status_code == 303


def test_an_offer_that_is_frozen_cannot_be_accepted(world):
    world.forget_codes()
    ref = world.offered(variables=("drivers",))
    world.frozen("dataset", dataset(world))
    assert world.accept(ref).status_code == 403
    assert world.request(ref).status == "offered"


# ---- builds ----


def test_a_build_that_waits_is_held_and_may_be_ordered_again_once_it_is_lifted(world):
    ref = world.ordered()
    freeze = world.frozen(target=world.refs["Partner"])
    (release,) = world.look(Release)
    assert (release.status, release.held_as) == ("held", "terms")
    assert [one.status for one in world.look(Work, Work.kind == "release")] == ["dead"]
    page = world.get("steward", "/held").text
    assert "data protection office has stopped this" in page
    again = {"lock": release.lock}
    assert world.post("steward", f"/releases/{release.ref}/again", **again).status_code == 403
    assert world.lift(freeze.ref, "propose", "dpo", reason=REASON).status_code == 303
    assert world.lift(freeze.ref, "lift", "head").status_code == 303
    assert world.post("steward", f"/releases/{release.ref}/again", **again).status_code == 303
    assert world.look(Release)[0].status == "queued"
    assert [one.status for one in world.look(Work, Work.kind == "release")] == ["due"]
    assert world.request(ref).status == "active"


# ---- who and whom ----


@pytest.mark.parametrize("by", ["anna", "focal", "wana", "coordinator", "steward"])
def test_only_the_two_offices_freeze(world, by):
    assert world.freeze(target=world.refs["Other partner"], by=by).status_code == 403
    assert world.look(Freeze) == []


def test_either_office_freezes_alone(world):
    assert world.frozen(target=world.refs["Partner"], by="head").set_as == "head"
    assert world.frozen(target=world.refs["Other partner"], by="dpo").set_as == "dpo"


@pytest.mark.parametrize(
    ("kind", "target", "said"),
    [
        ("organisation", "MMC", "cannot be frozen"),
        ("person", "dpo", "Nobody can freeze themselves"),
        ("person", "head", "last data protection officer or head"),
        ("organisation", "nobody", "Choose one from the list"),
        ("person", "nobody", "Choose one from the list"),
        ("dataset", "nobody", "Choose one from the list"),
    ],
)
def test_some_cannot_be_frozen_and_the_page_says_why(world, kind, target, said):
    ref = world.refs.get(target) or getattr(world.people.get(target), "ref", "0" * 32)
    answer = world.freeze(kind, ref)
    assert answer.status_code == 400
    assert said in answer.text
    assert world.look(Freeze) == []


def test_an_office_with_a_second_holder_may_lose_one(world):
    with world.app.app_context(), factories.given():
        mmc = session().scalars(select(Organisation).where(Organisation.name == "MMC")).one()
        world.people["second"] = factories.a_person(organisation=mmc, roles=[Role.HEAD])
    world.frozen("person", world.people["second"].ref)
    assert world.freeze("person", world.people["head"].ref).status_code == 400


@pytest.mark.parametrize(
    "wrong",
    [{"reason": ""}, {"code": "000000"}, {"kind": "planet"}, {"target": "x"}, {"codes": ["XXX"], "kind": "place"}],
)
def test_a_form_that_cannot_be_taken_comes_back_with_what_was_typed(world, wrong):
    answer = world.freeze(**{"target": world.refs["Partner"]} | wrong)
    assert answer.status_code == 400
    assert world.look(Freeze) == []
    if "code" in wrong:
        assert REASON in answer.text
        assert [one[0] for one in events(world.app, "auth.mfa.failed")] == ["auth.mfa.failed"]


def test_the_second_click_shows_the_first_freeze(world):
    first = world.freeze(target=world.refs["Partner"])
    second = world.freeze(target=world.refs["Partner"], by="head")
    assert first.headers["Location"] == second.headers["Location"]
    assert len(world.look(Freeze)) == 1
    assert len(events(world.app, "freeze.set")) == 1


def test_two_who_freeze_at_once_make_one_freeze(world):
    world.forget_codes()
    forms = {
        name: {"kind": "organisation", "target": world.refs["Partner"], "reason": REASON, "code": world.code(name)}
        for name in ("dpo", "head")
    }
    for name in forms:
        world.get(name, "/privacy")
    answers, start = {}, threading.Barrier(2)
    world.post("dpo", "/language", language="en")
    world.post("head", "/language", language="en")

    def go(name):
        start.wait()
        answers[name] = world.post(name, "/stop/new", **forms[name])

    threads = [threading.Thread(target=go, args=(name,)) for name in forms]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers.values()} == {303}
    assert len({answer.headers["Location"] for answer in answers.values()}) == 1
    assert len(world.look(Freeze)) == 1


# ---- letting go ----


def test_it_takes_two_people_of_two_offices_to_lift(world):
    freeze = world.frozen(target=world.refs["Partner"])
    assert world.lift(freeze.ref, "lift", "head").status_code == 409, "nobody has proposed it"
    assert world.lift(freeze.ref, "propose", "dpo", reason=REASON).status_code == 303
    assert world.get("anna", "/requests").status_code != 200, "a proposal opens nothing"
    assert world.lift(freeze.ref, "lift", "dpo").status_code == 403
    with world.app.app_context(), factories.given():
        mmc = session().scalars(select(Organisation).where(Organisation.name == "MMC")).one()
        world.people["colleague"] = factories.a_person(organisation=mmc, roles=[Role.DPO])
    assert world.lift(freeze.ref, "lift", "colleague").status_code == 403, "of the same office"
    assert world.lift(freeze.ref, "lift", "head", code="000000").status_code == 400
    assert world.at(freeze.ref).status == "lifting"
    assert world.lift(freeze.ref, "lift", "head").status_code == 303
    lifted = world.at(freeze.ref)
    assert (lifted.status, lifted.proposed_by, lifted.lifted_by) == (
        "lifted", world.people["dpo"].id, world.people["head"].id,
    )  # fmt: skip
    assert world.lift(freeze.ref, "lift", "head").status_code == 409
    assert world.frozen(target=world.refs["Partner"]).number != lifted.number


def test_no_session_of_before_comes_back_to_life(world):
    assert world.get("anna", "/profile").status_code == 200
    freeze = world.frozen(target=world.refs["Partner"])
    world.lift(freeze.ref, "propose", "head", reason=REASON)
    world.lift(freeze.ref, "lift", "dpo")
    assert world.get("anna", "/profile").status_code == 303, "sign in again"


def test_a_proposal_may_be_turned_down(world):
    freeze = world.frozen(target=world.refs["Partner"])
    world.lift(freeze.ref, "propose", "dpo", reason=REASON)
    stale = {"lock": freeze.lock}
    assert world.post("head", f"/stop/{freeze.ref}/keep", **stale).status_code == 409
    assert world.post("head", f"/stop/{freeze.ref}/keep", lock=world.at(freeze.ref).lock).status_code == 303
    kept = world.at(freeze.ref)
    assert (kept.status, kept.proposed_by) == ("in_force", None)


# ---- streams and probes ----


def test_a_download_that_streams_is_cut_between_two_chunks(world, monkeypatch):
    from portal.exports import views_releases

    monkeypatch.setattr(views_releases, "ASK_SECONDS", 0)
    data = bytes(8_000_000)
    _, release = world.released(data)
    browser = world.browser("anna")
    world.get("anna", "/privacy")
    form = {"csrf_token": world._tokens["anna"]}
    stream = browser.post(f"/releases/{release}/download", data=form, buffered=False)
    pieces = iter(stream.response)
    sent = len(next(pieces))
    freeze = world.frozen(target=world.refs["Partner"])
    assert closed(world, freeze) == EVERY_PATH - {"stream"}
    with pytest.raises(ConnectionResetError):
        for piece in pieces:
            sent += len(piece)
    stream.close()
    assert sent < len(data)
    (download,) = world.look(Download)
    assert (download.sent, download.completed_at is not None, download.cut) == (sent, True, "frozen")
    with world.app.app_context(), transaction():
        assert actions_freeze.watch(KEEPER) == 0
    assert closed(world, freeze) == EVERY_PATH


def test_a_path_that_stays_open_is_an_alarm_and_is_tried_again(world, time_machine):
    _, release = world.released()
    with world.app.app_context(), factories.given():
        row = session().scalars(select(Release).where(Release.ref == release)).one()
        session().add(Download(release_id=row.id, person_id=world.people["anna"].id))
    freeze = world.frozen(target=world.refs["Partner"])
    with world.app.app_context(), transaction():
        assert actions_freeze.watch(KEEPER) == 1
    assert world.letters("freeze_open") == []
    time_machine.move_to(clock.now() + clock.seconds(61), tick=False)
    for _ in range(2):
        with world.app.app_context(), transaction():
            assert actions_freeze.watch(KEEPER) == 1
    assert {one.address for one in world.letters("freeze_open")} == {
        world.people["dpo"].email, world.people["head"].email,
    }  # fmt: skip
    assert len(events(world.app, "freeze.probe_failed")) == 1
    assert "still open" in world.get("head", f"/stop/{freeze.ref}").text
    with world.app.app_context(), factories.given():
        session().scalars(select(Download)).one().completed_at = clock.now()
    with world.app.app_context(), transaction():
        assert actions_freeze.watch(KEEPER) == 0
    assert world.at(freeze.ref).closed_at is not None


def test_who_came_in_at_the_moment_of_the_freeze_is_put_out_again(world):
    freeze = world.frozen(target=world.refs["Partner"])
    with world.app.app_context(), factories.given():
        freeze_row = session().scalars(select(Freeze)).one()
        freeze_row.closed_at = None
        session().scalars(select(FreezeProbe).where(FreezeProbe.path == "sessions")).one().closed_at = None
        factories.a_session(session().get(Person, world.people["ben"].id))
    with world.app.app_context(), transaction():
        assert actions_freeze.watch(KEEPER) == 0
    assert {one.ended_as for one in world.look(SignIn, SignIn.person_id == world.people["ben"].id)} == {"frozen"}
    assert closed(world, freeze) == EVERY_PATH


@pytest.mark.parametrize("kind", ["organisation", "person", "dataset", "place", "nationality"])
def test_the_rule_that_a_stream_asks_says_no_to_every_kind(world, kind):
    _, release = world.released()
    (row,) = world.look(Release, Release.ref == release)
    anna = world.people["anna"]

    def against(came=None):
        with world.app.app_context(), transaction():
            return guarding.still_allowed(anna.id, row.id, came)

    with world.app.app_context():
        with factories.given():
            factories.a_session(session().get(Person, anna.id))
        with transaction():
            latest = select(SignIn).where(SignIn.person_id == anna.id).order_by(SignIn.id.desc()).limit(1)
            signed_in = session().scalars(latest).one()
            came = queries.actor_of(signed_in.person, signed_in)
    assert (against(), against(came)) == ("", "")
    target = {"organisation": world.refs["Partner"], "person": anna.ref, "dataset": dataset(world)}.get(kind, "")
    world.frozen(kind, target, codes={"place": ["NER"], "nationality": ["11"]}.get(kind, ()))
    assert (against(), against(came)) == ("frozen", "frozen")


# ---- pages ----


@pytest.mark.parametrize("kind", ["organisation", "person", "dataset", "place", "nationality"])
def test_the_preview_shows_what_would_be_stopped_and_stops_nothing(world, kind):
    ref, release = world.released()
    assert world.fetch("anna", release).status_code == 200
    target = {"organisation": world.refs["Partner"], "person": world.people["anna"].ref, "dataset": dataset(world)}
    asked = {"kind": kind, "target": target.get(kind, ""), "codes": {"place": "NER", "nationality": "11"}.get(kind, "")}
    empty = world.get("dpo", "/stop/new", query_string={"kind": kind})
    assert empty.status_code == 200
    page = world.get("dpo", "/stop/new", query_string={name: value for name, value in asked.items() if value})
    assert page.status_code == 200
    assert world.request(ref).number in page.text
    assert "Anna Asks" in page.text
    assert world.fetch("anna", release).status_code == 200
    assert world.look(Freeze) == []


def test_who_holds_a_copy_is_told_with_times_and_addresses(world):
    _, release = world.released()
    world.accepted("ben")
    for _ in range(2):
        assert world.fetch("ben", release).status_code == 200
    freeze = world.frozen(target=world.refs["Partner"])
    (holder,) = freeze.affected["releases"][0]["holders"]
    assert (holder["ref"], holder["times"], holder["addresses"]) == (world.people["ben"].ref, 2, 1)
    page = world.get("head", f"/stop/{freeze.ref}").text
    assert "Ben Beside (2 times" in page
    assert "1 address" in page
    assert "127.0.0.1" not in page


def test_the_list_is_handed_out_whole_and_says_what_is_frozen(world):
    world.frozen(target=world.refs["Partner"])
    world.frozen("place", codes=["LBY"])
    page = world.get("head", "/stop?sort=what").text
    assert "Partner" in page
    assert "Libya" in page
    assert len(world.get("head", "/stop?as=csv").text.splitlines()) == 3


def test_what_is_frozen_is_nobody_elses_business(world):
    freeze = world.frozen(target=world.refs["Other partner"])
    for name in ("anna", "focal", "wana", "coordinator", "steward"):
        assert world.get(name, "/stop").status_code == 403
        assert world.get(name, f"/stop/{freeze.ref}").status_code == 403
        assert freeze.number not in world.get(name, "/profile").text


def test_the_log_holds_references_and_the_reason_only_in_private(world):
    freeze = world.frozen(target=world.refs["Partner"])
    (told,) = list(events(world.app, "freeze.set"))
    assert told[2:] == (world.people["dpo"].ref, freeze.ref)
    with world.app.app_context(), transaction():
        from portal.audit.models import AuditEvent

        bodies = " ".join(str(one) for one in session().scalars(select(AuditEvent.body)))
    assert REASON not in bodies
