"""`e2a-swarm serve`: a coordinator that stays, with a queue of books."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from swarm.commands import checks, convert, options
from swarm.commands.log_options import add_log_option, open_trace
from swarm.commands.parser import shorten
from swarm.config import RenderConfig, ServeConfig
from swarm.errors import UsageError

EXAMPLES = checks.examples(
    "e2a-swarm serve --output-dir ~/Audiobooks",
    "e2a-swarm add book.epub       on any machine of the swarm",
    "e2a-swarm work                on every machine that speaks, this one too",
)
COMMON = ("--output-dir", "--watch", *convert.SOUND, "--output-format", "--split", "--port")


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
    options.add_network_options(parser)
    terminal = parser.add_argument_group("terminal")
    options.add_output_options(terminal, json="print progress as JSON lines")
    add_log_option(terminal)
    shorten(parser, "[OPTION...]", (*COMMON, "--quiet"), convert.REST)
    parser.set_defaults(run=run, books=[], ebook=[], ebooks_dir=None)


def run(arguments: argparse.Namespace) -> int:
    """Serve the queue; return the exit code."""
    from swarm.commands.queue_options import queued_config
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
    with open_trace(arguments) as trace:
        return run_loop(stay(config, configure, progress, service, trace))


def _folders(arguments: argparse.Namespace) -> tuple[Path, ...]:
    """Return the folders to be watched. Raises UsageError for one that is none."""
    folders = tuple(Path(name).expanduser() for name in arguments.watch)
    for folder in folders:
        if not folder.is_dir():
            raise UsageError(f"--watch takes a folder that exists, not {folder}.")
    return folders
