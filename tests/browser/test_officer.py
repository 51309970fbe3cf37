"""The data protection officer: signs files off, decides the reduced scope, finds anything in the log."""

from playwright.sync_api import expect

from tests.browser import asking
from tests.browser.house import REASON
from tests.browser.test_requester import sign_in


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
    expect(page.locator(".callout").first).to_contain_text("a most sensitive variable is among them")
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
