"""`e2a-swarm preview`: how a chapter begins to sound, before a night is spent on the book."""

import argparse
from dataclasses import replace

from swarm.commands import convert, options
from swarm.commands.parser import shorten
from swarm.config import RenderConfig
from swarm.errors import UsageError

SECONDS = 30
LONGEST_S = 3600
EXAMPLES = options.examples(
    "e2a-swarm preview book.epub",
    "e2a-swarm preview book.epub --chapter 3 --voice heart --speed 0.9",
)


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the command."""
    parser = commands.add_parser(
        "preview",
        help="the first 30 seconds of a chapter, on this machine",
        description="Speak how a chapter begins, with the options of convert, to hear a voice before all is spoken.",
        epilog=EXAMPLES,
    )
    group = parser.add_argument_group("preview")
    group.add_argument("--chapter", metavar="N", default="1", help="as `e2a-swarm inspect` counts them (default: 1)")
    group.add_argument("--seconds", metavar="S", default=str(SECONDS), help=f"about how long (default: {SECONDS})")
    convert.add_options(parser)
    chapters = next(action for action in parser._actions if "--chapters" in action.option_strings)
    chapters.help = argparse.SUPPRESS  # `run` refuses it
    shorten(parser, "[OPTION...] BOOK", ("--chapter", "--seconds", *convert.COMMON), convert.REST)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Convert the beginning, and return the exit code."""
    config = options.render_config(arguments)
    if config.chapters:
        raise UsageError("--chapters: preview speaks the beginning of one chapter: say --chapter.")
    return convert.run_with(arguments, preview_config(arguments, config))


def preview_config(arguments: argparse.Namespace, config: RenderConfig) -> RenderConfig:
    """What convert is asked to do for a preview. Raises UsageError."""
    chapter = options.whole("--chapter", arguments.chapter, 1, 999_999)
    seconds = options.whole("--seconds", arguments.seconds, 1, LONGEST_S)
    return replace(config, chapters=str(chapter), preview_s=float(seconds), upload=None)  # a library is for books
