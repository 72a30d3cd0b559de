"""The books of a queue: which are served, in which order, and how they end."""

import asyncio
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from functools import partial
from itertools import groupby
from pathlib import Path

import pytest
from msgspec import structs
from resident_bench import ResidentBench, add_to_queue

from swarm.config import RedoConfig, RenderConfig, StyleConfig
from swarm.coordinator.books import Books
from swarm.errors import StoreError, SwarmError, UsageError
from swarm.job.record import JobFinished
from swarm.job.state import apply
from swarm.job.store.store import DiskStore
from swarm.lease.member_message import Order
from swarm.lease.message import StatusReply
from swarm.lease.states import IllegalTransition
from swarm.net.wire import pack, unpack_from_coordinator
from swarm.server.api.answers import book_answers
from swarm.server.queue import BookState, QueuedBook
from swarm.server.resident import AHEAD, MAX_SERVED, MendOrder, check_start
from swarm.system.disk import Lock
from swarm.system.machine import Say
from swarm.watch.view import job_percent


@pytest.fixture
def bench(tmp_path: Path) -> ResidentBench:
    return ResidentBench(tmp_path)


def obey(bench: ResidentBench, action: str, book: int, count: int = 0) -> str:
    return bench.resident.obey(bench.queue.find_book(book), Order(action, str(book), count))  # type: ignore[arg-type]


def states(bench: ResidentBench) -> list[str]:
    return [book.state.at_start.value for book in bench.queue.books]


async def test_a_few_books_are_served_at_a_time_in_the_order_of_the_queue(bench: ResidentBench) -> None:
    for title in "abcde":
        await bench.add(title)
    await bench.settle()
    assert bench.server.titles == list("abcde")[:AHEAD]
    assert [book.job != "" for book in bench.queue.books] == [True] * AHEAD + [False] * 2


async def test_books_that_no_worker_can_speak_take_turns_and_keep_no_other_waiting(bench: ResidentBench) -> None:
    bench.server.unserved = True
    for number in range(MAX_SERVED + 2):
        await bench.add(f"book {number}")
    await bench.settle()
    assert bench.server.titles == [f"book {number}" for number in range(2, MAX_SERVED + 2)]
    why = "no worker here can speak English with metronome"
    assert [book.why for book in bench.queue.books if book.why] == [why, why]
    assert set(states(bench)) == {"waiting"}


async def test_the_next_book_follows_when_one_is_written_and_its_memory_is_given_back(
    bench: ResidentBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    trimmed: list[str] = []
    for title in "abcd":
        await bench.add(title)
    await bench.settle()
    monkeypatch.setattr("swarm.server.resident.trim_memory", lambda: trimmed.append("once"))
    edition = next(iter(bench.server.editions.values()))
    apply(edition.state, JobFinished(1.0, ("/out/a.m4b",)))
    edition.state.audio_s = 731.0
    bench.resident.ended(edition, None)
    await bench.settle()
    assert bench.server.titles == ["b", "c", "d"]
    assert trimmed == ["once"]
    finished = bench.queue.find_book(1)
    assert (finished.state, finished.files, finished.title) == (BookState.FINISHED, ("/out/a.m4b",), "a")
    [answer] = book_answers([finished], bench.server.status())
    assert answer.sound_s == 731.0


async def test_a_book_that_fails_is_set_aside_with_its_reason_until_somebody_resumes_it(bench: ResidentBench) -> None:
    await bench.add("empty", "")
    bench.queue.path(bench.queue.find_book(1)).write_text("")
    await bench.add("b")
    await bench.settle()
    assert states(bench) == ["failed", "waiting"]
    assert bench.queue.find_book(1).why.startswith("empty")  # the folder of the queue is not told
    edition = bench.server.editions[bench.queue.find_book(2).job]
    bench.resident.ended(edition, SwarmError("It cannot be spoken."))
    await bench.settle()
    assert (states(bench), bench.queue.find_book(2).why, bench.server.titles) == (
        ["failed"] * 2,
        "It cannot be spoken.",
        [],
    )
    obey(bench, "resume", 2)
    await bench.settle()
    assert (states(bench), bench.server.titles) == (["failed", "waiting"], ["b"])


async def test_a_full_disk_fails_no_book_and_the_queue_goes_on_when_there_is_room(bench: ResidentBench) -> None:
    aside = list[str]()
    bench.resident._set_aside = lambda source, why: bool(aside.append(why))
    for title in "abcd":
        await bench.add(title)
    await bench.settle()
    for edition in list(bench.server.editions.values()):
        bench.resident.ended(edition, StoreError("The disk is full."))
    await bench.settle()
    assert (states(bench), bench.server.titles, aside) == (["waiting"] * 4, ["d"], [])
    assert [book.why for book in bench.queue.books] == ["The disk is full."] * 3 + [""]
    bench.end_rests()
    await bench.settle()
    assert bench.server.titles == ["a", "b", "d"]


async def test_other_commands_may_have_a_book_that_could_not_be_opened(
    bench: ResidentBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(books: Books) -> None:
        raise StoreError("The disk is full.")

    monkeypatch.setattr(Books, "_check_space", full)
    await bench.add("a")
    await bench.settle()
    [lock] = (bench.state / "locks").glob("a-*.lock")
    assert Lock(lock).try_acquire()


async def test_the_machine_is_kept_awake_while_books_are_served(bench: ResidentBench) -> None:
    told: list[bool] = []
    bench.resident.serve_books = partial(bench.resident.serve_books, told.append)  # type: ignore[method-assign]
    await bench.settle()
    await bench.add("a")
    await bench.settle()
    bench.resident.ended(next(iter(bench.server.editions.values())), None)
    await bench.settle()
    assert [working for working, _ in groupby(told)] == [False, True, False]


async def test_a_restart_serves_first_what_was_begun(bench: ResidentBench) -> None:
    for title in "abcd":
        await bench.add(title)
    await bench.settle()
    obey(bench, "pause", 2)
    bench.stop()
    bench.start()
    await bench.resident.reopen()
    assert bench.server.titles == ["a", "c"]  # before anything is read anew
    await bench.settle()
    assert bench.server.titles == ["a", "c", "d"]
    obey(bench, "resume", 2)
    obey(bench, "cancel", 4)
    await bench.settle()
    assert bench.server.titles == ["a", "b", "c"]
    assert not bench.server.editions[bench.queue.find_book(2).job].state.paused


async def test_books_are_paused_moved_cancelled_and_removed(bench: ResidentBench) -> None:
    for title in "abcd":
        await bench.add(title)
    await bench.settle()
    obey(bench, "move", 3, 1)
    assert bench.server.titles == ["c", "a", "b"]
    obey(bench, "pause", 1)
    assert bench.server.paused == {bench.queue.find_book(1).job}
    obey(bench, "resume", 1)
    assert bench.server.paused == set()
    obey(bench, "cancel", 3)
    await bench.settle()
    assert bench.server.titles == ["a", "b", "d"]
    assert "jobs" in obey(bench, "remove", 1)
    await bench.settle()
    assert [book.id for book in bench.queue.books] == [3, 2, 4]
    for action in ("pause", "cancel", "move"):
        with pytest.raises(UsageError, match=f"nothing to {action}"):
            obey(bench, action, 3)
    with pytest.raises(UsageError, match="for machines"):
        obey(bench, "drain", 2)


async def test_a_book_is_resumed_while_the_server_still_lets_go_of_it(bench: ResidentBench) -> None:
    await bench.add("a")
    await bench.settle()
    bench.server.free = asyncio.Event()
    obey(bench, "cancel", 1)
    obey(bench, "resume", 1)
    asyncio.get_running_loop().call_later(0.05, bench.server.free.set)
    await bench.settle()
    assert (bench.server.titles, states(bench)) == (["a"], ["waiting"])


async def test_a_book_that_another_command_speaks_waits_for_its_end(bench: ResidentBench) -> None:
    await bench.add("a")
    await bench.settle()
    job = bench.queue.find_book(1).job
    obey(bench, "cancel", 1)
    await bench.settle()
    other = Lock(bench.state / "locks" / f"{job}.lock")
    other.acquire(job)  # `convert` does this
    obey(bench, "resume", 1)
    await bench.settle()
    assert (states(bench), "already working on" in bench.queue.find_book(1).why) == (["waiting"], True)
    other.release()
    bench.end_rests()
    await bench.settle()
    assert (bench.server.titles, bench.queue.find_book(1).why) == (["a"], "")


async def test_the_same_book_in_another_dress_waits_for_the_first(bench: ResidentBench) -> None:
    await bench.add("a")
    await bench.add("a", "Some words.", "--output-format=mp3")
    await bench.settle()
    assert bench.server.titles == ["a"]
    assert "already" in bench.queue.find_book(2).why
    bench.resident.ended(next(iter(bench.server.editions.values())), None)
    await bench.settle()
    assert (bench.server.titles, bench.queue.find_book(2).why) == (["a"], "")


async def test_a_book_with_options_that_make_no_sense_is_refused_at_once(bench: ResidentBench) -> None:
    with pytest.raises(UsageError, match="nonsense"):
        await bench.add("a", "Words.", "--nonsense")
    assert bench.queue.books == ()


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("notes.epub", b"no book", "notes.epub is not an EPUB"),
        ("notes.xyz", b"no book", "notes.xyz is not an EPUB"),
        ("notes.mobi", b"no book", "notes.mobi: .mobi files are read through Calibre, which is not installed"),
    ],
)
async def test_a_file_that_is_plainly_no_book_is_refused_at_once(
    bench: ResidentBench, monkeypatch: pytest.MonkeyPatch, name: str, content: bytes, why: str
) -> None:
    monkeypatch.setattr("swarm.book.kinds._program", lambda: None)
    path = bench.folder / f"http 7 {name}"
    path.write_bytes(content)
    with pytest.raises(UsageError) as refused:
        await bench.resident.add_book(path, name, ())
    assert str(refused.value).startswith(why)
    assert bench.queue.books == ()
    await bench.resident.add_book(path, name, (), source=str(path))  # a watched folder sets it aside
    assert len(bench.queue.books) == 1


async def test_a_status_of_the_queue_can_be_read_whatever_a_book_says_of_itself(bench: ResidentBench) -> None:
    await bench.add("a")
    bench.queue.change(1, title="On " * 3000, why="because " * 1000, files=("/x" * 2000,) * 9)
    reply = structs.replace(bench.server.status(), queue=bench.resident.standing())
    assert unpack_from_coordinator(pack(reply)) == reply


async def test_a_book_is_meant_by_number_title_or_file_name(bench: ResidentBench) -> None:
    await bench.add("Emma")
    await bench.add("Emma", "Other words.")
    bench.queue.change(1, title="EMMA, a novel")
    assert [bench.resident.find_named_book(word).id for word in ("1", "emma, A novel")] == [1, 1]  # type: ignore[union-attr]
    assert bench.resident.find_named_book("Persuasion") is None
    assert bench.resident.find_named_book("") is None
    with pytest.raises(UsageError, match="by its number, 1, 2"):
        bench.resident.find_named_book("emma.txt")


@pytest.mark.parametrize("action", ["pause", "cancel", "remove"])
async def test_an_order_to_speak_a_sentence_again_is_refused_when_its_book_is_stopped_meanwhile(
    bench: ResidentBench, action: str
) -> None:
    await bench.add("a")
    asked = asyncio.create_task(bench.resident.mend(bench.queue.find_book(1), RedoConfig()))
    await asyncio.sleep(0)
    assert bench.queue.find_book(1).state is BookState.MENDING
    obey(bench, action, 1)
    with pytest.raises(UsageError, match="nothing is spoken again"):
        await asked
    await bench.settle()
    assert bench.server.titles == []


@pytest.mark.parametrize("finished", [True, False])
async def test_an_order_that_cannot_be_obeyed_fails_no_book(bench: ResidentBench, finished: bool) -> None:
    await bench.add("a")
    await bench.settle()
    if finished:
        bench.resident.ended(next(iter(bench.server.editions.values())), None)
    asked = asyncio.create_task(bench.resident.mend(bench.queue.find_book(1), RedoConfig(recast=("Nobody", "tock"))))
    await asyncio.sleep(0)
    await bench.settle()
    with pytest.raises(UsageError, match="no character"):
        await asked
    assert bench.queue.find_book(1).state is BookState.SERVED


async def test_what_is_done_of_a_book_never_falls_back_when_a_sentence_is_mended(bench: ResidentBench) -> None:
    await bench.add("a")
    await bench.settle()
    told = bench.server.status

    def less(reply: StatusReply) -> StatusReply:
        job = structs.replace(reply.jobs[0], segments=10, accepted=5, encoded=0.4)
        return structs.replace(reply, jobs=(job,))

    bench.server.status = lambda: less(told())  # type: ignore[method-assign]
    before = job_percent(bench.resident.status().jobs[0])
    assert before == 49
    asked = asyncio.create_task(bench.resident.mend(bench.queue.find_book(1), RedoConfig()))
    await asyncio.sleep(0)
    [answer] = book_answers(bench.queue.books, StatusReply("c", "n", "1", 1, (), ()))
    assert answer.percent == before, "also while the book is opened anew"
    bench.server.status = told  # type: ignore[method-assign]
    await bench.settle()
    await asked
    [edition] = bench.server.editions.values()
    [job] = bench.resident.status().jobs
    assert job_percent(structs.replace(job, segments=10, accepted=4, encoded=0.0, done=edition.done)) == before


async def test_a_book_is_opened_anew_for_an_order_that_comes_while_it_is_read(
    bench: ResidentBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bench.add("a")
    redos = list[RedoConfig | None]()
    read, reading = bench.resident._read, threading.Event()

    def slow(book: QueuedBook, tell: Say, redo: RedoConfig | None) -> Books:
        redos.append(redo)
        reading.wait(60)
        return read(book, tell, redo)

    monkeypatch.setattr(bench.resident, "_read", slow)
    running = asyncio.create_task(bench.settle())
    while not redos:
        await asyncio.sleep(0.01)
    asked = asyncio.create_task(bench.resident.mend(bench.queue.find_book(1), RedoConfig()))
    await asyncio.sleep(0)
    reading.set()
    await asked
    await running
    assert (redos, bench.server.titles) == ([None, RedoConfig()], ["a"])


async def test_a_paused_book_that_was_written_meanwhile_is_finished(bench: ResidentBench) -> None:
    await bench.add("a")
    await bench.settle()
    obey(bench, "pause", 1)
    assert bench.queue.find_book(1).state is BookState.HELD
    bench.resident.ended(next(iter(bench.server.editions.values())), None)
    assert bench.queue.find_book(1).state is BookState.FINISHED


def test_no_book_gets_from_a_state_to_one_that_cannot_follow(bench: ResidentBench) -> None:
    add_to_queue(bench.queue, Path(__file__), "a.txt", (), 0.0)
    with pytest.raises(IllegalTransition, match="WAITING cannot become FINISHED"):
        bench.queue.change(1, state=BookState.FINISHED)


async def test_all_that_wait_learn_whether_it_is_recorded_or_why_not() -> None:
    order = MendOrder(RedoConfig())
    waiting = [asyncio.create_task(order.wait()) for _ in range(2)]
    await asyncio.sleep(0)
    waiting[0].cancel()  # the browser has gone
    await asyncio.sleep(0)
    order.answer(None)
    await waiting[1]
    refused = MendOrder(RedoConfig())
    refused.answer(UsageError("in use"))
    await refused.wait_for_answer()
    with pytest.raises(UsageError, match="in use"):
        await refused.wait()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[DiskStore]:
    with closing(DiskStore(tmp_path / "state")) as made:
        yield made


@pytest.fixture
def config(tmp_path: Path) -> RenderConfig:
    return RenderConfig(books=(), output_dir=tmp_path / "new" / "out", state_dir=tmp_path / "state")


def test_usual_options_that_fit_are_let_pass_and_the_folder_is_made(config: RenderConfig, store: DiskStore) -> None:
    check_start(replace(config, voice="emma"), store)
    assert list(config.output_dir.iterdir()) == []


def test_a_voice_or_file_that_is_not_there_ends_the_start(
    config: RenderConfig, store: DiskStore, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="voice 'nosuch'"):
        check_start(replace(config, voice="nosuch"), store)
    with pytest.raises(UsageError, match=r"me\.wav"):
        check_start(replace(config, voice_file=tmp_path / "me.wav"), store)
    with pytest.raises(UsageError, match=r"c\.png"):
        check_start(replace(config, style=StyleConfig(cover=tmp_path / "c.png")), store)


def test_a_folder_that_cannot_be_written_ends_the_start(config: RenderConfig, store: DiskStore) -> None:
    file = config.state_dir / "file"
    file.touch()
    with pytest.raises(StoreError, match="a file is where a folder should be"):
        check_start(replace(config, output_dir=file / "out"), store)
    if sys.platform == "linux":  # even root may not write there
        with pytest.raises(StoreError, match="/sys/out cannot be used"):
            check_start(replace(config, output_dir=Path("/sys/out")), store)


def test_a_full_disk_is_waited_for(config: RenderConfig, store: DiskStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(**_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.TemporaryFile", full)
    check_start(config, store)
