"""The views Listen and Shelf in a real browser: a book is heard while it is spoken, and one sentence is mended."""

import asyncio
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import numpy as np
import pytest
from listen_bench import RATE, Speaking, tone
from patience import wait_for
from shown import Axe, Served, served
from site_bench import SiteBench
from test_page import CONTENTS

from swarm.book.model.reading_choice import Cast
from swarm.config import RenderConfig

if TYPE_CHECKING:
    from playwright.sync_api import Page

TEXT = "\n\n".join(  # each sentence is some 17 s by the pace of the cuts, and two are a paragraph
    " ".join(f"{'word ' * 50}number {n + m}." for m in range(2)) for n in range(0, 12, 2)
)
PARAGRAPHS = "() => [...document.querySelectorAll('#text p')].map(p => p.querySelectorAll('.sentence').length)"
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'"
TIME = "document.getElementById('sound').currentTime"
CURRENT = "document.querySelector('#text [aria-current]')?.dataset.sentence"
DECODE = """async () => {
  const answer = await fetch(document.getElementById("sound").src), context = new OfflineAudioContext(1, 1, 24000);
  const sound = await context.decodeAudioData(await answer.arrayBuffer());
  return Array.from(sound.getChannelData(0), value => Math.round(32768 * value));
}"""


class ListenSite(Speaking, SiteBench):
    """A page over a queue whose sentences a test speaks."""

    text = TEXT

    async def begin(self) -> None:
        """Serve a book, in a queue that goes on by itself."""
        await self.add("Emma", self.text)
        await self.settle()
        self.running = asyncio.create_task(self.resident.serve_books())
        playback = (await self.listening.library.open(1)).playback
        chapter = playback.chapter(1)
        assert chapter is not None
        self.stretches = [[s.sentence - 1 for s in stretch.sentences] for stretch in chapter.stretches]
        assert len(self.stretches) > 2

    async def say(self, stretch: int, hertz: float = 300.0, seconds: float = 0.4) -> None:
        """Speak the sentences of a stretch, each with a tone of its own."""
        for index in self.stretches[stretch]:
            self.speak(1, 0, index, tone(hertz + 20 * index, seconds))

    async def say_one(self, index: int, hertz: float, doubt: str = "") -> None:
        """Speak one sentence."""
        self.speak(1, 0, index, tone(hertz, 0.4), doubt)

    async def end(self) -> None:
        """Stop the queue."""
        self.running.cancel()
        await asyncio.gather(self.running, return_exceptions=True)


class CastSite(ListenSite):
    """Such a page with a book in which two persons have voices."""

    text = f"“Come in,” said Ann. “Good day,” said Bert. “Sit down,” said Ann.\n\n{TEXT}"

    def configure(self, path: Path, words: Sequence[str]) -> RenderConfig:
        return replace(super().configure(path, words), cast=Cast(speakers=(("Ann", "tock"), ("Bert", "tick"))))


@pytest.fixture
def bench(tmp_path: Path) -> ListenSite:
    return ListenSite(tmp_path)


@pytest.fixture
def site(bench: ListenSite) -> Iterator[Served]:
    with served(bench) as made:
        made.do(bench.begin())
        yield made
        made.do(bench.end())


def open_player(site: Served, page: "Page") -> None:
    page.goto(site.url("/listen/1"))
    page.locator("#player[data-ready]").wait_for()


def advances(page: "Page") -> None:
    """Wait until the time of the sound really goes on."""
    wait_for(lambda: page.evaluate(f"!document.getElementById('sound').paused && {TIME} > 0"))
    before = page.evaluate(TIME)
    wait_for(lambda: page.evaluate(f"{TIME} > {before} || document.getElementById('sound').ended"))


def hears(page: "Page", sentence: int) -> None:
    """Wait until a sentence is the one that is heard."""
    wait_for(lambda: page.evaluate(CURRENT) == str(sentence), f"sentence {sentence}")


@pytest.mark.slow
def test_a_book_is_heard_while_it_is_spoken_and_goes_on_when_more_is_there(
    site: Served, bench: ListenSite, page: "Page"
) -> None:
    open_player(site, page)
    page.get_by_role("button", name="Play", exact=True).click()
    page.locator("#state", has_text="Waiting until the next minute").wait_for()
    assert page.evaluate(PARAGRAPHS) == [2] * 5 + [3]
    site.do(bench.say(0))
    advances(page)
    assert page.evaluate(PARAGRAPHS) == [2] * 5 + [3]
    assert page.locator("#text .sentence.spoken").count() == len(bench.stretches[0])
    waiting = page.locator("#text .sentence.waiting").count()
    assert page.locator("#text [aria-description='not spoken yet']").count() == waiting > 0
    samples = np.array(page.evaluate(DECODE))
    clip = tone(300.0, 0.4)
    assert np.array_equal(samples[: clip.size], clip)
    page.locator("#speed").select_option("3")
    page.locator("#state", has_text="Waiting until the next minute").wait_for()
    assert page.evaluate(CURRENT) == str(bench.stretches[1][0] + 1)
    first = page.evaluate("document.getElementById('sound').src")
    site.do(bench.say(1))
    wait_for(lambda: page.evaluate("document.getElementById('sound').src") != first)
    wait_for(lambda: page.evaluate(f"{TIME} > 0"))
    assert page.evaluate("document.getElementById('sound').playbackRate") == 3
    assert "spoken so far" in page.locator("#clock").inner_text()
    assert page.evaluate("navigator.mediaSession.metadata.title") == "Emma"


def test_the_button_says_at_once_what_it_does_next(site: Served, bench: ListenSite, page: "Page") -> None:
    site.do(bench.say(0))
    open_player(site, page)
    press = "(button => { button.click(); return button.textContent; })(document.getElementById('play'))"
    assert [page.evaluate(press) for _ in range(3)] == ["Pause", "Play", "Pause"]


@pytest.mark.slow
def test_one_wrong_sentence_is_heard_again_in_other_words_and_no_other_is_spoken(
    site: Served, bench: ListenSite, page: "Page"
) -> None:
    for stretch in range(len(bench.stretches)):
        site.do(bench.say(stretch))
    wrong = bench.stretches[0][1]
    open_player(site, page)
    page.locator("#play").focus()
    page.keyboard.press(".")
    page.keyboard.press(".")
    hears(page, wrong + 2)
    before = np.array(page.evaluate(DECODE))
    page.keyboard.press("w")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="It was the sentence before").click()
    dialog.get_by_label("Say instead").fill("Quite other words.")
    dialog.get_by_role("button", name="Speak these words").click()
    dialog.get_by_text("It is spoken again").wait_for()
    state = bench.state_of(1)
    assert len(state.accepted) == sum(map(len, bench.stretches)) - 1
    assert "other words" in state.engine_text((0, wrong))
    site.do(bench.say_one(wrong, 900.0))
    dialog.get_by_text("This is the new take").wait_for()
    hears(page, wrong + 1)
    after = np.array(page.evaluate(DECODE))
    clip = round(0.4 * RATE)
    assert np.array_equal(before[:clip], after[:clip])
    start = next(at for at in range(clip, after.size - clip) if np.array_equal(after[at : at + clip], tone(900.0, 0.4)))
    assert not np.array_equal(before[start : start + clip], after[start : start + clip])
    dialog.get_by_role("button", name="Close").click()
    page.locator(f"#text [data-sentence='{wrong + 2}']").click()
    hears(page, wrong + 2)


@pytest.mark.slow
def test_a_line_of_the_wrong_person_is_given_to_the_right_one_and_heard_in_that_voice(
    tmp_path: Path, page: "Page"
) -> None:
    bench = CastSite(tmp_path)
    with served(bench) as site:
        site.do(bench.begin())
        for stretch in range(len(bench.stretches)):
            site.do(bench.say(stretch))
        [line] = [n for n, each in enumerate(bench.state_of(1).spec.chapters[0].segments) if each.speaker == "Bert"]
        open_player(site, page)
        page.locator(f"#text [data-sentence='{line + 1}']").click()
        hears(page, line + 1)
        assert page.locator("#who").text_content() == "said by Bert"
        page.locator("#wrong").click()
        dialog = page.get_by_role("dialog")
        assert dialog.get_by_label("Said by").input_value() == "Bert"
        dialog.get_by_label("Said by").select_option("Ann")
        dialog.get_by_role("button", name="Speak in that voice").click()
        dialog.get_by_text("It is spoken again").wait_for()
        state = bench.state_of(1)
        assert [place for place in state.places if place not in state.accepted] == [(0, line)]
        assert (state.segment((0, line)).speaker, state.segment((0, line)).voice) == ("Ann", "tock")
        site.do(bench.say_one(line, 900.0))
        dialog.get_by_text("This is the new take").wait_for()
        hears(page, line + 1)
        dialog.get_by_label("Said by").select_option("the narrator")
        dialog.get_by_role("button", name="Speak in that voice").click()
        dialog.get_by_text("It is spoken again").wait_for()
        given = bench.state_of(1).segment((0, line))
        assert (given.speaker, given.voice) == ("", "")
        site.do(bench.end())


def goes_on(page: "Page") -> None:
    """Assert that the sound goes on."""
    before = page.evaluate(TIME)
    wait_for(lambda: page.evaluate(f"{TIME} !== {before} && !document.getElementById('sound').paused"))


@pytest.mark.slow
def test_the_sound_goes_on_while_other_pages_are_looked_at(
    site: Served, bench: ListenSite, page: "Page", axe: Axe
) -> None:
    for stretch in range(len(bench.stretches)):
        site.do(bench.say(stretch, seconds=5.0))
    bench.answers = {"inspect": json.dumps(CONTENTS).encode()}
    open_player(site, page)
    page.evaluate("window.same = true")
    page.get_by_role("button", name="Play", exact=True).click()
    advances(page)
    bar = page.get_by_role("region", name="Player")
    page.get_by_role("link", name="Books").click()
    page.get_by_role("heading", name="Books", exact=True).wait_for()
    goes_on(page)
    assert (page.url, page.title()) == (site.url("/"), "Books · e2a-swarm")
    assert page.locator(".top [aria-current=page]").inner_text() == "Books"
    assert page.evaluate("[document.activeElement.id, scrollY]") == ["main", 0]
    assert page.locator("#arrived").inner_text() == "Books · e2a-swarm", "screen readers are told"
    assert bar.is_visible() and axe.faults(page) == []
    site.do(bench.add("Persuasion"))
    page.locator("#book-2").wait_for()  # the list is followed
    page.locator("#files").set_input_files({"name": "Sanditon.txt", "mimeType": "", "buffer": b"Some words."})
    page.get_by_text("about 5 min of sound").wait_for()
    goes_on(page)
    page.get_by_role("button", name="Add to the queue").click()
    page.locator("#book-3").wait_for()
    page.get_by_role("link", name="Machines").click()
    page.get_by_role("heading", name="attic").wait_for()
    bar.get_by_role("button", name="Pause").click()
    assert page.evaluate("document.getElementById('sound').paused")
    bar.get_by_role("button", name="Play").click()
    goes_on(page)
    page.go_back()
    page.locator("#book-3").wait_for()
    bar.get_by_role("link", name="Emma").click()
    page.get_by_role("heading", name="Emma").wait_for()
    assert not page.locator("#bar").is_visible() and page.locator("main").count() == 1
    goes_on(page)
    page.go_back()
    page.locator("#book-3").wait_for()
    goes_on(page)
    assert page.evaluate("window.same"), "it is one document from the first to the last"
    bar.get_by_role("button", name="Stop").click()
    assert not bar.is_visible() and page.locator("#sound").count() == 0
    page.get_by_role("link", name="Shelf").click()
    page.get_by_role("heading", name="Shelf").wait_for()
    assert not page.evaluate("window.same"), "links are a browser's own again"
    page.go_back()
    page.get_by_role("heading", name="Books", exact=True).wait_for()


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["mp3", "m4b"])
def test_a_finished_book_plays_its_file_and_minutes_are_a_matter_of_books_that_are_spoken(
    site: Served, bench: ListenSite, page: "Page", ending: str
) -> None:
    plays = page.evaluate("document.createElement('audio').canPlayType('audio/mp4; codecs=mp4a.40.2')")
    if ending == "m4b" and not plays:
        pytest.skip("this Chromium plays no AAC, as one without codecs that have a licence")
    for stretch in range(len(bench.stretches)):
        site.do(bench.say(stretch))
    site.do(publish_whole(bench, ending))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    open_player(site, page)
    page.get_by_role("button", name="Play", exact=True).click()
    advances(page)
    assert any("/files/1?play=" in each for each in asked) and not any(".wav" in each for each in asked)
    second = bench.stretches[1][0] + 1
    page.locator(f"#text [data-sentence='{second}']").click()
    hears(page, second)
    assert 1.0 * (second - 1) <= page.evaluate(TIME) < second, "each sentence takes a second of the file"
    hears(page, second + 1)  # and so on, by itself
    last = bench.stretches[-1][-1] + 1
    page.locator(f"#text [data-sentence='{last}']").click()
    page.locator("#state", has_text="This was the end").wait_for()
    (bench.folder / "out" / f"Emma.{ending}").write_bytes(b"no sound")
    page.reload()
    page.locator("#player[data-ready]").wait_for()
    page.locator("#text [data-sentence='1']").click()
    advances(page)
    assert page.evaluate("document.getElementById('sound').src").split("?")[0].endswith(".wav"), "a broken one is left"


@pytest.mark.slow
def test_a_sentence_of_a_finished_book_is_mended_and_heard_before_its_file_is_written_anew(
    site: Served, bench: ListenSite, page: "Page"
) -> None:
    for stretch in range(len(bench.stretches)):
        site.do(bench.say(stretch))
    site.do(publish_whole(bench))
    wrong = bench.stretches[1][0]
    open_player(site, page)
    page.locator(f"#text [data-sentence='{wrong + 1}']").click()
    hears(page, wrong + 1)
    assert "/files/1" in page.evaluate("document.getElementById('sound').src")
    page.locator("#wrong").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Try another take").click()
    dialog.get_by_text("It is spoken again").wait_for()
    site.do(bench.say_one(wrong, 900.0))
    dialog.get_by_text("This is the new take").wait_for()
    hears(page, wrong + 1)
    assert "/files/1" not in page.evaluate("document.getElementById('sound').src"), "the file has the old one"
    assert np.array_equal(np.array(page.evaluate(DECODE))[:9600], tone(900.0, 0.4))


async def publish_whole(bench: ListenSite, ending: str = "mp3") -> None:
    """Have the book finished by a file in which each sentence takes a second."""
    count = sum(map(len, bench.stretches))
    path = bench.write_sound(bench.folder / "out" / f"Emma.{ending}", seconds=float(count + 1))
    book = bench.queue.find_book(1)
    spots = [{"file": path.name, "at_s": float(n), "end_s": n + 0.9} for n in range(count)]
    rows = [{"chapter": 1, "sentence": n + 1, **spot} for n, spot in enumerate(spots)]
    report = bench.folder / "out" / "Emma.report.json"
    report.write_text(json.dumps({"book": {"job": book.job}, "totals": {}, "chapters": [], "segments": rows}))
    bench.claim(book.job, report)
    bench.finish(1, str(path))
    while bench.resident.served(bench.queue.find_book(1)):
        await asyncio.sleep(0.01)


def test_place_and_speed_are_remembered_and_keys_are_obeyed(site: Served, bench: ListenSite, page: "Page") -> None:
    for stretch in range(2):
        site.do(bench.say(stretch))
    site.do(bench.say_one(bench.stretches[2][0], 500.0, doubt="too long for its words"))
    open_player(site, page)
    page.locator("#speed").select_option("1.5")
    page.locator("#play").focus()
    page.keyboard.press("k")
    page.get_by_role("button", name="Pause", exact=True).wait_for()
    page.keyboard.press("k")
    page.get_by_role("button", name="Play", exact=True).wait_for()
    place = page.locator("#place")
    place.focus()
    page.keyboard.press("End")
    last = bench.stretches[1][-1] + 1
    hears(page, last)
    page.keyboard.press(",")
    hears(page, last - 1)
    page.reload()
    page.locator("#player[data-ready]").wait_for()
    hears(page, last - 1)
    assert page.locator("#speed").input_value() == "1.5"
    page.locator("#doubtful-box summary").click()
    page.get_by_text("too long for its words").wait_for()
    page.locator("#doubtful button").click()
    assert page.get_by_role("dialog").get_by_text("too long").is_visible()


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_use_the_player_and_the_shelf(
    site: Served, bench: ListenSite, page: "Page", axe: Axe, scheme: str
) -> None:
    site.do(bench.say(0))
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    open_player(site, page)
    assert axe.faults(page) == []
    page.locator("#wrong").click()
    assert axe.faults(page) == []
    page.set_viewport_size({"width": 360, "height": 640})
    page.goto(site.url("/shelf"))
    site.do(publish(bench))
    page.reload()
    page.get_by_role("link", name="Listen to").wait_for()
    assert axe.faults(page) == []
    for path in ("/shelf", "/listen/1"):
        page.goto(site.url(path))
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def publish(bench: ListenSite) -> None:
    """Have the book finished under a hostile title."""
    bench.queue.change(1, title=HOSTILE)
    path = bench.write_sound(bench.folder / "out" / "Emma.mp3")
    bench.finish(1, str(path))
    while bench.resident.served(bench.queue.find_book(1)):
        await asyncio.sleep(0.01)


@pytest.mark.slow
def test_the_shelf_has_finished_books_and_its_feeds_are_made_and_revoked(
    site: Served, bench: ListenSite, page: "Page"
) -> None:
    site.do(publish(bench))
    page.goto(site.url("/shelf"))
    assert page.get_by_role("heading", name=HOSTILE).is_visible()
    page.get_by_label("Name of a new feed").fill("phone")
    page.get_by_role("button", name="Make it").click()
    card = page.locator("li.card", has=page.get_by_role("heading", name="phone", exact=True))
    card.get_by_text("Addresses of phone").click()
    [address] = re.findall(r"http\S+/podcast\.xml", card.inner_text())
    assert httpx.get(address, trust_env=False).status_code == 200
    card.get_by_role("button", name="Revoke").click()
    page.get_by_text("until you revoke it").wait_for()
    assert card.count() == 0
    assert httpx.get(address, trust_env=False).status_code == 404
    with page.expect_download() as saving:
        page.locator("#shelf-1 summary").click()
        page.get_by_role("link", name="Emma.mp3").click()
    assert saving.value.path().read_bytes() == (bench.folder / "out" / "Emma.mp3").read_bytes()


WATCH = """
window.moved = [];
new PerformanceObserver(list => {
  for (const {value, sources} of list.getEntries()) {
    window.moved.push([value, ...sources.map(each => each.node?.outerHTML?.slice(0, 99))]);
  }
}).observe({type: "layout-shift", buffered: true});
"""
MAX_SHIFT = 0.05  # a view is called good below 0.1
SLOWER = 6  # as on a phone


@pytest.mark.slow
@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_moves_under_the_eyes_while_a_view_appears(
    site: Served, bench: ListenSite, page: "Page", width: int
) -> None:
    site.do(bench.say(0))
    site.do(publish(bench))
    page.set_viewport_size({"width": width, "height": 800})
    page.add_init_script(WATCH)
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    for path in ("/", "/listen/1", "/shelf", "/machines", "/books/1"):
        page.goto(site.url(path))
        if path.startswith("/listen"):
            page.locator("#player[data-ready]").wait_for()
        page.wait_for_timeout(700)  # what comes by the stream is there
        moved = page.evaluate("window.moved")
        assert sum(each[0] for each in moved) < MAX_SHIFT, (path, moved)
