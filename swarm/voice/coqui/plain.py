"""The voices of Coqui's other models: VITS, YourTTS, fairseq, GlowTTS and Tacotron.

VITS runs over several texts at once: padded, masked in each layer, each text with noise of its own."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn.utils.rnn import pad_sequence
from TTS.tts.layers.vits.stochastic_duration_predictor import StochasticDurationPredictor
from TTS.tts.models.vits import Vits
from TTS.tts.utils.helpers import generate_path, sequence_mask
from TTS.utils.synthesizer import Synthesizer

from swarm.book.model.language_code import normal_language
from swarm.job.spec import CLONE, Recipe
from swarm.voice.coqui.card import DEFAULT_VOICE
from swarm.voice.coqui.files import ModelFiles
from swarm.voice.coqui.speak import guarded, joined, pieces, speak_pieces, with_room
from swarm.voice.engine import LastLoaded, Pcm, SpokenLine, recording_in, unavailable

MAX_FRAMES = 4096  # the vocoder takes up to 100 kB for each, padding included
_CONVOLUTIONS = (torch.nn.Conv1d, torch.nn.ConvTranspose1d)


class Noise:
    """What is random in a text: drawn by a seed as torch draws it after `manual_seed`."""

    def __init__(self, seed: int, device: Any) -> None:
        self._cpu = torch.Generator().manual_seed(seed)
        self._device = self._cpu if device.type == "cpu" else torch.Generator(device).manual_seed(seed)

    def durations(self, tokens: int) -> torch.Tensor:
        """Return the noise of the durations, shape (2, tokens). Coqui draws it on the CPU in any case."""
        return torch.randn(1, 2, tokens, generator=self._cpu)[0]

    def sound(self, channels: int, frames: int) -> torch.Tensor:
        """Return the noise of the sound, shape (channels, frames), filled in the order that Coqui's tensor has."""
        empty = torch.empty(1, frames, channels, device=self._device.device)
        return empty.transpose(1, 2).normal_(generator=self._device)[0]


@dataclass(frozen=True)
class TextRow:
    """One text of a batch: its tokens, and its noise."""

    tokens: Sequence[int]
    noise: Noise


@dataclass(frozen=True)
class Given:
    """What all texts of a batch share, as Coqui's `inference` takes it."""

    speaker: torch.Tensor | None  # the speaker's number
    vector: torch.Tensor | None
    language: torch.Tensor | None  # the language's number


def can_batch(model: Any) -> bool:
    """Return whether a model is a VITS whose frames have a whole number of samples each."""
    if not isinstance(model, Vits) or model.args.encoder_sample_rate:
        return False
    layers = model.waveform_decoder.ups
    return all((layer.kernel_size[0] - layer.stride[0]) % 2 == 0 for layer in layers)


def waves(model: Any, rows: Sequence[TextRow], given: Given) -> list[torch.Tensor]:
    """Return the wave of each text, shape (samples,)."""
    told = {"speaker_ids": given.speaker, "d_vectors": given.vector}
    voice = model._get_speaker_conditioning(told, "emb_g", normalize_embedding=False)
    language = None
    if model.args.use_language_embedding and given.language is not None:
        language = model.emb_l(given.language).unsqueeze(-1)
    tokens = [torch.as_tensor(row.tokens, dtype=torch.long, device=model.device) for row in rows]
    lengths = torch.tensor([len(row.tokens) for row in rows], device=model.device)
    text, mean, spread, known = model.text_encoder(pad_sequence(tokens, batch_first=True), lengths, lang_emb=language)
    frames = torch.ceil(torch.exp(_durations(model, rows, text, known, voice, language)) * known * model.length_scale)
    counts = torch.clamp_min(torch.sum(frames, [1, 2]), 1).long()
    heard = sequence_mask(counts, None).to(known.dtype).unsqueeze(1)
    path = generate_path(frames.squeeze(1), (known * heard.transpose(1, 2)).transpose(1, 2))
    mean, spread = (torch.matmul(path.transpose(1, 2), each.transpose(1, 2)).transpose(1, 2) for each in (mean, spread))
    noise = torch.zeros_like(mean)
    for number, (row, count) in enumerate(zip(rows, counts.tolist(), strict=True)):
        noise[number, :, :count] = row.noise.sound(mean.shape[1], count)
    hidden = model.flow(mean + noise * torch.exp(spread) * model.inference_noise_scale, heard, g=voice, reverse=True)
    return _vocoded(model, hidden * heard, counts, voice)


def _durations(model: Any, rows: Sequence[TextRow], text: Any, known: Any, voice: Any, language: Any) -> torch.Tensor:
    """Return the logarithm of the frames of each token, shape (rows, 1, tokens)."""
    predictor = model.duration_predictor
    voice = voice if model.args.condition_dp_on_speaker else None
    if not isinstance(predictor, StochasticDurationPredictor):
        return predictor(text, known, g=voice, lang_emb=language)
    hidden = predictor.pre(text)
    hidden = hidden if voice is None else hidden + predictor.cond(voice)
    hidden = hidden if language is None else hidden + predictor.cond_lang(language)
    hidden = predictor.proj(predictor.convs(hidden, known)) * known
    drawn = torch.zeros(len(rows), 2, text.shape[2])
    for number, row in enumerate(rows):
        drawn[number, :, : len(row.tokens)] = row.noise.durations(len(row.tokens))
    found = drawn.to(text) * model.inference_noise_scale_dp
    flows = list(reversed(predictor.flows))
    for flow in (*flows[:-2], flows[-1]):  # the last but one changes nothing that is used
        found = flow(torch.flip(found, [1]), known, g=hidden, reverse=True)
    return found[:, :1]


def _vocoded(model: Any, hidden: Any, counts: Any, voice: Any) -> list[torch.Tensor]:
    """Return the wave of each row of frames, those of a like length together."""
    most = model.max_inference_len
    sizes = [min(count, most) if most else count for count in counts.tolist()]
    found: dict[int, torch.Tensor] = {}
    for group in _groups(sizes):
        longest = max(sizes[number] for number in group)
        lengths = torch.tensor([sizes[number] for number in group], device=hidden.device)
        frames = hidden[group, :, :longest]
        with _masked(model.waveform_decoder, lengths, longest):
            sound = model.waveform_decoder(frames, g=voice)
        samples = sound.shape[-1] // longest
        for row, number in enumerate(group):
            found[number] = sound[row, 0, : sizes[number] * samples]
    return [found[number] for number in range(len(sizes))]


def _groups(sizes: Sequence[int]) -> list[list[int]]:
    """Return the numbers of rows in groups that fit the vocoder, the long rows first."""
    groups: list[list[int]] = []
    for number in sorted(range(len(sizes)), key=lambda number: -sizes[number]):
        longest = sizes[groups[-1][0]] if groups else 0
        if groups and (len(groups[-1]) + 1) * longest <= MAX_FRAMES:
            groups[-1].append(number)
        else:
            groups.append([number])
    return groups


@contextmanager
def _masked(vocoder: Any, lengths: Any, longest: int) -> Iterator[None]:
    """Have each layer of a vocoder hear zeros behind the end of a row, as it hears them behind the end of a tensor."""
    if len(lengths) == 1:
        yield
        return
    masks: dict[int, Any] = {}

    def mask(layer: Any, given: tuple[Any, ...]) -> tuple[Any, ...]:
        size = given[0].shape[-1]
        if size not in masks:
            masks[size] = sequence_mask(lengths * (size // longest), size).unsqueeze(1).to(given[0].dtype)
        return (given[0] * masks[size], *given[1:])

    parts = (vocoder.conv_pre, *vocoder.ups, *vocoder.resblocks, vocoder.conv_post)
    layers = [layer for part in parts for layer in part.modules() if isinstance(layer, _CONVOLUTIONS)]
    hooks = [layer.register_forward_pre_hook(mask) for layer in layers]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


_MAX_CHARACTERS = 500


class PlainVoice:
    """One speaker of a loaded model, in one language."""

    def __init__(self, synthesizer: Any, language: str | None, speaker: str | None) -> None:
        self._synthesizer, self._language, self._speaker = synthesizer, language, speaker
        self._model = synthesizer.tts_model
        self.sample_rate = int(synthesizer.output_sample_rate)

    def speak(self, text: str, seed: int) -> Pcm:
        """Speak one segment. Raises EngineFault."""
        return speak_pieces(text, seed, self.sample_rate, lambda piece: len(piece) <= _MAX_CHARACTERS, self._say)

    def _say(self, text: str) -> Any:
        if not self._has_tokens(text):
            return np.zeros(0, np.float32)
        bare = self._synthesizer.vocoder_model is None
        with torch.inference_mode():
            said = self._model.synthesize(text, speaker=self._speaker, language=self._language, use_griffin_lim=bare)
            if bare:
                return said["wav"]
            return self._synthesizer._run_vocoder(said["outputs"]["model_outputs"][0], self._model.device)

    def _has_tokens(self, text: str) -> bool:
        """Return whether the model's alphabet has any sign of a text: the model fails on an empty text."""
        tokenizer: Any = getattr(self._model, "tokenizer", None)
        return not hasattr(tokenizer, "text_to_ids") or bool(tokenizer.text_to_ids(text, language=self._language))


class BatchVitsVoice(PlainVoice):
    """A speaker of a VITS, which also speaks several texts together, each as if it was spoken alone."""

    def speak_all(self, lines: Sequence[SpokenLine]) -> list[Pcm]:
        """Speak some segments together. Raises EngineFault."""
        return with_room(lambda: self._speak_together(lines))

    def _speak_together(self, lines: Sequence[SpokenLine]) -> list[Pcm]:
        """Speak the first pieces of all texts together, then the second ones, and so on: most texts have one."""
        texts = [pieces(line.text, lambda piece: len(piece) <= _MAX_CHARACTERS) for line in lines]
        noises = [Noise(line.seed, self._model.device) for line in lines]
        found: list[list[Any]] = [[] for _ in lines]
        for number in range(max(map(len, texts), default=0)):
            now = [row for row, parts in enumerate(texts) if number < len(parts)]
            rows = [TextRow(self._tokens(texts[row][number]), noises[row]) for row in now]
            for row, wave in zip(now, guarded(partial(self._waves, rows)), strict=True):
                found[row].append(wave)
        return [joined(each, self.sample_rate) for each in found]

    def _waves(self, rows: Sequence[TextRow]) -> list[Any]:
        """Return a wave for each row; one without samples where the model's alphabet has no sign of the text."""
        model = self._model
        speaker, vector = model._get_speaker_id_or_dvector(self._speaker, None, None)
        number = model._get_language_id(self._language)
        language = None if number is None else torch.tensor([number], device=model.device)
        sayable = [row for row in rows if row.tokens]
        with torch.inference_mode():
            said = iter(waves(model, sayable, Given(speaker, vector, language)) if sayable else ())
        return [next(said) if row.tokens else np.zeros(0, np.float32) for row in rows]

    def _tokens(self, text: str) -> list[int]:
        """Return the numbers of a text's signs, as Coqui's `synthesize` gives them to the model."""
        languages = self._model.language_manager
        language = self._language or (languages.language_names[0] if languages.num_languages == 1 else None)
        return list(self._model.tokenizer.text_to_ids(text, language=language))


def load_synthesizer(files: ModelFiles, config: Path | None, place: Any) -> Any:
    """Load Coqui's wrapper of a model and its vocoder onto a device. Raises any error of Coqui."""
    synthesizer = Synthesizer(
        tts_checkpoint=str(files.weights),
        tts_config_path=str(config or files.config),
        vocoder_checkpoint=str(files.vocoder.weights) if files.vocoder else None,
        vocoder_config=str(files.vocoder.config) if files.vocoder else None,
    )
    synthesizer.to(place)
    return synthesizer


def open_plain(
    last: LastLoaded, recipe: Recipe, files: ModelFiles, config: Path | None, place: Any, job_files: Path | None
) -> PlainVoice:
    """Load a model and choose its speaker and language. Raises EngineFault(UNAVAILABLE), and any error of Coqui.

    `config` is the path of the rebuilt config; None if the model is loaded without one.
    """

    def load() -> Any:
        synthesizer = load_synthesizer(files, config, place)
        speed = float(dict(recipe.settings).get("speed", 1.0))
        if speed != 1.0:
            _set_speed(synthesizer.tts_model, speed)
        return synthesizer

    wanted = (recipe.model, _state(files.weights), _state(files.config), str(place), recipe.settings)
    synthesizer = last.load(wanted, load)
    model = synthesizer.tts_model
    language = _language(model, recipe.language)
    cloned = recipe.voice.startswith(CLONE)
    speaker = _cloned(model, recipe.voice, job_files) if cloned else _speaker(model, recipe.voice)
    # A core is busy with a single text: padding and masks would only cost it more.
    kind = BatchVitsVoice if place.type != "cpu" and can_batch(model) else PlainVoice
    return kind(synthesizer, language, speaker)


def _state(path: Path) -> tuple[Path, int, int]:
    found = path.resolve()
    state = found.stat() if found.exists() else None
    return found, state.st_size if state else 0, state.st_mtime_ns if state else 0


def _language(model: Any, wanted: str) -> str | None:
    """Return the model's name of a language, such as "pt-br" for "pt"; None if it speaks only one."""
    names = list(getattr(getattr(model, "language_manager", None), "name_to_id", None) or {})
    if len(names) < 2:
        return None
    for name in names:
        if normal_language(name) == wanted:
            return str(name)
    raise unavailable(f"This model does not speak {wanted!r}, only {', '.join(map(str, names[:20]))}.")


def _speaker(model: Any, wanted: str) -> str | None:
    """Return the name of a speaker of the model; None if the model has only one, without a name."""
    manager = getattr(model, "speaker_manager", None)
    names = [str(name) for name in (getattr(manager, "speaker_names", None) or ())]
    if len(names) < 2 and wanted == DEFAULT_VOICE:
        return names[0] if names else None
    if wanted == DEFAULT_VOICE:
        return names[0]
    if wanted in names:
        return wanted
    here = f"it has {', '.join(names[:8])}{' ...' if len(names) > 8 else ''}" if names else "it has only one"
    raise unavailable(f"This model has no voice {wanted[:60]!r}; {here}.")


def _cloned(model: Any, voice: str, job_files: Path | None) -> str:
    """Compute the voice of the recording, and return the speaker's name that it is kept under."""
    manager = getattr(model, "speaker_manager", None)
    if manager is None or manager.encoder is None:
        raise unavailable("This model cannot speak with the voice of a recording: XTTS and YourTTS can.")
    manager.embeddings_by_names[voice] = [manager.compute_embedding_from_clip(str(recording_in(job_files)))]
    return voice


def _set_speed(model: Any, speed: float) -> None:
    """Set a model's speed. Raises EngineFault for models without such a factor, such as Tacotron."""
    if not hasattr(model, "length_scale"):
        raise unavailable("This model cannot change its speed: leave out --speed.")
    model.length_scale = float(model.length_scale) / speed
