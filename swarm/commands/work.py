"""`e2a-swarm work`: serve coordinators with this machine."""

import argparse

from swarm.commands import coqui_options, options

EXAMPLES = options.examples(
    "e2a-swarm work                          on the GPUs if there are any, else on the CPU",
    "e2a-swarm work --gpu 0 --slots 2        two engines on the first GPU",
    "e2a-swarm work --cpu --slots 4",
    "e2a-swarm work --coordinator laptop:5847 --exit-when-done",
)


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the command."""
    parser = commands.add_parser(
        "work",
        help="speak for every coordinator of the swarm, for ever",
        description="Find the coordinators of this machine's swarm and speak for them until told to leave: Ctrl-C "
        "once finishes the sentences under way, twice stops at once.",
        epilog=EXAMPLES,
    )
    options.add_device_options(parser)
    parser.add_argument("--slots", metavar="N", help="engines on each GPU (default: 1), or on the CPU (one a core)")
    parser.add_argument(
        "--exit-when-done", action="store_true", help="leave when every coordinator served has ended, save by a fault"
    )
    parser.add_argument("--allow-sleep", action="store_true", help="let this machine fall asleep while it speaks")
    parser.add_argument("--name", metavar="NAME", default="", help="what to call this machine (default: its host name)")
    coqui_options.add_voice_options(parser)
    parser.add_argument(
        "--assets-limit",
        metavar="GB",
        default="",
        help="how much to keep of voices and models that coordinators send (default: $E2A_SWARM_ASSETS_LIMIT, or 20)",
    )
    options.add_coordinator_options(parser)
    options.add_state_option(parser)
    options.add_output_options(parser, quiet="say nothing but errors")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Work, and return the exit code."""
    slots = options.whole("--slots", arguments.slots, 1, 1024) if arguments.slots else None
    asked = options.asked_devices(arguments)
    coqui_options.prepare_voices(arguments)
    from swarm.config import WorkConfig, state_folder
    from swarm.node.devices import find_devices
    from swarm.node.platform import run_loop
    from swarm.node.work import work
    from swarm.watch.progress import make_progress

    note = make_progress("quiet" if arguments.quiet else "plain").note
    devices, gpus = find_devices(asked, slots, note)
    config = WorkConfig(
        state_dir=state_folder(arguments.state_dir),
        devices=devices,
        coordinator=arguments.coordinator,
        open=arguments.open,
        exit_when_done=arguments.exit_when_done,
        name=arguments.name[:100],
        allow_sleep=arguments.allow_sleep,
        assets_limit=options.assets_limit(arguments.assets_limit),
    )
    return run_loop(work(config, gpus, note))
