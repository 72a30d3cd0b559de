"""The wordings that users gave sentences of earlier jobs, so that another edition of a book can have them too."""

from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

from swarm.errors import StoreError
from swarm.job.spec import JobSpec
from swarm.store.journal import Journal
from swarm.store.store import job_names

Wordings = dict[tuple[int, int], str]  # engine texts, by chapter and index


def reworded_jobs(state_dir: Path, slug: str) -> list[tuple[JobSpec, Wordings]]:
    """Return the jobs that have wordings, the newest first, of books whose title has this slug. Raises StoreError."""
    folders = [state_dir / "jobs" / name for name in job_names(state_dir) if name.rpartition("-")[0] == slug]
    found = [each for folder in folders for each in _reworded(folder)]
    return sorted(found, key=lambda each: -each[0].created_s)


def _reworded(folder: Path) -> Iterator[tuple[JobSpec, Wordings]]:
    with suppress(StoreError), closing(Journal(folder, read_only=True)) as journal:
        if wordings := journal.wordings():
            yield journal.spec(), wordings
