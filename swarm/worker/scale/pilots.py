"""The pilots, workers that a batch system lends for a while: which have joined, which have ended, what they took,
and how many more to ask for. Pure."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from math import ceil, floor
from typing import Literal

USUAL_START_S = 30.0  # a start is taken to last so long until the first pilot has joined
GONE_S = 30.0  # a pilot that had joined counts as over when it is away from the coordinator for so long
MAX_REMEMBERED = 8  # the next start is judged by so many


@dataclass
class Pilot:
    """One worker that a batch system was asked for."""

    name: str
    ticket: str  # the batch system names the pilot by it
    asked_s: float
    joined_s: float | None = None
    seen_s: float = 0.0  # the last moment at which the pilot was at the coordinator


@dataclass
class Pilots:
    """All pilots of one run of `scale`."""

    stay_s: float
    under_way: dict[str, Pilot] = field(default_factory=dict)  # keys are tickets
    ended_took_s: float = 0.0
    starts_s: list[float] = field(default_factory=list)
    failures: int = 0  # pilots one after the other that ended without having joined

    def note_pilot(self, name: str, ticket: str, now: float) -> None:
        """Take in that a pilot was asked for."""
        self.under_way[ticket] = Pilot(name, ticket, now)

    def observe(self, present: Collection[str], ended: Collection[str], now: float) -> None:
        """Take in the names of the workers that are at the coordinator, and the tickets that are over."""
        for pilot in [*self.under_way.values()]:
            if pilot.name in present:
                self._meet(pilot, now)
            gone = pilot.joined_s is not None and now - pilot.seen_s > GONE_S
            if pilot.ticket in ended or gone:
                self._end(pilot, now)

    def _meet(self, pilot: Pilot, now: float) -> None:
        if pilot.joined_s is None:
            pilot.joined_s = now
            self.starts_s = [*self.starts_s, now - pilot.asked_s][-MAX_REMEMBERED:]
            self.failures = 0
        pilot.seen_s = now

    def _end(self, pilot: Pilot, now: float) -> None:
        del self.under_way[pilot.ticket]
        began_s = pilot.asked_s if pilot.joined_s is None else pilot.joined_s
        self.ended_took_s += now - began_s
        if pilot.joined_s is None:
            self.failures += 1

    def _each(self, *, joined: bool) -> Iterator[Pilot]:
        return (pilot for pilot in self.under_way.values() if (pilot.joined_s is not None) is joined)

    @property
    def joined(self) -> int:
        """How many are at the coordinator, or were and have not ended."""
        return sum(1 for _ in self._each(joined=True))

    @property
    def asked(self) -> int:
        """How many have not joined yet."""
        return sum(1 for _ in self._each(joined=False))

    @property
    def start_s(self) -> float:
        """The seconds that the latest pilots took to join."""
        return sum(self.starts_s) / len(self.starts_s) if self.starts_s else USUAL_START_S

    @property
    def spent_s(self) -> float:
        """The seconds that ended pilots took, and that the others take at most."""
        return self.ended_took_s + self.stay_s * len(self.under_way)


LEAST_USE_S = 120.0  # a pilot has to start its engine, so it must have so much to speak
MARGIN = 1.1  # more is planned than is left: speeds vary, and the last sentences wait for the slowest
Bound = Literal["nothing left", "most", "soon done", "in time", "unmeasured", "budget", "enough"]


@dataclass(frozen=True)
class Wish:
    """What the user allows and wants: pilots at a time, seconds that each stays, and when all should be spoken."""

    most: int
    stay_s: float
    until_s: float | None = None  # seconds since the epoch
    budget_s: float | None = None  # seconds of all pilots together


@dataclass(frozen=True)
class Fleet:
    """What is left to speak, and who is there to speak it."""

    characters: int
    segments: int
    pace: float  # characters a second of the workers whose speed is known
    measured: int  # workers whose speed is known
    workers: int  # all workers at the coordinator, pilots among them
    joined: int  # pilots at the coordinator
    asked: int  # pilots that were asked for and have not joined
    start_s: float  # seconds from asking for a pilot to its arrival
    spent_s: float  # seconds that ended pilots took, and that all others may still take


@dataclass(frozen=True)
class PilotAdvice:
    """How many pilots to ask for, and what bounds their number."""

    pilots: int
    bound: Bound


def advise(wish: Wish, fleet: Fleet, now: float) -> PilotAdvice:
    """Return how many more pilots to ask for."""
    if not fleet.characters:
        return PilotAdvice(0, "nothing left")
    bounds: list[tuple[int, Bound]] = [
        (wish.most - fleet.joined - fleet.asked, "most"),
        (_useful(fleet), "soon done"),
        (fleet.segments - fleet.workers - fleet.asked, "soon done"),
        _affordable(wish, fleet),
    ]
    if wish.until_s is not None:
        bounds.append(_needed(wish.until_s, fleet, now))
    pilots, bound = min(bounds, key=lambda each: each[0])
    return PilotAdvice(max(0, pilots), bound)


def _useful(fleet: Fleet) -> int:
    """Return how many more pilots would find work for a while, if all workers shared what is left."""
    if not fleet.measured:
        return fleet.segments
    use_s = max(LEAST_USE_S, 2 * fleet.start_s)
    in_all = floor(fleet.characters / (fleet.pace / fleet.measured * use_s))
    nobody = fleet.workers + fleet.asked == 0
    return max(in_all, int(nobody)) - fleet.workers - fleet.asked


def _needed(until_s: float, fleet: Fleet, now: float) -> tuple[int, Bound]:
    """Return how many more pilots speak all in time; one where no speed is known, to measure it."""
    if not fleet.measured:
        return int(fleet.workers + fleet.asked == 0), "unmeasured"
    left_s = until_s - now
    working_s = left_s - fleet.start_s
    if working_s <= 0:  # a pilot that starts now is too late, yet each shortens the delay
        return fleet.segments, "in time"
    each = fleet.pace / fleet.measured
    by_workers = each * fleet.workers * left_s + each * fleet.asked * working_s
    missing = ceil((MARGIN * fleet.characters - by_workers) / (each * working_s))
    return missing, "in time" if missing > 0 else "enough"


def _affordable(wish: Wish, fleet: Fleet) -> tuple[int, Bound]:
    if wish.budget_s is None:
        return fleet.segments, "soon done"
    return floor((wish.budget_s - fleet.spent_s) / wish.stay_s), "budget"
