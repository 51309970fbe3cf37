"""What else becomes of a request: refused, in part, asked back, overtaken by time, left by whoever asked."""

import datetime as dt
import io
import zipfile

import pytest
import time_machine

from portal import clock
from tests.areas.auth.pages import token_of

GREEN = ("drivers",)


def rows_of(answer):
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        return archive.read("data.csv").decode("utf-8-sig").splitlines()


def test_the_officer_rejects(story):
    # Given a request that two regions approved, with something red in it
    ref = story.asks("WANA", "ESA")
    story.verdict("wana", ref)
    story.verdict("esa", ref)
    assert story.request(ref).state == "in_review:dpo"
    # When the officer declines, with the reason
    assert story.officer(ref, "decline", rationale="").status_code == 400
    assert story.officer(ref, "decline", rationale="Not necessary for this.").status_code == 303
    # Then it has ended, the requester reads why, and nothing was ever built
    assert story.request(ref).state == "ended:rejected"
    assert "Not necessary for this." in story.get("anna", f"/requests/{ref}").text
    assert story.post("anna", f"/requests/{ref}/accept", lock=story.lock(ref), sha256="0" * 64).status_code == 409
    story.work()
    assert story.releases(ref) == []
    assert story.letters("request_ended")[-1].values["how"] == "rejected"


def test_one_region_declines_and_the_other_part_is_delivered(story):
    # Given a request to two regions
    ref = story.asks("WANA", "ESA", variables=GREEN)
    # When one declines and the other approves
    assert story.verdict("wana", ref, "decline", rationale="Not these rows.").status_code == 303
    assert story.verdict("esa", ref).status_code == 303
    # Then the offer is the other region's part alone
    assert story.state(ref) == ("offered", {"WANA": "declined", "ESA": "approved"})
    assert [part["region"] for part in story.scopes(ref)[-1].content["parts"]] == ["ESA"]
    # And so is the file
    assert story.accept(ref).status_code == 303
    story.work()
    assert story.release(ref).status == "available", story.release(ref).held_reason
    answer = story.fetch("anna", ref)
    assert answer.status_code == 200
    head, *rows = rows_of(answer)
    place = head.split(",").index("country")
    assert {row.split(",")[place] for row in rows} <= set(story.places("ESA"))
    assert len(rows) == story.release(ref).rows > 0


def test_a_question_comes_back_is_answered_and_decided(story):
    # Given a request of which one region asks something
    ref = story.asks("WANA", "ESA", variables=GREEN)
    assert story.verdict("esa", ref).status_code == 303
    assert story.verdict("wana", ref, "ask", rationale="Who will see this?").status_code == 303
    # Then it is the requester's again, who reads the question and cannot be built meanwhile
    assert story.state(ref) == ("returned", {"WANA": "changes_requested", "ESA": "approved"})
    assert "Who will see this?" in story.get("anna", f"/requests/{ref}").text
    story.work()
    assert story.releases(ref) == []
    # When they answer without changing anything
    answer = story.post("anna", f"/requests/{ref}/answer", lock=story.lock(ref), reply="Two people of our unit.")
    assert answer.status_code == 303
    # Then only the region that asked decides again, and reads the answer
    assert story.state(ref) == ("in_review:regions", {"WANA": "open", "ESA": "approved"})
    track = story.tracks(ref)["WANA"]
    assert "Two people of our unit." in story.get("wana", f"/tracks/{track.ref}").text
    assert "Two people of our unit." not in story.get("esa", "/inbox").text
    story.forget_codes()
    assert story.verdict("wana", ref).status_code == 303
    assert story.request(ref).state == "offered"


def test_an_agreement_that_ends_before_the_build_leaves_no_file(story):
    # Given an accepted request whose build waits
    ref = _accepted(story)
    assert story.release(ref).status == "queued"
    # When the agreement's last day passes before a worker comes
    story.on_agreement(ends_on=clock.today() - dt.timedelta(days=2))
    story.work()
    # Then there is a reason instead of a file, for good
    release = story.release(ref)
    assert (release.status, release.blob, release.key_wrapped) == ("held", "", None)
    assert "end" in release.held_reason
    assert story.events("release.held")
    assert story.events("release.available") == []
    assert story.fetch("anna", ref).status_code == 403
    # And a renewal does not bring it back by itself
    story.on_agreement(ends_on=clock.today() + dt.timedelta(days=200))
    story.work()
    assert story.release(ref).status == "held"
    assert story.fetch("anna", ref).status_code == 403


@pytest.mark.long
def test_an_agreement_that_ends_after_the_build_ends_the_downloads_by_itself(story):
    # Given a release that could be fetched
    ref = _accepted(story)
    story.work()
    assert story.fetch("anna", ref).status_code == 200
    # When the agreement is over, though no process has noted it
    with time_machine.travel(clock.now() + dt.timedelta(days=400)):
        story._browsers.clear()
        story._tokens.clear()
        # Then it cannot be fetched any more
        assert story.fetch("anna", ref).status_code == 403
    story._browsers.clear()
    story._tokens.clear()
    assert story.release(ref).status == "available"


def test_who_is_disabled_on_the_way_gets_nothing(story):
    # Given an accepted request whose build waits, and its requester in an open session
    ref = _accepted(story)
    anna = story.browser("anna")
    token = token_of(anna, "/privacy")
    # When the administrator disables them
    answer = story.post("administrator", f"/people/{story.people['anna'].ref}/disable")
    assert answer.status_code == 303
    assert story.disabled("anna")
    # Then the next click is a stranger's
    assert anna.get(f"/requests/{ref}").status_code == 303
    assert anna.post(f"/requests/{ref}/withdraw", data={"csrf_token": token}).status_code == 401
    # And nothing is built for them, and nobody fetches anything
    story.work()
    release = story.release(ref)
    assert (release.status, release.blob) == ("held", "")
    assert "requester" in release.held_reason
    assert story.fetch("ben", ref).status_code == 403
    # And it is all in the log: who was shut out, by whom, and the doors that stayed shut
    told = [name for name, *_ in story.events()]
    assert told.index("person.disabled") < told.index("release.held")
    assert told.count("auth.session.revoked") == 1
    assert [event[1] for event in story.events("authz.denied")][:2] == ["NotSignedIn", "NotSignedIn"]


@pytest.mark.long
def test_a_colleague_still_has_what_was_built_before_its_requester_left(story):
    ref = _accepted(story)
    story.work()
    story.post("administrator", f"/people/{story.people['anna'].ref}/disable")
    assert story.fetch("ben", ref).status_code == 200


@pytest.mark.long
def test_the_officer_stops_what_runs_and_lets_it_go_on(story):
    # Given a release that could be fetched
    ref = _accepted(story)
    story.work()
    assert story.fetch("ben", ref).status_code == 200
    # When the officer suspends the request, nobody gets it; when they resume it, they do; when they revoke it, never
    for verb, status in (("suspend", 403), ("resume", 200), ("revoke", 403)):
        story.forget_codes()
        stop = story.post("dpo", f"/requests/{ref}/stop", verb=verb, reason="A reason.", code=story.code("dpo"))
        assert stop.status_code == 303, stop.text
        assert story.fetch("ben", ref).status_code == status


def _accepted(story):
    ref = story.asks("WANA", "ESA", variables=GREEN)
    assert story.verdict("wana", ref).status_code == 303
    assert story.verdict("esa", ref).status_code == 303
    assert story.accept(ref).status_code == 303
    return ref
