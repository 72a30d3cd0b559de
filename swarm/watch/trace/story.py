"""Tells the story in a log: the entries of pure cores become lines for people, of one sentence, worker or lease."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from msgspec import convert

from swarm.book.model.engine_text import read_engine_text
from swarm.lease.envelope import Hindrance, Reason
from swarm.lease.message import Refused, Rejected
from swarm.system.text import clean_note, count_text
from swarm.watch.trace.log_file import Entry
from swarm.watch.words import event_text, failure_text, hindrance_text, refused_text, rejected_text

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


Leases = dict[int, tuple[str, frozenset[Spot]]]  # each lease has its worker and what is not settled of it


class CoordinatorStory(Teller):
    """Follows one coordinator through its log. `lost` are the leases of an earlier run in the same log."""

    role = "coordinator"

    def __init__(self, books: LoggedBooks, lost: Leases) -> None:
        super().__init__(books)
        self.leases: Leases = {}
        self._lost = frozenset[Spot]().union(*(spots for _, spots in lost.values()))
        self._workers: dict[str, str] = {}  # keys are peers, as the log spells them
        self._stopping = False

    def tell_call(self, at_s: float, call: str, given: Value, result: Value) -> Iterator[Happening]:
        """Yield what one call was about."""
        self._at_s = at_s
        match call:
            case "open":
                self.name = given["settings"]["name"]
                free = f"; {named(self._lost)} of the last run are free again" if self._lost else ""
                yield self._line(f"starts, e2a-swarm {result['version']}{free}", spots=self._lost)
            case "part":
                self.books.learn(given)
            case "add_job":
                yield self._offered(given["state"]["job"])
            case "discard":
                spots = spots_of(given["job"], given["chapter"], [given["index"]])
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

    def _offered(self, job: str) -> Happening:
        sizes = self.books.sizes.get(job, [])
        size = f"{count_text(len(sizes), 'chapter')}, {count_text(sum(sizes), 'sentence')}"
        return self._line(f"serves {self.books.named(job)}: {size}")

    def _take_out(self, spots: frozenset[Spot]) -> None:
        """Take sentences from all leases: each has its clip, or failed."""
        self.leases = {number: (worker, held - spots) for number, (worker, held) in self.leases.items()}

    def _end(self, number: int) -> frozenset[Spot]:
        """End a lease; return its sentences, which may be granted again."""
        return self.leases.pop(number, ("", frozenset[Spot]()))[1]

    def _end_of(self, worker: str) -> frozenset[Spot]:
        """End all leases of a worker; return their sentences."""
        numbers = [number for number, (holder, _) in self.leases.items() if holder == worker]
        return frozenset[Spot]().union(*map(self._end, numbers))

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
            case {"type": "Clip", "job": job, "chapter": chapter, "index": index}:
                spots = spots_of(job, chapter, [index])
                if verdict := self._verdict(worker, message, result):
                    yield self._line(f"{named(spots)}: {verdict}", worker, spots)
                if _answer(result, "Accepted") or _answer(result, "Rejected"):
                    self._take_out(spots)
            case {"type": "Failed", "job": job, "chapter": chapter, "index": index, "kind": kind, "note": note}:
                spots = spots_of(job, chapter, [index])
                yield self._line(
                    f"{named(spots)}: {worker} cannot speak it ({failure_text(kind, note)})", worker, spots
                )
                self._take_out(spots)
            case {"type": "Held", "job": job, "clips": [_, *_] as clips}:
                spots = frozenset((job, chapter, index) for chapter, index, _ in clips)
                yield self._line(f"{worker} still holds clips of {named(spots)}", worker, spots)
            case {"type": "Release", "lease": lease} if lease in self.leases:
                note = message.get("note", "")
                spots = self._end(lease)
                yield self._line(f"{worker} gives back {named(spots)}{f': {note}' if note else ''}", worker, spots)
            case {"type": "Bye"}:
                spots = self._end_of(worker)
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
                    self._take_out(spots)
                    yield self._line(f"{named(spots)}: has the clip of the same text elsewhere", spots=spots)
                case {"type": "SegmentQuarantined", "chapter": chapter, "index": index, "why": kind} as record:
                    why = failure_text(kind, record.get("note", ""))
                    spots = spots_of(entry["job"], chapter, [index])
                    self._take_out(spots)
                    yield self._line(f"{named(spots)}: set aside ({why})", spots=spots)
                case {"type": "JobFinished", "files": files}:
                    yield self._line(f"{self.books.named(entry['job'])} is written: {', '.join(files)}")

    def _sent(self, result: Value) -> Iterator[Happening]:
        for send in result.get("sends", []):
            worker = self._workers.get(send["peer"], f"a worker ({send['peer']})")
            match send["message"]:
                case {"type": "Grant"} as grant:
                    yield from self._grants(worker, grant)
                case {"type": "Trim", "lease": lease, "end": end} if lease in self.leases:
                    held = self.leases[lease][1]
                    if cut := frozenset(spot for spot in held if spot[2] >= end):
                        self.leases[lease] = worker, held - cut
                        yield self._line(f"{named(cut)}: taken from {worker}, for a slot that is idle", worker, cut)
                case {"type": "Revoke", "lease": lease} as revoke if lease in self.leases:
                    yield from self._revoked(worker, lease, expired=revoke.get("expired", False))

    def _revoked(self, worker: str, lease: int, *, expired: bool) -> Iterator[Happening]:
        if expired:
            what = f"has expired: {worker} made no progress"
        elif self._stopping:
            what = f"is taken from {worker}: the coordinator is told to leave"
        else:
            what = f"is taken from {worker}, for a slot that is idle"
        spots = self._end(lease)
        if spots:  # a lease of which nothing is left just ends
            yield self._line(f"{named(spots)}: the lease {what}", worker, spots)

    def _grants(self, worker: str, grant: Value) -> Iterator[Happening]:
        spots = spots_of(grant["job"], grant["chapter"], [line[0] for line in grant["lines"]])
        where = f"to {worker}, slot {grant['slot']} (lease {grant['lease']})"
        self.leases[grant["lease"]] = worker, spots
        yield self._line(f"{named(spots)}: granted {where}", worker, spots)

    def _events(self, result: Value) -> Iterator[Happening]:
        for event in msgspec.convert(result.get("events", []), list[Reason]):
            spots = self._end_of(event.worker) if event.code == "silent" else frozenset()
            text = event_text(event) or event.code
            yield self._line(f"{text} ({named(spots)})" if spots else text, event.worker, spots)


def _rejected(refusal: Value) -> str:
    return rejected_text(msgspec.convert(refusal, Rejected))


def _answer(result: Value, kind: str) -> Value:
    """Return the first message of a kind that was sent, or nothing."""
    messages = (send["message"] for send in result.get("sends", []))
    return next((message for message in messages if message["type"] == kind), {})


class WorkerStory(Teller):
    """Follows one worker through its log."""

    role = "worker"

    def __init__(self, books: LoggedBooks | None = None) -> None:
        super().__init__(books)
        self._coordinators: dict[str, str] = {}  # keys are links
        self._leases: dict[int, dict[Spot, str]] = {}  # each lease has its texts, in their order
        self._slots: dict[int, list[int]] = {}  # each slot has its leases
        self._speaking: dict[tuple[int, int], list[Spot]] = {}  # the key of a batch is its slot and turn

    def tell_call(self, at_s: float, call: str, given: Value, result: Value) -> Iterator[Happening]:
        """Yield what one call was about."""
        self._at_s = at_s
        match call:
            case "open":
                self.name = given["hello"]["name"]
                slots = count_text(given["hello"]["slots"], "slot")
                yield self._told(f"starts with {slots}, e2a-swarm {result['version']}")
            case "receive":
                yield from self._received(given["name"], given["message"])
            case "connect":
                yield self._told(f"a coordinator is in reach at {given['name']}")
            case "disconnect" | "forget":
                yield self._told(f"{self._coordinator(given['name'])} is out of reach")
            case "drain":
                yield self._told("finishes what is under way and takes nothing new")
            case "leave":
                yield self._told("leaves")
            case "limit" if any(given["limits"]) and result:
                limits = enumerate(convert(given["limits"], list[Hindrance | None]))
                reasons = "; ".join(f"slot {n}: {hindrance_text(limit)}" for n, limit in limits if limit)
                yield self._told(f"its operator lets it rest ({reasons})")
            case "opened" | "unable" | "spoken" | "failed" | "step_back" | "lose":
                yield from self._reported(call, given)
        yield from self._ordered(result)
        yield from self._sent(result)

    def _told(self, text: str, spots: frozenset[Spot] = frozenset()) -> Happening:
        return self._line(text, self.name, spots)

    def _coordinator(self, link: str) -> str:
        return self._coordinators.get(link, link)

    # --- what coordinators say

    def _received(self, link: str, message: Value) -> Iterator[Happening]:
        by = self._coordinator(link)
        match message:
            case {"type": "Welcome", "name": name}:
                self._coordinators[link] = name
                yield self._told(f"let in by {name} at {link}")
            case {"type": "Refused"}:
                yield self._told(f"refused by {by}: {refused_text(convert(message, Refused))}")
            case {"type": "Job", "job": job, "title": title}:
                self.books.titles.setdefault(job, str(title))
            case {"type": "Grant", "lease": lease, "slot": slot} as grant:
                texts = {(grant["job"], grant["chapter"], line[0]): line[1] for line in grant["lines"]}
                self._leases[lease] = texts
                for spot, text in texts.items():
                    self.books.words.setdefault(spot, read_engine_text(text)[0])
                self._slots.setdefault(slot, []).append(lease)
                yield self._told(f"{named(texts)}: granted by {by} for slot {slot} (lease {lease})", frozenset(texts))
            case {"type": "Accepted", "job": job, "clips": clips}:
                spots = frozenset((job, chapter, index) for chapter, index, _ in clips)
                yield self._told(f"{named(spots)}: accepted by {by}", spots)
                for spot in spots:
                    self._forget(spot)
            case {"type": "Rejected", "job": job, "chapter": chapter, "index": index}:
                spots = spots_of(job, chapter, [index])
                why = rejected_text(convert(message, Rejected))
                yield self._told(f"{named(spots)}: rejected by {by}: {why}", spots)
            case {"type": "Trim", "lease": lease, "end": end}:
                held = self._leases.get(lease, {})
                cut = frozenset(spot for spot in held if spot[2] >= end)
                self._leases[lease] = {spot: text for spot, text in held.items() if spot not in cut}
                if cut:
                    yield self._told(f"{named(cut)}: taken back by {by}", cut)
            case {"type": "Revoke", "lease": lease} as revoke:
                spots = frozenset(self._leases.pop(lease, {}))
                why = ": no progress" if revoke.get("expired") else ""
                about = f"{named(spots)}: the lease" if spots else f"lease {lease}"
                yield self._told(f"{about} is taken back by {by}{why}", spots)
            case {"type": "Done", "final": True}:
                yield self._told(f"{by} ends")

    # --- what the engines report

    def _reported(self, call: str, given: Value) -> Iterator[Happening]:
        note = given.get("note", "")
        if call == "lose":
            yield self._told(f"slots {', '.join(map(str, given['numbers']))}: the device is gone: {note}")
            return
        slot = given["number"]
        batch = self._speaking.pop((slot, given["turn"]), [])
        spots = frozenset(batch)
        where = f"{named(spots)}: slot {slot}" if spots else f"slot {slot}:"
        match call:
            case "opened":
                yield self._told(f"slot {slot}: its engine is loaded")
            case "unable":
                yield self._told(f"slot {slot}: its engine does not open: {note}")
            case "spoken":
                for number, clip in enumerate(given["clips"]):
                    yield self._spoken(slot, batch[number : number + 1], clip)
            case "failed" if len(batch) > 1:
                yield self._told(f"{where} could not speak them together ({given['kind']}: {note})", spots)
            case "failed":
                yield self._told(f"{where} could not speak it ({given['kind']}: {note})", spots)
            case _:
                yield self._told(f"{where} steps back: {note}", spots)

    def _spoken(self, slot: int, spots: list[Spot], clip: Value | None) -> Happening:
        where = f"{named(spots)}: slot {slot}" if spots else f"slot {slot}:"
        if clip is None:
            return self._told(f"{where} could not speak it beside others", frozenset(spots))
        info = clip["info"]
        length_s, doubt = info["samples"] / info["sample_rate"], info.get("doubt", "")
        how = f"{length_s:.1f} s of sound in {info['work_s']:.1f} s{f', doubtful: {doubt}' if doubt else ''}"
        return self._told(f"{where} has spoken it ({how})", frozenset(spots))

    # --- what the core wants

    def _ordered(self, result: Value) -> Iterator[Happening]:
        for command in result.get("commands", []):
            match command:
                case {"type": "Load", "slot": slot, "recipe": recipe}:
                    yield self._told(f"slot {slot}: loads {recipe['engine']}, voice {recipe['voice']}")
                case {"type": "Speak", "slot": slot, "turn": turn, "batch": batch}:
                    if spots := self._find(slot, batch):
                        self._speaking[slot, turn] = spots
                        what = "them together" if len(spots) > 1 else "it"
                        yield self._told(f"{named(spots)}: slot {slot} begins to speak {what}", frozenset(spots))
                case {"type": "Prefetch", "slot": slot, "batch": batch} if spots := self._find(slot, batch):
                    yield self._told(f"{named(spots)}: prefetched by the engine of slot {slot}", frozenset(spots))
                case {"type": "Kill", "slot": slot}:
                    yield self._told(f"slot {slot}: its engine hangs and is killed")
                case {"type": "Unload", "slot": slot}:
                    yield self._told(f"slot {slot}: its engine is ended")

    def _sent(self, result: Value) -> Iterator[Happening]:
        for link, message in result.get("messages", []):
            match message:
                case {"type": "Release", "lease": lease}:
                    spots = frozenset(self._leases.pop(lease, {}))
                    note = message.get("note", "")
                    yield self._told(f"{named(spots)}: given back to {self._coordinator(link)}: {note}", spots)
        for link, clip in result.get("clips", []):
            spot = clip["job"], clip["chapter"], clip["index"]
            self._forget(spot)
            yield self._told(f"{named([spot])}: clip sent to {self._coordinator(link)}", frozenset([spot]))

    def _find(self, slot: int, batch: list[list[str]]) -> list[Spot]:
        """Return the first places of a slot's leases that have the texts of a batch; [] unless all are known."""
        found: list[Spot] = []
        for text, *_ in batch:
            held = (self._leases.get(lease, {}) for lease in self._slots.get(slot, []))
            spots = (spot for texts in held for spot, each in texts.items() if each == text and spot not in found)
            found += [spot] if (spot := next(spots, None)) else []
        return found if len(found) == len(batch) else []

    def _forget(self, spot: Spot) -> None:
        for texts in self._leases.values():
            texts.pop(spot, None)


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
        heard = list(map(tuple, self._teller(entry).tell_call(entry.at, entry.call, given, result)))
        return msgspec.convert(heard, list[Happening])  # a damaged line may have given it names that are no text

    def _teller(self, entry: Entry) -> Teller:
        """Return who tells of a core; one that begins anew knows the leases of the run before in the same log."""
        core = entry.source, entry.core
        before = self._tellers.get(core)
        if before is None or entry.call == "open":
            lost = before.leases if isinstance(before, CoordinatorStory) else {}
            self._tellers[core] = TELLERS[entry.core](self.books, lost)
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
        wanted = self.books.find_jobs(book) if book else found.keys()
        for number, (job, told) in enumerate((job, told) for job, told in found.items() if job in wanted):
            spot = (job, *place)
            if number:
                yield ""
            yield f"{clean_note(self.books.named(job))} (job {clean_note(job)}), sentence {named([spot])}:"
            yield f"“{clean_note(self.books.words.get(spot, ''))}”"
            yield from map(_line, told)

    def _chosen(self, happening: Happening, book: str) -> bool:
        return not book or any(job in self.books.find_jobs(book) for job, _, _ in happening.spots)


TELLERS: dict[str, Callable[[LoggedBooks, Leases], Teller]] = {
    "coordinator": CoordinatorStory,
    "worker": lambda books, _lost: WorkerStory(books),
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
