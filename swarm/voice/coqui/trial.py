"""A tiny VITS with random weights, which proves Coqui's libraries without a download: it speaks noise."""

import contextlib
import io
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from TTS.config.shared_configs import BaseAudioConfig
from TTS.tts.configs.shared_configs import CharactersConfig
from TTS.tts.configs.vits_config import VitsArgs, VitsConfig
from TTS.tts.models.vits import Vits

from swarm.job.recipe import CUSTOM, Recipe
from swarm.voice.coqui.card import DEFAULT_VOICE
from swarm.voice.coqui.load import Loader
from swarm.voice.engine import Voice

ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789àâäçèéêëîïôöùûüß"
RATE = 16_000  # Hz
VECTOR = 16  # length of a speaker's vector


def open_trial() -> Voice:
    """Return a voice of a model that was written to a folder and read from it, as a model of the user is."""
    with TemporaryDirectory(prefix="e2a-trial-") as folder:
        write_vits(Path(folder) / "model")
        recipe = Recipe("coqui", DEFAULT_VOICE, "en", model=f"{CUSTOM}trial")
        return Loader().open(recipe, "cpu:0", Path(folder))


def _characters() -> CharactersConfig:
    return CharactersConfig(
        characters_class="TTS.tts.utils.text.characters.Graphemes",
        characters=ALPHABET,
        punctuations="!'(),-.:;? ",
        pad="<PAD>",
        eos="<EOS>",
        bos="<BOS>",
        blank="<BLNK>",
    )


def write_vits(
    folder: Path,
    speakers: Sequence[str] = (),
    languages: Sequence[str] = ("en",),
    seed: int = 0,
    vectors: str = "",
    **larger: Any,
) -> Path:
    """Write a VITS of a quarter of a million weights, about 1 MB: model.pth and config.json in a folder.

    `vectors` is a file with the vectors of its speakers; `larger` are arguments of VitsArgs that replace the tiny ones.
    """
    arguments = _vits_arguments(speakers, languages, vectors)
    for name, value in larger.items():
        setattr(arguments, name, value)
    config = VitsConfig(
        audio=BaseAudioConfig(sample_rate=RATE, fft_size=512, win_length=512, hop_length=128, do_trim_silence=False),
        model_args=arguments,
        characters=_characters(),
        use_phonemes=False,
        phonemizer=None,
        text_cleaner="multilingual_cleaners",
        test_sentences=[],
    )
    config.languages = list(languages)
    if speakers:
        config.speakers, config.num_speakers, config.use_speaker_embedding = list(speakers), len(speakers), True
    torch.manual_seed(seed)
    model = Vits(config)
    with torch.no_grad():
        model.waveform_decoder.conv_post.weight.mul_(5.0)  # loud enough to be heard
    return save_model(folder, config, model)


def _vits_arguments(speakers: Sequence[str], languages: Sequence[str], vectors: str) -> Any:
    return VitsArgs(
        out_channels=257,
        spec_segment_size=16,
        hidden_channels=16,
        hidden_channels_ffn_text_encoder=32,
        num_heads_text_encoder=2,
        num_layers_text_encoder=1,
        num_layers_posterior_encoder=1,
        num_layers_flow=1,
        use_sdp=False,
        init_discriminator=False,
        resblock_type_decoder="2",
        resblock_kernel_sizes_decoder=[3],
        resblock_dilation_sizes_decoder=[[1, 3]],
        upsample_rates_decoder=[8, 4, 4],
        upsample_kernel_sizes_decoder=[16, 8, 8],
        upsample_initial_channel_decoder=32,
        length_scale=4.0,  # lengthens the durations, which are short at random
        max_inference_len=4000,
        use_language_embedding=len(languages) > 1,
        embedded_language_dim=4,
        use_speaker_embedding=bool(speakers),
        speaker_embedding_channels=16 if speakers else 0,
        use_d_vector_file=bool(vectors),
        d_vector_file=[vectors] if vectors else None,
        d_vector_dim=VECTOR if vectors else 0,
    )


def save_model(folder: Path, config: Any, model: Any) -> Path:
    """Write a model as Coqui does: config.json and model.pth in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with contextlib.redirect_stdout(io.StringIO()):
        config.save_json(str(folder / "config.json"))
    torch.save({"config": config.to_dict(), "model": model.state_dict()}, folder / "model.pth")
    return folder
