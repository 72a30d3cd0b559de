"""`e2a-swarm take-over`: coordinate a job whose coordinator is gone."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from swarm.commands import options
from swarm.commands import parser as checks
from swarm.commands.audiobook_options import add_style_options, style_config
from swarm.commands.options import add_log_option, open_trace
from swarm.commands.output import warn
from swarm.commands.parser import shorten
from swarm.config import STANDBY, CoordinateConfig, RenderConfig, state_folder
from swarm.errors import EnvironmentFault, UsageError

if TYPE_CHECKING:
    from swarm.job.store.summary import JobSummary

EXAMPLES = checks.examples(
    "e2a-swarm take-over                      the only book that is not finished",
    "e2a-swarm take-over moby-dick-1a2b3c4d5e",
    "e2a-swarm take-over --from /mnt/laptop/e2a-swarm",
)

COMMON = ("JOB", "--from", "--output-dir", "--output-format", "--split", "--port", "--state-dir", "--quiet")


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the parser of `take-over`."""
    parser = commands.add_parser(
        "take-over",
        help="coordinate a book whose coordinator is gone",
        description="Coordinate a book from a copy of its job: from the state folder of the machine that had it. The "
        "workers follow; the old coordinator stops if it comes back.",
        epilog=EXAMPLES,
    )
    job = parser.add_argument_group("job")
    job.add_argument("job", metavar="JOB", nargs="?", default="", help="its name, as `e2a-swarm jobs` shows it")
    job.add_argument(
        "--from",
        dest="source",
        metavar="FOLDER",
        default="",
        help="the state folder that has the job (default: the copies of a standby, else this machine's own)",
    )
    job.add_argument("--output-dir", metavar="DIR", default=".", help="where the audiobook goes (default: here)")
    job.add_argument("--allow-sleep", action="store_true", help="let this machine go to sleep while it works")
    options.add_state_option(job)
    add_style_options(parser)
    options.add_network_options(parser)
    terminal = parser.add_argument_group("terminal")
    options.add_output_options(terminal, json="print progress and the result as JSON lines")
    add_log_option(terminal)
    shorten(parser, "[OPTION...] [JOB]", COMMON, "tags, loudness, subtitles, network, ...")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Take a job over and coordinate it; return the exit code. Raises SwarmError."""
    from swarm.coordinator.coordination import coordinate
    from swarm.job.store.store import BOOK
    from swarm.system.platform import run_loop
    from swarm.watch.progress import make_progress
    from swarm.watch.service import Service

    state_dir = state_folder(arguments.state_dir)
    source, job = _find(state_dir, arguments)
    _check_swarm(state_dir, is_open=arguments.open)
    if source != state_dir:
        warn(_adopt(state_dir, source, job))
    render = RenderConfig(
        books=(state_dir / "jobs" / job / BOOK,),
        output_dir=Path(arguments.output_dir).expanduser(),
        state_dir=state_dir,
        style=style_config(arguments),
        take_over=job,
        allow_sleep=arguments.allow_sleep,
    )
    config: CoordinateConfig = options.coordinate_config(arguments, render)
    service = Service()
    progress = service.watch(make_progress(options.progress_mode(arguments)))
    with open_trace(arguments) as trace:
        return run_loop(coordinate(config, progress, service, trace))


def _check_swarm(state_dir: Path, *, is_open: bool) -> None:
    """Raise EnvironmentFault where this machine is in no swarm: it would begin one of its own, without workers."""
    from swarm.net.identity.keys import load_key

    if not is_open and load_key(state_dir) is None:
        raise EnvironmentFault(
            f"This machine is in no swarm (no key in {state_dir}), so no worker would follow it: run `e2a-swarm join "
            "CODE` with the code that `e2a-swarm key` shows on a machine of the swarm; `e2a-swarm key --make` begins a "
            "new one."
        )


def _find(state_dir: Path, arguments: argparse.Namespace) -> tuple[Path, str]:
    """Return the state folder that has the job, and the job's name. Raises UsageError, StoreError."""
    if arguments.source:
        folders = [Path(arguments.source).expanduser().absolute()]
        if not (folders[0] / "jobs").is_dir():
            raise UsageError(f"--from {folders[0]} is no state folder: it has no folder `jobs`.")
    else:
        folders = [state_dir / STANDBY, state_dir]
    found = [(folder, job) for folder in folders for job in _jobs(folder)]
    named = [(folder, job.job) for folder, job in found if arguments.job == job.job or _is_open(arguments.job, job)]
    if len({job for _, job in named}) > 1:
        names = ", ".join(dict.fromkeys(job for _, job in named))
        raise UsageError(f"Several books are not finished: name one of {names}.")
    if not named:
        what = f"no job {arguments.job!r}" if arguments.job else "no unfinished job"
        raise UsageError(f"There is {what} in {' or '.join(map(str, folders))}; --from names another state folder.")
    return named[0]


def _is_open(name: str, job: "JobSummary") -> bool:
    return not name and not job.finished


def _jobs(folder: Path) -> "list[JobSummary]":
    from swarm.job.store.store import list_jobs

    return list_jobs(folder) if (folder / "jobs").is_dir() else []


def _adopt(state_dir: Path, source: Path, job: str) -> str:
    """Take the job into this machine's state folder; return a line for the user. Raises StoreError."""
    from swarm.job.store.store import DiskStore
    from swarm.standby.adopt import adopt_job

    store = DiskStore(state_dir)
    try:
        adopted = adopt_job(store, source, job)
    finally:
        store.close()
    lost = f"; {adopted.lost} clips are gone and spoken again" if adopted.lost else ""
    return f"{adopted.title}: {adopted.clips} of {adopted.sentences} sentences are in the copy{lost}"
