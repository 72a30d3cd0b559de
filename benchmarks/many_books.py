"""Measures a coordinator that makes hundreds of small books at once: memory of all its processes, and open files.

    python benchmarks/many_books.py
    python benchmarks/many_books.py --books 20

Metronomes speak faster than the coordinator's cores encode, so that reels of all books wait for an encoder. Memory is
the proportional share (PSS), so that what processes share counts once.
"""

import argparse
import subprocess
import tempfile
import time
from pathlib import Path

from making import make_book
from process import children, head, mib, open_files, pss_bytes, role_of, row
from running import Swarm

BOOKS = 200
CHARACTERS = 600  # of a book: nearly a minute of sound
SECONDS_PER_CHAR = 0.065
SLOTS = 8
POLL_S = 0.25


def measure(folder: Path, count: int) -> None:
    """Print one row for so many books."""
    for seed in range(count):
        made = make_book(folder.parent, chapters=1, characters=CHARACTERS, seed=seed)
        made.rename(folder / f"book-{seed:03}.epub")
    with Swarm(folder, 0.0, seconds_per_char=SECONDS_PER_CHAR, audiobook=True) as swarm:
        began_s = time.monotonic()
        coordinator = swarm.coordinate(min_workers=1)
        swarm.work([1.0] * SLOTS)
        whole = own = files = encoders = binders = 0
        while coordinator.poll() is None:
            below = children(coordinator.pid)
            roles = [role_of(pid) for pid in below]
            whole = max(whole, sum(map(pss_bytes, [coordinator.pid, *below])))
            own = max(own, pss_bytes(coordinator.pid))
            files = max(files, open_files(coordinator.pid))
            encoders, binders = max(encoders, roles.count("encoder")), max(binders, roles.count("muxer"))
            time.sleep(POLL_S)
        if coordinator.returncode != 0:
            raise subprocess.CalledProcessError(coordinator.returncode, "coordinate")
        written = len(list(swarm.folder.glob("*.m4b")))
        spent_s = time.monotonic() - began_s
    row(count, written, f"{spent_s:.0f} s", mib(own), mib(whole), encoders, binders, files)


def main() -> None:
    """Measure and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--books", type=int, default=BOOKS)
    arguments = parser.parse_args()
    head("books", "written", "makespan", "coordinator, most", "with its children", "encoders", "muxers", "open files")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "books"
        folder.mkdir()
        measure(folder, arguments.books)


if __name__ == "__main__":
    main()
