"""A voice of Kokoro, or a blend of some, run by ONNX Runtime."""

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from swarm.errors import UsageError
from swarm.job.engine_text import Phonemes
from swarm.job.recipe import Recipe
from swarm.voice.engine import EngineFault, FaultKind, Pcm
from swarm.voice.espeak.clauses import cut
from swarm.voice.kokoro.files import INT8, read_style, read_weights
from swarm.voice.kokoro.letters import numbers_of
from swarm.voice.kokoro.phonemes import Writer, join, writer_for
from swarm.voice.kokoro.voices import is_british, read_blend
from swarm.voice.pcm import from_floats
from swarm.voice.session import open_session

if TYPE_CHECKING:
    import onnxruntime

    from swarm.voice.kokoro.files import Style

SAMPLE_RATE = 24_000
MAX_LETTERS = 500  # of a piece: the model knows 510 places


class KokoroVoice:
    """A voice with the language that it speaks."""

    sample_rate = SAMPLE_RATE

    def __init__(self, session: "onnxruntime.InferenceSession", style: "Style", write: Writer, speed: float) -> None:
        self._session, self._style, self._write = session, style, write
        self._speed = np.asarray([speed], np.float32)

    def speak(self, text: str, seed: int) -> Pcm:
        """Speak one segment; the seed changes nothing. Raises EngineFault."""
        return self.speak_phonemes(text, (), seed)

    def speak_phonemes(self, text: str, phonemes: Sequence[Phonemes], seed: int) -> Pcm:
        """Speak one segment in which words have phonemes; the seed changes nothing. Raises EngineFault."""
        letters = join(self._write(text.replace("\0", " "), phonemes))
        waves = [self._sound(piece) for piece in cut(letters, MAX_LETTERS) if any(map(str.isalpha, piece))]
        return from_floats(np.concatenate(waves)) if waves else np.zeros(0, np.int16)

    def _sound(self, letters: str) -> "np.typing.NDArray[np.float32]":
        numbers = numbers_of(letters)
        style = self._style[min(len(numbers), len(self._style)) - 1]
        inputs = {"tokens": np.asarray([[0, *numbers, 0]], np.int64), "style": style[None], "speed": self._speed}
        wave: np.typing.NDArray[np.float32] = self._session.run(["audio"], inputs)[0]
        return wave.reshape(-1)


@lru_cache(maxsize=1)
def _session(model: str, device: str) -> "onnxruntime.InferenceSession":
    """Load a model onto a device; the voices of a book's characters share it."""
    return open_session(read_weights(model), device, "Kokoro")


def open_voice(recipe: Recipe, device: str) -> KokoroVoice:
    """Load the model of a recipe onto a device. Raises EngineFault: UNAVAILABLE, MEMORY or DEVICE."""
    model = recipe.model or INT8
    try:
        blend = read_blend(recipe.voice)
    except UsageError as fault:
        raise EngineFault(FaultKind.UNAVAILABLE, str(fault)) from fault
    styles = [share * read_style(model, voice) for voice, share in blend.items()]
    if len({style.shape for style in styles}) > 1:
        raise EngineFault(FaultKind.UNAVAILABLE, f"Kokoro's voices {recipe.voice} cannot be blended.")
    write = writer_for(recipe.language, british=is_british(next(iter(blend))))
    session = _session(model, device)
    speed = float(dict(recipe.settings).get("speed", 1.0))
    return KokoroVoice(session, np.sum(styles, axis=0, dtype=np.float32), write, speed)
