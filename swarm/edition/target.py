"""The target of an edition: a path that no other job and no other file has.

The report beside it says whose the name is; a job claims its name with the beginning of a report before it speaks.
"""

import json
import os
from itertools import count
from pathlib import Path

from swarm.system.disk import guarded

MAX_REPORT_BYTES = 256 << 20
O_BINARY = getattr(os, "O_BINARY", 0)


def claim_target(folder: Path, stem: str, ending: str, job: str) -> Path:
    """Claim the job's file in a folder: `stem.ending`, or `stem (2).ending` if that is another's. Raises StoreError."""
    with guarded(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for number in count(1):
            target = folder / f"{numbered(stem, number)}.{ending}"
            if _claim(target, job):
                return target
    raise AssertionError("there is always another number")


def release_target(target: Path, job: str) -> None:
    """Give up the name that a job claimed, unless its report is whole. Raises StoreError."""
    report = report_path(target)
    with guarded(report):
        if _owner(report) == job and not is_whole(report):
            report.unlink()


def numbered(stem: str, number: int) -> str:
    """Return a name with its number, unless it is the first one."""
    return stem if number == 1 else f"{stem} ({number})"


def report_path(target: Path) -> Path:
    """Return the path of an audiobook's report."""
    return target.with_name(f"{target.name.rpartition('.')[0]}.report.json")


def is_whole(report: Path) -> bool:
    """Tell whether a report was written to its end."""
    try:
        return is_whole_report(report.read_bytes())
    except OSError:
        return False


def is_whole_report(data: bytes) -> bool:
    """Tell whether the data is a whole report and not only a placeholder."""
    return b'"totals"' in data


def placeholder(job: str) -> bytes:
    """Return the beginning of a report, which claims a name for a job."""
    return json.dumps({"book": {"job": job}, "files": [], "note": "this book is not finished yet"}).encode()


def owner_of(data: bytes) -> str | None:
    """Return the job that a report belongs to; None if it is no report of e2a-swarm."""
    try:
        owner = json.loads(data)["book"]["job"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return None
    return owner if isinstance(owner, str) else None


def _claim(target: Path, job: str) -> bool:
    report = report_path(target)
    if report.exists():
        return _owner(report) == job
    if target.exists():  # a file that is not ours
        return False
    try:
        with os.fdopen(os.open(report, os.O_WRONLY | os.O_CREAT | os.O_EXCL | O_BINARY, 0o666), "wb") as file:
            file.write(placeholder(job))
    except FileExistsError:  # another command claimed it meanwhile
        return _owner(report) == job
    return True


def _owner(report: Path) -> str | None:
    try:
        return owner_of(report.read_bytes()) if report.stat().st_size <= MAX_REPORT_BYTES else None
    except OSError:
        return None
