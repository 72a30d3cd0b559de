"""`e2a-swarm doctor`: check what a coordinator and a worker need on this machine."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from swarm.commands.machine_config import place_engines
from swarm.commands.output import say, say_json, say_verdict
from swarm.config import state_folder
from swarm.errors import EXIT_DONE, EXIT_ENVIRONMENT

if TYPE_CHECKING:
    from swarm.voice.engine import Check

Show = Callable[["Check"], None]

INDENT = 6  # columns of the verdict


def run(arguments: argparse.Namespace) -> int:
    """Run the checks and print the result of each; return the exit code."""
    place_engines(arguments)
    show = (lambda check: None) if arguments.json else _show
    folder = state_folder(arguments.state_dir)
    found = _check_engine(arguments.engine, folder, show) if arguments.engine else _check_machine(folder, show)
    if arguments.json:
        say_json([check._asdict() for check in found])
    return EXIT_ENVIRONMENT if any(check.verdict == "fail" for check in found) else EXIT_DONE


def _check_machine(folder: Path, show: Show) -> "list[Check]":
    from swarm.commands.doctor_checks import check_all

    found = []
    for check in check_all(folder):
        found.append(check)
        show(check)
    return found


def _check_engine(word: str, folder: Path, show: Show) -> "list[Check]":
    """Run the checks of one engine. Raises EngineUnknown, EnvironmentFault."""
    from swarm.commands.conformance import Conformance
    from swarm.system.platform import run_loop
    from swarm.voice.host.registry import engine_for

    found = []

    async def check_all() -> None:
        async for check in Conformance(engine_for(word.lower()).card.name, folder).checks():
            found.append(check)
            show(check)

    run_loop(check_all())
    return found


def _show(check: "Check") -> None:
    say_verdict(check.verdict, f"{check.name}: {check.text}", INDENT)
    if check.remedy:
        say(f"{'':<{INDENT}}{check.remedy}")
