"""One headless Chromium for each file of tests here, and for each test a context of its own, without cookies."""

import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from shown import Axe

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

FOLDER = "tests/browser/"
NAMES = ("chromium", "chromium-browser", "google-chrome")
ADDRESS_BAR = "WebUIOmniboxPopup,WebUIOmniboxAimPopup"  # renders pages of its own in each window, though none is shown
PATIENCE_MS = 60_000  # a busy machine needs it; an idle one needs a fraction of a second


def browser_path() -> str | None:
    return next(filter(None, map(shutil.which, NAMES)), None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.nodeid.startswith(FOLDER):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    playwright = pytest.importorskip("playwright.sync_api", reason="needs e2a-swarm[test]: playwright")
    path = browser_path()
    if path is None:
        pytest.skip("needs Chromium: apt-get install chromium")
    with playwright.sync_playwright() as driver:
        arguments = ["--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required", "--mute-audio"]
        arguments.append(f"--disable-features={ADDRESS_BAR}")
        launched = driver.chromium.launch(executable_path=path, args=arguments)
        yield launched
        launched.close()


@pytest.fixture
def context(browser: "Browser") -> Iterator["BrowserContext"]:
    made = browser.new_context(viewport={"width": 1100, "height": 800}, service_workers="block")
    made.set_default_timeout(PATIENCE_MS)
    yield made
    made.close()


@pytest.fixture
def page(context: "BrowserContext") -> Iterator["Page"]:
    """Open a page on which no script may fail, and nothing may be against its policy of contents."""
    faults: list[str] = []
    made = context.new_page()
    made.on("pageerror", lambda fault: faults.append(str(fault)))
    made.on("console", lambda told: faults.append(told.text) if told.type == "error" else None)
    yield made
    assert [fault for fault in faults if "net::ERR" not in fault and "Failed to load resource" not in fault] == []


@pytest.fixture(scope="module")
def axe() -> Axe:
    return Axe()
