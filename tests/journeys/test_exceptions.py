"""Exceptions, by their pages: what a signed-off file does not show, for one request, with a reason and a second look."""

import datetime as dt
import re
from dataclasses import replace

import pytest
from sqlalchemy import text, update

from portal import clock
from portal.actor import Role
from portal.catalogue.synthetic_ona import to_ona_csv
from portal.db import session, transaction
from portal.exports import building_exception, ledgers
from portal.exports.models import ProtectedFile, Release
from portal.exports.models_ledger import LedgerEntry, LedgerRefusal
from portal.jobs import bell
from portal.jobs.models import Work
from tests import conftest, factories, snapshots
from tests.areas.catalogue import rounds
from tests.areas.requests.scene import WORDS
from tests.journeys.play import Play, rows_of

pytestmark = pytest.mark.long  # it publishes a round of its own
CLOSE = "too close to an earlier release"
WHY = "The sub-region hides which of two neighbours they come from."


def a_round():
    """Draw a survey and make its people of one place alike: half from Nigeria, half from Benin, one from Gambia."""
    drawn = rounds.survey(12_000, 4)
    frame = drawn.frame
    there = frame[(frame["interview_country"] == "NER") & frame["interview_date"].str.startswith("2019")].head(200)
    made = there.assign(gender="man", age="30")
    made["nationality"] = ["NGA", "BEN"] * (len(made) // 2)
    made["education"] = ["primary"] * (len(made) - 4) + ["tertiary"] * 4
    return to_ona_csv(replace(drawn, frame=made.reset_index(drop=True), written={}, repeats=()))


@pytest.fixture
def settings(instance, database_url):
    """Nothing but people and agreements: the round is Niger 2019 only."""
    return conftest._settings(instance, database_url, redis_url="unix:///nonexistent/q.sock")


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
    answer = play.officer(ref, rationale=reason)
    return answer


def built(play, ref, who="ines"):
    assert decided(play, ref).status_code == 303
    assert play.accept(ref, name=who).status_code == 303
    play.work()
    return play.release(ref)


def checks(play, who, release, verdict="hand_out", reason="Looked at rows and attacks.", **more):
    play.forget_codes()
    fields = {"lock": release.lock, "sha256": release.sha256, "verdict": verdict, "reason": reason}
    return play.post(who, f"/releases/{release.ref}/check", **fields, code=play.code(who), **more)


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
