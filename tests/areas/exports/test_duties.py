"""Duties of destruction: attested by who holds copies, countersigned by their house, watched by the officer, never lost."""

import datetime as dt
import re
import threading

import pytest

from portal import clock
from portal.actor import Role
from portal.auth.models import Person
from portal.db import session, transaction
from portal.exports import actions, actions_duties, queries_ends, retention
from portal.exports.models import Download, Release
from portal.exports.models_ends import DestructionDuty
from portal.exports.views_duties import in_sample
from portal.mail import Letter
from portal.requests.models import Request
from tests import factories
from tests.areas.auth.pages import events
from tests.areas.exports.ending import REASON, Ending


@pytest.fixture
def world(app, facts, as_person):
    return Ending(app, facts, as_person)


@pytest.fixture
def owing(world):
    """Two people of one house have copies of what has been revoked; it has two focal points."""
    world.with_focal_points("fay", "finn").fetched_by("analyst", "colleague")
    assert world.end("dpo").status_code == 303
    return world


def by_the_clock(world):
    with world.app.app_context(), transaction():
        return actions_duties.by_the_clock(actions.KEEPER)


def leave(world, name):
    with world.app.app_context(), factories.given():
        session().get(Person, world.people[name].id).disabled_at = clock.now()


def test_the_whole_way_to_the_certificate(owing):
    world = owing
    # Given two who each have a duty, and nobody else
    assert set(world.duties()) == {world.people["analyst"].id, world.people["colleague"].id}
    page = world.get("analyst", "/holdings").text
    assert "Destroy your copies" in page
    assert "Ben Beside" not in page, "a holder sees their own"
    assert "Ben Beside" in world.get("fay", "/holdings").text, "the focal point sees everybody's"
    # When both attest and the focal point countersigns the first
    assert world.attest("analyst").status_code == 303
    assert world.attest("colleague", method="never_kept", copies=0).status_code == 303
    assert world.get("fay", f"/releases/{world.ref}/certificate").status_code == 404
    assert world.do("fay", "countersign", "analyst").status_code == 303
    assert world.release().ended_as == "revoked", "one of two is no certificate"
    assert world.do("finn", "countersign", "colleague").status_code == 303
    # Then every copy is destroyed, and the parties have a certificate
    release = world.release()
    assert (release.ended_as, release.cause) == ("destroyed", "revoked")
    for name in ("analyst", "colleague", "fay", "dpo"):
        page = world.get(name, f"/releases/{world.ref}/certificate")
        assert page.status_code == 200, name
        for words in (release.sha256, "Anna Analyst", "Ben Beside", "Person fay", "Nothing was kept", "Overwritten"):
            assert words in page.text
    assert world.get("stranger", f"/releases/{world.ref}/certificate").status_code == 404
    assert world.get("unnamed", f"/releases/{world.ref}/certificate").status_code == 404
    assert len(world.letters("release_destroyed")) >= 3
    assert len(events(world.app, "release.destroyed")) == 1
    told = [name for name, *_ in events(world.app, "duty.attested", "duty.countersigned")]
    assert told == ["duty.attested"] * 2 + ["duty.countersigned"] * 2


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"statement": ""}, "Say yes or no."),
        ({"method": ""}, "Choose from the list."),
        ({"method": "burnt"}, "Choose from the list."),
        ({"copies": "-1"}, "outside what is allowed"),
        ({"copies": "many"}, "Give a whole number."),
        ({"copies": "0"}, "at least 1"),
        ({"method": "never_kept"}, "then the number is 0"),
        ({"destroyed_on": "2999-01-01"}, "has not come yet"),
        ({"destroyed_on": "2001-01-01"}, "before the download"),
        ({"destroyed_on": "soon"}, "Give a date"),
    ],
)
def test_what_cannot_be_so_comes_back_with_what_was_typed(owing, wrong, said):
    answer = owing.attest("analyst", **wrong)
    assert answer.status_code == 400
    assert "A table of counts." in answer.text
    assert owing.duty("analyst").status == "due"
    if said:
        assert said in answer.text


def test_without_the_statement_nothing_is_attested(owing):
    duty = owing.duty("analyst")
    fields = {"lock": duty.lock, "method": "overwritten", "destroyed_on": clock.today().isoformat(), "copies": 1}
    answer = owing.post("analyst", f"/duties/{duty.ref}/attest", **fields)
    assert answer.status_code == 400
    assert "Tick this" in answer.text


def test_two_clicks_attest_it_once_and_an_old_page_nothing(owing):
    lock = owing.duty("analyst").lock
    assert owing.attest("analyst", lock=lock).status_code == 303
    assert owing.attest("analyst", lock=lock).status_code == 303
    assert len(events(owing.app, "duty.attested")) == 1
    assert owing.do("fay", "countersign", "analyst", lock=lock).status_code == 409
    lock = owing.duty("analyst").lock
    assert owing.do("fay", "countersign", "analyst", lock=lock).status_code == 303
    assert owing.do("fay", "countersign", "analyst", lock=lock).status_code == 303
    assert len(events(owing.app, "duty.countersigned")) == 1


def test_two_clicks_at_the_same_moment_attest_it_once(owing):
    duty, barrier, answers = owing.duty("analyst"), threading.Barrier(2), []
    owing.get("analyst", "/privacy")

    def go():
        barrier.wait()
        answers.append(owing.attest("analyst", lock=duty.lock).status_code)

    threads = [threading.Thread(target=go) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [303, 303]
    assert len(events(owing.app, "duty.attested")) == 1


# ---- who may ----

ROLES = ("analyst", "colleague", "unnamed", "fay", "stranger", "afar", "dpo", "steward", "coordinator", "manager")
MAY = {
    ("due", "attest"): {"analyst"},
    ("overdue", "attest"): {"analyst"},
    ("attested", "countersign"): {"fay"},
    ("attested", "return"): {"fay", "dpo"},
    ("due", "waive"): {"dpo"},
    ("overdue", "waive"): {"dpo"},
    ("attested", "waive"): {"dpo"},
}
DEEDS = ("attest", "countersign", "return", "waive", "check")


@pytest.mark.long
@pytest.mark.parametrize("status", ["due", "overdue", "attested", "settled", "waived"])
def test_every_deed_from_every_state_by_everybody_is_done_or_refused_with_a_reason(owing, status):
    world = owing
    world.enlist("afar", Role.FOCAL_POINT, like="stranger")
    first = {"status": status}
    if status in {"attested", "settled"}:
        first |= {"attested_by": world.people["analyst"].id, "attested_at": clock.now(), "method": "overwritten"}
        first |= {"destroyed_on": clock.today()}
    if status in {"settled", "waived"}:
        first |= {"settled_by": world.people["fay"].id, "settled_at": clock.now()}
    blank = {"attested_by": None, "attested_at": None, "settled_by": None, "settled_at": None, "checked_by": None}
    for name in ROLES:
        for deed in DEEDS:
            world.set_on(DestructionDuty, **blank | {"reason": "", "method": "", "checked_at": None} | first)
            world.set_on(Release, status="ended", ended_as="revoked", destroyed_at=None)
            if deed == "attest":
                answer = world.attest(name, of="analyst")
            elif deed == "return":
                answer = world.do(name, deed, "analyst", reason=REASON)
            elif deed == "waive":
                code = world.code(name) if name == "dpo" else "1"
                answer = world.do(name, deed, "analyst", reason=REASON, code=code)
            else:
                answer = world.do(name, deed, "analyst")
            after = world.duty("analyst")
            if name in MAY.get((status, deed), ()):
                assert answer.status_code == 303, (name, deed)
                assert after.status != status
            elif deed == "check" and name == "dpo":
                assert answer.status_code == 303
            else:
                assert answer.status_code in {403, 404, 409}, (name, deed, answer.status_code)
                assert after.status == status, (name, deed)
            page = world.get(name, f"/duties/{after.ref}")
            assert page.status_code in {200, 403, 404}, (name, deed)


def test_who_attested_does_not_countersign_where_there_is_another(world):
    """A focal point who has a copy themselves."""
    world.with_focal_points("fay", "finn").fetched_by("analyst")
    with world.app.app_context(), factories.given() as current:
        release = world_release(current)
        current.add(Download(release_id=release.id, person_id=world.people["fay"].id))
    assert world.end("dpo").status_code == 303
    assert world.attest("fay").status_code == 303
    assert world.do("fay", "countersign", "fay").status_code == 403
    assert world.do("finn", "countersign", "fay").status_code == 303


def test_the_only_focal_point_may_countersign_themselves(world):
    world.with_focal_points("fay")
    with world.app.app_context(), factories.given() as current:
        current.add(Download(release_id=world_release(current).id, person_id=world.people["fay"].id))
    assert world.end("dpo").status_code == 303
    assert world.attest("fay").status_code == 303
    assert world.do("fay", "countersign", "fay").status_code == 303


def world_release(current):
    from sqlalchemy import select

    return current.scalars(select(Release)).one()


def test_for_somebody_who_has_left_the_focal_point_attests_and_says_so(owing):
    assert owing.attest("fay", of="analyst").status_code == 403
    leave(owing, "analyst")
    page = owing.get("fay", "/holdings").text
    assert "has left: attest for them" in page
    assert owing.attest("fay", of="analyst").status_code == 303
    assert owing.do("fay", "countersign", "analyst").status_code == 403
    assert owing.do("finn", "countersign", "analyst").status_code == 303
    assert "for Anna Analyst, who has left" in owing.get("dpo", f"/duties/{owing.duty('analyst').ref}").text
    from tests.areas.exports.test_releases import bodies

    (told,) = bodies(owing.app, "duty.attested")
    assert told["on_behalf_of"] == owing.people["analyst"].ref


def test_given_back_it_is_due_again_with_the_reason(owing):
    assert owing.attest("analyst").status_code == 303
    assert owing.do("fay", "return", "analyst", reason="").status_code == 400
    assert owing.do("fay", "return", "analyst", reason="The server has it still.").status_code == 303
    duty = owing.duty("analyst")
    assert (duty.status, duty.attested_by) == ("due", None)
    assert "The server has it still." in owing.get("analyst", f"/duties/{duty.ref}").text
    assert owing.letters("duty_sent_back") == [owing.people["analyst"].email]


def test_the_officer_waives_with_reason_and_code(owing):
    code = owing.code("dpo")
    assert owing.do("dpo", "waive", "analyst", reason="", code=code).status_code == 400
    answer = owing.do("dpo", "waive", "analyst", reason="Kept for a court.", code="000000")
    assert answer.status_code == 400
    assert "Kept for a court." in answer.text
    assert owing.do("dpo", "waive", "analyst", reason="Kept for a court.", code=owing.code("dpo")).status_code == 303
    assert owing.duty("analyst").status == "waived"
    assert owing.do("dpo", "waive", "colleague", reason="Kept too.", code=owing.code("dpo")).status_code == 303
    assert owing.release().ended_as == "destroyed"
    assert "Waived" in owing.get("dpo", f"/releases/{owing.ref}/certificate").text


# ---- the clock ----


def test_letters_come_before_and_after_and_each_once(owing):
    world = owing
    assert by_the_clock(world) == 0
    world.days_ago(-7)
    assert by_the_clock(world) == 2
    assert by_the_clock(world) == 0
    people = {name: world.people[name].email for name in ("analyst", "colleague", "fay", "finn", "dpo", "both")}
    assert set(world.letters("duty_due")) == {people[name] for name in ("analyst", "colleague", "fay", "finn")}
    world.days_ago(0)
    assert by_the_clock(world) == 0, "on its last day it is not overdue"
    world.days_ago(1)
    assert by_the_clock(world) == 2
    assert by_the_clock(world) == 0
    assert set(world.duties().values()) == {"overdue"}
    assert people["dpo"] in world.letters("duty_due")
    world.days_ago(15)
    assert by_the_clock(world) == 2
    assert by_the_clock(world) == 0
    assert len(events(world.app, "duty.overdue")) == 2


@pytest.mark.parametrize(
    ("at", "status"), [("2026-06-30T21:59:59+00:00", "due"), ("2026-06-30T22:00:01+00:00", "overdue")]
)
def test_the_day_ends_where_the_agreement_is_at_home(owing, time_machine, at, status):
    """In Copenhagen, though it is the next day in Nairobi since an hour."""
    owing.set_on(DestructionDuty, due_on=dt.date(2026, 6, 30))
    time_machine.move_to(dt.datetime.fromisoformat(at), tick=False)
    by_the_clock(owing)
    assert set(owing.duties().values()) == {status}


def test_what_is_given_back_late_is_overdue_again(owing):
    owing.attest("analyst")
    owing.days_ago(20)
    owing.do("fay", "return", "analyst", reason="No.")
    by_the_clock(owing)
    assert owing.duty("analyst").status == "overdue"


def test_overdue_keeps_the_house_from_sending_requests_and_nobody_else(owing):
    house, other = owing.people["analyst"].organisation_id, owing.people["stranger"].organisation_id

    def blocked():
        with owing.app.app_context(), transaction():
            return [list(queries_ends.blocks(one)) for one in (house, other)]

    assert blocked() == [[], []]
    owing.days_ago(1)
    by_the_clock(owing)
    assert blocked() == [["overdue"], []]
    assert "New requests cannot be sent" in owing.get("fay", "/holdings").text
    for name in ("analyst", "colleague"):
        assert owing.attest(name).status_code == 303
    assert blocked() == [[], []]


def test_a_request_is_refused_in_words_with_the_way_out(owing):
    owing.days_ago(1)
    by_the_clock(owing)
    owing.set_on(Request, status="draft", submitted_at=None)
    (request,) = owing.all(Request)
    answer = owing.post("analyst", f"/requests/{request.ref}/submit", lock=request.lock)
    assert answer.status_code == 403
    assert "Copies of earlier data should have been destroyed by now." in answer.text
    assert 'href="/holdings"' in answer.text
    assert owing.all(Request)[0].status == "draft"


# ---- the pages ----


def test_the_officer_s_list_is_filtered_sorted_and_handed_out(owing):
    assert owing.attest("analyst").status_code == 303
    page = owing.get("dpo", "/duties?status=due").text
    assert "Ben Beside" in page
    assert "Anna Analyst" not in page
    table = owing.get("dpo", "/duties?as=csv&sort=holder").text.splitlines()
    assert len(table) == 3
    assert "Anna Analyst" in table[1]
    assert owing.get("dpo", "/duties?status=nonsense").status_code == 400
    assert owing.get("analyst", "/duties").status_code == 403
    drawn = in_sample(owing.duty("analyst"))
    assert ("Anna Analyst" in owing.get("dpo", "/duties?status=sample").text) == drawn


def test_the_sample_is_a_fifth_and_nobody_chooses_it():
    from types import SimpleNamespace

    drawn = sum(in_sample(SimpleNamespace(ref=f"{n:032x}")) for n in range(5000))
    assert 850 < drawn < 1150


def test_a_stranger_sees_nothing_of_it(owing):
    duty = owing.duty("analyst")
    owing.enlist("afar", Role.FOCAL_POINT, like="stranger")
    for name in ("stranger", "afar", "unnamed"):
        assert owing.get(name, f"/duties/{duty.ref}").status_code == 404
        assert "Anna Analyst" not in owing.get(name, "/holdings").text


# ---- until when ----


def test_the_agreement_s_retention_extends_what_expires_and_not_what_is_revoked(world):
    with world.app.app_context(), transaction():
        from sqlalchemy import select

        release = session().scalars(select(Release)).one()
        agreement, today = release.request.agreement, retention.today_of(release)
        first = retention.due_on(release, "expired", today)
        assert retention.retention_days(agreement) == 0
        agreement.__dict__["retention_days"] = 90
        try:
            assert retention.due_on(release, "expired", today) == first + dt.timedelta(days=90)
            assert retention.due_on(release, "revoked", today) == today + dt.timedelta(days=30)
        finally:
            del agreement.__dict__["retention_days"]


# ---- what was lost ----


def lose(world, name, of=None, **more):
    duty = world.duty(of or name)
    fields = {
        "lock": duty.lock,
        "lost_on": clock.today().isoformat(),
        "lost_how": "The laptop was stolen on the train.",
        "encrypted": "no",
        "lost_copies": 1,
        "lost_statement": "yes",
    }
    return world.post(name, f"/duties/{duty.ref}/lose", **fields | more)


def test_a_lost_copy_is_stated_countersigned_and_never_called_destroyed(owing):
    world = owing
    assert "A copy was lost or stolen" in world.get("analyst", f"/duties/{world.duty('analyst').ref}").text
    assert lose(world, "analyst").status_code == 303
    duty = world.duty("analyst")
    assert (duty.status, duty.method, duty.destroyed_on, duty.lost_encrypted) == ("attested", "lost", None, "no")
    # The officers hear of it at once, the focal points are asked to countersign
    assert world.people["dpo"].email in world.letters("duty_lost")
    assert not {world.people[name].email for name in ("analyst", "fay")} & set(world.letters("duty_lost"))
    assert len(world.letters("duty_attested")) == 2
    assert "train" not in str([one.values for one in world.all(Letter, Letter.template == "duty_lost")])
    # The page says it and opens an incident in which the file is named
    page = world.get("dpo", f"/duties/{duty.ref}").text
    for words in ("Lost or stolen", "The laptop was stolen on the train.", "What was stated"):
        assert words in page
    address = f"/incidents/report?kind=loss&amp;release={world.ref}"
    assert address in page
    form = world.get("dpo", address.replace("&amp;", "&")).text
    assert re.search(rf'value="{world.ref}" checked', form)
    assert re.search(r'value="loss" checked', form)
    # Countersigned, beside one that was destroyed
    assert world.attest("colleague").status_code == 303
    assert world.do("fay", "countersign", "analyst").status_code == 303
    assert world.do("finn", "countersign", "colleague").status_code == 303
    assert world.release().ended_as == "destroyed"
    for name in ("analyst", "fay", "dpo"):
        page = world.get(name, f"/releases/{world.ref}/certificate").text
        assert "Certificate of destruction and statement of loss" in page
        assert "Not every copy was destroyed" in page
        assert "lost, noticed on" in page
        assert "Every copy of this release" not in page
    assert all(one.values["lost"] for one in world.all(Letter, Letter.template == "release_destroyed"))
    assert [name for name, *_ in events(world.app, "duty.lost")] == ["duty.lost"]
    assert "train" not in str(events(world.app))


def test_without_a_loss_the_certificate_is_what_it_was(owing):
    world = owing
    for name, focal in (("analyst", "fay"), ("colleague", "finn")):
        world.attest(name)
        world.do(focal, "countersign", name)
    page = world.get("dpo", f"/releases/{world.ref}/certificate").text
    assert "Every copy of this release" in page
    assert "lost" not in page
    assert not any(one.values["lost"] for one in world.all(Letter, Letter.template == "release_destroyed"))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"lost_on": "2999-01-01"}, "This day has not come yet"),
        ({"lost_on": "2000-01-01"}, "This day lies before the download."),
        ({"lost_how": ""}, "Say how it was lost"),
        ({"encrypted": ""}, "Choose from the list."),
        ({"encrypted": "perhaps"}, "Choose from the list."),
        ({"lost_copies": "0"}, "At least 1."),
        ({"lost_statement": ""}, "Say yes or no."),
        ({"lost_statement": "no"}, "Tick this"),
    ],
)
def test_a_statement_of_loss_that_cannot_be_so_comes_back_as_it_was_typed(owing, wrong, said):
    answer = lose(owing, "analyst", **wrong)
    assert answer.status_code == 400
    assert said in answer.text
    if "lost_how" not in wrong:
        assert "The laptop was stolen on the train." in answer.text
    assert owing.duty("analyst").status == "due"
    assert owing.letters("duty_lost") == []


def test_a_loss_is_stated_once_and_by_whoever_answers_for_the_copies(owing):
    world = owing
    lock = world.duty("analyst").lock
    assert lose(world, "fay", "analyst").status_code == 403  # the holder is still there
    assert lose(world, "colleague", "analyst").status_code == 404
    assert lose(world, "dpo", "analyst").status_code == 403
    assert [lose(world, "analyst", lock=lock).status_code for _ in range(2)] == [303, 303]
    assert len(events(world.app, "duty.lost")) == 1
    assert world.attest("analyst").status_code == 409
    leave(world, "colleague")
    assert lose(world, "fay", "colleague").status_code == 303


def test_a_loss_that_is_given_back_may_still_be_attested_as_destroyed(owing):
    world = owing
    lose(world, "analyst")
    assert world.do("fay", "return", "analyst", reason="It was found again.").status_code == 303
    assert world.duty("analyst").status == "due"
    assert world.attest("analyst").status_code == 303
    duty = world.duty("analyst")
    assert (duty.method, duty.lost_on, duty.lost_how, duty.lost_encrypted) == ("overwritten", None, "", "")


def test_an_address_that_names_nonsense_opens_an_empty_report(world):
    page = world.get("dpo", "/incidents/report?kind=nonsense&release=nonsense")
    assert page.status_code == 200
    assert "checked" not in page.text
