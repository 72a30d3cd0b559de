"""`e2a-swarm jobs`: list the jobs on this machine, remove some, or take them to another machine."""

import argparse
import re
import time
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from swarm.audiobook.output_path import claims_in, release_report
from swarm.audiobook.report import counted, gathered
from swarm.book.model.language_code import language_name
from swarm.commands.output import say, say_json
from swarm.config import state_folder
from swarm.errors import EXIT_DONE, StoreError, UsageError
from swarm.job.card import SPEED
from swarm.job.spec import Setting
from swarm.job.store.store import DiskStore, clip_bytes_of_all, job_names, list_jobs
from swarm.job.store.summary import JobSummary, size_of
from swarm.standby.adopt import adopt_job
from swarm.system.text import bytes_text, clean, count_text

MAX_PATH = 4096  # characters of a path, so that no real path is shortened
MAX_TITLES = 3  # chapters that are all named; of more only the first and the last are
AGE = re.compile(r"(\d{1,5})\s*([hdw])")
UNITS_S = {"h": 3600, "d": 86_400, "w": 7 * 86_400}


def run(arguments: argparse.Namespace) -> int:
    """Print the jobs; return the exit code."""
    folder = state_folder(arguments.state_dir)
    found = list_jobs(folder)
    if arguments.json:
        say_json([{**job._asdict(), "speed": _speed(job)} for job in found])
    else:
        _say_jobs(found)
        say(*total_lines(folder, found))
    return EXIT_DONE


def run_remove(arguments: argparse.Namespace) -> int:
    """Remove the named jobs; remove none and raise UsageError if one of them does not exist."""
    folder = state_folder(arguments.state_dir)
    _check_names(folder, arguments.names)
    with closing(DiskStore(folder)) as store:
        for name in dict.fromkeys(arguments.names):
            forget_jobs(store, [name])
            say(f"removed {name}")
    return EXIT_DONE


def _check_names(folder: Path, names: Sequence[str]) -> None:
    """Raise UsageError for the first name that no job in a state folder has."""
    known = job_names(folder)
    for name in names:
        if name not in known:
            raise UsageError(f"There is no job {name!r} in {folder}; `e2a-swarm jobs` lists them all.")


def run_export(arguments: argparse.Namespace) -> int:
    """Copy the named job into a state folder of its own; return the exit code. Raises UsageError and StoreError."""
    folder, target = state_folder(arguments.state_dir), Path(arguments.to or arguments.name).expanduser().absolute()
    _check_names(folder, [arguments.name])
    if target.exists() and not _has_jobs(target):
        raise UsageError(f"{target} exists already, and holds no jobs: name another folder with --to.")
    _take(folder, target, [arguments.name])
    say(f"take {target} to another machine, and there: e2a-swarm jobs import {target.name}")
    return EXIT_DONE


def run_import(arguments: argparse.Namespace) -> int:
    """Take the jobs of the named folders; return the exit code. Raises UsageError and StoreError."""
    folder = state_folder(arguments.state_dir)
    for source in (Path(name).expanduser().absolute() for name in arguments.folders):
        if not _has_jobs(source):
            raise UsageError(f"{source} is no folder that `e2a-swarm jobs export` wrote; export the job once more.")
        _take(source, folder, job_names(source))
    say(f"the same command as on the other machine goes on; a copy of each book is in {folder / 'jobs'}")
    return EXIT_DONE


def _has_jobs(folder: Path) -> bool:
    return (folder / "jobs").is_dir()


def _take(source: Path, target: Path, names: Sequence[str]) -> None:
    """Unite jobs of a state folder with those of another one, and print what came of it. Raises StoreError."""
    with closing(DiskStore(target)) as store:
        for name in names:
            taken = adopt_job(store, source, name, own_stands=True)
            say(f"{name}: {clean(taken.title)}, {taken.clips} of {taken.sentences} sentences spoken")
            if taken.lost:
                say(f"{count_text(taken.lost, 'sentence')} could not be read and will be spoken again")


def run_prune(arguments: argparse.Namespace) -> int:
    """Remove the jobs that are old enough; return the exit code. Raises UsageError."""
    age_s = read_age(arguments.older)
    folder = state_folder(arguments.state_dir)
    if not (folder / "jobs").is_dir():
        say("no jobs here yet")
        return EXIT_DONE
    done = prune(folder, age_s, unfinished=arguments.unfinished, dry_run=arguments.dry_run, remove=forget_jobs)
    removed, freed = ("would remove", "would be free") if arguments.dry_run else ("removed", "are free again")
    say(*(f"{removed} {job.job}: {clean(job.title)}, {_last_used(job)}" for job in done.removed))
    say(*(f"kept {job}: {why}" for job, why in done.kept))
    if not done.removed and not done.kept:
        say(f"nothing to remove: no {'' if arguments.unfinished else 'finished '}job here is old enough")
        return EXIT_DONE
    say(f"{removed} {count_text(len(done.removed), 'job')}, {bytes_text(done.freed_bytes)} {freed}")
    return EXIT_DONE


def read_age(text: str) -> float:
    """Return the seconds of an age such as 12h, 30d or 8w. Raises UsageError."""
    found = AGE.fullmatch(text.strip().lower())
    if not found:
        raise UsageError(f"--older takes hours, days or weeks such as 12h, 30d or 8w, not {text!r}.")
    return float(int(found[1]) * UNITS_S[found[2]])


def _say_jobs(found: "list[JobSummary]") -> None:
    """Print the jobs for people, without breaking the names of files."""
    if not found:
        say("no jobs here yet; `e2a-swarm convert BOOK` makes one.")
    for job in found:
        first, *more = _about(job)
        say(job.job)
        say(f"  {first}", hang=2)
        say(*(f"  {line}" for line in more))


def total_lines(folder: Path, found: "list[JobSummary]") -> list[str]:
    """Return the lines about the disk use of all jobs, which is less than the sum if jobs share sound."""
    if not found:
        return []

    total = size_of(folder / "jobs") + clip_bytes_of_all(folder)
    return ["", f"{count_text(len(found), 'job')}, together {bytes_text(total)} in {folder}"]


def _last_used(job: "JobSummary") -> str:
    return f"last used {datetime.fromtimestamp(job.used_s):%Y-%m-%d}"


def _about(job: "JobSummary") -> list[str]:
    if job.trouble:
        return [f"{job.trouble} ({bytes_text(job.disk_bytes)})"]
    made = f"{datetime.fromtimestamp(job.created_s):%Y-%m-%d %H:%M}"
    state = "finished" if job.finished else "not finished"
    lines = [
        f"{clean(job.title)}: {_chapters(job.chapters)}",
        f"{_sound(job)}, made {made}",
        f"{job.accepted} of {job.sentences} sentences, {state}, {bytes_text(job.disk_bytes)}",
        f"from {clean(job.source)}",
    ]
    return lines + _file_lines(job.files)


def _file_lines(files: Sequence[str]) -> list[str]:
    """Return a line for the audiobook, then lines for chapters and subtitles, which are counted if many."""
    said = [
        f"{clean(counted(folder, members) if folder else members[0], MAX_PATH)}{_missing_note(members)}"
        for folder, members in gathered(files)
    ]
    return [f"{'with' if number else 'audiobook'} {words}" for number, words in enumerate(said)]


def _missing_note(files: Sequence[str]) -> str:
    """Return a note about missing files; "" if none is missing. Files on servers are not checked."""
    gone = sum(1 for file in files if "://" not in file and not Path(file).exists())
    return "" if not gone else " (not there now)" if len(files) == 1 else f" ({gone} not there now)"


def _sound(job: "JobSummary") -> str:
    speed = "" if job.speed in (None, SPEED.default) else f" at speed {job.speed}"
    return f"{language_name(job.language)} by {job.engine}, voice {job.voice}{speed}"


def _speed(job: "JobSummary") -> "Setting":
    return SPEED.default if job.speed is None else job.speed


def _chapters(titles: tuple[str, ...]) -> str:
    shown = titles if len(titles) <= MAX_TITLES else (titles[0], "...", titles[-1])
    return f"{count_text(len(titles), 'chapter')} ({', '.join(map(clean, shown))})"


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
