"""Feeds and catalogues, fetched over real HTTP as apps do, and read by an independent parser."""

import io
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import feedparser
import httpx
import pytest
from listen_bench import ListenBench, tone
from PIL import Image
from starlette.requests import Request

from swarm.server.api.tokens import FeedTokens
from swarm.server.queue_parts import FEEDS_FILE

HOSTILE = '<script>alert(1)</script> & "Emma" ]]> \x00\x1b[31m\u2028\ud800 ünï'


class FeedBench(ListenBench):
    """A queue with feeds."""

    async def publish(self, title: str, files: int = 1, about: str = "A book.") -> int:
        """Have a book finished, with files of two chapters each."""
        number = await self.add(title.encode(errors="replace").decode().replace("/", "_").replace("\0", ""))
        await self.settle()
        self.speak(number, 0, 0, tone(300))
        self.queue.change(number, title=title)
        job = self.queue.find_book(number).job
        out = self.folder / "out"
        paths = [self.write_sound(out / f"{number}-{place}.mp3") for place in range(files)]
        rows = [
            {"chapter": 1, "title": f"Part {place} {half} {title}", "file": path.name, "at_s": 0.25 * half}
            for place, path in enumerate(paths)
            for half in range(2)
        ]
        book = {"job": job, "authors": ["Jane <b>Austen</b>"], "language": "en", "description": about}
        report = out / f"{number}-0.report.json"
        report.write_text(json.dumps({"book": book, "totals": {}, "chapters": rows}))
        self.claim(job, report)
        self.finish(number, *map(str, paths))
        await self.settle()
        return number


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[FeedBench]:
    made = FeedBench(tmp_path)
    await made.serve()
    yield made
    await made.close()


async def make_feed(bench: FeedBench, **asked: object) -> dict[str, Any]:
    answer = await bench.client.post("/api/v1/feeds", json=asked)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def fetch(address: str, **headers: str) -> httpx.Response:
    """Fetch as an app does: it knows nothing but the address."""
    async with httpx.AsyncClient(trust_env=False, timeout=60) as app:
        return await app.get(address, headers=headers)


async def test_a_podcast_app_reads_the_shelf_and_plays_an_episode(bench: FeedBench) -> None:
    await bench.publish("Emma")
    await bench.publish("Persuasion", files=2)
    feed = await make_feed(bench, name="phone")
    answer = await fetch(feed["podcast"])
    parsed = feedparser.parse(answer.content)
    assert not parsed.bozo, parsed.get("bozo_exception")
    assert [entry.title for entry in parsed.entries] == ["Persuasion, part 1", "Persuasion, part 2", "Emma"]
    emma = parsed.entries[-1]
    [sound] = emma.enclosures
    played = await fetch(sound.href, Range="bytes=0-9")
    assert (played.status_code, played.headers["content-type"]) == (206, "audio/mpeg")
    assert played.headers["content-range"] == f"bytes 0-9/{sound.length}"
    assert (await fetch(sound.href)).content == (bench.folder / "out" / "1-0.mp3").read_bytes()
    assert emma.itunes_duration == "1"
    marks = await fetch(emma.podcast_chapters["url"])
    assert marks.headers["content-type"] == "application/json+chapters"
    assert [mark["startTime"] for mark in marks.json()["chapters"]] == [0, 0.25]
    assert marks.json()["version"] == "1.2.0"


@pytest.mark.parametrize("asked", [{}, {"book": 1}])
async def test_a_podcast_has_a_website_and_a_square_cover(bench: FeedBench, asked: dict[str, object]) -> None:
    await bench.publish("<b>Emma</b>")
    feed = feedparser.parse((await fetch((await make_feed(bench, **asked))["podcast"])).content)
    page = await fetch(feed.feed.link)
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "<h2>&lt;b&gt;Emma&lt;/b&gt;</h2>" in page.text
    for address in re.findall(r'(?:src|href)="([^"]+)"', page.text):
        assert (await fetch(address)).status_code == 200, address
    for address in (feed.feed.image.href, feed.entries[0].image.href):
        assert address.endswith("/books/1/cover.jpg")
        assert Image.open(io.BytesIO((await fetch(address)).content)).size == (1400, 1400)


async def test_the_feed_of_a_book_is_a_serial_in_order_and_opens_no_other(bench: FeedBench) -> None:
    await bench.publish("Emma")
    await bench.publish("Persuasion", files=3)
    feed = await make_feed(bench, book=2)
    parsed = feedparser.parse((await fetch(feed["podcast"])).content)
    assert (parsed.feed.title, parsed.feed.itunes_type) == ("Persuasion", "serial")
    assert [entry.itunes_episode for entry in parsed.entries] == ["1", "2", "3"]
    dates = [entry.published_parsed for entry in parsed.entries]
    assert dates == sorted(dates) and len(set(dates)) == 3
    for path in ("books/1/podcast.xml", "books/1/1.mp3", "books/1/cover", "books/1/1.chapters.json"):
        assert (await fetch(feed["podcast"].replace("books/2/podcast.xml", path))).status_code == 404
    shelf = await fetch(feed["podcast"].replace("books/2/podcast.xml", "podcast.xml"))
    assert {entry.title for entry in feedparser.parse(shelf.content).entries} == {
        f"Persuasion, part {n}" for n in (1, 2, 3)
    }


async def test_a_revoked_feed_opens_nothing_and_others_stay(bench: FeedBench) -> None:
    await bench.publish("Emma")
    phone, tablet = await make_feed(bench, name="phone"), await make_feed(bench, name="tablet")
    listed = await bench.get("/api/v1/feeds")
    assert [feed["name"] for feed in listed] == ["phone", "tablet"]  # type: ignore[attr-defined]
    assert (await bench.client.delete(f"/api/v1/feeds/{phone['id']}")).status_code == 200
    for address in (phone["podcast"], phone["opds"], phone["podcast"].replace("podcast.xml", "books/1/1.mp3")):
        assert (await fetch(address)).status_code == 404
    assert (await fetch(tablet["podcast"])).status_code == 200
    assert FeedTokens(bench.state).find_token(tablet["podcast"].split("/")[4]) is not None
    assert (bench.state / FEEDS_FILE).stat().st_mode & 0o77 == 0


async def test_a_feed_has_addresses_that_other_devices_open_or_says_that_it_has_none(bench: FeedBench) -> None:
    feed = await make_feed(bench)
    assert (feed["podcast"].startswith(bench.url), "--web 0.0.0.0" in feed["note"]) == (True, True)
    port = bench.url.rpartition(":")[2]
    for hosts, site in ((["192.168.1.5", "10.0.0.5"], "192.168.1.5"), (["fd00::5"], "[fd00::5]")):
        bench.listening.feeds._hosts = lambda hosts=hosts: hosts  # type: ignore[misc]
        [feed] = await bench.get("/api/v1/feeds")  # type: ignore[misc]
        assert feed["note"] == ""
        for kind in ("podcast", "opds"):
            assert feed[kind].startswith(f"http://{site}:{port}/feeds/")
    request = Request(
        {"type": "http", "headers": [(b"host", b"127.0.0.1:1")], "client": ("172.18.0.1", 1), "path": "/"}
    )
    [through_a_port] = bench.listening.feeds.answers(request)
    assert (through_a_port.podcast[:19], bool(through_a_port.note)) == ("http://127.0.0.1:1/", True)
    elsewhere = await bench.client.get("/api/v1/feeds", headers={"Host": "books.example"})
    assert elsewhere.json()[0]["podcast"].startswith("http://books.example/feeds/")


async def test_a_feed_token_opens_nothing_else_and_the_feeds_themselves_need_the_token(bench: FeedBench) -> None:
    feed = await make_feed(bench)
    secret = feed["podcast"].split("/")[4]
    for path in ("/api/v1/books", "/api/v1/feeds", "/metrics"):
        for headers in ({}, {"Authorization": f"Bearer {secret}"}):
            assert (await fetch(f"{bench.url}{path}", **headers)).status_code == 401
    for wrong in ("wrong", "", "%00", secret[:-1], f"{secret}x", "../api/v1/status"):
        assert (await fetch(f"{bench.url}/feeds/{wrong}/podcast.xml")).status_code in (401, 404)


async def test_only_files_of_finished_books_are_sent(bench: FeedBench) -> None:
    await bench.publish("Emma")
    feed = await make_feed(bench)
    for path in ["../../state/web-token.mp3", "1.epub", "9.mp3", "0.mp3", "1.m4b"]:
        assert (await fetch(feed["podcast"].replace("podcast.xml", f"books/1/{path}"))).status_code in (401, 404)


async def test_a_reading_app_finds_the_books_in_the_catalogue(bench: FeedBench) -> None:
    await bench.publish("Emma")
    feed = await make_feed(bench)
    parsed = feedparser.parse((await fetch(feed["opds"])).content)
    assert not parsed.bozo
    [entry] = parsed.entries
    assert (entry.title, entry.author) == ("Emma", "Jane <b>Austen</b>")
    kinds = {link.rel: link.type for link in entry.links}
    assert kinds["http://opds-spec.org/acquisition/open-access"] == "audio/mpeg"
    [sound] = [link.href for link in entry.links if link.rel.endswith("open-access")]
    assert (await fetch(sound)).status_code == 200


async def test_hostile_titles_are_text_and_nothing_else(bench: FeedBench) -> None:
    await bench.publish(HOSTILE, files=2, about="<img src=x onerror=alert(1)> ]]> &amp;\x07")
    feed = await make_feed(bench, name=HOSTILE.replace("\ud800", ""), book=1)
    for address in (feed["podcast"], feed["opds"]):
        answer = await fetch(address)
        parsed = feedparser.parse(answer.content)
        assert not parsed.bozo, parsed.get("bozo_exception")
        assert b"<script" not in answer.content and b"<img" not in answer.content
        assert answer.headers["x-content-type-options"] == "nosniff"


async def test_a_file_that_is_gone_leaves_the_shelf_and_comes_back_with_it(bench: FeedBench) -> None:
    await bench.publish("Emma")
    feed = await make_feed(bench)
    path = bench.folder / "out" / "1-0.mp3"
    content = path.read_bytes()
    for there in (True, False, True):
        path.write_bytes(content) if there else path.unlink()
        assert len(feedparser.parse((await fetch(feed["podcast"])).content).entries) == int(there)


async def test_what_is_no_feed_is_refused_in_words(bench: FeedBench) -> None:
    for asked, code in (('{"book": 7}', 404), ('{"book": "x"}', 400), ('{"colour": "red"}', 400), ("", 400)):
        answer = await bench.client.post("/api/v1/feeds", content=asked)
        assert (answer.status_code, bool(answer.json()["error"])) == (code, True)
    assert answer.json()["error"] == "The body is not understood: it is missing, and an empty one is {}."
    assert (await bench.client.get("/api/v1/feeds")).json() == []
    assert (await bench.client.delete("/api/v1/feeds/9")).status_code == 404
