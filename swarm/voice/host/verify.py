"""Compares the words that a speech recogniser hears in a clip with its text (`--verify`)."""

import hashlib
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import regex

from swarm.voice.device_fault import device_fault
from swarm.voice.engine import EngineFault, Pcm
from swarm.voice.host.guard import Judgement

if TYPE_CHECKING:
    from numpy.typing import NDArray

RATE = 16_000  # sample rate in Hz that the recogniser expects
MAX_WRONG = 0.2  # share of letters that may differ, since names and numbers are spelled in many ways
MAX_WRONG_END = 7  # letters that may be missing or added at an end: about a word
MAX_WRONG_INSIDE = 12  # letters in a row that may be missing or added elsewhere: about two words; good clips have 2
MIN_LETTERS = 12  # the recogniser guesses shorter texts rather than hearing them

_HEARD_LETTERS = 4  # letters in a row that are heard as they are said: fewer may be chance
_CHINESE = ("zh", "yue")
SAMPLE = 10  # with `--verify sample` one sentence of so many is listened to
MORE_AFTER = 20  # sentences after a doubtful one that are listened to all the same
_DIGIT_LETTERS = 8  # that a digit may stand for: "7" for "seventy"
_DIGIT = regex.compile(r"\p{N}")
_NO_LETTER = regex.compile(r"[^\p{L}\p{N}]+")


class Verifier:
    """A recogniser that listens to clips in one language, all of them or a sample."""

    def __init__(self, model: Any, language: str, *, sample: bool = False) -> None:
        self._model, self._language = model, language
        self._fold = _simplified() if language in _CHINESE else str
        self._sample = sample
        self._more = 0  # sentences that are listened to although they are not in the sample

    def judge(self, text: str, sound: Pcm, sample_rate: int) -> Judgement:
        """Judge whether a sound says a text: all of it, and nothing else. A text that is too short passes.

        Raises EngineFault if the device fails the recogniser.
        """
        if len(_letters(text)) < MIN_LETTERS or not self._is_chosen(text):
            return Judgement("", 0.0)
        try:
            heard = self.heard(sound, sample_rate)
        except Exception as fault:  # a recogniser is third-party code and may raise anything
            return _not_heard(fault)
        judged = compare(self._fold(text), self._fold(heard))
        if judged.doubt:
            self._more = MORE_AFTER
        return judged

    def _is_chosen(self, text: str) -> bool:
        if not self._sample or in_sample(text):
            return True
        self._more -= self._more > 0
        return self._more > 0

    def heard(self, sound: Pcm, sample_rate: int) -> str:
        """Return the words that the recogniser hears."""
        pieces, _ = self._model.transcribe(
            _resampled(sound, sample_rate), language=self._language, beam_size=1, condition_on_previous_text=False
        )
        return " ".join(piece.text.strip() for piece in pieces)


def in_sample(text: str) -> bool:
    """Tell whether a text is in the sample, which is the same on every machine and for every take."""
    return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) % SAMPLE == 0


def _not_heard(fault: Exception) -> Judgement:
    """Return a doubt that blames the recogniser. Raises EngineFault for a fault of the device."""
    words = f"the recogniser of --verify failed ({type(fault).__name__}: {str(fault)[:200]})"
    if kind := device_fault(fault):
        raise EngineFault(kind, words) from fault
    return Judgement(f"not listened to: {words}", 0.0)


@cache
def _simplified() -> Callable[[str], str]:
    """Return a function that writes Chinese in simplified characters, since a recogniser may write either kind."""
    try:
        import opencc
    except ImportError:
        return str
    convert: Callable[[str], str] = opencc.OpenCC("t2s").convert
    return convert


def compare(said: str, heard: str) -> Judgement:
    """Judge by what is heard whether a text was said: by its letters on the whole, at both of its ends, and in between.

    A gap with digits may differ by more letters, since a recogniser writes "1794" for many.
    """
    from rapidfuzz.distance import Levenshtein

    one, other = _letters(said), _letters(heard)
    gaps = _gaps(one, other)
    wrong = sum(max(0, Levenshtein.distance(*gap) - _excused(gap)) for gap in gaps) / max(1, len(one), len(other))
    doubts = [(wrong / MAX_WRONG, f"{wrong:.0%} of it is heard as something else")]
    inside = max(gaps[1:-1], key=_excess, default=("", ""))  # a lost sentence may be a small share of a long text
    for place, gap, most in (
        ("at its beginning", gaps[0], MAX_WRONG_END),
        ("inside", inside, MAX_WRONG_INSIDE),
        ("at its end", gaps[-1], MAX_WRONG_END),
    ):
        excess = _excess(gap)
        words = f"{excess} letters {'too many are' if len(gap[1]) > len(gap[0]) else 'are not'} heard"
        doubts.append((excess / most, f"{words} {place}"))
    return Judgement("; ".join(words for badness, words in doubts if badness > 1), max(doubts)[0])


def _excess(gap: tuple[str, str]) -> int:
    """Return how many letters too many or too few are heard in a gap."""
    return max(0, abs(len(gap[1]) - len(gap[0])) - _excused(gap))


def _excused(gap: tuple[str, str]) -> int:
    """Return how many letters the digits of a gap may stand for."""
    return _DIGIT_LETTERS * len(_DIGIT.findall("".join(gap)))


def _gaps(said: str, heard: str) -> list[tuple[str, str]]:
    """Return what is said and what is heard between stretches that are heard as they are said, and at both ends."""
    from rapidfuzz.distance import Levenshtein

    gaps, said_to, heard_to = [], 0, 0
    for block in Levenshtein.opcodes(said, heard).as_matching_blocks():
        if block.size >= _HEARD_LETTERS:
            gaps.append((said[said_to : block.a], heard[heard_to : block.b]))
            said_to, heard_to = block.a + block.size, block.b + block.size
    return [*gaps, (said[said_to:], heard[heard_to:])]


def _letters(text: str) -> str:
    return _NO_LETTER.sub("", text.casefold())


def _resampled(sound: Pcm, sample_rate: int) -> "NDArray[np.float32]":
    """Resample a sound to the recogniser's rate by linear interpolation, which is good enough to recognise words."""
    times_s = np.arange(len(sound) * RATE // sample_rate) / RATE
    wave = np.interp(times_s, np.arange(len(sound)) / sample_rate, sound.astype(np.float32))
    return (wave / 32768).astype(np.float32)
