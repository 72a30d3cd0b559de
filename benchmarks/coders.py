"""Compares settings of the lossy coders: CPU of one thread, bytes, and how near what is heard is to what was coded.

    python benchmarks/coders.py
    python benchmarks/coders.py --voices hibari --seconds 8

Nearness is ViSQOL's MOS-LQO in its speech mode, 1 to 5 (package visqol-python; a dash without it), and the log-spectral
distance in dB of frames within 40 dB of the loudest. The first line of each format is the setting in use.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np
from msgspec import structs
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from process import head, row
from single_machine import BOOK, sentences

from swarm.audiobook.sound import encoder
from swarm.audiobook.sound.format import CODECS, Coding, make_coding
from swarm.system.child import ONE_THREAD
from swarm.voice.host.registry import choose_recipe, find_engine

SETTINGS = {
    "m4b": [{}],
    "mp3": [{}, {"compression_level": "2"}, {"compression_level": "5"}, {"compression_level": "9"}],
    "opus": [{}, {"vbr": "on"}, {"compression_level": "10", "vbr": "on"}, {"compression_level": "0"}],
}
SPEECH_HZ = 16_000
REPEATS = 3
Sound = NDArray[np.float64]


def visqol() -> Callable[[Sound, Sound], str]:
    """Return what rates sounds of 16 kHz against the original."""
    try:
        from visqol import VisqolApi
    except ImportError:
        return lambda original, heard: "–"
    api = VisqolApi()
    api.create("speech", search_window=4, use_lattice_model=False, disable_global_alignment=True)
    return lambda original, heard: f"{api.measure_from_arrays(original, heard, SPEECH_HZ).moslqo:.2f}"


def distance_db(original: Sound, heard: Sound, rate: int) -> float:
    """Return the log-spectral distance of two sounds, in windows of 20 ms."""
    frames = [sliding_window_view(sound, rate // 50)[:: rate // 100] for sound in (original, heard)]
    powers = [np.abs(np.fft.rfft(each * np.hanning(each.shape[1]))) ** 2 for each in frames]
    loud = powers[0].sum(axis=1) > powers[0].sum(axis=1).max() * 1e-4
    least = powers[0].max() * 1e-7
    ratio_db = 10 * np.log10((powers[0] + least) / (powers[1] + least))[loud]
    return float(np.sqrt((ratio_db**2).mean(axis=1)).mean())


def aligned(original: Sound, heard: Sound) -> tuple[Sound, Sound]:
    """Shift and scale what is heard to the original."""
    reach, part = 800, slice(original.size // 3, 2 * original.size // 3)
    window = original[part]
    shift = max(range(-reach, reach), key=lambda by: float(window @ heard[part.start + by : part.stop + by]))
    size = min(original.size, heard.size)
    original, heard = original[:size], np.roll(heard, -shift)[:size]
    return original, heard * float(original @ heard / (heard @ heard))


def at_rate(sound: Sound, rate: int, target_rate: int) -> Sound:
    """Return a sound at another rate in Hz."""
    return encoder._resample(sound.astype(np.float32), rate, target_rate).astype(float)


def coded(sound: NDArray[np.float32], coding: Coding) -> tuple[float, float, Sound]:
    """Return the CPU seconds of coding, the bits, and what is heard at the rate of the coding."""
    spent = []
    for _ in range(REPEATS):
        began_s = time.process_time()
        extradata, packets = encoder.encode(sound, coding)
        spent.append(time.process_time() - began_s)
    heard = encoder.decode(extradata, packets, coding).astype(float)
    if coding.kind.clock_rate:
        heard = at_rate(heard, coding.kind.clock_rate, coding.sample_rate)
    return min(spent), 8.0 * sum(map(len, packets)), heard


def compare(engine_name: str, texts: list[str], seconds: float, rate: Callable[[Sound, Sound], str]) -> None:
    """Print the rows of one voice."""
    engine = find_engine(engine_name)
    voice = engine.open(choose_recipe("en", engine=engine_name), "cpu")
    spoken = np.concatenate([voice.speak(text, 1) for text in texts]).astype(np.float32) / 32768
    spoken = spoken[: round(seconds * voice.sample_rate)]
    for name, settings in SETTINGS.items():
        base = make_coding(name, voice.sample_rate)
        whole = spoken.size * base.sample_rate // voice.sample_rate // base.frame_samples * base.frame_samples
        sound = encoder.limit(encoder._fit(spoken, voice.sample_rate, base.sample_rate, whole), 0.7)
        for setting in settings:
            kind = structs.replace(base.kind, options=tuple((dict(base.kind.options) | setting).items()))
            CODECS["tried"] = (kind,)
            spent_s, bits, heard = coded(sound, structs.replace(base, codec="tried"))
            pair = aligned(sound.astype(float), heard)
            rated = rate(*(at_rate(each, base.sample_rate, SPEECH_HZ) for each in pair))
            said = " ".join(f"{key} {value}" for key, value in setting.items()) or "as it is"
            sound_s = whole / base.sample_rate
            figures = f"{1000 * spent_s / sound_s:.2f} ms", f"{bits / sound_s / 1000:.0f}"
            row(engine_name, name, said, *figures, rated, f"{distance_db(*pair, base.sample_rate):.1f} dB")


def main() -> None:
    """Measure and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--voices", nargs="*", default=["hibari", "espeak"])
    parser.add_argument("--seconds", type=float, default=15.0)
    arguments = parser.parse_args()
    head("voice", "format", "setting", "CPU for a second of sound", "kbit/s", "MOS-LQO", "spectral distance")
    texts, rate = sentences(BOOK, 12), visqol()
    for name in arguments.voices:
        compare(name, texts, arguments.seconds, rate)


if __name__ == "__main__":
    if os.environ.keys() >= ONE_THREAD.keys():
        main()
    else:  # before numpy starts its threads, as for the processes that encode
        sys.exit(subprocess.run([sys.executable, *sys.argv], env={**os.environ, **ONE_THREAD}).returncode)
