"""A finished file that `redo` is given, with the report that lies beside it."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from swarm.audiobook.destination import RemoteDestination, without_password
from swarm.audiobook.output_path import UPLOADS, report_path
from swarm.audiobook.report import Heard, Reported, heard_at, read_reported, sound_files
from swarm.errors import EnvironmentFault, UsageError
from swarm.job.store.store import JOB_NAME
from swarm.job.store.summary import JobSummary
from swarm.system.disk import full_name, read_json
from swarm.system.text import clock_text

JSON_ENDING, PAGE_ENDING, BOOK_ENDING = ".report.json", ".report.html", ".read-along.epub"
SOUND_ENDINGS = (".m4b", ".m4a", ".mp3", ".opus", ".ogg", ".flac", ".wav")
ENDINGS = (*SOUND_ENDINGS, ".vtt", ".srt", ".lrc")

MAX_READ_BYTES = 64 << 20  # reports are read up to this size: a sentence takes half a kilobyte


class MadeFile(NamedTuple):
    """A file of an edition, whose report is `stem.report.json` in `folder`, or at `address` if that is not empty."""

    path: Path
    folder: Path
    stem: str
    report: Reported
    address: str = ""  # s3://bucket/folder; `path` and `folder` look like it then

    @property
    def place(self) -> str:
        """The folder or address of the file, as --output-dir takes it."""
        return self.address or str(self.folder)

    @property
    def name(self) -> str:
        """The name of the file from the folder of its report."""
        return self.path.absolute().relative_to(self.folder.absolute()).as_posix()

    def heard_at(self, moment_s: float) -> Heard:
        """Return what is heard at a moment of this file. Raises UsageError."""
        files = sound_files(self.report)
        if self.path.suffix.lower() in ENDINGS:
            found = [file for file in files if file.rpartition(".")[0] == self.name.rpartition(".")[0]]
        else:
            found = files
        if len(found) != 1:
            raise UsageError(
                f"--at counts in one file, not in {self.path.name}: name {' or '.join(files[:3]) or 'another'}."
            )
        if heard := heard_at(self.report.segments, found[0], moment_s):
            return heard
        raise UsageError(f"--at {clock_text(moment_s)} is not in {found[0]}: that is shorter.")


def is_made(path: Path) -> bool:
    """Tell whether a path is a file that e2a-swarm makes, or a folder of such files, rather than a book."""
    name = path.name.lower()
    if name.endswith((JSON_ENDING, PAGE_ENDING, *ENDINGS)):
        return True
    return any(report.is_file() for report in _reports(path)) and (path.is_dir() or name.endswith(BOOK_ENDING))


def find_made_file(path: Path) -> MadeFile:
    """Find the report of a file. Raises UsageError with what to do next."""
    report = next((report for report in _reports(path) if report.is_file()), None)
    if report is None and not path.exists():
        raise UsageError(f"{path} does not exist: name a finished audiobook, or the book it was made of.")
    if report is None:
        raise UsageError(
            f"{path} has no report beside it: bring the {JSON_ENDING} file that was made with it there, under the name "
            "that it had, or name the book instead."
        )
    try:
        with report.open("rb") as file:
            data = file.read(MAX_READ_BYTES)
    except OSError as error:
        raise UsageError(f"{report} cannot be read: {error.strerror or error}.") from error
    made = MadeFile(path, report.parent, report.name.removesuffix(JSON_ENDING), _understood(data, str(report)))
    _check_present(made)
    return made


def _check_present(made: MadeFile) -> None:
    """Raise UsageError for sound of an earlier edition: the report at its name tells of other sound by now."""
    files = sound_files(made.report)
    if files and made.path.suffix.lower() in SOUND_ENDINGS and made.name not in files:
        raise UsageError(
            f"{made.path} was made by an earlier run, and its report tells of {files[0]} by now: name that one, or "
            f"run the convert command that made {made.path.name} again first, which speaks nothing."
        )


def find_delivered_file(address: str) -> MadeFile:
    """Find the report of a file at an address, beside it or beside its folder. Raises UsageError, EnvironmentFault."""
    folder, _, name = address.rstrip("/").rpartition("/")
    parent, _, inner = folder.rpartition("/")
    beside = [(folder, report.name) for report in _reports(Path(name))[:1]]
    for place, report in (*beside, (parent, inner + JSON_ENDING)):
        if "://" in place and (data := RemoteDestination(place).read_file(report, MAX_READ_BYTES)) is not None:
            found = _understood(data, f"{without_password(place)}/{report}")
            return MadeFile(Path(address), Path(place), report.removesuffix(JSON_ENDING), found, place)
    raise UsageError(
        f"{without_password(address)} has no report beside it: name the file there with its whole address, the one "
        "that the closing lines of its run say, or the book that it was made of."
    )


def _understood(data: bytes, report: str) -> Reported:
    """Return what a report says. Raises UsageError with what to do next."""
    found = read_reported(data)
    if found is None:
        raise UsageError(
            f"{report} is no whole report of this version: run the convert command of this book again, "
            "which writes it and speaks nothing."
        )
    return found


def made_of(jobs: Sequence[JobSummary], book: Path, wanted: Callable[[JobSummary], bool]) -> MadeFile | None:
    """Return the finished audiobook of a book; None if there is none here. Raises UsageError if there are several.

    Raises EnvironmentFault if it was delivered to an address that cannot be read now.
    """
    source = full_name(book)
    found: dict[str, MadeFile] = {}
    for job in jobs:
        if job.source != source or not job.files or not wanted(job):
            continue
        try:
            file = job.files[0]
            made = find_delivered_file(file) if "://" in file else find_made_file(Path(file))
        except UsageError:  # the file was moved away
            continue
        except EnvironmentFault as error:
            remedy = f"Or name {file.rpartition('/')[2]} by its address, with a password if it needs one."
            raise EnvironmentFault(f"{error} {remedy}") from error
        if made.report.book.job == job.job:
            found[job.job] = made
    if len(found) > 1:
        names = "; ".join(str(made.path) for made in found.values())
        raise UsageError(f"Several audiobooks were made of {book}; name the one that is meant: {names}.")
    return next(iter(found.values()), None)


def _reports(path: Path) -> list[Path]:
    """Return where the report of a file may be: beside it, or beside the folder of a file for each chapter."""
    name = path.name
    for ending in (JSON_ENDING, PAGE_ENDING, BOOK_ENDING):
        if name.lower().endswith(ending):
            return [path.with_name(name[: -len(ending)] + JSON_ENDING)]
    folder = path.absolute().parent
    return [
        path.with_name(name + JSON_ENDING) if path.is_dir() else report_path(path),
        folder.parent / (folder.name + JSON_ENDING),
    ]


def uploaded_to(state_dir: Path, job: str) -> tuple[str, str] | None:
    """Return the Audiobookshelf server and library that an audiobook was last uploaded to, as the job remembers."""
    if not JOB_NAME.fullmatch(job):
        return None
    places = read_json(state_dir / "jobs" / job / UPLOADS, dict[str, msgspec.Raw])
    server, _, library = next(reversed(places or {}), "").partition("#")
    return (server, library) if server else None
