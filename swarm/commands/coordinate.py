"""`e2a-swarm coordinate`: share books with the machines of the swarm."""

import argparse
from contextlib import closing
from pathlib import Path

from swarm.commands.book_config import render_config, style_config, words_of
from swarm.commands.command_table import SERVE, TAKE_OVER
from swarm.commands.machine_config import coordinate_config, open_trace, progress_mode
from swarm.commands.option import Sheet, option_parser
from swarm.commands.option_table import ALLOW_SLEEP, OUTPUT_DIR, STATE_DIR
from swarm.commands.output import warn
from swarm.config import QUEUE, STANDBY, CoordinateConfig, RenderConfig, state_folder
from swarm.coordinator.coordination import coordinate
from swarm.errors import EnvironmentFault, NoBooks, UsageError
from swarm.job.store.store import BOOK, DiskStore, list_jobs
from swarm.net.identity.keys import load_key
from swarm.server.queue import FILE
from swarm.server.queue_parts import Heritage, latest_queues, queues_in, take_queue
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
    """Take a job over and coordinate it, or a queue and serve it; return the exit code. Raises SwarmError."""
    state_dir = state_folder(arguments.state_dir)
    found = _find(state_dir, arguments)
    _check_swarm(state_dir, is_open=arguments.open)
    if found.is_queue:
        return _serve_queue(arguments, state_dir, found)
    source, job = found.source, found.name
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


def _serve_queue(arguments: argparse.Namespace, state_dir: Path, found: Heritage) -> int:
    """Take a queue over, and serve it as the machine before did, unless the options here say otherwise."""
    from swarm.commands import serve  # imported late: the page and its libraries take a while

    own = words_of(option_parser(each for each in TAKE_OVER.sheets if each.title != "job"), arguments)
    own += words_of(option_parser([Sheet("job", (ALLOW_SLEEP, STATE_DIR, OUTPUT_DIR))]), arguments)
    named = {word.partition("=")[0] for word in own}
    settings = take_queue(state_dir, found, named, Path(arguments.output_dir).expanduser(), warn)
    if left := [option for option in settings.left if option not in named]:
        warn(f"not taken from the machine before: {', '.join(left)}; give them here if they shall hold")
    files = (f"{option}={path}" for option, path in settings.files.items() if path)
    parser = option_parser(SERVE.sheets)
    # The machine before left its own options out; a copy may come from one that did not.
    kept = serve.kept_words(parser.parse_args(list(settings.words), argparse.Namespace(**SERVE.values)))
    words = (*kept, *files, *own)
    return serve.run(parser.parse_args(list(words), argparse.Namespace(**SERVE.values)))


def _check_swarm(state_dir: Path, *, is_open: bool) -> None:
    """Raise EnvironmentFault where this machine is in no swarm: it would begin one of its own, without workers."""
    if not is_open and load_key(state_dir) is None:
        raise EnvironmentFault(
            f"This machine is in no swarm (no key in {state_dir}), so no worker would follow it: run `e2a-swarm join "
            "CODE` with the code that `e2a-swarm key` shows on a machine of the swarm; `e2a-swarm key --make` begins a "
            "new one."
        )


def _find(state_dir: Path, arguments: argparse.Namespace) -> Heritage:
    """Return what is to be taken over. Raises UsageError, StoreError."""
    if arguments.source:
        folders = [Path(arguments.source).expanduser().absolute()]
        if not (folders[0] / "jobs").is_dir() and not (folders[0] / QUEUE / FILE).is_file():
            raise UsageError(f"--from {folders[0]} is no state folder: it has no folder `jobs`.")
        queues = queues_in(folders[0])
    else:
        folders = [state_dir / STANDBY, state_dir]
        queues = latest_queues(state_dir, arguments.job)
    jobs = [(folder, job) for folder in folders for job in list_jobs(folder)]
    fitting = [Heritage(job.job, folder, folder) for folder, job in jobs if arguments.job or not job.finished]
    if not arguments.job:
        fitting = [each for each in fitting if not any(each.name in queue.was for queue in queues)]
        queues = [queue for queue in queues if queue.to_speak]
    named = [each for each in (*queues, *fitting) if arguments.job in ("", each.name)]
    if len({each.name for each in named}) > 1:
        names = ", ".join(dict.fromkeys(each.name for each in named))
        what = "queues and books" if queues else "books"
        raise UsageError(f"Several {what} are not finished: name one of {names}.")
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
