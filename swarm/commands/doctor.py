"""`e2a-swarm doctor`: check what a coordinator and a worker need on this machine."""

import argparse

from swarm.commands.checks import examples
from swarm.commands.engine_options import add_machine_options, place_engines
from swarm.commands.options import add_state_option
from swarm.commands.output import say, say_json, say_verdict
from swarm.config import state_folder
from swarm.errors import EXIT_DONE, EXIT_ENVIRONMENT

INDENT = 6  # columns of the verdict


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the parser of `doctor`."""
    parser = commands.add_parser(
        "doctor",
        help="check what would stop this machine from working, with remedies",
        description="Check what a coordinator and a worker need. Exit code 0: nothing is missing; 69: something is.",
        epilog=examples("e2a-swarm doctor", "e2a-swarm doctor --json"),
    )
    parser.add_argument("--json", action="store_true", help="print a JSON list of {name, verdict, text, remedy}")
    add_state_option(parser)
    add_machine_options(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the checks and print the result of each; return the exit code."""
    from swarm.node.doctor import check_all

    place_engines(arguments)
    found = []
    for check in check_all(state_folder(arguments.state_dir)):
        found.append(check)
        if not arguments.json:
            say_verdict(check.verdict, f"{check.name}: {check.text}", INDENT)
            if check.remedy:
                say(f"{'':<{INDENT}}{check.remedy}")
    if arguments.json:
        say_json([check._asdict() for check in found])
    return EXIT_ENVIRONMENT if any(check.verdict == "fail" for check in found) else EXIT_DONE
