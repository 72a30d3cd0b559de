"""Loads Chatterbox with the code of its package, and speaks with it, or with random weights.

Those prove its libraries without a download: they speak noise."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import soundfile
import torch
from chatterbox.models.s3gen import S3Gen
from chatterbox.models.t3 import T3
from chatterbox.models.t3.llama_configs import LLAMA_CONFIGS
from chatterbox.models.t3.modules.t3_config import T3Config
from chatterbox.models.tokenizers import MTLTokenizer
from chatterbox.models.tokenizers import tokenizer as tokenizers
from chatterbox.models.voice_encoder import VoiceEncoder
from chatterbox.mtl_tts import ChatterboxMultilingualTTS
from tokenizers import Tokenizer
from tokenizers.models import BPE

from swarm.job.spec import CLONE, Recipe, Setting
from swarm.voice.engine import EngineFault, FaultKind, LastLoaded, Pcm, from_floats, loading, recording_in

CANGJIE = "Cangjie5_TC.json"  # the file of the model with its table of Chinese signs
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


_last = LastLoaded()  # the manners of one voice share it; a recording changes the model


def load_model(folder: Path, place: str) -> Any:
    """Load the model in a folder."""
    with from_folder(folder):
        return ChatterboxMultilingualTTS.from_local(folder, place)


def open_voice(recipe: Recipe, device: str, folder: Path, job_files: Path | None) -> ChatterboxVoice:
    """Load the model in a folder and a voice for it. Raises EngineFault: UNAVAILABLE, MEMORY or DEVICE."""
    place = "cpu" if device.startswith("cpu") else device
    with loading("Chatterbox"):
        return voice_of(
            _last.load((folder, place, recipe.voice), partial(load_model, folder, place)), recipe, job_files
        )


def voice_of(model: Any, recipe: Recipe, job_files: Path | None) -> ChatterboxVoice:
    """Return a voice of a loaded model: its own, or that of a recording. Raises EngineFault(UNAVAILABLE)."""
    settings = dict(recipe.settings)
    if recipe.voice.startswith(CLONE):
        model.prepare_conditionals(str(recording_in(job_files)), exaggeration=float(settings.get("exaggeration", 0.5)))
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


_RATE = 24_000
_TOKENS = 60  # about two seconds of sound
_TINY = {"intermediate_size": 128, "num_hidden_layers": 14}  # the package looks at layer 13


def open_trial() -> ChatterboxVoice:
    """Return a voice that speaks English like a recording."""
    with TemporaryDirectory(prefix="e2a-trial-") as folder:
        _write_recording(Path(folder) / "voice.wav")
        clone = Recipe("chatterbox", f"{CLONE}trial", "en")
        return voice_of(make_model(Path(folder)), clone, Path(folder))


def make_model(folder: Path) -> Any:
    """Return a model with random weights; its tokenizer's files are written to a folder."""
    _write_tokenizer(folder / "tokenizer.json")
    (folder / CANGJIE).write_text('["一\\tm"]', encoding="utf-8")
    LLAMA_CONFIGS["tiny"] = LLAMA_CONFIGS["Llama_520M"] | _TINY
    config = T3Config.multilingual()
    config.llama_config_name = "tiny"
    torch.manual_seed(0)
    parts = [part.eval() for part in (T3(config), S3Gen(), VoiceEncoder())]
    parts[0].speech_head = _few_tokens(parts[0])
    with from_folder(folder):
        return ChatterboxMultilingualTTS(*parts, MTLTokenizer(str(folder / "tokenizer.json")), "cpu")


def _few_tokens(model: Any) -> Any:
    """Return a last layer that chooses among few tokens: the package stops at the second one in a row."""
    layer = torch.nn.Linear(model.dim, model.hp.speech_tokens_dict_size)
    with torch.no_grad():
        layer.bias.fill_(-100.0)
        layer.bias[:_TOKENS] = 0.0
    return layer


def _write_tokenizer(path: Path) -> None:
    special = ["[STOP]", "[UNK]", "[SPACE]", "[en]", "[no]", "[zh]", "[cj_m]", "[cj_.]"]
    words = {word: number for number, word in enumerate([*special, *map(chr, range(33, 127))])}
    words["[START]"] = 255
    tokenizer = Tokenizer(BPE(vocab=words, merges=[], unk_token="[UNK]"))
    tokenizer.add_special_tokens([*special, "[START]"])
    tokenizer.save(str(path))


def _write_recording(path: Path) -> None:
    times = np.arange(3 * _RATE) / _RATE
    soundfile.write(path, (np.sin(2 * np.pi * 150 * times) * (1 + np.sin(9 * times)) / 4).astype(np.float32), _RATE)
