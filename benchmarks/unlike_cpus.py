"""Measures how much the sound of an engine differs between unlike processors.

Short sentences of two chapters are spoken on this processor, and again as if it was an older one: a copy of ONNX
Runtime asks a handler in place of the processor which instructions there are, and takes the ways that it has for such a
processor, at full speed; NumPy is told by its variable. Haswell has AVX2 and no VNNI, Nehalem has no AVX. It takes gcc
and objdump on x86-64, and one of them with AVX2. The distance is that of two log-mel spectra, in dB, along the path on
which they are most alike. For a scale, the last row of an engine has the same sentences said 5 % slower. A word in
small letters is a GPU of ONNX Runtime. `--qemu` has QEMU's user mode emulate the processors, which takes minutes for a
second of speech, to see that the handler does no less.

python benchmarks/unlike_cpus.py ../shared/books/jekyll-and-hyde.epub
python benchmarks/unlike_cpus.py BOOK.epub --engines hibari --sentences 2 --qemu
ORT_WEBGPU_EP_ALLOW_SOFTWARE_ADAPTER=1 python benchmarks/unlike_cpus.py BOOK.epub --engines piper --cpus webgpu
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from engine_table import NONE, errors, find_listener, find_rater, sentences
from numpy._core._multiarray_umath import __cpu_dispatch__

from swarm.audiobook.sound.clip import unlikeness_db
from swarm.voice.engine import Pcm
from swarm.voice.host.registry import choose_recipe, find_engine, recipe_card

SLOWER = 0.95  # the speed of the scale
PATIENCE_S = 7200
LACKING = {"Haswell": 1, "Nehalem": 2}  # the levels of the handler
HANDLER = r"""
#define _GNU_SOURCE
#include <cpuid.h>
#include <signal.h>
#include <stdlib.h>
#include <ucontext.h>

static int level;

static void answer(int number, siginfo_t *info, void *context) {
    greg_t *regs = ((ucontext_t *)context)->uc_mcontext.gregs;
    unsigned leaf = regs[REG_RAX], sub = regs[REG_RCX], a, b, c, d;
    __cpuid_count(leaf, sub, a, b, c, d);
    if (leaf == 1 && level == 2) c &= ~(1u << 12 | 1u << 26 | 1u << 27 | 1u << 28 | 1u << 29);  // FMA, XSAVE, AVX, F16C
    if (leaf == 7 && sub == 0) {
        b &= ~(1u << 16 | 1u << 17 | 1u << 21 | 1u << 26 | 1u << 27 | 1u << 28 | 1u << 30 | 1u << 31);  // AVX-512
        c &= ~(1u << 1 | 1u << 6 | 1u << 8 | 1u << 9 | 1u << 10 | 1u << 11 | 1u << 12 | 1u << 14);  // VNNI and others
        d = 0;
        if (level == 2) b = c = 0;
    }
    if (leaf == 7 && sub) a = b = c = d = 0;  // AVX-VNNI
    if (leaf > 7 && leaf < 0x80000000u) a = b = c = d = 0;
    regs[REG_RAX] = a, regs[REG_RBX] = b, regs[REG_RCX] = c, regs[REG_RDX] = d;
    regs[REG_RIP] += 2;
}

__attribute__((constructor)) static void begin(void) {
    struct sigaction action = {.sa_sigaction = answer, .sa_flags = SA_SIGINFO | SA_NODEFER};
    level = atoi(getenv("E2A_LACKING"));
    sigaction(SIGILL, &action, 0);
}
"""


def speak(engine: str, speed: float, device: str, texts: list[str], into: Path) -> None:
    """Write the sounds of some texts to a file."""
    recipe = choose_recipe("en", engine=engine, settings={"speed": speed})
    voice = find_engine(engine).open(recipe, device)
    sounds = [voice.speak(text, 0) for text in texts]
    np.savez(into, rate=voice.sample_rate, **{f"s{number}": pcm for number, pcm in enumerate(sounds)})


def older(folder: Path) -> dict[str, str]:
    """Make a copy of ONNX Runtime that asks the handler, and the handler; return the variables that have them used."""
    package = Path(str(find_spec("onnxruntime").origin)).parent  # type: ignore[union-attr]
    copy = folder / "onnxruntime"
    shutil.copytree(package, copy)
    for library in copy.glob("capi/*.so*"):
        told = subprocess.run(
            ["objdump", "-d", "--no-show-raw-insn", library], capture_output=True, text=True, check=True
        )
        heads = subprocess.run(["objdump", "-h", library], capture_output=True, text=True, check=True).stdout
        _, _, _, start, _, offset, *_ = next(line.split() for line in heads.splitlines() if " .text " in line)
        code = bytearray(library.read_bytes())
        for place in re.findall(r"^\s*([0-9a-f]+):\s+cpuid\s*$", told.stdout, re.MULTILINE):
            at = int(place, 16) - int(start, 16) + int(offset, 16)
            assert code[at : at + 2] == b"\x0f\xa2"
            code[at : at + 2] = b"\x0f\x0b"  # an instruction that no processor has
        library.write_bytes(code)
    (folder / "handler.c").write_text(HANDLER)
    made = folder / "handler.so"
    subprocess.run(["gcc", "-O1", "-shared", "-fPIC", "-o", made, folder / "handler.c"], check=True)
    return {"PYTHONPATH": os.pathsep.join((str(folder), *sys.path[1:])), "LD_PRELOAD": str(made)}


def lacking(cpu: str) -> dict[str, str]:
    """Return the variables that tell handler and NumPy what a processor lacks."""
    gone = ("AVX512", "X86_V4") if cpu == "Haswell" else ("AVX", "X86_V", "FMA", "F16C")
    names = [name for name in __cpu_dispatch__ if name.startswith(gone)]
    return {"E2A_LACKING": str(LACKING[cpu]), "NPY_DISABLE_CPU_FEATURES": " ".join(names)}


def run(
    cpu: str, engine: str, texts: list[str], speed: float = 1.0, more: Mapping[str, str] | None = None
) -> tuple[int, list[Pcm], float]:
    """Return the sample rate and the sounds of texts on a processor, "" for this one, and the seconds it took.

    `more` are the variables of the handler; without them a processor is emulated.
    """
    with tempfile.TemporaryDirectory() as folder:
        given, into = Path(folder) / "texts.json", Path(folder) / "sounds.npz"
        given.write_text(json.dumps(texts))
        device = cpu if cpu.islower() else "cpu:0"
        is_older = cpu in LACKING
        emulated = ["qemu-x86_64", "-cpu", cpu] if is_older and more is None else []
        env = os.environ | (more | lacking(cpu) if is_older and more else {})
        line = [*emulated, sys.executable, __file__, str(given), "--speak", engine, str(speed), device, str(into)]
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
                show(cpu, engine, texts, run(cpu, engine, texts, more=more), native)
            show("this one, 5 % slower", engine, texts, run("", engine, texts, SLOWER), native)


if __name__ == "__main__":
    main()
