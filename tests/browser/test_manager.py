"""The regional manager: on a phone, in French, in a few minutes."""

from playwright.sync_api import expect

from portal.requests.models import Track
from tests.browser import asking
from tests.browser.visitor import PHONE

FEW = 9


def test_a_manager_approves_in_part_on_a_phone_in_french(visit, house, signed):
    # Given a request that waits for West and North Africa
    ref = asking.a_request(house)
    track = house.track(ref, "WANA")
    visitor = visit(size=PHONE, language="")
    taps = Taps(visitor.page)
    page = visitor.go("/sign-in")
    page.get_by_role("button", name="Menu").or_(page.locator("summary", has_text="Menu")).first.click()
    page.locator(".site-menu").get_by_role("button", name="Français").click()
    page.get_by_label("Adresse électronique").or_(page.locator("#f-email")).first.fill(house.people["moussa"]["email"])
    page.locator("#f-password").fill(house.people["moussa"]["password"])
    page.keyboard.press("Enter")
    page.locator("#f-code").fill(house.code("moussa"))
    page.keyboard.press("Enter")
    # When he opens his inbox, which is where he begins, and the oldest request in it
    page.wait_for_url("**/inbox")
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    taps.on(page.locator(f"a[href='/tracks/{track}']"))
    # Then he reads in French what is asked, by whom, for what, and what protects the people in it
    expect(page.get_by_role("heading", level=1)).to_have_text("Afrique de l'Ouest et du Nord")
    expect(page.locator("#report")).to_contain_text("5")
    expect(page.locator("main")).to_contain_text(asking.PURPOSE)
    # When he refuses one country and one variable, approves in part, and proves that it is he
    taps.on(page.locator(".page-header").get_by_role("link"))
    taps.on(page.locator("#part summary"))
    taps.on(page.locator("label", has_text="Libye").first)
    taps.on(page.locator("#part fieldset").last.locator("label").first)
    taps.on(page.locator("label[for^=f-verb]").nth(1))
    page.locator("#f-rationale").fill("La Libye reste trop exposée cette année.")
    page.locator("#f-code").fill(house.code("moussa"))
    taps.on(page.locator("#verdict button[type=submit]"))
    # Then it is recorded, in few taps
    expect(page.get_by_role("status").first).to_contain_text("enregistrée")
    assert taps.count <= FEW
    with house.inside() as session:
        decided = session.query(Track).filter_by(ref=track).one()
        assert decided.status == "approved_in_part"
        refused = decided.decisions[-1]
    # And the requester reads in English what was left out
    other = visit("amina").go(f"/requests/{ref}")
    expect(other.locator("main")).to_contain_text("La Libye reste trop exposée cette année.")
    assert refused.verdict == "approve_in_part"


class Taps:
    """Counts what a thumb has to do; each target is big enough for one."""

    def __init__(self, page):
        self.page, self.count = page, 0

    def on(self, target):
        self.count += 1
        target.scroll_into_view_if_needed()
        box = target.bounding_box()
        assert box["height"] >= 24, f"{target}: {box['height']} pixels high"
        target.tap()
