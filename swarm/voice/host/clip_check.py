"""Judges by its length, silences and peaks whether a clip can be the speech of its text. A pure decision.

Models that sample sometimes run on, stop early, fall silent or hum. A clip is compared with the earlier clips of its
own voice, so that slow and fast voices, alphabets and syllabaries are each judged by their own pace.
"""

import math
from collections import deque
from dataclasses import dataclass
from statistics import median

import numpy as np
import regex

from swarm.voice.engine import Pcm

CLIPS_BEFORE_JUDGING = 8  # clips of a voice that are needed before lengths are judged
MAX_PACES = 100  # latest clips of a voice that lengths are compared with

# A length is doubtful only if it exceeds all three of these tolerances.
USUAL_FACTOR = 1.8  # ratio to the voice's median pace, or its inverse
SPREADS = 6.0  # multiples of the voice's median deviation
SLACK_S = 1.0  # seconds, since a short cry such as "Oh!" may be drawn out

MAX_SILENCE_S = 1.6  # longest silence inside a sentence
MAX_CLIPPED = 0.002  # share of samples that may be clipped

_FRAME_S = 0.02
_QUIET = 10 ** (-45 / 20)  # silence is 45 dB below the loudest frame
_CLIPPED_ABOVE = 32_700  # full scale is 32767
_SENTENCE_LETTERS = 8  # letters that take as long as the rests at the start and end of a sentence
# The letters that a sign takes as long as. Matches add up: a syllabic letter counts 1 + 2.
_WEIGHTS = (
    (regex.compile(r"\p{L}"), 1),
    (regex.compile(r"[\p{Han}\p{Hangul}\p{Hiragana}\p{Katakana}]"), 2),  # a whole syllable
    (regex.compile(r"\p{N}"), 5),  # a digit is a word
    (regex.compile(r"[,;:.!?…—–。、，！？]+"), 3),
)


@dataclass(frozen=True)
class Measure:
    """The measurements of a sound by which it is judged."""

    length_s: float
    silence_s: float = 0.0  # the longest silence inside it
    clipped: float = 0.0  # the share of its samples that are clipped


@dataclass(frozen=True)
class Judgement:
    """The judgement of a take. `doubt` tells what is wrong, or is empty. The best take has the least `badness`."""

    doubt: str
    badness: float


class ClipCheck:
    """The judge of one voice's clips, which it compares with the earlier ones."""

    def __init__(self) -> None:
        self._paces: deque[float] = deque(maxlen=MAX_PACES)  # logarithms of seconds a letter

    def judge(self, text: str, sound: Measure) -> Judgement:
        """Judge whether a sound can be the speech of a text."""
        deviation, tolerance = self._deviation(text, sound.length_s)
        usual_s = sound.length_s / math.exp(deviation)
        length_badness = min(abs(deviation) / tolerance, abs(sound.length_s - usual_s) / SLACK_S)
        silent, clipped = sound.silence_s / MAX_SILENCE_S, sound.clipped / MAX_CLIPPED
        doubts = [
            (length_badness, f"{sound.length_s:.1f} s, where {usual_s:.1f} s are usual"),
            (silent, f"{sound.silence_s:.1f} s of silence inside"),
            (clipped, f"{sound.clipped:.1%} of it is clipped"),
        ]
        said = "; ".join(words for badness, words in doubts if badness > 1)
        return Judgement(said, max(badness for badness, _ in doubts))

    def learn(self, text: str, length_s: float) -> None:
        """Remember the pace of a clip that was kept, even if it was doubtful: this may be how the voice speaks."""
        self._paces.append(_pace(text, length_s))

    def _deviation(self, text: str, length_s: float) -> tuple[float, float]:
        """Return the logarithm of a length's ratio to the usual one, and how large it may be."""
        if len(self._paces) < CLIPS_BEFORE_JUDGING:
            return 0.0, 1.0
        middle = median(self._paces)
        spread = median(abs(pace - middle) for pace in self._paces)
        return _pace(text, length_s) - middle, max(math.log(USUAL_FACTOR), SPREADS * spread)


def _pace(text: str, length_s: float) -> float:
    return math.log(max(length_s, 0.01) / weight(text))


def weight(text: str) -> int:
    """Return the expected length of a text's speech, counted in letters."""
    return _SENTENCE_LETTERS + sum(worth * len(kind.findall(text)) for kind, worth in _WEIGHTS)


def measure(pcm: Pcm, sample_rate: int, length_s: float) -> Measure:
    """Measure a sound: int16 mono PCM, shape (samples,). `length_s` is the length of its clip, with trimmed ends."""
    size = max(1, round(_FRAME_S * sample_rate))
    frames = np.abs(pcm[: len(pcm) // size * size].reshape(-1, size).astype(np.int32)).max(axis=1, initial=0)
    loud = np.flatnonzero(frames > frames.max(initial=0) * _QUIET)
    gap = int(np.diff(loud).max(initial=1)) - 1
    clipped = np.count_nonzero((pcm > _CLIPPED_ABOVE) | (pcm < -_CLIPPED_ABOVE)) / max(1, len(pcm))
    return Measure(length_s, gap * _FRAME_S, clipped)
