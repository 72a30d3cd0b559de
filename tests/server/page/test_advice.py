"""What programs are told before a book is added, over real HTTP."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from site_bench import TOKEN, SiteBench
from test_site_add import CONTENTS


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[SiteBench]:
    made = SiteBench(tmp_path)
    made.answers |= {"inspect": json.dumps(CONTENTS).encode(), "voices": b'{"engines": []}'}
    await made.serve()
    yield made
    await made.close()


async def ask(bench: SiteBench, method: str, path: str, content: bytes = b"") -> httpx.Response:
    async with httpx.AsyncClient(base_url=bench.url, trust_env=False, timeout=60) as client:
        return await client.request(method, path, content=content, headers={"Authorization": f"Bearer {TOKEN}"})


async def test_a_book_is_looked_into_with_its_options_and_nothing_of_it_stays(bench: SiteBench) -> None:
    answer = await ask(
        bench, "POST", "/api/v1/inspect?name=../--help.txt&option=--speed=2&option=--notes=end", b"Words."
    )
    estimate = {"work_s": None, "wait_s": 0.0, "price": ""}
    assert (answer.status_code, answer.json()) == (200, {**CONTENTS, "estimate": estimate}), answer.text
    [(*words, path)] = bench.asked
    assert words == ["inspect", "--notes=end", "--json", "--"]
    assert Path(path).parent == bench.room and path.endswith("--help.txt")
    assert not any(each.is_file() for each in bench.room.iterdir())
    assert bench.queue.books == ()


async def test_options_that_make_no_sense_and_empty_books_are_refused(bench: SiteBench) -> None:
    for path, content in (("?name=a.txt&option=--nonsense", b"Words."), ("?name=a.txt", b"")):
        answer = await ask(bench, "POST", f"/api/v1/inspect{path}", content)
        assert (answer.status_code, bool(answer.json()["error"])) == (400, True)
    assert bench.asked == []
    assert not any(each.is_file() for each in bench.room.iterdir())


async def test_voices_and_the_line_that_joins_are_told_to_those_with_the_token_alone(bench: SiteBench) -> None:
    assert (await ask(bench, "GET", "/api/v1/voices?language=de")).json() == {"engines": []}
    assert bench.asked == [("voices", "--json", "--language=de")]
    assert (await ask(bench, "GET", f"/api/v1/voices?language={'x' * 99}")).status_code == 400
    told = await ask(bench, "GET", "/api/v1/join")
    assert (told.json(), told.headers["cache-control"]) == ({"command": "e2a-swarm join CODE"}, "no-store")
    async with httpx.AsyncClient(base_url=bench.url, trust_env=False) as stranger:
        for path in ("/api/v1/join", "/api/v1/voices"):
            assert (await stranger.get(path)).status_code == 401


async def test_a_voice_is_heard_by_programs(bench: SiteBench) -> None:
    heard = await ask(bench, "GET", "/api/v1/voices/sample?engine=hibari&voice=heart&language=en")
    assert (heard.headers["content-type"], heard.content) == ("audio/flac", bench.answers["voices"])
    assert bench.asked == [("voices", "--listen=heart", "--tts-engine=hibari", "--language=en")]


async def test_a_book_of_the_queue_is_added_again_with_other_options(bench: SiteBench) -> None:
    await bench.add("Emma")
    added = await ask(bench, "POST", "/api/v1/books/1/again?option=--speed=2")
    assert (added.status_code, added.json()["book"]) == (201, 2)
    assert [(book.name, book.options) for book in bench.queue.books] == [("Emma.txt", ()), ("Emma.txt", ("--speed=2",))]
    assert (
        bench.queue.path(bench.queue.find_book(2)).read_bytes()
        == bench.queue.path(bench.queue.find_book(1)).read_bytes()
    )
    assert (await ask(bench, "POST", "/api/v1/books/9/again")).status_code == 400
