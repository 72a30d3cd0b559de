"""Measures the CPU time and memory from a book's file to its segments, each book in a process of its own.

python benchmarks/reading.py
python benchmarks/reading.py BOOK.epub
python benchmarks/reading.py --against FOLDER     FOLDER has another checkout, whose runs alternate with these
"""

import argparse
import statistics
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from making import BOOKS
from process import head, mib, row

ROOT = Path(__file__).resolve().parents[1]
CHILD = """
import resource, sys, time
from pathlib import Path
from swarm.book.any_file import read_book
from swarm.book.speech.script import make_script
from swarm.voice.host.registry import default_engine, find_card
started = time.process_time()
book = read_book(Path(sys.argv[1]))
read = time.process_time()
card = find_card(default_engine(book.language))
found = time.process_time()
script = make_script(book, card, book.language)
done = time.process_time()
most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(read - started, done - found, most, sum(len(chapter.segments) for chapter in script))
"""


class Cost(NamedTuple):
    """The CPU seconds to read and to segment a book, the peak memory in bytes, and the number of segments."""

    read_s: float
    segment_s: float
    peak_bytes: int
    segments: int

    @property
    def together_s(self) -> float:
        """The seconds from the file to the segments."""
        return self.read_s + self.segment_s


def measure(book: Path, checkout: Path = ROOT) -> Cost:
    """Read and segment a book in a new process."""
    command = [sys.executable, "-c", CHILD, str(book)]
    done = subprocess.run(command, cwd=checkout, check=True, capture_output=True, text=True)
    read_s, segment_s, most, segments = done.stdout.split()
    return Cost(float(read_s), float(segment_s), int(most), int(segments))


def main() -> None:
    """Print a row for each book."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("books", nargs="*", type=Path, default=sorted(BOOKS.glob("*.epub")))
    parser.add_argument("--runs", type=int, default=3, help="of each book; the table shows the quickest")
    parser.add_argument("--against", type=Path, metavar="FOLDER", help="show the medians of ratios to this checkout")
    arguments = parser.parse_args()
    compared = ("time", "memory") if arguments.against else ()
    head("book", "segments", "reading", "segments made", "together", "most memory", *compared)
    for book in (path.absolute() for path in arguments.books):
        runs, ratios = [], []
        for _ in range(arguments.runs):
            if arguments.against:
                other, own = measure(book, arguments.against), measure(book)
                ratios.append((own.together_s / other.together_s, own.peak_bytes / other.peak_bytes))
            else:
                own = measure(book)
            runs.append(own)
        best = min(runs, key=lambda run: run.together_s)
        times = (f"{seconds:.2f} s" for seconds in (best.read_s, best.segment_s, best.together_s))
        medians = (f"x {statistics.median(ratio):.2f}" for ratio in zip(*ratios, strict=True))
        row(book.stem, f"{best.segments:,}", *times, mib(best.peak_bytes), *medians)


if __name__ == "__main__":
    main()
