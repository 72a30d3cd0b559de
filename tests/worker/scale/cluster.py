"""A simulated cluster that lends pilots late and takes them back at random, as the rule asks for them."""

from dataclasses import dataclass, field
from math import log
from random import Random

from swarm.worker.scale.pilots import Fleet, Wish, advise

STEP_S = 5.0  # between two looks at the fleet
SENTENCE = 60  # characters
HALF_LIFE_S = 600.0  # half of the pilots of a restless cluster end in this time


@dataclass
class SimPilot:
    """One pilot; its speed is unknown for its first step."""

    speed: float
    comes_s: float
    leaves_s: float
    spoken: float = 0.0


@dataclass
class Cluster:
    """A book that is spoken by pilots alone; what happens follows from the seed."""

    seed: int
    wish: Wish
    characters: float
    is_restless: bool = False  # pilots are taken back at random
    now: float = 0.0
    pilots: list[SimPilot] = field(default_factory=list)
    most: int = 0

    def run(self) -> "Cluster":
        """Speak the book, until it is spoken or no pilot is there or asked for."""
        random = Random(f"cluster {self.seed}")
        while self.characters > 0:
            pilots = advise(self.wish, self._fleet(), self.now).pilots
            if not pilots and all(pilot.leaves_s <= self.now for pilot in self.pilots):
                break
            for _ in range(pilots):
                comes_s = self.now + random.uniform(20, 60)
                stay_s = self.wish.stay_s
                if self.is_restless:
                    stay_s = min(stay_s, random.expovariate(log(2) / HALF_LIFE_S))
                self.pilots.append(SimPilot(random.uniform(10, 30), comes_s, comes_s + stay_s))
            self.most = max(self.most, sum(pilot.leaves_s > self.now for pilot in self.pilots))
            self.now += STEP_S
            for pilot in self._here():
                spoken = min(self.characters, pilot.speed * STEP_S)
                pilot.spoken += spoken
                self.characters -= spoken
        return self

    def _here(self) -> list[SimPilot]:
        return [pilot for pilot in self.pilots if pilot.comes_s <= self.now < pilot.leaves_s]

    def _fleet(self) -> Fleet:
        here = self._here()
        known = [pilot for pilot in here if pilot.spoken]
        asked = sum(pilot.comes_s > self.now for pilot in self.pilots)
        return Fleet(
            characters=int(self.characters),
            segments=-(-int(self.characters) // SENTENCE),
            pace=sum(pilot.speed for pilot in known),
            measured=len(known),
            workers=len(here),
            joined=len(here),
            asked=asked,
            start_s=40.0,
            spent_s=sum(self._may_take(pilot) for pilot in self.pilots),
        )

    def _may_take(self, pilot: SimPilot) -> float:
        has_ended = pilot.leaves_s <= self.now
        return pilot.leaves_s - pilot.comes_s if has_ended else self.wish.stay_s

    @property
    def took_s(self) -> float:
        """The time that all pilots were there until the end."""
        return sum(max(0.0, min(self.now, pilot.leaves_s) - pilot.comes_s) for pilot in self.pilots)
