"""`e2a-swarm coordinate`: share books with the machines of the swarm."""

import argparse
from contextlib import closing
from pathlib import Path

from swarm.commands.book_config import render_config, style_config
from swarm.commands.machine_config import coordinate_config, open_trace, progress_mode
from swarm.commands.output import warn
from swarm.config import STANDBY, CoordinateConfig, RenderConfig, state_folder
from swarm.coordinator.coordination import coordinate
from swarm.errors import EnvironmentFault, NoBooks, UsageError
from swarm.job.store.store import BOOK, DiskStore, list_jobs
from swarm.net.identity.keys import load_key
from swarm.standby.adopt import adopt_job
from swarm.system.platform import run_loop
from swarm.watch.progress import make_progress
from swarm.watch.service import Service


def run(arguments: argparse.Namespace) -> int:
    """Coordinate the books; return the exit code."""
    service = Service()
    try:
        config = coordinate_config(arguments, render_config(arguments))
    except NoBooks as fault:
        service.has_nothing_to_do(str(fault))
        raise
    progress = service.watch(make_progress(progress_mode(arguments)))
    with open_trace(arguments) as trace:
        return run_loop(coordinate(config, progress, service, trace))


def run_take_over(arguments: argparse.Namespace) -> int:
    """Take a job over and coordinate it; return the exit code. Raises SwarmError."""
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
    config: CoordinateConfig = coordinate_config(arguments, render)
    service = Service()
    progress = service.watch(make_progress(progress_mode(arguments)))
    with open_trace(arguments) as trace:
        return run_loop(coordinate(config, progress, service, trace))


def _check_swarm(state_dir: Path, *, is_open: bool) -> None:
    """Raise EnvironmentFault where this machine is in no swarm: it would begin one of its own, without workers."""
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
    found = [(folder, job) for folder in folders for job in list_jobs(folder)]
    fitting = [(folder, job.job) for folder, job in found if arguments.job or not job.finished]
    named = [(folder, job) for folder, job in fitting if arguments.job in ("", job)]
    if len({job for _, job in named}) > 1:
        names = ", ".join(dict.fromkeys(job for _, job in named))
        raise UsageError(f"Several books are not finished: name one of {names}.")
    if not named:
        what = f"no job {arguments.job!r}" if arguments.job else "no unfinished job"
        raise UsageError(f"There is {what} in {' or '.join(map(str, folders))}; --from names another state folder.")
    return named[0]


def _adopt(state_dir: Path, source: Path, job: str) -> str:
    """Take the job into this machine's state folder; return a line for the user. Raises StoreError."""
    with closing(DiskStore(state_dir)) as store:
        adopted = adopt_job(store, source, job)
    lost = f"; {adopted.lost} clips are gone and spoken again" if adopted.lost else ""
    return f"{adopted.title}: {adopted.clips} of {adopted.sentences} sentences are in the copy{lost}"
