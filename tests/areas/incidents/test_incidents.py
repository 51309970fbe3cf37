"""An incident is reported by anybody, its clock runs from awareness, and nothing of its record goes away."""

import datetime as dt

import pytest
import time_machine as clocks
from sqlalchemy import delete, select, update
from sqlalchemy.exc import DBAPIError

from portal import clock
from portal.audit.models import AuditEvent
from portal.db import session, transaction
from portal.freezes import Freeze
from portal.incidents import actions_clock, words
from portal.incidents.models import Concerned, Entry, FreezeProbe, Incident
from portal.keeper import KEEPER
from tests import factories
from tests.areas.auth.pages import events
from tests.areas.incidents.scene import REASON

HOUR = dt.timedelta(hours=1)
WORDS = "Nobody can read it: the disk was encrypted."


def step(world, ref, door, by="dpo", **more):
    world.forget_codes()
    fields = {"lock": world.at(ref, Incident).lock}
    if door != "assess":
        fields |= {"reason": WORDS, "code": world.code(by)}
    return world.post(by, f"/incidents/{ref}/{door}", **fields | more)


def decided(world, ref, verb="notify", risk="some", **more):
    return step(world, ref, "decide", verb=verb, risk=risk, **more)


def aware(world, incident, at, by="dpo", **more):
    world.forget_codes()
    fields = {"aware_at": at, "reason": WORDS, "lock": world.at(incident.ref, Incident).lock, "code": world.code(by)}
    return world.post(by, f"/incidents/{incident.ref}/awareness", **fields | more)


# ---- reporting ----


@pytest.mark.parametrize("name", ["anna", "focal", "carl", "wana", "coordinator", "steward", "dpo", "head"])
def test_anybody_who_is_signed_in_reports_and_both_offices_are_told(world, name):
    assert world.get(name, "/incidents/report").status_code == 200
    incident = world.reported(name)
    assert incident.number == f"INC-{clock.now().year}-001"
    assert (incident.status, incident.kind) == ("reported", "loss")
    assert {one.address for one in world.letters("incident_reported")} == {
        world.people["dpo"].email, world.people["head"].email,
    }  # fmt: skip
    assert world.get(name, f"/incidents/{incident.ref}").status_code == 200


def test_the_clock_runs_from_when_mmc_knows(world):
    before = clock.now()
    partner, staff = world.reported("focal"), world.reported("wana")
    assert before <= partner.aware_at <= clock.now(), "a partner tells MMC with the report"
    assert staff.aware_at == dt.datetime(2020, 1, 1, 10, tzinfo=dt.UTC), "MMC knows when its own people notice"
    assert partner.deadline == partner.aware_at + 72 * HOUR


def test_the_officer_corrects_since_when_mmc_knows_and_both_moments_stay_on_record(world):
    incident = world.reported("focal")
    world.post("dpo", "/profile", language="en", time_zone="Africa/Nairobi")
    assert aware(world, incident, "2026-01-05T09:30").status_code == 303
    row = world.at(incident.ref, Incident)
    assert row.aware_at == dt.datetime(2026, 1, 5, 6, 30, tzinfo=dt.UTC)
    assert row.deadline == row.aware_at + 72 * HOUR
    page = world.get("dpo", f"/incidents/{incident.ref}").text
    assert "Since when MMC is aware, corrected" in page
    assert WORDS in page
    with world.app.app_context(), transaction():
        (told,) = session().scalars(select(AuditEvent.body).where(AuditEvent.type == "incident.corrected"))
    assert incident.aware_at.isoformat() in str(told)
    assert row.aware_at.isoformat() in str(told)


@pytest.mark.parametrize(
    ("at", "said"), [("2999-01-01T00:00", "in the future"), ("2019-12-31T23:00", "before it happened"), ("soon", "")]
)
def test_a_moment_that_cannot_be_is_refused_and_the_words_are_kept(world, at, said):
    incident = world.reported("focal", happened_at="2020-01-01T00:00")
    answer = aware(world, incident, at)
    assert answer.status_code == 400
    assert said in answer.text
    assert WORDS in answer.text
    assert world.at(incident.ref, Incident).aware_at == incident.aware_at


def test_the_clock_is_the_officers_to_correct_and_only_while_it_runs(world):
    incident = world.reported("focal")
    assert aware(world, incident, "2026-01-05T09:30", by="focal").status_code == 403
    assert aware(world, incident, "2026-01-05T09:30", lock=99).status_code == 409
    assert step(world, incident.ref, "assess").status_code == 303
    assert decided(world, incident.ref).status_code == 303
    assert aware(world, incident, "2026-01-05T09:30").status_code == 403


def test_times_are_read_on_the_reporters_own_clock(world):
    world.post("focal", "/profile", language="en", time_zone="Africa/Nairobi")
    assert world.reported("focal").noticed_at == dt.datetime(2020, 1, 1, 7, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "weather"}, {"text": "short"}, {"noticed_at": ""}, {"noticed_at": "yesterday"},
        {"noticed_at": "2999-01-01T00:00"}, {"happened_at": "2999-01-01T00:00"}, {"releases": "0" * 32},
    ],
)  # fmt: skip
def test_a_report_that_cannot_be_taken_comes_back_with_what_was_typed(world, wrong):
    answer = world.report(**wrong)
    assert answer.status_code == 400
    assert "error-summary" in answer.text
    if "text" not in wrong:
        assert "A laptop with the file was stolen." in answer.text
    assert world.look(Incident) == []


def test_a_report_names_the_files_its_reporter_may_see_and_no_other(world):
    asked, release = world.released()
    assert world.report("carl", releases=[release]).status_code == 400
    incident = world.reported("anna", releases=[release])
    assert len(world.look(Concerned, Concerned.incident_id == incident.id)) == 1
    assert world.request(asked).number in world.get("anna", f"/incidents/{incident.ref}").text


def test_who_sees_an_incident(world):
    incident = world.reported("anna")
    sees = {name for name in ("anna", "focal", "dpo", "head") if _open(world, name, incident) == 200}
    assert sees == {"anna", "focal", "dpo", "head"}
    for name in ("ben", "carl", "wana", "coordinator", "steward"):
        assert _open(world, name, incident) == 404
        assert incident.number not in world.get(name, "/incidents").text
    assert "Who has fetched it" not in world.get("anna", f"/incidents/{incident.ref}").text


def _open(world, name, incident):
    return world.get(name, f"/incidents/{incident.ref}").status_code


# ---- the clock ----


def test_every_page_of_both_offices_shows_the_clock_while_nobody_has_decided(world):
    incident = world.reported()
    for name in ("dpo", "head"):
        assert "71 hours left" in world.get(name, "/profile").text
    for name in ("focal", "wana", "steward"):
        assert incident.number not in world.get(name, "/profile").text
    step(world, incident.ref, "assess")
    assert "hours left" in world.get("dpo", "/requests").text
    assert decided(world, incident.ref).status_code == 303
    assert "hours left" not in world.get("dpo", "/profile").text


@pytest.mark.parametrize(
    ("hours", "left"),
    [(0, "72 hours"), (1, "71 hours"), (71, "1 hour left"), (71.5, "30 minutes"), (73, "1 hour overdue")],
)
def test_the_time_left_is_said_in_words(world, hours, left):
    moment = dt.datetime(2026, 3, 1, 8, tzinfo=dt.UTC)
    with clocks.travel(moment + hours * HOUR, tick=False), world.app.test_request_context("/"):
        assert left in words.time_left(moment + 72 * HOUR)


def test_letters_go_out_with_a_day_and_with_six_hours_left_once_each(world, time_machine):
    incident = world.reported()

    def sent(hours):
        time_machine.move_to(incident.aware_at + hours * HOUR, tick=False)
        for _ in range(2):
            with world.app.app_context(), transaction():
                actions_clock.remind(KEEPER)
        return sorted(one.values["hours"] for one in world.letters("incident_clock"))

    assert sent(47.9) == []
    assert sent(48) == [24, 24]
    assert sent(65) == [24, 24]
    assert sent(66) == [6, 6, 24, 24]
    assert sent(100) == [6, 6, 24, 24]
    assert len(events(world.app, "incident.clock")) == 2


def test_a_report_that_comes_late_gets_the_most_urgent_letter_only(world, time_machine):
    incident = world.reported()
    time_machine.move_to(incident.aware_at + 70 * HOUR, tick=False)
    with world.app.app_context(), transaction():
        assert actions_clock.remind(KEEPER) == 1
        assert actions_clock.remind(KEEPER) == 0
    assert {one.values["hours"] for one in world.letters("incident_clock")} == {6}


# ---- assessing ----


def test_the_officer_assesses_notifies_and_closes(world):
    incident = world.reported()
    assert decided(world, incident.ref).status_code == 409, "nobody has begun"
    assert step(world, incident.ref, "assess").status_code == 303
    assert decided(world, incident.ref, code="000000").status_code == 400
    assert decided(world, incident.ref, reason="").status_code == 400
    assert decided(world, incident.ref).status_code == 303
    told = world.at(incident.ref, Incident)
    assert (told.status, told.risk, told.assessment) == ("notified", "some", WORDS)
    assert told.notified_at is not None
    assert step(world, incident.ref, "close").status_code == 303
    assert world.at(incident.ref, Incident).status == "closed"
    kinds = [one.kind for one in world.look(Entry)]
    assert kinds == ["report", "assess", "notify", "close"]


def test_a_late_notification_says_why(world, time_machine):
    incident = world.reported()
    step(world, incident.ref, "assess")
    time_machine.move_to(incident.deadline + HOUR / 60, tick=False)
    world._browsers.clear()
    world._tokens.clear()
    late = decided(world, incident.ref)
    assert late.status_code == 400
    assert "Say why it is late" in late.text
    assert WORDS in late.text
    assert decided(world, incident.ref, late_because="The reporter was in hospital.").status_code == 303
    assert world.at(incident.ref, Incident).late_because


def test_where_people_are_at_risk_the_authority_is_told(world):
    incident = world.reported()
    step(world, incident.ref, "assess")
    assert decided(world, incident.ref, "spare", "some").status_code == 400
    assert decided(world, incident.ref, "spare", "none").status_code == 303
    assert step(world, incident.ref, "reassess").status_code == 303
    assert decided(world, incident.ref, "notify", "high").status_code == 303
    assert step(world, incident.ref, "reassess").status_code == 409, "what was notified stays notified"


@pytest.mark.parametrize("by", ["head", "focal", "anna", "coordinator"])
def test_only_the_officer_assesses(world, by):
    incident = world.reported("anna")
    assert step(world, incident.ref, "assess", by=by).status_code == 403
    assert world.at(incident.ref, Incident).status == "reported"


def test_a_stale_page_decides_nothing(world):
    incident = world.reported()
    step(world, incident.ref, "assess")
    assert decided(world, incident.ref, lock=incident.lock).status_code == 409
    assert decided(world, incident.ref, "spare", "none").status_code == 303
    assert decided(world, incident.ref).status_code == 409


# ---- the record ----


def test_parties_add_lines_that_nobody_changes(world):
    incident = world.reported("anna")
    for name, kind in (("anna", "note"), ("focal", "loss"), ("head", "measure")):
        answer = world.post(name, f"/incidents/{incident.ref}/notes", kind=kind, text=f"{name} wrote this.")
        assert answer.status_code == 303
    assert world.post("anna", f"/incidents/{incident.ref}/notes", kind="frozen", text="A lie.").status_code == 400
    page = world.get("dpo", f"/incidents/{incident.ref}").text
    for name in ("anna", "focal", "head"):
        assert f"{name} wrote this." in page
    with world.app.app_context(), transaction():
        bodies = " ".join(str(one) for one in session().scalars(select(AuditEvent.body)))
    assert "wrote this" not in bodies


def test_nothing_is_added_to_what_is_closed(world):
    incident = world.reported("anna")
    step(world, incident.ref, "assess")
    decided(world, incident.ref, "spare", "none")
    step(world, incident.ref, "close")
    assert world.post("anna", f"/incidents/{incident.ref}/notes", kind="note", text="One more.").status_code == 403
    assert step(world, incident.ref, "reassess").status_code == 403


def test_a_freeze_is_a_measure_and_links_what_it_touches(world):
    ref, release = world.released()
    world.accepted("ben")
    assert world.fetch("ben", release).status_code == 200
    incident = world.reported("focal")
    freeze = world.frozen(target=world.refs["Partner"], incident=incident.ref)
    page = world.get("dpo", f"/incidents/{incident.ref}").text
    assert freeze.number in page
    assert world.request(ref).number in page
    assert "Ben Beside" in page
    assert [one.kind for one in world.look(Entry)] == ["report", "frozen"]
    step(world, incident.ref, "assess")
    decided(world, incident.ref)
    held = step(world, incident.ref, "close")
    assert (held.status_code, "still in force" in held.text) == (400, True)
    world.lift(freeze.ref, "propose", "dpo", reason=REASON)
    world.lift(freeze.ref, "lift", "head")
    assert step(world, incident.ref, "close").status_code == 303


@pytest.mark.parametrize("kind", [Entry, Incident, Concerned, Freeze, FreezeProbe])
def test_the_database_itself_deletes_nothing(world, kind):
    _, release = world.released()
    incident = world.reported("anna", releases=[release])
    world.frozen(target=world.refs["Other partner"], incident=incident.ref)
    with world.app.app_context(), pytest.raises(DBAPIError), factories.given() as current:
        current.execute(delete(kind))
    assert world.look(kind)


def test_the_database_itself_changes_no_line_of_a_record(world):
    world.reported("anna")
    with world.app.app_context(), pytest.raises(DBAPIError), factories.given() as current:
        current.execute(update(Entry).values(text="Nothing happened."))


def test_the_officer_links_files_by_the_number_of_a_request(world):
    ref, _ = world.released()
    incident = world.reported("focal")
    link = f"/incidents/{incident.ref}/releases"
    assert world.post("dpo", link, number="MMC-0").status_code == 400
    for _ in range(2):
        assert world.post("dpo", link, number=world.request(ref).number).status_code == 303
    assert len(world.look(Concerned)) == 1
    assert world.post("focal", link, number=world.request(ref).number).status_code == 403


def test_the_list_is_filtered_sorted_and_handed_out(world):
    world.reported("anna")
    world.reported("carl", kind="access")
    assert len(world.get("dpo", "/incidents?as=csv&sort=number").text.splitlines()) == 3
    assert len(world.get("dpo", "/incidents?as=csv&kind=access").text.splitlines()) == 2
    assert len(world.get("carl", "/incidents?as=csv").text.splitlines()) == 2
    assert "No incident matches" in world.get("dpo", "/incidents?status=closed").text
