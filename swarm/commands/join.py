"""`e2a-swarm join`: enter a swarm with the code that its coordinator shows."""

import argparse
import os
import sys
from pathlib import Path

from swarm.commands.output import say
from swarm.config import ENV_KEY, state_folder
from swarm.errors import EXIT_DONE, EnvironmentFault, UsageError
from swarm.net.identity.keys import join_another, key_file, save_key, saved_key
from swarm.net.identity.swarm_key import SwarmKey, read_code

MAX_LINE = 4096


def run(arguments: argparse.Namespace) -> int:
    """Keep the key of the swarm; return the exit code. Raises UsageError, EnvironmentFault."""
    try:
        key = read_code(_given_code(arguments.code))
    except EnvironmentFault as error:
        raise UsageError(str(error)) from error
    say(join(state_folder(arguments.state_dir), key, replace=arguments.replace))
    return EXIT_DONE


def join(state_dir: Path, key: "SwarmKey", *, replace: bool) -> str:
    """Keep a key unless this machine is in another swarm; return a line for the user. Raises EnvironmentFault."""
    try:
        before = None if replace else saved_key(state_dir)
    except EnvironmentFault as error:
        raise EnvironmentFault(f"{error} Run the same command with --replace to put the new one there.") from error
    if before is not None and before != key:
        raise EnvironmentFault(
            f"This machine is in another swarm already (its key is in {key_file(state_dir)}); "
            "run the same command with --replace to leave that one."
        )
    (join_another if replace else save_key)(state_dir, key)
    hidden = f"; but {ENV_KEY} is set and takes precedence" if os.environ.get(ENV_KEY) else ""
    return f"This machine has the code of its swarm now{hidden}: run `e2a-swarm work` to speak for it."


def _given_code(words: list[str]) -> str:
    """Return the code from the command line, where it may contain spaces, else from standard input."""
    if words and words != ["-"]:
        return " ".join(words)
    read = sys.stdin.readline(MAX_LINE) if words or not sys.stdin.isatty() else ""
    if not read.strip():
        raise UsageError("Give the code: e2a-swarm join CODE (`e2a-swarm key` shows it on a machine of the swarm).")
    return read
