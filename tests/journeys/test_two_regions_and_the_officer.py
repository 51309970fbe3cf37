"""From an uploaded round to a file in a partner's hands: two regions and the data protection officer decide."""

import csv
import io
import json
import re
import zipfile

import pytest

from portal.catalogue.codebook import reference_bytes
from tests import factories, snapshots
from tests.areas.catalogue import rounds
from tests.journeys.story import Story
from tests.recount.recount import recount

BEGINS = "nothing"

ROWS = 1_000  # so small a round hides more than a real one: how much is measured on 20,000
SHARES = ("key values shown", "90% wanted")


@pytest.fixture
def facts(app):
    with app.app_context():
        return snapshots.people()


@pytest.fixture
def story(app, as_person, facts):
    return Story(app, as_person, facts)


def _signed(story):
    """The steward and the officer look at a protected file and sign what they saw."""
    shelf = story.get("steward", "/protected").text
    for ref in dict.fromkeys(re.findall(r"/protected/([0-9a-f]{32})", shelf)):
        for name in ("steward", "dpo"):
            page = story.get(name, f"/protected/{ref}").text
            sha256 = re.search(r'name="sha256" value="([0-9a-f]{64})"', page)[1]
            answer = story.post(name, f"/protected/{ref}/sign", verdict="signed", reason="", sha256=sha256)
            assert answer.status_code == 303, answer.text
        assert story.get("dpo", f"/protected/{ref}").text.count(f"/protected/{ref}/sign") == 0


def test_two_regions_one_in_part_then_the_officer_then_a_file(app, story, facts):
    # Given a steward who uploads a round of the survey, confirms what each variable is, and publishes it
    steward = story.browser("steward")
    version = rounds.loaded(steward, facts["dataset"], rounds.ona(ROWS))
    rounds.work_off(app)
    report = steward.get(f"/catalogue/versions/{version}").text
    assert rounds.version_of(app, version).status == "checked"
    assert rounds.confirm(app, steward, version).status_code == 303
    assert rounds.publish(app, steward, version).status_code == 303
    assert "synthetic" in report.lower()
    # And its protected files, built and attacked by the worker, signed by the steward and the officer
    rounds.work_off(app)
    _signed(story)
    # When a partner's analyst asks for the rows of two regions, one variable of them red
    ref = story.asks("WANA", "ESA")
    assert story.state(ref) == ("in_review:regions", {"WANA": "open", "ESA": "open"})
    # And one region approves, the other without one variable
    assert story.verdict("wana", ref).status_code == 303
    answer = story.verdict("esa", ref, "approve_in_part", **{"refuse-variables": "exp_types"})
    assert answer.status_code == 303, answer.text
    # Then the officer sees the reduced scope, and lets it through on a condition
    assert story.state(ref) == ("in_review:dpo", {"WANA": "approved", "ESA": "approved_in_part"})
    assert story.officer(ref, conditions="Destroy it by June.").status_code == 303
    # And the requester is offered that, and accepts
    assert "Destroy it by June." in story.get("anna", f"/requests/{ref}").text
    assert story.releases(ref) == []
    assert story.accept(ref).status_code == 303
    # When the worker has built it
    story.work()
    release = story.release(ref)
    assert release.status == "available", release.held_reason
    # Then a named recipient has it, and who is not named has not
    answer = story.fetch("ben", ref)
    assert (answer.status_code, answer.mimetype) == (200, "application/zip")
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        rows = list(csv.DictReader(io.StringIO(archive.read("data.csv").decode("utf-8-sig"))))
        told = json.loads(archive.read("disclosure_report.json"))
    assert len(rows) == release.rows
    assert told["k"] >= 5
    # And the region's refusal holds in its rows, and in no others
    esa = set(story.places("ESA"))
    assert {row["exp_types"] for row in rows if row["country"] in esa} == {".s"}
    assert {row["exp_types"] for row in rows if row["country"] not in esa} - {".s", "", "0"}
    assert {row["country"] for row in rows} <= set(story.places("ESA", "WANA"))
    # And whoever recounts it by other means finds what the report says, and no trace of a person
    drawn = rounds.survey(ROWS)
    verdict = recount(
        io.BytesIO(answer.data),
        source=rounds.ona(ROWS),
        choices=reference_bytes("choices.csv"),
        markers=drawn.markers,
    )
    assert [words for words in verdict.bad if not any(share in words for share in SHARES)] == []
    assert len(verdict.good) > 20
    # And the officer can follow all of it, from the first draft to the last byte
    _the_timeline_tells(story, ref)


STEPS = (
    "request.created",
    "request.changed",
    "request.submitted",
    "track.opened",
    "track.decided",
    "request.review.started",
    "request.approved",
    "request.accepted",
    "release.queued",
    "release.started",
    "release.attacked",
    "release.available",
    "release.downloaded",
    "release.download.completed",
)


def _the_timeline_tells(story, ref):
    page = story.get("dpo", f"/log/request/{ref}")
    assert page.status_code == 200
    listed = story.get("dpo", f"/log/download?target={ref}&sort=time").text
    told = [row["event"] for row in csv.DictReader(io.StringIO(listed.removeprefix("\ufeff")))]
    places = [told.index(step) for step in STEPS]
    assert places == sorted(places)
    assert told.count("track.decided") == 2
    assert page.text.count("<li") >= len(told)
    assert factories.PASSWORD not in listed
