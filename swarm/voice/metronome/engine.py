"""metronome: speech-like sound at a set pace, without using the CPU, for rehearsals, benchmarks and tests."""

import functools
import math
import os
import time
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from swarm.job.card import EngineCard, SettingCard, VoiceCard
from swarm.job.spec import Recipe
from swarm.voice.engine import Engine, Pcm, SpokenLine, Voice, unavailable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SAMPLE_RATE = 24_000  # Hz
ENV_SPEED = "E2A_METRONOME_SPEED"  # one speed for all slots ("1"), or one for each ("1,0.8,0.5")
_PEAK = 7_000
_SYLLABLES = 30
_FORMANT_HZ, _WIDTH_HZ = ((280, 900, 2300, 3500), (750, 2200, 3000, 3700)), (70, 100, 140, 250)
_STRENGTH = (1.0, 0.5, 0.2, 0.08)
_HARMONICS, _VOICE_HZ = 60, 120
_WAVE_SAMPLES = 4096  # one period of a vowel
ENV_BATCH = (
    "E2A_METRONOME_BATCH"  # "16,0.4": 16 sentences are spoken together, and n take as long as n to the power 0.4
)
ENV_DEVICE = "E2A_METRONOME_DEVICE"  # "gpu": only slots on GPUs speak, as with an engine that needs one


def batch_size() -> int:
    """Return the batch size that the environment says, 1 if it says none."""
    word = os.environ.get(ENV_BATCH, "").partition(",")[0]
    return int(word) if word.isdigit() and int(word) else 1


def batch_curve() -> float:
    """Return the power that the environment says; 1, so that a batch gains nothing, if it says none."""
    try:
        return min(1.0, max(0.0, float(os.environ.get(ENV_BATCH, "").partition(",")[2])))
    except ValueError:
        return 1.0


CARD = EngineCard(
    name="metronome",
    about="babble that takes no CPU time, to try the swarm without a voice",
    languages=("*",),
    scripts=(),
    limits=(("", 300),),
    voices=(
        VoiceCard(name="tick", language="*", about="syllables, entered where the text says"),
        VoiceCard(name="tock", language="*", about="the same syllables entered elsewhere, for characters"),
    ),
    casts=True,
    settings=(
        SettingCard("cost_per_char", 0.001, 0, 60, about="seconds of work for each character"),
        SettingCard("seconds_per_char", 0.065, 0, 1, about="seconds of sound for each character"),
    ),
    sample_rate=SAMPLE_RATE,
    numbers=("*",),
    abbreviations=("*",),
    device="any",
    shares_process=True,
    speech=False,
    batch=batch_size(),
)


class MetronomeVoice:
    """A voice whose sound and work take a set time for each character."""

    sample_rate = SAMPLE_RATE

    def __init__(
        self, cost_per_char_s: float, sound_per_char_s: float, batch_curve: float = 1.0, voice: str = "tick"
    ) -> None:
        self._cost_per_char_s, self._sound_per_char_s = cost_per_char_s, sound_per_char_s
        self._batch_curve = batch_curve
        self._key = "" if voice == "tick" else f"{voice} "

    def speak(self, text: str, seed: int) -> Pcm:
        """Return babble that text and seed choose, after sleeping for the time that the text costs."""
        return self.speak_all([SpokenLine(text, seed)])[0]

    def speak_all(self, lines: Sequence[SpokenLine]) -> list[Pcm]:
        """Return the babble of each line, after sleeping for the time that all of them cost together."""
        characters = sum(len(line.text) for line in lines)
        share = len(lines) ** (self._batch_curve - 1)
        ready = time.monotonic() + characters * share * self._cost_per_char_s
        sounds = [self._babble(line) for line in lines]
        time.sleep(max(0.0, ready - time.monotonic()))
        return sounds

    def _babble(self, line: SpokenLine) -> Pcm:
        samples = round(len(line.text) * self._sound_per_char_s * SAMPLE_RATE)
        return babble(zlib.crc32(f"{self._key}{line.seed} {line.text}".encode()), samples)


def babble(choice: int, samples: int) -> Pcm:
    """Return speech-like sound, int16 of shape (samples,): syllables in a ring, entered where `choice` says."""
    import numpy as np

    ring = _ring()
    return np.resize(np.roll(ring, -(choice % ring.size)), samples)


@functools.cache
def _ring() -> Pcm:
    """Return some seconds of syllables: a vowel of a few formants, and a hiss. No 10 ms of it count as silence."""
    import numpy as np

    dice = np.random.RandomState(1)  # its numbers are the same with every version of numpy
    parts = []
    for _ in range(_SYLLABLES):
        size = round(dice.uniform(0.12, 0.28) * SAMPLE_RATE)
        vowel = round(size * dice.uniform(0.6, 0.85))
        hiss = np.diff(dice.standard_normal(size - vowel + 1)) * dice.uniform(0.004, 0.012)
        parts += [_swell(_vowel(dice, vowel)) * dice.uniform(0.15, 1), _swell(hiss)]
    sound = np.concatenate(parts)
    sound = sound / np.abs(sound).max() * _PEAK + dice.standard_normal(sound.size) * 4
    return np.asarray(sound, np.int16)


def _vowel(dice: "np.random.RandomState", samples: int) -> "NDArray[np.float64]":
    """Return a vowel of falling pitch whose formants are chosen by the dice."""
    import numpy as np

    formants = dice.uniform(*_FORMANT_HZ)[:, None]
    offsets = (np.arange(1, _HARMONICS + 1) * _VOICE_HZ - formants) / np.array(_WIDTH_HZ)[:, None]
    spectrum = (np.array(_STRENGTH)[:, None] / (1 + offsets**2)).sum(axis=0)
    phases = np.exp(1j * dice.uniform(0, 2 * math.pi, _HARMONICS))
    wave = np.fft.irfft(np.concatenate(([0], spectrum * phases)), _WAVE_SAMPLES)
    periods = np.cumsum(dice.uniform(95, 150) * np.linspace(1, 0.8, samples)) / SAMPLE_RATE
    return np.asarray(wave[(periods * _WAVE_SAMPLES).astype(int) % _WAVE_SAMPLES] / np.abs(wave).max())


def _swell(sound: "NDArray[np.float64]") -> "NDArray[np.float64]":
    """Return a sound that begins and ends in silence."""
    import numpy as np

    return sound * np.sqrt(np.sin(math.pi * (np.arange(sound.size) + 0.5) / sound.size))


def slot_speed(device: str) -> float:
    """Return the speed of the slot named by a device such as "cpu:2". Raises EngineFault(UNAVAILABLE)."""
    words = os.environ.get(ENV_SPEED, "1").split(",")
    slot = device.partition(":")[2]
    word = words[int(slot) % len(words) if slot.isdigit() else 0]
    try:
        speed = float(word)
    except ValueError:
        speed = math.nan
    if not 0 < speed < math.inf:
        raise unavailable(f"{ENV_SPEED} must be positive numbers, not {word!r}.")
    return speed


class MetronomeEngine(Engine):
    """An engine that needs no model and opens at once."""

    card = CARD

    def computes_on(self) -> str:
        """Return the kind of device that the environment says, "" if it says none."""
        return os.environ.get(ENV_DEVICE, "")

    def open(self, recipe: Recipe, device: str, job_files: Path | None = None) -> Voice:
        """Return a voice at the speed of its slot. Raises EngineFault(UNAVAILABLE)."""
        settings = self.card.defaults | dict(recipe.settings)
        cost_s = float(settings["cost_per_char"]) / slot_speed(device)
        return MetronomeVoice(cost_s, float(settings["seconds_per_char"]), batch_curve(), recipe.voice)

    def estimate_s(self, recipe: Recipe, characters: int) -> float:
        """Return the seconds of the sound, which follow from a setting."""
        return characters * float((self.card.defaults | dict(recipe.settings))["seconds_per_char"])


engine = MetronomeEngine()
