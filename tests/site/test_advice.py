"""What programs are told before a book is added, over real HTTP."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from site_bench import TOKEN, SiteBench


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[SiteBench]:
    made = SiteBench(tmp_path)
    made.answers |= {"inspect": b'{"chapters": []}', "voices": b'{"engines": []}'}
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
    assert (answer.status_code, answer.json()) == (200, {"chapters": []}), answer.text
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
