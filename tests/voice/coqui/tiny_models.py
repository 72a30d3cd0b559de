"""Tiny models of Coqui with random weights and the real code. They speak noise in the right format."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

RATE = 16_000  # sample rate of VITS in Hz
SPEAKERS = ("ada", "bob", "eve")
VECTOR = 16  # length of a speaker's vector


def tiny_vits(
    folder: Path,
    speakers: Sequence[str] = (),
    languages: Sequence[str] = ("en",),
    seed: int = 0,
    vectors: str = "",
    **larger: Any,
) -> Path:
    """Write the VITS of the program's own trials, with more speakers and languages if they are named."""
    from swarm.voice.coqui.load import write_vits

    return write_vits(folder, speakers, languages, seed, vectors, **larger)


def tiny_yourtts(folder: Path) -> Path:
    """Write a YourTTS: a VITS with speakers as vectors, and a model that computes such vectors from recordings."""
    import torch
    from TTS.config.shared_configs import BaseAudioConfig
    from TTS.encoder.configs.speaker_encoder_config import SpeakerEncoderConfig
    from TTS.encoder.utils.generic_utils import setup_encoder_model

    folder.mkdir(parents=True, exist_ok=True)
    vectors = {name: np.random.default_rng(number).normal(size=VECTOR) for number, name in enumerate(SPEAKERS)}
    rows = {f"{name}_0": {"name": name, "embedding": vector.tolist()} for name, vector in vectors.items()}
    (folder / "speakers.json").write_text(json.dumps(rows))
    tiny_vits(folder, (), ("en", "fr-fr", "pt-br"), vectors=str(folder / "speakers.json"))
    sound = {"sample_rate": RATE, "fft_size": 512, "win_length": 400, "hop_length": 160, "num_mels": 64}
    audio = {**sound, "preemphasis": 0.97, "do_trim_silence": False}
    network = {"model_name": "resnet", "input_dim": 64, "use_torch_spec": True, "log_input": True, "proj_dim": VECTOR}
    listener = setup_encoder_model(SpeakerEncoderConfig(audio=BaseAudioConfig(**audio), model_params=network))
    said = {"model": "speaker_encoder", "audio": audio, "model_params": network}
    (folder / "config_se.json").write_text(json.dumps(said))
    torch.save({"model": listener.state_dict()}, folder / "model_se.pth")
    return folder


def tiny_xtts(folder: Path, seed: int = 0, **larger: int) -> Path:
    """Write an XTTS of one layer and one speaker, "narrator": 90 MB, because its vocoder has only one size.

    `larger` are arguments of XttsArgs that replace the tiny ones.
    """
    import torch
    from tokenizers import Tokenizer
    from tokenizers.models import BPE
    from TTS.tts.configs.xtts_config import XttsArgs, XttsConfig
    from TTS.tts.models.xtts import Xtts

    from swarm.voice.coqui.load import save_model

    languages = XttsConfig().languages
    special = ["[STOP]", "[UNK]", "[SPACE]", "[START]", *(f"[{language}]" for language in languages)]
    words = {word: number for number, word in enumerate([*special, *map(chr, range(33, 127))])}
    tokenizer = Tokenizer(BPE(vocab=words, merges=[], unk_token="[UNK]"))
    tokenizer.add_special_tokens(special)
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "vocab.json"))
    sizes = {
        "gpt_layers": 1,
        "gpt_n_model_channels": 32,
        "gpt_n_heads": 2,
        "decoder_input_dim": 32,
        "gpt_max_audio_tokens": 15,  # random weights never stop by themselves, so this ends a piece after half a second
        "gpt_num_audio_tokens": 66,
        "gpt_start_audio_token": 64,
        "gpt_stop_audio_token": 65,
    } | larger
    arguments = XttsArgs(
        gpt_use_perceiver_resampler=True,
        gpt_number_text_tokens=len(words),
        gpt_start_text_token=words["[START]"],
        gpt_stop_text_token=words["[STOP]"],
        **sizes,
    )
    config = XttsConfig(model_args=arguments, languages=languages)
    torch.manual_seed(seed)
    model = Xtts(config)
    speaker = {
        "gpt_cond_latent": torch.randn(1, 32, sizes["gpt_n_model_channels"]),
        "speaker_embedding": torch.randn(1, 512, 1),
    }
    torch.save({"narrator": speaker}, folder / "speakers_xtts.pth")
    return save_model(folder, config, model)


def recording(path: Path, length_s: float = 3.0) -> Path:
    """Write a mono WAV that resembles a voice."""
    time_s = np.arange(round(24_000 * length_s)) / 24_000
    wave = sum(np.sin(2 * np.pi * 120 * n * time_s) / n for n in range(1, 12)) * (1 + np.sin(9 * time_s)) / 8
    soundfile.write(path, wave.astype(np.float32), 24_000)
    return path
