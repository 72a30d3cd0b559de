"""Measures how much of this machine `convert` turns into sound: the engine's own speed against that of a book.

    python benchmarks/single_machine.py [BOOK] [--workers N]

The engine runs alone before and after the book, over sentences from all of the book: one process with one thread, then
as many processes as `convert` runs. What those lose against one is the machine's doing, the rest is ours. Ratios are by
characters a second, so pauses between sentences do not count.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from making import BOOKS
from process import CLI, HELPS, ROLES, ROOT, Use, head, heaviest, help_s, mib, row, watch

BOOK = BOOKS / "yellow-wallpaper.epub"
SAMPLE = 80  # sentences


@dataclass
class Engine:
    """The work of an engine alone."""

    characters: int = 0
    audio_s: float = 0.0
    work_s: float = 0.0

    def __add__(self, other: "Engine") -> "Engine":
        return Engine(self.characters + other.characters, self.audio_s + other.audio_s, self.work_s + other.work_s)

    @property
    def chars_s(self) -> float:
        """Characters a second of work."""
        return self.characters / self.work_s

    @property
    def realtime(self) -> float:
        """Seconds of sound a second of work."""
        return self.audio_s / self.work_s


@dataclass
class Converted:
    """The work of `convert` on a book."""

    wall_s: float
    report: dict[str, Any]
    processes: dict[int, Use]


def sentences(book: Path, count: int) -> list[str]:
    """Return sentences of a book as they would be spoken, evenly spread over it."""
    text = subprocess.run([*CLI, "inspect", str(book), "--json", "--text"], check=True, capture_output=True)
    found = [line for chapter in json.loads(text.stdout)["chapters"] for line in chapter["text"]]
    return found[:: max(1, len(found) // count)]


def speak(lines: list[str]) -> Engine:
    """Let hibari speak in this process, and measure it."""
    sys.path.insert(0, str(ROOT))
    from swarm.voice.hibari.engine import engine as hibari
    from swarm.voice.host.registry import choose_recipe

    voice, engine = hibari.open(choose_recipe("en", engine="hibari"), "cpu"), Engine()
    for line in lines:
        began_s = time.perf_counter()
        sound = voice.speak(line, 1)
        engine.work_s += time.perf_counter() - began_s
        engine.audio_s += len(sound) / voice.sample_rate
        engine.characters += len(line)
    return engine


def speak_at_once(lines: list[str], count: int) -> list[Engine]:
    """Let several processes speak the same sentences at a time, and measure each."""
    with ProcessPoolExecutor(count, get_context("spawn")) as pool:
        return list(pool.map(speak, [lines] * count))


def convert(book: Path, workers: int) -> Converted:
    """Run `convert` on a book into a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="e2a-swarm-bench-") as name:
        folder = Path(name)
        places = ("--output-dir", str(folder), "--state-dir", str(folder / "state"))
        began_s = time.perf_counter()
        process = subprocess.Popen(
            [*CLI, "convert", str(book), "--tts-engine", "hibari", "--workers", str(workers), "--quiet", *places],
            stdout=subprocess.DEVNULL,
        )
        processes = watch(process)
        wall_s = time.perf_counter() - began_s
        if process.returncode != 0:
            raise SystemExit(f"convert failed with exit code {process.returncode}")
        (report,) = folder.glob("*.report.json")
        return Converted(wall_s, json.loads(report.read_bytes()), processes)


def rows(alone: Engine, crowd: list[Engine], done: Converted, spent_help_s: float) -> list[tuple[str, str]]:
    """Return the rows of the table."""
    totals, ideal = done.report["totals"], len(crowd) * alone.chars_s
    together = sum(engine.chars_s for engine in crowd)
    reached = totals["characters"] / done.wall_s
    sound_s = totals["duration_s"]
    table = [
        ("book", f"{done.report['book']['title']}, {totals['characters']:,} characters"),
        ("engine alone, one thread", f"{alone.realtime:.0f} x real time, {alone.chars_s:,.0f} characters/s"),
        ("`convert` to M4B, start to end", f"{done.wall_s:.1f} s for {sound_s / 60:.1f} min of sound"),
        ("", f"{sound_s / done.wall_s:.0f} x real time, {reached:,.0f} characters/s"),
        (f"`convert` / ({len(crowd)} x engine alone)", f"{100 * reached / ideal:.0f} %"),
        (f"{len(crowd)} engines at once / ({len(crowd)} x engine alone)", f"{100 * together / ideal:.0f} %"),
        ("`--help`, median", f"{spent_help_s:.2f} s"),
    ]
    return table + [(role, _use(done, role)) for role in ("coordinator", *ROLES.values())]


def _use(done: Converted, role: str) -> str:
    processes = [one for one in done.processes.values() if one.role == role and one.peak_bytes]
    if not processes:
        return "not measured here"
    spent_s = sum(one.cpu_s for one in processes)
    return f"{len(processes)} process(es), {mib(heaviest(processes).peak_bytes)} at most each, {spent_s:.1f} s of CPU"


def main() -> None:
    """Measure and print a table in Markdown."""
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("book", type=Path, nargs="?", default=BOOK)
    parser.add_argument("--workers", type=int, default=cores)
    parser.add_argument("--sample", type=int, default=SAMPLE, help="sentences for the engine alone")
    parser.add_argument("--helps", type=int, default=HELPS, help="times that `--help` is timed")
    arguments = parser.parse_args()
    lines = sentences(arguments.book, arguments.sample)
    (before,) = speak_at_once(lines, 1)
    crowd = speak_at_once(lines, arguments.workers)
    done = convert(arguments.book, arguments.workers)
    (after,) = speak_at_once(lines, 1)
    print(f"{platform.system()} {platform.machine()}, {cores} cores, Python {platform.python_version()}")
    print()
    head("what", "measured")
    for what, measured in rows(before + after, crowd, done, help_s(arguments.helps)):
        row(what, measured)


if __name__ == "__main__":
    main()
