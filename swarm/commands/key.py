"""`e2a-swarm key`: show, make or rotate the key of the swarm that this machine is in."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from swarm.commands.checks import examples
from swarm.commands.options import add_state_option
from swarm.commands.output import say, say_json
from swarm.config import state_folder
from swarm.errors import EXIT_DONE, EnvironmentFault

if TYPE_CHECKING:
    from swarm.net.keys import SwarmKey

SUMMARY = "show, make or rotate the key of this machine's swarm"


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the parser of `key`."""
    parser = commands.add_parser(
        "key",
        help=SUMMARY,
        description="A machine with the key can join the swarm and read its books: show it to friends only. "
        "After a rotation every machine has to join again with the new code.",
        epilog=examples("e2a-swarm key", "e2a-swarm key --code", "e2a-swarm key --make", "e2a-swarm key --rotate"),
    )
    actions = parser.add_mutually_exclusive_group()
    actions.add_argument("--make", action="store_true", help="make a key if this machine has none")
    actions.add_argument("--rotate", action="store_true", help="replace the key by a new one")
    shapes = parser.add_mutually_exclusive_group()
    shapes.add_argument("--code", action="store_true", help="print only the code")
    shapes.add_argument("--json", action="store_true", help="print as JSON")
    add_state_option(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Show, make or rotate the key; return the exit code. Raises EnvironmentFault."""
    from swarm.net.keys import key_file, swarm_id

    folder = state_folder(arguments.state_dir)
    had_key = key_file(folder).exists()
    key = _key(folder, make=arguments.make, rotate_it=arguments.rotate)
    if arguments.json:
        say_json({"swarm": swarm_id(key), "code": key.code})
    elif arguments.code:
        say(key.code)
    else:
        say(f"swarm {swarm_id(key)}; on each other machine run once:", "", f"  e2a-swarm join {key.code}")
        if arguments.rotate and had_key:
            say(
                "",
                "Machines with the old key are shut out. They can join again with --replace.",
                "Running commands keep the old key until they end.",
            )
    return EXIT_DONE


def _key(state_dir: Path, *, make: bool, rotate_it: bool) -> "SwarmKey":
    from swarm.net.keys import load_key, obtain_key, rotate

    if rotate_it:
        return rotate(state_dir)
    if make:
        return obtain_key(state_dir)[0]
    key = load_key(state_dir)
    if key is None:
        raise EnvironmentFault(
            f"This machine is in no swarm yet (no key in {state_dir}): `e2a-swarm key --make` starts a new one, "
            "`e2a-swarm join CODE` enters one."
        )
    return key
