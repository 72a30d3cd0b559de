"""The page of a real `serve` in a real browser, from the drop of a book to the finished file."""

import base64
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from household import Machine, Running, machines, wait_for
from library import write_book
from ports import free_port

if TYPE_CHECKING:
    from playwright.sync_api import Page

DROP = """([name, content]) => {
  const bytes = Uint8Array.from(atob(content), letter => letter.charCodeAt(0)), carried = new DataTransfer();
  carried.items.add(new File([bytes], name));
  for (const type of ["dragenter", "dragover", "drop"]) {
    document.body.dispatchEvent(new DragEvent(type, {dataTransfer: carried, bubbles: true, cancelable: true}));
  }
}"""
HEARD_S = "document.getElementById('sound').currentTime"
VOICE = ("--tts-engine", "metronome", "--engine-option", "seconds_per_char=0.02")
PACE = ("--engine-option", "cost_per_char=0.012")  # the last chapter has to take a while


class Home:
    """A server with a page and a machine that speaks, started as a user does."""

    def __init__(self, make: Callable[[str], Machine], port: int, web_port: int) -> None:
        self.server, self.attic = make("server"), make("attic")
        assert self.server.run("key", "--make").returncode == 0
        code = self.server.run("key", "--code").stdout.strip()
        assert self.attic.run("join", code).returncode == 0
        self.url = f"http://127.0.0.1:{web_port}"
        places = ("--port", str(port), "--web", f"127.0.0.1:{web_port}")
        self.options = ("--output-dir", "out", *places, *VOICE, *PACE)
        self.serving = self.server.start("serve", *self.options)
        where = ("--coordinator", f"127.0.0.1:{self.serving.port}")
        self.working = self.attic.start("work", "--cpu", "--slots", "1", "--name", "attic", *where)

    def start_again(self) -> None:
        """Start the server anew where it was, after it was killed."""
        self.serving: Running = self.server.start("serve", *self.options)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    with machines(tmp_path) as make:
        yield Home(make, free_port(), free_port())


def drop(page: "Page", book: Path) -> None:
    """Drop a file on the page, as from a file manager."""
    page.evaluate(DROP, [book.name, base64.b64encode(book.read_bytes()).decode()])


def spoken(home: Home, page: "Page") -> list[tuple[int, int]]:
    """Return how many sentences of each chapter are spoken, and how many it has."""
    answer = page.request.get(f"{home.url}/api/v1/books/1/chapters").json()
    return [(chapter["spoken"], chapter["sentences"]) for chapter in answer["chapters"]]


@pytest.mark.slow
def test_a_book_is_dropped_and_added_its_machine_paused_and_it_is_heard_over_a_restart_until_it_is_finished(
    home: Home, page: "Page", tmp_path: Path
) -> None:
    long = " ".join(f"Sentence {n} of the third chapter." for n in range(40))
    book = write_book(tmp_path, {"One": "It was a dark night. " * 8, "Two": "It rained.", "Three": long}, "Emma")
    page.goto(home.url)
    page.get_by_text("No book is in the queue yet").wait_for()
    (tmp_path / "notes.epub").write_bytes(b"no book" * 99)
    drop(page, tmp_path / "notes.epub")
    page.get_by_role("alert").get_by_text("notes.epub is not an EPUB").wait_for()
    told = page.get_by_role("alert").inner_text()
    assert not {"<", "/"} & {*told} and page.locator("#told").inner_text() == "", "one sentence, and no path"
    page.goto(home.url)
    drop(page, book)
    page.get_by_text("3 chapters,").wait_for()
    page.get_by_role("button", name="Add to the queue").click()
    page.locator("#book-1 .state-speaking").wait_for()

    page.get_by_role("link", name="Machines").click()
    attic = page.locator("li.card", has=page.get_by_role("heading", name="attic"))
    attic.get_by_role("button", name="Pause attic").click()
    home.working.says("paused from")
    attic.locator(".state-resting").wait_for()
    attic.get_by_role("button", name="Resume attic").click()
    home.working.says("goes on, as")

    page.get_by_role("link", name="Books").click()
    page.get_by_role("link", name="Listen to Emma").click()
    page.locator("#player[data-ready]").wait_for()
    page.get_by_role("button", name="Play", exact=True).click()
    wait_for(lambda: page.evaluate(f"{HEARD_S} > 0.3"), "the sound of the first chapter")
    page.get_by_role("button", name="Pause", exact=True).click()
    first, _, third = spoken(home, page)
    assert first[0] == first[1] and third[0] < third[1], "the first is heard while the third is spoken"

    place = page.evaluate(HEARD_S)
    books = page.context.new_page()
    books.goto(home.url)
    books.locator("#book-1 .state-speaking").wait_for()
    home.serving.kill()
    note = books.locator("#connection")
    note.wait_for()
    home.start_again()
    note.wait_for(state="hidden")
    assert page.evaluate(HEARD_S) == place, "the listener stays where they were"
    page.get_by_role("button", name="Play", exact=True).click()
    wait_for(lambda: page.evaluate(f"document.getElementById('chapter').value == '3' && {HEARD_S} > 0.3"))

    books.locator("#book-1 .state-finished").wait_for()
    books.get_by_role("link", name="Emma", exact=True).click()
    with books.expect_download() as saving:
        books.get_by_role("link", name=".m4b").click()
    assert saving.value.path().read_bytes() == next((home.server.desk / "out").glob("*.m4b")).read_bytes()
