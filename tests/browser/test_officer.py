"""The data protection officer: signs files off, decides the reduced scope, finds anything in the log."""

import pytest
from playwright.sync_api import expect

from tests.browser import asking
from tests.browser.house import REASON
from tests.browser.test_requester import Keyboard, sign_in
from tests.browser.visitor import DESK, SMALL


def test_the_officer_signs_a_protected_file_off(visit, house, signed):
    # Given a protected file that a steward has signed
    file = house.files()["licensed"]
    visitor = visit()
    page = sign_in(visitor, "ingrid")
    # When the officer reads its report and signs
    page.get_by_role("navigation", name="Main", exact=True).get_by_role("link", name="Protected files").click()
    page.locator(f"a[href='/protected/{file.ref}']").click()
    expect(page.get_by_role("heading", name="Attacks on the finished bytes")).to_be_visible()
    page.get_by_label("Sign off").check()
    page.get_by_role("button", name="Record my decision").click()
    # Then it may be shared
    expect(page.locator(".page-header")).to_contain_text("Signed off")
    assert house.files()["licensed"].status == "signed"


def test_the_officer_decides_what_the_regions_left_and_finds_every_step_in_the_log(visit, house, signed):
    # Given a request with a red variable that its regions approved
    ref = asking.a_request(house)
    asking.regions_decide(house, ref)
    visitor = visit("ingrid")
    page = visitor.go("/inbox")
    # When she opens it from her inbox and approves without one variable
    page.locator(f"a[href='/requests/{ref}/officer']").click()
    expect(page.locator(".callout", has_text="a most sensitive variable is among them")).to_be_visible()
    page.locator("#part summary").click()
    page.locator("#part fieldset").last.get_by_label("Paid bribes to officials").check()
    page.locator("#verdict").get_by_label("Approve in part").check()
    page.get_by_label("Your reason").fill(REASON)
    page.locator("#f-code").fill(house.code("ingrid"))
    page.get_by_role("button", name="Record the decision").click()
    # Then the requester is offered what is left
    expect(page.locator(".page-header")).to_contain_text("Offer to accept")
    # And the timeline tells the story in order, in a log that verifies
    page.get_by_role("link", name="Timeline in the log").click()
    deeds = page.locator(".timeline-deed").all_inner_texts()
    told = ["Request started", "Request submitted", "Region asked to decide", "Decision taken", "Review started"]
    places = [next(n for n, deed in enumerate(deeds) if step in deed) for step in told]
    assert places == sorted(places)
    expect(page.locator(".log-badge")).to_contain_text("Log verified")
    # And the search finds the decision, with a proof that holds
    page.get_by_role("navigation", name="Main", exact=True).get_by_role("link", name="Log", exact=True).click()
    page.get_by_label("What").select_option("track.decided")
    page.get_by_role("button", name="Search the log").click()
    rows = page.locator("table.data tbody tr")
    assert all("Decision taken" in row for row in rows.all_inner_texts())
    rows.first.get_by_role("link").first.click()
    expect(page.locator("#proof")).to_contain_text("Checked just now")


@pytest.mark.parametrize("javascript", [True, False])
def test_what_has_no_room_in_the_bar_is_behind_more(visit, house, javascript):
    # Given somebody who may open more pages than a line holds
    visitor = visit("ingrid", javascript=javascript)
    page = visitor.go("/inbox")
    bar = page.get_by_role("navigation", name="Main", exact=True)
    held = bar.get_by_role("link", name="Held files")
    expect(held).to_be_hidden()
    # When "More" is opened
    bar.get_by_text("More", exact=True).click()
    held.click()
    # Then the page that is open has its place in the bar, once
    expect(page.get_by_role("heading", level=1)).to_have_text("Held files")
    expect(held).to_have_attribute("aria-current", "page")
    expect(bar.locator("[aria-current]")).to_have_count(1)
    # And the menu of a narrow window names every page
    names = {one.strip() for one in bar.locator("a").all_text_contents()}
    visitor.resize(SMALL)
    page.locator(".site-menu summary").click()
    menu = page.get_by_role("navigation", name="Main menu")
    assert {one.strip() for one in menu.get_by_role("link").all_inner_texts()} == names
    visitor.resize(DESK)


def test_more_is_opened_and_left_with_the_keyboard(visit, house):
    visitor = visit("ingrid")
    page = visitor.go("/inbox")
    keyboard, more = Keyboard(page), page.locator(".nav-more")
    keyboard.to("More").press("Enter")
    keyboard.to("Conditions").press("Escape")
    expect(more).not_to_have_attribute("open", "")
    expect(more.locator("summary")).to_be_focused()
    # What has the focus is never underneath it
    keyboard.press("Enter").to("Reports").press("Tab")
    expect(more).not_to_have_attribute("open", "")
    # And it goes where it says
    page.locator(".nav-more summary").focus()
    keyboard.press("Enter").to("Rule sets").press("Enter")
    page.wait_for_url("**/rules")
