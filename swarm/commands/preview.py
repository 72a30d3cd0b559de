"""`e2a-swarm preview`: how a chapter begins to sound, before a night is spent on the book."""

import argparse
from dataclasses import replace

from swarm.commands import checks, convert, options
from swarm.commands.parser import shorten
from swarm.config import RenderConfig
from swarm.errors import UsageError

SECONDS = 30
MAX_S = 3600
CHAPTER = "preview speaks the beginning of one chapter: say --chapter."
SHORT = "preview writes one short file: say it to `e2a-swarm convert`."
REFUSED = {  # of convert's options
    "--chapters": CHAPTER, "--split": SHORT, "--keep-chapters": SHORT, "--read-along": SHORT, "--report": SHORT,
}  # fmt: skip
COMMON = tuple(name for name in convert.COMMON if name not in REFUSED)
EXAMPLES = checks.examples(
    "e2a-swarm preview book.epub",
    "e2a-swarm preview book.epub --chapter 3 --voice heart --speed 0.9",
)


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the parser of `preview`."""
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
    for action in parser._actions:
        if REFUSED.keys() & set(action.option_strings):
            action.help = argparse.SUPPRESS  # `run` refuses it
    shorten(parser, "[OPTION...] BOOK", ("--chapter", "--seconds", *COMMON), convert.REST)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Convert the beginning, and return the exit code."""
    config = options.render_config(arguments)
    style = config.style
    said = (config.chapters, style.split, style.keep_chapters, style.read_along, style.report_html)
    for (name, instead), value in zip(REFUSED.items(), said, strict=True):
        if value:
            raise UsageError(f"{name}: {instead}")
    return convert.run_with(arguments, preview_config(arguments, config))


def preview_config(arguments: argparse.Namespace, config: RenderConfig) -> RenderConfig:
    """Return the config of `convert` for a preview. Raises UsageError."""
    chapter = checks.whole("--chapter", arguments.chapter, 1, 999_999)
    seconds = checks.whole("--seconds", arguments.seconds, 1, MAX_S)
    return replace(config, chapters=str(chapter), preview_s=float(seconds), upload=None)  # a library is for books
