"""The interface for programs, asked over real HTTP."""

import asyncio
import json
import os
import re
import shutil
import sys
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from library import write_book
from web_bench import TOKEN, WebBench

from swarm.errors import EnvironmentFault, StoreError
from swarm.lease.message import StatusReply
from swarm.server.api.app import GLANCE_S
from swarm.server.api.host import listen
from swarm.server.api.tokens import MAX_WRONG
from swarm.server.order_handler import MIN_FREE_BYTES


async def test_a_book_is_added_with_one_request_and_ordered_about(bench: WebBench) -> None:
    added = await bench.client.post(
        "/api/v1/books", params={"name": "../Emma.txt", "option": ["--speed=2", "--title=E"]}, content=b"Some words."
    )
    assert (added.status_code, added.json()["book"], added.json()["title"]) == (201, 1, "Emma.txt")
    await bench.settle()
    [book] = await bench.get("/api/v1/books")  # type: ignore[misc]
    assert (book["state"], book["options"]) == ("speaking", ["--speed=2", "--title=E"])
    assert "paused" in (await bench.order(action="pause", target="1")).json()["note"]
    assert (await bench.get("/api/v1/books/1"))["state"] == "paused"  # type: ignore[index]
    assert (await bench.order(action="limit", target="attic", count=2)).json()["note"].endswith("2 slots at most")
    assert list(bench.room.iterdir()) == []


async def test_a_list_of_orders_is_recorded_together_and_each_is_answered(
    bench: WebBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in "abcd":
        await bench.add(name)
    written = 0
    write = bench.queue._write

    def counted(content: Any) -> None:
        nonlocal written
        written += not bench.queue._is_together
        write(content)

    monkeypatch.setattr(bench.queue, "_write", counted)
    orders = [{"action": "move", "target": str(number), "count": 1} for number in (2, 3, 4)]
    orders[1:1] = [{"action": "pause", "target": "attic"}, {"action": "move", "target": "9", "count": 1}]
    answer = await bench.client.post("/api/v1/orders", content=json.dumps(orders))
    assert [sorted(became) for became in answer.json()] == [["note"], ["note"], ["error"], ["note"], ["note"]]
    assert ([book.id for book in bench.queue.books], written) == ([4, 3, 2, 1], 1)
    assert bench.told[0].target == "attic"


async def test_a_list_of_orders_that_the_disk_did_not_take_holds_and_that_is_told(
    bench: WebBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise StoreError("The disk is full.")

    await bench.add("a")
    monkeypatch.setattr("swarm.server.queue.replace_file", full)
    answer = await bench.client.post("/api/v1/orders", content='[{"action": "pause", "target": "1"}]')
    assert (answer.status_code, answer.json()["error"].startswith("The disk is full. What was ordered holds")) == (
        507,
        True,
    )
    assert bench.queue.find_book(1).state.is_paused


@pytest.mark.skipif(not shutil.which("curl"), reason="no curl here: apt-get install curl")
async def test_the_documented_line_adds_a_book(bench: WebBench, tmp_path: Path) -> None:
    text = (Path(__file__).resolve().parents[3] / "docs" / "api.md").read_text(encoding="utf-8")
    [line] = [line for line in text.splitlines() if line.startswith("curl") and "--data-binary" in line]

    async def run_it() -> dict[str, object]:
        process = await asyncio.create_subprocess_shell(
            line.replace("http://127.0.0.1:5848", bench.url),
            cwd=tmp_path,
            env={**os.environ, "TOKEN": TOKEN},
            stdout=asyncio.subprocess.PIPE,
        )
        answer: dict[str, object] = json.loads((await process.communicate())[0])
        return answer

    book = tmp_path / "book.epub"
    book.write_bytes(b"PK")
    assert str((await run_it())["error"]).startswith("book.epub is not an EPUB")
    write_book(tmp_path, {"One": "Some words."}, "Emma").replace(book)
    added = await run_it()
    assert (added["book"], added["title"], added["options"]) == (1, "Emma", ["--voice=heart"])


async def test_what_cannot_be_obeyed_is_answered_in_words(bench: WebBench) -> None:
    for order, code, why in [
        ({"action": "pause", "target": "nothing"}, 404, "no book or machine"),
        ({"action": "sing", "target": "1"}, 400, "Invalid enum value 'sing'; known are pause, resume, move,"),
        ({"action": "pause", "target": "1" * 5000}, 400, "target: Expected `str` of length <= 2000"),
        ({"action": "pause"}, 400, "The body is not understood: Object missing required field `target`."),
        ({"action": "pause", "target": "1", "colour": "red"}, 400, "unknown field `colour`"),
        ({"action": "pause", "target": 1}, 400, "not understood"),
        ({"action": "pause", "target": "x" * 300_000}, 413, "too large"),
    ]:
        answer = await bench.order(**order)
        assert (answer.status_code, why in answer.json()["error"]) == (code, True), answer.text


async def test_a_body_that_is_no_order_is_refused_in_words(bench: WebBench) -> None:
    for body in ["", "{", "[" * 100_000, "\xff", '"pause"', "null"]:
        answer = await bench.client.post("/api/v1/orders", content=body.encode("latin-1"))
        assert (answer.status_code, bool(answer.json()["error"])) == (400, True), answer.text


async def test_an_unknown_address_is_answered_like_all_else(bench: WebBench) -> None:
    for method, path, code in (("GET", "/api/v1/nothing", 404), ("PATCH", "/api/v1/books", 405)):
        answer = await bench.client.request(method, path)
        assert (answer.status_code, bool(answer.json()["error"])) == (code, True)


async def test_a_book_that_cannot_be_taken_leaves_nothing(bench: WebBench) -> None:
    for content, options, why in ((b"", (), "has to be the book"), (b"Words.", ("--nonsense",), "nonsense")):
        answer = await bench.client.post("/api/v1/books", params={"name": "a.txt", "option": options}, content=content)
        assert (answer.status_code, why in answer.json()["error"]) == (400, True)
    assert (bench.queue.books, list(bench.room.iterdir())) == ((), [])


async def test_a_book_for_which_the_disk_has_no_room_is_refused_before_the_disk_is_full(
    bench: WebBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("swarm.server.order_handler.free_bytes", lambda folder: MIN_FREE_BYTES + 10)
    answer = await bench.client.post("/api/v1/books", params={"name": "a.txt"}, content=b"Some words.")
    assert (answer.status_code, "no room" in answer.json()["error"]) == (507, True)
    assert (bench.queue.books, list(bench.room.iterdir())) == ((), [])


async def test_the_status_is_flat_and_the_metrics_are_read_by_prometheus(bench: WebBench) -> None:
    from prometheus_client.parser import text_string_to_metric_families

    await bench.add("Emma")
    await bench.settle()
    status = await bench.get("/api/v1/status")
    assert isinstance(status, dict)
    assert (status["title"], status["books_waiting"], status["machines"]) == ("Emma", 0, 2)
    assert not any(isinstance(value, dict | list) for value in status.values())
    text = (await bench.client.get("/metrics")).text
    told = {(s.name, *s.labels.values()): s.value for f in text_string_to_metric_families(text) for s in f.samples}
    assert (told["e2a_swarm_books", "speaking"], told["e2a_swarm_sentences", "left"]) == (1, 1)


async def test_events_tell_what_changes(bench: WebBench) -> None:
    async with bench.client.stream("GET", "/api/v1/events") as stream:
        lines = (line async for line in stream.aiter_lines() if line.startswith("data: "))
        assert json.loads((await anext(lines))[6:])["books"] == []
        for name in ("Emma", "Persuasion"):
            await bench.add(name)
            told = json.loads((await anext(lines))[6:])
            assert [book["title"] for book in told["books"]] == [f"{name}.txt"]
        assert told["order"] == [1, 2]
        await bench.order(action="pause", target="2")
        told = json.loads((await anext(lines))[6:])
        assert ([book["book"] for book in told["books"]], "order" in told) == ([2], False)


async def test_events_are_small_for_clients_that_take_them_compressed(bench: WebBench) -> None:
    for number in range(20):
        await bench.add(f"Book {number}")
    for takes in ["gzip, br", "identity"]:
        async with bench.client.stream("GET", "/api/v1/events", headers={"Accept-Encoding": takes}) as stream:
            lines = (line async for line in stream.aiter_lines() if line.startswith("data: "))
            first = await anext(lines)
            assert len(json.loads(first[6:])["books"]) == 20
            assert (stream.num_bytes_downloaded < len(first) / 4) is ("gzip" in takes)


async def test_many_that_follow_share_one_look_at_the_machines(bench: WebBench) -> None:
    looks = 0
    tell = bench.resident.status

    def counted() -> StatusReply:
        nonlocal looks
        looks += 1
        return tell()

    bench.resident.status = counted  # type: ignore[method-assign]
    began = time.monotonic()
    async with AsyncExitStack() as stack:
        for _ in range(20):
            stream = await stack.enter_async_context(bench.client.stream("GET", "/api/v1/events"))
            assert await anext(stream.aiter_lines()) == "event: status"
    assert looks <= 1 + (time.monotonic() - began) / GLANCE_S


async def test_without_the_token_nothing_is_told_and_many_wrong_ones_have_to_wait(bench: WebBench) -> None:
    async with httpx.AsyncClient(base_url=bench.url, trust_env=False) as stranger:
        assert (await stranger.get("/healthz")).text == "ok\n"
        for shown in ("", "Bearer", "Bearer wrong", f"Basic {TOKEN}", "Bearer \xe4"):
            answer = await stranger.get("/api/v1/status", headers={"Authorization": shown.encode("latin-1")})
            assert (answer.status_code, "web-token" in answer.json()["error"]) == (401, True)
        codes = [(await stranger.get("/metrics")).status_code for _ in range(MAX_WRONG)]
    assert codes == [401] * (MAX_WRONG - 5) + [429] * 5
    assert (await bench.client.get("/api/v1/status")).status_code == 200, "the right token is not locked out"


@pytest.mark.slow
async def test_the_document_is_one_of_openapi(bench: WebBench) -> None:
    from openapi_spec_validator import validate  # takes seconds to import

    document: Any = await bench.get("/api/v1/openapi.json")
    validate(document)


async def test_the_document_names_every_path(bench: WebBench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "faker", None)  # the image has none
    document: Any = await bench.get("/api/v1/openapi.json")
    calls = [(method, path) for path, methods in document["paths"].items() for method in methods]
    assert len(calls) >= 25
    for method, path in calls:
        if not path.endswith("/events"):  # a stream of events does not end
            answer = await bench.client.request(method, re.sub(r"\{\w+\}", "7", path))
            assert str(answer.status_code) in document["paths"][path][method]["responses"], path


async def test_an_address_answers_head_and_tells_all_that_it_allows(bench: WebBench) -> None:
    await bench.add("a")
    for path in ("/api/v1/books", "/api/v1/books/1", "/metrics", "/healthz"):
        head, whole = await bench.client.head(path), await bench.client.get(path)
        assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(len(whole.content)))
    for path, allowed in (
        ("/api/v1/books", {"GET", "HEAD", "OPTIONS", "POST"}),
        ("/api/v1/feeds", {"GET", "HEAD", "OPTIONS", "POST"}),
        ("/api/v1/invites", {"GET", "HEAD", "OPTIONS", "POST"}),
        ("/api/v1/feeds/1", {"DELETE", "OPTIONS"}),
        ("/api/v1/events", {"GET", "OPTIONS"}),
    ):
        for method, code in (("PATCH", 405), ("OPTIONS", 204)):
            answer = await bench.client.request(method, path)
            assert (answer.status_code, set(answer.headers["allow"].split(", "))) == (code, allowed)
            assert code == 204 or "`Allow` names those that it takes" in answer.json()["error"]


async def test_what_is_not_there_is_not_found(bench: WebBench) -> None:
    for path in ["books/9", "books/one", "books/-1", "books/9/files", "books/9/cover", "feeds/9"]:
        answer = await bench.client.request("DELETE" if path.startswith("feeds") else "GET", f"/api/v1/{path}")
        assert (answer.status_code, bool(answer.json()["error"])) == (404, True)


async def test_a_fault_of_the_program_is_logged_and_answered(
    bench: WebBench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(bench.resident, "status", lambda: 1 / 0)
    answer = await bench.client.get("/api/v1/status")
    assert (answer.status_code, "ZeroDivisionError" in caplog.text) == (500, True)
    assert "division" not in answer.text


def test_a_port_in_use_is_named() -> None:
    with listen("127.0.0.1", [0]) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(EnvironmentFault, match=f"cannot listen at 127.0.0.1:{port}"):
            listen("127.0.0.1", [port])
        with listen("127.0.0.1", [port, 0]) as other:
            assert other.getsockname()[1] != port
