"""`e2a-swarm key`: show, make or rotate the key of the swarm that this machine is in."""

import argparse
import sys
from pathlib import Path

import segno

from swarm.commands import option
from swarm.commands.output import say, say_json
from swarm.config import state_folder
from swarm.coordinator.machine_orders import MAX_INVITE_S, MIN_INVITE_S, identity_of, revoke
from swarm.errors import EXIT_DONE, EnvironmentFault, UsageError
from swarm.net.addresses import full_code, own_place
from swarm.net.identity.identity import Identity
from swarm.net.identity.keys import key_file, load_key, obtain_key, rotate
from swarm.net.identity.swarm_key import SwarmKey, swarm_id
from swarm.system.machine import machine_name
from swarm.system.text import duration_text


def run(arguments: argparse.Namespace) -> int:
    """Show, make or rotate the key; return the exit code. Raises EnvironmentFault."""
    folder = state_folder(arguments.state_dir)
    had_key = key_file(folder).exists()
    if arguments.invite:
        return _invite(folder, arguments)
    if arguments.revoke_invite:
        return _revoke(folder, arguments.revoke_invite)
    key = _key(folder, make=arguments.make, rotate_it=arguments.rotate)
    if arguments.json:
        say_json({"swarm": swarm_id(key), "code": key.code, "full_code": full_code(folder, key)})
    elif arguments.code:
        say(key.code)
    else:
        say(f"swarm {swarm_id(key)}; on each other machine run once:", "", f"  e2a-swarm join {key.code}")
        _show_full(folder, key)
        if arguments.rotate and had_key:
            say(
                "",
                "Machines with the old key are shut out. They can join again with --replace.",
                "Running commands keep the old key until they end.",
            )
    return EXIT_DONE


def _invite(state_dir: Path, arguments: argparse.Namespace) -> int:
    """Make and show an invite; return the exit code. Raises UsageError, EnvironmentFault."""
    for_s = option.duration("--invite", arguments.invite)
    if not MIN_INVITE_S <= for_s <= MAX_INVITE_S:
        raise UsageError(f"--invite takes a minute to seven days, such as 15m, 12h or 7d, not {arguments.invite!r}.")
    invite = Identity(state_dir, _key(state_dir, make=False, rotate_it=False)).invite(for_s, machine_name())
    if arguments.json:
        say_json({"code": invite.code, "full_code": full_code(state_dir, invite), "for_s": for_s})
    elif arguments.code:
        say(invite.code)
    else:
        say(
            f"for one machine, for {duration_text(for_s)}, while a coordinator runs here:",
            "",
            f"  e2a-swarm join {invite.code}",
            "  e2a-swarm work",
        )
        _show_full(state_dir, invite)
    return EXIT_DONE


def _revoke(state_dir: Path, invite: str) -> int:
    """Take an invite back; return the exit code. Raises UsageError, EnvironmentFault."""
    say(revoke(identity_of(state_dir), invite))
    return EXIT_DONE


def _show_full(state_dir: Path, key: SwarmKey) -> None:
    """Show the line that joins from another network, and on a terminal a QR code of it. Raises EnvironmentFault."""
    place = own_place(state_dir)
    if not place.addresses():
        say("", f"The last coordinator here kept to this machine (--bind {place.bind}): no other reaches it.")
        return
    line = f"e2a-swarm join {full_code(state_dir, key)}"
    say("", "or, where that finds no coordinator, as in another network:", "", f"  {line}")
    if sys.stdout.isatty():
        sys.stdout.write("\n")
        segno.make(line, micro=False).terminal(compact=True)


def _key(state_dir: Path, *, make: bool, rotate_it: bool) -> "SwarmKey":
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
