"""`e2a-swarm convert`: turn books into audiobooks on this machine alone."""

import argparse

from swarm.commands.book_config import render_config
from swarm.commands.machine_config import asked_devices, open_trace, prepare_voices, progress_mode
from swarm.commands.output import warn
from swarm.config import RenderConfig
from swarm.errors import UsageError


def run(arguments: argparse.Namespace) -> int:
    """Convert the books; return the exit code."""
    return run_with(arguments, render_config(arguments))


def run_with(arguments: argparse.Namespace, config: RenderConfig) -> int:
    """Convert by a config on the devices that the arguments name; return the exit code. Raises UsageError."""
    if config.min_workers > 1:
        raise UsageError("--min-workers: convert has only its own worker; `e2a-swarm coordinate` waits for others.")
    from swarm.worker.devices import read_slots

    slots = read_slots("--workers", arguments.workers)
    asked = asked_devices(arguments)
    prepare_voices(arguments)
    from swarm.commands.local_swarm import convert
    from swarm.system.platform import run_loop
    from swarm.watch.progress import make_progress
    from swarm.worker.devices import find_devices
    from swarm.worker.engine_processes import Needs

    devices, gpus = find_devices(asked, slots, warn, Needs(config.state_dir).least())
    with open_trace(arguments) as trace:
        return run_loop(convert(config, devices, gpus, make_progress(progress_mode(arguments)), trace))
