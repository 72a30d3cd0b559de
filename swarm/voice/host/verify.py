"""Compares the words that a speech recogniser hears in a clip with its text (`--verify`)."""

import os
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np
import regex

from swarm.config import ENV_VERIFY
from swarm.errors import EnvironmentFault
from swarm.job.language import language_name
from swarm.system.installation import extra_line
from swarm.voice.engine import EngineFault, FaultKind, Pcm

if TYPE_CHECKING:
    from numpy.typing import NDArray

RATE = 16_000  # sample rate in Hz that the recogniser expects
MAX_WRONG = 0.35  # share of letters that may differ, since names and numbers are spelled in many ways
MIN_LETTERS = 12  # the recogniser guesses shorter texts rather than hearing them

_RECOGNISER_CODES = {"nb": "no", "fil": "tl", "jv": "jw"}  # languages for which the recogniser has its own codes
_NO_LETTER = regex.compile(r"[^\p{L}\p{N}]+")


class Verifier:
    """A recogniser that listens to clips in one language."""

    def __init__(self, model: Any, language: str) -> None:
        self._model, self._language = model, language

    def wrong(self, text: str, sound: Pcm, sample_rate: int) -> float:
        """Return the share of a text, from 0 to 1, that is heard differently; 0 if it is too short to tell."""
        if len(_letters(text)) < MIN_LETTERS:
            return 0.0
        return wrong_share(text, self.heard(sound, sample_rate))

    def heard(self, sound: Pcm, sample_rate: int) -> str:
        """Return the words that the recogniser hears."""
        pieces, _ = self._model.transcribe(
            _resampled(sound, sample_rate), language=self._language, beam_size=1, condition_on_previous_text=False
        )
        return " ".join(piece.text.strip() for piece in pieces)


def wrong_share(said: str, heard: str) -> float:
    """Return the edit distance between two texts as a share of the longer one's letters."""
    from rapidfuzz.distance import Levenshtein

    return float(Levenshtein.normalized_distance(_letters(said), _letters(heard)))


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
        from faster_whisper import WhisperModel

        model = WhisperModel(name, **place)
    except Exception as fault:  # a missing package or model, no network, no memory, and others
        why = f"{type(fault).__name__}: {str(fault)[:200]}"
        raise EngineFault(FaultKind.UNAVAILABLE, f"The recogniser {name} of --verify does not load: {why}") from fault
    code = _RECOGNISER_CODES.get(language, language)
    if code not in model.supported_languages:  # it would hear wrong words in every sentence
        print(f"The recogniser {name} does not know {language_name(language)}: clips are not verified.")  # noqa: T201
        return None
    return Verifier(model, code)
