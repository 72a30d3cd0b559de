"""The page in a real browser: the views of books and machines."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from shown import Axe, Served, served
from site_bench import SiteBench

if TYPE_CHECKING:
    from playwright.sync_api import Page


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Served]:
    with served(SiteBench(tmp_path)) as made:
        yield made


def test_a_book_appears_while_the_page_is_open_and_its_buttons_are_obeyed(site: Served, page: "Page") -> None:
    page.goto(site.url())
    page.get_by_text("No book is in the queue yet").wait_for()
    site.do(site.bench.add("Emma"))
    card = page.locator("#book-1")
    card.get_by_role("button", name="Pause Emma").click()
    page.locator("#told", has_text="is paused").wait_for()
    card.get_by_text("paused").wait_for()
    assert site.bench.queue.find(1).paused
    assert page.evaluate("document.activeElement.textContent.trim()") == "Resume Emma.txt"
    page.keyboard.press("Enter")
    card.get_by_role("button", name="Pause Emma").wait_for()
    card.get_by_role("button", name="Remove").click()
    page.get_by_text("No book is in the queue yet").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/", "/machines"])
def test_everybody_can_use_a_view(site: Served, page: "Page", axe: Axe, path: str, scheme: str) -> None:
    site.do(site.bench.add("Emma"))
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(site.url(path))
    page.locator("h1").wait_for()
    assert axe.faults(page) == []
