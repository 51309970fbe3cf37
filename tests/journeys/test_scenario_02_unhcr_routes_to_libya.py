"""Scenario 2. UNHCR and MMC write of the routes to Libya: a profile and an abuse file that cannot be joined."""

import datetime as dt
import io
import json
from collections import Counter

from portal import clock
from portal.requests.models_duties import Obligation
from portal.requests.models_publications import Publication
from tests.areas.agreements.way import PDF
from tests.journeys.play import members, rows_of

LANDS = ("LBY", "NER", "MLI", "BFA", "SDN", "EGY")
YEARS = ("2018", "2019", "2020", ".s")  # a year that is hidden may be one of these
HIDDEN = ".s"


def asked(play, families, variables):
    """Ask for the six countries as far as the file shows them; return the request."""
    rows = {"country": [one for one in LANDS if one in play.shown], "year": list(YEARS)}
    rows["year"] = [one for one in YEARS if one in play.shown_years]
    return play.sends("unhcr", "4mi-core", rows=rows, families=families, variables=variables, ends_on=play.last_day)


def delivered(play, ref):
    """Accept, let the worker build, and fetch; return the answer."""
    assert play.accept(ref, "unhcr").status_code == 303
    play.work()
    assert play.release(ref).status == "available", play.release(ref).held_reason
    return play.takes("unhcr", ref)


def shown_and_published(play, text):
    """She shows the text with the day on which it is to come out; a manager asks for a change; then it is out."""
    planned = clock.today() + dt.timedelta(days=60)
    said = {"title": "Routes to Libya", "planned_on": planned.isoformat(), "lock": text.lock}
    file = {"file": (io.BytesIO(PDF), "draft.pdf"), "csrf_token": play.token("unhcr")}
    assert play.browser("unhcr").post(f"/publications/{text.ref}/show", data=said | file).status_code == 303
    row = play.look(Publication, Publication.ref == text.ref)[0]
    assert row.planned_on == planned
    assert row.answer_by == clock.today("Europe/Copenhagen") + dt.timedelta(days=30)
    play.forget_codes()
    change = {"verb": "ask", "note": "Name no camp.", "code": play.code("wana"), "lock": row.lock}
    assert play.post("wana", f"/publications/{text.ref}/judge", **change).status_code == 303
    assert "Name no camp." in play.get("unhcr", f"/publications/{text.ref}").text
    row = play.look(Publication, Publication.ref == text.ref)[0]
    out = {"published_title": row.title, "address": "https://doi.org/10.1000/182", "lock": row.lock}
    out["published_on"] = clock.today("Europe/Copenhagen").isoformat()
    assert play.post("unhcr", f"/publications/{text.ref}/report", **out).status_code == 303
    listed = play.get("dpo", "/publications?as=csv").text
    assert "Routes to Libya,UNHCR" in listed
    assert "https://doi.org/10.1000/182" in listed


def test_two_files_that_cannot_be_joined_and_a_manuscript_to_be_shown(play):
    play.enters("unhcr", "UNHCR", called="Una UNHCR")
    play.agrees("unhcr", regions=["WANA", "ESA"], publication_review_days=30)
    play.last_day = clock.today() + dt.timedelta(days=120)
    look = play.draft("unhcr", "4mi-core", rows={"country": ["LBY"]}, variables=["drivers"])
    play.shown, play.shown_years = (play.offers("unhcr", look, name) for name in ("country", "year"))
    # A profile: country, year, age in bands of ten, sub-region; nothing red, so the two regions' managers decide
    profile = asked(play, ["place", "time", "age", "origin"], ["drivers", "needs_now", "info_before"])
    assert set(play.tracks(profile)) == {"WANA", "ESA"}
    # One manager answers for North and West, another for Sudan and Egypt
    parts = {part["region"]: part["filters"]["country"] for part in play.scopes(profile)[-1].content["parts"]}
    assert set(parts["WANA"]) <= {"LBY", "NER", "MLI", "BFA"}
    assert set(parts["ESA"]) == {"SDN", "EGY"}
    assert play.verdict("wana", profile).status_code == 303
    assert play.verdict("esa", profile).status_code == 303
    assert play.request(profile).state == "offered"
    profiles = delivered(play, profile)
    # The report is public: with the offer she took on to show the text thirty days before it is printed
    (text,) = play.look(Publication)
    assert (text.status, text.review_days) == ("open", 30)
    # An abuse file: what befell people, without age or origin; the most sensitive variable brings the officer in
    abuse = asked(play, ["place", "time"], ["exp_any", "exp_types"])
    page = play.get("wana", f"/tracks/{play.tracks(abuse)['WANA'].ref}").text
    assert play.request(profile).number in page  # who decides sees what the partner has already
    assert play.verdict("wana", abuse).status_code == 303
    # The manager for Sudan and Egypt amends: what befell people is not told of her rows
    answer = play.verdict("esa", abuse, "approve_in_part", **{"refuse-variables": "exp_types"}, rationale="Few people.")
    assert answer.status_code == 303
    assert play.request(abuse).state == "in_review:dpo"
    # The officer approves and sets the day on which the manuscript is to be shown before it is printed
    day = clock.today() + dt.timedelta(days=60)
    shown = {"conditions": "Show MMC the manuscript.", "due": "by_date", "due_on": day.isoformat()}
    assert play.officer(abuse, **shown).status_code == 303
    offer = play.get("unhcr", f"/requests/{abuse}").text
    assert "Few people." in offer
    assert "Show MMC the manuscript." in offer
    abuses = delivered(play, abuse)
    (duty,) = play.look(Obligation)
    assert (duty.due_on, duty.status, duty.text) == (day, "open", "Show MMC the manuscript.")
    assert "30 days before" in members(abuses)["terms.html"].decode() + play.get("unhcr", f"/requests/{abuse}").text
    shown_and_published(play, text)
    # The two files cannot be joined: no identifier is in both, and no group of equal keys is smaller than five
    one, two = rows_of(profiles), rows_of(abuses)
    assert not {row["record_id"] for row in one} & {row["record_id"] for row in two}
    for rows, keys in ((one, ("age_band", "origin_subregion")), (two, ())):
        names = [name for name in ("region", "country", "admin1", "year", "age_group", *keys) if name in rows[0]]
        assert min(Counter(tuple(row[name] for name in names) for row in rows).values()) >= 5
    assert not {"age_band", "origin_subregion", "gender", "drivers"} & set(two[0])
    # The amendment holds in her rows and in no others
    assert {row["exp_types"] for row in two if row["country"] in ("SDN", "EGY")} == {HIDDEN}
    assert {row["exp_types"] for row in two if row["country"] not in ("SDN", "EGY")} - {HIDDEN, ""}
    # No sensitive answer is a group's answer: recounted from the bytes, for each code the package promises
    promised = json.loads(members(abuses)["disclosure_report.json"])["diversity"]
    assert {one["variable"] for one in promised} >= {"exp_types"}
    for promise in promised:
        groups = {}
        for row in two:
            if row[promise["variable"]] not in {"", ".d", ".r", ".n", HIDDEN}:
                same = tuple(row[name] for name in ("region", "country", "admin1", "year"))
                groups.setdefault(same, []).append(promise["code"] in row[promise["variable"]].split())
        assert all(sum(said) <= promise["max_share"] * len(said) for said in groups.values() if any(said))
    # The evidence: who amended what stays on file
    decided = play.told("track.decided")
    assert [one["reason"] for one in decided] == ["approve", "approve", "approve", "approve_in_part"]
    assert [one.refused for one in play.decisions() if one.refused] == [{"variables": ["exp_types"]}]
