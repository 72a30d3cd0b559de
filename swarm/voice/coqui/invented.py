"""Bark and Tortoise, which by themselves invent a voice for each sentence. Here one voice is kept for a whole book."""

from pathlib import Path
from typing import Any

import safetensors.torch
import torch

from swarm.job.job_asset import LATENTS
from swarm.job.recipe import Recipe, Setting
from swarm.voice.coqui.files import ModelFiles
from swarm.voice.coqui.models import TORTOISE
from swarm.voice.coqui.plain import load_synthesizer
from swarm.voice.coqui.speak import speak_pieces
from swarm.voice.coqui.xtts import MAX_LATENTS_BYTES
from swarm.voice.engine import EngineFault, FaultKind, Pcm, Voice

_MAX_CHARACTERS = 500
_PARTS = ("semantic", "coarse", "fine")
_MAX_COLUMNS = 4000
SAMPLES = {
    "de": "Es war ein stiller Abend, und niemand hatte es eilig.",
    "en": "It was a quiet evening, and nobody was in a hurry.",
    "es": "Era una tarde tranquila, y nadie tenía prisa.",
    "fr": "C'était un soir tranquille, et personne n'était pressé.",
    "hi": "वह एक शांत शाम थी, और किसी को कोई जल्दी नहीं थी।",
    "it": "Era una sera tranquilla, e nessuno aveva fretta.",
    "ja": "静かな夕方で、だれも急いでいませんでした。",
    "ko": "조용한 저녁이었고, 아무도 서두르지 않았습니다.",
    "pl": "Był cichy wieczór i nikomu się nie spieszyło.",
    "pt": "Era uma noite tranquila, e ninguém tinha pressa.",
    "ru": "Был тихий вечер, и никто никуда не спешил.",
    "tr": "Sakin bir akşamdı ve kimsenin acelesi yoktu.",
    "zh": "那是一个安静的夜晚，谁也不着急。",
}


class TortoiseVoice:
    """A random voice of Tortoise, drawn on the CPU from a seed, so that it is the same on every machine."""

    def __init__(self, synthesizer: Any, voice_seed: int) -> None:
        self._model = synthesizer.tts_model
        self.sample_rate = int(synthesizer.output_sample_rate)
        torch.manual_seed(voice_seed)
        self._voice = self._model.get_random_conditioning_latents()

    def speak(self, text: str, seed: int) -> Pcm:
        """Speak one segment. Raises EngineFault."""
        return speak_pieces(text, seed, self.sample_rate, _fits, lambda piece: self._say(piece, seed))

    def _say(self, text: str, seed: int) -> Any:
        said = self._model.inference_with_config(
            text,
            conditioning_latents=self._voice,
            use_deterministic_seed=seed,  # without it the model seeds by the clock
        )
        return said["wav"]


class BarkVoice:
    """A voice of Bark: every sentence of the book continues one sample sentence, for which the model invented a voice.

    Machines would invent different voices, so one machine invents it and the others receive it as latents.
    """

    def __init__(self, synthesizer: Any, recipe: Recipe, known: Path | None) -> None:
        self._model = synthesizer.tts_model
        self.sample_rate = int(synthesizer.output_sample_rate)
        settings = dict(recipe.settings)
        voice_seed = int(settings.pop("voice_seed", 0))
        self._settings: dict[str, Setting] = settings
        self._fresh = known is None
        self._voice = self._invented(recipe.language, voice_seed) if known is None else self._read(known)

    def latents(self) -> bytes | None:
        """Return the voice for other workers, if it was invented here."""
        if not self._fresh:
            return None
        parts = {name: part.detach().cpu().int().contiguous() for name, part in zip(_PARTS, self._voice, strict=True)}
        return bytes(safetensors.torch.save(parts))

    def speak(self, text: str, seed: int) -> Pcm:
        """Speak one segment. Raises EngineFault."""
        return speak_pieces(text, seed, self.sample_rate, _fits, self._say)

    def _say(self, text: str) -> Any:
        with torch.inference_mode():
            return self._model.generate_audio(text, history_prompt=self._voice, **self._settings)[0]

    def _invented(self, language: str, voice_seed: int) -> tuple[Any, Any, Any]:
        torch.manual_seed(voice_seed)
        sample = SAMPLES.get(language, SAMPLES["en"])
        with torch.inference_mode():
            said = self._model.generate_audio(sample, history_prompt=(None, None, None), **self._settings)
        return said[1], said[2], said[3]

    def _read(self, path: Path) -> tuple[Any, Any, Any]:
        """Read and check the voice that another worker invented. Raises EngineFault(UNAVAILABLE)."""
        try:
            if path.stat().st_size > MAX_LATENTS_BYTES:
                raise ValueError("too large")
            found = safetensors.torch.load(path.read_bytes())
            semantic, coarse, fine = (found[name].long() for name in _PARTS)
        except (OSError, ValueError, KeyError, RuntimeError, safetensors.SafetensorError) as fault:
            raise _unusable(str(fault)) from fault
        config = self._model.config
        shapes = (
            semantic.ndim == 1
            and coarse.ndim == fine.ndim == 2
            and (coarse.shape[0], fine.shape[0]) == (config.N_COARSE_CODEBOOKS, config.N_FINE_CODEBOOKS)
            and all(0 < part.shape[-1] <= _MAX_COLUMNS for part in (semantic, coarse, fine))
        )
        bounds = (config.SEMANTIC_VOCAB_SIZE, config.CODEBOOK_SIZE, config.CODEBOOK_SIZE)
        if not shapes or any(
            part.min() < 0 or part.max() >= bound for part, bound in zip((semantic, coarse, fine), bounds, strict=True)
        ):
            raise _unusable("its tensors are not a voice of Bark")
        place = self._model.device
        return semantic.to(place), coarse.to(place), fine.to(place)


def open_invented(recipe: Recipe, files: ModelFiles, place: Any, job_files: Path | None) -> Voice:
    """Load Bark or Tortoise. Raises EngineFault(UNAVAILABLE), and any error of Coqui."""
    synthesizer = load_synthesizer(files, None, place)
    if recipe.model == TORTOISE:
        return TortoiseVoice(synthesizer, int(dict(recipe.settings).get("voice_seed", 0)))
    known = job_files / LATENTS if job_files else None
    return BarkVoice(synthesizer, recipe, known if known and known.is_file() else None)


def _fits(text: str) -> bool:
    return len(text) <= _MAX_CHARACTERS


def _unusable(why: str) -> EngineFault:
    return EngineFault(FaultKind.UNAVAILABLE, f"The voice that came with the job cannot be used: {why[:200]}.")
