"""Speaks a segment with any of Coqui's voices: seeds, pieces, trimmed ends, and a retry when memory runs out."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from swarm.book.speech.piece import cut
from swarm.voice.engine import EngineFault, FaultKind, Pcm, device_fault, from_floats

Wave = NDArray[np.float32]
Result = TypeVar("Result")

PIECE_PAUSE_S = 0.15  # between the pieces of a sentence, as long as a breath
_QUIET = 10 ** (-60 / 20)
_CODE_FAULTS = (
    AssertionError,
    ArithmeticError,
    AttributeError,
    LookupError,
    NotImplementedError,
    TypeError,
    ValueError,
)
_KEPT_SILENCE_S = 0.05  # at the end of a piece


def speak_pieces(text: str, seed: int, sample_rate: int, fits: Callable[[str], bool], say: Callable[[str], Any]) -> Pcm:
    """Speak a text in pieces that fit the model, as one clip. Raises EngineFault.

    `say` returns a wave between -1 and 1 of any shape with one long axis.
    """

    def speak() -> Pcm:
        torch.manual_seed(seed)  # seeds every device
        return joined([guarded(partial(say, piece)) for piece in pieces(text, fits)], sample_rate)

    return with_room(speak)


def with_room(speak: Callable[[], Result]) -> Result:
    """Return what `speak` returns. If memory runs out, empty the cache and try once more.

    After that EngineFault(MEMORY) asks for a fresh process.
    """
    try:
        return speak()
    except RuntimeError as fault:
        if device_fault(fault) is not FaultKind.MEMORY:
            raise
    _empty_cache()  # outside of `except`, since an exception that is handled keeps its tensors alive
    try:
        return speak()
    except RuntimeError as fault:
        if device_fault(fault) is not FaultKind.MEMORY:
            raise
        words = " ".join(str(fault).split())[:300]
        raise EngineFault(FaultKind.MEMORY, f"out of memory, also with the cache emptied ({words})") from fault


def joined(waves: Sequence[Any], sample_rate: int) -> Pcm:
    """Return the waves of a text's pieces as one clip, with trimmed ends and a breath between them."""
    trimmed = [trim_end(_flat(wave), sample_rate) for wave in waves]
    pause: Wave = np.zeros(round(PIECE_PAUSE_S * sample_rate), np.float32)
    row = [part for wave in trimmed for part in (pause, wave)][1:]
    return from_floats(np.concatenate(row)) if row else np.zeros(0, np.int16)


def guarded(say: Callable[[], Result]) -> Result:
    """Return what the model says. Raises EngineFault(ERROR) for what its code trips over."""
    try:
        return say()
    except _CODE_FAULTS as fault:
        said = "Coqui's model failed at this text; the engine's log says how"
        raise EngineFault(FaultKind.ERROR, said) from fault


def pieces(text: str, fits: Callable[[str], bool]) -> list[str]:
    """Cut a text into pieces that fit the model, preferably at clauses; return none if there is nothing to speak."""
    text = text.strip()
    if not any(map(str.isalnum, text)):
        return []
    if len(text) == 1 or fits(text):
        return [text]
    return [part for half in cut(text, len(text) * 2 // 3 or 1) for part in pieces(half, fits)]


def trim_end(wave: Wave, sample_rate: int) -> Wave:
    """Cut off most of the silence that some models add at the end of a wave."""
    loud = np.flatnonzero(np.abs(wave) > _QUIET)
    last = int(loud[-1]) + 1 if loud.size else 0
    return wave[: last + round(_KEPT_SILENCE_S * sample_rate)]


def _flat(wave: Any) -> Wave:
    array = wave.float().cpu().numpy() if isinstance(wave, torch.Tensor) else np.asarray(wave)
    return np.ascontiguousarray(array, np.float32).reshape(-1)


def _empty_cache() -> None:
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    elif torch.backends.mps.is_available():
        torch.mps.empty_cache()
