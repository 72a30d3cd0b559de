"""Notices reach a real HTTP server through Apprise, few at a time, and their addresses stay secret."""

import asyncio
import json
import logging
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from msgspec import structs
from resident_bench import ResidentBench, end_book
from watch_replies import replies, worker

from swarm.errors import EnvironmentFault, StoreError, UsageError
from swarm.lease.envelope import Reason
from swarm.server.notices import (
    FIRST_PAUSE_S,
    GONE_S,
    LAST_PAUSE_S,
    MAX_LINES,
    OVER_S,
    STUCK_S,
    Mailbox,
    News,
    Notices,
    Notifier,
    make_addresses,
    message,
    notify_urls,
    telling,
)
from swarm.server.queue import BookState, QueuedBook

SECRET = "geheim-4711"


class Hook(ThreadingHTTPServer):
    """A server that takes messages, unless told to refuse them."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.got: list[dict[str, str]] = []
        self.code = 200
        self.url = f"json://user:{SECRET}@127.0.0.1:{self.server_address[1]}/hook"


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Hook)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.server.code == 200:
            self.server.got.append(json.loads(body))
        self.send_response(self.server.code)
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        """Keep the console of the tests clean."""


@pytest.fixture
def hook() -> Iterator[Hook]:
    server = Hook()
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def bench(tmp_path: Path) -> ResidentBench:
    return ResidentBench(tmp_path)


class Hand:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def now(self) -> float:
        return self.now_s


def make(bench: ResidentBench, hook: Hook, clock: Hand | None = None) -> Notifier:
    return Notifier(make_addresses([hook.url]), bench.state, clock or Hand(), bench.said.append)  # type: ignore[arg-type]


async def test_a_finished_book_is_told_once_over_a_restart_too(bench: ResidentBench, hook: Hook) -> None:
    await bench.add("Emma")
    notifier = make(bench, hook)
    await notifier.send_news(bench.resident)
    end_book(bench.queue, 1, ended_s=9.0, title="Emma @everyone")
    await notifier.send_news(bench.resident)
    await notifier.send_news(bench.resident)
    await make(bench, hook).send_news(bench.resident)
    [told] = hook.got
    assert (told["title"], told["message"], told["type"]) == (
        "e2a-swarm on n",
        "Emma ＠everyone is finished",
        "success",
    )


async def test_a_server_that_refuses_is_tried_again_and_nothing_is_lost_by_a_restart(
    bench: ResidentBench, hook: Hook
) -> None:
    await bench.add("Emma")
    clock = Hand()
    notifier = make(bench, hook, clock)
    await notifier.send_news(bench.resident)
    hook.code = 500
    end_book(bench.queue, 1, ended_s=9.0)
    await notifier.send_news(bench.resident)
    assert (hook.got, "tried again" in bench.said[-1]) == ([], True)
    hook.code = 200
    await notifier.send_news(bench.resident)
    assert hook.got == []  # not at once
    clock.now_s += 10 * FIRST_PAUSE_S
    await notifier.send_news(bench.resident)
    assert [told["message"] for told in hook.got] == ["Emma.txt is finished"]
    bench.queue.change(1, ended_s=10.0)
    hook.code = 500
    clock.now_s += LAST_PAUSE_S
    await notifier.send_news(bench.resident)
    hook.code = 200
    await make(bench, hook).send_news(bench.resident)
    assert len(hook.got) == 2


async def test_neither_logs_nor_lines_nor_files_have_the_address(
    bench: ResidentBench, hook: Hook, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await bench.add("Emma")
    notifier = make(bench, hook)
    await notifier.send_news(bench.resident)
    end_book(bench.queue, 1)
    for code in (500, 200):
        hook.code = code
        bench.queue.change(1, ended_s=float(code))
        await notifier.send_news(bench.resident)
    hook.server_close()
    bench.queue.change(1, ended_s=7.0)
    await notifier.send_news(bench.resident)
    files = b"".join(path.read_bytes() for path in bench.state.rglob("*") if path.is_file())
    assert SECRET not in caplog.text + "".join(bench.said) + files.decode(errors="replace") + repr(vars(notifier))


def test_an_address_that_is_none_is_refused_without_repeating_it() -> None:
    for url in [f"nonsense://{SECRET}", f"{SECRET}", f"json://{SECRET}:x:y:99999999"]:
        with pytest.raises(UsageError, match="Address 2 of --notify") as refused:
            make_addresses(["json://127.0.0.1:9", url])
        assert SECRET not in str(refused.value), url


def test_addresses_come_from_options_a_variable_or_a_credential(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert notify_urls([]) == ()
    (tmp_path / "notify").write_text("# phone\njson://a\n\n json://b \n")
    assert notify_urls([]) == ("json://a", "json://b")
    monkeypatch.setenv("E2A_SWARM_NOTIFY", "json://c json://d")
    assert notify_urls([]) == ("json://c", "json://d")
    assert notify_urls(["json://e"]) == ("json://e",)


class Slot:
    """An address that only counts."""

    def __init__(self) -> None:
        self.bodies: list[str] = []

    def send(self, title: str, body: str, kind: str) -> bool:
        self.bodies.append(body)
        return True


async def test_two_hundred_books_that_fail_within_two_hours_are_a_few_messages() -> None:
    slot = Slot()
    box = Mailbox(slot)
    for second in range(0, 7200, 5):
        box.add_news([News(str(second), f"book {second}", "failure")] if second % 35 == 0 else [])
        if box.is_due(second):
            await box.send_news("server", second)
    assert len(slot.bodies) <= 8
    assert slot.bodies[0] == "book 0"


def test_a_message_has_the_worst_kind_and_few_lines() -> None:
    news = [News(str(n), f"book {n}", "failure" if n == 30 else "success") for n in range(40)]
    title, body, kind = message(news, "server")
    assert (title, kind, len(body.splitlines())) == ("e2a-swarm on server: 40 matters", "failure", MAX_LINES + 1)
    assert body.endswith("and 20 more: `e2a-swarm status` has them all")


async def test_a_fault_that_ends_the_queue_is_told_before_it_ends(bench: ResidentBench, hook: Hook) -> None:
    async def fail() -> int:
        raise StoreError("The disk is full.")

    with pytest.raises(StoreError):
        await telling(make(bench, hook), fail())
    with pytest.raises(StoreError):
        await telling(make(bench, hook), fail())  # a service manager starts it again and again
    assert [told["message"] for told in hook.got] == ["the queue has stopped: The disk is full."]
    with pytest.raises(EnvironmentFault):
        await telling(None, fail())


async def test_it_runs_beside_a_resident_until_cancelled(bench: ResidentBench, hook: Hook) -> None:
    notifier = make(bench, hook)
    running = asyncio.create_task(notifier.run(bench.resident))
    await asyncio.sleep(0)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert bench.server.hear is not None


EMMA = QueuedBook(1, "Emma.epub", title="Emma")
NOBODY = replies(workers=())


def lines(notices: Notices, *books: QueuedBook, now: float = 0.0, reply: object = None) -> list[str]:
    return [news.line for news in notices.take_news(books, reply or replies(), now)]  # type: ignore[arg-type]


def changed(book: QueuedBook, **fields: object) -> QueuedBook:
    return structs.replace(book, **fields)


def test_each_end_of_a_book_is_told_once_with_its_reason() -> None:
    notices = Notices([])
    done = changed(EMMA, state=BookState.FINISHED, ended_s=5.0)
    gaps = changed(EMMA, id=2, state=BookState.FINISHED, ended_s=6.0, why="2 sentences without sound")
    bad = changed(EMMA, id=3, state=BookState.FAILED, ended_s=7.0, why="It is no EPUB.")
    assert lines(notices, EMMA) == []
    news = notices.take_news([done, gaps, bad], replies(), 1.0)
    assert [(each.line, each.kind) for each in news] == [
        ("Emma is finished", "success"),
        ("Emma is finished, 2 sentences without sound", "warning"),
        ("Emma cannot be spoken: It is no EPUB.", "failure"),
    ]
    assert lines(notices, done, gaps, bad, now=2.0) == []
    assert lines(notices, changed(done, ended_s=99.0), now=3.0) == ["Emma is finished"]  # it was mended


def test_a_book_that_waits_is_told_when_it_does_for_long_and_again_only_after_it_went_well() -> None:
    notices, stuck = Notices([]), changed(EMMA, why="The disk is full.")
    assert lines(notices, stuck, now=0.0) == lines(notices, stuck, now=STUCK_S - 1) == []
    assert lines(notices, stuck, now=STUCK_S) == ["Emma cannot go on: The disk is full."]
    assert lines(notices, EMMA, now=STUCK_S + 1) == lines(notices, stuck, now=2 * STUCK_S) == []
    assert lines(notices, stuck, now=3.5 * STUCK_S) == []  # soon again: the same matter
    assert lines(notices, EMMA, now=4 * STUCK_S) == lines(notices, EMMA, now=4 * STUCK_S + OVER_S) == []
    again_s = 5 * STUCK_S + OVER_S
    assert lines(notices, stuck, now=again_s) == []
    assert lines(notices, stuck, now=again_s + STUCK_S) == ["Emma cannot go on: The disk is full."]


def test_a_voice_that_nobody_has_is_told_in_the_words_of_the_status() -> None:
    book, notices = changed(EMMA, job="moby"), Notices([])
    reply = replies(note="no worker here can speak German", reason=Reason("unserved"))
    lines(notices, book, reply=reply)
    assert lines(notices, book, now=STUCK_S, reply=reply) == ["Emma cannot go on: no worker here can speak German"]
    assert lines(Notices([]), changed(book, state=BookState.PAUSED), now=STUCK_S, reply=reply) == []


def test_a_lost_machine_is_told_while_books_wait_but_none_that_left_properly_or_came_back() -> None:
    notices, gone = Notices([]), "attic has been gone for 15 minutes, and books wait"
    for code, name in (("silent", "attic"), ("silent", "cellar"), ("silent", "tower"), ("left", "cellar")):
        notices.note_snapshot(Reason(code, worker=name))
    assert lines(notices, EMMA, now=0.0) == lines(notices, EMMA, now=GONE_S - 1) == []
    assert lines(notices, EMMA, now=GONE_S) == [gone]
    assert lines(notices, EMMA, now=2 * GONE_S) == []
    idle = Notices([])
    idle.note_snapshot(Reason("silent", worker="attic"))
    done = changed(EMMA, state=BookState.FINISHED, ended_s=1.0)
    assert lines(idle, done) == ["Emma is finished"]
    assert lines(idle, done, now=2 * GONE_S) == []


def test_that_no_machine_is_there_is_one_matter() -> None:
    notices = Notices([])
    assert lines(notices, EMMA, reply=NOBODY) == []
    assert lines(notices, EMMA, now=GONE_S, reply=NOBODY) == ["no machine has been here for 15 minutes, and books wait"]
    assert lines(notices, EMMA, now=3 * GONE_S, reply=replies(workers=(worker(),))) == []


def test_a_queue_that_restarts_in_a_loop_tells_once_that_it_stopped() -> None:
    first = Notices([])
    assert [news.line for news in first.stopped("The disk is full.")] == ["the queue has stopped: The disk is full."]
    second = Notices(first.told)
    assert lines(second, EMMA) == []
    assert second.stopped("The disk is full.") == []
    lines(second, EMMA, now=1.0)
    lines(second, EMMA, now=1.0 + OVER_S)
    assert second.stopped("The disk is full.")


def test_a_hostile_title_stays_in_its_line() -> None:
    book = changed(EMMA, title="A\n\x1b[31mB\u2028" + "x" * 500, state=BookState.FINISHED, ended_s=1.0)
    [line] = lines(Notices([]), book)
    assert line.isprintable()
    assert len(line) < 250
