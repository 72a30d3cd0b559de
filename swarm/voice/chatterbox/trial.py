"""Chatterbox with random weights, which proves its libraries without a download: it speaks noise.

Its language model is small. Its sound model has one size only, some 300 million weights.
"""

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
from chatterbox.models.voice_encoder import VoiceEncoder
from chatterbox.mtl_tts import ChatterboxMultilingualTTS
from tokenizers import Tokenizer
from tokenizers.models import BPE

from swarm.job.recipe import CLONE, Recipe
from swarm.voice.chatterbox.files import CANGJIE
from swarm.voice.chatterbox.voice import ChatterboxVoice, from_folder, voice_of

_RATE = 24_000
_TOKENS = 60  # about two seconds of sound
_TINY = {"intermediate_size": 128, "num_hidden_layers": 14}  # the package looks at layer 13


def open_trial(recipe: Recipe | None = None) -> ChatterboxVoice:
    """Return a voice that speaks like a recording, by default in English."""
    with TemporaryDirectory(prefix="e2a-trial-") as folder:
        _write_recording(Path(folder) / "voice.wav")
        clone = recipe or Recipe("chatterbox", f"{CLONE}trial", "en")
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
