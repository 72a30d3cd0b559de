"""The voices of Coqui's other models: VITS, YourTTS, fairseq, GlowTTS and Tacotron."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from TTS.utils.synthesizer import Synthesizer

from swarm.job.language import normal_language
from swarm.job.recipe import CLONE, Recipe
from swarm.voice.coqui.card import DEFAULT_VOICE
from swarm.voice.coqui.files import ModelFiles
from swarm.voice.coqui.speak import guarded, joined, pieces, speak_pieces, with_room
from swarm.voice.coqui.vits_batch import Given, Noise, TextRow, can_batch, waves
from swarm.voice.engine import EngineFault, FaultKind, Pcm, SpokenLine

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


class PlainLoader:
    """A loader that keeps its last model, since a book's characters may need other speakers of it."""

    def __init__(self) -> None:
        self._loaded: object = None  # identity of the loaded model: name, files, device and settings
        self._synthesizer: Any = None

    def forget(self) -> None:
        """Free the model before another one is loaded, since a GPU may not have memory for two."""
        self._loaded = self._synthesizer = None

    def open(
        self, recipe: Recipe, files: ModelFiles, config: Path | None, place: Any, job_files: Path | None
    ) -> PlainVoice:
        """Load a model and choose its speaker and language. Raises EngineFault(UNAVAILABLE), and any error of Coqui.

        `config` is the path of the rebuilt config; None if the model is loaded without one.
        """
        wanted = (recipe.model, _state(files.weights), _state(files.config), str(place), recipe.settings)
        if self._loaded != wanted:
            self.forget()
            synthesizer = load_synthesizer(files, config, place)
            speed = float(dict(recipe.settings).get("speed", 1.0))
            if speed != 1.0:
                _set_speed(synthesizer.tts_model, speed)
            self._synthesizer, self._loaded = synthesizer, wanted
        model = self._synthesizer.tts_model
        language = _language(model, recipe.language)
        cloned = recipe.voice.startswith(CLONE)
        speaker = _cloned(model, recipe.voice, job_files) if cloned else _speaker(model, recipe.voice)
        # A core is busy with a single text: padding and masks would only cost it more.
        kind = BatchVitsVoice if place.type != "cpu" and can_batch(model) else PlainVoice
        return kind(self._synthesizer, language, speaker)


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
    raise _unavailable(f"This model does not speak {wanted!r}, only {', '.join(map(str, names[:20]))}.")


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
    raise _unavailable(f"This model has no voice {wanted[:60]!r}; {here}.")


def _cloned(model: Any, voice: str, job_files: Path | None) -> str:
    """Compute the voice of the recording, and return the speaker's name that it is kept under."""
    manager = getattr(model, "speaker_manager", None)
    if manager is None or manager.encoder is None:
        raise _unavailable("This model cannot speak with the voice of a recording: XTTS and YourTTS can.")
    if job_files is None:
        raise _unavailable("The recording of the voice is not here.")
    manager.embeddings_by_names[voice] = [manager.compute_embedding_from_clip(str(job_files / "voice.wav"))]
    return voice


def _set_speed(model: Any, speed: float) -> None:
    """Set a model's speed. Raises EngineFault for models without such a factor, such as Tacotron."""
    if not hasattr(model, "length_scale"):
        raise _unavailable("This model cannot change its speed: leave out --speed.")
    model.length_scale = float(model.length_scale) / speed


def _unavailable(message: str) -> EngineFault:
    return EngineFault(FaultKind.UNAVAILABLE, message)
