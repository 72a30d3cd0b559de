"""`e2a-swarm coordinate`: share books with the machines of the swarm."""

import argparse

from swarm.commands.book_config import render_config
from swarm.commands.machine_config import coordinate_config, open_trace, progress_mode
from swarm.errors import NoBooks


def run(arguments: argparse.Namespace) -> int:
    """Coordinate the books; return the exit code."""
    from swarm.coordinator.coordination import coordinate
    from swarm.system.platform import run_loop
    from swarm.watch.progress import make_progress
    from swarm.watch.service import Service

    service = Service()
    try:
        config = coordinate_config(arguments, render_config(arguments))
    except NoBooks as fault:
        service.has_nothing_to_do(str(fault))
        raise
    progress = service.watch(make_progress(progress_mode(arguments)))
    with open_trace(arguments) as trace:
        return run_loop(coordinate(config, progress, service, trace))
