"""A voice of Piper, run by ONNX Runtime: its phonemes, and its network.

What is no plain network is refused; it takes its noise from us."""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

import numpy as np

from swarm.book.model.engine_text import Phonemes
from swarm.job.spec import Recipe, Setting
from swarm.voice.engine import (
    EngineFault,
    FaultKind,
    SpokenLine,
    TimedSound,
    TimedSpeech,
    device_fault,
    from_floats,
    unavailable,
)
from swarm.voice.espeak.clauses import Sound, cut, joined, sounds_of, word_places
from swarm.voice.onnx_session import open_session
from swarm.voice.piper.voices import BEGIN, END, MAX_CONFIG, PAD, PiperConfig, parse_config

if TYPE_CHECKING:
    import onnxruntime

    Wave = np.typing.NDArray[np.float32]


MAX_PHONEMES = 400  # longer pieces are cut: memory and time grow with the square of the length


def write(config: PiperConfig, text: str, phonemes: Sequence[Phonemes]) -> tuple[list[str], list[tuple[int, int]]]:
    """Return the phonemes of a text in pieces that the network can speak, and the places of words in a single piece.

    A word has its first character in the text and its first phoneme. Raises EngineFault.
    """
    if config.phoneme_type == "text":
        sounds = [Sound(text.lower(), 0, len(text))]
    else:
        sounds = sounds_of(config.espeak_identifier, text, phonemes)
    plain = [replace(sound, ipa=unicodedata.normalize("NFD", sound.ipa)) for sound in sounds]
    letters, spoken = joined(plain)
    pieces = [piece for piece in cut(letters, MAX_PHONEMES) if any(map(str.isalnum, piece))]
    return pieces, word_places(text, spoken) if pieces == [letters] else []


def numbers_of(config: PiperConfig, piece: str) -> list[int]:
    """Return the numbers of a piece: its beginning, each phoneme that the voice knows, its end, and pads between."""
    known = config.phoneme_id_map
    signs = [BEGIN, *(sign for sign in piece if sign in known and sign not in (PAD, BEGIN, END)), END]
    return [number for sign in signs for number in (*known[sign], *known[PAD])][: -len(known[PAD])]


MAX_BYTES = 400 << 20  # the collection's largest networks have 120 MB
NOISE = "noise_of_the_seed"
_PLAIN_DOMAINS = ("", "ai.onnx")
_INPUTS = ({"input", "input_lengths", "scales"}, {"input", "input_lengths", "scales", "sid"})


class NoPiperNetwork(ValueError):
    """A file is not the network of a Piper voice."""


def seeded(content: bytes) -> bytes:
    """Return a network that takes its noise as the input `NOISE`, shape (numbers,). Raises NoPiperNetwork."""
    import onnx
    from google.protobuf.message import DecodeError

    if len(content) > MAX_BYTES:
        raise NoPiperNetwork(f"it has more than {MAX_BYTES >> 20} MB")
    try:
        model = onnx.load_model_from_string(content)
    except DecodeError as fault:
        raise NoPiperNetwork("it is no ONNX file") from fault
    _check(model)
    _replace_noise(model.graph)
    return bytes(model.SerializeToString())


def _check(model: Any) -> None:
    """Refuse a network that has more than numbers and the standard's own operations. Raises NoPiperNetwork."""
    if {each.name for each in model.graph.input} not in _INPUTS or len(model.graph.output) != 1:
        raise NoPiperNetwork("it has not the inputs and the output of a Piper voice")
    if model.functions or model.training_info:
        raise NoPiperNetwork("it has functions of its own")
    for node in model.graph.node:
        if node.domain not in _PLAIN_DOMAINS:
            raise NoPiperNetwork(f"it needs operations of {node.domain[:60]!r}")
        if any(attribute.HasField("g") or attribute.graphs for attribute in node.attribute):
            raise NoPiperNetwork(f"it has a network within a network ({node.op_type[:60]})")
    if any(tensor.external_data or tensor.data_location for tensor in _tensors(model.graph)):
        raise NoPiperNetwork("it keeps weights in other files")


def _tensors(graph: Any) -> Iterator[Any]:
    yield from graph.initializer
    for sparse in graph.sparse_initializer:
        yield from (sparse.values, sparse.indices)
    for node in graph.node:
        for attribute in node.attribute:
            yield from (attribute.t, *attribute.tensors)
            yield from (part for sparse in _sparse(attribute) for part in (sparse.values, sparse.indices))


def _sparse(attribute: Any) -> Iterable[Any]:
    return (attribute.sparse_tensor, *attribute.sparse_tensors)


def _replace_noise(graph: Any) -> None:
    from onnx import TensorProto, helper

    nodes: list[Any] = []
    for number, node in enumerate(graph.node):
        if node.op_type == "RandomNormalLike":
            nodes += _cut_out(f"{NOISE}_{number}", node.input[0], node.output[0])
        else:
            nodes.append(node)
    zero = helper.make_tensor(f"{NOISE}_from", TensorProto.INT64, [1], [0])
    graph.initializer.append(zero)
    graph.input.append(helper.make_tensor_value_info(NOISE, TensorProto.FLOAT, ["numbers"]))
    rounded = [node.output[0] for node in nodes if node.op_type == "Ceil"]
    if len(rounded) == 1:  # only the durations of phonemes are rounded up
        graph.output.append(helper.make_tensor_value_info(rounded[0], TensorProto.FLOAT, None))
    # The input has to be known even if none is needed.
    kept = [helper.make_node("Identity", [NOISE], [f"{NOISE}_kept"])]
    del graph.node[:]
    graph.node.extend(kept + nodes)


def _cut_out(name: str, like: str, output: str) -> list[Any]:
    """Return nodes that make a tensor of the shape of another from the first numbers of the noise."""
    from onnx import helper

    shape, size, flat = f"{name}_shape", f"{name}_size", f"{name}_flat"
    return [
        helper.make_node("Shape", [like], [shape]),
        helper.make_node("ReduceProd", [shape], [size], keepdims=1),
        helper.make_node("Slice", [NOISE, f"{NOISE}_from", size], [flat]),
        helper.make_node("Reshape", [flat, shape], [output]),
    ]


OWN = -1.0  # the value of a setting that stands for that of the voice's config
_CHANNELS = 192  # numbers of noise in each of the frames that a phoneme takes
# Frames of noise for each phoneme's number, at first and at most.
_FRAMES, _MOST_FRAMES = 8, 512

# A network lives as long as a voice that speaks with it.
_open: "WeakValueDictionary[tuple[Path, int, int, str], onnxruntime.InferenceSession]" = WeakValueDictionary()


class PiperVoice(TimedSpeech):
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
