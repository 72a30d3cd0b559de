"""Measures how fast a GPU, or a core, speaks with XTTS: models of the real size with random weights, no download.

    python benchmarks/coqui_speed.py [--device cuda:0] [--slots 1 2 4] [--half] [--tiny]

Random weights do not stop by themselves, so each sentence is as long as its bound: 6 s. The benchmark measures the work
for a second of sound, which does not depend on the weights. It needs e2a-swarm[coqui].
"""

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from process import head, mib, row

ROOT = Path(__file__).resolve().parents[1]
TEXT = "It is very seldom that mere ordinary people like John and myself secure ancestral halls for the summer."
TOKENS_S = 24_000 / 1024  # XTTS makes so many for a second of sound
SENTENCE_S = 6
# XTTS v2 as released; the vocabulary is smaller, which costs nothing where it counts.
RELEASED = {
    "gpt_layers": 30,
    "gpt_n_model_channels": 1024,
    "gpt_n_heads": 16,
    "decoder_input_dim": 1024,
    "gpt_num_audio_tokens": 1026,
    "gpt_start_audio_token": 1024,
    "gpt_stop_audio_token": 1025,
    "gpt_max_audio_tokens": round(SENTENCE_S * TOKENS_S),
}


def main() -> None:
    """Print a row for each number of processes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cpu:0", help="cpu:0 (default) or cuda:0")
    parser.add_argument("--slots", type=int, nargs="+", default=[1], help="processes at a time (default: 1)")
    parser.add_argument("--sentences", type=int, default=4, help="for each process (default: 4)")
    parser.add_argument("--half", action="store_true", help="half precision")
    parser.add_argument("--tiny", action="store_true", help="a model that only proves that this script works")
    arguments = parser.parse_args()
    if not find_spec("TTS"):
        sys.exit("Coqui is not installed: pip install '.[coqui]'")
    sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "voice" / "coqui")]
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TORCHINDUCTOR_CACHE_DIR"] = folder  # torch would leave one behind
        from tiny_models import tiny_xtts

        tiny_xtts(Path(folder) / "model", **({} if arguments.tiny else RELEASED))
        head("XTTS on", "processes", "loaded in", "x real time together", "memory of one", "of the GPU, all")
        for slots in arguments.slots:
            row(*asyncio.run(measure(arguments, slots, Path(folder))))


async def measure(arguments: argparse.Namespace, slots: int, folder: Path) -> list[object]:
    """Let so many processes speak at a time, and return the row of the table."""
    from swarm.voice.host.process import EngineProcess

    processes = [EngineProcess() for _ in range(slots)]
    try:
        began_s = time.perf_counter()
        await asyncio.gather(*(_open(process, arguments, folder) for process in processes))
        loaded_s = time.perf_counter() - began_s
        await asyncio.gather(*(process.speak(0, TEXT, 0) for process in processes))  # the first takes longer
        began_s = time.perf_counter()
        spoken = await asyncio.gather(*(_speak(process, arguments.sentences) for process in processes))
        faster = sum(spoken) / (time.perf_counter() - began_s)
        device = _gpu_name(arguments.device) + (", half precision" if arguments.half else "")
        memory = mib(_resident_bytes(processes[0].pid))
        return [device, slots, f"{loaded_s:.0f} s", f"{faster:.2f}", memory, _gpu_memory(arguments.device)]
    finally:
        for process in processes:
            await process.end_engine()


async def _open(process: Any, arguments: argparse.Namespace, folder: Path) -> None:
    from swarm.job.spec import CUSTOM
    from swarm.voice.host.registry import choose_recipe, engine_target

    options = {"half": "yes"} if arguments.half else {}
    recipe = choose_recipe("en", engine="xtts", model=CUSTOM + "0" * 64, config={"model": "xtts"}, settings=options)
    await process.start(engine_target("coqui"), folder / "engine.log")
    await process.open(0, recipe, arguments.device, folder)


async def _speak(process: Any, sentences: int) -> float:
    """Return the seconds of sound that a process made."""
    spoken = [await process.speak(0, TEXT, seed) for seed in range(1, sentences + 1)]
    return float(sum(clip.info.samples / clip.info.sample_rate for clip in spoken))


def _resident_bytes(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS"))


def _gpu_name(device: str) -> str:
    return _nvidia_smi(device, "name") if device.startswith("cuda") else "one core each"


def _gpu_memory(device: str) -> str:
    return f"{_nvidia_smi(device, 'memory.used')} MiB" if device.startswith("cuda") else "-"


def _nvidia_smi(device: str, what: str) -> str:
    command = ["nvidia-smi", f"--query-gpu={what}", "--format=csv,noheader,nounits", "-i", device.partition(":")[2]]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    main()
