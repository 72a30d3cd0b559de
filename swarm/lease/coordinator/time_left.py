"""How long a job still takes, judged by what happened of late. Pure."""

from dataclasses import dataclass
from math import exp

MEMORY_S = 90.0  # what happened so long ago counts a third of what happens now
TRUST_S = 10.0  # of speaking, before the speeds that workers measure are corrected by half of what is seen
MIN_STEPS = 3  # of encoding before it is judged
BACKLOG = 0.1  # share of the sound that is spoken but not encoded, above which encoding sets the pace


@dataclass
class SpeechPace:
    """What the slots really speak, as a share of the speeds that they measure while they work.

    Between two sentences a slot waits for texts, for its disk and for a busy machine, and no speed shows it.
    """

    seen_s: float | None = None
    spoken: int = 0
    promised_lately: float = 0.0  # characters, if the slots spoke all the time
    spoken_lately: float = 0.0
    pace: float = 0.0  # the latest; characters a second

    def observe(self, now: float, spoken: int, pace: float) -> None:
        """Take in how many characters are spoken, and the characters a second that the slots measure."""
        if self.seen_s is not None and now > self.seen_s:
            passed_s = now - self.seen_s
            keep = exp(-passed_s / MEMORY_S)
            self.promised_lately = self.promised_lately * keep + self.pace * passed_s
            if self.pace:  # before the first speed is known there is nothing to compare with
                self.spoken_lately = self.spoken_lately * keep + max(0, spoken - self.spoken)
        self.seen_s, self.spoken, self.pace = now, spoken, pace

    @property
    def share(self) -> float:
        """The share of the measured speeds that is really reached, from a tenth to one and a quarter."""
        trust = TRUST_S * self.pace
        if not self.promised_lately + trust:
            return 1.0
        return min(1.25, max(0.1, (self.spoken_lately + trust) / (self.promised_lately + trust)))


@dataclass
class EncodingPace:
    """How fast a job's sound is encoded."""

    share: float = 0.0  # of the sound, encoded
    steps: int = 0
    risen_s: float = 0.0  # the moment of the latest step
    passed_lately: float = 0.0  # seconds
    done_lately: float = 0.0  # share of the sound

    def observe(self, now: float, share: float) -> None:
        """Take in what share of the sound is encoded. Whole reels count, so it rises in steps."""
        if share < self.share:  # a sentence is spoken again, or the first reels are known now
            self.share, self.steps = share, 0
        if share == self.share:
            return
        if self.steps:  # the first one waited for a whole reel of speech
            passed_s = now - self.risen_s
            keep = exp(-passed_s / MEMORY_S)
            self.passed_lately = self.passed_lately * keep + passed_s
            self.done_lately = self.done_lately * keep + share - self.share
        self.steps += 1
        self.share, self.risen_s = share, now

    def left_s(self, now: float, spoken: float) -> float:
        """Return the seconds until all is encoded; 0 where encoding keeps up with what share is spoken."""
        backlog = spoken - self.share
        if self.steps < MIN_STEPS or (spoken < 1 and backlog < BACKLOG):
            return 0.0
        waited_s = now - self.risen_s  # since then a part of the next reel was encoded
        return max(0.0, (1 - self.share) * self.passed_lately / self.done_lately - waited_s)
