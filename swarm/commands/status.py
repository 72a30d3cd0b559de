"""`e2a-swarm status`: ask every coordinator of the swarm what it is doing."""

import argparse
import sys
from typing import TYPE_CHECKING

from swarm.commands.options import add_coordinator_options, add_state_option
from swarm.commands.output import say, say_json, warn
from swarm.commands.parser import examples
from swarm.config import state_folder
from swarm.errors import EXIT_DONE, EXIT_ENVIRONMENT

if TYPE_CHECKING:
    from swarm.net.client import Answer

NO_COORDINATOR = (
    "no coordinator of this swarm answers; `e2a-swarm coordinate BOOK` starts one. "
    "`e2a-swarm jobs` lists the books of this machine."
)


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the parser of `status`."""
    parser = commands.add_parser(
        "status",
        help="show what every coordinator of the swarm is doing",
        description="Ask every coordinator of this machine's swarm what it and its workers are doing. A `convert` "
        "works alone and is none of them: `e2a-swarm jobs` lists it. "
        "Exit code 0, even if none is found; 69 if the one of --coordinator does not answer, or if this machine has "
        "no key and --open is not given.",
        epilog=examples(
            "e2a-swarm status", "e2a-swarm status --json", "e2a-swarm status --coordinator laptop.local:5847"
        ),
    )
    parser.add_argument("--json", action="store_true", help="print a JSON list with an entry for each coordinator")
    add_coordinator_options(parser)
    add_state_option(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Ask the coordinators and print their answers; return the exit code."""
    from swarm.net.client import ask_swarm
    from swarm.system.platform import run_loop

    state_dir = state_folder(arguments.state_dir)
    search = ask_swarm(state_dir, coordinator=arguments.coordinator, is_open=arguments.open, say=warn)
    answers = run_loop(search)
    if arguments.json:
        say_json([answer.reply for answer in answers if answer.reply])
    else:
        say(*answer_lines(answers))
    return EXIT_DONE if all(answer.reply for answer in answers) else EXIT_ENVIRONMENT


def answer_lines(answers: "list[Answer]") -> list[str]:
    """Return the answers as lines for people, or a line that no coordinator answers."""
    from swarm.watch.terminal import terminal_columns
    from swarm.watch.view import standing_lines

    columns = terminal_columns(sys.stdout) if sys.stdout.isatty() else 0
    lines: list[str] = []
    for answer in answers:
        nothing = [answer.refusal or f"no coordinator answers at {answer.address}"]
        lines += ["", *(standing_lines(answer.reply, answer.address, columns) if answer.reply else nothing)]
    return lines[1:] or [NO_COORDINATOR]
