"""A drawn survey through the portal's own hands, recounted by strangers to it."""

import io
from pathlib import Path

import pytest

from portal.catalogue import synthetic, synthetic_events
from tests.recount.chain import a_release, an_event_release
from tests.recount.recount import read_members, recount

REAL = Path(__file__).parents[3] / "shared" / "data" / "iom_mmp_incidents_sourced_from_4mi.csv"
NOTE = "IOM Missing Migrants Project, missingmigrants.iom.int, CC BY 4.0"


def verdict_of(release, **more):
    files = {"source": release.source, "choices": release.choices, "markers": release.markers}
    return recount(io.BytesIO(release.zip), **(files | more))


@pytest.fixture(scope="module")
def small():
    return a_release(rows=3000, language="fr")


# what may be lost in a survey too small for its keys; what is promised may not
USE = ("keys: ", "rows: ")


def test_a_small_survey_keeps_every_promise_even_where_it_is_of_little_use(small):
    verdict = verdict_of(small)
    assert [words for words in verdict.bad if not words.startswith(USE)] == []
    assert any(words.startswith("rows: no more than") for words in verdict.good)
    assert sum(words.startswith("sums: ") for words in verdict.good) >= 8


def test_a_marker_of_the_survey_would_be_found(small):
    seen = verdict_of(small, markers=[*small.markers, "Raisons économiques"])
    assert any("data_labels.csv" in words for words in seen.bad)


@pytest.mark.long
def test_the_survey_of_the_demonstration_holds_entirely():
    verdict = verdict_of(a_release(rows=20_000))
    assert verdict.bad == []


def test_drawn_incidents_are_all_there_once_and_sum_up():
    source = synthetic_events.incidents_csv(synthetic.draw(3000, 4))
    verdict = recount(io.BytesIO(an_event_release(source).zip), source=source)
    assert verdict.bad == []
    assert any("each incident once" in words for words in verdict.good)


@pytest.mark.skipif(not REAL.exists(), reason="the public incident file is not beside the project")
def test_the_public_incidents_are_all_there_once_and_cite_their_source():
    source = REAL.read_bytes()
    release = an_event_release(source, synthetic=False, language="fr", note=NOTE)
    verdict = recount(io.BytesIO(release.zip), source=source)
    assert verdict.bad == []
    assert "incidents: 2754 reports of 2754" in verdict.good
    members = read_members(io.BytesIO(release.zip))
    for name in ("README.html", "methodology.html", "terms.html", "citation.txt"):
        assert NOTE in members[name].decode(), name
