"""A voice of Kokoro, or a blend of some, run by ONNX Runtime."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from swarm.errors import UsageError
from swarm.job.engine_text import Phonemes
from swarm.job.recipe import Recipe
from swarm.voice.engine import EngineFault, FaultKind, Pcm, SpokenLine, TimedSound
from swarm.voice.espeak.clauses import cut, joined
from swarm.voice.espeak.word_places import word_places
from swarm.voice.kokoro.files import INT8, read_style, read_weights
from swarm.voice.kokoro.letters import numbers_of
from swarm.voice.kokoro.phonemes import Writer, writer_for
from swarm.voice.kokoro.voices import is_british, read_blend
from swarm.voice.pcm import from_floats
from swarm.voice.session import open_session

if TYPE_CHECKING:
    import onnxruntime

    from swarm.voice.kokoro.files import Style

SAMPLE_RATE = 24_000
DURATIONS = "/encoder/Clip_output_0"  # the name of a value inside the model
EARLY_STEPS = 2  # a letter is heard so long before its duration begins
MAX_LETTERS = 500  # a longer text is cut into pieces: the model knows 510 places


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
        return self.speak_timed(SpokenLine(text, seed, phonemes)).pcm

    def speak_timed(self, line: SpokenLine) -> TimedSound:
        """Speak one segment, and tell when its words begin if it is spoken in one piece. Raises EngineFault."""
        letters, spoken = joined(self._write(line.text.replace("\0", " "), line.phonemes))
        pieces = [piece for piece in cut(letters, MAX_LETTERS) if any(map(str.isalpha, piece))]
        sounds = [self._sound(piece) for piece in pieces]
        if not sounds:
            return TimedSound(np.zeros(0, np.int16), ())
        pcm = from_floats(np.concatenate([wave for wave, _ in sounds]))
        starts = sounds[0][1]
        if pieces != [letters] or not len(starts):
            return TimedSound(pcm, ())
        places = word_places(line.text, spoken)
        return TimedSound(pcm, [(word, int(starts[len(numbers_of(letters[:at]))])) for word, at in places])

    def _sound(self, letters: str) -> tuple["np.typing.NDArray[np.float32]", "np.typing.NDArray[np.float32]"]:
        """Return the samples of a piece, and the first sample of each letter; none if the model does not tell."""
        numbers = numbers_of(letters)
        style = self._style[min(len(numbers), len(self._style)) - 1]
        inputs = {"tokens": np.asarray([[0, *numbers, 0]], np.int64), "style": style[None], "speed": self._speed}
        wave, *durations = (each.reshape(-1) for each in self._session.run(None, inputs))
        if not durations or len(durations[0]) != len(numbers) + 2:
            return wave, np.zeros(0, np.float32)
        # The ends are counted in steps of the model; the silences at both ends have some, too.
        ends = np.cumsum(durations[0], dtype=np.float32)
        step = np.float32(len(wave) / max(1.0, float(ends[-1])))
        return wave, np.maximum(ends[:-1] - EARLY_STEPS, 0) * step


@lru_cache(maxsize=1)
def _session(model: str, device: str) -> "onnxruntime.InferenceSession":
    """Load a model onto a device; the voices of a book's characters share it."""
    return open_session(with_durations(read_weights(model)), device, "Kokoro")


def with_durations(weights: bytes | Path) -> bytes | Path:
    """Return a model that also tells the duration of each letter, if it is the one that is known to compute them."""
    from onnx import GraphProto, ModelProto, ValueInfoProto

    content = weights.read_bytes() if isinstance(weights, Path) and weights.is_file() else weights
    if isinstance(content, Path) or DURATIONS.encode() not in content:
        return weights
    # Messages of this format are joined by writing one behind the other.
    more = ModelProto(graph=GraphProto(output=[ValueInfoProto(name=DURATIONS)]))
    return content + bytes(more.SerializeToString())


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
