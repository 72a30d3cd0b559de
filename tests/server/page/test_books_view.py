"""The view of the queue, and of one book."""

import json
from pathlib import Path

from lxml import html
from msgspec import structs
from resident_bench import end_book
from site_bench import SiteBench

from swarm.job.run import RunStats
from swarm.lease.message import ChapterStatus, SlotStatus, StatusReply, WorkerStatus
from swarm.server.page.books_view import MAX_AT_ONCE
from swarm.server.queue import BookState


async def page_of(bench: SiteBench, path: str) -> html.HtmlElement:
    return html.document_fromstring((await bench.client.get(path)).text)


async def test_buttons_move_a_book_up_down_and_to_the_top(bench: SiteBench) -> None:
    for title in ("Emma", "Persuasion", "Ended", "Sanditon", "Lady Susan"):
        await bench.add(title)
    end_book(bench.queue, 3, BookState.FAILED, why="no book")
    page = await page_of(bench, "/")
    moves = page.xpath("//ul[@id='books']/li//button[starts-with(@value, 'move')]/@value")
    assert moves == ["move 2 1", "move 1 2", "move 3 2", "move 2 4", "move 4 4", "move 3 5", "move 1 5"]
    await bench.send("/orders", order="move 2 4")
    assert [book.id for book in bench.queue.books if not book.state.is_ended] == [1, 4, 2, 5]
    assert "Try again" in page.xpath("string(//li[@id='book-3'])") and "no book" in page.xpath(
        "string(//li[@id='book-3'])"
    )


async def test_what_is_spoken_stands_above_what_waits_and_that_above_what_is_done(bench: SiteBench) -> None:
    for title in ("Cancelled", "Finished", "Waiting", "Spoken"):
        await bench.add(title)
    end_book(bench.queue, 1, BookState.CANCELLED, ended_s=1.0)
    end_book(bench.queue, 2, ended_s=2.0)
    bench.queue.move(4, 2)
    await bench.resident._open(bench.queue.find_book(4))
    page = await page_of(bench, "/")
    assert page.xpath("//ul[@id='books']/li/@id") == ["book-4", "book-3", "book-2", "book-1"]
    assert "ended" in page.xpath("//li[@id='book-2']/@class")[0]
    assert not page.xpath("//button[starts-with(@value, 'cancel')]"), "Pause and Remove are enough"


async def test_the_queue_names_the_authors_of_a_book(bench: SiteBench) -> None:
    await bench.add("Emma")
    bench.queue.change(1, authors=("Jane <Austen>", "Another"))
    page = await page_of(bench, "/")
    assert page.xpath("//li[@id='book-1']//p[@class='help']/text()") == ["Jane <Austen>, Another"]


async def test_a_book_shows_its_chapters_and_who_speaks_what(bench: SiteBench) -> None:
    await bench.add("Emma")
    await bench.settle()

    def change(reply: StatusReply) -> StatusReply:
        job = structs.replace(reply.jobs[0], chapters=(ChapterStatus("One", 4, 4), ChapterStatus("", 8, 2)), accepted=6)
        slots = (SlotStatus(0, "speaking", job.job, chapter=1, index=2), SlotStatus(1, "idle"))
        return structs.replace(reply, jobs=(job,), workers=(WorkerStatus("w", "attic", "cpu", slots, 0.0, 0),))

    bench.changes.append(change)
    page = await page_of(bench, "/books/1")
    rows = page.xpath("//ol[@class='chapters']/li")
    assert [row.xpath(".//progress/@value") for row in rows] == [["4"], ["2"]]
    assert [" ".join(row.text_content().split()) for row in rows] == ["One 100 %", "chapter 2 25 % attic at sentence 3"]
    assert page.xpath("//section[@id='files']/@hidden")


async def test_a_book_shows_the_energy_that_machines_told(bench: SiteBench) -> None:
    await bench.add("Emma")
    await bench.settle()
    assert not (await page_of(bench, "/books/1")).xpath("//dt[text()='Energy']")
    job = bench.queue.find_book(1).job
    bench.resident.store.save_run_stats(job, RunStats(energy_j={"attic": 4_500_000.0, "cellar": 900_000.0}))
    assert (await page_of(bench, "/books/1")).xpath("//dt[text()='Energy']/../dd/text()") == ["1.5 kWh"]


async def test_files_of_a_finished_book_are_handed_out_and_never_shown(bench: SiteBench, tmp_path: Path) -> None:
    await bench.add("Emma")
    folder = tmp_path / "out"
    folder.mkdir()
    for name in ("Emma <b>.m4b", "Emma <b>.report.html"):
        (folder / name).write_bytes(b"<script>alert(1)</script>")
    files = (str(folder / "Emma <b>.m4b"), str(folder / "gone.m4b"), "s3://bucket/Emma.m4b")
    end_book(bench.queue, 1, files=files)
    page = await page_of(bench, "/books/1")
    assert page.xpath("//section[@id='files']//a/text()") == ["Emma <b>.m4b", "Emma <b>.report.html"]
    assert "s3://bucket/Emma.m4b" in page.xpath("string(//section[@id='files'])")
    addresses = page.xpath("//section[@id='files']//a/@href")
    assert addresses == ["/api/v1/books/1/files/1", "/api/v1/books/1/files/2"]
    for address in addresses:
        answer = await bench.client.get(address)
        assert answer.content == b"<script>alert(1)</script>"
        assert answer.headers["content-disposition"].startswith("attachment;")
        assert (answer.headers["content-type"], answer.headers["x-content-type-options"]) == (
            "application/octet-stream",
            "nosniff",
        )
    part = await bench.client.get(addresses[0], headers={"Range": "bytes=0-6"})
    assert (part.status_code, part.content) == (206, b"<script")
    listed = (await bench.client.get("/api/v1/books/1/files")).json()
    assert [(file["place"], file["name"]) for file in listed][1:3] == [(2, "Emma <b>.report.html"), (3, files[1])]
    assert [file["size"] for file in listed] == [25, 25, None, None]
    for place in (0, 3, 9):
        assert (await bench.client.get(f"/api/v1/books/1/files/{place}")).status_code == 404
    assert (await bench.client.get("/books/2")).status_code == 404


async def test_a_book_that_is_removed_leaves_an_empty_view(bench: SiteBench) -> None:
    await bench.add("Emma")
    async with bench.client.stream("GET", "/live/books/1") as stream:
        lines = (line async for line in stream.aiter_lines() if line.startswith("data: "))
        assert '"summary"' in await anext(lines)
        await bench.send("/orders", order="remove 0 1", sure="yes")
        assert await anext(lines) == 'data: {"order":[],"pieces":{}}'


async def test_a_long_queue_begins_with_its_first_books_and_its_stream_brings_the_others(bench: SiteBench) -> None:
    count = MAX_AT_ONCE + 5
    for number in range(count):
        await bench.add(f"Book {number}")
    page = await page_of(bench, "/")
    assert page.xpath("count(//ul[@id='books']/li)") == MAX_AT_ONCE
    [link] = page.xpath("//noscript//a")
    assert link.text == "Show 5 more books"
    assert (await page_of(bench, link.get("href"))).xpath("count(//ul[@id='books']/li)") == count
    async with bench.client.stream("GET", "/live/books") as stream:
        told = await anext(line async for line in stream.aiter_lines() if line.startswith("data: "))
    assert len(json.loads(told.removeprefix("data: "))["pieces"]) == count
