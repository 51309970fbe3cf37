"""Somebody's browser window, and what the browser complained of while it was open."""

import os
from pathlib import Path

from axe_playwright_python.base import AXE_SCRIPT

WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`);
});
"""
OVERFLOW = """() => {
  const wide = document.documentElement.clientWidth;
  const inside = (one) => { for (let up = one.parentElement; up; up = up.parentElement) {
    if (["auto", "scroll", "hidden", "clip"].includes(getComputedStyle(up).overflowX)) return true; } return false; };
  return [...document.body.querySelectorAll("*")]
    .filter((one) => one.getBoundingClientRect().right > wide + 1 && one.checkVisibility() && !inside(one))
    .slice(0, 5).map((one) => `${one.tagName}.${one.className} ${Math.round(one.getBoundingClientRect().right)}`)
    .concat(document.documentElement.scrollWidth > wide ? [`scrolls to ${document.documentElement.scrollWidth}`] : []);
}"""
AXE = """async () => {
  const found = await axe.run(document, { resultTypes: ["violations"] });
  return found.violations.map((one) => `${one.id} (${one.impact}): ${one.help} ` +
    one.nodes.slice(0, 3).map((node) => node.html.slice(0, 200)).join(" | "));
}"""
WEIGHT = """() => [performance.getEntriesByType("navigation")[0], ...performance.getEntriesByType("resource")]
  .map((one) => [one.name, one.encodedBodySize])"""
PHONE, SMALL, DESK = (390, 844), (320, 640), (1280, 900)


class Visitor:
    """A window of Chromium, signed in as somebody or as nobody."""

    def __init__(self, chromium, house, who="", *, size=DESK, language="", javascript=True):
        self.house, self.who = house, who
        width, height = size
        self.context = chromium.new_context(
            viewport={"width": width, "height": height},
            java_script_enabled=javascript,
            accept_downloads=True,
            locale="en-GB",
            has_touch=width < 500,
        )
        self.context.set_default_timeout(20_000)
        self.context.add_init_script(WATCH)
        self._javascript = javascript
        cookies = {"portal_language": language, "portal_session": house.token(who) if who else ""}
        self.context.add_cookies([{"name": k, "value": v, "url": house.url} for k, v in cookies.items() if v])
        self.page = self.context.new_page()
        self.complaints, self.statuses = [], {}
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.complaints.append(f"{self.page.url}: {error}"))
        self.page.on("response", self._response)
        self.page.on("dialog", lambda dialog: (self.complaints.append(f"dialog {dialog.message}"), dialog.dismiss()))
        self.expected = set()
        self.offline = False

    def _response(self, response):
        self.statuses[response.url] = response.status

    def _console(self, message):
        """Keep errors and warnings; that a page asked for answers with its status is no error."""
        if message.type not in {"error", "warning"}:
            return
        if self.offline and "ERR_INTERNET_DISCONNECTED" in message.text:
            return
        if "Failed to load resource" in message.text and self.statuses.get(message.location["url"]) in self.expected:
            return
        self.complaints.append(f"{self.page.url}: {message.type} {message.text}")

    def close(self):
        complaints = self.complained()
        self.context.close()
        return complaints

    def complained(self):
        """What the browser complained of since it was last asked."""
        self.look_for_violations()
        complaints, self.complaints = self.complaints, []
        return complaints

    def look_for_violations(self):
        """Collect what broke the content security policy of the page that is open, and whether data ran as code."""
        if not self._javascript or not self.page.url.startswith("http"):
            return
        broken, hacked = self.page.evaluate("() => [window.violations || [], window.hacked || 0]")
        self.complaints += [f"{self.page.url}: {one}" for one in broken]
        if hacked:
            self.complaints.append(f"{self.page.url}: what somebody typed was executed ({hacked})")

    def go(self, path, status=200):
        """Open a page of the portal."""
        self.look_for_violations()
        self.expected = {status}
        answer = self.page.goto(self.house.url + path)
        assert answer.status == status, f"{path}: {answer.status}"
        return self.page

    def send(self, path, status, **fields):
        """Send a form that no page shows, from the page that is open; with its token unless one is given."""
        self.expected = {status}
        fields = {"csrf_token": self.page.locator("input[name=csrf_token]").first.input_value()} | fields
        with self.page.expect_navigation() as answer:
            self.page.evaluate(SEND, [path, fields])
        assert answer.value.status == status, f"{path}: {answer.value.status}"

    def resize(self, size):
        self.page.set_viewport_size({"width": size[0], "height": size[1]})

    def axe(self):
        """What axe finds on the page as it is."""
        if not self.page.evaluate("() => typeof axe !== 'undefined'"):
            self.page.evaluate(AXE_SCRIPT)
        return self.page.evaluate(AXE)

    def overflow(self):
        """What sticks out of the page to the side."""
        return self.page.evaluate(OVERFLOW)

    def weight(self):
        """Bytes of the page and of all it loads, compressed, as if nothing were cached."""
        return dict(self.page.evaluate(WEIGHT))

    def picture(self, name):
        """Take a picture of the whole page where PORTAL_SCREENSHOTS says."""
        folder = os.environ.get("PORTAL_SCREENSHOTS")
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)

    def text(self):
        return self.page.locator("main").inner_text()


SEND = """([path, fields]) => {
  const form = Object.assign(document.createElement("form"), { method: "post", action: path });
  for (const [name, value] of Object.entries(fields)) {
    form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
  }
  document.body.append(form);
  form.submit();
}"""
