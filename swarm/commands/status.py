"""`e2a-swarm status`: ask every coordinator of the swarm what it is doing."""

import argparse
import sys

from swarm.commands import option
from swarm.commands.output import say, say_json, warn
from swarm.config import state_folder
from swarm.errors import EXIT_DONE, EXIT_ENVIRONMENT
from swarm.net.client import Answer, Seat, ask_swarm, give_order
from swarm.system.platform import run_loop
from swarm.watch.terminal import terminal_columns
from swarm.watch.view import standing_lines
from swarm.watch.words import worded_status

NO_COORDINATOR = (
    "no coordinator of this swarm answers; `e2a-swarm coordinate BOOK` starts one. "
    "`e2a-swarm jobs` lists the books of this machine."
)


def run(arguments: argparse.Namespace) -> int:
    """Ask the coordinators and print their answers; return the exit code."""
    state_dir = state_folder(arguments.state_dir)
    search = ask_swarm(state_dir, coordinator=arguments.coordinator, is_open=arguments.open, say=warn)
    answers = [each._replace(reply=each.reply and worded_status(each.reply)) for each in run_loop(search)]
    if arguments.json:
        say_json([answer.reply for answer in answers if answer.reply])
    else:
        say(*answer_lines(answers))
    return EXIT_DONE if all(answer.reply for answer in answers) else EXIT_ENVIRONMENT


def answer_lines(answers: list[Answer]) -> list[str]:
    """Return the answers as lines for people, or a line that no coordinator answers."""
    columns = terminal_columns(sys.stdout) if sys.stdout.isatty() else 0
    lines: list[str] = []
    for answer in answers:
        nothing = [answer.refusal or f"no coordinator answers at {answer.address}"]
        lines += ["", *(standing_lines(answer.reply, answer.address, columns) if answer.reply else nothing)]
    return lines[1:] or [NO_COORDINATOR]


def run_order(arguments: argparse.Namespace) -> int:
    """Give the order; return the exit code. Raises UsageError, EnvironmentFault."""
    count = option.whole("N", arguments.count, 0, 10_000) if "count" in arguments else 0
    seat = Seat(state_folder(arguments.state_dir), arguments.coordinator, arguments.open)
    say(run_loop(give_order(seat, arguments.action, arguments.target, count, warn)))
    return EXIT_DONE
