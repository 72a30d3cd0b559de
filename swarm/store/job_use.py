"""Whether a job is in a state folder, and whether a process works on it. Names of jobs may be any text here."""

from pathlib import Path

from swarm.store.journal import FILE as JOURNAL
from swarm.store.store import JOB_NAME
from swarm.system.lock import Lock


def has_job(state_dir: Path, job: str) -> bool:
    """Tell whether there is a job of that name."""
    return bool(JOB_NAME.fullmatch(job)) and (state_dir / "jobs" / job / JOURNAL).exists()


def is_used(state_dir: Path, job: str) -> bool:
    """Tell whether this or another process has locked a job. Raises StoreError."""
    if not has_job(state_dir, job):
        return False
    lock = Lock(state_dir / "locks" / f"{job}.lock")
    if free := lock.try_acquire():
        lock.release()
    return not free
