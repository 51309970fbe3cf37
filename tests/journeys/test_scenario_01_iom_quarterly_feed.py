"""Scenario 1. IOM's Missing Migrants Project asks for the deaths told of in interviews, and asks again next quarter."""

import csv
import datetime as dt
import hashlib
import io
import json
import re

import pytest
from sqlalchemy import select

from portal import clock
from portal.actor import Role
from portal.agreements.models import Agreement
from portal.agreements.models_dpia import Assessment
from portal.catalogue.synthetic_events import incidents_csv
from portal.db import transaction
from portal.exports.models import ProtectedFile, Release
from portal.letters.models import Letter
from tests import factories, snapshots
from tests.areas.catalogue import rounds
from tests.core.catalogue.test_incidents import HEADER
from tests.journeys.play import Play, members, rows_of

BEGINS = "nothing"  # the incidents are loaded by the story

EVENT = ("place", "admin1", "month", "deaths", "women", "men", "children", "cause", "reports")
OF_A_PERSON = {"nationality", "gender", "age", "age_group", "age_band", "origin_region", "username", "smuggler_use"}
LAMPEDUSA = {"latitude": "35.501", "longitude": "12.609", "incident_year": "2023", "reported_month": "March"}
NUMBERS = {"total_number_of_dead_and_missing": "7", "number_of_dead": "7.0", "number_of_females": "2"}
REGIONS = {"WANA": "wana", "ESA": "esa", "EUR": "eur", "LAC": "lac", "ASIA": "asia"}


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
    play.mou = play.agrees("iom", datasets=["4mi-incidents"], regions=[*REGIONS, "unassigned"], most_sensitive=3)
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


# ---- as a feed ----

ALL = {"rows": {}, "variables": EVENT, "purpose": "monitoring", "repeats": "rounds"}


def assesses(play, agreement, *, days=200, **more):
    """The data protection officer puts an assessment on file; return the answer."""
    today = clock.today("Europe/Copenhagen")
    fields = {"title": "DPIA 7 of the feed", "outcome": "accepted", "done_on": today.isoformat(), "lock": 0}
    fields |= {"review_on": (today + dt.timedelta(days=days)).isoformat(), "code": play.code("dpo")} | more
    return play.post("dpo", f"/agreements/{agreement}/dpia", **fields)


def approved(play, ref):
    for region, who in {**REGIONS, "unassigned": "cora"}.items():
        assert play.verdict(who, ref, region=region).status_code == 303


def delivered(play, ref):
    """Accept, build; return the answer of the download."""
    assert play.accept(ref, "iom").status_code == 303
    play.work()
    assert play.releases(ref)[-1].status == "available", play.releases(ref)[-1].held_reason
    return play.takes("iom", ref)


def on_offer(play, ref, who="iom"):
    """Return the file that the page offers to deliver next; nothing if it offers none."""
    page = play.get(who, f"/requests/{ref}").text
    found = re.search(r'name="file" value="([0-9a-f]{32})"', page)
    return found[1] if found else ""


def runs(play, ref, who="iom", file=""):
    return play.post(who, f"/requests/{ref}/run", file=file or on_offer(play, ref, who))


def letters(play, template):
    """Return the addresses that letters of this kind went to."""
    with play.app.app_context(), transaction() as current:
        return list(current.scalars(select(Letter.address).where(Letter.template == template).order_by(Letter.id)))


def of_next_quarter(lines):
    """One event more, and of one that was told of before another number of women."""
    later = {**lines[-1], "incident_year": "2026", "reported_month": "January"}
    later["total_number_of_dead_and_missing"] = "9"
    corrected = [{**one, "number_of_females": "3"} if _is_lampedusa(one) else one for one in lines]
    return [*corrected, later]


def _is_lampedusa(line):
    return all(line[name] == value for name, value in LAMPEDUSA.items())


@pytest.mark.long
def test_a_feed_is_delivered_each_round_with_a_list_of_what_changed(play):
    lines = reports()
    play.publishes(as_csv(lines), "4mi-incidents")
    agreement = play.mou
    # With an assessment on file, that it recurs is no reason to ask the data protection officer
    assert assesses(play, agreement).status_code == 303
    ends_on = clock.today() + dt.timedelta(days=100)
    ref = play.sends("iom", "4mi-incidents", **ALL, ends_on=ends_on)
    assert play.request(ref).kind == "feed"
    # and it was frozen as such, with the years to come, for whoever decides to see
    asked = play.scopes(ref)[0].content
    assert (asked["repeats"], asked["later_than"]) == ("rounds", "2025")
    assert all("2025" in part["filters"]["year"] for part in asked["parts"])
    seen = play.get("esa", f"/tracks/{play.tracks(ref)['ESA'].ref}").text
    assert "Again with every new round, with the years after 2025 as they come" in seen
    approved(play, ref)
    assert play.request(ref).state == "offered"
    first = delivered(play, ref)
    assert "changes.csv" not in members(first)
    assert on_offer(play, ref) == ""
    assert "The next round can be ordered here" in play.get("iom", f"/requests/{ref}").text
    # The next quarter's round: one event more, one corrected
    play.publishes(as_csv(of_next_quarter(lines)), "4mi-incidents")
    file = on_offer(play, ref)
    assert "Order the delivery of round 2" in play.get("iom", f"/requests/{ref}").text
    assert runs(play, ref).status_code == 303
    assert runs(play, ref, file=file).status_code == 303  # two clicks order one
    assert len(play.releases(ref)) == 2
    play.work()
    earlier, later = play.releases(ref)
    assert later.status == "available", later.held_reason
    assert (earlier.wave, later.wave, earlier.cause) == (1, 2, "superseded")
    # the earlier link is off, and whoever holds a copy is told
    assert play.post("iom", f"/releases/{earlier.ref}/download").status_code in {403, 404}
    assert play.post("iom", f"/requests/{ref}/run", file=file).status_code == 303
    assert len(play.releases(ref)) == 2
    second = play.takes("iom", ref)
    before, now = ({row["record_id"]: row for row in rows_of(one)} for one in (first, second))
    # A record keeps its number; the list names each that was added or changed, and no value
    told = list(csv.DictReader(io.StringIO(members(second)["changes.csv"].decode())))
    assert set(told[0]) - {"synthetic"} == {"record_id", "change"}
    by = {what: {one["record_id"] for one in told if one["change"] == what} for what in ("added", "changed", "gone")}
    assert by["added"] == now.keys() - before.keys()
    assert by["gone"] == before.keys() - now.keys() == set()
    assert by["changed"] == {one for one in now.keys() & before.keys() if now[one] != before[one]}
    assert (len(by["added"]), len(by["changed"])) == (1, 1)
    (added,) = by["added"]
    (changed,) = by["changed"]
    assert (now[added]["year"], now[added]["deaths"]) == ("2026", "9")
    assert (before[changed]["women"], now[changed]["women"]) == ("2", "3")
    readme, methods = (members(second)[name].decode() for name in ("README.html", "methodology.html"))
    for page in (readme, methods):
        assert "1 records were added, 1 were changed, 0 are gone" in page
        assert "merged into it" in page
    (ordered,) = play.told("request.run.ordered")
    assert ordered["actor"]["ref"] == play.people["iom"].ref
    assert ordered["change"]["version"] == [1, 2]
    assert [one["reason"] for one in play.told("release.superseded")] == ["wave"]


@pytest.mark.long
def test_a_feed_without_an_assessment_is_the_officers_to_decide(play):
    lines = reports()
    play.publishes(as_csv(lines), "4mi-incidents")
    ref = play.draft("iom", "4mi-incidents", **ALL, ends_on=clock.today() + dt.timedelta(days=100))
    assert "no impact assessment (DPIA) that counts is on file" in play.get("iom", f"/requests/{ref}/edit/review").text
    assert play.submit(ref, "iom").status_code == 303
    approved(play, ref)
    assert play.request(ref).state == "in_review:dpo"
    assert "no impact assessment (DPIA) that counts is on file" in play.get("dpo", f"/requests/{ref}/officer").text
    assert play.officer(ref).status_code == 303
    delivered(play, ref)
    # what she decided without one goes on without one
    play.publishes(as_csv(of_next_quarter(lines)), "4mi-incidents")
    assert runs(play, ref).status_code == 303
    assert len(play.releases(ref)) == 2
    assert play.told("request.run.refused") == []


@pytest.mark.long
def test_a_round_is_refused_once_something_drifted_told_and_logged(play):
    lines = reports()
    play.publishes(as_csv(lines), "4mi-incidents")
    agreement = play.mou
    assert assesses(play, agreement).status_code == 303
    ref = play.sends("iom", "4mi-incidents", **ALL, ends_on=clock.today() + dt.timedelta(days=100))
    approved(play, ref)
    delivered(play, ref)
    play.publishes(as_csv(of_next_quarter(lines)), "4mi-incidents")
    # The assessment is withdrawn: nothing is delivered, the page says why, the regions and the officer are told
    with play.app.app_context(), transaction() as current:
        assessment = current.scalars(select(Assessment)).one().ref
    gone = {"lock": 1, "reason": "It was of another purpose.", "code": play.code("dpo", steps=1)}
    assert play.post("dpo", f"/agreements/{agreement}/dpia/{assessment}/withdraw", **gone).status_code == 303
    assert runs(play, ref).status_code == 303
    assert "No impact assessment (DPIA) that counts is on file" in play.get("iom", f"/requests/{ref}").text
    told = letters(play, "request_run_refused")
    for name in ("iom", "esa", "eur", "cora", "dpo"):
        assert play.people[name].email in told, name
    # asking again is refused again, in the log too, and nobody is told twice
    assert runs(play, ref).status_code == 303
    assert letters(play, "request_run_refused") == told
    refused = play.told("request.run.refused")
    assert [(one["reason"], one["outcome"]) for one in refused] == [("dpia", "denied")] * 2
    # The rule set drifts too
    with play.app.app_context(), factories.given() as current:
        newest = current.scalars(select(ProtectedFile).order_by(ProtectedFile.id.desc())).first()
        newest.menu = newest.menu | {"rule_set_version": "2"}
    assert runs(play, ref).status_code == 303
    assert play.told("request.run.refused")[-1]["data"]["clauses"] == ["dpia", "rule_set"]
    assert "The rule set changed" in play.get("iom", f"/requests/{ref}").text
    assert len(play.releases(ref)) == 1
    # The memorandum ends: the run is refused and logged, and nothing that was delivered can be fetched
    file = on_offer(play, ref)
    with play.app.app_context(), factories.given() as current:
        found = current.scalars(select(Agreement).where(Agreement.ref == agreement)).one()
        found.ends_on = clock.today() - dt.timedelta(days=1)
    assert play.post("iom", f"/requests/{ref}/run", file=file).status_code == 303
    assert play.told("request.run.refused")[-1]["reason"] == "agreement"
    assert len(play.releases(ref)) == 1


@pytest.mark.long
def test_where_the_former_delivery_is_gone_the_package_says_so(play):
    lines = reports()
    play.publishes(as_csv(lines), "4mi-incidents")
    assert assesses(play, play.mou).status_code == 303
    ref = play.sends("iom", "4mi-incidents", **ALL, ends_on=clock.today() + dt.timedelta(days=100))
    approved(play, ref)
    delivered(play, ref)
    with play.app.app_context(), factories.given() as current:
        current.scalars(select(Release)).one().expires_at = clock.now() - dt.timedelta(days=1)
    play.keeper_comes("ends")
    play.publishes(as_csv(of_next_quarter(lines)), "4mi-incidents")
    # the steward orders it this time, from the page of the release
    page = play.get("steward", f"/releases/{play.release(ref).ref}/end").text
    file = re.search(r'name="file" value="([0-9a-f]{32})"', page)[1]
    assert runs(play, ref, "steward", file).status_code == 303
    play.work()
    files = members(play.takes("iom", ref))
    assert "changes.csv" not in files
    for name in ("README.html", "methodology.html"):
        assert "could be opened no more" in files[name].decode()
