"""How long a job still takes, judged by what happened of late. Pure."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from math import exp
from typing import Any

MIN_MEMORY_S, MAX_MEMORY_S = 20.0, 900.0  # it reaches back about as far as the time left
MIN_ENCODING_S = 5.0  # the same of encoding, which goes on more evenly
TRUST_S = 5.0  # of speaking, before the speeds that workers measure are corrected by half of what is seen
MIN_SHARE, MAX_SHARE = 0.1, 2.0  # of its usual speed that a slot may really reach
MIN_STEPS = 3  # of encoding before it is judged
MAX_TAIL, MAX_TAIL_S = 0.05, 3.0  # share of the run, and seconds: once all is spoken, the cores encode alone
BACKLOG = 0.1  # share of the sound that is spoken but not encoded, above which encoding is behind
GUESS, GUESS_S = 0.25, 16.0  # of the time left, and seconds: the weight of a pace beside speech once all is spoken
MAX_TAKEN = 0.75  # share of the cores that engines are believed to leave to encoding: it gets four times faster then


@dataclass
class SpeechPace:
    """The pace at which all slots will speak, judged by what they spoke of late.

    Between two sentences a slot waits for texts, for its disk and for a busy machine, and no speed shows it. The
    speeds of the latest clips go up and down with the machine's load, which tells little of the time to come. So the
    pace is what was spoken over a while that is as long as the time left, in proportion to the slots at work.
    """

    run_s: float = 0.0
    seen_s: float | None = None
    spoken: int = 0
    left: int = 0
    usual: dict[Hashable, float] = field(default_factory=dict)  # characters a second of each slot, over that while
    latest: float = 0.0  # of all slots, by their latest clips
    promised_lately: float = 0.0  # characters, if all slots had spoken all the time at their usual speeds
    spoken_lately: float = 0.0

    def observe(self, now: float, spoken: int, left: int, paces: Mapping[Any, float]) -> None:
        """Take in how many characters are spoken and left, and the characters a second that each slot measures."""
        keep = 1.0
        if self.seen_s is not None and now > self.seen_s:
            passed_s, usual = now - self.seen_s, sum(self.usual.values())
            keep = exp(-passed_s / self._memory_s)
            self.run_s += passed_s
            self.promised_lately = self.promised_lately * keep + usual * passed_s
            if usual:  # before the first speed is known there is nothing to compare with
                self.spoken_lately = self.spoken_lately * keep + max(0, spoken - self.spoken)
        self.usual = {name: pace + keep * (self.usual.get(name, pace) - pace) for name, pace in paces.items() if pace}
        self.seen_s, self.spoken, self.left, self.latest = now, spoken, left, sum(paces.values())

    @property
    def _memory_s(self) -> float:
        pace = sum(self.usual.values()) * self._reached
        left_s = self.left / pace if pace else MAX_MEMORY_S
        return min(MAX_MEMORY_S, max(MIN_MEMORY_S, min(self.run_s, left_s)))

    @property
    def _reached(self) -> float:
        """The share of their usual speeds that the slots really reach."""
        trust = TRUST_S * sum(self.usual.values())
        if not self.promised_lately + trust:
            return 1.0
        share = (self.spoken_lately + trust) / (self.promised_lately + trust)
        return min(MAX_SHARE, max(MIN_SHARE, share))

    @property
    def share(self) -> float:
        """The expected pace, as a share of what the slots measure of their latest clips."""
        return sum(self.usual.values()) * self._reached / self.latest if self.latest else 1.0


@dataclass
class EncodingPace:
    """How fast a job's sound is encoded.

    Encoders run at low priority. Where engines compute on the same cores, encoding falls behind while they speak, and
    gets faster once they have spoken.
    """

    share: float = 0.0  # of the sound, encoded
    steps: int = 0
    risen_s: float = 0.0  # the moment of the latest step
    passed_lately: float = 0.0  # seconds
    done_lately: float = 0.0  # share of the sound
    taken: float = 0.0  # share of the cores that speaking takes, and leaves to encoding then
    is_alone: bool = False  # whether all is spoken

    def observe(self, now: float, share: float, taken: float = 0.0) -> None:
        """Take in what share of the sound is encoded, and what share of the same cores speaking takes.

        Whole reels count, so the former rises in steps.
        """
        self.taken = min(taken, MAX_TAKEN)
        if share < self.share:  # a sentence is spoken again, or the first reels are known now
            self.share, self.steps = share, 0
        if share == self.share:
            return
        if self.steps:  # the first one waited for a whole reel of speech
            passed_s = now - self.risen_s
            keep = exp(-passed_s / min(MAX_MEMORY_S, max(MIN_ENCODING_S, self._rest_s)))
            self.passed_lately = self.passed_lately * keep + passed_s
            self.done_lately = self.done_lately * keep + share - self.share
        self.steps += 1
        self.share, self.risen_s = share, now

    def leave_alone(self) -> None:
        """Take in that all is spoken, which makes encoding faster: what was seen of it before is a guess from now."""
        if not self.is_alone and self.passed_lately and self.share < 1:
            rate = self.done_lately / self.passed_lately / (1 - self.taken)
            self.passed_lately = min(self.passed_lately, GUESS_S, GUESS * (1 - self.share) / rate)
            self.done_lately = rate * self.passed_lately
        self.is_alone = True

    def left_s(self, now: float) -> float:
        """Return the seconds until all is encoded at its pace of late; 0 while that is unknown."""
        if self.steps < MIN_STEPS:
            return 0.0
        waited_s = now - self.risen_s  # since then a part of the next reel was encoded
        return max(0.0, self._rest_s - waited_s)

    @property
    def _rest_s(self) -> float:
        """The seconds from the latest step to the end, at the pace of late."""
        return (1 - self.share) * self.passed_lately / self.done_lately if self.done_lately else MAX_MEMORY_S

    def tail_s(self, now: float, spoken: float, run_s: float, speaking_s: float) -> float:
        """Return the seconds from the last sentence to the end.

        Where encoding is far behind what share is spoken, it takes them for what it does not get done meanwhile. Else
        they are about as long as it is behind now.
        """
        if spoken - self.share >= BACKLOG and self.steps >= MIN_STEPS:
            return max(0.0, self.left_s(now) - speaking_s) * (1 - self.taken)
        lag_s = max(0.0, spoken - self.share) / spoken * run_s if spoken else 0.0
        return min(lag_s, MAX_TAIL * run_s, MAX_TAIL_S)
