"""Exceptions, by their pages: what a signed-off file does not show, for one request, with a reason and a second look."""

import datetime as dt
import json
import re
from dataclasses import replace

import pytest
from sqlalchemy import text, update
from sqlalchemy.exc import DBAPIError

from portal import clock, ports
from portal.actor import Role
from portal.catalogue.synthetic_ona import to_ona_csv
from portal.db import db, transaction
from portal.disclosure.ruleset import RuleSet
from portal.errors import Withheld
from portal.exports import building_exception, ledgers, protecting
from portal.exports.models import ProtectedFile
from portal.exports.models_ledger import LedgerEntry, LedgerRefusal
from portal.jobs import bell
from portal.jobs.models import Work
from tests import factories, snapshots
from tests.areas.catalogue import rounds
from tests.journeys.play import Play, rows_of

BEGINS = "nothing"  # the round is Niger 2019 only

pytestmark = pytest.mark.long  # it publishes a round of its own
CLOSE = "too close to an earlier release"
WHY = "The sub-region hides which of two neighbours they come from."


def a_round():
    """Draw a survey and make its people alike: half from Nigeria, half from Benin, and some with a higher school."""
    drawn = rounds.survey(12_000, 4)
    frame = drawn.frame
    there = frame[(frame["interview_country"] == "NER") & frame["interview_date"].str.startswith("2019")].head(200)
    made = there.assign(gender="man", age="30")
    made["nationality"] = ["NGA", "BEN"] * (len(made) // 2)
    made["education"] = ["primary", "primary", "secondary", "secondary"] * (len(made) // 4)
    made["marital"] = [f"{one}" for one in made["marital"]]
    return to_ona_csv(replace(drawn, frame=made.reset_index(drop=True), written={}, repeats=()))


@pytest.fixture
def play(app, as_person):
    with app.app_context():
        facts = snapshots.people()
    play = Play(app, as_person, facts)
    play.enters("ines", "An institute", called="Ines Institute")
    play.enters("noor", "Another institute")
    play.enters("second", "MMC", Role.DPO)
    for who in ("ines", "noor"):
        play.agrees(who, regions=["WANA", "ESA"])
    play.publishes(a_round())
    return play


def asks(play, who="ines", extras=("nationality",), families=("place", "time", "origin"), **rows):
    """Ask for an exception form by form and send it; return its reference."""
    ref = play.draft(who, "4mi-core", rows=rows, variables=["drivers"], families=list(families))
    more = {"exception": "yes", "extras": list(extras), "exception_text": WHY}
    play.fills(who, ref, "variables", variables=["drivers"], **more)
    answer = play.submit(ref, who)
    assert answer.status_code == 303, answer.text
    return ref


def decided(play, ref, reason="Needed, and no tier tells it."):
    """Let the region, the coordinator and then the officer approve, and the requester accept."""
    play.forget_codes()
    for region in play.tracks(ref):
        who = {"WANA": "wana", "ESA": "esa"}[region]
        assert play.verdict(who, ref, region=region).status_code == 303
    assert play.request(ref).state == "in_review:dpo"
    return play.officer(ref, rationale=reason)


def built(play, ref, who="ines"):
    """Let everybody approve it, the requester accept it and the worker build it; return its release."""
    assert decided(play, ref).status_code == 303
    assert play.accept(ref, name=who).status_code == 303
    play.work()
    return play.release(ref)


def checks(play, who, release, verdict="hand_out", reason="Looked at rows and attacks.", **more):
    play.forget_codes()
    fields = {"lock": release.lock, "sha256": release.sha256, "verdict": verdict, "reason": reason}
    return play.post(who, f"/releases/{release.ref}/check", **fields | {"code": play.code(who)} | more)


def test_an_exception_is_asked_signed_judged_looked_at_and_fetched(play):
    ref = asks(play)
    request = play.request(ref)
    assert (request.kind, request.exception) == ("exception", WHY)
    # Regions first, then always the officer, although nothing of it is red
    page = play.get("wana", f"/tracks/{play.tracks(ref)['WANA'].ref}").text
    assert WHY in page
    refused = decided(play, ref, reason="")
    assert refused.status_code == 400
    assert "Give your reason" in refused.text
    play.forget_codes()
    assert play.officer(ref, rationale="No tier tells neighbours apart.").status_code == 303
    assert play.accept(ref, name="ines").status_code == 303
    play.work()
    release = play.release(ref)
    assert release.status == "checking", (release.status, release.held_reason)
    # Nobody has it yet; who signed it cannot hand it out, nor can the region's manager, nor who asked
    assert play.takes("ines", ref).status_code in {403, 404}
    for who in ("dpo", "wana", "ines"):
        assert checks(play, who, release).status_code in {403, 404}, who
    assert "A second person looks at it" in play.get("ines", f"/requests/{ref}").text
    # A second person does, with a reason and a code
    assert "No tier tells neighbours apart." in play.get("steward", f"/releases/{release.ref}/check").text
    assert checks(play, "steward", release, reason="").status_code == 400
    assert checks(play, "steward", release, sha256="0" * 64).status_code in {400, 409}
    assert checks(play, "steward", release).status_code == 303
    assert play.release(ref).status == "available"
    rows = rows_of(play.takes("ines", ref))
    assert {row["nationality"] for row in rows} >= {"NGA", "BEN"}
    assert {row["admin1"] for row in rows}
    told = [one["type"] for one in play.told("release.checking", "release.available")]
    assert told == ["release.checking", "release.available"]
    # The ledger knows the partner file and the exception, and the log vouches for its head
    entries = play.look(LedgerEntry)
    assert [(one.number, one.kind) for one in entries] == [(1, "publication"), (2, "release")]
    assert [one["data"]["sha256"] for one in play.told("ledger.entered")] == [one.head for one in entries]


def test_a_second_exception_is_judged_beside_the_first_and_they_take_turns(play, monkeypatch):
    first, second = asks(play), asks(play, "noor", extras=("education",))
    for ref, who in ((first, "ines"), (second, "noor")):
        assert decided(play, ref).status_code == 303
        assert play.accept(ref, name=who).status_code == 303
    # While the one is being sealed the other is built from end to end, and enters the ledger before it
    sealed, entered = building_exception.seal, []

    def seal(held):
        sealed(held)
        if not entered:
            entered.append(held.target_ref)
            bell.wake()

    monkeypatch.setattr(building_exception, "seal", seal)
    with play.app.app_context(), pytest.raises(RuntimeError, match="Stale"):
        bell.wake()
    slow, quick = sorted((play.release(first), play.release(second)), key=lambda one: one.ref != entered[0])
    assert (slow.status, quick.status) == ("building", "checking")
    assert [one.reference for one in play.look(LedgerEntry)][1:] == [quick.ref]
    # Judged again beside it, from the first stage, it follows
    with play.app.app_context(), factories.given() as current:
        current.execute(update(Work).values(due_at=clock.now() - dt.timedelta(seconds=1)).where(Work.status == "due"))
    play.work()
    assert play.release(first).status == play.release(second).status == "checking"
    assert [one.reference for one in play.look(LedgerEntry)][1:] == [quick.ref, slow.ref]
    # Whoever holds the signed-off file and both exceptions finds nobody among fewer than five
    with play.app.app_context():
        with transaction():
            last = ledgers.newest()
        ledger = ledgers.opened(last)
    assert ledger.sizes.min() >= 5
    assert {"nationality", "education"} <= set(ledger.detail)


def test_what_comes_too_close_is_refused_without_a_number_and_counted(play):
    # By marital status most would stand alone in the classes that the signed-off file shows
    asked = {"extras": ("marital",), "families": ("place",)}
    ref = asks(play, **asked)
    release = built(play, ref)
    assert (release.status, release.held_as, release.held_reason, release.blob) == ("held", "ledger", CLOSE, "")
    page = play.get("ines", f"/requests/{ref}").text
    said = page.split("The exception was not released")[1].split("Nothing of it leaves")[0]
    assert CLOSE in said
    assert not any(sign.isdigit() for sign in re.sub("<[^>]*>", "", said))
    assert {one.address for one in play.letters("exception_refused")} >= {
        play.people[who].email for who in ("ines", "dpo", "second")
    }
    (told,) = play.told("release.refused")
    assert set(told["data"]["sdc"]) == {"ledger", "cells"}
    # Nobody orders it again with the same recipe, and nothing of it is in the ledger
    assert play.post("steward", f"/releases/{release.ref}/again", lock=release.lock).status_code == 403
    assert [one.kind for one in play.look(LedgerEntry)] == ["publication"]
    # Four refusals more, one of them long ago: the next one is still judged, the one after it waits for a person
    house, dataset = play.request(ref).organisation_id, play.request(ref).dataset_id
    days = [1, 2, 89, 91]
    with play.app.app_context(), factories.given() as current:
        values = {"domain": "everyone", "organisation_id": house, "dataset_id": dataset, "release_id": release.id}
        moments = [clock.now() - dt.timedelta(days=one) for one in days]
        current.add_all(LedgerRefusal(**values, refused_at=moment) for moment in moments)
    assert built(play, asks(play, **asked)).held_as == "ledger"
    ref = asks(play, **asked)
    waits = built(play, ref)
    assert (waits.status, waits.held_as) == ("held", "referred")
    assert len(play.look(LedgerRefusal)) == 6
    assert "a person decides" in play.get("ines", f"/requests/{ref}").text
    # Another organisation's is judged all the same
    assert built(play, asks(play, "noor", **asked), "noor").held_as == "ledger"
    # The officer lets it be judged, with a reason; nobody else can
    fields = {"lock": waits.lock, "reason": "They have narrowed it."}
    for who in ("steward", "ines"):
        play.forget_codes()
        answer = play.post(who, f"/releases/{waits.ref}/judge", **fields, code=play.code(who))
        assert answer.status_code in {403, 404}, who
    play.forget_codes()
    assert play.post("dpo", f"/releases/{waits.ref}/judge", lock=waits.lock, code=play.code("dpo")).status_code == 400
    play.forget_codes()
    assert play.post("dpo", f"/releases/{waits.ref}/judge", **fields, code=play.code("dpo")).status_code == 303
    play.work()
    assert play.release(ref).held_as == "ledger"


def test_without_its_ledger_nothing_is_released(play):
    assert built(play, asks(play)).status == "checking"
    with play.app.app_context():
        with transaction():
            last = ledgers.newest()
        with pytest.raises(DBAPIError, match="never"), transaction() as current:
            current.execute(text("DELETE FROM ledger_entry"))
        with pytest.raises(DBAPIError, match="never"), transaction() as current:
            current.execute(text("UPDATE ledger_entry SET head = ''"))
        ports.house.store.delete(last.blob)
    asked = {"who": "noor", "extras": ("education",)}
    lost = built(play, asks(play, **asked), "noor")
    assert (lost.status, lost.held_as, lost.held_reason) == ("held", "protection", ledgers.UNREADABLE)
    # Entries that are gone altogether are missed too: the log knows of them
    with play.app.app_context(), db.engine.begin() as connection:
        if db.engine.dialect.name == "sqlite":
            connection.execute(text("DROP TRIGGER ledger_entry_no_delete"))
        else:
            connection.execute(text("DROP TRIGGER ledger_entry_no_change ON ledger_entry"))
        connection.execute(text("DELETE FROM ledger_entry"))
    gone = built(play, asks(play, **asked), "noor")
    assert (gone.status, gone.held_reason) == ("held", ledgers.ABSENT)
    assert play.look(LedgerEntry) == []


def test_a_form_that_asks_for_an_exception_says_what_it_lacks(play):
    ref = play.draft("ines", "4mi-core", rows={}, variables=["drivers"], families=["place"])
    page = play.get("ines", f"/requests/{ref}/edit/variables").text
    offered = re.findall(r'name="extras" value="([a-z0-9_]+)"', page)
    assert {"nationality", "education", "marital"} <= set(offered)
    assert not {"interview_place", "interview_date", "interview_id", "age", "religion", "username"} & set(offered)
    for extras in (["religion"], ["interview_place"], ["_uuid"]):
        fields = {"variables": ["drivers"], "exception": "yes", "extras": extras, "exception_text": WHY}
        answer = play.keep(ref, "variables", name="ines", **fields)
        assert (answer.status_code, WHY in answer.text) == (400, True)
    for fields in ({"extras": [], "exception_text": WHY}, {"extras": ["nationality"], "exception_text": "Short."}):
        answer = play.keep(ref, "variables", name="ines", variables=["drivers"], exception="yes", **fields)
        assert answer.status_code == 400
        assert "field-error" in answer.text
    # Not ticked, it is none, whatever else was sent with it
    play.fills("ines", ref, "variables", variables=["drivers"], extras=["nationality"], exception_text=WHY)
    assert play.submit(ref, "ines").status_code == 303
    assert (play.request(ref).kind, play.request(ref).exception) == ("microdata", "")
    assert "extras" not in play.scopes(ref)[0].content
    # A copy of an exception is no exception before somebody asks for one again, and no feed is one
    again = asks(play)
    answer = play.post("ines", f"/requests/{again}/copy")
    copy = re.search(r"/requests/([0-9a-f]{32})/", answer.headers["Location"])[1]
    assert "exception" not in play.request(copy).draft["variables"]
    third = play.draft("ines", "4mi-core", rows={}, variables=["drivers"], families=["place"], repeats="rounds")
    more = {"exception": "yes", "extras": ["nationality"], "exception_text": WHY}
    play.fills("ines", third, "variables", variables=["drivers"], **more)
    assert play.submit(third, "ines").status_code == 400


def test_who_keeps_it_back_ends_it_and_the_ledger_keeps_it(play):
    ref = asks(play)
    release = built(play, ref)
    assert checks(play, "second", release, verdict="keep_back", reason="Not for this purpose.").status_code == 303
    held = play.release(ref)
    assert (held.status, held.held_as) == ("held", "signer")
    assert checks(play, "steward", held).status_code == 403
    assert play.takes("ines", ref).status_code in {403, 404}
    assert len(play.look(LedgerEntry)) == 2
    # A next file of the tier that shows the same stands beside it; one that leaves a single person out is held
    (file,) = play.look(ProtectedFile, ProtectedFile.tier == "partner")
    rules = RuleSet.from_json(json.dumps(file.rule_set))
    with play.app.app_context():
        frame = protecting.frame_of(file)
        ledgers.stand_beside(frame, rules)
        with pytest.raises(Withheld, match="tell people apart"):
            ledgers.stand_beside(frame.iloc[1:], rules)
