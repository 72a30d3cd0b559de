"""The interface for listeners over real HTTP: what can be heard while a book is spoken, and one wrong sentence."""

import asyncio
import gc
import io
import json
import re
import tracemalloc
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from listen_bench import RATE, ListenBench, heard, tone
from PIL import Image

from swarm.job.store.store import DiskStore
from swarm.server.queue import BookState
from swarm.watch.progress import PlainProgress

TEXT = "The first sentence is here. The second one follows"


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[ListenBench]:
    made = ListenBench(tmp_path)
    await made.serve()
    await made.add("Emma", TEXT)
    await made.settle()
    yield made
    await made.close()


async def stretch_of(bench: ListenBench, number: int = 1) -> dict[str, Any]:
    answer = await bench.get(f"/api/v1/books/{number}/chapters/1")
    assert isinstance(answer, dict)
    [stretch] = answer["stretches"]
    assert isinstance(stretch, dict)
    return stretch


def address(stretch: dict[str, Any]) -> str:
    return f"/api/v1/books/1/chapters/1/{stretch['stretch']}.wav?sound={stretch['sound']}"


async def test_a_book_is_heard_while_it_is_spoken_and_its_samples_are_those_of_its_clips(bench: ListenBench) -> None:
    assert [each["state"] for each in (await stretch_of(bench))["sentences"]] == ["waiting"] * 2
    assert (await bench.client.get("/api/v1/books/1/chapters/1/1.wav")).status_code == 404
    first, second = tone(300), tone(500)
    bench.speak(1, 0, 0, first)
    assert not (await stretch_of(bench))["sound"]
    bench.speak(1, 0, 1, second, doubt="too long")
    stretch = await stretch_of(bench)
    answer = await bench.client.get(address(stretch))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "audio/wav")
    assert "immutable" in answer.headers["cache-control"]
    sound = heard(answer.content)
    assert sound.size == round(stretch["length_s"] * RATE)
    for sentence, clip in zip(stretch["sentences"], (first, second), strict=True):
        start = round(sentence["at_s"] * RATE)
        assert np.array_equal(sound[start : start + clip.size], clip)
    [doubtful] = await bench.get("/api/v1/books/1/doubtful")  # type: ignore[misc]
    assert doubtful["sentence"]["doubt"] == "too long"
    book, listed = await bench.get("/api/v1/books/1/chapters"), await bench.get("/api/v1/books/1")
    assert isinstance(book, dict)
    assert isinstance(listed, dict)
    assert book["state"] == listed["state"] != "waiting"
    assert [(each["spoken"], each["sentences"], each["is_whole"]) for each in book["chapters"]] == [(2, 2, True)]


async def test_players_seek_by_ranges(bench: ListenBench) -> None:
    for index in range(2):
        bench.speak(1, 0, index, tone(300))
    url = address(await stretch_of(bench))
    whole = (await bench.client.get(url)).content
    for asked, code, part in [
        ("bytes=0-3", 206, slice(0, 4)),
        ("bytes=44-", 206, slice(44, None)),
        ("bytes=-10", 206, slice(-10, None)),
        ("bytes=99999999-", 416, slice(0, 0)),
        ("bytes=5-2", 416, slice(0, 0)),
        ("bytes=0-99999999", 206, slice(None)),
        ("bytes=-", 200, slice(None)),
        ("bytes=0-1,4-5", 200, slice(None)),
        ("nonsense", 200, slice(None)),
    ]:
        answer = await bench.client.get(url, headers={"Range": asked})
        assert (answer.status_code, answer.content) == (code, whole[part])
        if code == 206:
            first = whole.index(answer.content) if len(answer.content) < len(whole) else 0
            assert answer.headers["content-range"].endswith(f"/{len(whole)}")
            assert first >= 0


async def test_a_changed_sound_has_another_name_and_an_old_range_is_not_mixed_with_it(bench: ListenBench) -> None:
    for index in range(2):
        bench.speak(1, 0, index, tone(300))
    url = address(await stretch_of(bench))
    first = await bench.client.get(url)
    same = await bench.client.get(url, headers={"If-None-Match": first.headers["etag"]})
    assert (same.status_code, same.content) == (304, b"")
    mixed = await bench.client.get(url, headers={"Range": "bytes=0-1", "If-Range": '"other"'})
    assert (mixed.status_code, mixed.content) == (200, first.content)


async def redo(bench: ListenBench, **asked: object) -> httpx.Response:
    running = asyncio.create_task(bench.resident.serve_books())
    answer = await bench.client.post("/api/v1/books/1/redo", json=asked)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    return answer


async def test_one_wrong_sentence_is_spoken_again_alone_in_other_words(bench: ListenBench) -> None:
    for index in range(2):
        bench.speak(1, 0, index, tone(300))
    before = await stretch_of(bench)
    answer = await redo(bench, chapter=1, sentence=2, say="The other one follows.")
    assert "spoken again" in answer.json()["note"], answer.text
    assert bench.server.titles == ["Emma"]
    state = bench.state_of(1)
    assert list(state.accepted) == [(0, 0)]
    assert "other one" in state.engine_text((0, 1))
    stretch = await stretch_of(bench)
    assert [(each["state"], each["said"]) for each in stretch["sentences"]] == [
        ("spoken", ""),
        ("waiting", "The other one follows."),
    ]
    bench.speak(1, 0, 1, tone(700))
    after = await stretch_of(bench)
    assert after["sound"] != before["sound"]
    assert np.array_equal(heard((await bench.client.get(address(after))).content)[: RATE // 2], tone(300))


async def test_a_finished_book_is_heard_and_mended_and_goes_through_the_queue_again(bench: ListenBench) -> None:
    for index in range(2):
        bench.speak(1, 0, index, tone(300))
    before = await stretch_of(bench)
    bench.finish(1, "/out/Emma.m4b")
    await bench.settle()
    assert (bench.queue.find_book(1).state, bench.server.titles) == (BookState.FINISHED, [])
    assert (await stretch_of(bench))["sound"] == before["sound"]
    assert (await bench.client.get(address(before))).status_code == 200
    for title in "bcd":
        await bench.add(title)
    await bench.settle()
    answer = await redo(bench, chapter=1, sentence=1)
    assert answer.status_code == 200, answer.text
    assert not bench.queue.find_book(1).state.is_ended
    assert bench.server.titles == ["Emma", "b", "c", "d"]  # at once, and first
    assert list(bench.state_of(1).accepted) == [(0, 1)]


async def test_what_cannot_be_mended_is_said_and_changes_nothing(bench: ListenBench) -> None:
    bench.speak(1, 0, 0, tone(300))
    for asked, why in [
        ({"chapter": 9, "sentence": 1}, "no chapter 9"),
        ({"chapter": 1, "sentence": 0}, "sentences 1 to 2"),
        ({"chapter": 1, "sentence": 1, "say": "word " * 9000}, "too"),
        ({"chapter": 1, "sentence": 1, "say": "***"}, "cannot be spoken"),
        ({"chapter": "one"}, "not understood"),
        ({"chapter": 1, "sentence": 2}, "no sound yet"),
    ]:
        answer = await redo(bench, **asked)
        assert (answer.status_code, why in answer.json()["error"]) == (400, True), answer.text
        assert list(bench.state_of(1).accepted) == [(0, 0)]


async def test_what_could_not_be_recorded_is_not_told_to_be_done(bench: ListenBench) -> None:
    for index in range(2):
        bench.speak(1, 0, index, tone(300))
    bench.finish(1, "/out/Emma.m4b")
    await bench.settle()
    other = DiskStore(bench.state)
    other.lock_job(bench.queue.find_book(1).job)
    answer = await redo(bench, chapter=1, sentence=1)
    assert answer.status_code >= 400 and "already working" in answer.json()["error"], answer.text
    other.close()
    bench.end_rests()
    assert (await redo(bench, chapter=1, sentence=1)).status_code == 200
    assert list(bench.state_of(1).accepted) == [(0, 1)]


async def test_a_clip_that_is_gone_from_the_disk_breaks_nothing(bench: ListenBench) -> None:
    for index in range(2):
        bench.speak(1, 0, index, tone(300))
    for path in (bench.state / "clips").rglob("*.flac"):
        path.unlink()
    assert (await bench.client.get(address(await stretch_of(bench)))).status_code == 404


async def test_what_is_not_there_is_not_found(bench: ListenBench) -> None:
    for path in ("/chapters/7", "/chapters/1/9.wav", "/chapters/1/1.mp3", "/chapters/1/1"):
        assert (await bench.client.get(f"/api/v1/books/1{path}")).status_code == 404
    assert (await bench.client.get("/api/v1/books/9/chapters")).status_code == 404


async def test_a_book_without_a_cover_has_one_that_is_drawn(bench: ListenBench) -> None:
    answer = await bench.client.get("/api/v1/books/1/cover")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    assert answer.content.startswith(b"\xff\xd8\xff")


async def test_a_small_cover_is_made_once_and_kept_with_the_job(bench: ListenBench) -> None:
    small = "/api/v1/books/1/cover?size=small"
    made = (await bench.client.get(small)).content
    assert max(Image.open(io.BytesIO(made)).size) == 400
    kept = bench.store.folder(bench.queue.find_book(1).job) / "cover-small.jpg"
    assert kept.read_bytes() == made
    kept.write_bytes(b"as it was kept")
    assert (await bench.client.get(small)).content == b"as it was kept"


async def test_the_metrics_count_what_was_spoken(bench: ListenBench) -> None:
    bench.speak(1, 0, 0, tone(300))
    bench.speak(1, 0, 1, tone(400))
    text = (await bench.client.get("/metrics")).text
    told = {name: float(value) for name, value in re.findall(r"^e2a_swarm_(\w+)_total (\S+)$", text, re.MULTILINE)}
    clips = list(bench.state_of(1).accepted.values())
    assert told == {
        "clips": 2,
        "clip_bytes": sum(clip.bytes for clip in clips),
        "clip_seconds": pytest.approx(1.0),
        "work_seconds": pytest.approx(0.2),
        "retakes": 0,
        "journal_commits": bench.store.tally.commits,
    }
    assert told["journal_commits"] >= 2


async def test_a_finished_book_is_heard_from_its_file_which_says_when_each_sentence_is_heard(
    bench: ListenBench,
) -> None:
    for index in range(2):
        bench.speak(1, 0, index, tone(300))
    path = bench.write_sound(bench.folder / "out" / "Emma.mp3")
    job = bench.queue.find_book(1).job
    spots = ({"file": "Emma.mp3", "at_s": at, "end_s": at + 0.4} for at in (10.5, 12.0))
    rows = [{"chapter": 1, "sentence": place, **spot} for place, spot in enumerate(spots, start=1)]
    report = bench.folder / "out" / "Emma.report.json"
    report.write_text(json.dumps({"book": {"job": job}, "segments": rows}))
    bench.claim(job, report)
    assert not (await bench.get("/api/v1/books/1/chapters/1"))["file"], "it is not finished"  # type: ignore[call-overload]
    bench.finish(1, str(path))
    await bench.settle()
    chapter: Any = await bench.get("/api/v1/books/1/chapters/1")
    [stretch] = chapter["stretches"]
    assert (chapter["kind"], stretch["file_s"], stretch["length_s"]) == ("audio/mpeg", 10.5, pytest.approx(1.9))
    assert [each["at_s"] for each in stretch["sentences"]] == [0.0, 1.5]
    answer = await bench.client.get(f"/api/v1/books/1/{chapter['file']}", headers={"Range": "bytes=0-99"})
    assert (answer.status_code, answer.headers["content-type"], len(answer.content)) == (206, "audio/mpeg", 100)
    assert "content-disposition" not in answer.headers
    saved = await bench.client.get("/api/v1/books/1/files/1")
    assert (saved.headers["content-type"], saved.content) == ("application/octet-stream", path.read_bytes())
    for lacking in ([rows[0]], [rows[0], rows[1] | {"file": "Other.mp3"}], []):
        report.write_text(json.dumps({"book": {"job": job}, "segments": lacking}))
        chapter = await bench.get("/api/v1/books/1/chapters/1")
        assert (chapter["file"], chapter["stretches"][0]["file_s"]) == ("", 0.0), "the minutes are there as ever"
    path.unlink()
    report.write_text(json.dumps({"book": {"job": job}, "segments": rows}))
    assert not (await bench.get("/api/v1/books/1/chapters/1"))["file"]  # type: ignore[call-overload]


LEAST_BOOKS, MANY_BOOKS = 5, 20  # what is made once is there after the first
MAX_KEPT_BYTES = 25_000  # of a book; its sentences alone take several times as much


@pytest.mark.slow
async def test_of_many_finished_books_next_to_nothing_is_kept(bench: ListenBench) -> None:
    progress, looks = PlainProgress(io.StringIO()), list[tracemalloc.Snapshot]()
    text = " ".join(f"This is sentence {number}, which is no longer than others." for number in range(400))
    tracemalloc.start()
    try:
        for count in range(MANY_BOOKS):
            number = await bench.add(f"Book {count}", text)
            await bench.settle()
            progress.update(bench.resident.status())
            await bench.get(f"/api/v1/books/{number}/chapters/1")
            bench.finish(number, str(bench.write_sound(bench.folder / "out" / f"{number}.mp3")))
            await bench.settle()
            await bench.get("/api/v1/books")
            if count + 1 in (LEAST_BOOKS, MANY_BOOKS):
                gc.collect()
                looks.append(tracemalloc.take_snapshot())
    finally:
        tracemalloc.stop()
    books = MANY_BOOKS - LEAST_BOOKS
    kept = [each for each in looks[1].compare_to(looks[0], "lineno") if each.count_diff >= books - 1]
    assert sum(each.size_diff for each in kept) / books < MAX_KEPT_BYTES, kept[:5]
