"""A voice of Piper, run by ONNX Runtime."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

import numpy as np

from swarm.job.engine_text import Phonemes
from swarm.job.recipe import Recipe, Setting
from swarm.voice.device_fault import device_fault
from swarm.voice.engine import EngineFault, FaultKind, Pcm, SpokenLine, TimedSound
from swarm.voice.pcm import from_floats
from swarm.voice.piper.config import PiperConfig, parse_config
from swarm.voice.piper.network import MAX_BYTES, NOISE, NoPiperNetwork, seeded
from swarm.voice.piper.phonemes import numbers_of, write
from swarm.voice.piper.voices import MAX_CONFIG
from swarm.voice.session import open_session

if TYPE_CHECKING:
    import onnxruntime

    Wave = np.typing.NDArray[np.float32]

OWN = -1.0  # the value of a setting that stands for that of the voice's config
_CHANNELS = 192  # numbers of noise in each of the frames that a phoneme takes
# Frames of noise for each phoneme's number, at first and at most.
_FRAMES, _MOST_FRAMES = 8, 512

# A network lives as long as a voice that speaks with it.
_open: "WeakValueDictionary[tuple[Path, int, int, str], onnxruntime.InferenceSession]" = WeakValueDictionary()


class PiperVoice:
    """A voice with its speaker and its settings."""

    def __init__(
        self,
        session: "onnxruntime.InferenceSession",
        config: PiperConfig,
        speaker: int,
        settings: Mapping[str, Setting],
    ) -> None:
        self._session, self._config = session, config
        self.sample_rate = config.audio.sample_rate
        own = config.inference
        noise, width = (float(settings.get(name, OWN)) for name in ("noise_scale", "noise_w"))
        self._length = own.length_scale / float(settings.get("speed", 1.0))
        scales = (own.noise_scale if noise < 0 else noise, self._length, own.noise_w if width < 0 else width)
        self._fixed: dict[str, Any] = {"scales": np.asarray(scales, np.float32)}
        if "sid" in [each.name for each in session.get_inputs()]:
            self._fixed["sid"] = np.asarray([speaker], np.int64)

    def speak(self, text: str, seed: int) -> Pcm:
        """Speak one segment. Raises EngineFault."""
        return self.speak_phonemes(text, (), seed)

    def speak_phonemes(self, text: str, phonemes: Sequence[Phonemes], seed: int) -> Pcm:
        """Speak one segment in which words have phonemes. Raises EngineFault."""
        return self.speak_timed(SpokenLine(text, seed, phonemes)).pcm

    def speak_timed(self, line: SpokenLine) -> TimedSound:
        """Speak one segment, and tell when its words begin if it is spoken in one piece. Raises EngineFault."""
        pieces, words = write(self._config, line.text.replace("\0", " "), line.phonemes)
        sounds = [self._sound(numbers_of(self._config, piece), line.seed) for piece in pieces]
        if not sounds:
            return TimedSound(np.zeros(0, np.int16), ())
        pcm = from_floats(np.concatenate([wave for wave, _ in sounds]))
        starts = sounds[0][1]
        before = [len(numbers_of(self._config, pieces[0][:at])) - 1 for _, at in words] if len(starts) else []
        timed = [(word, int(starts[number])) for (word, _), number in zip(words, before, strict=bool(before))]
        return TimedSound(pcm, timed)

    def _sound(self, numbers: list[int], seed: int) -> "tuple[Wave, Wave]":
        """Run the network, with more noise if a slow speaker needs it. Raises EngineFault."""
        frames = _FRAMES * max(1, round(self._length))
        while True:
            noise = np.random.default_rng(seed).standard_normal(_CHANNELS * frames * len(numbers), np.float32)
            try:
                return self._run(numbers, noise)
            except Exception as fault:  # the library has a class of errors for each of its codes
                frames *= 4
                if frames > _MOST_FRAMES or device_fault(fault):
                    words = " ".join(str(fault).split())[:200]
                    raise EngineFault(device_fault(fault) or FaultKind.ERROR, f"The voice failed: {words}") from fault

    def _run(self, numbers: list[int], noise: "Wave") -> "tuple[Wave, Wave]":
        """Return the samples, and the first sample of each number; none if the network does not tell."""
        inputs = {"input": np.asarray([numbers], np.int64), "input_lengths": np.asarray([len(numbers)], np.int64)}
        wave, *durations = self._session.run(None, {**inputs, NOISE: noise, **self._fixed})
        wave = np.asarray(wave, np.float32).reshape(-1)
        if not durations or np.size(durations[0]) != len(numbers):
            return wave, np.zeros(0, np.float32)
        ends = np.cumsum(durations[0], dtype=np.float32)
        lengths = np.asarray(durations[0], np.float32).reshape(-1)
        return wave, (ends - lengths) * np.float32(len(wave) / max(1.0, float(ends[-1])))


def open_voice(recipe: Recipe, device: str, folder: Path) -> PiperVoice:
    """Load the voice in a folder onto a device, and have it speak. Raises EngineFault: UNAVAILABLE, MEMORY, DEVICE."""
    try:
        with (folder / "config.json").open("rb") as file:
            config = parse_config(file.read(MAX_CONFIG))
        session = _open_network(folder / "model.onnx", device)
    except OSError as fault:
        raise unavailable(f"The voice in {folder} cannot be read: {fault.strerror or fault}.") from fault
    except NoPiperNetwork as fault:
        raise unavailable(f"The network of this Piper voice is refused: {fault}.") from fault
    except ValueError as fault:
        raise unavailable(f"The config of this Piper voice is refused: {fault}.") from fault
    speaker = config.speaker(recipe.voice.rpartition(":")[2]) if ":" in recipe.voice else 0
    if speaker is None:
        raise unavailable(f"This Piper voice has no speaker {recipe.voice.rpartition(':')[2][:60]!r}.")
    voice = PiperVoice(session, config, speaker, dict(recipe.settings))
    try:
        voice.speak("1", 0)  # a network that does not fit its config fails here, before any sentence is blamed for it
    except EngineFault as fault:
        kind = fault.kind if fault.kind in (FaultKind.MEMORY, FaultKind.DEVICE) else FaultKind.UNAVAILABLE
        raise EngineFault(kind, f"This Piper voice does not speak: {fault}") from fault
    return voice


def _open_network(path: Path, device: str) -> "onnxruntime.InferenceSession":
    """Return the session of a network, which all of its speakers that are open share. Raises what `open_voice` does."""
    state = path.stat()
    key = (path.resolve(), state.st_size, state.st_mtime_ns, device)
    found = _open.get(key)
    if found is None:
        with path.open("rb") as file:
            network = seeded(file.read(MAX_BYTES + 1))
        found = _open[key] = open_session(network, device, "This Piper voice")
    return found


def unavailable(message: str) -> EngineFault:
    """Return the fault of a voice that this machine cannot open."""
    return EngineFault(FaultKind.UNAVAILABLE, message)
