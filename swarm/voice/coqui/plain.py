"""The voices of Coqui's other models: VITS, YourTTS, fairseq, GlowTTS and Tacotron."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from TTS.utils.synthesizer import Synthesizer

from swarm.book.model.language_code import normal_language
from swarm.job.spec import CLONE, Recipe
from swarm.voice.coqui.card import DEFAULT_VOICE
from swarm.voice.coqui.files import ModelFiles
from swarm.voice.coqui.speak import speak_pieces
from swarm.voice.engine import LastLoaded, Pcm, recording_in, unavailable

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
    return PlainVoice(synthesizer, language, speaker)


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
