"""Debian's Chromium and a portal for it. Without Chromium these tests are skipped, unless PORTAL_TEST_BROWSER=required."""

import os
import shutil

import pytest
from playwright.sync_api import sync_playwright

from tests.browser.house import open_house
from tests.browser.visitor import Visitor

QUIET = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-gpu",
    "--disable-extensions",  # Debian's own, loaded for each window
    "--disable-features=PaintHolding,Translate,OptimizationHints,MediaRouter",
)


def pytest_collection_modifyitems(items):
    for item in items:
        if "tests/browser" in item.path.as_posix():
            item.add_marker("browser")


@pytest.fixture(scope="session")
def chromium():
    path = shutil.which("chromium")
    if path is None:
        if os.environ.get("PORTAL_TEST_BROWSER") == "required":
            pytest.fail("PORTAL_TEST_BROWSER=required, but there is no chromium on the PATH")
        pytest.skip("there is no chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(QUIET))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def house(chromium, tmp_path_factory):
    with open_house(tmp_path_factory.mktemp("house") / "instance") as house:
        yield house


@pytest.fixture
def signed(house):
    """The core survey's partner file is signed off; a steward has signed the others."""
    house.sign_off()


@pytest.fixture(scope="session")
def window(chromium, house):
    """Give everybody one browser window per language, and keep it open: a new one takes as long as a page does."""
    opened = {}

    def window_of(who, language):
        if (who, language) not in opened:
            opened[who, language] = Visitor(chromium, house, who, language=language)
        return opened[who, language]

    yield window_of
    for visitor in opened.values():
        visitor.context.close()


@pytest.fixture
def visit(chromium, house):
    """Open a browser window: ``visit("amina")`` is signed in, ``visit()`` is not. All that it complains of fails."""
    opened = []

    def open_window(who="", **more):
        visitor = Visitor(chromium, house, who, **more)
        opened.append(visitor)
        return visitor

    yield open_window
    complaints = [complaint for visitor in opened for complaint in visitor.close()]
    assert complaints == []
