"""The target of an edition: a path that no other job and no other file has.

The report beside it says whose the name is; a job claims its name with the beginning of a report before it speaks. An
edition of the same book may take over the name of the last one.
"""

import json
import os
from collections.abc import Iterable, Iterator
from itertools import count
from pathlib import Path

from swarm.edition.predecessor import Head, PossibleName, Replaces, choose_name, read_head
from swarm.system.disk import OUTPUT_OPTION, guarded, replace_file, write_synced
from swarm.system.platform import sync_folder

MAX_REPORT_BYTES = 256 << 20
MAX_CLAIM_BYTES = 4096
CLAIMS = "claims.json"  # a job's folder has this list of the places where it claimed names
UPLOADS = "uploads.json"  # a job's folder has this list of the finished audiobooks that each server got


def claim_target(
    folder: Path, stem: str, ending: str, job: str, marks: Iterable[str] = (), replaces: Replaces = lambda head: False
) -> Path:
    """Claim the job's file in a folder: `stem.ending`, or `stem (2).ending` if that is another's. Raises StoreError.

    A name with the report of another job is taken over if that job's edition `replaces` allows it. A whole report stays
    until the new one is written; a mere claim is replaced at once.
    """
    with guarded(folder, OUTPUT_OPTION):
        folder.mkdir(parents=True, exist_ok=True)
        while True:
            name = choose_name(_possible_names(folder, stem, ending), job, ending, replaces)
            target = folder / f"{name.stem}.{ending}"
            if name.head is None and not _claim(target, job, marks):
                continue  # another command claimed it meanwhile
            if name.head and not name.head.is_whole and name.head.book.job != job:
                replace_file(report_path(target), placeholder(job, marks))
            return target


def _possible_names(folder: Path, stem: str, ending: str) -> Iterator[PossibleName]:
    for number in count(1):
        name = numbered(stem, number)
        target = folder / f"{name}.{ending}"
        report, has_file = report_path(target), target.exists()
        head = head_of_report(report)
        is_free = not has_file and (not report.exists() or (not _has_audiobook(target) and _remove_torn(report)))
        yield PossibleName(name, head, has_file, is_free)


def release_target(target: Path, job: str) -> None:
    """Give up the name that a job claimed, unless its report is whole. Raises StoreError."""
    release_report(report_path(target), job)


def release_report(report: Path, job: str) -> None:
    """Remove the report by which a job claimed a name, unless it is whole. Raises StoreError."""
    with guarded(report, OUTPUT_OPTION):
        if _owner(report) == job and not is_whole(report):
            report.unlink()


def note_claim(folder: Path, report: str) -> bool:
    """Note in a job's folder the path or address of the report that claims its name; return whether that is new.

    Raises StoreError.
    """
    claims = _noted_claims(folder)
    if report in claims:
        return False
    with guarded(folder):
        replace_file(folder / CLAIMS, json.dumps([*claims, report]).encode())
    return True


def claims_in(folder: Path) -> list[Path]:
    """Return the reports on disks by which a job claimed names, from its folder; a job of 0.1 has not noted them."""
    return [Path(claim) for claim in _noted_claims(folder) if Path(claim).is_absolute()]


def _noted_claims(folder: Path) -> list[str]:
    try:
        said = json.loads((folder / CLAIMS).read_bytes())
    except (OSError, ValueError, RecursionError):
        return []
    return [claim for claim in said if isinstance(claim, str)] if isinstance(said, list) else []


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


def is_finished_by(report: Path, job: str) -> bool:
    """Tell whether a report is whole and belongs to a job."""
    return is_whole(report) and _owner(report) == job


def is_whole_report(data: bytes) -> bool:
    """Tell whether the data is a whole report and not only a placeholder."""
    return b'"totals"' in data


def placeholder(job: str, marks: Iterable[str] = ()) -> bytes:
    """Return the beginning of a report, which claims a name for a job; `marks` tell its book."""
    note = f"this book is not finished yet; `e2a-swarm jobs remove {job}` gives up the job and this name"
    return json.dumps({"book": {"job": job, "marks": sorted(marks)}, "files": [], "note": note}).encode()


def owner_of(data: bytes) -> str | None:
    """Return the job that a report belongs to; None if it is no report of e2a-swarm."""
    head = read_head(data)
    return head.book.job if head else None


def is_torn(data: bytes) -> bool:
    """Tell whether data is a claim of which a power cut left nothing, or a part."""
    if len(data) > MAX_CLAIM_BYTES:
        return False
    try:
        json.loads(data)
    except (ValueError, RecursionError):
        return True
    return False


def _has_audiobook(target: Path) -> bool:
    return target.exists() or target.with_suffix("").is_dir()


def _claim(target: Path, job: str, marks: Iterable[str]) -> bool:
    """Claim a free name; return False if another command was quicker."""
    report = report_path(target)
    part = report.with_name(f".{report.name}.{os.getpid()}.part")
    try:
        write_synced(part, placeholder(job, marks))
        _name(part, report)
    except FileExistsError:  # another command claimed it meanwhile
        return _owner(report) == job
    finally:
        part.unlink(missing_ok=True)
    sync_folder(report.parent)
    return True


def _name(part: Path, report: Path) -> None:
    """Give a file its name, unless that is taken. Raises FileExistsError."""
    try:
        os.link(part, report)
    except FileExistsError:
        raise
    except OSError:  # a disk without links, such as a memory card
        if report.exists():
            raise FileExistsError from None
        part.rename(report)


def _remove_torn(report: Path) -> bool:
    """Remove a torn claim; return whether the name is free now. It is moved first: another command may do the same."""
    try:
        if report.stat().st_size > MAX_CLAIM_BYTES or not is_torn(report.read_bytes()):
            return False
        moved = report.with_name(f".{report.name}.{os.getpid()}.torn")
        report.rename(moved)
    except OSError:
        return not report.exists()
    if not is_torn(moved.read_bytes()):  # a claim that another command has just made
        moved.rename(report)
        return False
    moved.unlink()
    return True


def _owner(report: Path) -> str | None:
    head = head_of_report(report)
    return head.book.job if head else None


def head_of_report(report: Path) -> Head | None:
    """Return the head of the report at a path; None if there is none."""
    try:
        return read_head(report.read_bytes()) if report.stat().st_size <= MAX_REPORT_BYTES else None
    except OSError:
        return None
