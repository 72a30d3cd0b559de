"""`e2a-swarm serve`: a coordinator that stays, with a queue of books."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from swarm.commands import checks, convert, options
from swarm.commands.log_options import add_log_option, open_trace
from swarm.commands.parser import shorten
from swarm.commands.web_options import add_web_options, serve_web, site_config, web_place
from swarm.config import RenderConfig, ServeConfig
from swarm.errors import UsageError

if TYPE_CHECKING:
    from swarm.coordinator.desk import Desk
    from swarm.coordinator.notify import Notifier
    from swarm.coordinator.resident import Resident
    from swarm.coordinator.stay import Loop
    from swarm.system.machine import Say

EXAMPLES = checks.examples(
    "e2a-swarm serve --output-dir ~/Audiobooks",
    "e2a-swarm add book.epub       on any machine of the swarm",
    "e2a-swarm work                on every machine that speaks, this one too",
)
COMMON = ("--output-dir", "--watch", "--web", *convert.SOUND, "--output-format", "--split", "--port")


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the parser of `serve`."""
    parser = commands.add_parser(
        "serve",
        help="share a queue of books with the machines of the swarm, until stopped",
        description="Share the books of a queue with every machine of the swarm, one after the other, until stopped. "
        "`e2a-swarm add` puts books into it; the options here hold for all that say nothing else. The next start goes "
        "on where this one stopped.",
        epilog=EXAMPLES,
    )
    options.add_render_defaults(parser)
    parser.add_argument_group("queue").add_argument(
        "--watch",
        metavar="DIR",
        action="append",
        default=[],
        help="add the books that come into this folder; may be repeated",
    )
    parser.add_argument_group("notices").add_argument(
        "--notify",
        metavar="URL",
        action="append",
        default=[],
        help="tell this address, as Apprise writes it, which books are finished and what cannot go on; may be repeated",
    )
    add_web_options(parser)
    options.add_network_options(parser)
    terminal = parser.add_argument_group("terminal")
    options.add_output_options(terminal, json="print progress as JSON lines")
    add_log_option(terminal)
    shorten(parser, "[OPTION...]", (*COMMON, "--quiet"), convert.REST)
    parser.set_defaults(run=run, books=[], ebook=[], ebooks_dir=None)


def run(arguments: argparse.Namespace) -> int:
    """Serve the queue; return the exit code."""
    from swarm.commands.queue_options import queued_config
    from swarm.coordinator.notify import telling
    from swarm.coordinator.stay import stay
    from swarm.system.platform import run_loop
    from swarm.watch.progress import make_progress
    from swarm.watch.service import Service

    def configure(book: Path, words: Sequence[str]) -> RenderConfig:
        return queued_config(words, book, arguments)

    service = Service()
    progress = service.watch(make_progress(options.progress_mode(arguments)))
    any_book = configure(Path("book.epub"), ())  # options that make no sense are refused now
    config = ServeConfig(network=options.coordinate_config(arguments, any_book), watched=_folders(arguments))
    place, state_dir = web_place(arguments), config.network.render.state_dir
    site = site_config(arguments, place, state_dir, progress.note) if place else None
    notifier = _notifier(arguments.notify, state_dir, progress.note)

    def beside(resident: "Resident", desk: "Desk", room: Path) -> "Sequence[Loop]":
        web = [serve_web(place, site, resident, desk, room, progress.note)] if place and site else []
        return [*web, *([notifier.run(resident)] if notifier else [])]

    with open_trace(arguments) as trace:
        return run_loop(telling(notifier, stay(config, configure, progress, service, trace, beside)))


def _notifier(given: Sequence[str], state_dir: Path, note: "Say") -> "Notifier | None":
    """Return what tells the addresses of --notify; None without any. Raises UsageError, EnvironmentFault."""
    from swarm.coordinator.notify import Notifier, make_addresses, notify_urls
    from swarm.system.machine import Clock

    urls = notify_urls(given)
    return Notifier(make_addresses(urls), state_dir, Clock(), note) if urls else None


def _folders(arguments: argparse.Namespace) -> tuple[Path, ...]:
    """Return the folders to be watched. Raises UsageError for one that is none."""
    folders = tuple(Path(name).expanduser() for name in arguments.watch)
    for folder in folders:
        if not folder.is_dir():
            raise UsageError(f"--watch takes a folder that exists, not {folder}.")
    return folders
