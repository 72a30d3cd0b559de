"""Tells the story in a log: the entries of pure cores become lines for people, of one sentence, one machine or all.

Entries are matched by their form. What another version wrote and is not known here is passed over.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

import msgspec

from swarm.trace.read import Entry
from swarm.watch.coordinator_story import CoordinatorStory
from swarm.watch.happening import Happening, Place
from swarm.watch.text import clean_note
from swarm.watch.worker_story import WorkerStory

ODD = (TypeError, ValueError, KeyError, AttributeError, IndexError, OverflowError, RecursionError)


TELLERS: dict[str, Callable[[], CoordinatorStory | WorkerStory]] = {
    "coordinator": CoordinatorStory,
    "worker": WorkerStory,
}


class Story:
    """The tellers of all cores in some logs, by file and role, and what they learned."""

    def __init__(self) -> None:
        self._tellers: dict[tuple[str, str], CoordinatorStory | WorkerStory] = {}
        self.machines: dict[str, None] = {}
        self.sentences: dict[int, int] = {}  # of each chapter, the most of all jobs

    def tell(self, entries: Iterable[Entry]) -> Iterator[Happening]:
        """Yield what happened, in the order of the log."""
        for entry in entries:
            try:
                found = self._hear(entry)
            except ODD:  # of another form than this version writes
                continue
            for happening in found:
                self.machines.update(dict.fromkeys(filter(None, (happening.teller, happening.machine))))
                yield happening

    def _hear(self, entry: Entry) -> list[Happening]:
        given = {name: msgspec.json.decode(raw) for name, raw in entry.given.items()}
        result: dict[str, Any] = msgspec.json.decode(entry.result) or {}
        core = entry.source, entry.core
        if entry.call == "open" or core not in self._tellers:
            self._tellers[core] = TELLERS[entry.core]()
        teller = self._tellers[core]
        heard = list(map(tuple, teller.hear(entry.at, entry.call, given, result)))
        found = msgspec.convert(heard, list[Happening])  # a damaged line may have given it names that are no text
        if isinstance(teller, CoordinatorStory):
            for (_, chapter), count in teller.sizes.items():
                self.sentences[chapter] = max(count, self.sentences.get(chapter, 0))
        return found


def story_lines(happenings: Iterable[Happening], place: Place | None = None, machine: str = "") -> Iterator[str]:
    """Yield a line for each happening that concerns a place (chapter and index, from 0) and a machine; "" is any."""
    for each in happenings:
        about_place = place is None or any(spot[1:] == place for spot in each.spots)
        if about_place and (not machine or machine in (each.machine, each.teller)):
            yield f"{_time(each.at_s)}  {each.role} {clean_note(each.teller)}: {clean_note(each.text)}"


def _time(at_s: float) -> str:
    try:
        return f"{datetime.fromtimestamp(at_s):%Y-%m-%d %H:%M:%S.%f}"[:-3]
    except (OverflowError, ValueError, OSError):
        return "at an unknown time"
