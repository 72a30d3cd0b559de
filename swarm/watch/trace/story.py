"""Tells the story in a log: the entries of pure cores become lines for people, of one sentence, one machine or all.

Entries are matched by their form. What another version wrote and is not known here is passed over.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

import msgspec

from swarm.system.text import clean_note
from swarm.watch.trace.coordinator_story import CoordinatorStory, LoggedLeases
from swarm.watch.trace.happening import Happening, LoggedBooks, Place, Teller, named
from swarm.watch.trace.log_file import Entry
from swarm.watch.trace.worker_story import WorkerStory

ODD = (TypeError, ValueError, KeyError, AttributeError, IndexError, OverflowError, RecursionError)


class Story:
    """The tellers of all cores in some logs, by file and role, and what they learned."""

    def __init__(self) -> None:
        self._tellers: dict[tuple[str, str], Teller] = {}
        self.machines: dict[str, None] = {}
        self.books = LoggedBooks()

    def tell(self, entries: Iterable[Entry]) -> Iterator[Happening]:
        """Yield what happened, in the order of the log."""
        for entry in entries:
            try:
                found = self._hear(entry)
            except ODD:  # another version may have written another form
                continue
            for happening in found:
                self.machines.update(dict.fromkeys(filter(None, (happening.teller, happening.machine))))
                yield happening

    def _hear(self, entry: Entry) -> list[Happening]:
        given = {name: msgspec.json.decode(raw) for name, raw in entry.given.items()}
        result: dict[str, Any] = msgspec.json.decode(entry.result) or {}
        heard = list(map(tuple, self._teller(entry).hear(entry.at, entry.call, given, result)))
        return msgspec.convert(heard, list[Happening])  # a damaged line may have given it names that are no text

    def _teller(self, entry: Entry) -> Teller:
        """Return who tells of a core; one that begins anew knows the leases of the run before in the same log."""
        core = entry.source, entry.core
        before = self._tellers.get(core)
        if before is None or entry.call == "open":
            leases = before.leases if isinstance(before, CoordinatorStory) else None
            self._tellers[core] = TELLERS[entry.core](self.books, leases)
        return self._tellers[core]

    def lines(self, happenings: Iterable[Happening], machine: str = "", book: str = "") -> Iterator[str]:
        """Yield a line for each happening that concerns a machine and a book; "" is any.

        As soon as two books are known, lines about sentences say which book is meant.
        """
        for each in happenings:
            if _is_about(each, machine) and (not each.spots or self._chosen(each, book)):
                jobs = sorted({job for job, _, _ in each.spots}) if len(self.books.titles) > 1 else []
                yield _line(each, "".join(f"{self.books.named(job)}, " for job in jobs))

    def sentence(
        self, happenings: Iterable[Happening], place: Place, machine: str = "", book: str = ""
    ) -> Iterator[str]:
        """Yield the story of a sentence (chapter and index, from 0), once for each book: its words, then its lines."""
        found: dict[str, list[Happening]] = {}
        for each in happenings:
            if _is_about(each, machine):
                for job in {job for job, *rest in each.spots if tuple(rest) == place}:
                    found.setdefault(job, []).append(each)
        wanted = self.books.find(book) if book else found.keys()
        for number, (job, told) in enumerate((job, told) for job, told in found.items() if job in wanted):
            spot = (job, *place)
            if number:
                yield ""
            yield f"{clean_note(self.books.named(job))} (job {clean_note(job)}), sentence {named([spot])}:"
            yield f"“{clean_note(self.books.words.get(spot, ''))}”"
            yield from map(_line, told)

    def _chosen(self, happening: Happening, book: str) -> bool:
        return not book or any(job in self.books.find(book) for job, _, _ in happening.spots)


TELLERS: dict[str, Callable[[LoggedBooks, LoggedLeases | None], Teller]] = {
    "coordinator": CoordinatorStory,
    "worker": lambda books, _leases: WorkerStory(books),
}


def _is_about(happening: Happening, machine: str) -> bool:
    return not machine or machine in (happening.machine, happening.teller)


def _line(happening: Happening, book: str = "") -> str:
    teller = f"{happening.role} {happening.teller}".rstrip()
    return f"{_time(happening.at_s)}  {clean_note(teller)}: {clean_note(book + happening.text)}"


def _time(at_s: float) -> str:
    try:
        return f"{datetime.fromtimestamp(at_s):%Y-%m-%d %H:%M:%S.%f}"[:-3]
    except (OverflowError, ValueError, OSError):
        return "at an unknown time"
