"""Who plays in the demonstration, and how it is told."""

import sys
import time
from collections.abc import Callable, Mapping
from typing import Protocol

from portal import clock
from portal.demo_browser import Browser, Refused

STEP_SECONDS = 30
UNHURRIED = 15
PATIENCE = 240


class Phones(Protocol):
    """The sample people's authenticator apps."""

    def spent(self, who: str) -> int:
        """Return the number of the last half minute whose code was used."""

    def code(self, who: str, step: int) -> str:
        """Return the code of one half minute."""


class Cast:
    """The sample people with their browsers. A one-time code is used once, so each takes the next one there is."""

    def __init__(self, address: str, people: Mapping[str, Mapping[str, str]], phones: "Phones") -> None:
        self._address, self._people, self._phones = address, people, phones
        self._browsers: dict[str, Browser] = {}

    def __getitem__(self, who: str) -> Browser:
        """Return somebody's browser, signed in."""
        if who not in self._browsers:
            browser = Browser(self._address)
            browser.sign_in(self._people[who]["email"], self._people[who]["password"], self.code(who))
            self._browsers[who] = browser
        return self._browsers[who]

    def proved(self, who: str) -> Browser:
        """Return somebody's browser once they have given a one-time code: what they do next wants a fresh one."""
        browser = self[who]
        browser.send(browser.get("/step-up").form("/step-up"), {"code": self.code(who)})
        return browser

    def email(self, who: str) -> str:
        """Return the address somebody signs in with."""
        return self._people[who]["email"]

    def code(self, who: str) -> str:
        """Return the oldest code that was not used and works for some time: of this half minute or its neighbours."""
        step = max(_oldest(), self._phones.spent(who) + 1)
        while step > _step() + 1:
            time.sleep(0.5)
        return self._phones.code(who, step)


def _step() -> int:
    return int(clock.now().timestamp()) // STEP_SECONDS


def _oldest() -> int:
    """The half minute whose code the portal takes for as long as a busy machine may need to send it."""
    return int(clock.now().timestamp() - STEP_SECONDS + UNHURRIED) // STEP_SECONDS


class Teller:
    """Tells the story: a line per step, and a bar while it waits."""

    def __init__(self) -> None:
        self._number = 0

    def step(self, text: str) -> None:
        """Tell one step that held."""
        self._number += 1
        self.line(f"{self._number:>3}. {text}")

    def line(self, text: str) -> None:
        """Tell something beside the steps."""
        print(text, flush=True)

    def wait(self, what: str, done: Callable[[], bool]) -> None:
        """Show a bar until ``done``; raises Refused if it takes far too long."""
        started = time.monotonic()
        while not done():
            passed = time.monotonic() - started
            if passed > PATIENCE:
                raise Refused(f"{what}: not done after {PATIENCE} seconds; see instance/log/")
            if sys.stdout.isatty():
                filled = int(passed) % 21
                print(f"\r     [{'#' * filled:<20}] {what} … {passed:3.0f} s ", end="", flush=True)
            time.sleep(0.3)
        if sys.stdout.isatty():
            print("\r" + " " * 78 + "\r", end="", flush=True)
