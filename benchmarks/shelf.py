"""Simulates a shelf of a thousand books and five hundred workers: what they cost the coordinator's core.

    python benchmarks/shelf.py
    python benchmarks/shelf.py --books 100 --workers 50 --seconds 10

The core is the real one, with a clock of its own; workers are those of pilots.py, each with one slot. All books are
open at once. No socket and no disk take part. Memory is what Python holds for one more worker, and for one more book.
"""

import argparse
import tracemalloc
from random import Random

from making import speeds
from pilots import CHARS_S, World, make_core
from process import head, row

BOOKS, WORKERS = [100, 1000], [50, 500]
CHARACTERS = 12_000  # a book this short ends soon, so that many end meanwhile
START_S = 10.0  # until all have a speed


def measure(books: int, workers: int, seconds: float) -> tuple[float, float, int]:
    """Return seconds of CPU a second, the microseconds of one call, and the books that were finished."""
    world = make_world(books, workers)
    world.pass_time(START_S)
    before_s, calls = world.cost_s, world.calls
    world.pass_time(START_S + seconds)
    spent_s = world.cost_s - before_s
    done = sum(served.state.complete for served in world.core.jobs.values())
    return spent_s / seconds, 1e6 * spent_s / (world.calls - calls), done


def make_world(books: int, workers: int) -> World:
    """Return a world where so many workers have come in within a second."""
    world = World(make_core(CHARACTERS, books), Random(1))
    for speed in speeds(workers):
        world.later(world.random.random(), lambda chars_s=CHARS_S * speed: world.come(chars_s))  # type: ignore[misc]
    return world


def memory() -> tuple[float, float]:
    """Return the bytes of one more worker, which has a lease, and of one more book."""
    tracemalloc.start()
    sizes = []
    for books, workers in ((10, 10), (10, 60), (60, 10)):
        world = make_world(books, workers)
        world.pass_time(START_S)
        world.pilots.clear()
        sizes.append(tracemalloc.get_traced_memory()[0])
        del world
    tracemalloc.stop()
    return (sizes[1] - sizes[0]) / 50, (sizes[2] - sizes[0]) / 50


def main() -> None:
    """Simulate and print two tables in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--books", type=int, nargs="*", default=BOOKS)
    parser.add_argument("--workers", type=int, nargs="*", default=WORKERS)
    parser.add_argument("--seconds", type=float, default=30.0)
    arguments = parser.parse_args()
    head("books", "workers", "CPU of the core", "a worker", "a call", "books finished")
    for books in arguments.books:
        for workers in arguments.workers:
            share, call_us, done = measure(books, workers, arguments.seconds)
            each = f"{1000 * share / workers:.2f} ms a second"
            row(books, workers, f"{100 * share:.1f} %", each, f"{call_us:.0f} µs", done)
    print()
    head("memory of one more worker", "of one more book")
    worker, book = memory()
    row(f"{worker / 1000:.1f} kB", f"{book / 1000:.1f} kB")


if __name__ == "__main__":
    main()
