"""Where an audiobook goes: under a name that no other job and no other file has.

The report beside it says whose the name is; a job claims its name with the beginning of a report before it speaks.
"""

import json
import os
from itertools import count
from pathlib import Path

from swarm.node.disk import guarded

MOST_REPORT_BYTES = 256 << 20


def claim_target(folder: Path, stem: str, ending: str, job: str) -> Path:
    """The job's file in a folder: `stem.ending`, or `stem (2).ending` where that is another's. Raises StoreError."""
    with guarded(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for number in count(1):
            target = folder / f"{stem if number == 1 else f'{stem} ({number})'}.{ending}"
            if _claim(target, job):
                return target
    raise AssertionError("there is always another number")


def report_path(target: Path) -> Path:
    """Where the report of an audiobook lies."""
    return target.with_name(f"{target.name.rpartition('.')[0]}.report.json")


def is_whole(report: Path) -> bool:
    """Whether a report was written to its end, not only begun."""
    try:
        return b'"totals"' in report.read_bytes()
    except OSError:
        return False


def _claim(target: Path, job: str) -> bool:
    report = report_path(target)
    if report.exists():
        return _owner(report) == job
    if target.exists():  # a file of the user's own
        return False
    try:
        with os.fdopen(os.open(report, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666), "w", encoding="utf-8") as file:
            json.dump({"book": {"job": job}, "files": [], "note": "this book is not finished yet"}, file)
    except FileExistsError:  # another command was quicker
        return _owner(report) == job
    return True


def _owner(report: Path) -> str | None:
    """The job that a report is of; None where it is no report of ours."""
    try:
        if report.stat().st_size > MOST_REPORT_BYTES:
            return None
        owner = json.loads(report.read_bytes())["book"]["job"]
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return None
    return owner if isinstance(owner, str) else None
