"""`e2a-swarm members`: who is in the swarm; put one machine out; let one in that waits."""

import argparse
import time
from datetime import datetime

import msgspec

from swarm.commands.output import say, say_json, warn
from swarm.config import state_folder
from swarm.coordinator.machine_orders import (
    InviteRow,
    MemberList,
    approve,
    identity_of,
    member_list,
    named,
    refuse,
    remove,
    seen_text,
    unite,
)
from swarm.errors import EXIT_DONE
from swarm.net.client import Seat, give_order
from swarm.system.platform import run_loop
from swarm.watch.view import applicant_text

NOBODY = (
    "nobody is known to be a member yet: machines enrol by themselves when they next meet a coordinator of this swarm"
)


def run_remove(arguments: argparse.Namespace) -> int:
    """Remove a member; return the exit code. Raises UsageError, EnvironmentFault."""
    identity = identity_of(state_folder(arguments.state_dir))
    done = remove(identity, arguments.name, with_admitted=arguments.with_those_it_admitted)
    say(
        f"{done}. Coordinators of this machine put it out now, others when they hear of it.",
        "All other members get the new code by themselves; a new machine joins with it:",
        "",
        f"  e2a-swarm join {identity.key.code}",
    )
    return EXIT_DONE


def run_unite(arguments: argparse.Namespace) -> int:
    """Give up the list of this machine for another one; return the exit code. Raises UsageError, EnvironmentFault."""
    say(unite(identity_of(state_folder(arguments.state_dir)), arguments.owner))
    return EXIT_DONE


def run_approval(arguments: argparse.Namespace) -> int:
    """Approve or refuse a machine that waits here, else at a coordinator in reach; return the exit code.

    Raises UsageError, EnvironmentFault.
    """
    state_dir = state_folder(arguments.state_dir)
    identity = identity_of(state_dir)
    if named(identity.applicants.waiting, arguments.name):
        say((approve if arguments.action == "approve" else refuse)(identity, arguments.name))
    else:
        seat = Seat(state_dir, arguments.coordinator)
        say(run_loop(give_order(seat, arguments.action, arguments.name, 0, warn)))
    return EXIT_DONE


def run(arguments: argparse.Namespace) -> int:
    """Show the members; return the exit code. Raises EnvironmentFault."""
    identity = identity_of(state_folder(arguments.state_dir))
    known = member_list(identity)
    if arguments.json:
        say_json(msgspec.to_builtins(known))
    else:
        say(*member_lines(known, time.time()))
    identity.membership.check_in()
    return EXIT_DONE


def member_lines(known: "MemberList", now: float) -> list[str]:
    """Return the members as lines for people."""
    waiting = [*map(applicant_text, known.waiting), *map(_invite_line, known.invites)]
    if not known.members:
        return [NOBODY, *waiting]
    rows = [("name", "since", "last seen", "fingerprint", "admitted by")]
    for each in known.members:
        since = datetime.fromtimestamp(each.since_s).strftime("%Y-%m-%d")
        rows.append((each.name, since, seen_text(each, now), each.fingerprint, each.admitted_by))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(word.ljust(width) for word, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    began = f"the list was begun on {known.owner}; its owner's key has the fingerprint {known.owner_fingerprint}"
    return [*lines, "", began, *waiting, *_lines_of_others(known)]


def _invite_line(invite: "InviteRow") -> str:
    made, until = (f"{datetime.fromtimestamp(at_s):%Y-%m-%d %H:%M}" for at_s in (invite.made_s, invite.until_s))
    return (
        f"an invite, made {made}, is open until {until}: `e2a-swarm key --revoke-invite {invite.invite}` takes it back"
    )


def _lines_of_others(known: "MemberList") -> list[str]:
    return [
        f"another list was begun on {each.machine}, with {', '.join(each.members)}: "
        f"`e2a-swarm members unite {each.fingerprint}` gives up the list above for it, and its members come along"
        for each in known.others
    ]
