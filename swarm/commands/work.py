"""`e2a-swarm work`: speak for the coordinators of the swarm."""

import argparse
import time
from dataclasses import replace
from pathlib import Path

from swarm.commands import option
from swarm.commands.book_config import assets_limit
from swarm.commands.machine_config import asked_devices, open_trace, prepare_voices
from swarm.config import Limits, WorkConfig, state_folder
from swarm.errors import UsageError
from swarm.lease.worker.rest import parse_hours
from swarm.system.machine import clock_fault, unknown_zone
from swarm.system.platform import run_loop
from swarm.voice.host.registry import engine_for
from swarm.watch.progress import make_progress
from swarm.watch.service import Service
from swarm.worker.devices import find_devices, read_slots
from swarm.worker.engine_processes import Needs
from swarm.worker.lifetime import work


def limits_of(arguments: argparse.Namespace) -> Limits:
    """Return the operator's limits. Raises UsageError."""
    hot = arguments.max_temperature
    try:
        hours = parse_hours(arguments.hours) if arguments.hours.strip() else ()
    except ValueError:
        raise UsageError(f"--hours takes spans such as 22-7 or 22:30-6,12-13, not {arguments.hours!r}.") from None
    if hours and (zone := unknown_zone()):
        raise UsageError(f"--hours is local time, and TZ={zone} is no time zone that this machine knows: correct it.")
    return Limits(
        hours=hours,
        max_temperature=option.whole("--max-temperature", hot, 30, 120) if hot else None,
        idle_only=arguments.idle_only,
        on_battery=arguments.on_battery,
    )


def _silence_s(arguments: argparse.Namespace) -> float | None:
    """Return after how long a standby takes over by itself; None for never. Raises UsageError."""
    if arguments.automatic is None:
        return None
    if not arguments.standby or arguments.open:
        raise UsageError("--automatic needs --standby, and a swarm with a key: leave --open out.")
    return option.duration("--automatic", arguments.automatic)


def _sleep_after_s(arguments: argparse.Namespace) -> float:
    """Return how long a machine that was woken stays awake without work. Raises UsageError."""
    if arguments.sleep_after and not arguments.may_wake:
        raise UsageError(
            "--sleep-after needs --may-wake: only a machine that was woken for work sleeps again by itself."
        )
    return option.duration("--sleep-after", arguments.sleep_after or "10m")


def _engines(text: str) -> tuple[str, ...]:
    """Return the names of the engines that --engines means. Raises UsageError, EnvironmentFault."""
    words = [word.strip().lower() for word in text.split(",") if word.strip()]
    return tuple(dict.fromkeys(engine_for(word).card.name for word in words))


def work_config(arguments: argparse.Namespace) -> WorkConfig:
    """Build the config from the options, without the devices. Raises UsageError, EnvironmentFault."""
    return WorkConfig(
        state_dir=state_folder(arguments.state_dir),
        devices=(),
        coordinator=arguments.coordinator,
        open=arguments.open,
        exit_when_done=arguments.exit_when_done,
        for_s=option.duration("--for", arguments.for_) if arguments.for_ else None,
        idle_s=option.duration("--exit-when-idle", arguments.exit_when_idle) if arguments.exit_when_idle else None,
        name=arguments.name[:100],
        tag=option.word("--tag", arguments.tag),
        engines=_engines(arguments.engines),
        allow_sleep=arguments.allow_sleep,
        may_wake=arguments.may_wake,
        sleep_after_s=_sleep_after_s(arguments),
        standby=arguments.standby,
        silence_s=_silence_s(arguments),
        output_dir=Path(arguments.output_dir).expanduser().absolute(),
        limits=limits_of(arguments),
        stands_back=arguments.priority == "low",
        obeys=not arguments.no_orders,
        assets_limit=assets_limit(arguments.assets_limit),
    )


def run(arguments: argparse.Namespace) -> int:
    """Serve coordinators; return the exit code. Raises SwarmError."""
    slots = read_slots("--slots", arguments.slots)
    asked = asked_devices(arguments)
    config = work_config(arguments)
    prepare_voices(arguments)

    service = Service()
    note = service.echo(make_progress("quiet" if arguments.quiet else "plain").note)
    if fault := clock_fault(time.time()):
        note(f"set the clock of this machine: {fault}; --hours, invites and times in reports go by it")
    devices, gpus = find_devices(asked, slots, note, Needs(config.state_dir).least())
    config = replace(config, devices=devices)
    with open_trace(arguments) as trace:
        return run_loop(work(config, gpus, note, service, trace))
