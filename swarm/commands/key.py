"""`e2a-swarm key`: show, make or rotate the key of the swarm that this machine is in."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from swarm.commands import parser as checks
from swarm.commands.options import add_state_option
from swarm.commands.output import say, say_json
from swarm.commands.parser import examples
from swarm.config import state_folder
from swarm.errors import EXIT_DONE, EnvironmentFault, UsageError

if TYPE_CHECKING:
    from swarm.net.identity.swarm_key import SwarmKey

SUMMARY = "show, make or rotate the key of this machine's swarm"


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the parser of `key`."""
    parser = commands.add_parser(
        "key",
        help=SUMMARY,
        description="A machine with the key can join the swarm and read its books: show it to friends only. "
        "After a rotation every machine has to join again with the new code. An invite is a code for one machine and "
        "for a time; a coordinator of this machine lets it in.",
        epilog=examples(
            "e2a-swarm key",
            "e2a-swarm key --code",
            "e2a-swarm key --make",
            "e2a-swarm key --invite 15m",
            "e2a-swarm key --revoke-invite",
            "e2a-swarm key --rotate",
        ),
    )
    actions = parser.add_mutually_exclusive_group()
    actions.add_argument("--make", action="store_true", help="make a key if this machine has none")
    actions.add_argument("--rotate", action="store_true", help="replace the key by a new one")
    actions.add_argument("--invite", metavar="15m", default="", help="make a code for one machine, good for so long")
    actions.add_argument(
        "--revoke-invite",
        metavar="ID",
        nargs="?",
        const="all",
        default="",
        help="take an open invite back, as `e2a-swarm members` names it (without ID: all that are open)",
    )
    shapes = parser.add_mutually_exclusive_group()
    shapes.add_argument("--code", action="store_true", help="print only the code")
    shapes.add_argument("--json", action="store_true", help="print as JSON")
    add_state_option(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Show, make or rotate the key; return the exit code. Raises EnvironmentFault."""
    from swarm.net.identity.keys import key_file
    from swarm.net.identity.swarm_key import swarm_id

    folder = state_folder(arguments.state_dir)
    had_key = key_file(folder).exists()
    if arguments.invite:
        return _invite(folder, arguments)
    if arguments.revoke_invite:
        return _revoke(folder, arguments.revoke_invite)
    key = _key(folder, make=arguments.make, rotate_it=arguments.rotate)
    if arguments.json:
        say_json({"swarm": swarm_id(key), "code": key.code})
    elif arguments.code:
        say(key.code)
    else:
        say(f"swarm {swarm_id(key)}; on each other machine run once:", "", f"  e2a-swarm join {key.code}")
        _draw(key.code)
        if arguments.rotate and had_key:
            say(
                "",
                "Machines with the old key are shut out. They can join again with --replace.",
                "Running commands keep the old key until they end.",
            )
    return EXIT_DONE


def _invite(state_dir: Path, arguments: argparse.Namespace) -> int:
    """Make and show an invite; return the exit code. Raises UsageError, EnvironmentFault."""
    from swarm.coordinator.member_admin import MAX_INVITE_S, MIN_INVITE_S
    from swarm.net.identity.identity import Identity
    from swarm.system.machine import machine_name
    from swarm.system.text import duration_text

    for_s = checks.duration("--invite", arguments.invite)
    if not MIN_INVITE_S <= for_s <= MAX_INVITE_S:
        raise UsageError(f"--invite takes a minute to seven days, such as 15m, 12h or 7d, not {arguments.invite!r}.")
    invite = Identity(state_dir, _key(state_dir, make=False, rotate_it=False)).invite(for_s, machine_name())
    if arguments.json:
        say_json({"code": invite.code, "for_s": for_s})
    elif arguments.code:
        say(invite.code)
    else:
        say(
            f"for one machine, for {duration_text(for_s)}, while a coordinator runs here:",
            "",
            f"  e2a-swarm join {invite.code}",
            "  e2a-swarm work",
        )
        _draw(invite.code)
    return EXIT_DONE


def _revoke(state_dir: Path, invite: str) -> int:
    """Take an invite back; return the exit code. Raises UsageError, EnvironmentFault."""
    from swarm.coordinator.member_admin import identity_of, revoke

    say(revoke(identity_of(state_dir), invite))
    return EXIT_DONE


def _draw(code: str) -> None:
    """Show the line that joins as a QR code, on a terminal only."""
    if sys.stdout.isatty():
        import segno

        sys.stdout.write("\n")
        segno.make(f"e2a-swarm join {code}", micro=False).terminal(compact=True)


def _key(state_dir: Path, *, make: bool, rotate_it: bool) -> "SwarmKey":
    from swarm.net.identity.keys import load_key, obtain_key, rotate

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
