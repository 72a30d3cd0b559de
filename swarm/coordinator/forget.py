"""Removes jobs: those that a user names, with the names in output folders that they claimed, and those long unused."""

import time
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from swarm.audiobook.output_path import claims_in, release_report
from swarm.errors import StoreError
from swarm.job.store.store import DiskStore
from swarm.job.store.summary import JobSummary


def forget_jobs(store: DiskStore, jobs: Sequence[str]) -> None:
    """Remove jobs and release the names that they claimed; finished audiobooks and their reports stay.

    Raises StoreError. A name at an address, or in a folder that is not there, stays claimed.
    """
    claims = [(report, job) for job in jobs for report in claims_in(store.folder(job))]
    store.remove_jobs(jobs)
    for report, job in claims:
        with suppress(StoreError):
            release_report(report, job)


@dataclass(frozen=True)
class Pruned:
    """The jobs that were removed, or would be; and old jobs that are kept, each with the reason."""

    removed: list[JobSummary]
    kept: list[tuple[str, str]]
    freed_bytes: int


def prune(
    state_dir: Path,
    age_s: float,
    *,
    unfinished: bool,
    dry_run: bool,
    remove: Callable[[DiskStore, Sequence[str]], None] = DiskStore.remove_jobs,
) -> Pruned:
    """Remove the jobs that no command has used for `age_s`, by `remove`. Raises StoreError."""
    with closing(DiskStore(state_dir)) as store:
        removed, kept = _choose(store, time.time() - age_s, unfinished)
        names = [job.job for job in removed]
        freed_bytes = store.bytes_of(names) if names else 0
        if not dry_run:
            remove(store, names)
    return Pruned(removed, kept, freed_bytes)


def _choose(store: DiskStore, before_s: float, unfinished: bool) -> tuple[list[JobSummary], list[tuple[str, str]]]:
    """Lock and return the jobs last used before a moment, and those of them that stay, with the reason."""
    removed, kept = [], []
    for job in store.jobs():
        if job.used_s >= before_s:
            continue
        if why := _why_kept(store, job, unfinished):
            kept.append((job.job, why))
        else:
            removed.append(job)
    return removed, kept


def _why_kept(store: DiskStore, job: JobSummary, unfinished: bool) -> str:
    if job.trouble:
        return f"its journal cannot be read; `e2a-swarm jobs remove {job.job}` removes it"
    if not job.finished and not unfinished:
        return "not finished; --unfinished removes it too"
    try:
        store.lock_job(job.job, named=False)
    except StoreError as held:
        return str(held)
    return ""
