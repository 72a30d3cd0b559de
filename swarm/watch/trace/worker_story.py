"""Tells the story in a worker's log: which coordinators it met, what its slots did, where its clips went."""

from collections.abc import Iterator

from msgspec import convert

from swarm.book.model.engine_text import read_engine_text
from swarm.lease.envelope import Hindrance
from swarm.lease.message import Refused, Rejected
from swarm.system.text import count_text
from swarm.watch.trace.happening import Happening, LoggedBooks, Spot, Teller, Value, named, spots_of
from swarm.watch.words import hindrance_text, refused_text, rejected_text


class WorkerStory(Teller):
    """Follows one worker through its log."""

    role = "worker"

    def __init__(self, books: LoggedBooks | None = None) -> None:
        super().__init__(books)
        self._coordinators: dict[str, str] = {}  # keys are links
        self._leases: dict[int, dict[Spot, str]] = {}  # each lease has its texts, in their order
        self._slots: dict[int, list[int]] = {}  # each slot has its leases
        self._speaking: dict[tuple[int, int], list[Spot]] = {}  # the key of a batch is its slot and turn

    def hear(self, at_s: float, call: str, given: Value, result: Value) -> Iterator[Happening]:
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
