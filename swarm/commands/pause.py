"""`e2a-swarm pause` and its like: order something of a book of the queue, or of a machine, from any seat."""

import argparse
from typing import NamedTuple

from swarm.commands import options
from swarm.commands import parser as checks
from swarm.commands.output import say, warn
from swarm.config import state_folder
from swarm.errors import EXIT_DONE

BOOK = "the number, title or file name of a book, as `e2a-swarm status` lists it"
MACHINE = "the name of a machine"
EITHER = f"{BOOK}; or {MACHINE}"
LINE = "pause a book or machine; also: resume, move, cancel, drain, limit, remove"
SEATS = "It works from any machine of the swarm; `work --no-orders` lets the owner of a machine refuse it."


class Deed(NamedTuple):
    """One command: what it does, what it takes, and an example."""

    about: str
    target: str
    example: str
    number: str = ""  # the help of a number that it takes


DEEDS = {
    "pause": Deed("Pause a book of the queue, or a machine.", EITHER, "pause 3"),
    "resume": Deed("Let a book or a machine go on; take up a book that failed or was cancelled.", EITHER, "resume 3"),
    "move": Deed("Move a book of the queue.", BOOK, "move 3 1", "its new place among those that wait (default: 1)"),
    "cancel": Deed("Stop speaking a book. What is spoken of it stays.", BOOK, "cancel 3"),
    "drain": Deed("Let a machine finish its sentences and leave the swarm.", MACHINE, "drain attic"),
    "limit": Deed("Let a machine speak with fewer slots.", MACHINE, "limit attic 2", "how many slots may speak"),
    "remove": Deed("Take a book off the list of the queue.", BOOK, "remove 3"),
}


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the parsers of `pause`, `resume`, `move`, `cancel`, `drain`, `limit` and `remove`."""
    for name, deed in DEEDS.items():
        about, examples = f"{deed.about} {SEATS}", checks.examples(f"e2a-swarm {deed.example}")
        if name == "pause":  # one line stands for all in the list of commands
            parser = commands.add_parser(name, help=LINE, description=about, epilog=examples)
        else:
            parser = commands.add_parser(name, description=about, epilog=examples)
        parser.add_argument("target", metavar="WHAT", help=deed.target)
        if deed.number:
            needed = None if name == "limit" else "?"
            parser.add_argument("count", metavar="N", nargs=needed, default="1", help=deed.number)
        options.add_coordinator_options(parser)
        options.add_state_option(parser)
        parser.set_defaults(run=run, action=name)


def run(arguments: argparse.Namespace) -> int:
    """Give the order; return the exit code. Raises UsageError, EnvironmentFault."""
    from swarm.net.client import Seat, give_order
    from swarm.system.platform import run_loop

    count = checks.whole("N", arguments.count, 0, 10_000) if DEEDS[arguments.action].number else 0
    seat = Seat(state_folder(arguments.state_dir), arguments.coordinator, arguments.open)
    say(run_loop(give_order(seat, arguments.action, arguments.target, count, warn)))
    return EXIT_DONE
