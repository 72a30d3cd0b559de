"""What a user who is away wants to be told of a resident coordinator: each matter once. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple

from swarm.lease.message import StatusReply
from swarm.lease.reason import Reason
from swarm.store.queue import QueuedBook
from swarm.watch.text import clean, clean_note, count_text

Kind = Literal["success", "warning", "failure"]

STUCK_S = 300.0  # a book that waits for so long cannot go on by itself
GONE_S = 900.0  # a machine that was lost for so long is told
OVER_S = 3600.0  # a matter that was over for so long is told again if it comes again
MAX_GONE = 1000  # machines that are remembered


class News(NamedTuple):
    """One matter, told to the user."""

    key: str
    line: str
    kind: Kind


class _Matter(NamedTuple):
    news: News
    patience_s: float = 0.0  # a matter is told only if it lasts so long


class Matters:
    """Knows which matters there are and which were told. `told` has the keys of earlier runs, None at the first run."""

    def __init__(self, told: Iterable[str] | None) -> None:
        self.told = set(told or ())
        self._first = told is None
        self._since_s: dict[str, float] = {}  # when a matter that lasts began
        self._over_s: dict[str, float] = {}  # when a matter that was told was over
        self._gone: dict[str, None] = {}  # names of machines that were lost

    def hear(self, event: Reason) -> None:
        """Take in what the coordinator's core tells: machines that fell silent, and those that left properly."""
        if event.code == "silent" and len(self._gone) < MAX_GONE:
            self._gone[event.worker] = None
        elif event.code == "left":
            self._gone.pop(event.worker, None)

    def look(self, books: Sequence[QueuedBook], reply: StatusReply, now: float) -> list[News]:
        """Return what is to be told now; it counts as told from then on."""
        for worker in reply.workers:
            self._gone.pop(worker.name, None)
        matters = {matter.news.key: matter for matter in _of_books(books, reply)}
        if any(book.state == "waiting" and not book.paused for book in books):
            matters |= {matter.news.key: matter for matter in self._of_machines(reply)}
        self._since_s = {key: self._since_s.get(key, now) for key in matters}
        due = [m.news for key, m in matters.items() if now - self._since_s[key] >= m.patience_s]
        news = [] if self._first else [each for each in due if each.key not in self.told]
        self._first = False
        self.told.update(each.key for each in due)
        self._forget(matters.keys(), now)
        return news

    def stopped(self, why: str) -> list[News]:
        """Return the news that the queue is served no more; none if it was told lately."""
        news = (
            [] if "stopped" in self.told else [News("stopped", f"the queue has stopped: {clean_note(why)}", "failure")]
        )
        self.told.add("stopped")
        return news

    def _forget(self, present: Iterable[str], now: float) -> None:
        """Forget matters that have been over for long: they are told again if they come again."""
        self._over_s = {key: self._over_s.get(key, now) for key in self.told.difference(present)}
        self.told -= {key for key, since_s in self._over_s.items() if now - since_s >= OVER_S}

    def _of_machines(self, reply: StatusReply) -> Iterator[_Matter]:
        long = f"for {count_text(round(GONE_S / 60), 'minute')}, and books wait"
        for name in self._gone:
            yield _Matter(News(f"gone {name}", f"{clean(name)} has been gone {long}", "warning"), GONE_S)
        if not reply.workers and not self._gone:
            yield _Matter(News("no machine", f"no machine has been here {long}", "warning"), GONE_S)


def _of_books(books: Sequence[QueuedBook], reply: StatusReply) -> Iterator[_Matter]:
    jobs = {job.job: job for job in reply.jobs}
    for book in books:
        name, why = clean(book.heading), clean_note(book.why)
        if book.state == "finished":
            line, kind = (f"{name} is finished, {why}", "warning") if why else (f"{name} is finished", "success")
            yield _Matter(News(f"{book.id} finished {book.ended_s:.0f}", line, kind))  # type: ignore[arg-type]
        elif book.state == "failed":
            yield _Matter(News(f"{book.id} failed {book.ended_s:.0f}", f"{name} cannot be spoken: {why}", "failure"))
        elif book.state == "waiting" and not book.paused:
            job = jobs.get(book.job)
            unserved = job is not None and job.reason is not None and job.reason.code == "unserved"
            reason = clean_note(job.note) if job and unserved else why
            if reason:
                yield _Matter(News(f"{book.id} stuck", f"{name} cannot go on: {reason}", "failure"), STUCK_S)
