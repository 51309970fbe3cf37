"""Scenario 5. A partner's laptop is stolen with a file on it."""

import csv
import datetime as dt
import io

import pytest

from portal import clock
from portal.actor import Role
from portal.exports.models import Download, Release
from portal.exports.models_ends import DestructionDuty
from portal.freezes import Freeze
from portal.incidents.models import Incident
from tests import snapshots
from tests.areas.incidents.scene import Office
from tests.journeys.play import Play, rows_of

BEGINS = "released"
STOLEN = "A laptop with the file was stolen on the train."
GREEN = {"rows": {"country": ["LBY", "NER"]}, "variables": ["drivers"]}


class Desk(Play):
    """The play with the hands of those who report and who freeze."""

    freeze, frozen, lift, report, reported, at = (
        Office.freeze, Office.frozen, Office.lift, Office.report, Office.reported, Office.at,
    )  # fmt: skip

    def step(self, ref, door, **more):
        """Take the officer's step with an incident."""
        fields = {"lock": self.at(ref, Incident).lock, "code": self.code("dpo"), "reason": STOLEN}
        fields = {"lock": fields["lock"]} if door == "assess" else fields
        return self.post("dpo", f"/incidents/{ref}/{door}", **fields | more)


@pytest.fixture
def desk(app, as_person, moments):
    desk = Desk(app, as_person, moments["released"].facts)
    desk.facts = moments["released"].facts
    desk.people["carl"] = moments["released"].facts["people"]["stranger"]
    desk.enters("hedda", "MMC", Role.HEAD)
    desk.enters("fay", "Partner", Role.FOCAL_POINT)
    return desk


def ordered(desk, who):
    """Ask for green variables of two countries, have it approved and accept it: its build waits."""
    ref = desk.sends(who, "4mi-core", **GREEN)
    assert desk.verdict("wana", ref).status_code == 303
    assert desk.accept(ref, who).status_code == 303
    return ref


def answers(rows):
    return [(row["country"], row["drivers"], row["exp_any"]) for row in rows]


def test_from_the_theft_to_the_lifted_freeze_and_nothing_is_deleted(desk):
    # Given a file that two people of the partner fetched, one of them from two networks
    (release,) = desk.look(Release)
    request = desk.told("release.queued")[0]["purpose"]["request"]
    for name, address in (("anna", "192.0.2.7"), ("ben", "198.51.100.9"), ("ben", "203.0.113.4")):
        desk.browser(name).environ_base["REMOTE_ADDR"] = address
        answer = desk.takes(name, request)
        assert answer.status_code == 200
    # and another organisation's file of the same people: its numbers and its order of rows are its own
    with desk.app.app_context():
        other = snapshots.accept(desk.facts, by="stranger", team=("stranger",), agreement="other_agreement")["request"]
    desk.work()
    mine, theirs = rows_of(answer), rows_of(desk.takes("carl", other))
    assert not {row["record_id"] for row in mine} & {row["record_id"] for row in theirs}
    assert sorted(answers(mine)) == sorted(answers(theirs))
    assert answers(mine) != answers(theirs)
    # and a build of the partner's that waits
    waiting = ordered(desk, "anna")
    # Day 0: the focal point reports a laptop stolen, with the file that was on it
    noticed = (clock.now() - dt.timedelta(hours=3)).strftime("%Y-%m-%dT%H:%M")
    incident = desk.reported("fay", text=STOLEN, noticed_at=noticed, releases=[release.ref])
    # The clock of seventy-two hours runs from then, on every page of both offices
    assert incident.deadline - incident.aware_at == dt.timedelta(hours=72)
    for office in ("dpo", "hedda"):
        assert "71 hours left" in desk.get(office, "/profile").text
    assert desk.step(incident.ref, "assess").status_code == 303
    # The officer freezes the organisation: sessions end, links die, builds are held, within a minute
    freeze = desk.frozen(target=desk.organisation("anna"), incident=incident.ref)
    desk.keeper_comes("freezes")
    freeze = desk.at(freeze.ref)
    assert freeze.closed_at - freeze.set_at < dt.timedelta(seconds=60)
    assert desk.get("anna", f"/requests/{request}").status_code == 403
    assert "Your access is stopped" in desk.takes("ben", request).text
    assert desk.release(waiting).status == "held"
    desk.work()
    assert desk.release(waiting).blob == ""
    assert desk.takes("carl", other).status_code == 200
    # It lists what is affected: the releases with their fields and rows, who fetched them, how often, from where
    (told,) = [one for one in freeze.affected["releases"] if one["ref"] == release.ref]
    assert set(told["fields"]) <= set(mine[0])
    assert told["rows"] == ("<30" if len(mine) < 30 else str((len(mine) + 5) // 10 * 10))
    held = {one["ref"]: (one["times"], one["addresses"]) for one in told["holders"]}
    assert held == {desk.people["anna"].ref: (1, 1), desk.people["ben"].ref: (2, 2)}
    page = desk.get("dpo", f"/stop/{freeze.ref}").text
    assert desk.request(request).number in page
    listed = desk.get("dpo", f"/log/download?target={release.ref}&sort=time").text
    fetched = [row for row in csv.DictReader(io.StringIO(listed.removeprefix("\ufeff"))) if row["event"]]
    assert sum(row["event"] == "release.downloaded" for row in fetched) == 3
    # While it is frozen the incident cannot be closed
    assert desk.step(incident.ref, "decide", verb="notify", risk="some").status_code == 303
    assert desk.step(incident.ref, "close").status_code == 400
    assert desk.at(incident.ref, Incident).status == "notified"
    # Whoever lifts is of the other office than who proposes it
    assert desk.lift(freeze.ref, "propose", "dpo", reason="The disk was encrypted.").status_code == 303
    assert desk.lift(freeze.ref, "lift", "dpo").status_code == 403
    assert desk.lift(freeze.ref, "lift", "hedda").status_code == 303
    assert desk.at(freeze.ref).status == "lifted"
    # The partner signs in anew; the officer revokes the file; each holder says what became of the copies
    for name in ("anna", "ben", "fay"):
        desk._browsers.pop(name)
        desk._tokens.pop(name, None)
    revoke = {"reason": STOLEN, "lock": desk.at(release.ref, Release).lock, "code": desk.code("dpo")}
    assert desk.post("dpo", f"/releases/{release.ref}/revoke", **revoke).status_code == 303
    assert {one.person_id for one in desk.look(DestructionDuty)} == {desk.people[name].id for name in ("anna", "ben")}
    # One has destroyed her copies; the other's were on the laptop: he states the loss, and nothing calls it destroyed
    _attests(desk, "anna")
    lost = _loses(desk, "ben")
    assert f"kind=loss&amp;release={release.ref}" in desk.get("dpo", f"/duties/{lost}").text
    assert desk.people["dpo"].email in {one.address for one in desk.letters("duty_lost")}
    for name in ("anna", "ben"):
        _countersigns(desk, name)
    desk.keeper_comes("closings")
    certificate = desk.get("dpo", f"/releases/{release.ref}/certificate")
    assert certificate.status_code == 200
    assert "Certificate of destruction and statement of loss" in certificate.text
    assert "lost, noticed on" in certificate.text
    loss = {"kind": "loss", "text": "The stolen copy is on an encrypted disk."}
    assert desk.post("fay", f"/incidents/{incident.ref}/notes", **loss).status_code == 303
    assert desk.step(incident.ref, "close").status_code == 303
    # Nothing was deleted: who fetched what, the freeze, the incident and its events are all there
    assert len(desk.look(Download)) == 5
    assert desk.look(Freeze)[0].affected == freeze.affected
    told = [one["type"] for one in desk.told()]
    order = ["incident.reported", "freeze.set", "release.held", "freeze.closed", "incident.notified", "freeze.lifted"]
    places = [told.index(name) for name in order]
    assert places == sorted(places)


def _duty(desk, name):
    (duty,) = desk.look(DestructionDuty, DestructionDuty.person_id == desk.people[name].id)
    return duty


def _attests(desk, name):
    duty = _duty(desk, name)
    said = {"method": "overwritten", "destroyed_on": clock.today().isoformat(), "copies": 1, "statement": "yes"}
    assert desk.post(name, f"/duties/{duty.ref}/attest", lock=duty.lock, **said).status_code == 303


def _loses(desk, name):
    duty = _duty(desk, name)
    said = {"lost_on": clock.today().isoformat(), "lost_how": STOLEN, "encrypted": "yes", "lost_copies": 2}
    answer = desk.post(name, f"/duties/{duty.ref}/lose", lock=duty.lock, lost_statement="yes", **said)
    assert answer.status_code == 303
    return duty.ref


def _countersigns(desk, name):
    duty = _duty(desk, name)
    assert desk.post("fay", f"/duties/{duty.ref}/countersign", lock=duty.lock).status_code == 303
