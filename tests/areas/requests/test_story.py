"""From a draft to an accepted offer, over HTTP, with two regions and the data protection officer."""

import datetime as dt
import json

import pytest
from sqlalchemy import update

from portal import clock
from portal.exports.models import ProtectedFile, Release
from tests import factories


def states(world, ref):
    return world.request(ref).state, {region: track.status for region, track in world.tracks(ref).items()}


def test_two_regions_and_the_officer_decide_and_the_requester_accepts(world):
    # Given a partner's analyst who fills in the five steps
    ref = world.start()
    assert world.request(ref).number.startswith("MMC-4Mi-")
    world.fill(ref)
    page = world.get("anna", f"/requests/{ref}/edit/review").text
    assert "about 300 rows" in page
    assert "West and North Africa" in page
    assert "Eastern and Southern Africa" in page
    assert "Data protection officer" in page
    # When it is sent
    assert world.submit(ref).status_code == 303
    # Then a track is open for each region that answers today for matching rows, at once, and its managers are told
    assert states(world, ref) == ("in_review:regions", {"WANA": "open", "ESA": "open"})
    addressed = {letter.address for letter in world.letters("track_opened")}
    assert addressed == {world.people["wana"].email, world.people["esa"].email}
    # When both regions approve, one of them in part
    assert world.verdict("wana", ref).status_code == 303
    assert world.request(ref).state == "in_review:regions"
    part = {"refuse-year": "2019", "refuse-variables": "exp_types"}
    assert world.verdict("esa", ref, "approve_in_part", **part).status_code == 303
    # Then the officer sees the reduced scope, because something red is still in it
    assert states(world, ref) == ("in_review:dpo", {"WANA": "approved", "ESA": "approved_in_part"})
    content = world.scopes(ref)[-1].content
    parts = {part["region"]: part for part in content["parts"]}
    assert parts["ESA"]["filters"] == {"country": ["SDN"], "year": ["2020"]}
    assert parts["ESA"]["variables"] == ["drivers"]
    assert parts["WANA"]["filters"] == {"country": ["LBY", "NER"], "year": ["2019", "2020"]}
    page = world.get("dpo", f"/requests/{ref}/officer")
    assert page.status_code == 200
    # When the officer narrows it further, with a condition
    answer = world.officer(ref, "approve_in_part", **{"refuse-country": "LBY", "conditions": "Destroy by June."})
    assert answer.status_code == 303
    # Then the requester is offered exactly that
    assert world.request(ref).state == "offered"
    page = world.get("anna", f"/requests/{ref}").text
    assert "Destroy by June." in page
    assert "Libya" in page
    # When they accept
    assert world.accept(ref).status_code == 303
    # Then it is active and its build is ordered, once
    assert world.request(ref).state == "active"
    (release,) = world.look(Release)
    assert release.scope_id == world.request(ref).scope_id
    # And every step is in the log
    told = [name for name, *_ in world.events()]
    wanted = [
        "request.created",
        "request.changed",
        "request.submitted",
        "track.opened",
        "track.decided",
        "request.review.started",
        "request.approved",
        "request.accepted",
        "release.queued",
    ]
    assert [name for name in wanted if name not in told] == []
    assert told.index("request.submitted") < told.index("track.opened") < told.index("track.decided")


def test_without_a_trigger_the_offer_follows_the_last_region(world):
    ref = world.offered(variables=("drivers", "bribe_paid"))
    assert world.request(ref).state == "offered"
    assert world.letters("request_for_officer") == []


def test_when_all_regions_decline_the_request_is_rejected(world):
    ref = world.sent()
    world.verdict("wana", ref, "decline")
    world.verdict("esa", ref, "decline")
    assert world.request(ref).state == "ended:rejected"


def test_one_declined_region_leaves_the_others_part(world):
    ref = world.sent(variables=("drivers",))
    world.verdict("wana", ref, "decline")
    world.verdict("esa", ref)
    assert world.request(ref).state == "offered"
    assert [part["region"] for part in world.scopes(ref)[-1].content["parts"]] == ["ESA"]


def test_a_question_returns_the_request_and_only_changed_parts_open_again(world):
    ref = world.sent(variables=("drivers", "exp_any"))
    world.verdict("esa", ref)
    world.verdict("wana", ref, "ask", rationale="Why Niger?")
    assert world.request(ref).state == "returned"
    assert "Why Niger?" in world.get("anna", f"/requests/{ref}").text
    world.keep(ref, "rows", families=["place", "time"], country=["LBY", "SDN"], year=["2019", "2020"])
    answer = world.post("anna", f"/requests/{ref}/answer", lock=world.lock(ref), reply="Niger is not needed.")
    assert answer.status_code == 303
    assert states(world, ref) == ("in_review:regions", {"WANA": "open", "ESA": "approved"})
    assert "Niger is not needed." in world.get("wana", f"/tracks/{world.tracks(ref)['WANA'].ref}").text
    world.forget_codes()
    assert world.verdict("wana", ref).status_code == 303
    assert world.request(ref).state == "offered"


def test_a_changed_reason_opens_every_track_again(world):
    ref = world.sent(variables=("drivers",))
    world.verdict("esa", ref)
    world.verdict("wana", ref, "ask")
    why = world.request(ref).draft["why"] | {"purpose_text": "Something quite different from before."}
    world.keep(ref, "why", **{name: value for name, value in why.items() if name != "reasons"})
    world.post("anna", f"/requests/{ref}/answer", lock=world.lock(ref), reply="")
    assert states(world, ref) == ("in_review:regions", {"WANA": "open", "ESA": "open"})


def test_a_region_that_drops_out_is_closed_and_does_not_hold_the_rest_up(world):
    ref = world.sent(variables=("drivers",))
    world.verdict("wana", ref, "ask")
    world.keep(ref, "rows", families=["place"], country=["NER"], year=["2019"])
    world.post("anna", f"/requests/{ref}/answer", lock=world.lock(ref), reply="")
    assert states(world, ref)[1] == {"WANA": "open", "ESA": "closed"}
    world.forget_codes()
    world.verdict("wana", ref)
    assert world.request(ref).state == "offered"


def test_the_officer_asks_one_region_and_only_its_track_opens(world):
    ref = world.offered()
    assert world.officer(ref, "ask", region="ESA", rationale="Is Sudan safe?").status_code == 303
    assert states(world, ref) == ("in_review:regions", {"WANA": "approved", "ESA": "open"})
    assert "Is Sudan safe?" in world.get("esa", f"/tracks/{world.tracks(ref)['ESA'].ref}").text
    assert "Is Sudan safe?" not in world.get("anna", f"/requests/{ref}").text
    world.forget_codes()
    world.verdict("esa", ref, "decline")
    assert world.request(ref).state == "in_review:dpo"
    assert [part["region"] for part in world.scopes(ref)[-1].content["parts"]] == ["WANA"]


def test_the_officer_may_reject_with_a_reason(world):
    ref = world.offered()
    assert world.officer(ref, "decline", rationale="").status_code == 400
    assert world.officer(ref, "decline", rationale="No.").status_code == 303
    assert world.request(ref).state == "ended:rejected"


def test_the_officer_suspends_resumes_and_revokes_what_runs(world):
    ref = world.offered(variables=("drivers",))
    world.accept(ref)
    for verb, state in (("suspend", "suspended"), ("resume", "active"), ("revoke", "ended:revoked")):
        world.forget_codes()
        answer = world.post("dpo", f"/requests/{ref}/stop", verb=verb, reason="A reason.", code=world.code("dpo"))
        assert answer.status_code == 303, answer.text
        assert world.request(ref).state == state


def test_a_withdrawn_request_closes_its_tracks(world):
    ref = world.sent()
    assert world.post("anna", f"/requests/{ref}/withdraw", lock=world.lock(ref)).status_code == 303
    assert states(world, ref) == ("ended:withdrawn", {"WANA": "closed", "ESA": "closed"})
    assert world.verdict("wana", ref).status_code == 409


def test_letters_hold_no_reason_and_no_country(world):
    ref = world.offered()
    world.officer(ref)
    text = json.dumps([letter.values for letter in world.letters()])
    assert "A reason." not in text
    assert "NER" not in text
    from portal.mail import compose

    with world.app.test_request_context():
        for letter in world.letters():
            composed = compose(letter)
            assert composed["Subject"]
            assert f"/{'requests' if '/requests/' in letter.values['path'] else 'tracks'}/" in composed.get_content()


@pytest.mark.parametrize("verb", ["decline", "ask"])
def test_a_refusal_or_a_question_needs_no_file_that_may_be_shared(world, verb):
    ref = world.sent()
    with world.app.app_context(), factories.given() as current:
        current.execute(update(ProtectedFile).values(review_by=clock.today() - dt.timedelta(days=1)))
    assert world.verdict("wana", ref, "approve").status_code == 403
    world.forget_codes()
    assert world.verdict("wana", ref, verb).status_code == 303
