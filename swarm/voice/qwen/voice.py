"""Loads Qwen3-TTS with the code of its package, and speaks with it, several sentences together.

The package draws the sound of all sentences of a batch with one generator. Here each has its own, so that a sentence
sounds as it does alone, as far as sums in another order leave the same.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from qwen_tts import Qwen3TTSModel

from swarm.job.recipe import CLONE, Recipe
from swarm.voice.device_fault import device_fault
from swarm.voice.engine import EngineFault, FaultKind, Pcm, Sound, SpokenLine, TimedSound
from swarm.voice.pcm import from_floats
from swarm.voice.qwen.card import DESCRIBED, MAX_DESCRIPTION
from swarm.voice.qwen.speaker import compute_speaker, pack, prompt_of, read_speaker

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


class KeptModel:
    """The one model that a process has loaded: all voices of a book's characters share it."""

    def __init__(self) -> None:
        self._loaded: tuple[Path, str] | None = None
        self._model: Any = None

    def load(self, folder: Path, device: str) -> Any:
        """Return the model of a folder on a device, loaded at most once in a row."""
        place = "cpu" if device.startswith("cpu") else device
        if self._loaded != (folder, place):
            self._model, self._loaded = None, None  # a GPU may not have memory for two
            self._model = load_model(folder, place)
            self._loaded = folder, place
        return self._model


def load_model(folder: Path, place: str) -> Any:
    """Load a model: on a GPU in half precision, as it was trained; on the CPU in whole."""
    on_cpu = place == "cpu"
    more = {} if on_cpu else {"device_map": place}
    dtype = torch.float32 if on_cpu else torch.bfloat16
    return Qwen3TTSModel.from_pretrained(str(folder), dtype=dtype, attn_implementation="sdpa", **more)


_kept = KeptModel()


def open_voice(recipe: Recipe, device: str, folder: Path, job_files: Path | None) -> QwenVoice:
    """Load the model in a folder and a voice for it. Raises EngineFault: UNAVAILABLE, MEMORY or DEVICE."""
    try:
        return voice_of(_kept.load(folder, device), recipe, job_files)
    except EngineFault:
        raise
    except Exception as fault:  # a damaged file, too little memory, a package that is missing
        kind = device_fault(fault) or FaultKind.UNAVAILABLE
        why = f"{type(fault).__name__}: {' '.join(str(fault).split())[:200]}"
        raise EngineFault(kind, f"Qwen3-TTS does not load: {why}.") from fault


def voice_of(model: Any, recipe: Recipe, job_files: Path | None) -> QwenVoice:
    """Return a voice of a loaded model. Raises EngineFault(UNAVAILABLE)."""
    if not recipe.voice.startswith(CLONE):
        return QwenVoice(model, recipe)
    if job_files is None:
        raise EngineFault(FaultKind.UNAVAILABLE, "The recording of the voice is not here.")
    known = job_files / "latents.safetensors"
    if known.is_file():
        return QwenVoice(model, recipe, read_speaker(model, known))
    return QwenVoice(model, recipe, compute_speaker(model, job_files / "voice.wav"), fresh=True)
