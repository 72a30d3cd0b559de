"""How long a job still takes, judged by what happened of late. Pure."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from math import exp
from typing import Any, NamedTuple

MIN_MEMORY_S, MAX_MEMORY_S = 20.0, 900.0  # the memory reaches back about as far as the time left
MIN_ENCODING_S = 5.0  # encoding goes on more evenly than speech, so a shorter memory is enough
TRUST_S = 5.0  # after so much speech, half of what is seen corrects the speeds that workers measure
MIN_SHARE, MAX_SHARE = 0.1, 2.0  # a slot may really reach such a share of its usual speed
# Once all is spoken, a pace beside speech weighs this share of the time left, but at most so many seconds.
GUESS, GUESS_S = 0.25, 16.0
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
    usual: dict[Hashable, float] = field(default_factory=dict)  # average characters a second of each slot
    latest: float = 0.0  # characters a second of all slots' latest clips
    expected_lately: float = 0.0  # characters, if all slots had spoken all the time at their usual speeds
    spoken_lately: float = 0.0

    def observe(self, now: float, spoken: int, left: int, paces: Mapping[Any, float]) -> None:
        """Take in how many characters are spoken and left, and the characters a second that each slot measures."""
        keep = 1.0
        if self.seen_s is not None and now > self.seen_s:
            passed_s, usual = now - self.seen_s, sum(self.usual.values())
            keep = exp(-passed_s / self._memory_s)
            self.run_s += passed_s
            self.expected_lately = self.expected_lately * keep + usual * passed_s
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
        if not self.expected_lately + trust:
            return 1.0
        share = (self.spoken_lately + trust) / (self.expected_lately + trust)
        return min(MAX_SHARE, max(MIN_SHARE, share))

    @property
    def share(self) -> float:
        """The expected pace, as a share of what the slots measure of their latest clips."""
        return sum(self.usual.values()) * self._reached / self.latest if self.latest else 1.0


class EncoderUse(NamedTuple):
    """What this machine's encoders have done so far."""

    encoders: int = 1
    pieces: int = 0  # stretches of sound that were measured or encoded
    sound_s: float = 0.0  # seconds of sound in their clips
    busy_s: float = 0.0  # seconds of work, summed over all encoders


IDLE = EncoderUse()


@dataclass
class EncodingPace:
    """How fast the encoders work off sound, judged by what they did of late.

    Only the time in which they had work counts, so the pace is known before they are behind. Where engines compute on
    the same cores, it gets faster once they have spoken.
    """

    use: EncoderUse = IDLE
    done_s: float = 0.0  # the moment of the latest piece
    pieces_lately: float = 0.0
    sound_lately: float = 0.0  # seconds
    busy_lately: float = 0.0  # seconds
    taken: float = 0.0  # share of the cores that speaking takes, and leaves to encoding then
    is_alone: bool = False  # whether all is spoken

    def observe(self, now: float, use: EncoderUse, left_sound_s: float, taken: float | None) -> None:
        """Take in the encoders' work so far, and the seconds of sound that are left to them.

        Speaking takes the share `taken` of the same cores; None once all is spoken.
        """
        if taken is not None:
            self._share_cores(taken)
        elif not self.is_alone:
            self._leave_alone(left_sound_s)
        if use.pieces <= self.use.pieces:  # nothing is known of encoders while there are no books
            return
        busy_s = use.busy_s - self.use.busy_s
        memory_s = use.encoders * min(MAX_MEMORY_S, max(MIN_ENCODING_S, self._seconds(left_sound_s)))
        self._forget(exp(-busy_s / memory_s))
        self.pieces_lately += use.pieces - self.use.pieces
        self.sound_lately += use.sound_s - self.use.sound_s
        self.busy_lately += busy_s
        self.use, self.done_s = use, now

    def _share_cores(self, taken: float) -> None:
        if self.is_alone:
            self.busy_lately /= 1 - self.taken
        self.taken, self.is_alone = min(taken, MAX_TAKEN), False

    def _leave_alone(self, left_sound_s: float) -> None:
        """Expect encoding to get faster: what was seen of it before is a guess from now."""
        self.is_alone = True
        self.busy_lately *= 1 - self.taken
        if guess_s := self.use.encoders * min(GUESS_S, GUESS * self._seconds(left_sound_s)):
            self._forget(min(1.0, guess_s / self.busy_lately))

    def _forget(self, keep: float) -> None:
        self.pieces_lately *= keep
        self.sound_lately *= keep
        self.busy_lately *= keep

    def left_s(self, sound_s: float, now: float) -> float:
        """Return the seconds until so much sound is encoded; 0 while the pace is unknown."""
        if not sound_s:
            return 0.0
        return max(0.0, max(self._seconds(sound_s), self._piece_s) - (now - self.done_s))

    def tail_s(self, sound_s: float, speaking_s: float, *, gets_faster: bool = True) -> float:
        """Return the seconds from the last sentence to the end.

        They take what encoding does not get done meanwhile, and the last piece at least.
        """
        behind_s = max(self._seconds(sound_s) - speaking_s, self._piece_s)
        return behind_s * (1 - self.taken) if gets_faster else behind_s

    def _seconds(self, sound_s: float) -> float:
        """Return the seconds that all encoders together need for so much sound."""
        return sound_s * self.busy_lately / self.sound_lately / self.use.encoders if self.sound_lately else 0.0

    @property
    def _piece_s(self) -> float:
        return self.busy_lately / self.pieces_lately if self.pieces_lately else 0.0
