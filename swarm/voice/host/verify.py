"""Compares the words that a speech recogniser hears in a clip with its text (`--verify`)."""

import os
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np
import regex

from swarm.config import ENV_VERIFY, may_download
from swarm.errors import EnvironmentFault
from swarm.job.language import language_name
from swarm.system.installation import extra_line
from swarm.voice.engine import EngineFault, FaultKind, Pcm
from swarm.voice.host.guard import Judgement

if TYPE_CHECKING:
    from numpy.typing import NDArray

RATE = 16_000  # sample rate in Hz that the recogniser expects
MAX_WRONG = 0.2  # share of letters that may differ, since names and numbers are spelled in many ways
MAX_WRONG_END = 7  # letters that may be missing or added at an end: about a word
MIN_LETTERS = 12  # the recogniser guesses shorter texts rather than hearing them

_HEARD_LETTERS = 4  # letters in a row that are heard as they are said: fewer may be chance
_RECOGNISER_CODES = {"nb": "no", "fil": "tl", "jv": "jw"}  # languages for which the recogniser has its own codes
_DIGIT_LETTERS = 8  # that a digit may stand for: "7" for "seventy"
_DIGIT = regex.compile(r"\p{N}")
_NO_LETTER = regex.compile(r"[^\p{L}\p{N}]+")


class Verifier:
    """A recogniser that listens to clips in one language."""

    def __init__(self, model: Any, language: str) -> None:
        self._model, self._language = model, language

    def judge(self, text: str, sound: Pcm, sample_rate: int) -> Judgement:
        """Judge whether a sound says a text: all of it, and nothing else. A text that is too short passes."""
        if len(_letters(text)) < MIN_LETTERS:
            return Judgement("", 0.0)
        return compare(text, self.heard(sound, sample_rate))

    def heard(self, sound: Pcm, sample_rate: int) -> str:
        """Return the words that the recogniser hears."""
        pieces, _ = self._model.transcribe(
            _resampled(sound, sample_rate), language=self._language, beam_size=1, condition_on_previous_text=False
        )
        return " ".join(piece.text.strip() for piece in pieces)


def compare(said: str, heard: str) -> Judgement:
    """Judge by what is heard whether a text was said: by its letters on the whole, and at both of its ends.

    A gap with digits may differ by more letters, since a recogniser writes "1794" for many.
    """
    from rapidfuzz.distance import Levenshtein

    one, other = _letters(said), _letters(heard)
    gaps = _gaps(one, other)
    wrong = sum(max(0, Levenshtein.distance(*gap) - _excused(gap)) for gap in gaps) / max(1, len(one), len(other))
    doubts = [(wrong / MAX_WRONG, f"{wrong:.0%} of it is heard as something else")]
    for place, gap in (("beginning", gaps[0]), ("end", gaps[-1])):
        added = len(gap[1]) - len(gap[0])
        excess = max(0, abs(added) - _excused(gap))
        words = f"{excess} letters too many are heard" if added > 0 else f"{excess} letters are not heard"
        doubts.append((excess / MAX_WRONG_END, f"{words} at its {place}"))
    return Judgement("; ".join(words for badness, words in doubts if badness > 1), max(doubts)[0])


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


def check_verify() -> None:
    """Raise EnvironmentFault if no recogniser is installed."""
    if not all(find_spec(package) for package in ("faster_whisper", "rapidfuzz")):
        line = extra_line("verify")
        raise EnvironmentFault(f"--verify needs a speech recogniser, which is not installed here: {line}")


def find_verifier(language: str, device: str) -> Verifier | None:
    """Load a recogniser on a slot's device; return None without --verify, or if it does not know the language.

    Raises EngineFault(UNAVAILABLE).
    """
    name = os.environ.get(ENV_VERIFY, "")
    if not name:
        return None
    kind, _, number = device.partition(":")
    place = {"device": "cuda", "device_index": int(number or 0), "compute_type": "float16"}
    if kind != "cuda":
        place = {"device": "cpu", "compute_type": "int8", "cpu_threads": 1}
    try:
        from faster_whisper import WhisperModel, download_model

        if "/" not in name and os.sep not in name:  # a folder of that name here is no model
            name = download_model(name, local_files_only=not may_download())
        model = WhisperModel(name, **place)
    except Exception as fault:  # a missing package or model, no network, no memory, and others
        why = f"{type(fault).__name__}: {str(fault)[:200]}"
        raise EngineFault(FaultKind.UNAVAILABLE, f"The recogniser {name} of --verify does not load: {why}") from fault
    code = _RECOGNISER_CODES.get(language, language)
    if code not in model.supported_languages:  # it would hear wrong words in every sentence
        print(f"The recogniser {name} does not know {language_name(language)}: clips are not verified.")  # noqa: T201
        return None
    return Verifier(model, code)
