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


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the command."""
    parser = commands.add_parser(
        "jobs",
        help=SUMMARY,
        description="A job is one book in one voice. It stays here until it is removed, so that the same command "
        "resumes it, and so that a new edition speaks only what is new.",
        epilog=examples("e2a-swarm jobs", "e2a-swarm jobs --json", "e2a-swarm jobs remove NAME"),
    )
    parser.add_argument("--json", action="store_true", help="print the list as JSON")
    add_state_option(parser)
    parser.set_defaults(run=run)
    actions = parser.add_subparsers(metavar="remove NAME...")
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
    found = list_jobs(state_folder(arguments.state_dir))
    if arguments.json:
        say_json([job._asdict() for job in found])
    else:
        say(*job_lines(found))
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
    from swarm.watch.text import bytes_text, clean, count_text

    lines = []
    for job in found:
        lines.append(job.job)
        if job.trouble:
            lines.append(f"  {job.trouble} ({bytes_text(job.disk_bytes)})")
            continue
        state = "finished" if job.finished else f"{count_text(job.accepted, 'sentence')} spoken, not finished"
        lines.append(f"  {clean(job.title)}: {state}, {bytes_text(job.disk_bytes)}")
        lines.append(f"  from {clean(job.source)}")
    return lines
