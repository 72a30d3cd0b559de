"""Measures a coordinator that makes hundreds of small books at once: memory of all its processes, and open files.

    python benchmarks/many_books.py
    python benchmarks/many_books.py --books 20
    python benchmarks/many_books.py --books 100 --workers 64 --slots 1 --cost 0.02 --spoken-only

Metronomes speak faster than the coordinator's cores encode, so that reels of all books wait for an encoder. With
--spoken-only no audiobook is written: then the columns tell what the workers and the open books cost the coordinator.
Memory is the proportional share (PSS), so that what processes share counts once.
"""

import argparse
import subprocess
import tempfile
import time
from pathlib import Path

from making import make_book
from process import children, cpu_s, head, mib, open_files, pss_bytes, role_of, row
from running import Swarm

BOOKS = 200
CHARACTERS = 600  # nearly a minute of sound
SECONDS_PER_CHAR = 0.065
SLOTS = 8
POLL_S = 0.25


def measure(folder: Path, count: int, workers: int, slots: int, cost: float, *, audiobook: bool) -> None:
    """Print one row for so many books."""
    for seed in range(count):
        made = make_book(folder.parent, chapters=1, characters=CHARACTERS, seed=seed)
        made.rename(folder / f"book-{seed:03}.epub")
    with Swarm(folder, cost, seconds_per_char=SECONDS_PER_CHAR, audiobook=audiobook) as swarm:
        began_s = time.monotonic()
        coordinator = swarm.coordinate(min_workers=workers)
        for _ in range(workers):
            swarm.work([1.0] * slots)
        spent_cpu_s = 0.0
        whole = own = files = encoders = binders = 0
        while coordinator.poll() is None:
            below = children(coordinator.pid)
            roles = [role_of(pid) for pid in below]
            whole = max(whole, sum(map(pss_bytes, [coordinator.pid, *below])))
            own = max(own, pss_bytes(coordinator.pid))
            spent_cpu_s = max(spent_cpu_s, cpu_s(coordinator.pid))
            files = max(files, open_files(coordinator.pid))
            encoders, binders = max(encoders, roles.count("encoder")), max(binders, roles.count("muxer"))
            time.sleep(POLL_S)
        if coordinator.returncode != 0:
            raise subprocess.CalledProcessError(coordinator.returncode, "coordinate")
        written = len(list(swarm.folder.glob("*.m4b")))
        spent_s = time.monotonic() - began_s
    cpu = f"{spent_cpu_s:.1f} s"
    row(count, workers, written, f"{spent_s:.0f} s", cpu, mib(own), mib(whole), encoders, binders, files)


def main() -> None:
    """Measure and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--books", type=int, default=BOOKS)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--slots", type=int, default=SLOTS, help="of each worker")
    parser.add_argument("--cost", type=float, default=0.0, help="seconds a character")
    parser.add_argument("--spoken-only", action="store_true", help="write no audiobook")
    arguments = parser.parse_args()
    head(
        "books",
        "workers",
        "written",
        "makespan",
        "coordinator's CPU",
        "its memory, most",
        "with its children",
        "encoders",
        "muxers",
        "open files",
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "books"
        folder.mkdir()
        measure(
            folder,
            arguments.books,
            arguments.workers,
            arguments.slots,
            arguments.cost,
            audiobook=not arguments.spoken_only,
        )


if __name__ == "__main__":
    main()
