"""One thing that a log tells of, how places of a book are named there, and the books in some logs: their titles,
their sentences, and the clips that were there before."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

Place = tuple[int, int]  # chapter and index, from 0
Spot = tuple[str, int, int]  # job, chapter, index


class Happening(NamedTuple):
    """An event, as a core tells it.

    `teller` is the core's machine, "" where the log does not name it, and `role` is what it is there. `machine` is the
    worker that it is about, "" for none.
    """

    at_s: float
    role: str  # "coordinator" or "worker"
    teller: str
    text: str
    machine: str = ""
    spots: frozenset[Spot] = frozenset()


def spots_of(job: str, chapter: int, indexes: Iterable[int]) -> frozenset[Spot]:
    """Return the places of some sentences of one chapter."""
    return frozenset((job, chapter, index) for index in indexes)


def named(spots: Iterable[Spot]) -> str:
    """Name places as users count them, from 1: "3/17", "3/12 to 3/20", "3/12 to 3/20 (5 sentences)"."""
    places = sorted({(chapter, index) for _, chapter, index in spots})
    if not places:
        return "nothing"
    first, last = (f"{chapter + 1}/{index + 1}" for chapter, index in (places[0], places[-1]))
    if len(places) == 1:
        return first
    whole = places[-1][0] == places[0][0] and places[-1][1] - places[0][1] == len(places) - 1
    return f"{first} to {last}" if whole else f"{first} to {last} ({len(places)} sentences)"


Value = dict[str, Any]


@dataclass
class LoggedBooks:
    """What the logs tell of the books, by the names of their jobs."""

    titles: dict[str, str] = field(default_factory=dict)
    sizes: dict[str, list[int]] = field(default_factory=dict)  # the sentences of each chapter
    words: dict[Spot, str] = field(default_factory=dict)  # words of each sentence, as the book writes them
    known: set[Spot] = field(default_factory=set)  # sentences that had a clip when a run began

    def learn(self, part: Value) -> None:
        """Take in one piece of a job's state, as a coordinator's log has it before the job."""
        job = part["job"]
        if "spec" in part:
            self.titles[job], self.sizes[job] = str(part["spec"]["book"]["title"]), []
        if "chapter" in part:
            chapter, segments = len(self.sizes[job]), part["chapter"]["segments"]
            self.words.update({(job, chapter, index): _written(each) for index, each in enumerate(segments)})
            self.sizes[job].append(len(segments))
        if part.get("field") == "accepted":
            self.known |= {(job, *place) for place, _ in part["items"]}

    def find_jobs(self, name: str) -> frozenset[str]:
        """Return the jobs of that name, else those in whose titles `name` occurs, in letters of any case."""
        if name in self.titles:
            return frozenset([name])
        return frozenset(job for job, title in self.titles.items() if name.casefold() in title.casefold())

    def named(self, job: str) -> str:
        """Return the title of a job's book, or the job's name where it is not known."""
        return self.titles.get(job, job)


def _written(segment: list[Any]) -> str:
    """Return the words of the book: a segment's fourth field, else what is spoken."""
    return str(segment[3] if len(segment) > 3 and segment[3] is not None else segment[0])


class Teller:
    """Follows one core through its log; a subclass for each role has `hear`, which tells what a call was about."""

    role = ""

    def __init__(self, books: LoggedBooks | None = None) -> None:
        self.name = ""  # the name of the core's machine
        self.books = LoggedBooks() if books is None else books
        self._at_s = 0.0

    def tell_call(self, at_s: float, call: str, given: Value, result: Value) -> Iterator[Happening]:
        """Yield what one call was about. Raises KeyError and the like for what this version does not write."""
        raise NotImplementedError

    def _line(self, text: str, machine: str = "", spots: frozenset[Spot] = frozenset()) -> Happening:
        return Happening(self._at_s, self.role, self.name, text, machine, spots)
