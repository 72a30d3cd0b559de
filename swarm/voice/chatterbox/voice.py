"""Loads Chatterbox with the code of its package, and speaks with it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from chatterbox.models.tokenizers import tokenizer as tokenizers
from chatterbox.mtl_tts import ChatterboxMultilingualTTS

from swarm.job.recipe import CLONE, Recipe, Setting
from swarm.voice.chatterbox.files import CANGJIE
from swarm.voice.device_fault import device_fault
from swarm.voice.engine import EngineFault, FaultKind, Pcm
from swarm.voice.pcm import from_floats

_CODES = {"nb": "no"}  # languages for which the model has codes of its own


class ChatterboxVoice:
    """A loaded model with one voice, in one language."""

    def __init__(self, model: Any, language: str, settings: dict[str, Setting]) -> None:
        self._model, self._language, self._settings = model, _CODES.get(language, language), settings
        self.sample_rate = int(model.sr)

    def speak(self, text: str, seed: int) -> Pcm:
        """Speak one segment. Raises EngineFault, and any error of torch."""
        if not any(map(str.isalnum, text)):
            raise EngineFault(FaultKind.EMPTY, "there is nothing to speak")
        torch.manual_seed(seed)  # seeds every device
        try:
            wave = self._model.generate(text, self._language, **self._settings)
        finally:
            self._forget_hooks()
        return from_floats(wave.reshape(-1).numpy())

    def _forget_hooks(self) -> None:
        """Remove what each sentence hangs on the layers and leaves there, which would slow down a book."""
        for layer in self._model.t3.tfmr.layers:
            layer.self_attn._forward_hooks.clear()


def open_voice(recipe: Recipe, device: str, folder: Path, job_files: Path | None) -> ChatterboxVoice:
    """Load the model in a folder and a voice for it. Raises EngineFault: UNAVAILABLE, MEMORY or DEVICE."""
    place = "cpu" if device.startswith("cpu") else device
    try:
        with from_folder(folder):
            model = ChatterboxMultilingualTTS.from_local(folder, place)
        return voice_of(model, recipe, job_files)
    except EngineFault:
        raise
    except Exception as fault:  # a damaged file, too little memory, a package that is missing
        kind = device_fault(fault) or FaultKind.UNAVAILABLE
        why = f"{type(fault).__name__}: {' '.join(str(fault).split())[:200]}"
        raise EngineFault(kind, f"Chatterbox does not load: {why}.") from fault


def voice_of(model: Any, recipe: Recipe, job_files: Path | None) -> ChatterboxVoice:
    """Return a voice of a loaded model: its own, or that of a recording. Raises EngineFault(UNAVAILABLE)."""
    settings = dict(recipe.settings)
    if recipe.voice.startswith(CLONE):
        if job_files is None:
            raise EngineFault(FaultKind.UNAVAILABLE, "The recording of the voice is not here.")
        model.prepare_conditionals(str(job_files / "voice.wav"), exaggeration=float(settings.get("exaggeration", 0.5)))
    return ChatterboxVoice(model, recipe.language, settings)


@contextmanager
def from_folder(folder: Path) -> Iterator[None]:
    """Let the tokenizer take its table of Chinese signs from a folder, which it would download each time.

    Its segmentation of Chinese stays off: it would download a model into the home folder.
    """
    before = tokenizers.hf_hub_download, tokenizers.ChineseCangjieConverter._init_segmenter
    tokenizers.hf_hub_download = lambda **_: str(folder / CANGJIE)
    tokenizers.ChineseCangjieConverter._init_segmenter = lambda self: setattr(self, "segmenter", None)
    try:
        yield
    finally:
        tokenizers.hf_hub_download, tokenizers.ChineseCangjieConverter._init_segmenter = before
