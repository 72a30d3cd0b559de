"""Tells the story in a coordinator's log: which workers came, what was granted to them, and the outcome."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from swarm.lease.reason import Reason
from swarm.watch.happening import Happening, Spot, named, spots_of
from swarm.watch.text import count_text
from swarm.watch.words import event_text

Value = dict[str, Any]


@dataclass
class LoggedLease:
    """A lease as the log tells of it; `spots` are not settled yet."""

    worker: str
    spots: frozenset[Spot]


class CoordinatorStory:
    """Follows one coordinator through its log."""

    def __init__(self) -> None:
        self.name = "the coordinator"
        self.sizes: dict[tuple[str, int], int] = {}  # sentences by job and chapter
        self._titles: dict[str, str] = {}
        self._workers: dict[str, str] = {}  # by peer, as the log spells it
        self._leases: dict[int, LoggedLease] = {}
        self._granted: set[Spot] = set()
        self._at_s = 0.0

    def hear(self, at_s: float, call: str, given: Value, result: Value) -> Iterator[Happening]:
        """Yield what one call was about. Raises KeyError and the like for what this version does not write."""
        self._at_s = at_s
        match call:
            case "open":
                self.name = given["settings"]["name"]
                yield self._line(f"the coordinator starts, e2a-swarm {result['version']}")
            case "part":
                self._learn(given)
            case "add_job":
                yield self._line(self._offered(given["state"]["job"]))
            case "discard":
                spots = spots_of(given["job"], given["chapter"], [given["index"]])
                self._granted -= spots
                yield self._line(f"the clip of {named(spots)} is lost: {given['why']}", spots=spots)
            case "stop":
                yield self._line("grants nothing more: it is told to leave")
            case "end":
                yield self._line("the coordinator ends")
            case "receive":
                worker = self._worker(given)
                yield from self._received(worker, given["message"], result)
        yield from self._events(result)
        yield from self._records(result)
        yield from self._sent(result)

    def _line(self, text: str, machine: str = "", spots: frozenset[Spot] = frozenset()) -> Happening:
        return Happening(self._at_s, "coordinator", self.name, text, machine, spots)

    def _learn(self, part: Value) -> None:
        if "spec" in part:
            self._titles[part["job"]] = part["spec"]["book"]["title"]
        if "chapter" in part:
            number = sum(job == part["job"] for job, _ in self.sizes)
            self.sizes[part["job"], number] = len(part["chapter"]["segments"])

    def _offered(self, job: str) -> str:
        sizes = [size for (name, _), size in self.sizes.items() if name == job]
        size = f"{count_text(len(sizes), 'chapter')}, {count_text(sum(sizes), 'sentence')}"
        return f"serves {self._titles.get(job, job)}: {size}"

    def _worker(self, given: Value) -> str:
        message, peer = given["message"], given["peer"]
        if message["type"] == "Hello":
            self._workers[peer] = message["name"]
        return self._workers.get(peer, f"a worker ({peer})")

    # --- what workers say

    def _received(self, worker: str, message: Value, result: Value) -> Iterator[Happening]:
        match message:
            case {"type": "Hello", "slots": slots, "version": version}:
                answer = _answer(result, "Refused").get("why")
                how = f"is refused: {answer}" if answer else f"is let in with {count_text(slots, 'slot')}"
                yield self._line(f"{worker} (e2a-swarm {version}) {how}", worker)
            case {"type": "Clip", "job": job, "chapter": chapter, "index": index}:
                spots = spots_of(job, chapter, [index])
                yield self._line(f"{named(spots)}: {self._verdict(worker, message, result)}", worker, spots)
                self._settle(spots)
            case {"type": "Failed", "job": job, "chapter": chapter, "index": index, "kind": kind, "note": note}:
                spots = spots_of(job, chapter, [index])
                yield self._line(f"{named(spots)}: {worker} cannot speak it ({_because(kind, note)})", worker, spots)
                self._settle(spots)
            case {"type": "Held", "job": job, "clips": clips}:
                spots = frozenset((job, chapter, index) for chapter, index, _ in clips)
                yield self._line(f"{worker} still holds clips of {named(spots)}", worker, spots)
            case {"type": "Release", "lease": lease}:
                spots = self._end(lease)
                yield self._line(f"{worker} gives back {named(spots)}: {message.get('note', '')}", worker, spots)
            case {"type": "Bye"}:
                spots = self._end_of(worker)
                yield self._line(f"{worker} leaves; it gives back {named(spots)}", worker, spots)

    def _verdict(self, worker: str, clip: Value, result: Value) -> str:
        if refusal := _answer(result, "Rejected"):
            return f"the clip of {worker} is rejected: {refusal['why']}"
        if not _answer(result, "Accepted"):
            return f"the clip of {worker} is not taken: it has to say Hello first"
        if not any(entry["record"]["type"] == "ClipAccepted" for entry in result.get("entries", [])):
            return f"the clip of {worker} is not needed: there is one already"
        spoken = f"take {clip['take'] + 1}, {clip['samples'] / clip['sample_rate']:.1f} s of sound"
        doubt = f"; doubtful: {clip['doubt']}" if clip.get("doubt") else ""
        return f"the clip of {worker} is accepted ({spoken}, spoken in {clip['work_s']:.1f} s{doubt})"

    # --- what the core decides

    def _records(self, result: Value) -> Iterator[Happening]:
        for entry in result.get("entries", []):
            match entry["record"]:
                case {"type": "ClipAccepted", "chapter": chapter, "index": index, "reused": True}:
                    spots = spots_of(entry["job"], chapter, [index])
                    self._settle(spots)
                    yield self._line(f"{named(spots)}: has the clip of the same text elsewhere", spots=spots)
                case {"type": "SegmentQuarantined", "chapter": chapter, "index": index, "why": why}:
                    spots = spots_of(entry["job"], chapter, [index])
                    yield self._line(f"{named(spots)}: set aside ({why})", spots=spots)
                case {"type": "JobFinished", "files": files}:
                    yield self._line(f"{self._titles.get(entry['job'], entry['job'])} is written: {', '.join(files)}")

    def _sent(self, result: Value) -> Iterator[Happening]:
        for send in result.get("sends", []):
            worker = self._workers.get(send["peer"], f"a worker ({send['peer']})")
            match send["message"]:
                case {"type": "Grant"} as grant:
                    yield from self._grants(worker, grant)
                case {"type": "Trim", "lease": lease, "end": end} if lease in self._leases:
                    held = self._leases[lease].spots
                    cut = frozenset(spot for spot in held if spot[2] >= end)
                    self._leases[lease].spots -= cut
                    if cut:
                        yield self._line(f"{named(cut)}: taken from {worker}, for a slot that is idle", worker, cut)
                case {"type": "Revoke", "lease": lease} as revoke if spots := self._end(lease):
                    how = f"expired, {worker} made no progress" if revoke.get("expired") else f"taken from {worker}"
                    yield self._line(f"{named(spots)}: the lease is {how}", worker, spots)

    def _grants(self, worker: str, grant: Value) -> Iterator[Happening]:
        spots = spots_of(grant["job"], grant["chapter"], [line[0] for line in grant["lines"]])
        self._leases[grant["lease"]] = LoggedLease(worker, spots)
        where = f"to {worker}, slot {grant['slot']} (lease {grant['lease']})"
        for word, some in (("granted", spots - self._granted), ("reissued", spots & self._granted)):
            if some:
                yield self._line(f"{named(some)}: {word} {where}", worker, some)
        self._granted |= spots

    def _events(self, result: Value) -> Iterator[Happening]:
        for event in msgspec.convert(result.get("events", []), list[Reason]):
            spots = self._end_of(event.worker) if event.code == "silent" else frozenset()
            text = event_text(event) or event.code
            yield self._line(f"{text} ({named(spots)})" if spots else text, event.worker, spots)

    # --- leases

    def _settle(self, spots: frozenset[Spot]) -> None:
        for lease in self._leases.values():
            lease.spots -= spots

    def _end(self, lease: int) -> frozenset[Spot]:
        found = self._leases.pop(lease, None)
        return found.spots if found else frozenset()

    def _end_of(self, worker: str) -> frozenset[Spot]:
        numbers = [number for number, lease in self._leases.items() if lease.worker == worker]
        return frozenset().union(*(self._end(number) for number in numbers))


def _because(kind: str, note: str) -> str:
    return f"{kind}: {note}" if note else kind


def _answer(result: Value, kind: str) -> Value:
    """Return the first message of a kind that was sent, or nothing."""
    messages = (send["message"] for send in result.get("sends", []))
    return next((message for message in messages if message["type"] == kind), {})
