"""`e2a-swarm status`: ask every coordinator of the swarm what it is doing."""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from swarm.commands import option
from swarm.commands.output import say, say_json, warn
from swarm.config import state_folder
from swarm.errors import EXIT_DONE, EXIT_ENVIRONMENT
from swarm.net.client import Answer, Seat, ask_swarm, give_order
from swarm.server.queue_parts import latest_queues
from swarm.standby.adopt import OpenCopy, followed_s, open_copies
from swarm.system.platform import run_loop
from swarm.system.text import duration_text
from swarm.watch.terminal import terminal_columns
from swarm.watch.view import standing_lines
from swarm.watch.words import worded_status

NO_COORDINATOR = (
    "no coordinator of this swarm answers; `e2a-swarm coordinate BOOK` starts one. "
    "`e2a-swarm jobs` lists the books of this machine. If a coordinator died, `e2a-swarm take-over` on a machine that "
    "kept copies goes on with its books."
)


def run(arguments: argparse.Namespace) -> int:
    """Ask the coordinators and print their answers; return the exit code."""
    state_dir = state_folder(arguments.state_dir)
    search = ask_swarm(state_dir, coordinator=arguments.coordinator, is_open=arguments.open, say=warn)
    answers = [each._replace(reply=each.reply and worded_status(each.reply)) for each in run_loop(search)]
    copies = [] if any(answer.reply for answer in answers) else copy_lines(state_dir)
    if arguments.json:
        say_json([answer.reply for answer in answers if answer.reply])
        for line in copies:
            warn(line)
    else:
        say(*answer_lines(answers, copies))
    return EXIT_DONE if all(answer.reply for answer in answers) and not copies else EXIT_ENVIRONMENT


def copy_lines(state_dir: Path) -> list[str]:
    """Return a line for each copy on this machine that is not finished, for where no coordinator answers."""
    queues = [queue for queue in latest_queues(state_dir) if queue.to_speak and queue.source != state_dir]
    copies = [OpenCopy(queue.name, queue.title, followed_s(queue.source)) for queue in queues]
    copies += [copy for copy in open_copies(state_dir) if not any(copy.name in queue.was for queue in queues)]
    return [
        f"this machine has a copy of {copy.title}, {age_text(copy)}: "
        f"`e2a-swarm take-over{f' {copy.name}' if len(copies) > 1 else ''}` goes on with it"
        for copy in copies
    ]


def age_text(copy: OpenCopy) -> str:
    """Return how old a copy is, in words."""
    return f"{duration_text(time.time() - copy.followed_s)} old" if copy.followed_s else "not whole yet"


def answer_lines(answers: list[Answer], copies: Sequence[str] = ()) -> list[str]:
    """Return the answers as lines for people, or a line that no coordinator answers; then those of copies here."""
    columns = terminal_columns(sys.stdout) if sys.stdout.isatty() else 0
    lines: list[str] = []
    for answer in answers:
        nothing = [answer.refusal or f"no coordinator answers at {answer.address}"]
        lines += ["", *(standing_lines(answer.reply, answer.address, columns) if answer.reply else nothing)]
    return [*(lines[1:] or [NO_COORDINATOR.partition(";")[0] if copies else NO_COORDINATOR]), *copies]


def run_order(arguments: argparse.Namespace) -> int:
    """Give the order; return the exit code. Raises UsageError, EnvironmentFault."""
    count = option.whole("N", arguments.count, 0, 10_000) if "count" in arguments else 0
    seat = Seat(state_folder(arguments.state_dir), arguments.coordinator, arguments.open)
    say(run_loop(give_order(seat, arguments.action, arguments.target, count, warn)))
    return EXIT_DONE
