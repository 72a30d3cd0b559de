"""The output path of an edition: one that no other job and no other file has, or that of a previous output it replaces.

A job claims its name by a report that it writes there; what is left over of the previous output is removed."""

import glob
import hashlib
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import NamedTuple

import msgspec
from msgspec import Struct

from swarm.job.spec import JobSpec, Recipe
from swarm.system.disk import OUTPUT_OPTION, clear_parts, guarded, part_of, read_json, replace_file, write_synced
from swarm.system.platform import sync_folder

# Files with these endings belong to those of the sound.
BESIDE = frozenset({"vtt", "srt", "lrc", "epub", "cue", "opf", "jpg", "png"})

Replaces = Callable[["Head"], bool]


class HeadBook(Struct, frozen=True):
    """The book of a report or of a claim; a claim has the marks alone."""

    job: str
    title: str = ""
    authors: tuple[str, ...] = ()
    language: str = ""
    identifier: str = ""
    source: str = ""
    marks: tuple[str, ...] = ()


class HeadRecipe(Struct, frozen=True):
    """The recipe of a report, as far as it tells voices apart."""

    engine: str
    voice: str
    language: str = ""
    model: str = ""
    cast: bool = False


class Head(Struct, frozen=True):
    """What has to be known of the report at a name, whole or only a claim."""

    book: HeadBook
    files: tuple[str, ...] = ()
    totals: msgspec.Raw = msgspec.Raw()
    recipe: HeadRecipe | None = None  # only a report has one

    @property
    def is_whole(self) -> bool:
        """Whether the report is of a finished edition."""
        return bool(self.totals)

    @property
    def marks(self) -> frozenset[str]:
        """The marks of the book."""
        book = self.book
        if book.marks:
            return frozenset(book.marks)
        return _marks(book.title, book.authors, book.language, book.identifier, book.source)


def read_head(data: bytes) -> Head | None:
    """Return the head of a report or claim; None if the data is neither."""
    try:
        return msgspec.json.decode(data, type=Head)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return None


def is_another_voice(recipe: Recipe, last: Head) -> bool:
    """Tell whether a finished edition has another voice than a recipe, or another language: both are wanted.

    Settings such as the speed do not count, and a claim has nothing that could be lost.
    """
    names = HeadRecipe.__struct_fields__
    ours = HeadRecipe(**{name: getattr(recipe, name) for name in names})
    return last.is_whole and last.recipe != ours


def book_marks(spec: JobSpec) -> frozenset[str]:
    """Return the marks of a job's book. Jobs that have one in common are editions of the same book."""
    book = spec.book
    return _marks(book.title, book.authors, book.language, book.identifier, spec.source)


def _marks(title: str, authors: Sequence[str], language: str, identifier: str, source: str) -> frozenset[str]:
    """Return a mark for the book's identifier and one for its file, each with title, authors and language.

    Two translations have one title and author, but neither of these two in common.
    """
    known = [(kind, value) for kind, value in (("identifier", identifier), ("source", source)) if value]
    digests = (hashlib.sha256(repr((title, tuple(authors), language, each)).encode(errors="replace")) for each in known)
    return frozenset(digest.hexdigest()[:16] for digest in digests)


class PossibleName(NamedTuple):
    """A name that an edition could have, `stem` or `stem (2)`, with what is there."""

    stem: str
    head: Head | None
    has_file: bool  # whether a file has the name of the audiobook
    is_free: bool


def choose_name(names: Iterable[PossibleName], job: str, ending: str, replaces: Replaces) -> PossibleName:
    """Choose the name of a job's audiobook: the one it has, or that of an edition it replaces, or the first free one.

    A job that `replaces` itself gives up a later name of its own for that of an edition it replaces.
    A file that the report at its name does not list is the user's own, and is never replaced.
    """
    replaced: PossibleName | None = None
    for name in names:
        if name.head and name.head.book.job == job:
            return replaced if replaced and replaces(name.head) else name
        if name.head and not replaced and replaces(name.head):
            is_ours = not name.has_file or f"{name.stem}.{ending}" in names_of(name.head.files, name.stem)
            replaced = name if is_ours else None
        if name.is_free:
            return replaced or name
    raise AssertionError("there is always another number")


def names_of(files: Sequence[str], stem: str) -> list[str]:
    """Return the names of an edition's files, from the folder of its report, wherever that was when they were written.

    A name is `stem.ending`, or `stem/file` for those of one file for each chapter; all others are passed over.
    """
    names = []
    for file in files:
        *folders, name = re.split(r"[/\\]", file)
        if folders[-1:] == [stem] and name not in ("", ".", ".."):
            names.append(f"{stem}/{name}")
        elif name.startswith(f"{stem}."):
            names.append(name)
    return names


def replaces_another(old: Head | None, job: str) -> bool:
    """Tell whether a name has another job's finished edition until that of `job` is whole."""
    return old is not None and old.is_whole and old.book.job != job


def leftovers(old: Head | None, job: str, files: Sequence[str], target: str, *, page: bool) -> list[str]:
    """Return the names of an earlier edition's files that a new one of `job` with these files has not overwritten.

    `target` is the name of the audiobook, and `page` tells whether it has a report as a page. Sound in another format
    stays, because it may be wanted for another player; so does what lies beside the sound, if the job is the same.
    """
    if old is None:
        return []
    stem, _, ending = target.rpartition(".")
    another, present = replaces_another(old, job), set(names_of(files, stem))
    kinds = {ending, *BESIDE} if another else {ending}
    pages = [f"{stem}.report.html"] if another and not page else []
    return pages + [
        name for name in names_of(old.files, stem) if name not in present and name.rpartition(".")[2] in kinds
    ]


MAX_REPORT_BYTES = 256 << 20
MAX_CLAIM_BYTES = 4096
CLAIMS = "claims.json"  # a job's folder has this list of the places where it claimed names
UPLOADS = "uploads.json"  # a job's folder has this list of the finished audiobooks that each server got


def claim_output_path(
    folder: Path, stem: str, ending: str, job: str, marks: Iterable[str] = (), replaces: Replaces = lambda head: False
) -> Path:
    """Claim the job's file in a folder: `stem.ending`, or `stem (2).ending` if that is another's. Raises StoreError.

    A name with the report of another job is taken over if that job's edition `replaces` allows it. A whole report stays
    until the new one is written; a mere claim is replaced at once.
    """
    with guarded(folder, OUTPUT_OPTION):
        folder.mkdir(parents=True, exist_ok=True)
        clear_parts(folder, stem)
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
        is_free = not has_file and (not report.exists() or (not has_files(target) and _remove_torn(report)))
        yield PossibleName(name, head, has_file, is_free)


def has_files(target: Path) -> bool:
    """Return whether an audiobook is at its name, or files of its chapters are."""
    return target.exists() or target.with_suffix("").is_dir()


def release_output_path(target: Path, job: str) -> None:
    """Give up the name that a job claimed, unless its report is whole. Raises StoreError."""
    release_report(report_path(target), job)


def release_report(report: Path, job: str) -> None:
    """Remove the report by which a job claimed a name, unless it is whole. Raises StoreError."""
    with guarded(report, OUTPUT_OPTION):
        head = head_of_report(report)
        if head and head.book.job == job and not head.is_whole:
            report.unlink()


def is_bare_claim(report: Path) -> bool:
    """Tell whether a report is a mere claim, and nothing of its audiobook lies beside it."""
    head, stem = head_of_report(report), report.name.removesuffix(".report.json")
    if head is None or head.is_whole or (report.parent / stem).exists():
        return False
    return all(path == report for path in report.parent.glob(f"{glob.escape(stem)}.*"))


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
    """Return the reports on disks by which a job claimed names, from its folder."""
    return [Path(claim) for claim in _noted_claims(folder) if Path(claim).is_absolute()]


def _noted_claims(folder: Path) -> list[str]:
    return read_json(folder / CLAIMS, list[str]) or []


def numbered(stem: str, number: int) -> str:
    """Return a name with its number, unless it is the first one."""
    return stem if number == 1 else f"{stem} ({number})"


def report_path(target: Path) -> Path:
    """Return the path of an audiobook's report."""
    return target.with_name(f"{target.name.rpartition('.')[0]}.report.json")


def is_finished_by(report: Path, job: str) -> bool:
    """Tell whether a report is whole and belongs to a job."""
    head = head_of_report(report)
    return head is not None and head.is_whole and head.book.job == job


def placeholder(job: str, marks: Iterable[str] = ()) -> bytes:
    """Return the beginning of a report, which claims a name for a job; `marks` tell its book."""
    note = f"this book is not finished yet; `e2a-swarm jobs remove {job}` gives up the job and this name"
    return json.dumps({"book": {"job": job, "marks": sorted(marks)}, "files": [], "note": note}).encode()


def is_torn(data: bytes) -> bool:
    """Tell whether data is a claim of which a power cut left nothing, or a part."""
    if len(data) > MAX_CLAIM_BYTES:
        return False
    try:
        json.loads(data)
    except (ValueError, RecursionError):
        return True
    return False


def _claim(target: Path, job: str, marks: Iterable[str]) -> bool:
    """Claim a free name; return False if another command was quicker."""
    report = report_path(target)
    part = part_of(report)
    try:
        write_synced(part, placeholder(job, marks))
        _name(part, report)
    except FileExistsError:  # another command claimed it meanwhile
        head = head_of_report(report)
        return head is not None and head.book.job == job
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


def head_of_report(report: Path) -> Head | None:
    """Return the head of the report at a path; None if there is none."""
    return read_json(report, Head, MAX_REPORT_BYTES)
