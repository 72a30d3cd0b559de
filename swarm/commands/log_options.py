"""The option --log, and the log that it opens."""

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from swarm.commands.output import warn
from swarm.config import ENV_LOG

if TYPE_CHECKING:
    from swarm.trace.recorder import Trace


def add_log_option(parser: argparse._ActionsContainer) -> None:
    """Add --log, which `open_trace` reads."""
    parser.add_argument(
        "--log",
        metavar="FILE",
        default="",
        help="write every message and decision, for `e2a-swarm log` (default: $E2A_SWARM_LOG, or no log)",
    )


def open_trace(arguments: argparse.Namespace) -> "Trace":
    """Open the log that --log or E2A_SWARM_LOG names, if any. Raises UsageError if it cannot be written."""
    from swarm.trace.log_file import open_log
    from swarm.trace.recorder import NO_TRACE, Trace

    named = arguments.log.strip() or os.environ.get(ENV_LOG, "").strip()
    if not named:
        return NO_TRACE
    path = Path(named).expanduser()
    log = open_log(path)
    if log.path != path.resolve() and not getattr(arguments, "quiet", False):
        warn(f"log: {path.with_name(log.path.name)} ({path.name} is another process's)")
    return Trace(log)
