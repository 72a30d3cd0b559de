"""Measures how much the sound of an engine differs between unlike processors.

Short sentences of two chapters are spoken on this processor, and again as if it was an older one: a copy of ONNX
Runtime asks a handler in place of the processor which instructions there are, and takes the ways that it has for such a
processor, at full speed; NumPy is told by its variable. Haswell has AVX2 and no VNNI, Nehalem has no AVX. It takes gcc
and objdump on x86-64, and one of them with AVX2. The distance is that of two log-mel spectra, in dB, along the path on
which they are most alike. For a scale, the last row of an engine has the same sentences said 5 % slower. A word in
small letters is a GPU of ONNX Runtime. `--qemu` has QEMU's user mode emulate the processors, which takes minutes for a
second of speech, to see that the handler does no less. `--arm` has it emulate ARM's, by a folder of an aarch64 Debian
with Python and a folder of the packages for it: a Cortex-A72 (Raspberry Pi 4) has no dot products, an A76 (Pi 5) has.

python benchmarks/unlike_cpus.py ../shared/books/jekyll-and-hyde.epub
python benchmarks/unlike_cpus.py BOOK.epub --engines hibari --sentences 2 --qemu
mmdebstrap --arch=arm64 --variant=extract --include=python3,libstdc++6 trixie SYSTEM; ln -s usr/lib SYSTEM/lib
uv pip install --target PACKAGES --python-platform aarch64-manylinux_2_28 --python-version 3.13 '.[kokoro]'
python benchmarks/unlike_cpus.py BOOK.epub --engines hibari --cpus cortex-a72 cortex-a76 --arm SYSTEM PACKAGES
ORT_WEBGPU_EP_ALLOW_SOFTWARE_ADAPTER=1 python benchmarks/unlike_cpus.py BOOK.epub --engines piper --cpus webgpu
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from engine_table import NONE, errors, find_listener, find_rater, sentences

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "voice"))

from older_processor import LACKING, lacking, older  # noqa: E402

from swarm.audiobook.sound.clip import unlikeness_db  # noqa: E402
from swarm.voice.engine import Pcm  # noqa: E402
from swarm.voice.host.registry import choose_recipe, find_engine, recipe_card  # noqa: E402

SLOWER = 0.95  # the speed of the scale
PATIENCE_S = 7200
ARM = ("cortex-", "neoverse-")


def speak(engine: str, speed: float, device: str, texts: list[str], into: Path) -> None:
    """Write the sounds of some texts to a file."""
    recipe = choose_recipe("en", engine=engine, settings={"speed": speed})
    voice = find_engine(engine).open(recipe, device)
    sounds = [voice.speak(text, 0) for text in texts]
    np.savez(into, rate=voice.sample_rate, **{f"s{number}": pcm for number, pcm in enumerate(sounds)})


def run(
    cpu: str,
    engine: str,
    texts: list[str],
    speed: float = 1.0,
    *,
    more: Mapping[str, str] | None = None,
    arm: tuple[Path, Path] | None = None,
) -> tuple[int, list[Pcm], float]:
    """Return the sample rate and the sounds of texts on a processor, "" for this one, and the seconds it took.

    `more` are the variables of the handler; without them a processor is emulated. `arm` are system and packages.
    """
    with tempfile.TemporaryDirectory() as folder:
        given, into = Path(folder) / "texts.json", Path(folder) / "sounds.npz"
        given.write_text(json.dumps(texts))
        is_older, is_arm = cpu in LACKING, cpu.startswith(ARM)
        device = cpu if cpu.islower() and not is_arm else "cpu:0"
        python = ["qemu-x86_64", "-cpu", cpu, sys.executable] if is_older and more is None else [sys.executable]
        env = os.environ | (more | lacking(cpu) if is_older and more else {})
        if is_arm and arm:
            system, packages = arm
            python = ["qemu-aarch64", "-cpu", cpu, "-L", str(system), str(system / "usr/bin/python3")]
            env |= {"PYTHONPATH": str(packages)}
        line = [*python, __file__, str(given), "--speak", engine, str(speed), device, str(into)]
        began_s = time.monotonic()
        subprocess.run(line, check=True, timeout=PATIENCE_S, stderr=subprocess.DEVNULL, env=env)
        with np.load(into) as found:
            sounds = [found[f"s{number}"] for number in range(len(texts))]
            return int(found["rate"]), sounds, time.monotonic() - began_s


def show(
    name: str, engine: str, texts: list[str], told: tuple[int, list[Pcm], float], native: tuple[int, list[Pcm], float]
) -> None:
    """Print a row of the table."""
    rate, sounds, took_s = told
    pairs = list(zip(sounds, native[1], strict=True))
    apart = [unlikeness_db(first, second, rate) for first, second in pairs]
    equal = sum(np.array_equal(*pair) for pair in pairs)
    length_ms = max(abs(len(first) - len(second)) for first, second in pairs) * 1000 / rate
    rater = find_rater()
    rated = f"{np.mean([rater(pcm, rate) for pcm in sounds]):.2f}" if rater else NONE
    wrong = NONE
    if listener := find_listener("en", None):
        found = [errors(text, listener.heard(pcm, rate), "en") for text, pcm in zip(texts, sounds, strict=True)]
        wrong = f"{sum(each for each, _ in found)} of {sum(words for _, words in found)}"
    row = (engine, name, f"{equal} of {len(pairs)}", f"{np.mean(apart):.2f}", f"{max(apart):.2f}", f"{length_ms:.0f}")
    print(f"| {' | '.join(row)} | {wrong} | {rated} | {took_s:.0f} |", flush=True)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("book", type=Path)
    parser.add_argument("--engines", nargs="+", default=["hibari", "piper", "kokoro"])
    parser.add_argument("--cpus", nargs="+", default=list(LACKING))
    parser.add_argument("--sentences", type=int, default=4)
    parser.add_argument("--most", type=int, default=60, help="characters of a sentence, and at least half as many")
    parser.add_argument("--qemu", action="store_true", help="emulate the processors (Debian: apt install qemu-user)")
    parser.add_argument("--arm", nargs=2, type=Path, metavar=("SYSTEM", "PACKAGES"), help="emulate ARM's, too")
    parser.add_argument("--speak", nargs=4, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.speak:
        engine, speed, device, into = given.speak
        speak(engine, float(speed), device, json.loads(given.book.read_text()), Path(into))
        return
    print("| engine | processor | same to the bit | mean dB | most dB | length, ms | wrong words | DistillMOS | s |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as folder:
        more = older(Path(folder)) if {*given.cpus} & {*LACKING} and not given.qemu else None
        for engine in given.engines:
            card = recipe_card(choose_recipe("en", engine=engine))
            found = [each.spoken for each in sentences(given.book, "1-2", card, "en", 9999)]
            texts = [text for text in found if given.most // 2 < len(text) <= given.most][: given.sentences]
            native = run("", engine, texts)
            show("this one", engine, texts, native, native)
            for cpu in given.cpus:
                show(cpu, engine, texts, run(cpu, engine, texts, more=more, arm=given.arm), native)
            show("this one, 5 % slower", engine, texts, run("", engine, texts, SLOWER), native)


if __name__ == "__main__":
    main()
