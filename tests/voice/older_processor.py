"""A processor that lacks instructions, for ONNX Runtime and NumPy: at full speed, by what they are told of it.

A copy of ONNX Runtime asks a handler in place of the processor which instructions there are, and takes the ways that it
has for such a processor; NumPy is told by its variable. It takes gcc and objdump on x86-64, with AVX2.
"""

import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from numpy._core._multiarray_umath import __cpu_dispatch__

CPUID, NOTHING = b"\x0f\xa2", b"\x90" * 16
BEFORE = 256  # bytes
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


def older(folder: Path) -> dict[str, str]:
    """Make a copy of ONNX Runtime that asks the handler, and the handler; return the variables that have them used."""
    package = Path(str(find_spec("onnxruntime").origin)).parent  # type: ignore[union-attr]
    copy = folder / "onnxruntime"
    shutil.copytree(package, copy)
    for library in copy.glob("capi/*.so*"):
        code = bytearray(library.read_bytes())
        for at in questions(library, bytes(code), folder / "windows"):
            code[at : at + 2] = b"\x0f\x0b"  # an instruction that no processor has
        library.write_bytes(code)
    (folder / "handler.c").write_text(HANDLER)
    made = folder / "handler.so"
    subprocess.run(["gcc", "-O1", "-shared", "-fPIC", "-o", made, folder / "handler.c"], check=True)
    return {"PYTHONPATH": os.pathsep.join((str(folder), *sys.path[1:])), "LD_PRELOAD": str(made)}


def questions(library: Path, code: bytes, windows: Path) -> list[int]:
    """Return where in a file the processor is asked what it has.

    Such bytes are also part of other instructions. What stands before them is disassembled with them, as instructions
    that are read from a wrong place on are read rightly after a few: to disassemble the whole library takes seconds.
    """
    heads = subprocess.run(["objdump", "-h", library], capture_output=True, text=True, check=True).stdout
    _, _, size, _, _, offset, *_ = next(line.split() for line in heads.splitlines() if " .text " in line)
    begin, end = int(offset, 16), int(offset, 16) + int(size, 16)
    places = [match.start() for match in re.compile(CPUID).finditer(code, begin + BEFORE, end)]
    windows.write_bytes(b"".join(code[at - BEFORE : at] + CPUID + NOTHING for at in places))
    words = ["objdump", "-D", "-b", "binary", "-m", "i386:x86-64", "--no-show-raw-insn", windows]
    said = subprocess.run(words, capture_output=True, text=True, check=True).stdout if places else ""
    found = {int(at, 16) for at in re.findall(r"^\s*([0-9a-f]+):\s+cpuid\s*$", said, re.MULTILINE)}
    length = BEFORE + len(CPUID + NOTHING)
    return [at for number, at in enumerate(places) if number * length + BEFORE in found]


def lacking(cpu: str) -> dict[str, str]:
    """Return the variables that tell handler and NumPy what a processor lacks."""
    gone = ("AVX512", "X86_V4") if cpu == "Haswell" else ("AVX", "X86_V", "FMA", "F16C")
    names = [name for name in __cpu_dispatch__ if name.startswith(gone)]
    return {"E2A_LACKING": str(LACKING[cpu]), "NPY_DISABLE_CPU_FEATURES": " ".join(names)}
