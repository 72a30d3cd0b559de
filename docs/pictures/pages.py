"""Takes the pictures of docs/page.md: each view of the page of a `serve` that runs.

    python docs/pictures/pages.py http://127.0.0.1:5848 --spoken 2 --book more.epub

Those in the docs show three workers of one busy machine. `--spoken` is the number of a book that is being spoken. The
file is uploaded for the picture of the form, and not added.
"""

import argparse
import io
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image
from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

HERE = Path(__file__).resolve().parent
CHROMIUM = "/usr/bin/chromium"
WIDE, PHONE = (1180, 760), (390, 780)
GAP, BEHIND = 24, "#888888"  # between the pictures of phones
QUALITY = 82
SETTLE_MS = 2500
SEEN = "[...document.images].every(image => image.complete || image.getBoundingClientRect().top > innerHeight)"


def take(browser: "Browser", url: str, size: tuple[int, int], scheme: str, prepare: Callable[["Page"], None]) -> bytes:
    """Open an address, prepare it, and return a picture of what is seen."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if scheme == "dark" else "light",
        service_workers="block",
    )
    page = context.new_page()
    page.goto(url)
    prepare(page)
    while not page.evaluate(SEEN):
        page.wait_for_timeout(100)
    page.wait_for_timeout(SETTLE_MS)
    seen = page.screenshot()
    context.close()
    return seen


def save(seen: list[bytes], target: Path) -> None:
    """Write pictures side by side as one."""
    images = [Image.open(io.BytesIO(each)).convert("RGB") for each in seen]
    width = sum(image.width for image in images) + GAP * (len(images) - 1)
    whole = Image.new("RGB", (width, images[0].height), BEHIND)
    left = 0
    for image in images:
        whole.paste(image, (left, 0))
        left += image.width + GAP
    whole.save(target, "WEBP", quality=QUALITY, method=6)


def nothing(page: "Page") -> None:
    """Prepare nothing."""


def listen(page: "Page") -> None:
    """Play from the first sentence."""
    page.locator("#player[data-ready]").wait_for()
    page.locator("#text .sentence.spoken").first.click()
    page.evaluate("scrollTo(0, 0)")


def upload(book: Path) -> Callable[["Page"], None]:
    """Return what uploads a book and opens its chapters."""

    def prepare(page: "Page") -> None:
        page.locator("#files").set_input_files(book)
        page.get_by_text("of sound.").first.wait_for(timeout=120_000)
        page.locator("summary", has_text="Left out").first.click()

    return prepare


def main() -> None:
    """Take all pictures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("url")
    parser.add_argument("--spoken", type=int, required=True, help="the number of a book that is being spoken")
    parser.add_argument("--book", type=Path, required=True, help="a file for the form")
    parser.add_argument("--views", nargs="*", help="only these, and no phone")
    parser.add_argument("--target", type=Path, default=HERE)
    given = parser.parse_args()
    views = {
        "books": ("/", nothing),
        "add": ("/", upload(given.book)),
        "book": (f"/books/{given.spoken}", nothing),
        "machines": ("/machines", nothing),
        "members": ("/members", nothing),
        "listen": (f"/listen/{given.spoken}", listen),
        "shelf": ("/shelf", nothing),
    }
    with sync_playwright() as driver:
        arguments = ["--no-sandbox", "--disable-gpu", "--mute-audio", "--autoplay-policy=no-user-gesture-required"]
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=arguments)
        for name in given.views or views:
            path, prepare = views[name]
            save([take(browser, given.url + path, WIDE, "light", prepare)], given.target / f"page-{name}.webp")
        phones = [] if given.views else [views[name] for name in ("books", "listen", "machines")]
        seen = [take(browser, given.url + path, PHONE, "dark", prepare) for path, prepare in phones]
        if seen:
            save(seen, given.target / "page-phone.webp")
        browser.close()


if __name__ == "__main__":
    main()
