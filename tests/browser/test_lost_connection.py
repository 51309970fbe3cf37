"""The line breaks: what was typed is not lost, on this page or the next, and is sent when the line is back."""

from playwright.sync_api import expect

from tests.browser import asking

TYPED = "What we learnt on the way: people wait for weeks, and pay twice."


def _at_the_reasons(visit, house):
    visitor = visit("amina")
    ref = asking.a_draft(house)
    return visitor, visitor.go(f"/requests/{ref}/edit/why"), ref


def _cut(visitor):
    """Lose the line. The browser's own complaint about it is expected."""
    visitor.context.set_offline(True)
    visitor.offline = True


def test_what_was_typed_without_a_line_is_sent_when_it_is_back(visit, house, signed):
    # Given a step that is being filled in when the line breaks
    visitor, page, ref = _at_the_reasons(visit, house)
    _cut(visitor)
    expect(page.locator(".offline")).to_be_visible()
    page.get_by_label("What do you want to find out?").fill(TYPED)
    expect(page.locator(".draft-note")).to_contain_text("kept on this device")
    # When it is sent without a line, then opened again once the line is back
    page.get_by_role("button", name="Go on").click()
    page.wait_for_timeout(300)
    visitor.context.set_offline(False)
    page = visitor.go(f"/requests/{ref}/edit/why")
    # Then what was typed is there and can be sent
    expect(page.get_by_label("What do you want to find out?")).to_have_value(TYPED)
    expect(page.locator(".draft-note")).to_contain_text("We put back what you typed")
    page.get_by_role("button", name="Go on").click()
    page.wait_for_url("**/edit/team")
    page = visitor.go(f"/requests/{ref}/edit/why")
    expect(page.get_by_label("What do you want to find out?")).to_have_value(TYPED)
    expect(page.locator(".draft-note")).to_have_count(0)


def test_what_was_typed_outlives_a_session_that_ended(visit, house, signed):
    # Given a form whose session ends before it is sent
    visitor, page, ref = _at_the_reasons(visit, house)
    page.get_by_label("What do you want to find out?").fill(TYPED)
    visitor.context.clear_cookies(name="portal_session")
    visitor.expected = {401}
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Please sign in")
    # When the same person is back
    visitor.context.add_cookies([{"name": "portal_session", "value": house.token("amina"), "url": house.url}])
    page = visitor.go(f"/requests/{ref}/edit/why")
    # Then what was typed is there
    expect(page.get_by_label("What do you want to find out?")).to_have_value(TYPED)


def test_nobody_else_finds_a_draft_on_a_shared_computer(visit, house, signed):
    # Given something typed and not sent on a computer that others use
    visitor, page, _ref = _at_the_reasons(visit, house)
    page.get_by_label("What do you want to find out?").fill(TYPED)
    expect(page.locator(".draft-note")).to_contain_text("kept on this device")
    # When somebody else signs in there
    visitor.context.add_cookies([{"name": "portal_session", "value": house.token("jonas"), "url": house.url}])
    page = visitor.go("/requests")
    # Then nothing of it is left on the device
    assert TYPED not in page.evaluate("() => JSON.stringify(localStorage)")


def test_passwords_and_codes_are_never_kept_on_the_device(visit, house, signed):
    # Given a decision that is being made
    ref = asking.a_request(house)
    visitor = visit("wanjiru")
    page = visitor.go(f"/tracks/{house.track(ref, 'ESA')}")
    page.locator("#f-rationale").fill(TYPED)
    page.locator("#f-code").fill("123456")
    expect(page.locator(".draft-note").first).to_contain_text("kept on this device")
    # Then the reason is kept, the code is not
    kept = page.evaluate("() => JSON.stringify(localStorage)")
    assert TYPED in kept
    assert "123456" not in kept


def test_a_double_click_is_one_deed(visit, house, signed):
    # Given a draft that is ready to be sent
    ref = asking.a_draft(house)
    visitor = visit("amina")
    page = visitor.go(f"/requests/{ref}/edit/review")
    # When the button is clicked twice
    page.get_by_role("button", name="Send the request").dblclick()
    # Then it was sent once, and no error is shown
    expect(page.get_by_role("status").first).to_contain_text("is on its way")
    assert len(house.state.tracks(ref)) == 2
