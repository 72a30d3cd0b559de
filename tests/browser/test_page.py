"""The page in a real browser: the views of books and machines, for everybody, and when something is in the way."""

import asyncio
import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import soundfile
from listen_bench import RATE, tone
from msgspec import structs
from patience import wait_for
from resident_bench import end_book
from shown import Axe, Served, served
from site_bench import SiteBench

from swarm.lease.message import Figures, SlotStatus, StatusReply, WorkerStatus
from swarm.server.page.cli_process import Hear
from swarm.server.page.log_in import hash_password
from swarm.server.queue import BookState

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

PASSWORD = "a password of some length"
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'" + "x" * 90
CONTENTS = {
    "title": HOSTILE,
    "authors": [HOSTILE],
    "language": "en",
    "engine": "hibari",
    "chapters": [{"number": 1, "title": HOSTILE, "opening": HOSTILE, "words": 900, "estimated_s": 300}],
    "left_out": [{"title": HOSTILE, "reason": "rights", "grounds": "its title", "words": 30}],
    "totals": {"words": 900, "estimated_s": 300},
    "cautions": [HOSTILE],
}
FOCUSED = "(e => (e.getAttribute('aria-label') ?? e.textContent ?? '').trim() || e.id)(document.activeElement)"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Served]:
    with served(SiteBench(tmp_path)) as made:
        yield made


@pytest.fixture
def shut(tmp_path: Path) -> Iterator[Served]:
    """Serve a page that asks for a password."""
    with served(SiteBench(tmp_path, hash_password(PASSWORD, 16))) as made:
        yield made


def test_a_book_appears_while_the_page_is_open_and_its_buttons_are_obeyed(site: Served, page: "Page") -> None:
    page.goto(site.url())
    page.get_by_text("No book is in the queue yet").wait_for()
    site.do(site.bench.add("Emma"))
    card = page.locator("#book-1")
    card.get_by_role("button", name="Pause Emma").click()
    page.locator("#told", has_text="is paused").wait_for()
    card.get_by_text("paused").wait_for()
    assert site.bench.queue.find_book(1).state.is_paused
    assert page.evaluate("document.activeElement.textContent.trim()") == "Resume Emma.txt"
    page.keyboard.press("Enter")
    card.get_by_role("button", name="Pause Emma").wait_for()


def test_a_keyboard_alone_logs_in_finds_its_way_and_removes_a_book_when_it_is_sure(shut: Served, page: "Page") -> None:
    shut.do(shut.bench.add("Emma"))
    page.goto(shut.url())
    page.keyboard.type("a wrong one")
    page.keyboard.press("Enter")
    page.get_by_role("alert").get_by_text("not the password").wait_for()
    assert page.locator("#password").get_attribute("aria-describedby") == "why"
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.locator("#book-1").wait_for()
    order = []
    while not order or order[-1] != "Remove Emma.txt":
        page.keyboard.press("Tab")
        order.append(page.evaluate(FOCUSED))
        assert len(order) < 20, order
    views = ["Skip to the content", "e2a-swarm", "Books", "Machines", "Shelf", "Log out"]
    assert order == [*views, "files", "Emma.txt", "Pause Emma.txt", "Remove Emma.txt"]
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Remove Emma.txt?")
    dialog.get_by_text("Audiobooks that are written stay").wait_for()
    assert page.evaluate(FOCUSED) == "Keep it", "a slip of the finger removes nothing"
    page.keyboard.press("Enter")
    dialog.wait_for(state="hidden")
    assert page.evaluate(FOCUSED) == "Remove Emma.txt"
    page.keyboard.press("Enter")
    dialog.wait_for()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    page.get_by_role("status").get_by_text("no longer in the queue").wait_for()
    page.get_by_text("No book is in the queue yet").wait_for()
    assert not shut.bench.queue.books
    assert page.evaluate("document.activeElement.id") == "main", "the focus is near where it was"
    page.get_by_role("button", name="Log out").focus()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Log in").wait_for()
    page.go_back()
    page.get_by_role("heading", name="Log in").wait_for()  # nothing is shown from a cache


@pytest.mark.slow
def test_the_page_can_be_installed(site: Served, browser: "Browser") -> None:
    site.do(site.bench.add("Emma"))
    context = browser.new_context()
    page = context.new_page()
    page.goto(site.url())
    session = context.new_cdp_session(page)
    faults = [each["errorId"] for each in session.send("Page.getInstallabilityErrors")["installabilityErrors"]]
    assert set(faults) <= {"in-incognito"}, "contexts of tests are private windows, which install nothing"
    manifest = session.send("Page.getAppManifest")
    assert (manifest["errors"], json.loads(manifest["data"])["display"]) == ([], "standalone")
    context.close()


def crowd(reply: StatusReply) -> StatusReply:
    """Return a state with a machine under a hostile name."""
    slots = (SlotStatus(0, "speaking", realtime=3.5), SlotStatus(1, "resting", note=HOSTILE))
    figures = (Figures("cuda:0", 50, 2 * 10**9, 8 * 10**9, 71),)
    worker = WorkerStatus("w/1", HOSTILE, HOSTILE, slots, 0.5, 2, 40, 90.0, figures=figures, version="0.2.1")
    return structs.replace(reply, workers=(worker,))


def test_that_the_server_is_away_is_told_only_while_it_is_away(site: Served, page: "Page") -> None:
    site.do(site.bench.add("Emma"))
    page.goto(site.url())
    page.context.set_offline(True)
    page.get_by_role("button", name="Pause").click()
    page.locator("#told", has_text="not reached. Try again").wait_for()
    page.context.set_offline(False)
    page.locator("#told:empty").wait_for(state="attached")


@pytest.mark.slow
def test_a_broken_book_is_told_where_it_stands_and_has_no_button(site: Served, page: "Page", axe: Axe) -> None:
    site.bench.faults = {"inspect": "bad.epub is not an EPUB."}
    page.goto(site.url())
    page.locator("#files").set_input_files({"name": "bad.epub", "mimeType": "", "buffer": b"no book"})
    page.get_by_role("alert").get_by_text("bad.epub is not an EPUB.").wait_for()
    assert not page.get_by_role("button", name="Add to the queue").is_visible()
    assert not page.get_by_label("Speed", exact=True).is_visible(), "nothing is left to be chosen"
    assert page.locator("#told").inner_text() == ""
    assert axe.faults(page) == []


@pytest.mark.slow
def test_a_voice_that_is_not_here_is_fetched_heard_and_used(site: Served, page: "Page", axe: Axe) -> None:
    bench = site.bench
    fetch = {"name": "hibari-emma", "size": 8_000_000, "licence": "Apache-2.0"}
    voices = [{"name": "heart", "description": "American, female", "fetch": None}]
    voices.append({"name": "emma", "description": "British, female", "fetch": fetch})
    facts = {
        "about": "fast",
        "licence": "",
        "quality": "natural",
        "first": "",
        "realtime": None,
        "realtime_of_a_core": 1.8,
        "download": 93_000_000,
    }
    engines = [{"engine": "hibari", "default": True, "installed": True, "offered": True, "voices": voices, **facts}]
    engines.append(
        {"engine": "coqui", "default": False, "installed": False, "offered": False, "voices": voices, **facts}
    )
    file = io.BytesIO()
    soundfile.write(file, tone(300.0), RATE, format="FLAC")
    listed = json.dumps({"engines": engines}).encode()
    bench.answers = {
        "inspect": json.dumps(CONTENTS).encode(),
        "voices": listed,
        "models": b"",
        "sample": file.getvalue(),
    }
    page.goto(site.url())
    page.locator("#files").set_input_files({"name": "Emma.txt", "mimeType": "", "buffer": b"Some words."})
    emma = page.locator("li.voice", has=page.get_by_role("button", name="Use emma")).first  # without being asked for
    emma.get_by_text("not here yet: 8.0 MB, Apache-2.0").wait_for()
    emma.get_by_role("button", name="Fetch and hear emma").click()
    emma.get_by_role("progressbar", name="downloading it, 1 %").wait_for()
    assert axe.faults(page) == []
    site.do(go_on(bench))
    page.locator("#told", has_text="This is emma.").wait_for()
    assert emma.inner_text().split("\n")[-1] == "It is here now."
    emma.get_by_role("button", name="Use emma").click()
    assert page.locator("[id='field--voice']").input_value() == "emma"
    assert [each.inner_text() for each in page.locator("strong.used:visible").all()] == ["in use"]
    page.get_by_text("coqui, natural: not installed").wait_for()
    [heard] = [words for words in bench.asked if "--listen=emma" in words]
    assert heard[:-1] == ("voices", "--listen=emma", "--tts-engine=hibari", "--language=en")
    assert heard[-1].startswith("--book=") and heard[-1].endswith("Emma.txt")


class SlowVoices(SiteBench):
    """A page that learns a book's language late, and the voices of an unknown one later still."""

    is_known = False

    async def run_cli(self, words: Sequence[str], folder: Path, hear: Hear | None = None) -> bytes:
        self.asked.append(tuple(words))
        if words[0] == "inspect":
            while not self.is_known:
                await asyncio.sleep(0.02)
            return json.dumps(CONTENTS | {"language": "de"}).encode()
        of = "de" if "--language=de" in words else "unknown"
        await (self.downloading.wait() if of == "unknown" else asyncio.sleep(0))
        facts = {"about": "", "licence": "", "quality": "natural", "first": "", "realtime": 1, "realtime_of_a_core": 1}
        engine = {"engine": "espeak", "default": True, "installed": True, "offered": True, "download": 0}
        return json.dumps(
            {"engines": [engine | facts | {"voices": [{"name": of, "description": "", "fetch": None}]}]}
        ).encode()


@pytest.mark.slow
def test_voices_that_are_asked_for_before_the_books_language_is_known_are_those_of_its_language(
    tmp_path: Path, page: "Page"
) -> None:
    with served(bench := SlowVoices(tmp_path)) as site:
        page.goto(site.url())
        page.locator("#files").set_input_files({"name": "Emma.txt", "mimeType": "", "buffer": b"Some words."})
        with page.expect_request("**/voices") as early:
            page.locator("#list-voices").click()
        wait_for(lambda: any(words[0] == "voices" for words in bench.asked))
        bench.is_known = True
        page.get_by_role("button", name="Use de").wait_for()
        site.do(go_on(bench))
        answer = early.value.response()
        assert answer is not None
        answer.finished()
        page.locator("#voices:not([aria-busy])").wait_for()
        assert page.locator("#voices [data-use]").get_attribute("data-use") == "de"


async def go_on(bench: SiteBench) -> None:
    """Let the download of a model go on."""
    bench.downloading.set()


@pytest.mark.slow
@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_everybody_can_use_each_view_whatever_books_and_machines_are_called(
    site: Served, page: "Page", axe: Axe, scheme: str, width: int
) -> None:
    bench = site.bench
    bench.answers = {"inspect": json.dumps(CONTENTS).encode()}
    bench.queue.change(site.do(bench.add("Emma")), title=HOSTILE)
    end_book(bench.queue, site.do(bench.add("Ended")), BookState.FAILED, why=HOSTILE)
    bench.changes.append(crowd)
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.set_viewport_size({"width": width, "height": 800})
    page.on("dialog", lambda shown: pytest.fail(f"a script ran: {shown.message}"))

    def judge() -> None:
        assert axe.faults(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url

    page.goto(site.url())
    judge()
    page.locator("#book-1").get_by_role("button", name="Remove").click()
    judge()
    page.keyboard.press("Escape")
    page.locator("#files").set_input_files({"name": f"{HOSTILE}.txt", "mimeType": "", "buffer": b"Some words."})
    page.get_by_text("about 5 min of sound").wait_for()
    for summary in page.locator("summary").all():
        summary.click()
    judge()
    page.goto(site.url("/books/1"))
    judge()
    page.goto(site.url("/machines"))
    page.locator("li summary").click()
    judge()
    page.get_by_role("button", name="Show the code").click()
    page.get_by_role("img", name="QR code").wait_for()
    judge()
    identity = bench.members.identity()
    identity.membership.found("laptop")
    identity.membership.admit(b"\x08" * 32, HOSTILE)
    page.goto(site.url("/members"))
    identity.applicants.apply(b"\x07" * 32, HOSTILE)
    page.get_by_role("button", name="Approve").click()
    page.locator("#told", has_text="is a member now").wait_for()
    page.locator("#member-0808080808080808").get_by_role("button", name="Remove").click()
    judge()
    page.get_by_role("button", name="Put it out").click()
    page.locator("#told", has_text="is removed").wait_for()
    page.locator("#member-0808080808080808").wait_for(state="detached")
    page.get_by_role("button", name="Make an invite").click()
    page.get_by_role("img", name="QR code").wait_for()
    judge()


def test_everybody_can_log_in(shut: Served, context: "BrowserContext", page: "Page", axe: Axe) -> None:
    page.emulate_media(color_scheme="dark")
    page.goto(shut.url())
    page.get_by_label("Password").fill("wrong")
    page.keyboard.press("Enter")
    page.get_by_role("alert").wait_for()
    assert axe.faults(page) == []
    assert context.request.get(shut.url("/machines"), max_redirects=0).status == 401


def test_a_link_shows_the_line_of_its_code_without_a_password_and_nothing_that_is_no_code(
    shut: Served, page: "Page", axe: Axe
) -> None:
    line, code = page.locator("#join-line"), "e2a-invite-0000-0000~192.168.1.20:5900~fd00::1_5900"
    page.goto(f"{shut.url('/join')}#{code}")
    line.get_by_text(f"e2a-swarm join {code}").wait_for()
    assert axe.faults(page) == []
    page.goto(shut.url("/log-in"))
    page.goto(f"{shut.url('/join')}#{code};reboot")
    line.get_by_text("the whole address of this page").wait_for()
