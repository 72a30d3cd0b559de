"""Tells a user who is away what matters of a resident coordinator, each thing once.

Notices go through Apprise to the addresses of --notify, which are secrets.
"""

import asyncio
import logging
import os
from collections.abc import Awaitable, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal, NamedTuple

import msgspec

from swarm.config import ENV_CREDENTIALS, ENV_NOTIFY
from swarm.errors import EnvironmentFault, SwarmError, UsageError
from swarm.lease.envelope import Reason
from swarm.lease.message import StatusReply
from swarm.server.queue import BookState, QueuedBook
from swarm.server.resident import Resident
from swarm.system.disk import read_json, replace_file
from swarm.system.machine import Clock, Say, extra_line, machine_name
from swarm.system.text import clean, clean_note, count_text

Kind = Literal["success", "warning", "failure"]

STUCK_S = 300.0  # a book that waits for so long cannot go on by itself
GONE_S = 900.0  # a machine that was lost for so long is told
OVER_S = 3600.0  # a notice that was over for so long is told again if it comes again
MAX_GONE = 1000  # machines that are remembered


class News(NamedTuple):
    """One notice, told to the user."""

    key: str
    line: str
    kind: Kind


class _Notice(NamedTuple):
    news: News
    patience_s: float = 0.0  # a notice is told only if it lasts so long


class Notices:
    """Knows which notices there are and which were told. `told` has the keys of earlier runs, None at the first run."""

    def __init__(self, told: Iterable[str] | None) -> None:
        self.told = set(told or ())
        self._first = told is None
        self._since_s: dict[str, float] = {}  # when a notice that lasts began
        self._over_s: dict[str, float] = {}  # when a notice that was told was over
        self._gone: dict[str, None] = {}  # names of machines that were lost

    def note_snapshot(self, event: Reason) -> None:
        """Take in what the coordinator's core tells: machines that fell silent, and those that left properly."""
        if event.code == "silent" and len(self._gone) < MAX_GONE:
            self._gone[event.worker] = None
        elif event.code == "left":
            self._gone.pop(event.worker, None)

    def take_news(self, books: Sequence[QueuedBook], reply: StatusReply, now: float) -> list[News]:
        """Return what is to be told now; it counts as told from then on."""
        for worker in reply.workers:
            self._gone.pop(worker.name, None)
        notices = {notice.news.key: notice for notice in _of_books(books, reply)}
        if any(_is_to_speak(book) for book in books):
            notices |= {notice.news.key: notice for notice in self._of_machines(reply)}
        self._since_s = {key: self._since_s.get(key, now) for key in notices}
        due = [m.news for key, m in notices.items() if now - self._since_s[key] >= m.patience_s]
        news = [] if self._first else [each for each in due if each.key not in self.told]
        self._first = False
        self.told.update(each.key for each in due)
        self._forget(notices.keys(), now)
        return news

    def stopped(self, why: str) -> list[News]:
        """Return the news that the queue is served no more; none if it was told lately."""
        news = (
            [] if "stopped" in self.told else [News("stopped", f"the queue has stopped: {clean_note(why)}", "failure")]
        )
        self.told.add("stopped")
        return news

    def _forget(self, present: Iterable[str], now: float) -> None:
        """Forget notices that have been over for long: they are told again if they come again."""
        self._over_s = {key: self._over_s.get(key, now) for key in self.told.difference(present)}
        self.told -= {key for key, since_s in self._over_s.items() if now - since_s >= OVER_S}

    def _of_machines(self, reply: StatusReply) -> Iterator[_Notice]:
        long = f"for {count_text(round(GONE_S / 60), 'minute')}, and books wait"
        for name in self._gone:
            yield _Notice(News(f"gone {name}", f"{clean(name)} has been gone {long}", "warning"), GONE_S)
        if not reply.workers and not self._gone:
            yield _Notice(News("no machine", f"no machine has been here {long}", "warning"), GONE_S)


def _of_books(books: Sequence[QueuedBook], reply: StatusReply) -> Iterator[_Notice]:
    jobs = {job.job: job for job in reply.jobs}
    for book in books:
        name, why = clean(book.heading), clean_note(book.why)
        if book.state is BookState.FINISHED:
            line, kind = (f"{name} is finished, {why}", "warning") if why else (f"{name} is finished", "success")
            yield _Notice(News(f"{book.id} finished {book.ended_s:.0f}", line, kind))  # type: ignore[arg-type]
        elif book.state is BookState.FAILED:
            yield _Notice(News(f"{book.id} failed {book.ended_s:.0f}", f"{name} cannot be spoken: {why}", "failure"))
        elif _is_to_speak(book):
            job = jobs.get(book.job)
            unserved = job is not None and job.reason is not None and job.reason.code == "unserved"
            reason = clean_note(job.note) if job and unserved else why
            if reason:
                yield _Notice(News(f"{book.id} stuck", f"{name} cannot go on: {reason}", "failure"), STUCK_S)


def _is_to_speak(book: QueuedBook) -> bool:
    return not (book.state.is_ended or book.state.is_paused)


CREDENTIAL = "notify"  # the name of systemd's credential
MAX_FILE_BYTES = 64 * 1024
FILE = "told.json"
LOOK_S = 5.0  # news is looked for so often
FIRST_PAUSE_S, LAST_PAUSE_S = 60.0, 3600.0  # the pause after a message doubles while there is more to tell
QUIET_S = 600.0  # the first pause counts again when there was no news for so long
FAREWELL_S = 15.0  # the longest wait for a last message
MAX_LINES = 20  # a message has no more
MAX_WAITING = 1000  # news that wait for an address that cannot be reached
CHATTY = ("apprise", "urllib3", "requests", "requests_oauthlib")  # loggers that would write the addresses down
WORST: tuple[Kind, ...] = ("failure", "warning", "success")


class Address:
    """An address that Apprise knows. No error and no log repeats it."""

    def __init__(self, url: str, number: int) -> None:
        try:
            import apprise
        except ImportError as fault:
            raise EnvironmentFault(f"--notify needs Apprise: {extra_line('notify')}") from fault
        for name in CHATTY:
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        asset = apprise.AppriseAsset(app_id="e2a-swarm", app_desc="e2a-swarm", secure_logging=True)
        self._apprise: Any = apprise.Apprise(asset=asset)
        if not self._apprise.add(url):
            raise UsageError(
                f"Address {number} of --notify is none that Apprise knows; "
                "https://github.com/caronc/apprise lists those that it does."
            )

    def send(self, title: str, body: str, kind: Kind) -> bool:
        """Send a message; return whether it was taken. It may take many seconds."""
        return bool(self._apprise.notify(title=title, body=body, notify_type=kind, body_format="text"))


class Mailbox:
    """What one address has still to be told. Messages are gathered, so that it is never flooded."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._waiting: list[News] = []
        self._due_s = 0.0
        self._pause_s = FIRST_PAUSE_S

    def add_news(self, news: Sequence[News]) -> None:
        """Take news that are to be told."""
        self._waiting = [*self._waiting, *news][-MAX_WAITING:]

    @property
    def waiting(self) -> frozenset[str]:
        """The keys of what waits."""
        return frozenset(news.key for news in self._waiting)

    def is_due(self, now: float) -> bool:
        """Tell whether a message can leave now."""
        return bool(self._waiting) and now >= self._due_s

    async def send_news(self, name: str, now: float) -> bool:
        """Send all that waits as one message; keep it if the address cannot be reached."""
        news, self._waiting = self._waiting, []
        took = False
        with suppress(Exception):  # Apprise has a hundred plugins, and none of them may stop a book
            took = await asyncio.to_thread(self._address.send, *message(news, name))
        self._waiting = [*([] if took else news), *self._waiting][-MAX_WAITING:]
        self._pause_s = min(LAST_PAUSE_S, 2 * self._pause_s) if now - self._due_s < QUIET_S else FIRST_PAUSE_S
        self._due_s = now + self._pause_s
        return took


class Notifier:
    """Looks for news and sends them. What was told is kept in a small file, so that no restart tells it again."""

    def __init__(self, addresses: Sequence[Address], state_dir: Path, clock: Clock, note: Say) -> None:
        self._path = state_dir / "queue" / FILE
        self._clock, self._note = clock, note
        self.notices = Notices(read_json(self._path, list[str]))
        self._boxes = [Mailbox(address) for address in addresses]
        self._kept: frozenset[str] = frozenset()

    async def run(self, resident: Resident) -> None:
        """Tell what matters until cancelled."""
        resident.hear_events(self.notices.note_snapshot)
        while True:
            await self.send_news(resident)
            await asyncio.sleep(LOOK_S)

    async def send_news(self, resident: Resident) -> None:
        """Send what is new."""
        reply, now = resident.status(), self._clock.now()
        await self._tell(self.notices.take_news(resident.queue.books, reply, now), reply.name, now)

    async def stopped(self, why: str, name: str) -> None:
        """Tell that the queue is served no more, and why."""
        with suppress(TimeoutError):
            async with asyncio.timeout(FAREWELL_S):
                await self._tell(self.notices.stopped(why), name, self._clock.now(), at_once=True)

    async def _tell(self, news: Sequence[News], name: str, now: float, *, at_once: bool = False) -> None:
        for box in self._boxes:
            box.add_news(news)
        due = [box for box in self._boxes if box.is_due(now) or (at_once and news)]
        if not all(await asyncio.gather(*(box.send_news(name, now) for box in due))):
            self._note("a notice could not be sent to an address of --notify; it is tried again later")
        self._keep()

    def _keep(self) -> None:
        told = self.notices.told.difference(*(box.waiting for box in self._boxes[:1]))
        if told != self._kept:
            self._kept = frozenset(told)
            with suppress(OSError):  # at worst a notice is told twice
                replace_file(self._path, msgspec.json.encode(sorted(self._kept)))


def message(news: Sequence[News], name: str) -> tuple[str, str, Kind]:
    """Return title, body and kind of the message that tells some news. Titles of books cannot call people in a chat."""
    kind = next(kind for kind in WORST if any(each.kind == kind for each in news))
    lines = [each.line.replace("@", "＠") for each in news[:MAX_LINES]]
    if len(news) > MAX_LINES:
        lines.append(f"and {len(news) - MAX_LINES} more: `e2a-swarm status` has them all")
    title = f"e2a-swarm on {name}" + (f": {len(news)} matters" if len(news) > 1 else "")
    return title, "\n".join(lines), kind


def notify_urls(given: Sequence[str]) -> tuple[str, ...]:
    """Return the addresses: those given, else of a variable, else of a systemd credential. Raises EnvironmentFault."""
    if given:
        return tuple(url.strip() for url in given if url.strip())
    if named := os.environ.get(ENV_NOTIFY, "").split():
        return tuple(named)
    folder = os.environ.get(ENV_CREDENTIALS)
    return tuple(_lines(Path(folder) / CREDENTIAL)) if folder else ()


def _lines(path: Path) -> list[str]:
    try:
        text = path.read_bytes()[:MAX_FILE_BYTES].decode("utf-8", "replace")
    except FileNotFoundError:
        return []
    except OSError as fault:
        raise EnvironmentFault(f"The credential {path} cannot be read: {fault.strerror or fault}.") from fault
    lines = [line.strip() for line in text.splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


def make_addresses(urls: Sequence[str]) -> list[Address]:
    """Make the addresses. Raises UsageError, EnvironmentFault; neither repeats an address."""
    return [Address(url, number) for number, url in enumerate(urls, 1)]


async def telling(notifier: Notifier | None, running: Awaitable[int]) -> int:
    """Return what a run returns; if a fault ends it, tell of that first."""
    try:
        return await running
    except SwarmError as fault:
        if notifier:
            await notifier.stopped(str(fault), machine_name())
        raise
