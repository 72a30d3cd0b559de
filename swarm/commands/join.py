"""`e2a-swarm join`: enter a swarm with the code that its coordinator shows."""

import argparse
import os
import sys
from pathlib import Path

from swarm.commands.output import say, warn
from swarm.config import ENV_KEY, state_folder
from swarm.errors import EXIT_DONE, EnvironmentFault, UsageError
from swarm.net.addresses import addresses_in, remember_place
from swarm.net.client import ask_of_invite
from swarm.net.identity.keys import join_another, key_file, save_key, saved_key
from swarm.net.identity.swarm_key import MAX_CODE, SwarmKey, read_code, swarm_id
from swarm.system.platform import run_loop
from swarm.watch.words import invite_text

NOT_ASKED = "No coordinator of that swarm is in reach: whether the invite is still open shows when `work` meets one."


def run(arguments: argparse.Namespace) -> int:
    """Keep the key of the swarm; return the exit code. Raises UsageError, EnvironmentFault."""
    try:
        key = read_code(_given_code(arguments.code))
        addresses = addresses_in(key)
    except EnvironmentFault as error:
        raise UsageError(str(error)) from error
    state_dir = state_folder(arguments.state_dir)
    check_place(state_dir, key, replace=arguments.replace)
    answer = run_loop(ask_of_invite(key, arguments.coordinator, warn)) if key.is_invite else None
    if answer and (ended := invite_text(answer.invite, answer.name)):
        raise EnvironmentFault(ended[0].upper() + ended[1:] + ".")
    say(join(state_dir, key, replace=arguments.replace))
    if addresses:
        remember_place(state_dir, swarm_id(key), addresses)
        say("It tries the addresses that the code brought, too.")
    if key.is_invite:
        say(f"{answer.name} lets it in once." if answer else NOT_ASKED)
    return EXIT_DONE


def check_place(state_dir: Path, key: "SwarmKey", *, replace: bool) -> None:
    """Raise EnvironmentFault if this machine is in another swarm."""
    try:
        before = None if replace else saved_key(state_dir)
    except EnvironmentFault as error:
        raise EnvironmentFault(f"{error} Run the same command with --replace to put the new one there.") from error
    if before is not None and before != key:
        raise EnvironmentFault(
            f"This machine is in another swarm already (its key is in {key_file(state_dir)}); "
            "run the same command with --replace to leave that one."
        )


def join(state_dir: Path, key: "SwarmKey", *, replace: bool) -> str:
    """Keep a key; return a line for the user. Raises EnvironmentFault."""
    (join_another if replace else save_key)(state_dir, key)
    hidden = f"; but {ENV_KEY} is set and takes precedence" if os.environ.get(ENV_KEY) else ""
    what = "an invite" if key.is_invite else "the code of its swarm"
    return f"This machine has {what} now{hidden}: run `e2a-swarm work` to speak for it."


def _given_code(words: list[str]) -> str:
    """Return the code from the command line, where it may contain spaces, else from standard input."""
    if words and words != ["-"]:
        return " ".join(words)
    read = sys.stdin.readline(MAX_CODE) if words or not sys.stdin.isatty() else ""
    if not read.strip():
        raise UsageError("Give the code: e2a-swarm join CODE (`e2a-swarm key` shows it on a machine of the swarm).")
    return read
