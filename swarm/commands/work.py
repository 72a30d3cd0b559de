"""`e2a-swarm work`: speak for the coordinators of the swarm."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from swarm.commands import engine_options, options
from swarm.commands import parser as checks
from swarm.commands.options import add_log_option, open_trace
from swarm.commands.parser import shorten
from swarm.errors import UsageError

if TYPE_CHECKING:
    from swarm.config import Limits

EXAMPLES = checks.examples(
    "e2a-swarm work                               on the GPUs and the cores",
    "e2a-swarm work --gpu 0 --slots gpu:2,cpu:0   none on the cores",
    "e2a-swarm work --cpu --slots 4",
    "e2a-swarm work --gpu all --hours 22-7 --idle-only",
    "e2a-swarm work --coordinator laptop:5847 --exit-when-done",
    "e2a-swarm work --for 55m --exit-when-idle 5m --tag spot  on a rented machine",
)

COMMON = (
    "--gpu",
    "--cpu",
    "--slots",
    "--name",
    "--hours",
    "--idle-only",
    "--coordinator",
    "--exit-when-done",
    "--quiet",
)


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the parser of `work`."""
    parser = commands.add_parser(
        "work",
        help="speak for the coordinators of the swarm until stopped",
        description="Find the coordinators of this machine's swarm and speak for them until stopped. Ctrl-C finishes "
        "the sentences under way; a second Ctrl-C stops at once.",
        epilog=EXAMPLES,
    )
    machine = options.add_device_options(parser)
    machine.add_argument(
        "--slots",
        metavar="auto|N|gpu:N,cpu:N",
        default="auto",
        help="engines on each GPU and on the cores, or one number for each kind (default: auto, what fits)",
    )
    machine.add_argument("--name", metavar="NAME", default="", help="the name of this machine (default: its host name)")
    _add_standby(machine)
    machine.add_argument("--allow-sleep", action="store_true", help="let this machine go to sleep while it speaks")
    options.add_state_option(machine)
    _add_voices(parser)
    _add_limits(parser)
    network = options.add_coordinator_options(parser)
    network.add_argument(
        "--exit-when-done",
        action="store_true",
        help="leave once every coordinator served has ended: finished or interrupted, not for a fault",
    )
    _add_stint(parser)
    terminal = parser.add_argument_group("terminal")
    options.add_output_options(terminal, quiet="print only errors")
    add_log_option(terminal)
    checks.refuse(parser, "workers", "say --slots N, the number of engines on each device.")
    shorten(parser, "[OPTION...]", COMMON, "models, limits, sleep, ...")
    parser.set_defaults(run=run)


def _add_standby(machine: "argparse._ArgumentGroup") -> None:
    machine.add_argument("--standby", action="store_true", help="keep a copy of each book, for `e2a-swarm take-over`")
    machine.add_argument(
        "--automatic",
        metavar="3m",
        nargs="?",
        const="3m",
        help="with --standby: take books over by itself after so long without a word from their coordinator, if most "
        "other standbys with --automatic hear nothing either (default: 3m)",
    )
    machine.add_argument(
        "--output-dir", metavar="DIR", default=".", help="where audiobooks go that --automatic finishes (default: here)"
    )


def _add_voices(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("voices")
    group.add_argument("--engines", metavar="NAME,...", default="", help="speak with these engines only")
    engine_options.add_voice_options(group)
    group.add_argument(
        "--assets-limit",
        metavar="GB",
        default="",
        help="how much to keep of the files that coordinators send (default: $E2A_SWARM_ASSETS_LIMIT, or 20)",
    )


def _add_limits(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group(
        "limits", "a slot that may not work finishes its sentence, returns its lease, and resumes by itself"
    )
    group.add_argument(
        "--hours", metavar="22-7", default="", help="work only at these hours, local time, such as 22:30-7,12-13"
    )
    group.add_argument(
        "--idle-only", action="store_true", help="work on a GPU only while no other program uses it (NVIDIA)"
    )
    group.add_argument("--no-orders", action="store_true", help="let no other machine pause, limit or drain this one")
    group.add_argument(
        "--no-standby", action="store_true", help="let no other machine have this one keep copies of books"
    )
    group.add_argument("--max-temperature", metavar="C", help="let a GPU cool down above this temperature (NVIDIA)")


def _add_stint(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("rented machines", "such a worker finishes its sentences and leaves by itself")
    group.add_argument("--for", dest="for_", metavar="55m", help="stay so long at most")
    group.add_argument("--exit-when-idle", metavar="5m", help="leave after so long without work")
    group.add_argument("--tag", metavar="WORD", default="", help="a word that status shows with it, such as spot")


def limits_of(arguments: argparse.Namespace, asked: tuple[str, ...]) -> "Limits":
    """Return the operator's limits. Raises UsageError."""
    from swarm.config import Limits
    from swarm.lease.worker.rest import parse_hours
    from swarm.system.machine import unknown_zone

    hot = arguments.max_temperature
    try:
        hours = parse_hours(arguments.hours) if arguments.hours.strip() else ()
    except ValueError:
        raise UsageError(f"--hours takes spans such as 22-7 or 22:30-6,12-13, not {arguments.hours!r}.") from None
    if hours and (zone := unknown_zone()):
        raise UsageError(f"--hours is local time, and TZ={zone} is no time zone that this machine knows: correct it.")
    limits = Limits(
        hours=hours,
        max_temperature=None if hot is None else checks.whole("--max-temperature", hot, 30, 120),
        idle_only=arguments.idle_only,
    )
    if asked == ("cpu",) and limits.watch_gpus:
        raise UsageError("--idle-only and --max-temperature are for GPUs: with --cpu only --hours works.")
    return limits


def _silence_s(arguments: argparse.Namespace) -> float | None:
    """Return after how long a standby takes over by itself; None for never. Raises UsageError."""
    if arguments.automatic is None:
        return None
    if not arguments.standby or arguments.open:
        raise UsageError("--automatic needs --standby, and a swarm with a key: leave --open out.")
    return checks.duration("--automatic", arguments.automatic)


def _engines(text: str) -> tuple[str, ...]:
    """Return the names of the engines that --engines means. Raises UsageError, EnvironmentFault."""
    from swarm.voice.host.registry import engine_for

    words = [word.strip().lower() for word in text.split(",") if word.strip()]
    return tuple(dict.fromkeys(engine_for(word).card.name for word in words))


def run(arguments: argparse.Namespace) -> int:
    """Serve coordinators; return the exit code. Raises SwarmError."""
    from swarm.worker.devices import read_slots

    slots = read_slots("--slots", arguments.slots)
    asked = options.asked_devices(arguments)
    limits = limits_of(arguments, asked)
    engine_options.prepare_voices(arguments)
    from swarm.config import WorkConfig, state_folder
    from swarm.system.platform import run_loop
    from swarm.watch.progress import make_progress
    from swarm.watch.service import Service
    from swarm.worker.devices import find_devices
    from swarm.worker.engine_processes import Needs
    from swarm.worker.lifetime import work

    service = Service()
    note = service.echo(make_progress("quiet" if arguments.quiet else "plain").note)
    state_dir = state_folder(arguments.state_dir)
    devices, gpus = find_devices(asked, slots, note, Needs(state_dir).least())
    config = WorkConfig(
        state_dir=state_dir,
        devices=devices,
        coordinator=arguments.coordinator,
        open=arguments.open,
        exit_when_done=arguments.exit_when_done,
        for_s=checks.duration("--for", arguments.for_) if arguments.for_ else None,
        idle_s=checks.duration("--exit-when-idle", arguments.exit_when_idle) if arguments.exit_when_idle else None,
        name=arguments.name[:100],
        tag=checks.word("--tag", arguments.tag),
        engines=_engines(arguments.engines),
        allow_sleep=arguments.allow_sleep,
        standby=arguments.standby,
        lends_disk=not arguments.no_standby,
        silence_s=_silence_s(arguments),
        output_dir=Path(arguments.output_dir).expanduser().absolute(),
        limits=limits,
        obeys=not arguments.no_orders,
        assets_limit=options.assets_limit(arguments.assets_limit),
    )
    with open_trace(arguments) as trace:
        return run_loop(work(config, gpus, note, service, trace))
