"""Scenario 1. IOM's Missing Migrants Project asks for the deaths told of in interviews, and asks again next quarter."""

import csv
import datetime as dt
import hashlib
import io
import json

import pytest

from portal import clock
from portal.actor import Role
from portal.catalogue.synthetic_events import incidents_csv
from tests import conftest, factories, snapshots
from tests.areas.catalogue import rounds
from tests.core.catalogue.test_incidents import HEADER
from tests.journeys.play import Play, members, rows_of

EVENT = ("place", "admin1", "month", "deaths", "women", "men", "children", "cause", "reports")
OF_A_PERSON = {"nationality", "gender", "age", "age_group", "age_band", "origin_region", "username", "smuggler_use"}
LAMPEDUSA = {"latitude": "35.501", "longitude": "12.609", "incident_year": "2023", "reported_month": "March"}
NUMBERS = {"total_number_of_dead_and_missing": "7", "number_of_dead": "7.0", "number_of_females": "2"}
REGIONS = {"WANA": "wana", "ESA": "esa", "EUR": "eur", "LAC": "lac", "ASIA": "asia"}


@pytest.fixture
def settings(instance, database_url):
    """Nothing but people, agreements and an empty dataset: the incidents are loaded by the story."""
    return conftest._settings(instance, database_url, redis_url="unix:///nonexistent/q.sock")


@pytest.fixture
def play(app, as_person):
    with app.app_context():
        facts = snapshots.people()
        with factories.given():
            factories.a_dataset(code="4mi-incidents", kind="events")
    play = Play(app, as_person, facts)
    play.enters("iom", "IOM Missing Migrants", called="Ilse IOM")
    play.enters("cora", "MMC", Role.COORDINATOR)
    for region in ("EUR", "LAC", "ASIA"):
        play.enters(region.lower(), "MMC", Role.REGIONAL_MANAGER, regions=[region], called=f"Manager of {region}")
    play.agrees("iom", datasets=["4mi-incidents"], regions=[*REGIONS, "unassigned"], most_sensitive=3)
    return play


def reports(seed=4):
    """Reports of deaths as the public file has them: one event, off Lampedusa, was told of by three people."""
    lines = list(csv.DictReader(io.StringIO(incidents_csv(rounds.survey(1_000, seed)).decode())))
    lines += [{**lines[0], **LAMPEDUSA, **NUMBERS, "cause_of_death": "Drowning"}] * 3
    return lines


def as_csv(lines):
    out = io.StringIO()
    writer = csv.DictWriter(out, HEADER, lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    return out.getvalue().encode()


def once(lines):
    """Count by hand, without the portal: each event once, from 2018 on."""
    events = {}
    for line in lines:
        if int(line["incident_year"]) >= 2018:
            names = ("incident_year", "reported_month", "latitude", "longitude", "cause_of_death")
            same = (*(line[name] for name in names), line["total_number_of_dead_and_missing"])
            events[same] = int(line["total_number_of_dead_and_missing"])
    return events


def test_the_deaths_since_2018_each_event_once_and_again_next_quarter(play):
    lines = reports()
    play.publishes(as_csv(lines), "4mi-incidents")
    # IOM's analyst, whose memorandum is current, asks for the deaths since 2018 of all regions, by month and place
    years = [str(year) for year in range(2018, 2026)]
    asked = {"rows": {"year": years}, "variables": EVENT, "purpose": "monitoring"}
    ends_on = clock.today() + dt.timedelta(days=100)
    ref = play.sends("iom", "4mi-incidents", **asked, ends_on=ends_on)
    # Every region with rows decides, five today, and the global coordinator on what happened at sea
    tracks = play.tracks(ref)
    assert set(tracks) == {*REGIONS, "unassigned"}
    page = play.get("iom", f"/requests/{ref}").text
    assert page.count("Waiting on") == 6
    assert "Waiting on Manager of ASIA" in page
    # and none decides for another
    assert play.get("eur", f"/tracks/{tracks['ESA'].ref}").status_code == 404
    assert play.verdict("eur", ref, region="ESA").status_code == 404
    for region, who in {**REGIONS, "unassigned": "cora"}.items():
        assert play.verdict(who, ref, region=region).status_code == 303
    assert play.request(ref).state == "offered"
    assert play.accept(ref, "iom").status_code == 303
    play.work()
    release = play.release(ref)
    assert release.status == "available", release.held_reason
    # The file says place, admin1, country, month, counts, women, children, cause: nothing of whoever told of it
    answer = play.takes("iom", ref)
    rows = rows_of(answer)
    assert {"country", "year", *EVENT} <= set(rows[0])
    assert not OF_A_PERSON & set(rows[0])
    # A record's number is this request's own, and nothing is finer than the public file: no point, no words of a finder
    files = members(answer)
    everything = b"\0".join(files.values())
    assert len(files["SHA256SUMS"].splitlines()) == len(files) - 1
    for line in lines:
        assert line["latitude"].encode() not in everything
        assert line["information_source"].encode() not in everything
    # What several people told of is one event, and says how many did
    told = [row for row in rows if (row["year"], row["month"], row["deaths"], row["women"]) == ("2023", "03", "7", "2")]
    assert [row["reports"] for row in told] == ["3"]
    # and the sum of deaths is the source's, each event once
    assert sum(int(row["deaths"]) for row in rows) == sum(once(lines).values())
    assert len(rows) == len(once(lines)) == release.rows
    # The evidence: an approval per region, the rule set's version, the file's hash, the run, the download
    approved = play.told("track.decided")
    assert len(approved) == 6
    assert {one["data"]["sha256"] for one in approved} == {track.slice_sha256 for track in tracks.values()}
    assert play.scopes(ref)[-1].content["rule_set_version"] == 1
    (made,) = play.told("release.available")
    assert made["data"]["sha256"] == hashlib.sha256(answer.data).hexdigest() == release.sha256
    (fetched,) = play.told("release.downloaded")
    assert fetched["actor"]["ref"] == play.people["iom"].ref
    report = json.loads(files["disclosure_report.json"])
    assert report["reference"].startswith(play.request(ref).number)
    assert report["k"] == 0
    # Next quarter a round comes with one event more; the same is asked again on two screens, without typing it anew
    later = {
        **lines[-1],
        "incident_year": "2025",
        "reported_month": "December",
        "total_number_of_dead_and_missing": "9",
    }
    play.publishes(as_csv([*lines, later]), "4mi-incidents")
    answer = play.post("iom", f"/requests/{ref}/copy")
    again = answer.headers["Location"].split("/")[2]
    assert play.request(ref).number in play.get("iom", answer.headers["Location"]).text
    day = {"ends_on": ends_on.isoformat(), "lock": play.lock(again)}
    assert play.post("iom", f"/requests/{again}/submit", **day, accepted="yes").status_code == 303
    assert set(play.tracks(again)) == set(tracks)
