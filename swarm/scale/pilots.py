"""The pilots that were asked for: which have joined, which have ended, and what they took. Pure."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

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

    def add(self, name: str, ticket: str, now: float) -> None:
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
