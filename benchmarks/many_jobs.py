"""Measures `jobs`, `jobs prune --dry-run` and `jobs remove` on a machine with hundreds of finished jobs.

    python benchmarks/many_jobs.py
    python benchmarks/many_jobs.py --jobs 50 --sentences 200

The first `jobs` of a new version has to read every journal; the median of the next ones is what a user meets.
"""

import argparse
import hashlib
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

from process import CLI, ROOT, head, row

sys.path.insert(0, str(ROOT))  # from a checkout as well as installed

from swarm.book.model.book import Chapter, Pause, Segment
from swarm.job.record import ClipAccepted, JobFinished, RunStarted
from swarm.job.spec import BookFacts, JobSpec, Recipe
from swarm.job.store.store import DiskStore

JOBS, SENTENCES, TIMES = 500, 1680, 5
AT_S = 1e9  # long ago, so that all jobs are old enough to be removed


def make_jobs(state: Path, jobs: int, sentences: int) -> None:
    """Make finished jobs; their clips are journaled, without files."""
    book = state.parent / "book.epub"
    book.write_bytes(b"book")
    segments = tuple(
        Segment(f"This is sentence {n} of the book, and no other.", Pause.SENTENCE) for n in range(sentences)
    )
    recipe = Recipe("metronome", "tick", "en")
    with closing(DiskStore(state)) as store:
        for number in range(jobs):
            job = f"book-{number:04}"
            spec = JobSpec(
                job, str(book), BookFacts("A Book", ("Nobody",), "en"), recipe, (Chapter("I", segments),), AT_S
            )
            store.create_job(spec, book)
            records = [_accepted(job, index) for index in range(sentences)]
            finished = JobFinished(AT_S, (f"/audiobooks/{job}.m4b",))
            store.commit([(job, record, b"") for record in (RunStarted(1, AT_S), *records, finished)])


def _accepted(job: str, index: int) -> ClipAccepted:
    key = hashlib.sha256(f"{job} {index}".encode()).hexdigest()[:32]
    return ClipAccepted(
        0, index, 0, key, 60_000, "w", AT_S, AT_S, samples=100_000, sample_rate=24_000, digest="0" * 64, work_s=1.0
    )


def spent_s(state: Path, *words: str) -> float:
    """Return the seconds that a command takes, with the start of Python."""
    began_s = time.perf_counter()
    subprocess.run([*CLI, "jobs", *words, "--state-dir", str(state)], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began_s


def main() -> None:
    """Measure and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=JOBS)
    parser.add_argument("--sentences", type=int, default=SENTENCES)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        state = Path(name) / "state"
        make_jobs(state, arguments.jobs, arguments.sentences)
        time.sleep(2.5)  # a journal that changed just now gets no summary
        head(f"{arguments.jobs} finished jobs", "first", f"then, median of {TIMES}")
        for words in ([], ["prune", "--older", "30d", "--dry-run"]):
            first_s = spent_s(state, *words)
            then_s = statistics.median(spent_s(state, *words) for _ in range(TIMES))
            row(f"`{' '.join(['jobs', *words])}`", f"{first_s:.2f} s", f"{then_s:.2f} s")
        times_s = [spent_s(state, "remove", f"book-{number:04}") for number in range(TIMES)]
        row("`jobs remove` of one", "", f"{statistics.median(times_s):.2f} s")


if __name__ == "__main__":
    main()
