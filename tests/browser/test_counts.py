"""What journeys cost people, in numbers that stay: fields, screens, taps, requests, seconds on a slow line."""

import pytest
from playwright.sync_api import expect

from portal.audit.models import AuditEvent
from portal.requests.models import Track
from tests.browser import asking
from tests.browser.asking import OUTPUTS, PURPOSE, last_day
from tests.browser.counting import Count, is_as_written, is_within
from tests.browser.house import REASON, TWO_REGIONS, VARIABLES
from tests.browser.test_manager import Taps
from tests.browser.visitor import PHONE

SLOW = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}  # 400 kbit/s
FAST = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}


@pytest.fixture(scope="module")
def repeat(house):
    """A green request that repeats another, which West and North Africa approved as it stood."""
    house.sign_off()
    earlier = asking.a_green_request(house)
    asking.regions_decide(house, earlier, only=["WANA"])
    browser = house["amina"]
    review = browser.send(browser.get(f"/requests/{earlier}").form("/copy"), {})
    browser.send(review.form("/submit"), {"accepted": "yes"})
    return review.url.split("/requests/")[1].split("/")[0]


def test_a_new_request_takes_at_most_twelve_typed_fields_and_a_repeat_two_screens(visit, house, signed):
    # Given an analyst at the catalogue
    visitor = visit("amina")
    count = Count(visitor)
    page = visitor.go("/catalogue/")
    # When she looks for what she needs, and asks for eight variables of two regions, sensitive ones among them
    page.get_by_label("Search datasets and variables").fill("abuse")
    page.get_by_role("button", name="Show").click()
    page.get_by_role("link", name="Look at the variables").first.click()
    page.get_by_role("link", name="Request data").click()
    page.locator("#dataset-4mi-core").get_by_role("button", name="Begin a request for this").click()
    for code in TWO_REGIONS:
        page.locator(f"input[name=country][value={code}]").check()
    page.get_by_role("button", name="Go on").click()
    for name in VARIABLES:
        page.locator(f"input[name=variables][value={name}]").check()
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("Protection", exact=True).check()
    page.get_by_label("What do you want to find out?").fill(PURPOSE)
    page.get_by_label("What will come of it?").fill(OUTPUTS)
    page.get_by_label("Internal analysis", exact=True).check()
    page.get_by_label("Last day you need the data").fill(last_day())
    for reason in page.locator("textarea[name^=reason-]").all():
        reason.fill(REASON)
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("I accept these terms").check()
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("button", name="Send the request").click()
    # Then it is sent, and little had to be typed: organisation, legal basis and tier come from the agreement
    expect(page.get_by_role("status").first).to_contain_text("is on its way")
    is_as_written("New request: fields typed in, the search too", count["typed"])
    is_as_written("New request: choices ticked", count["chosen"])
    # When she asks again for the same, from the page that tells her so
    count.begin()
    page.reload()
    page.get_by_role("button", name="Ask again for this").click()
    page.get_by_label("I accept these terms").check()
    is_as_written("Repeat: screens until it is sent", count["screens"])
    is_as_written("Repeat: fields typed in", count["typed"])
    page.get_by_role("button", name="Send the request").click()
    # Then that is sent too
    expect(page.get_by_role("status").first).to_contain_text("is on its way")


def test_an_unchanged_green_repeat_is_decided_in_three_taps(visit, house, repeat):
    # Given a manager with a phone, in French, whose inbox holds a repeat of what he approved
    track = house.track(repeat, "WANA")
    visitor = visit("moussa", size=PHONE, language="fr")
    count, taps = Count(visitor), Taps(visitor.page)
    page = visitor.go("/inbox")
    # When he opens it, reads that nothing has changed, types his code, and approves
    taps.on(page.locator(f"a[href='/tracks/{track}']"))
    expect(page.locator("#before")).to_contain_text("Déjà demandé et approuvé")
    assert visitor.overflow() == []
    assert visitor.axe() == []
    code = page.locator("#f-code")
    taps.on(code)
    code.press_sequentially(house.code("moussa"))
    taps.on(page.locator("#verdict button[name=again]"))
    # Then it is recorded
    expect(page.get_by_role("status").first).to_contain_text("enregistrée")
    assert taps.count == count["taps"]
    is_as_written("Green repeat: taps from inbox to recorded decision, 390 px", count["taps"])
    assert _decisions(house, track) == 1


@pytest.mark.long
def test_on_a_slow_line_that_breaks_a_part_is_read_in_seconds_and_decided_once(visit, house, repeat):
    # Given a line of 400 kbit/s with 400 ms round trip, and a phone that was never here
    track = house.track(repeat, "ESA")
    house["wanjiru"].get(f"/tracks/{track}")  # the machine's own first time is not the line's
    visitor = visit("wanjiru", size=PHONE, language="fr")
    page = visitor.page
    line = visitor.context.new_cdp_session(page)
    line.send("Network.enable")
    line.send("Network.emulateNetworkConditions", SLOW)
    asked = []
    line.on("Network.requestWillBeSent", lambda event: asked.append(event["request"]["url"]))
    # When the decision page is opened
    page.goto(f"{house.url}/tracks/{track}", wait_until="domcontentloaded")
    button = page.locator("#verdict button[type=submit]").first
    expect(button).to_be_visible()
    expect(button).to_be_enabled()
    usable = page.evaluate("() => performance.now()")
    # Then it is usable in time, and asked for little; a browser with a window of its own asks for the icon too
    page.wait_for_load_state("load")
    asked.append(page.locator("link[rel=icon]").evaluate("(one) => one.href"))
    assert usable > 2 * SLOW["latency"], "the line is not slow: the page, then its style sheet"
    is_within("Decision page, 400 kbit/s and 400 ms: seconds until usable", usable / 1000)
    addresses = {one for one in asked if one.startswith(house.url)}  # the browser draws some icons from its own
    is_as_written("Decision page, nothing kept: requests", len(addresses))
    # When a decision arrives, and the line breaks before the answer does
    line.send("Network.emulateNetworkConditions", FAST)
    sent = []

    def lose(route):
        assert route.fetch(max_redirects=0).status == 303
        route.abort("connectionreset")

    page.route(f"**/tracks/{track}/decide", lose, times=1)
    page.on("request", lambda request: sent.append(request.post_data) if request.method == "POST" else None)
    page.locator("label[for^=f-verb]").first.click()
    page.locator("#f-code").fill(house.code("wanjiru"))
    button.click()
    page.wait_for_url("chrome-error://**")
    # And the browser sends the same again, with the code that is spent
    page.reload()
    # Then the decision is shown, and was made once
    expect(page.get_by_role("status").first).to_contain_text("enregistrée")
    assert page.url == f"{house.url}/tracks/{track}"
    assert [sent[0]] * 2 == sent
    is_as_written("Decision sent twice on a broken line: decisions", _decisions(house, track))


def _decisions(house, track):
    """How many decisions of a part are kept; as many events tell of one."""
    with house.inside() as session:
        kept = len(session.query(Track).filter_by(ref=track).one().decisions)
        assert kept == session.query(AuditEvent).filter_by(type="track.decided", target_ref=track).count()
        return kept
