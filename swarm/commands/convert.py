"""`e2a-swarm convert`: turn books into audiobooks on this machine alone."""

import argparse

from swarm.commands import engine_options, options
from swarm.commands import parser as checks
from swarm.commands.options import add_log_option, open_trace
from swarm.commands.output import warn
from swarm.commands.parser import shorten
from swarm.config import RenderConfig
from swarm.errors import UsageError

EXAMPLES = checks.examples(
    "e2a-swarm convert book.epub",
    "e2a-swarm convert book.epub --output-dir ~/Audiobooks --chapters 1-3",
    "e2a-swarm convert roman.epub --language fr --workers 4",
    "e2a-swarm convert --ebooks-dir ~/Books",
)

SOUND = ("--tts-engine", "--voice", "--language", "--speed")
COMMON = ("BOOK", *SOUND, "--output-format", "--split", "--output-dir", "--chapters", "--workers", "--gpu", "--quiet")
REST = "tags, loudness, subtitles, notes, models, upload, ..."


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the parser of `convert`."""
    parser = commands.add_parser(
        "convert",
        help="turn a book into an audiobook on this machine",
        description="Turn books into audiobooks on this machine. The same command resumes where it was interrupted.",
        epilog=EXAMPLES,
    )
    add_options(parser)
    shorten(parser, "[OPTION...] BOOK...", COMMON, REST)
    parser.set_defaults(run=run)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options for the books, their sound and this machine."""
    options.add_render_options(parser)
    machine = options.add_device_options(parser)
    machine.add_argument(
        "--workers",
        metavar="auto|N|gpu:N,cpu:N",
        default="auto",
        help="how many segments to speak at a time (default: auto, one on each GPU and core, if memory allows)",
    )
    engine_options.add_voice_options(machine)
    terminal = parser.add_argument_group("terminal")
    options.add_output_options(terminal, json="print progress and the result as JSON lines")
    add_log_option(terminal)
    checks.refuse(parser, "slots", "say --workers N, the number of segments that are spoken at a time.")


def run(arguments: argparse.Namespace) -> int:
    """Convert the books; return the exit code."""
    return run_with(arguments, options.render_config(arguments))


def run_with(arguments: argparse.Namespace, config: RenderConfig) -> int:
    """Convert by a config on the devices that the arguments name; return the exit code. Raises UsageError."""
    if config.min_workers > 1:
        raise UsageError("--min-workers: convert has only its own worker; `e2a-swarm coordinate` waits for others.")
    from swarm.worker.devices import read_slots

    slots = read_slots("--workers", arguments.workers)
    asked = options.asked_devices(arguments)
    engine_options.prepare_voices(arguments)
    from swarm.commands.local_swarm import convert
    from swarm.system.platform import run_loop
    from swarm.watch.progress import make_progress
    from swarm.worker.devices import find_devices
    from swarm.worker.engine_processes import Needs

    devices, gpus = find_devices(asked, slots, warn, Needs(config.state_dir).least())
    with open_trace(arguments) as trace:
        return run_loop(convert(config, devices, gpus, make_progress(options.progress_mode(arguments)), trace))
