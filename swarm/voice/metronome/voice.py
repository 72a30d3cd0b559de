"""A voice that plays tones at a set pace, and sleeps for as long as a real voice would compute."""

import math
import os
import time
import zlib
from collections.abc import Sequence

import numpy as np

from swarm.voice.engine import Pcm, SpokenLine, unavailable

SAMPLE_RATE = 24_000  # Hz
ENV_SPEED = "E2A_METRONOME_SPEED"  # one speed for all slots ("1"), or one for each ("1,0.8,0.5")
_PEAK = 6_000


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
        """Return a tone whose pitch depends on text and seed, after sleeping for the time that the text costs."""
        return self.speak_all([SpokenLine(text, seed)])[0]

    def speak_all(self, lines: Sequence[SpokenLine]) -> list[Pcm]:
        """Return a tone for each line, after sleeping for the time that all of them cost together."""
        characters = sum(len(line.text) for line in lines)
        share = len(lines) ** (self._batch_curve - 1)
        ready = time.monotonic() + characters * share * self._cost_per_char_s
        sounds = [self._tone(line) for line in lines]
        time.sleep(max(0.0, ready - time.monotonic()))
        return sounds

    def _tone(self, line: SpokenLine) -> Pcm:
        samples = round(len(line.text) * self._sound_per_char_s * SAMPLE_RATE)
        return tone(zlib.crc32(f"{self._key}{line.seed} {line.text}".encode()), samples)


def tone(pitch: int, samples: int) -> Pcm:
    """Return a tone of one of 100 pitches between 150 and 600 Hz: one period, repeated."""
    period = 40 + pitch % 100 + (pitch % 100 // 5)
    wave = np.sin(np.arange(period) * (2 * math.pi / period)) * _PEAK
    return np.resize(wave.astype(np.int16), samples)


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
