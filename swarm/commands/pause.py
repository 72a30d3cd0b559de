"""`e2a-swarm pause` and its like: order something of a book of the queue, or of a machine, from any seat."""

import argparse
from typing import NamedTuple

from swarm.commands import checks
from swarm.commands.output import say, warn
from swarm.config import state_folder
from swarm.errors import EXIT_DONE

BOOK = "the number, title or file name of a book, as `e2a-swarm status` lists it"
MACHINE = "the name of a machine"
EITHER = f"{BOOK}; or {MACHINE}"


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


def run(arguments: argparse.Namespace) -> int:
    """Give the order; return the exit code. Raises UsageError, EnvironmentFault."""
    from swarm.net.client import Seat, give_order
    from swarm.system.platform import run_loop

    count = checks.whole("N", arguments.count, 0, 10_000) if DEEDS[arguments.action].number else 0
    seat = Seat(state_folder(arguments.state_dir), arguments.coordinator, arguments.open)
    say(run_loop(give_order(seat, arguments.action, arguments.target, count, warn)))
    return EXIT_DONE
