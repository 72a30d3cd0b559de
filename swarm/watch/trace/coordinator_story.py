"""Tells the story in a coordinator's log: which workers came, what was granted to them, and the outcome.

The leases in the log tell why sentences were granted again."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import msgspec

from swarm.lease.envelope import Reason
from swarm.lease.message import Refused, Rejected
from swarm.system.text import count_text
from swarm.watch.trace.happening import Happening, LoggedBooks, Spot, Teller, Value, named, spots_of
from swarm.watch.words import event_text, failure_text, refused_text, rejected_text

RESTARTED = "the coordinator started again"
NOT_JOURNALED = "its clip was not journaled when the coordinator ended"
REDONE = "the user has it spoken again (redo)"


@dataclass
class LoggedLease:
    """A lease as the log tells of it; `spots` are not settled yet."""

    worker: str
    spots: frozenset[Spot]


@dataclass
class LoggedLeases:
    """The open leases, the sentences that were ever granted, and why the last lease of each ended."""

    _open: dict[int, LoggedLease] = field(default_factory=dict)
    _granted: set[Spot] = field(default_factory=set)
    _settled: set[Spot] = field(default_factory=set)
    _freed: dict[Spot, str] = field(default_factory=dict)
    _listed: dict[str, frozenset[int]] = field(default_factory=dict)  # leases in a worker's last heartbeat

    def grant(self, number: int, worker: str, spots: frozenset[Spot]) -> dict[str, frozenset[Spot]]:
        """Start a lease; return its sentences by the reason why they are granted again, "" for a first grant."""
        by_reason: dict[str, frozenset[Spot]] = {}
        for spot in sorted(spots):
            reason = self._reason(spot) if spot in self._granted else ""
            by_reason[reason] = by_reason.get(reason, frozenset()) | {spot}
            self._freed.pop(spot, None)
        self._open[number] = LoggedLease(worker, spots)
        self._granted |= spots
        self._settled -= spots
        return by_reason

    def hear(self, worker: str, listed: Iterable[int]) -> None:
        """Take in which leases a worker's heartbeat lists."""
        self._listed[worker] = frozenset(listed)

    def settle(self, spots: frozenset[Spot]) -> None:
        """Take sentences from all leases: each has its clip, or was set aside."""
        self._remove(spots)
        self._settled |= spots
        for spot in spots:
            self._freed.pop(spot, None)

    def free(self, spots: frozenset[Spot], why: str) -> None:
        """Take sentences from all leases, to be granted again."""
        self._remove(spots)
        self._settled -= spots
        self._freed.update(dict.fromkeys(spots, why))

    def fail(self, worker: str, spots: frozenset[Spot], why: str) -> None:
        """Take from a worker's leases what it failed at, to be granted again; what it does not hold stays as it is."""
        for lease in [lease for lease in self._open.values() if lease.worker == worker]:
            self._freed.update(dict.fromkeys(lease.spots & spots, why))
            lease.spots -= spots

    def redo(self, spots: frozenset[Spot]) -> None:
        """Take in which sentences a user has spoken again, of those that had their clip."""
        self.free(spots & self._settled, REDONE)

    def promise(self, worker: str, spots: frozenset[Spot]) -> None:
        """Take in that a worker still holds clips: their sentences wait for them, save those of other leases."""
        others = (lease.spots for lease in self._open.values() if lease.worker != worker)
        self.free(spots.difference(*others) & self._granted - self._settled, f"{worker} did not send the clip it held")

    def cut(self, number: int, end: int) -> frozenset[Spot]:
        """Shorten a lease for an idle slot; return the sentences taken, from the index `end` on."""
        lease = self._open[number]
        taken = frozenset(spot for spot in lease.spots if spot[2] >= end)
        self.free(taken, f"a slot was idle, and {lease.worker} had not begun it")
        return taken

    def end(self, number: int, why: str) -> frozenset[Spot]:
        """End a lease; return its sentences, which may be granted again."""
        lease = self._open.pop(number, None)
        if lease is None:
            return frozenset()
        self.free(lease.spots, why)
        return lease.spots

    def end_of(self, worker: str, why: str) -> frozenset[Spot]:
        """End all leases of a worker; return their sentences."""
        numbers = [number for number, lease in self._open.items() if lease.worker == worker]
        return frozenset().union(*(self.end(number, why) for number in numbers))

    def restart(self) -> None:
        """End all leases: a coordinator that starts knows none."""
        for number in list(self._open):
            self.end(number, RESTARTED)

    def waiting(self, job: str) -> frozenset[Spot]:
        """Return the sentences of a job that were granted and are free again."""
        return frozenset(spot for spot in self._freed if spot[0] == job)

    def holds(self, number: int) -> bool:
        """Tell whether a lease is open."""
        return number in self._open

    def _reason(self, spot: Spot) -> str:
        if spot in self._freed:
            return self._freed[spot]
        if spot in self._settled:
            return NOT_JOURNALED
        for number, lease in self._open.items():
            if spot in lease.spots:
                if number not in self._listed.get(lease.worker, frozenset([number])):
                    return f"{lease.worker} does not have the lease"
                return f"{lease.worker} is slow with it; the first clip counts"
        return "the log does not tell why"

    def _remove(self, spots: frozenset[Spot]) -> None:
        for lease in self._open.values():
            lease.spots -= spots


class CoordinatorStory(Teller):
    """Follows one coordinator through its log. `leases` are those of an earlier run in the same log."""

    role = "coordinator"

    def __init__(self, books: LoggedBooks | None = None, leases: LoggedLeases | None = None) -> None:
        super().__init__(books)
        self.leases = LoggedLeases() if leases is None else leases
        self.leases.restart()
        self._workers: dict[str, str] = {}  # keys are peers, as the log spells them
        self._stopping = False

    def hear(self, at_s: float, call: str, given: Value, result: Value) -> Iterator[Happening]:
        """Yield what one call was about."""
        self._at_s = at_s
        match call:
            case "open":
                self.name = given["settings"]["name"]
                yield self._line(f"starts, e2a-swarm {result['version']}")
            case "part":
                self._learn(given)
            case "add_job":
                yield self._offered(given["state"]["job"])
            case "discard":
                spots = spots_of(given["job"], given["chapter"], [given["index"]])
                self.leases.free(spots, f"its clip was lost ({given['why']})")
                yield self._line(f"the clip of {named(spots)} is lost: {given['why']}", spots=spots)
            case "stop":
                self._stopping = True
                yield self._line("grants nothing more: it is told to leave")
            case "end":
                yield self._line("ends")
            case "receive":
                worker = self._worker(given)
                yield from self._received(worker, given["message"], result)
        yield from self._events(result)
        yield from self._records(result)
        yield from self._sent(result)

    def _learn(self, part: Value) -> None:
        self.books.learn(part)
        if part.get("field") == "first_takes":
            chosen = frozenset((part["job"], *place) for place, _ in part["items"])
            self.leases.redo(chosen - self.books.known)

    def _offered(self, job: str) -> Happening:
        sizes = self.books.sizes.get(job, [])
        size = f"{count_text(len(sizes), 'chapter')}, {count_text(sum(sizes), 'sentence')}"
        again = self.leases.waiting(job)
        free = "; what was not journaled is free again" if again else ""
        return self._line(f"serves {self.books.named(job)}: {size}{free}", spots=again)

    def _worker(self, given: Value) -> str:
        message, peer = given["message"], given["peer"]
        if message["type"] == "Hello":
            self._workers[peer] = message["name"]
        return self._workers.get(peer, f"a worker ({peer})")

    # --- what workers say

    def _received(self, worker: str, message: Value, result: Value) -> Iterator[Happening]:
        match message:
            case {"type": "Hello", "slots": slots, "version": version}:
                how = f"is let in with {count_text(slots, 'slot')}"
                if refusal := _answer(result, "Refused"):
                    how = f"is refused: {refused_text(msgspec.convert(refusal, Refused))}"
                yield self._line(f"{worker} (e2a-swarm {version}) {how}", worker)
            case {"type": "Heartbeat"}:
                self.leases.hear(worker, message.get("leases", []))
            case {"type": "Clip", "job": job, "chapter": chapter, "index": index}:
                spots = spots_of(job, chapter, [index])
                if verdict := self._verdict(worker, message, result):
                    yield self._line(f"{named(spots)}: {verdict}", worker, spots)
                if refusal := _answer(result, "Rejected"):
                    self.leases.fail(worker, spots, f"the clip of {worker} was rejected ({_rejected(refusal)})")
                elif _answer(result, "Accepted"):
                    self.leases.settle(spots)
            case {"type": "Failed", "job": job, "chapter": chapter, "index": index, "kind": kind, "note": note}:
                spots = spots_of(job, chapter, [index])
                yield self._line(
                    f"{named(spots)}: {worker} cannot speak it ({failure_text(kind, note)})", worker, spots
                )
                self.leases.fail(worker, spots, f"{worker} could not speak it ({failure_text(kind, note)})")
            case {"type": "Held", "job": job, "clips": [_, *_] as clips}:
                spots = frozenset((job, chapter, index) for chapter, index, _ in clips)
                yield self._line(f"{worker} still holds clips of {named(spots)}", worker, spots)
                wanted = _answer(result, "Wanted").get("wanted", [])
                self.leases.promise(worker, frozenset((job, chapter, index) for chapter, index, _ in wanted))
            case {"type": "Release", "lease": lease} if self.leases.holds(lease):
                note = message.get("note", "")
                spots = self.leases.end(lease, f"{worker} gave it back{f' ({note})' if note else ''}")
                yield self._line(f"{worker} gives back {named(spots)}{f': {note}' if note else ''}", worker, spots)
            case {"type": "Bye"}:
                spots = self.leases.end_of(worker, f"{worker} left")
                gift = f"; it gives back {named(spots)}" if spots else ""
                yield self._line(f"{worker} leaves{gift}", worker, spots)

    def _verdict(self, worker: str, clip: Value, result: Value) -> str:
        """Say what became of a clip; "" if it is still under way."""
        if refusal := _answer(result, "Rejected"):
            return f"the clip of {worker} is rejected: {_rejected(refusal)}"
        if not _answer(result, "Accepted"):
            greet = f"the clip of {worker} is not taken: it has to say Hello first"
            return greet if _answer(result, "WhoAreYou") else ""  # a clip in pieces is judged with its last piece
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
                    self.leases.settle(spots)
                    yield self._line(f"{named(spots)}: has the clip of the same text elsewhere", spots=spots)
                case {"type": "SegmentQuarantined", "chapter": chapter, "index": index, "why": kind} as record:
                    why = failure_text(kind, record.get("note", ""))
                    spots = spots_of(entry["job"], chapter, [index])
                    self.leases.free(spots, f"it was set aside ({why}), and a new run tries it again")
                    yield self._line(f"{named(spots)}: set aside ({why})", spots=spots)
                case {"type": "JobFinished", "files": files}:
                    yield self._line(f"{self.books.named(entry['job'])} is written: {', '.join(files)}")

    def _sent(self, result: Value) -> Iterator[Happening]:
        for send in result.get("sends", []):
            worker = self._workers.get(send["peer"], f"a worker ({send['peer']})")
            match send["message"]:
                case {"type": "Grant"} as grant:
                    yield from self._grants(worker, grant)
                case {"type": "Trim", "lease": lease, "end": end} if self.leases.holds(lease):
                    if cut := self.leases.cut(lease, end):
                        yield self._line(f"{named(cut)}: taken from {worker}, for a slot that is idle", worker, cut)
                case {"type": "Revoke", "lease": lease} as revoke if self.leases.holds(lease):
                    yield from self._revoked(worker, lease, expired=revoke.get("expired", False))

    def _revoked(self, worker: str, lease: int, *, expired: bool) -> Iterator[Happening]:
        if expired:
            what, why = f"has expired: {worker} made no progress", f"the lease of {worker} expired without progress"
        elif self._stopping:
            what, why = f"is taken from {worker}: the coordinator is told to leave", "the coordinator was told to leave"
        else:
            what, why = f"is taken from {worker}, for a slot that is idle", f"a slot was idle before {worker} began it"
        spots = self.leases.end(lease, why)
        if spots:  # a lease of which nothing is left just ends
            yield self._line(f"{named(spots)}: the lease {what}", worker, spots)

    def _grants(self, worker: str, grant: Value) -> Iterator[Happening]:
        spots = spots_of(grant["job"], grant["chapter"], [line[0] for line in grant["lines"]])
        where = f"to {worker}, slot {grant['slot']} (lease {grant['lease']})"
        for why, some in self.leases.grant(grant["lease"], worker, spots).items():
            how = f"granted again {where}: {why}" if why else f"granted {where}"
            yield self._line(f"{named(some)}: {how}", worker, some)

    def _events(self, result: Value) -> Iterator[Happening]:
        for event in msgspec.convert(result.get("events", []), list[Reason]):
            silent = f"{event.worker} was silent for {event.seconds:.0f} s"
            spots = self.leases.end_of(event.worker, silent) if event.code == "silent" else frozenset()
            text = event_text(event) or event.code
            yield self._line(f"{text} ({named(spots)})" if spots else text, event.worker, spots)


def _rejected(refusal: Value) -> str:
    return rejected_text(msgspec.convert(refusal, Rejected))


def _answer(result: Value, kind: str) -> Value:
    """Return the first message of a kind that was sent, or nothing."""
    messages = (send["message"] for send in result.get("sends", []))
    return next((message for message in messages if message["type"] == kind), {})
