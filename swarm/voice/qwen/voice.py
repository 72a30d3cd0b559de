"""Loads Qwen3-TTS with the code of its package, and speaks with it, several sentences together.

The voice of a recording is one vector, which one worker computes for all workers. Random weights, small in every part,
prove the libraries without a download: they speak noise."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import safetensors.torch
import soundfile
import torch
from qwen_tts import Qwen3TTSModel, VoiceClonePromptItem
from qwen_tts.core import Qwen3TTSTokenizerV2Config, Qwen3TTSTokenizerV2Model
from qwen_tts.core.models import Qwen3TTSConfig, Qwen3TTSForConditionalGeneration
from tokenizers.pre_tokenizers import ByteLevel
from transformers import EncodecFeatureExtractor, Qwen2Tokenizer

from swarm.job.spec import CLONE, Recipe
from swarm.voice.engine import (
    EngineFault,
    FaultKind,
    LastLoaded,
    Pcm,
    Sound,
    SpokenLine,
    TimedSound,
    from_floats,
    loading,
    recording_in,
    unavailable,
)
from swarm.voice.qwen.card import DESCRIBED, MAX_DESCRIPTION, VOICES

MAX_BYTES = 1 << 20
MAX_VALUE = 1e4  # far above any value that the network computes
REFERENCE_S = 30.0  # seconds of the recording that are used
_NAME = "speaker"


def compute_speaker(model: Any, recording: Path) -> torch.Tensor:
    """Return the vector of a mono recording, shape (channels,). Raises EngineFault(UNAVAILABLE)."""
    try:
        wave, rate = soundfile.read(recording, dtype="float32", always_2d=True)
    except (soundfile.SoundFileError, RuntimeError) as fault:
        raise unavailable(f"The recording of the voice cannot be read: {fault}.") from fault
    sound = wave.mean(axis=1)[: round(REFERENCE_S * rate)]
    (item,) = model.create_voice_clone_prompt((sound, rate), x_vector_only_mode=True)
    return _checked(model, item.ref_spk_embedding.float().cpu().reshape(-1))


def read_speaker(model: Any, path: Path) -> torch.Tensor:
    """Read the vector that another worker computed. Raises EngineFault(UNAVAILABLE)."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ValueError(f"larger than {MAX_BYTES >> 20} MiB")
        return _checked(model, safetensors.torch.load(path.read_bytes())[_NAME].float())
    except (OSError, ValueError, KeyError, RuntimeError, safetensors.SafetensorError) as fault:
        raise unavailable(f"The voice's latents that came with the job cannot be used: {str(fault)[:200]}.") from fault


def pack(speaker: torch.Tensor) -> bytes:
    """Return the vector as safetensors, a format that cannot contain code."""
    return bytes(safetensors.torch.save({_NAME: speaker.contiguous()}))


def prompt_of(speaker: torch.Tensor) -> list[VoiceClonePromptItem]:
    """Return what the package takes for a voice."""
    return [VoiceClonePromptItem(ref_code=None, ref_spk_embedding=speaker, x_vector_only_mode=True, icl_mode=False)]


def _checked(model: Any, speaker: torch.Tensor) -> torch.Tensor:
    """Return a vector that the model could have computed. Raises EngineFault(UNAVAILABLE)."""
    channels = int(model.model.config.speaker_encoder_config.enc_dim)
    if tuple(speaker.shape) != (channels,) or not bool((speaker.abs() < MAX_VALUE).all()):  # false for NaN as well
        raise unavailable("The latents of the voice are of another model, or no numbers.")
    return speaker


LANGUAGES = {
    "de": "german",
    "en": "english",
    "es": "spanish",
    "fr": "french",
    "it": "italian",
    "ja": "japanese",
    "ko": "korean",
    "pt": "portuguese",
    "ru": "russian",
    "zh": "chinese",
}
TOKENS_S = 12.5  # the models make so many for a second of sound


class QwenVoice:
    """A loaded model with one voice, in one language."""

    min_tokens, tokens_per_character = 64, 4  # four times what slow readers need: else a sentence might never end

    def __init__(self, model: Any, recipe: Recipe, speaker: torch.Tensor | None = None, *, fresh: bool = False) -> None:
        """`speaker` is the vector of a recording, `fresh` whether it was computed here."""
        settings = dict(recipe.settings)
        description = str(settings.pop("description", ""))[:MAX_DESCRIPTION].replace("<|", "<")
        self._model, self._sampling, self._fresh = model, settings, fresh
        self._language, self._speaker = LANGUAGES[recipe.language], speaker
        self._how: dict[str, Any]
        if speaker is not None:
            self._call, self._how = model.generate_voice_clone, {"voice_clone_prompt": prompt_of(speaker)}
        elif recipe.voice == DESCRIBED:
            self._call, self._how = model.generate_voice_design, {"instruct": description}
        else:
            self._call = model.generate_custom_voice
            self._how = {"speaker": recipe.voice, "instruct": description or None}
        self.sample_rate = int(model.model.speech_tokenizer.get_output_sample_rate())

    def latents(self) -> bytes | None:
        """Return the vector of a recording, if it was computed here."""
        return pack(self._speaker) if self._fresh and self._speaker is not None else None

    def speak(self, text: str, seed: int) -> Pcm:
        """Speak one segment. Raises EngineFault, and any error of torch."""
        (sound,) = self.speak_all([SpokenLine(text, seed)])
        if isinstance(sound, EngineFault):
            raise sound
        assert not isinstance(sound, TimedSound)
        return sound

    def speak_all(self, lines: Sequence[SpokenLine]) -> Sequence[Sound]:
        """Speak segments together, each drawn with its own seed."""
        nothing = EngineFault(FaultKind.EMPTY, "there is nothing to speak")
        spoken: list[Sound] = [nothing] * len(lines)
        places = [place for place, line in enumerate(lines) if any(map(str.isalnum, line.text))]
        if places:
            for place, sound in zip(places, self._generate([lines[place] for place in places]), strict=True):
                spoken[place] = sound
        return spoken

    def _generate(self, lines: Sequence[SpokenLine]) -> Iterator[Pcm]:
        texts = [line.text.replace("<|", "<") for line in lines]  # else a book could write the model's own marks
        most = [self.min_tokens + self.tokens_per_character * len(text) for text in texts]
        device = self._model.device
        with drawing_by_row([torch.Generator(device).manual_seed(line.seed) for line in lines]):
            waves, rate = self._call(
                texts, language=[self._language] * len(texts), max_new_tokens=max(most), **self._how, **self._sampling
            )
        for wave, tokens in zip(waves, most, strict=True):
            yield from_floats(wave.reshape(-1)[: int(tokens / TOKENS_S * rate)])


@contextmanager
def drawing_by_row(generators: Sequence[torch.Generator]) -> Iterator[None]:
    """Have torch draw each row of a batch with the row's own generator, wherever the package draws."""
    draw = torch.multinomial

    def by_row(chances: torch.Tensor, number: int = 1, *more: Any, num_samples: int = 0, **other: Any) -> torch.Tensor:
        rows = [
            draw(row[None], num_samples or number, *more, **{**other, "generator": generator})
            for row, generator in zip(chances, generators, strict=True)
        ]
        return torch.cat(rows)

    torch.multinomial = by_row
    try:
        yield
    finally:
        torch.multinomial = draw


def load_model(folder: Path, place: str) -> Any:
    """Load a model: on a GPU in half precision, as it was trained; on the CPU in whole."""
    on_cpu = place == "cpu"
    more = {} if on_cpu else {"device_map": place}
    dtype = torch.float32 if on_cpu else torch.bfloat16
    return Qwen3TTSModel.from_pretrained(str(folder), dtype=dtype, attn_implementation="sdpa", **more)


_last = LastLoaded()  # all voices of a book's characters share it


def open_voice(recipe: Recipe, device: str, folder: Path, job_files: Path | None) -> QwenVoice:
    """Load the model in a folder and a voice for it. Raises EngineFault: UNAVAILABLE, MEMORY or DEVICE."""
    place = "cpu" if device.startswith("cpu") else device
    with loading("Qwen3-TTS"):
        return voice_of(_last.load((folder, place), partial(load_model, folder, place)), recipe, job_files)


def voice_of(model: Any, recipe: Recipe, job_files: Path | None) -> QwenVoice:
    """Return a voice of a loaded model. Raises EngineFault(UNAVAILABLE)."""
    if not recipe.voice.startswith(CLONE):
        return QwenVoice(model, recipe)
    recording = recording_in(job_files)
    known = recording.with_name("latents.safetensors")
    if known.is_file():
        return QwenVoice(model, recipe, read_speaker(model, known))
    return QwenVoice(model, recipe, compute_speaker(model, recording), fresh=True)


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
