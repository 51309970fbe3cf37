"""Every page of the area, for everyone who may open it, without JavaScript and in both languages."""

import datetime as dt

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from portal import clock
from portal.db import session
from portal.requests.drafts import STEPS
from portal.requests.models import Track
from tests import factories


def test_the_list_says_whom_a_request_waits_on(world):
    assert "No request yet" in world.get("anna", "/requests").text
    ref = world.sent()
    page = world.get("anna", "/requests").text
    assert world.request(ref).number in page
    assert "West and North Africa" in page
    assert world.request(ref).number in world.get("dpo", "/requests?q=MMC&status=in_review&sort=number").text
    assert "No request matches" in world.get("anna", "/requests?q=nothing+like+it").text
    assert world.get("anna", "/requests?sort=secret").status_code == 400
    assert world.request(ref).number not in world.get("carl", "/requests").text


def test_only_what_an_agreement_covers_can_be_begun(world):
    assert "Begin a request for this" in world.get("anna", "/requests/new?dataset=4mi-core").text
    assert "Nothing can be asked for" in world.get("carl", "/requests/new").text
    assert world.post("carl", "/requests/new", dataset="4mi-core").status_code == 404
    assert world.post("anna", "/requests/new", dataset="4mi-incidents").status_code == 404
    world.agreement(status="suspended")
    assert world.post("anna", "/requests/new", dataset="4mi-core").status_code == 404


@pytest.mark.parametrize("step", STEPS)
def test_each_step_is_a_plain_form_that_keeps_drafts(world, step):
    ref = world.start()
    world.fill(ref)
    page = world.get("anna", f"/requests/{ref}/edit/{step}").text
    assert 'method="post"' in page
    assert "data-draft=" in page
    assert "about 300 rows" in page
    assert "<script>" not in page
    assert 'style="' not in page


def test_a_draft_says_how_soon_each_region_usually_decides(world):
    for _ in range(3):
        ref = world.sent()
        world.forget_codes()
        assert world.verdict("wana", ref).status_code == 303
        world.forget_codes()
    with world.app.app_context(), factories.given():
        for days, track in zip((20, 6, 1), session().scalars(select(Track).where(Track.region == "WANA")), strict=True):
            track.opened_at = track.decided_at - dt.timedelta(days=days)
    page = world.get("anna", f"/requests/{world.start()}/edit/rows").text
    assert "usually decides within 3 working days" in page or "usually decides within 4 working days" in page
    assert "asked to decide within 5 working days" in page  # nobody has a record in the other region yet
    # a busy region takes nothing from what is known of another
    with world.app.app_context(), factories.given() as current:
        first = current.scalars(select(Track).where(Track.region == "WANA")).first()
        moments = {"opened_at": clock.now() - dt.timedelta(hours=1), "decided_at": clock.now(), "status": "approved"}
        kept = {"scope_id": first.scope_id, "slice_sha256": first.slice_sha256, "profile": first.profile}
        for number in range(210):
            asked = factories.another(first.request, number=f"busy-{number}")
            current.add(asked)
            current.flush()
            current.add(Track(request_id=asked.id, region="ESA", **kept, **moments))
    page = world.get("anna", f"/requests/{world.start()}/edit/rows").text
    assert "usually decides within 3 working days" in page or "usually decides within 4 working days" in page
    assert "usually decides within a working day" in page


def test_the_inbox_puts_what_is_mine_first(world):
    assert "Nothing waits for you" in world.get("esa", "/inbox").text
    ref = world.sent()
    assert "For you to decide" in world.get("esa", "/inbox").text
    assert "With others" in world.get("coordinator", "/inbox").text
    assert "For the data protection officer" not in world.get("dpo", "/inbox").text
    world.verdict("wana", ref)
    world.verdict("esa", ref)
    world.post("dpo", "/language", language="en")
    assert "For the data protection officer" in world.get("dpo", "/inbox").text


def test_a_decision_page_says_what_a_decider_needs(world):
    ref = world.sent()
    page = world.get("wana", f"/tracks/{world.tracks(ref)['WANA'].ref}").text
    for words in (
        "Long enough to be understood by a manager.",
        "The agreement is active.",
        "The smallest group has 6 people who are alike",
        "about 200 rows",
        "exp_types",
        "Nothing yet.",
        "Eastern and Southern Africa",
        "Record the decision",
    ):
        assert words in page, words


@pytest.mark.parametrize(("variables", "needed"), [(("drivers",), False), (("drivers", "exp_types"), True)])
def test_a_reason_is_called_optional_only_where_an_approval_needs_none(world, variables, needed):
    ref = world.sent(variables=variables)
    page = BeautifulSoup(world.get("wana", f"/tracks/{world.tracks(ref)['WANA'].ref}").text, "html.parser")
    assert page.find(id="f-rationale").has_attr("required") is needed
    assert ("(optional)" in page.find("label", attrs={"for": "f-rationale"}).text) is not needed
    assert ("something red" in page.find(id="f-rationale-hint").text) is needed


def test_numbers_are_given_once(world):
    numbers = [world.request(world.start()).number for _ in range(3)]
    assert [number[-4:] for number in numbers] == ["0001", "0002", "0003"]


def test_the_officers_pages_speak_french_to_a_french_reader(world):
    ref = world.offered()
    page = world.get("dpo", f"/requests/{ref}/officer").text
    assert '<html lang="fr"' in page
    assert "Afrique de l" in page
