"""The books in some logs: their titles, their sentences, and the clips that were there before."""

from dataclasses import dataclass, field
from typing import Any

from swarm.watch.happening import Spot

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

    def find(self, name: str) -> frozenset[str]:
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
