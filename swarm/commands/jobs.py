"""e2a-swarm jobs: the jobs on this machine, their state, their disk use; remove some."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from swarm.commands.options import add_state_option, examples
from swarm.commands.output import say, say_json
from swarm.config import state_folder
from swarm.errors import EXIT_DONE, UsageError

if TYPE_CHECKING:
    from swarm.node.store import JobSummary

SUMMARY = "list the jobs on this machine, or remove some"
FEW = 3  # chapters that are named one by one


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the command."""
    parser = commands.add_parser(
        "jobs",
        help=SUMMARY,
        description="A job is one book in one voice. It stays here until it is removed, so that the same command "
        "resumes it, and so that a new edition speaks only what is new.",
        usage="e2a-swarm jobs [--json] [--state-dir DIR]\n       e2a-swarm jobs remove NAME...",
        epilog=examples("e2a-swarm jobs", "e2a-swarm jobs --json", "e2a-swarm jobs remove NAME"),
    )
    parser.add_argument("--json", action="store_true", help="print the list as JSON")
    add_state_option(parser)
    parser.set_defaults(run=run)
    actions = parser.add_subparsers(metavar="remove NAME...", prog="e2a-swarm jobs")
    remove = actions.add_parser(
        "remove",
        description="Removes jobs and the sound that no other job needs. Audiobooks that are written stay.",
        epilog=examples("e2a-swarm jobs remove NAME", "e2a-swarm jobs remove NAME OTHER-NAME"),
    )
    remove.add_argument("names", metavar="NAME", nargs="+", help="a job's name, as `e2a-swarm jobs` prints it")
    remove.add_argument("--state-dir", metavar="DIR", default=argparse.SUPPRESS, help="where the jobs live")
    remove.set_defaults(run=run_remove)


def run(arguments: argparse.Namespace) -> int:
    """Print the jobs."""
    folder = state_folder(arguments.state_dir)
    found = list_jobs(folder)
    if arguments.json:
        say_json([job._asdict() for job in found])
    else:
        say(*job_lines(found), *total_lines(folder, found))
    return EXIT_DONE


def run_remove(arguments: argparse.Namespace) -> int:
    """Remove the named jobs, or none where one of the names is not a job's."""
    from swarm.node.store import DiskStore

    folder = state_folder(arguments.state_dir)
    known = [job.job for job in list_jobs(folder)]
    for name in arguments.names:
        if name not in known:
            raise UsageError(f"There is no job {name!r} in {folder}; `e2a-swarm jobs` lists those there are.")
    store = DiskStore(folder)
    try:
        for name in dict.fromkeys(arguments.names):
            store.remove_job(name)
            say(f"removed {name}")
    finally:
        store.close()
    return EXIT_DONE


def list_jobs(folder: Path) -> "list[JobSummary]":
    """The jobs under a state folder, oldest first; makes nothing where there is none. Raises StoreError."""
    if not (folder / "jobs").is_dir():
        return []
    from swarm.node.store import DiskStore

    store = DiskStore(folder)
    try:
        return store.jobs()
    finally:
        store.close()


def job_lines(found: "list[JobSummary]") -> list[str]:
    """The jobs as a table for people."""
    if not found:
        return ["no jobs here yet; `e2a-swarm convert BOOK` makes one."]
    return [line for job in found for line in (job.job, *(f"  {line}" for line in _about(job)))]


def total_lines(folder: Path, found: "list[JobSummary]") -> list[str]:
    """What all jobs take together: less than their sum, where they share sound."""
    if not found:
        return []
    from swarm.node.store import size_of
    from swarm.watch.text import bytes_text, count_text

    total = sum(size_of(folder / part) for part in ("jobs", "clips"))
    return ["", f"{count_text(len(found), 'job')}, together {bytes_text(total)} in {folder}"]


def _about(job: "JobSummary") -> list[str]:
    from datetime import datetime

    from swarm.watch.text import bytes_text, clean

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
    return lines + [f"audiobook {clean(file)}{'' if Path(file).exists() else ' (not there now)'}" for file in job.files]


def _sound(job: "JobSummary") -> str:
    from swarm.voice.language import language_name

    speed = "" if job.speed == 1.0 else f" at speed {job.speed}"
    return f"{language_name(job.language)} by {job.engine}, voice {job.voice}{speed}"


def _chapters(titles: tuple[str, ...]) -> str:
    from swarm.watch.text import clean, count_text

    shown = titles if len(titles) <= FEW else (titles[0], "...", titles[-1])
    return f"{count_text(len(titles), 'chapter')} ({', '.join(map(clean, shown))})"
