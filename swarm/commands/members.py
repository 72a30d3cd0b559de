"""`e2a-swarm members`: who is in the swarm; put one machine out."""

import argparse
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from swarm.commands.checks import examples
from swarm.commands.options import add_state_option
from swarm.commands.output import say, say_json
from swarm.config import state_folder
from swarm.errors import EXIT_DONE, EnvironmentFault, UsageError

if TYPE_CHECKING:
    from swarm.net.membership import Member
    from swarm.net.papers import Papers
    from swarm.net.papers_file import Applicant

USAGE = """e2a-swarm members [OPTION...]
       e2a-swarm members approve NAME
       e2a-swarm members remove NAME"""
NOBODY = (
    "nobody is known to be a member yet: machines enrol by themselves when they next meet a coordinator of this swarm"
)


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the parser of `members`."""
    parser = commands.add_parser(
        "members",
        help="show who is in the swarm, or put a machine out",
        usage=USAGE,
        description="Show the machines of the swarm, as this one knows them: name, since when, last seen, fingerprint "
        "of its key, and which member admitted it. `members remove NAME`, on the keeper's machine, puts one out at "
        "once: the swarm gets a new code, which all other members get by themselves.",
        epilog=examples("e2a-swarm members", "e2a-swarm members --json", "e2a-swarm members remove old-laptop"),
    )
    parser.add_argument("--json", action="store_true", help="print as JSON")
    add_state_option(parser)
    parser.set_defaults(run=run)
    actions = parser.add_subparsers(metavar="approve, remove", prog="e2a-swarm members")
    approve = actions.add_parser(
        "approve",
        description="Let a machine in that waits at a coordinator of this machine, which was started with --approve.",
        epilog=examples("e2a-swarm members approve new-laptop", "e2a-swarm members approve 0123456789abcdef"),
    )
    approve.add_argument("name", metavar="NAME", help="its name or fingerprint, as `e2a-swarm members` prints it")
    approve.add_argument("--state-dir", metavar="DIR", default=argparse.SUPPRESS, help="the folder with the key")
    approve.set_defaults(run=run_approve)
    remove = actions.add_parser(
        "remove",
        description="Put a machine out of the swarm at once. This is for the keeper's machine: the one whose "
        "coordinator the first other machine met. The swarm gets a new code, and all other members get it by "
        "themselves, as soon as they are in reach.",
        epilog=examples("e2a-swarm members remove old-laptop", "e2a-swarm members remove 0123456789abcdef"),
    )
    remove.add_argument("name", metavar="NAME", help="its name or fingerprint, as `e2a-swarm members` prints it")
    remove.add_argument("--state-dir", metavar="DIR", default=argparse.SUPPRESS, help="the folder with the key")
    remove.set_defaults(run=run_remove)


def run_remove(arguments: argparse.Namespace) -> int:
    """Remove a member; return the exit code. Raises UsageError, EnvironmentFault."""
    say(*_remove(_papers(state_folder(arguments.state_dir)), arguments.name))
    return EXIT_DONE


def run_approve(arguments: argparse.Namespace) -> int:
    """Let a machine in that waits; return the exit code. Raises UsageError, EnvironmentFault."""
    papers = _papers(state_folder(arguments.state_dir))
    waiting = _one_of(papers.applicants, arguments.name, "No machine waits under the name")
    if not papers.admit(waiting.key, waiting.name):
        raise EnvironmentFault(f"{waiting.name} was removed, or this machine is no member yet; it cannot let it in.")
    say(f"{waiting.name} is a member now.")
    return EXIT_DONE


def run(arguments: argparse.Namespace) -> int:
    """Show the members; return the exit code. Raises EnvironmentFault."""
    papers = _papers(state_folder(arguments.state_dir))
    if arguments.json:
        say_json([_facts(papers, member) for member in _sorted(papers)])
    else:
        say(*member_lines(papers, time.time()))
    return EXIT_DONE


def _papers(state_dir: Path) -> "Papers":
    from swarm.net.keys import load_key, no_key
    from swarm.net.papers import Papers

    key = load_key(state_dir)
    if key is None:
        raise EnvironmentFault(no_key())
    return Papers(state_dir, key)


Named = TypeVar("Named", "Member", "Applicant")


def _one_of(machines: "Sequence[Named]", name: str, none: str) -> "Named":
    """Return the machine of a name or fingerprint. Raises UsageError."""
    from swarm.net.membership import fingerprint

    found = [each for each in machines if name in (each.name, fingerprint(each.key))]
    if not found:
        raise UsageError(f"{none} {name!r}: `e2a-swarm members` lists them.")
    if len(found) > 1:
        prints = ", ".join(fingerprint(each.key) for each in found)
        raise UsageError(f"Several machines are called {name}: give the fingerprint of one, {prints}.")
    return found[0]


def _sorted(papers: "Papers") -> "list[Member]":
    return sorted(papers.members.values(), key=lambda member: (member.since_s, member.name))


def _facts(papers: "Papers", member: "Member") -> dict[str, object]:
    from swarm.net.membership import fingerprint

    return {
        "name": member.name,
        "since_s": member.since_s,
        "seen_s": papers.seen_s.get(member.key.hex()),
        "fingerprint": fingerprint(member.key),
        "admitted_by": _admitter(papers, member),
        "this_machine": member.key == papers.card,
    }


def _admitter(papers: "Papers", member: "Member") -> str:
    by = papers.members.get(member.by)
    return by.name if by else "the keeper"


def member_lines(papers: "Papers", now: float) -> list[str]:
    """Return the members as lines for people."""
    from swarm.net.membership import fingerprint
    from swarm.watch.text import duration_text

    if not papers.members:
        return [NOBODY, *_waiting_lines(papers)]
    rows = [("name", "since", "last seen", "fingerprint", "admitted by")]
    for member in _sorted(papers):
        seen_s = papers.seen_s.get(member.key.hex())
        seen = "this machine" if member.key == papers.card else "-"
        if seen_s is not None and member.key != papers.card:
            seen = f"{duration_text(max(0.0, now - seen_s))} ago"
        since = datetime.fromtimestamp(member.since_s).strftime("%Y-%m-%d")
        rows.append((member.name, since, seen, fingerprint(member.key), _admitter(papers, member)))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(word.ljust(width) for word, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return [*lines, *_waiting_lines(papers)]


def _waiting_lines(papers: "Papers") -> list[str]:
    from swarm.net.membership import fingerprint

    return [
        f"{each.name} (fingerprint {fingerprint(each.key)}) waits: `e2a-swarm members approve {each.name}` lets it in"
        for each in papers.applicants
    ]


def _remove(papers: "Papers", name: str) -> list[str]:
    """Remove a member; return what to tell. Raises UsageError, EnvironmentFault."""
    member = _one_of(_sorted(papers), name, "There is no member")
    if member.key == papers.card:
        raise UsageError("This machine cannot remove itself: `e2a-swarm key --rotate` begins another swarm here.")
    papers.remove(member.key)
    return [
        f"{member.name} is removed: coordinators of this machine put it out now, others when they hear of it.",
        "All other members get the new code by themselves; a new machine joins with it:",
        "",
        f"  e2a-swarm join {papers.key.code}",
    ]
