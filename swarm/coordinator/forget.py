"""Removes jobs, and the names in output folders that they claimed and did not use."""

from collections.abc import Sequence
from contextlib import suppress

from swarm.edition.target import claims_in, release_report
from swarm.errors import StoreError
from swarm.store.store import DiskStore


def forget_jobs(store: DiskStore, jobs: Sequence[str]) -> None:
    """Remove jobs and release the names that they claimed; finished audiobooks and their reports stay.

    Raises StoreError. A name at an address, or in a folder that is not there, stays claimed.
    """
    claims = [(report, job) for job in jobs for report in claims_in(store.folder(job))]
    store.remove_jobs(jobs)
    for report, job in claims:
        with suppress(StoreError):
            release_report(report, job)
