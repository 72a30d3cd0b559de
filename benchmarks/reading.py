"""Measures the time and memory from a book's file to its segments, each book in a process of its own.

python benchmarks/reading.py
python benchmarks/reading.py BOOK.epub
"""

import argparse
import subprocess
import sys
from pathlib import Path

from making import BOOKS
from process import mib

ROOT = Path(__file__).resolve().parents[1]
RUNS = 3  # of each book; the quickest counts
CHILD = """
import resource, sys, time
from pathlib import Path
from swarm.book.file import read_book
from swarm.book.speech.script import make_script
from swarm.voice.host.registry import default_engine, find_card
started = time.perf_counter()
book = read_book(Path(sys.argv[1]))
read = time.perf_counter()
script = make_script(book, find_card(default_engine(book.language)), book.language)
done = time.perf_counter()
most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(read - started, done - read, most, sum(len(chapter.segments) for chapter in script))
"""


def measure(book: Path) -> tuple[float, float, int, int]:
    """Return the seconds to read and to segment, the peak memory in bytes, and the number of segments."""
    command = [sys.executable, "-c", CHILD, str(book)]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    read_s, segment_s, most, segments = done.stdout.split()
    return float(read_s), float(segment_s), int(most), int(segments)


def main() -> None:
    """Print a row for each book."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("books", nargs="*", type=Path, default=sorted(BOOKS.glob("*.epub")))
    print("| book | segments | reading | segments made | together | most memory |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for book in parser.parse_args().books:
        read_s, segment_s, most, segments = min(measure(book.absolute()) for _ in range(RUNS))
        times = f"{read_s:.2f} s | {segment_s:.2f} s | {read_s + segment_s:.2f} s"
        print(f"| {book.stem} | {segments:,} | {times} | {mib(most)} |", flush=True)


if __name__ == "__main__":
    main()
