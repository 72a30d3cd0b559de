"""Qwen3-TTS with random weights, small in every part: it proves its libraries without a download, and speaks noise."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from qwen_tts.core import Qwen3TTSTokenizerV2Config, Qwen3TTSTokenizerV2Model
from qwen_tts.core.models import Qwen3TTSConfig, Qwen3TTSForConditionalGeneration
from tokenizers.pre_tokenizers import ByteLevel
from transformers import EncodecFeatureExtractor, Qwen2Tokenizer

from swarm.job.recipe import Recipe
from swarm.voice.qwen.card import VOICES
from swarm.voice.qwen.voice import LANGUAGES, QwenVoice, load_model

# The real models have as many codes: the end is one of them, and hardly ever drawn.
_CODES, _GROUPS = 2048, 4
_MARKS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<tts_pad>", "<tts_bos>", "<tts_eos>")
_SMALL = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "head_dim": 16,
}
_SPEAKER = {"enc_dim": 32, "enc_channels": [16, 16, 16, 16, 48], "enc_attention_channels": 8, "enc_se_channels": 8}
_DECODER = {
    "hidden_size": 16,
    "latent_dim": 16,
    "codebook_dim": 16,
    "num_attention_heads": 2,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "intermediate_size": 24,
    "num_hidden_layers": 1,
    "decoder_dim": 32,
    "num_quantizers": _GROUPS,
    "sliding_window": 8,
}
_ENCODER = {
    "num_filters": 4,
    "hidden_size": 16,
    "intermediate_size": 24,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "codebook_dim": 8,
    "vector_quantization_hidden_dimension": 8,
    "num_quantizers": _GROUPS,
    "num_semantic_quantizers": 1,
    "upsample_groups": 16,
}


class TrialVoice(QwenVoice):
    """A voice that ends a sentence when speech would have ended: random weights do not know when."""

    min_tokens, tokens_per_character = 8, 1


def open_trial() -> QwenVoice:
    """Return the first voice of a small model, in English."""
    with TemporaryDirectory(prefix="e2a-trial-") as folder:
        make_model(Path(folder), "custom_voice")
        return TrialVoice(load_model(Path(folder), "cpu"), Recipe("qwen", VOICES[0].name, "en"))


def make_model(folder: Path, kind: str, codes: int = _CODES) -> None:
    """Write a model with random weights: "custom_voice", "base" or "voice_design"; with few codes, it ends soon."""
    torch.manual_seed(0)
    first = _write_tokenizer(folder)
    marks = {name: first + place for place, name in enumerate(_MARKS)}
    model = Qwen3TTSForConditionalGeneration(
        Qwen3TTSConfig(
            talker_config=_talker(len(marks) + first, codes),
            speaker_encoder_config=_SPEAKER,
            tokenizer_type="qwen3_tts_tokenizer_12hz",
            tts_model_size="1b7",
            tts_model_type=kind,
            im_start_token_id=marks["<|im_start|>"],
            im_end_token_id=marks["<|im_end|>"],
            tts_pad_token_id=marks["<tts_pad>"],
            tts_bos_token_id=marks["<tts_bos>"],
            tts_eos_token_id=marks["<tts_eos>"],
        )
    )
    model.save_pretrained(folder)
    config = json.loads((folder / "config.json").read_text())
    config["speaker_encoder_config"] = _SPEAKER  # the package cannot read more names than these
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "generation_config.json").write_text(json.dumps({"do_sample": True, "temperature": 0.9}))
    sounds = folder / "speech_tokenizer"
    settings = Qwen3TTSTokenizerV2Config(
        encoder_config=_ENCODER | {"codebook_size": codes},
        decoder_config=_DECODER | {"codebook_size": codes},
        encoder_valid_num_quantizers=_GROUPS,
    )
    decoder = Qwen3TTSTokenizerV2Model(settings)
    with torch.no_grad():
        _make_heard(decoder, codes)
    decoder.save_pretrained(sounds)
    EncodecFeatureExtractor(feature_size=1, sampling_rate=24_000).save_pretrained(sounds)


def _make_heard(sounds: Any, codes: int) -> None:
    """Give each code a sound of its own, and all of them a loudness that is heard."""
    for name, weights in sounds.decoder.quantizer.state_dict().items():
        if name.endswith("embedding_sum"):
            weights.normal_()
    for part in (sounds.decoder.decoder, sounds.decoder.upsample):
        for layer in part.modules():
            if isinstance(layer, torch.nn.Conv1d | torch.nn.ConvTranspose1d):
                layer.reset_parameters()
    peak = sounds.decode(torch.randint(codes, (1, 20, _GROUPS)), return_dict=True).audio_values[0].abs().max()
    sounds.decoder.decoder[-1].conv.weight.mul_(0.3 / float(peak))


def _talker(words: int, codes: int) -> dict[str, Any]:
    """Return the settings of the language model: codes of sound, and above them its marks, speakers and languages."""
    marks = ("pad", "bos", "eos_token", "think", "nothink", "think_bos", "think_eos")
    ids = {f"codec_{mark}_id": codes + place for place, mark in enumerate(marks)}
    speakers = {voice.name: codes + 10 + place for place, voice in enumerate(VOICES)}
    return {
        **_SMALL,
        **ids,
        "vocab_size": codes + 1024,  # the package lets no sound come from the last 1024
        "text_vocab_size": words,
        "text_hidden_size": 32,
        "num_code_groups": _GROUPS,
        "rope_scaling": {"rope_type": "default", "mrope_section": [4, 2, 2], "interleaved": True},
        "code_predictor_config": {**_SMALL, "vocab_size": codes, "num_code_groups": _GROUPS},
        "spk_id": speakers,
        "spk_is_dialect": dict.fromkeys(speakers, False),
        "codec_language_id": {name: codes + 30 + place for place, name in enumerate(LANGUAGES.values())},
    }


def _write_tokenizer(folder: Path) -> int:
    """Write a tokenizer of single bytes; return the number of the first mark."""
    letters = {letter: place for place, letter in enumerate(sorted(ByteLevel.alphabet()))}
    (folder / "vocab.json").write_text(json.dumps(letters), encoding="utf-8")
    (folder / "merges.txt").write_text("#version: 0.2\n", encoding="utf-8")
    tokenizer = Qwen2Tokenizer(str(folder / "vocab.json"), str(folder / "merges.txt"))
    tokenizer.add_special_tokens({"additional_special_tokens": list(_MARKS)})
    tokenizer.save_pretrained(folder)
    return len(letters)
