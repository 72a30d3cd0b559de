"""Measures how fast a model reaches the workers: over CURVE on loopback, from a real coordinator to real disks.

    python benchmarks/assets.py
    python benchmarks/assets.py --megabytes 100 --workers 1 4

The rate counts from the first byte on the first worker's disk until the last worker has verified the whole file. The
table also shows how long the coordinator takes to answer `status` meanwhile. Megabytes are 10^6 bytes.
"""

import argparse
import asyncio
import hashlib
import io
import os
import statistics
import sys
import time
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path

from making import make_book
from process import head, row
from running import LOOPBACK, Swarm

from swarm.audiobook.edition import Edition
from swarm.audiobook.sound.studio import Studio
from swarm.audiobook.style import make_style
from swarm.config import RenderConfig
from swarm.coordinator.brought_files import BroughtFiles
from swarm.coordinator.prepare import prepare
from swarm.coordinator.seen_engines import SeenEngines
from swarm.coordinator.serve import Server
from swarm.job.job_asset import JobAsset
from swarm.job.state import JobState
from swarm.job.store.store import DiskStore
from swarm.lease.coordinator.coordinator_core import CoordinatorCore
from swarm.lease.core_settings import Settings
from swarm.net.client import ask
from swarm.net.transport import RouterSocket
from swarm.system.machine import Clock
from swarm.watch.progress import QuietProgress

MAX_S = 600.0
POLL_S = 0.005
ASK_S = 0.1


def serve(swarm: Swarm, book: Path, megabytes: int, address: str = LOOPBACK) -> None:
    """Run a coordinator whose only job needs a file of random bytes."""
    asyncio.run(_serve(swarm, book, megabytes, address))


async def _serve(swarm: Swarm, book: Path, megabytes: int, address: str) -> None:
    content = os.urandom(1_000_000) * megabytes
    info = JobAsset("model/model.pth", hashlib.sha256(content).hexdigest(), len(content))
    config = RenderConfig(books=(book,), output_dir=swarm.folder, state_dir=swarm.folder / "state", engine="metronome")
    store, clock = DiskStore(config.state_dir), Clock()
    brought = BroughtFiles(job_files=(info,), ready={info.digest: content})
    spec = prepare(config, book, store, 0.0, brought).state.spec
    del content, brought
    settings = Settings(coordinator="c", name="bench", version="1", epoch=1, min_workers=1000)  # it grants nothing
    core = CoordinatorCore(settings, clock.now())
    router = RouterSocket(swarm.keys)
    router.bind(address, swarm.port)
    server = Server(core, store, router, QuietProgress(io.StringIO()), clock, "finish", SeenEngines(config.state_dir))
    style = make_style(config.style, spec)
    studio = Studio(swarm.folder, 1)
    server.serve_job(Edition(JobState(spec), store, swarm.folder / "book.m4b", style, studio, audiobook=False))
    with suppress(asyncio.CancelledError):
        await server.run()


def measure(book: Path, megabytes: int, workers: int) -> tuple[float, float]:
    """Return the MB/s to all workers together, and the slowest answer to `status` in seconds."""
    with Swarm(book, cost_per_char=0.0001) as swarm:
        process = get_context("fork").Process(target=serve, args=(swarm, book, megabytes), daemon=True)
        process.start()
        try:
            return _watch(swarm, megabytes * 1_000_000, workers, process)
        finally:
            process.kill()
            process.join()


def _watch(swarm: Swarm, size: int, workers: int, coordinator: BaseProcess) -> tuple[float, float]:
    folders = [swarm.worker_folder(number) / "assets" for number in range(1, workers + 1)]
    for _ in range(workers):
        swarm.work([1.0])
    began_s, answers_s, asked_s = 0.0, [0.0], 0.0
    deadline_s = time.monotonic() + MAX_S
    while not all(has_file(folder, size, "") for folder in folders):
        began_s = began_s or (time.monotonic() if any(has_file(folder, 1, ".part") for folder in folders) else 0.0)
        if began_s and time.monotonic() - asked_s > ASK_S:
            asked_s = time.monotonic()
            asyncio.run(ask([swarm.address], swarm.keys))
            answers_s.append(time.monotonic() - asked_s)
        if time.monotonic() > deadline_s or not coordinator.is_alive():
            raise TimeoutError("the file never arrived")
        time.sleep(POLL_S)
    return workers * size / 1e6 / (time.monotonic() - began_s), max(answers_s)


def has_file(folder: Path, size: int, suffix: str) -> bool:
    """Tell whether a folder has a file of so many bytes at least, with this suffix."""
    with suppress(FileNotFoundError):
        return any(path.stat().st_size >= size for path in folder.glob("*") if path.suffix == suffix and path.is_file())
    return False


def main() -> int:
    """Measure and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=500, help="of the file (default: 500)")
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 4], help="how many (default: 1 4)")
    parser.add_argument("--times", type=int, default=3, help="the median of so many runs (default: 3)")
    arguments = parser.parse_args()
    head("workers", "MB/s, all together", "slowest `status`, s")
    with Swarm(Path(), cost_per_char=0.0001) as swarm:
        book = make_book(swarm.folder, chapters=1, characters=1000)
        for workers in arguments.workers:
            runs = [measure(book, arguments.megabytes, workers) for _ in range(arguments.times)]
            rates, answers_s = zip(*runs, strict=True)
            row(workers, f"{statistics.median(rates):.0f}", f"{max(answers_s):.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
