"""XTTS, which speaks 17 languages with the voice of any recording, several texts at once.

The latents of a voice are two small tensors, which one worker computes from a recording for all workers."""

import re
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Self

import safetensors.torch
import soundfile
import torch
from torch.nn import functional
from transformers import LogitsProcessor, LogitsProcessorList
from transformers.generation.logits_process import TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper
from TTS.tts.configs.xtts_config import XttsConfig
from TTS.tts.models.xtts import Xtts

from swarm.book.model.engine_text import Phonemes
from swarm.job.spec import CLONE, Recipe, Setting
from swarm.voice.coqui.card import DEFAULT_VOICE, XTTS_LIMITS, more_line
from swarm.voice.coqui.files import ModelFiles
from swarm.voice.coqui.model_config import Config
from swarm.voice.coqui.speak import guarded, joined, pieces, speak_pieces, with_room
from swarm.voice.engine import EngineFault, LastLoaded, Pcm, SpokenLine, recording_in, unavailable

SAMPLING = {"temperature": 0.75, "top_k": 50, "top_p": 0.85, "repetition_penalty": 10.0}  # Coqui's own defaults


@dataclass(frozen=True)
class Prompt:
    """One text of a batch: its tokens, shape (1, tokens), and the generator that its sound is drawn with."""

    tokens: torch.Tensor
    generator: torch.Generator


class DrawByRow(LogitsProcessor):  # type: ignore[misc]  # mypy skips the library, which may be absent
    """Draws the next token of each row with the row's generator, and leaves only that token possible.

    A row that has ended draws no more, so that its generator is where it would be without neighbours.
    """

    def __init__(self, generators: Sequence[torch.Generator], stop: int) -> None:
        self._generators, self._stop = generators, stop

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        """Return scores that leave one token of each row, drawn by the scores of all that could follow."""
        drawn = torch.full_like(scores, float("-inf"))
        ended = (input_ids[:, -1] == self._stop).tolist()
        for row, generator in enumerate(self._generators):
            token = self._stop
            if not ended[row]:
                chances = scores[row : row + 1].softmax(-1)
                token = torch.multinomial(chances, 1, generator=generator)[0, 0]
            drawn[row, token] = 0.0
        return drawn


def generate(gpt: Any, latent: torch.Tensor, prompts: Sequence[Prompt], sampling: dict[str, Any]) -> list[torch.Tensor]:
    """Return the audio tokens of each text, shape (1, tokens), with the stop token if there is one.

    `gpt` is the model's GPT, `latent` the voice, shape (1, positions, channels).
    """
    values = SAMPLING | sampling
    prefixes = [_prefix(gpt, latent, prompt.tokens) for prompt in prompts]
    longest = max(prefix.shape[1] for prefix in prefixes)
    padding = [longest - prefix.shape[1] for prefix in prefixes]
    padded = [functional.pad(prefix, (0, 0, missing, 0)) for prefix, missing in zip(prefixes, padding, strict=True)]
    gpt.gpt_inference.store_prefix_emb(torch.cat(padded))
    inputs = torch.ones((len(prompts), longest + 1), dtype=torch.long, device=latent.device)
    inputs[:, -1] = gpt.start_audio_token
    mask = torch.ones_like(inputs)
    for row, missing in enumerate(padding):
        mask[row, :missing] = 0
    stop = int(gpt.stop_audio_token)
    codes = gpt.gpt_inference.generate(
        inputs,
        bos_token_id=gpt.start_audio_token,
        pad_token_id=stop,
        eos_token_id=stop,
        max_length=gpt.max_gen_mel_tokens + inputs.shape[-1],
        attention_mask=mask,
        do_sample=False,  # the last processor has drawn already
        num_beams=1,
        repetition_penalty=float(values["repetition_penalty"]),
        logits_processor=_processors(values, [prompt.generator for prompt in prompts], stop),
    )[:, inputs.shape[-1] :]
    return [_until_stop(row, stop) for row in codes]


def _prefix(gpt: Any, latent: torch.Tensor, tokens: torch.Tensor) -> torch.Tensor:
    gpt.compute_embeddings(latent, tokens)
    prefix: torch.Tensor = gpt.gpt_inference.cached_prefix_emb
    return prefix


def _processors(values: dict[str, Any], generators: Sequence[torch.Generator], stop: int) -> LogitsProcessorList:
    """Return what `generate` would do with these settings if it drew itself, and then the draw."""
    processors: list[LogitsProcessor] = []
    if float(values["temperature"]) != 1.0:
        processors.append(TemperatureLogitsWarper(float(values["temperature"])))
    if int(values["top_k"]):
        processors.append(TopKLogitsWarper(int(values["top_k"])))
    if float(values["top_p"]) < 1.0:
        processors.append(TopPLogitsWarper(float(values["top_p"])))
    return LogitsProcessorList([*processors, DrawByRow(generators, stop)])


def _until_stop(row: torch.Tensor, stop: int) -> torch.Tensor:
    """Return a row of tokens up to its first stop token, which stays."""
    stops = (row == stop).nonzero()
    return row[None, : int(stops[0, 0]) + 1 if len(stops) else None]


def sound(model: Any, tokens: torch.Tensor, codes: torch.Tensor, voice: Any, speed: float) -> torch.Tensor:
    """Return the wave of one text: the GPT's latents of its audio tokens, through the vocoder in float32."""
    device = tokens.device
    latents = model.gpt(
        tokens,
        torch.tensor([tokens.shape[-1]], device=device),
        codes,
        torch.tensor([codes.shape[-1] * model.gpt.code_stride_len], device=device),
        cond_latents=voice.gpt.to(device),
        return_attentions=False,
        return_latent=True,
    )
    if speed != 1.0:
        scale = 1.0 / max(speed, 0.05)
        latents = functional.interpolate(latents.transpose(1, 2), scale_factor=scale, mode="linear").transpose(1, 2)
    wave: torch.Tensor = model.hifigan_decoder(latents.float(), g=voice.speaker.to(device)).cpu().squeeze()
    return wave


def halve(gpt: Any) -> None:
    """Keep the weights of the GPT's layers in float16: nine tenths of the model. What goes in and out is float32."""
    layers = gpt.gpt.h  # not all of `gpt.gpt`: it holds the embeddings too, which others use
    layers.half()
    gpt.gpt.ln_f.half()
    layers[0].register_forward_pre_hook(lambda module, given: (given[0].half(), *given[1:]))
    gpt.gpt.ln_f.register_forward_hook(lambda module, given, result: result.float())


MAX_LATENTS_BYTES = 8 << 20
REFERENCE_S = 30.0  # seconds of the recording that are used
MAX_ROWS = 2000
MAX_VALUE = 1e4  # far above any activation of the network
_NAMES = ("gpt_cond_latent", "speaker_embedding")


@dataclass(frozen=True)
class Latents:
    """Two float tensors: `gpt` of shape [1, n, channels of the model], and `speaker` of shape [1, d, 1]."""

    gpt: Any
    speaker: Any

    def pack(self) -> bytes:
        """Return the tensors as safetensors, a format that cannot contain code."""
        tensors = {
            name: tensor.detach().float().cpu().contiguous()
            for name, tensor in zip(_NAMES, (self.gpt, self.speaker), strict=True)
        }
        return bytes(safetensors.torch.save(tensors))

    def fit(self, model: Any) -> bool:
        """Return whether a model could have computed these tensors."""
        shape, rest = self.gpt.shape, (1, int(model.args.gpt_n_model_channels))
        fit = self.gpt.ndim == 3 and (shape[0], shape[2]) == rest and 0 < shape[1] <= MAX_ROWS
        if not fit or tuple(self.speaker.shape) != (1, int(model.args.d_vector_dim), 1):
            return False
        return all(bool((part.abs() < MAX_VALUE).all()) for part in (self.gpt, self.speaker))  # false for NaN as well


def compute_latents(model: Any, recording: Path, chunk_s: int) -> Latents:
    """Compute the latents of a mono recording. Raises EngineFault(UNAVAILABLE) if it cannot be used."""
    try:
        wave, rate = soundfile.read(recording, frames=-1, dtype="float32", always_2d=True)
    except (soundfile.SoundFileError, RuntimeError) as fault:
        raise unavailable(f"The recording of the voice cannot be read: {fault}.") from fault
    audio = torch.from_numpy(wave.mean(axis=1)[: round(REFERENCE_S * rate)].copy())[None, :].to(model.device)
    if not torch.isfinite(audio).all() or audio.shape[1] < rate:
        raise unavailable("The recording of the voice is broken or shorter than a second.")
    gpt = model.get_gpt_cond_latents(audio, rate, length=round(REFERENCE_S), chunk_length=chunk_s)
    latents = Latents(gpt, model.get_speaker_embedding(audio, rate))
    if not latents.fit(model):
        raise unavailable("The latents computed from the recording of the voice are not usable.")
    return latents


def read_latents(path: Path, model: Any) -> Latents:
    """Read and check the latents that another worker computed. Raises EngineFault(UNAVAILABLE)."""
    try:
        if path.stat().st_size > MAX_LATENTS_BYTES:
            raise ValueError(f"larger than {MAX_LATENTS_BYTES >> 20} MiB")
        found = safetensors.torch.load(path.read_bytes())
        latents = Latents(*(found[name].float() for name in _NAMES))
    except (OSError, ValueError, KeyError, RuntimeError, safetensors.SafetensorError) as fault:
        raise _unusable(f"{fault}") from fault
    if not latents.fit(model):
        raise _unusable("they belong to another model, or are not numbers")
    return latents


def _unusable(why: str) -> EngineFault:
    return unavailable(f"The voice's latents that came with the job cannot be used: {why[:200]}.")


_SAMPLING = ("temperature", "length_penalty", "repetition_penalty", "top_k", "top_p", "num_beams", "speed")
_ORDINAL = re.compile(r"(\d)\.(?=\s|$)")
_DIGIT = re.compile("[0-9]")
_HINDI = dict(zip("0123456789", ["शून्य", "एक", "दो", "तीन", "चार", "पाँच", "छह", "सात", "आठ", "नौ"], strict=True))
_LANGUAGE_PACKAGES = {"ja": "cutlet fugashi unidic-lite", "zh": "pypinyin", "ko": "hangul-romanize"}


class XttsVoice:
    """One voice of a loaded model, in one language."""

    def __init__(self, model: Any, language: str, latents: Latents, settings: dict[str, Setting], fresh: bool) -> None:
        self._model, self._language, self._latents, self._fresh = model, language, latents, fresh
        self._sampling = {name: settings[name] for name in _SAMPLING if name in settings}
        self._most_tokens = min(int(model.args.gpt_max_text_tokens), 402) - 4  # the model asserts fewer than 402
        self._most_characters = dict(XTTS_LIMITS).get(language, dict(XTTS_LIMITS)[""])
        self.sample_rate = int(model.args.output_sample_rate)

    def latents(self) -> bytes | None:
        """Return the voice for other workers, if it was computed here from a recording."""
        return self._latents.pack() if self._fresh else None

    def speak(self, text: str, seed: int) -> Pcm:
        """Speak one segment. Raises EngineFault."""
        return speak_pieces(self._readable(text), seed, self.sample_rate, self._fits, self._say)

    def speak_in(self, language: str, text: str, phonemes: Sequence[Phonemes], seed: int) -> Pcm:
        """Speak one segment in another language of the model, or in the job's if its packages are missing here."""
        return self._in(language).speak(text, seed)

    def _in(self, language: str) -> Self:
        """Return the voice in another language of the model; in the job's for "", or if packages are missing here."""
        try:
            _check_language(self._model, language or self._language)
        except EngineFault:
            return self
        if language in ("", self._language):
            return self
        other = copy(self)
        other._language, other._most_characters = language, dict(XTTS_LIMITS).get(language, dict(XTTS_LIMITS)[""])
        return other

    def _readable(self, text: str) -> str:
        """Return the text with numbers that Coqui can read: it raises for some, such as ordinals in Czech."""
        for readable in (text, _ORDINAL.sub(r"\1", text)):
            try:
                self._tokens(readable)
            except (NotImplementedError, OverflowError):
                continue
            return readable
        names = _HINDI if self._language == "hi" else {}  # Coqui cannot read numbers in Hindi
        return _DIGIT.sub(lambda digit: f" {names.get(digit[0], digit[0])} ", text)

    def _tokens(self, text: str) -> int:
        return len(self._model.tokenizer.encode(text.lower(), lang=self._language))

    def _fits(self, text: str) -> bool:
        if len(text) > self._most_characters:
            return False
        return self._tokens(text) < self._most_tokens

    def _say(self, text: str) -> Any:
        with torch.inference_mode():
            said = self._model.inference(
                text, self._language, self._latents.gpt, self._latents.speaker, **self._sampling
            )
        return said["wav"]


class BatchXttsVoice(XttsVoice):
    """A voice that draws the tokens of each text by itself, so that several texts go through the GPT together."""

    def speak(self, text: str, seed: int) -> Pcm:
        """Speak one segment. Raises EngineFault."""
        return with_room(lambda: self._speak_together([(self, SpokenLine(text, seed))]))[0]

    def speak_all(self, lines: Sequence[SpokenLine]) -> list[Pcm]:
        """Speak some segments together, each in its own language, as if each was spoken alone. Raises EngineFault."""
        rows = [(self._in(line.language), line) for line in lines]
        return with_room(lambda: self._speak_together(rows))

    def _speak_together(self, rows: Sequence[tuple[Self, SpokenLine]]) -> list[Pcm]:
        """Speak the first pieces of all texts together, then the second ones, and so on: most texts have one."""
        texts = [pieces(voice._readable(line.text), voice._fits) for voice, line in rows]
        generators = [torch.Generator(self._model.device).manual_seed(line.seed) for _, line in rows]
        waves: list[list[Any]] = [[] for _ in rows]
        for number in range(max(map(len, texts))):
            now = [row for row, parts in enumerate(texts) if number < len(parts)]
            prompts = [Prompt(rows[row][0]._prompt(texts[row][number]), generators[row]) for row in now]
            for row, wave in zip(now, guarded(partial(self._waves, prompts)), strict=True):
                waves[row].append(wave)
        return [joined(each, self.sample_rate) for each in waves]

    def _waves(self, prompts: Sequence[Prompt]) -> list[Any]:
        model, voice = self._model, self._latents
        speed = float(self._sampling.get("speed", 1.0))
        with torch.inference_mode():
            codes = generate(model.gpt, voice.gpt.to(model.device), prompts, self._sampling)
            return [sound(model, prompt.tokens, row, voice, speed) for prompt, row in zip(prompts, codes, strict=True)]

    def _prompt(self, text: str) -> torch.Tensor:
        tokens = self._model.tokenizer.encode(text.strip().lower(), lang=self._language)
        return torch.tensor([tokens], dtype=torch.int, device=self._model.device)


def open_xtts(
    last: LastLoaded, recipe: Recipe, files: ModelFiles, config: Config, place: Any, job_files: Path | None
) -> XttsVoice:
    """Load an XTTS model and a voice for it. Raises EngineFault(UNAVAILABLE), and any error of Coqui."""
    settings = dict(recipe.settings)
    deepspeed = bool(settings.get("deepspeed"))
    half = bool(settings.get("half")) and place.type == "cuda" and not deepspeed  # DeepSpeed has its own

    def load() -> Any:
        model = _load(files.folder, files.weights, config, deepspeed)
        if half:
            halve(model.gpt)  # before it is moved, so that the card never holds float32
        model.to(place)
        return model

    weights = files.weights.resolve()
    model = last.load((recipe.model, weights, weights.stat().st_mtime_ns, str(place), deepspeed, half), load)
    _check_language(model, recipe.language)
    latents, fresh = _find_latents(model, recipe.voice, job_files)
    draws = int(settings.get("num_beams") or 1) == 1 and not deepspeed  # else Coqui's own `inference` has to
    kind = BatchXttsVoice if draws else XttsVoice
    return kind(model, recipe.language, latents, settings, fresh)


def _load(folder: Path, weights: Path, config: Config, deepspeed: bool) -> Any:
    if deepspeed:
        _check_deepspeed()
    settings = XttsConfig()
    settings.from_dict(config)
    model = Xtts(settings)
    model.load_checkpoint(
        settings,
        checkpoint_path=str(weights),
        vocab_path=str(folder / "vocab.json"),
        speaker_file_path=str(folder / "speakers_xtts.pth"),
        eval=True,
        use_deepspeed=deepspeed,
    )
    return model


def _check_deepspeed() -> None:
    try:
        import deepspeed  # noqa: F401
    except Exception as fault:  # DeepSpeed compiles code on import, which may fail in many ways
        raise unavailable(
            f"DeepSpeed does not load here ({fault}): {more_line('deepspeed')}, or leave out --deepspeed."
        ) from fault


def _check_language(model: Any, language: str) -> None:
    """Raise EngineFault if the model's tokenizer cannot read a language; some languages need further packages."""
    try:
        model.tokenizer.encode("a", lang=language)
    except ImportError as fault:
        packages = _LANGUAGE_PACKAGES.get(language, str(fault.name))
        raise unavailable(f"XTTS needs more packages for this language here: {more_line(*packages.split())}") from fault
    except NotImplementedError as fault:
        raise unavailable(f"XTTS does not speak {language!r}.") from fault


def _find_latents(model: Any, voice: str, job_files: Path | None) -> tuple[Latents, bool]:
    """Return a voice's latents, and whether they were computed here from the recording."""
    if not voice.startswith(CLONE):
        return _speaker(model, voice), False
    recording = recording_in(job_files)
    known = recording.with_name("latents.safetensors")
    if known.is_file():
        return read_latents(known, model), False
    return compute_latents(model, recording, int(model.config.gpt_cond_chunk_len)), True


def _speaker(model: Any, voice: str) -> Latents:
    speakers = model.speaker_manager.speakers if model.speaker_manager is not None else {}
    if not speakers:
        raise unavailable("This model has no voice of its own: give a recording with --voice FILE.wav.")
    name = next(iter(speakers)) if voice == DEFAULT_VOICE else voice
    if name not in speakers:
        few = ", ".join(list(map(str, speakers))[:8])
        raise unavailable(f"This model has no voice {voice[:60]!r}; it has {few}{' ...' if len(speakers) > 8 else ''}")
    return Latents(speakers[name]["gpt_cond_latent"], speakers[name]["speaker_embedding"])
