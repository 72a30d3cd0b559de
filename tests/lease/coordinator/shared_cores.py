"""Simulated runs of a machine whose cores engines, encoders and other programs share, as its coordinator sees them.

Each process gets the same share of the cores, as schedulers do it.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from math import inf

from swarm.lease.coordinator.time_left import EncoderUse
from swarm.lease.scheduling import Speed

STEP_S = 0.5
CORES = ENCODERS = 2
START_S = 3.0  # until encoders are there and the gain is measured
MEASURED = 0.015  # share of the sound that has to be there before
REELS = 120
SOUND_S = 3600.0


@dataclass(frozen=True)
class Moment:
    """What the coordinator knows at a moment."""

    now: float
    spoken: int  # characters
    left: int
    paces: dict[int, float]  # characters a second of each slot, by its latest clips
    encoded: float  # share of the sound, in whole reels
    use: EncoderUse
    taken: float  # share of the cores, by engines


@dataclass
class Run:
    """A run of so many characters.

    A slot of `speeds` speaks so many characters a second with a core of its own; `joins` are slots that come at a
    moment, and `leaves` tells which go when. Encoding alone takes one core `encoding_s`. `others` tells how many other
    programs keep a core busy at a moment. Slots that are `elsewhere` have cores of their own.
    """

    characters: int
    speeds: Sequence[float]
    encoding_s: float
    others: Callable[[float], int] = lambda now: 0
    elsewhere: bool = False
    joins: Sequence[tuple[float, float]] = ()  # moment, speed
    leaves: dict[int, float] = field(default_factory=dict)

    def moments(self, seed: int) -> Iterator[Moment]:
        """Yield a moment a second until all is encoded; the last one is the end."""
        dice, measured = random.Random(seed), dict[int, Speed]()
        now = spoken = encoded = busy_s = 0.0
        ready_s = inf  # when encoders begin
        while encoded < 1:
            done = spoken / self.characters
            ready_s = min(ready_s, now + START_S) if done > MEASURED else ready_s
            slots = self._slots(now) if done < 1 else {}
            encoders = min(ENCODERS, round((done - encoded) * REELS + 0.5)) if now > ready_s else 0
            core = _share((0 if self.elsewhere else len(slots)) + encoders + self.others(now))
            for number, chars_s in slots.items():
                characters = STEP_S * chars_s * (1 if self.elsewhere else core) * dice.uniform(0.6, 1.4)
                measured.setdefault(number, Speed()).add_clip(round(characters) or 1, 0.0, STEP_S)
                spoken = min(float(self.characters), spoken + characters)
            encoded += STEP_S * encoders * core * dice.uniform(0.6, 1.4) / self.encoding_s
            encoded, busy_s = min(encoded, spoken / self.characters), busy_s + STEP_S * encoders
            now += STEP_S
            if now % 1 == 0 or encoded >= 1:
                paces = {number: measured[number].chars_s or 0.0 for number in slots}
                taken = 0.0 if self.elsewhere else len(slots) * core / CORES
                left = round(self.characters - spoken)
                reels = int(encoded * REELS)
                use = EncoderUse(ENCODERS, reels, reels / REELS * SOUND_S, busy_s)
                yield Moment(now, self.characters - left, left, paces, reels / REELS, use, taken)

    def _slots(self, now: float) -> dict[int, float]:
        """Return the speeds of the slots that are there."""
        joined = enumerate((speed for moment, speed in self.joins if moment <= now), len(self.speeds))
        return {
            number: speed for number, speed in (*enumerate(self.speeds), *joined) if now < self.leaves.get(number, inf)
        }


def _share(processes: int) -> float:
    """Return the share of a core that each process gets."""
    return min(1.0, CORES / processes) if processes else 1.0
