"""Measures how much the sound of an engine differs between unlike processors, which QEMU's user mode stands in for.

Short sentences of two chapters are spoken on this processor, and again on emulated ones (Debian: apt install
qemu-user). Nehalem has no AVX, Haswell has AVX2 and no VNNI. The distance is that of two log-mel spectra, in dB, along
the path on which they are most alike. For a scale, the last row of an engine has the same sentences said 5 % slower,
if it has a speed. An emulated second of speech takes minutes.

nice python benchmarks/unlike_cpus.py ../shared/books/jekyll-and-hyde.epub
nice python benchmarks/unlike_cpus.py BOOK.epub --engines kokoro --cpus Haswell --sentences 2
ORT_WEBGPU_EP_ALLOW_SOFTWARE_ADAPTER=1 python benchmarks/unlike_cpus.py BOOK.epub --engines piper --cpus webgpu
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from engine_table import find_rater, sentences
from numpy.typing import NDArray

from swarm.voice.engine import Pcm
from swarm.voice.host.registry import choose_recipe, find_engine, recipe_card

Spectrum = NDArray[np.float64]  # shape (frames, bands), in dB
WINDOW_S, STEP_S, BANDS = 0.04, 0.01, 80
FLOOR_DB = -80.0
SLOWER = 0.95  # the speed of the scale
PATIENCE_S = 7200


def speak(engine: str, speed: float, device: str, texts: list[str], into: Path) -> None:
    """Write the sounds of some texts to a file."""
    recipe = choose_recipe("en", engine=engine, settings={"speed": speed})
    voice = find_engine(engine).open(recipe, device)
    sounds = [voice.speak(text, 0) for text in texts]
    np.savez(into, rate=voice.sample_rate, **{f"s{number}": pcm for number, pcm in enumerate(sounds)})


def run(cpu: str, engine: str, texts: list[str], speed: float = 1.0) -> tuple[int, list[Pcm], float]:
    """Return the sample rate and the sounds of texts on a processor, "" for this one, and the seconds it took.

    A word in small letters is a GPU of ONNX Runtime.
    """
    with tempfile.TemporaryDirectory() as folder:
        given, into = Path(folder) / "texts.json", Path(folder) / "sounds.npz"
        given.write_text(json.dumps(texts))
        device = cpu if cpu.islower() else "cpu:0"
        emulated = ["qemu-x86_64", "-cpu", cpu] if cpu and cpu != device else []
        line = [*emulated, sys.executable, __file__, str(given), "--speak", engine, str(speed), device, str(into)]
        began_s = time.monotonic()
        subprocess.run(line, check=True, timeout=PATIENCE_S, stderr=subprocess.DEVNULL)
        with np.load(into) as found:
            sounds = [found[f"s{number}"] for number in range(len(texts))]
            return int(found["rate"]), sounds, time.monotonic() - began_s


def log_mel(pcm: Pcm, rate: int) -> Spectrum:
    """Return the log-mel spectrum of a sound."""
    size, step = round(WINDOW_S * rate), round(STEP_S * rate)
    padded = np.pad(pcm / 32768, (0, size))
    frames = np.lib.stride_tricks.sliding_window_view(padded, size)[::step] * np.hanning(size)
    power = np.abs(np.fft.rfft(frames)) ** 2
    tops = 700 * (10 ** (np.linspace(0, 2595 * np.log10(1 + rate / 1400), BANDS + 2) / 2595) - 1)
    hertz = np.fft.rfftfreq(size, 1 / rate)
    low, middle, high = (tops[shift : shift + BANDS, None] for shift in range(3))
    bands = np.clip(np.minimum((hertz - low) / (middle - low), (high - hertz) / (high - middle)), 0, None)
    loud = power @ bands.T
    return np.maximum(10 * np.log10(loud / loud.max() + 1e-12), FLOOR_DB)


def distance_db(first: Spectrum, second: Spectrum) -> float:
    """Return the mean distance of two spectra along the path on which they are most alike."""
    each = np.sqrt(((first[:, None] - second[None]) ** 2).mean(-1))
    total, steps = np.full((len(first) + 1, len(second) + 1), np.inf), np.zeros((len(first) + 1, len(second) + 1))
    total[0, 0] = 0.0
    for row in range(len(first)):
        for column in range(len(second)):
            before = min(((row, column), (row, column + 1), (row + 1, column)), key=lambda place: total[place])
            total[row + 1, column + 1] = total[before] + each[row, column]
            steps[row + 1, column + 1] = steps[before] + 1
    return float(total[-1, -1] / steps[-1, -1])


def show(name: str, engine: str, told: tuple[int, list[Pcm], float], native: tuple[int, list[Pcm], float]) -> None:
    """Print a row of the table."""
    rate, sounds, took_s = told
    pairs = list(zip(sounds, native[1], strict=True))
    apart = [distance_db(log_mel(first, rate), log_mel(second, rate)) for first, second in pairs]
    equal = sum(np.array_equal(*pair) for pair in pairs)
    length_ms = max(abs(len(first) - len(second)) for first, second in pairs) * 1000 / rate
    rater = find_rater()
    rated = f"{np.mean([rater(pcm, rate) for pcm in sounds]):.2f}" if rater else "–"
    row = (engine, name, f"{equal} of {len(pairs)}", f"{np.mean(apart):.2f}", f"{max(apart):.2f}", f"{length_ms:.0f}")
    print(f"| {' | '.join(row)} | {rated} | {took_s:.0f} |", flush=True)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("book", type=Path)
    parser.add_argument("--engines", nargs="+", default=["hibari", "piper", "kokoro"])
    parser.add_argument("--cpus", nargs="+", default=["Haswell", "Nehalem"], help="as qemu-x86_64 -cpu help lists them")
    parser.add_argument("--sentences", type=int, default=4)
    parser.add_argument("--most", type=int, default=60, help="characters of a sentence, and at least half as many")
    parser.add_argument("--speak", nargs=4, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.speak:
        engine, speed, device, into = given.speak
        speak(engine, float(speed), device, json.loads(given.book.read_text()), Path(into))
        return
    print("| engine | processor | same to the bit | mean dB | most dB | longer or shorter, ms | DistillMOS | s |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for engine in given.engines:
        card = recipe_card(choose_recipe("en", engine=engine))
        found = [each.spoken for each in sentences(given.book, "1-2", card, "en", 9999)]
        texts = [text for text in found if given.most // 2 < len(text) <= given.most][: given.sentences]
        native = run("", engine, texts)
        show("this one", engine, native, native)
        for cpu in given.cpus:
            show(cpu, engine, run(cpu, engine, texts), native)
        show("this one, 5 % slower", engine, run("", engine, texts, SLOWER), native)


if __name__ == "__main__":
    main()
