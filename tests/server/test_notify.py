"""Notices reach a real HTTP server through Apprise, few at a time, and their addresses stay secret."""

import asyncio
import json
import logging
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from resident_bench import ResidentBench, end_book

from swarm.errors import EnvironmentFault, StoreError, UsageError
from swarm.server.notices import (
    FIRST_PAUSE_S,
    LAST_PAUSE_S,
    MAX_LINES,
    Mailbox,
    News,
    Notifier,
    make_addresses,
    message,
    notify_urls,
    telling,
)

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


@pytest.mark.parametrize("url", [f"nonsense://{SECRET}", f"{SECRET}", f"json://{SECRET}:x:y:99999999"])
def test_an_address_that_is_none_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(UsageError, match="Address 2 of --notify") as refused:
        make_addresses(["json://127.0.0.1:9", url])
    assert SECRET not in str(refused.value)


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
