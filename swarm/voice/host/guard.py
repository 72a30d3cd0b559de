"""Judges whether a clip sounds as its text should, by its length, its silences and its peaks; a pure decision.

Models that sample run on now and then, stop early, fall silent or hum. A clip is judged by the running figures of its
own voice, so slow voices and quick ones, alphabets and syllables all have their own measure.
"""

import math
from collections import deque
from dataclasses import dataclass
from statistics import median

import numpy as np
import regex

from swarm.voice.engine import Pcm

KNOWN = 8  # clips after which the voice's figures count
REMEMBERED = 100
USUAL_FACTOR = 1.8  # so much longer or shorter than the voice's middle is never doubtful
SPREADS = 6.0  # nor is so much of its usual variation
SLACK_S = 1.0  # nor is so much more or less, in seconds: "Oh!" may take its time
MAX_SILENCE_S = 1.6  # inside a sentence
MAX_CLIPPED = 0.002  # of all samples

_FRAME_S = 0.02
_QUIET = 10 ** (-45 / 20)  # of the loudest frame
_LIMIT = 32_700
_BESIDES = 8  # what a sentence takes besides its letters, in letters
_WEIGHTS = (
    (regex.compile(r"\p{L}"), 1),
    (regex.compile(r"[\p{Han}\p{Hangul}\p{Hiragana}\p{Katakana}]"), 2),  # more than a letter: a syllable
    (regex.compile(r"\p{N}"), 5),  # "84" is eighty-four
    (regex.compile(r"[,;:.!?…—–。、，！？]+"), 3),
)


@dataclass(frozen=True)
class Measure:
    """The measurements of a sound by which it is judged."""

    length_s: float
    silence_s: float = 0.0  # the longest inside it
    clipped: float = 0.0  # share of its samples at the limit


@dataclass(frozen=True)
class Judgement:
    """`doubt` names what is wrong, empty where nothing is; of several takes the one of least `badness` is best."""

    doubt: str
    badness: float


class Guard:
    """Judges the clips of one voice by those it has heard of it."""

    def __init__(self) -> None:
        self._paces: deque[float] = deque(maxlen=REMEMBERED)  # logarithms of seconds a letter

    def judge(self, text: str, sound: Measure) -> Judgement:
        """Judge whether a sound may be that of a text."""
        off, tolerance = self._off(text, sound.length_s)
        usual_s = sound.length_s / math.exp(off)
        strange = min(abs(off) / tolerance, abs(sound.length_s - usual_s) / SLACK_S)
        silent, clipped = sound.silence_s / MAX_SILENCE_S, sound.clipped / MAX_CLIPPED
        doubts = [
            (strange, f"{sound.length_s:.1f} s, where {usual_s:.1f} s are usual"),
            (silent, f"{sound.silence_s:.1f} s of silence inside"),
            (clipped, f"{sound.clipped:.1%} of it is clipped"),
        ]
        said = "; ".join(words for badness, words in doubts if badness > 1)
        return Judgement(said, max(badness for badness, _ in doubts))

    def learn(self, text: str, length_s: float) -> None:
        """Take a clip that was kept into the figures; doubtful ones too, for the voice may have its ways."""
        self._paces.append(_pace(text, length_s))

    def _off(self, text: str, length_s: float) -> tuple[float, float]:
        """Return how far a length is from the usual one, as a logarithm, and how far it may be."""
        if len(self._paces) < KNOWN:
            return 0.0, 1.0
        middle = median(self._paces)
        spread = median(abs(pace - middle) for pace in self._paces)
        return _pace(text, length_s) - middle, max(math.log(USUAL_FACTOR), SPREADS * spread)


def _pace(text: str, length_s: float) -> float:
    return math.log(max(length_s, 0.01) / weight(text))


def weight(text: str) -> int:
    """Return the length of a text when it is spoken, in letters."""
    return _BESIDES + sum(worth * len(kind.findall(text)) for kind, worth in _WEIGHTS)


def measure(pcm: Pcm, sample_rate: int, length_s: float) -> Measure:
    """Measure a sound; `length_s` is the length of its clip, with trimmed ends."""
    size = max(1, round(_FRAME_S * sample_rate))
    frames = np.abs(pcm[: len(pcm) // size * size].reshape(-1, size).astype(np.int32)).max(axis=1, initial=0)
    loud = np.flatnonzero(frames > frames.max(initial=0) * _QUIET)
    gap = int(np.diff(loud).max(initial=1)) - 1
    clipped = np.count_nonzero((pcm > _LIMIT) | (pcm < -_LIMIT)) / max(1, len(pcm))
    return Measure(length_s, gap * _FRAME_S, clipped)
