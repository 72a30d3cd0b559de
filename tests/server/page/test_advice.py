"""What programs are told before a book is added, over real HTTP."""

import json
from collections.abc import Sequence
from pathlib import Path

import httpx
import pytest
from msgspec import structs
from site_bench import TOKEN, SiteBench
from test_add_views import CONTENTS

from swarm.errors import UsageError
from swarm.lease.message import JobStatus, SlotStatus, StatusReply, WorkerStatus
from swarm.server.page.advice import Price, notes_of, parse_price, read_answer, waiting_s, work_s
from swarm.server.page.cli_process import Hear


@pytest.fixture
def bench(bench: SiteBench) -> SiteBench:
    bench.answers |= {"inspect": json.dumps(CONTENTS).encode(), "voices": b'{"engines": []}'}
    return bench


async def ask(bench: SiteBench, method: str, path: str, content: bytes = b"") -> httpx.Response:
    async with httpx.AsyncClient(base_url=bench.url, trust_env=False, timeout=60) as client:
        return await client.request(method, path, content=content, headers={"Authorization": f"Bearer {TOKEN}"})


async def test_a_book_is_looked_into_with_its_options_and_nothing_of_it_stays(bench: SiteBench) -> None:
    answer = await ask(
        bench, "POST", "/api/v1/inspect?name=../--help.txt&option=--speed=2&option=--notes=end", b"Words."
    )
    estimate = {"work_s": None, "wait_s": 0.0, "price": ""}
    assert (answer.status_code, answer.json()) == (200, {**CONTENTS, "estimate": estimate}), answer.text
    [(*words, path)] = [each for each in bench.asked if each[0] == "inspect"]
    assert words == ["inspect", "--notes=end", "--json", "--"]
    assert (Path(path).parent.parent, Path(path).name) == (bench.room, "--help.txt")
    assert not any(each.name.startswith("inspect") for each in bench.room.iterdir())
    assert bench.queue.books == ()


async def test_a_book_is_looked_into_where_no_speed_is_known(bench: SiteBench) -> None:
    del bench.answers["voices"]
    bench.changes.append(lambda told: structs.replace(told, workers=reply(0.0).workers))
    answer = await ask(bench, "POST", "/api/v1/inspect?name=a.txt", b"Words.")
    assert (answer.status_code, answer.json()["estimate"]["work_s"]) == (200, None), answer.text


class BrokenBooks(SiteBench):
    """A page for which each book is broken."""

    async def run_cli(self, words: Sequence[str], folder: Path, hear: Hear | None = None) -> bytes:
        raise UsageError(f"{words[-1]} is not an EPUB; fetch {words[-1]} again.")


async def test_a_broken_book_is_refused_by_its_name_without_a_path_of_the_server(tmp_path: Path) -> None:
    bench = BrokenBooks(tmp_path)
    await bench.serve()
    answer = await ask(bench, "POST", "/api/v1/inspect?name=/etc/a%0Ab.epub", b"PK")
    assert (answer.status_code, answer.json()) == (400, {"error": "a_b.epub is not an EPUB; fetch a_b.epub again."})
    answer = await ask(bench, "POST", "/api/v1/books?name=/etc/b.epub", b"PK")
    assert (answer.status_code, str(bench.folder) in answer.text) == (400, False)
    await bench.close()


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
    assert (await ask(bench, "POST", "/api/v1/books/9/again")).status_code == 404


def reply(*speeds: float, silent_s: float = 0.0) -> StatusReply:
    slots = tuple(SlotStatus(number, "speaking", realtime=speed) for number, speed in enumerate(speeds))
    job = JobStatus("j", "Emma", "hibari", "speaking", 1, 0, 0, 9, 9, 0.0, 0.0, 90.0, ())
    return StatusReply("c", "n", "1", 1, (job,), (WorkerStatus("w", "attic", "cpu", slots, silent_s, 0),))


def test_the_time_is_estimated_by_what_is_measured_now_or_was_before() -> None:
    assert work_s(60.0, reply(2.0, 4.0), 0.0) == 10.0
    assert work_s(60.0, reply(2.0, 0.0), 0.0) == 15.0, "a slot that waits is as fast as the others"
    assert work_s(60.0, reply(0.0, 0.0), 3.0) == 10.0
    assert work_s(60.0, reply(0.0), 0.0) is None
    assert work_s(60.0, reply(2.0, silent_s=60.0), 3.0) is None
    assert waiting_s(reply()) == 90.0


def test_engines_of_passages_in_other_languages_are_a_note() -> None:
    plain = {"title": "Emma", "authors": [], "language": "en", "engine": "hibari", "chapters": [], "left_out": []}
    plain |= {"totals": {"words": 9, "estimated_s": 3}, "cautions": ["it is odd"]}
    guest = {"language": "fr", "engine": "espeak", "model": "", "voice": "fr", "sentences": 2}
    assert notes_of(plain) == ["it is odd"]
    told = notes_of(plain | {"guests": [guest]})
    assert told[1:] == ["in other languages: French (2 sentences) by espeak; --one-engine leaves all to hibari"]


def test_answers_that_make_no_sense_are_told_so() -> None:
    for answer in (b"", b"[]"):
        with pytest.raises(UsageError, match="no sense"):
            read_answer(answer)


def test_a_price_is_read_and_told_for_a_book() -> None:
    for text, price, cost in [
        ("openai=15 USD", Price("openai", 15, "USD"), "0.46 USD"),
        (" openai=12.5€ ", Price("openai", 12.5, "€"), "0.39 €"),
        ("my-engine_2=40", Price("my-engine_2", 40), "1.23"),
    ]:
        assert parse_price(text) == price
        assert price.cost_of(30_801) == cost


def test_what_is_no_price_is_refused_with_an_example() -> None:
    for text in ["", "openai", "openai=", "openai=-1", "=15", "openai=1e5", "openai=15 US dollars!", "a=1 <b"]:
        with pytest.raises(UsageError, match="such as openai=15 USD"):
            parse_price(text)
