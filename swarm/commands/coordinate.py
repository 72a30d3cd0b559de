"""`e2a-swarm coordinate`: share books with the machines of the swarm."""

import argparse

from swarm.commands import convert, options
from swarm.commands import parser as checks
from swarm.commands.options import add_log_option, open_trace
from swarm.commands.parser import shorten
from swarm.errors import NoBooks

EXAMPLES = checks.examples(
    "e2a-swarm coordinate book.epub",
    "e2a-swarm coordinate one.epub two.epub --output-dir ~/Audiobooks",
    "e2a-swarm coordinate book.epub --min-workers 3 --port 5900",
    "e2a-swarm join CODE                     on every other machine, once",
    "e2a-swarm work                          on every other machine, from then on",
)

COMMON = ("BOOK", *convert.SOUND, "--output-format", "--split", "--output-dir", "--chapters", "--min-workers", "--port")


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the parser of `coordinate`."""
    parser = commands.add_parser(
        "coordinate",
        help="share books with the machines of the swarm",
        description="Share books with every machine of the swarm; ends when the audiobooks are written. The same "
        "command resumes where it was interrupted.",
        epilog=EXAMPLES,
    )
    options.add_render_options(parser)
    options.add_network_options(parser)
    terminal = parser.add_argument_group("terminal")
    options.add_output_options(terminal, json="print progress and the result as JSON lines")
    add_log_option(terminal)
    shorten(parser, "[OPTION...] BOOK...", (*COMMON, "--quiet"), convert.REST)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Coordinate the books; return the exit code."""
    from swarm.coordinator.coordination import coordinate
    from swarm.system.platform import run_loop
    from swarm.watch.progress import make_progress
    from swarm.watch.service import Service

    service = Service()
    try:
        config = options.coordinate_config(arguments, options.render_config(arguments))
    except NoBooks as fault:
        service.has_nothing_to_do(str(fault))
        raise
    progress = service.watch(make_progress(options.progress_mode(arguments)))
    with open_trace(arguments) as trace:
        return run_loop(coordinate(config, progress, service, trace))
