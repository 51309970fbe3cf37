"""The requester: an analyst of a partner organisation, in English, at a desk; by keyboard; without JavaScript."""

import io
import re
import zipfile

import pytest
from playwright.sync_api import expect

from tests.browser import asking
from tests.browser.asking import OUTPUTS, PURPOSE, last_day
from tests.browser.house import REASON
from tests.browser.visitor import PHONE

CHOSEN = {"drivers": "Reasons for leaving", "exp_types": "Kinds of abuse experienced"}


def sign_in(visitor, who):
    page = visitor.go("/sign-in")
    page.get_by_label("E-mail address").fill(visitor.house.people[who]["email"])
    page.get_by_label("Password").fill(visitor.house.people[who]["password"])
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("One-time code").fill(visitor.house.code(who))
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    return page


def reference(page):
    return re.search(r"/requests/([0-9a-f]{32})", page.url)[1]


def test_a_partner_s_analyst_asks_for_data_follows_the_request_and_receives_a_file(visit, house, signed):
    # Given an analyst of IOM who signs in
    visitor = visit()
    page = sign_in(visitor, "amina")
    # When she searches the catalogue and looks a variable up in the dictionary
    page.get_by_role("navigation", name="Main", exact=True).get_by_role("link", name="Catalogue").click()
    page.get_by_label("Search datasets and variables").fill("abuse")
    page.get_by_role("button", name="Show").click()
    page.get_by_role("link", name="Look at the variables").first.click()
    page.get_by_label("Search variables").fill("abuse")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("Kinds of abuse experienced").first).to_be_visible()
    # And begins a request from there
    page.get_by_role("link", name="Request data").click()
    page.locator("#dataset-4mi-core").get_by_role("button", name="Begin a request for this").click()
    # Then the count of rows follows what she ticks, at once
    panel = page.locator("#panel")
    before = panel.locator(".stat-value").inner_text()
    for country in ("Niger", "Libya", "Sudan", "Ethiopia", "Kenya"):
        page.get_by_role("group", name="Country").get_by_label(country, exact=True).check()
    expect(panel.locator(".stat-value")).not_to_have_text(before)
    expect(panel).to_contain_text("Eastern and Southern Africa")
    expect(panel).to_contain_text("West and North Africa")
    page.get_by_role("button", name="Go on").click()
    # And a red variable brings the data protection officer in, at once
    for label in CHOSEN.values():
        page.get_by_role("checkbox", name=label, exact=True).check()
    expect(panel).to_contain_text("Data protection officer")
    page.get_by_role("button", name="Go on").click()
    # When she forgets a reason, nothing is lost and the field is named
    page.get_by_label("Protection", exact=True).check()
    page.get_by_label("What do you want to find out?").fill(PURPOSE)
    page.get_by_label("What will come of it?").fill(OUTPUTS)
    page.get_by_label("Internal analysis", exact=True).check()
    page.get_by_label("Last day you need the data").fill(last_day())
    visitor.expected = {400}
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("alert")).to_contain_text("Kinds of abuse experienced")
    expect(page.get_by_label("What do you want to find out?")).to_have_value(PURPOSE)
    page.get_by_label("Why do you need “Kinds of abuse experienced”?").fill(REASON)
    page.get_by_role("button", name="Go on").click()
    # And names the team, accepts the terms, reviews and sends
    expect(page.get_by_label("Amina Idrissi")).to_be_checked()
    page.get_by_label("I accept these terms").check()
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("The purpose is covered: Protection.")).to_be_visible()
    page.get_by_role("button", name="Send the request").click()
    # Then she sees whom it waits on
    expect(page.get_by_role("status").first).to_contain_text("is on its way")
    expect(page.locator(".tracks")).to_contain_text("Waiting on Moussa Ndiaye")
    expect(page.locator(".tracks")).to_contain_text("Waiting on Wanjiru Kamau")
    # When the regions and the officer have decided
    ref = reference(page)
    asking.regions_decide(house, ref)
    asking.officer_decides(house, ref)
    page.reload()
    # Then she accepts what is offered, with its condition
    expect(page.locator("#offer")).to_contain_text("Cite the portal.")
    page.get_by_role("button", name="Accept").click()
    # And watches the build until the file is there
    expect(page.get_by_role("button", name="Download")).to_be_visible(timeout=60_000)
    with page.expect_download() as fetched:
        page.get_by_role("button", name="Download").click()
    # And the file opens: data, labels, codebook, report
    content = fetched.value.path().read_bytes()
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        assert package.testzip() is None
        names = " ".join(package.namelist())
        assert ".csv" in names
        assert ".xlsx" in names
    assert fetched.value.suggested_filename.endswith(".zip")


def test_the_form_is_filled_in_and_sent_with_the_keyboard_only(visit, house, signed):
    # Given the first step, and no mouse
    visitor = visit("amina", size=PHONE)
    page = visitor.go("/requests/new")
    keyboard = Keyboard(page)
    # When everything is reached with Tab and done with Space, Enter and letters
    keyboard.to("skip")
    keyboard.press("Enter")
    keyboard.to("Begin a request for this")
    keyboard.press("Enter")
    page.wait_for_url("**/edit/rows")
    keyboard.to("Go on").press("Enter")
    page.wait_for_url("**/edit/variables")
    keyboard.to("Find in this list").write("reasons for leaving")
    keyboard.to("Reasons for leaving").press("Space")
    keyboard.to("Go on").press("Enter")
    page.wait_for_url("**/edit/why")
    keyboard.to("Research").press("Space").to("What do you want to find out?").write(PURPOSE)
    keyboard.to("What will come of it?").write(OUTPUTS)
    keyboard.to("Internal analysis").press("Space")
    year, month, day = last_day().split("-")
    keyboard.to("Last day you need the data").write(day + month + year)
    keyboard.to("Go on").press("Enter")
    page.wait_for_url("**/edit/team")
    keyboard.to("I accept these terms").press("Space")
    keyboard.to("Go on").press("Enter")
    page.wait_for_url("**/edit/review")
    keyboard.to("Send the request").press("Enter")
    # Then it is on its way
    expect(page.get_by_role("status").first).to_contain_text("is on its way")


class Keyboard:
    """Moves the focus with Tab until it is where it should be; every stop on the way shows its ring."""

    def __init__(self, page):
        self.page = page

    def to(self, name, most=150):
        for _ in range(most):
            self.page.keyboard.press("Tab")
            text, ring = self.page.evaluate(FOCUS)
            assert ring, f"{text!r} has the focus and shows no ring"
            if name in text:
                return self
        raise AssertionError(f"Tab does not come to {name!r} in {most} steps")

    def press(self, key):
        self.page.keyboard.press(key)
        return self

    def write(self, text):
        self.page.keyboard.type(text)
        return self


FOCUS = """() => {
  const one = document.activeElement;
  const style = getComputedStyle(one);
  const words = [...(one.labels || [])].map((label) => label.textContent).join(" ");
  return [(words || one.getAttribute("aria-label") || one.textContent || one.className).trim() + " " + one.className,
          one === document.body || style.outlineStyle !== "none"];
}"""


def test_the_request_is_made_accepted_and_fetched_without_javascript(visit, house, signed):
    # Given a browser that runs no script
    visitor = visit("jonas", javascript=False)
    page = visitor.go("/requests/new")
    page.locator("#dataset-4mi-core").get_by_role("button", name="Begin a request for this").click()
    # When the five steps are filled in, and the count is asked for with a button
    page.get_by_role("group", name="Country").get_by_label("Niger", exact=True).check()
    page.get_by_role("button", name="Keep").click()
    expect(page.get_by_role("group", name="Country").get_by_label("Niger", exact=True)).to_be_checked()
    expect(page.locator("#panel")).to_contain_text("West and North Africa")
    expect(page.locator("#panel")).not_to_contain_text("Latin America")
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("button", name="Only green ones").click()
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("Research", exact=True).check()
    page.get_by_label("What do you want to find out?").fill(PURPOSE)
    page.get_by_label("What will come of it?").fill(OUTPUTS)
    page.get_by_label("Internal analysis", exact=True).check()
    page.get_by_label("Last day you need the data").fill(last_day())
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("I accept these terms").check()
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("button", name="Send the request").click()
    # Then it can be followed, accepted and fetched by reloading and clicking
    ref = reference(page)
    asking.regions_decide(house, ref)
    if asking.stage(house, ref) == "in_review:dpo":
        asking.officer_decides(house, ref)
    page.reload()
    page.get_by_role("button", name="Accept").click()
    expect(page.get_by_role("heading", name="The file")).to_be_visible()
    asking.built(house, ref)
    page.reload()
    with page.expect_download() as fetched:
        page.get_by_role("button", name="Download").click()
    assert zipfile.is_zipfile(fetched.value.path())


@pytest.mark.parametrize("javascript", [True, False])
def test_who_signs_in_with_a_wrong_password_is_told_so_and_no_more(visit, house, javascript):
    visitor = visit(javascript=javascript)
    page = visitor.go("/sign-in")
    visitor.expected = {400, 401, 403}
    page.get_by_label("E-mail address").fill("nobody@example.org")
    page.get_by_label("Password").fill("not the password")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("E-mail address")).to_have_value("nobody@example.org")
    expect(page.get_by_label("Password")).to_have_value("")
