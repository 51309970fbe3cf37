"""Scenario 3. A doctoral student without a memorandum asks for everything and takes what a licence offers."""

import datetime as dt
import io
import json
from collections import Counter

from portal import clock
from portal.actor import Role
from portal.agreements.models_signing import Document
from portal.requests.models_papers import RequestPaper
from tests.areas.agreements.way import PDF, Way
from tests.journeys.play import members, rows_of

EVERYWHERE = ["WANA", "ESA", "EUR", "LAC", "ASIA", "unassigned"]
OFF_MENU = "Choose from the list."
KEYS = ("region", "country", "year", "gender", "age_group", "origin_region")


def licensed(play):
    """A licence for one project: drafted, read by the supervisor, recorded by the officer, signed by both."""
    way = Way(play.app, play._as_person, play.people, play.organisation("pia"))
    years = {"ends_on": (clock.today() + dt.timedelta(days=200)).isoformat(), "outputs": ["academic_publication"]}
    clauses = {"kind": "licence", "tier": "licensed", "regions": EVERYWHERE, "most_sensitive": "4", **years}
    ref = way.draft(**clauses, release_days="90", retention_days="30")
    assert way.attach(ref, purpose="signed", note="Signed by the supervisor").status_code == 303
    # Until it is signed the student asks in vain
    assert "Nothing can be asked for at present" in play.get("pia", "/requests/new").text
    assert play.post("pia", "/requests/new", dataset="4mi-core").status_code == 404
    return way.go(ref, "cora share", "sven accept", "dpo record", "hedda sign", "sven sign")


def attaches(play, ref, data=PDF):
    """The student attaches what she calls the approval of her ethics committee."""
    said = {"purpose": "ethics", "note": "Ethics approval 2026-114", "csrf_token": play.token("pia")}
    file = {"file": (io.BytesIO(data), "approval.pdf")}
    return play.browser("pia").post(f"/requests/{ref}/papers", data=said | file)


def test_what_was_asked_what_was_refused_and_what_was_taken(play):
    play.enters("cora", "MMC", Role.COORDINATOR)
    play.enters("hedda", "MMC", Role.HEAD)
    play.enters("pia", "University of Ghent", kind="academic", called="Pia Student")
    play.enters("sven", "University of Ghent", called="Sven Supervisor")
    licence = licensed(play)
    row = play.agreement_row(licence)
    assert (row.kind, row.status, row.number[:3]) == ("licence", "active", "LIC")
    assert [one.note for one in play.look(Document)] == ["Signed by the supervisor"]
    # She wants full records with city, nationality and age in years: the dictionary says how each of them leaves
    listed = play.get("pia", f"/catalogue/{play.dataset_ref()}?q=nationality").text
    assert "Only in coarser form, as a key" in listed
    # and the licensed menu has none of them, whatever her browser sends
    asked = {"rows": {}, "variables": ["drivers", "exp_any", "exp_types"], "output_kinds": ["academic_publication"]}
    ref = play.draft("pia", "4mi-core", **asked, ends_on=clock.today() + dt.timedelta(days=150))
    assert play.request(ref).tier == "licensed"
    for step, fields in (
        ("rows", {"families": ["place", "city"]}),
        ("variables", {"variables": ["nationality", "drivers"]}),
        ("variables", {"variables": ["age"]}),
        ("variables", {"variables": ["interview_place"]}),
    ):
        answer = play.keep(ref, step, name="pia", **fields)
        assert answer.status_code == 400, (step, fields)
        assert OFF_MENU in answer.text
    # Without the approval of her university's ethics committee nothing is sent, and the page says what is missing
    refused = play.submit(ref, "pia")
    assert refused.status_code == 400
    assert "Attach the ethics approval first" in refused.text
    assert attaches(play, ref, b"%PDF-1.7 a page that was cut off").status_code == 400
    assert play.submit(ref, "pia").status_code == 400
    assert attaches(play, ref).status_code == 303
    assert play.submit(ref, "pia").status_code == 303
    # What she asks for goes to the regions' tracks; the rows whose country is hidden to the coordinator
    assert set(play.tracks(ref)) == {"WANA", "unassigned"}
    assert play.verdict("cora", ref, region="unassigned").status_code == 303
    # The manager opens the approval from the decision page, and the log says so; another organisation finds nothing
    (approval,) = play.look(RequestPaper)
    fetch = f"/requests/{ref}/papers/{approval.ref}/download"
    assert fetch in play.get("wana", f"/tracks/{play.tracks(ref)['WANA'].ref}").text
    assert play.post("wana", fetch).data == PDF
    assert [one["actor"]["ref"] for one in play.told("request.paper.read")] == [play.people["wana"].ref]
    assert play.post("anna", fetch).status_code == 404
    # The manager asks for less, with a reason
    why = "One question on abuse is enough for a thesis."
    assert play.verdict("wana", ref, "ask", rationale=why).status_code == 303
    assert play.request(ref).state == "returned"
    assert why in play.get("pia", f"/requests/{ref}").text
    # She leaves the most sensitive one out and sends it again; what was asked first stays on file beside it
    play.fills("pia", ref, "variables", variables=["drivers", "exp_any"])
    sent = play.post("pia", f"/requests/{ref}/answer", lock=play.lock(ref), reply="Agreed, without the kinds of abuse.")
    assert sent.status_code == 303
    first, second = (set(one.content["parts"][0]["variables"]) for one in play.scopes(ref))
    assert first - second == {"exp_types"}
    page = play.get("wana", f"/tracks/{play.tracks(ref)['WANA'].ref}").text
    assert "Agreed, without the kinds of abuse." in page
    for region, who in (("WANA", "wana"), ("unassigned", "cora")):
        assert play.verdict(who, ref, region=region).status_code == 303
    # Nothing red is left, so no officer is needed; she accepts
    assert play.request(ref).state == "offered"
    assert play.accept(ref, "pia").status_code == 303
    play.work()
    release = play.release(ref)
    assert release.status == "available", release.held_reason
    # The file: groups of eleven, no city, nationality or age in years, for ninety days
    answer = play.takes("pia", ref)
    rows = rows_of(answer)
    keys = [name for name in KEYS if name in rows[0]]
    assert min(Counter(tuple(row[name] for name in keys) for row in rows).values()) >= 11
    assert not {"exp_types", "admin1", "age_band", "origin_subregion", "age", "nationality"} & set(rows[0])
    assert json.loads(members(answer)["disclosure_report.json"])["k"] == 11
    assert release.expires_at - release.available_at == dt.timedelta(days=90)
    with play.on(release.available_at + dt.timedelta(days=91)):
        assert play.takes("pia", ref).status_code == 403
    # It is hers: her supervisor signed for it but is not named in it
    assert play.takes("sven", ref).status_code == 404
