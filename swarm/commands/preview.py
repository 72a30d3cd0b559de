"""`e2a-swarm preview`: speak the beginning of a chapter, to hear a voice before the whole book is spoken."""

import argparse
from dataclasses import replace

from swarm.commands import convert, options
from swarm.commands import parser as checks
from swarm.commands.output import warn
from swarm.commands.parser import shorten
from swarm.config import RenderConfig
from swarm.errors import EnvironmentFault, UsageError

SECONDS = 30
MAX_S = 3600
ALL = "all"  # the word of --voice that stands for every voice of the engine
CHAPTER = "preview speaks the beginning of one chapter: use --chapter."
SHORT = "preview writes one short file: use this option with `e2a-swarm convert`."
# The options of convert that preview refuses, each with the reason.
REFUSED = {
    "--chapters": CHAPTER, "--split": SHORT, "--keep-chapters": SHORT, "--read-along-words": SHORT,
    "--read-along": SHORT, "--report": SHORT, "--beside": SHORT, "--credits": SHORT,
}  # fmt: skip
COMMON = tuple(name for name in convert.COMMON if name not in REFUSED)
EXAMPLES = checks.examples(
    "e2a-swarm preview book.epub",
    "e2a-swarm preview book.epub --chapter 3 --voice heart --speed 0.9",
    "e2a-swarm preview book.epub --voice all",
    "e2a-swarm preview book.epub --name Queequeg --lexicon names.txt",
)


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the parser of `preview`."""
    parser = commands.add_parser(
        "preview",
        help="the first 30 seconds of a chapter, on this machine",
        description="Speak the beginning of a chapter with the options of convert, to hear a voice before the "
        "whole book is spoken.",
        epilog=EXAMPLES,
    )
    group = parser.add_argument_group("preview")
    group.add_argument(
        "--chapter", metavar="N", default="1", help="which chapter, as `e2a-swarm inspect` counts (default: 1)"
    )
    group.add_argument("--name", metavar="WORD", default="", help="speak sentences that have this name or word instead")
    group.add_argument("--seconds", metavar="S", default=str(SECONDS), help=f"about how long (default: {SECONDS})")
    convert.add_options(parser)
    for action in parser._actions:
        if REFUSED.keys() & set(action.option_strings):
            action.help = argparse.SUPPRESS  # `run` refuses the option
    shorten(parser, "[OPTION...] BOOK", ("--chapter", "--name", "--seconds", *COMMON), convert.REST)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Convert the beginning of a chapter; return the exit code. Raises UsageError."""
    config = options.render_config(arguments)
    style = config.style
    kept = (style.split, style.keep_chapters, style.read_along_words, style.read_along, style.report_html, style.beside)
    given = (config.chapters, *kept, config.credits is not None)
    for (name, instead), value in zip(REFUSED.items(), given, strict=True):
        if value:
            raise UsageError(f"{name}: {instead}")
    wanted = preview_config(arguments, config)
    if config.voice.lower() != ALL:
        return convert.run_with(arguments, wanted)
    return max(_preview(arguments, replace(wanted, voice=voice)) for voice in _voices(arguments, config))


def _preview(arguments: argparse.Namespace, config: RenderConfig) -> int:
    """Speak a preview with one of several voices; return the exit code. A voice that is not to be had is told."""
    try:
        return convert.run_with(arguments, config)
    except EnvironmentFault as fault:
        warn(f"{config.voice}: {fault}", error=True)
        return fault.exit_code


def _voices(arguments: argparse.Namespace, config: RenderConfig) -> list[str]:
    """Return every voice that the engine of a book has for its language. Raises BookError, UsageError."""
    from swarm.commands.engine_options import prepare_voices
    from swarm.coordinator.brought_files import BroughtFiles
    from swarm.coordinator.prepare import find_job
    from swarm.voice.host.registry import recipe_card

    prepare_voices(arguments)  # models in a folder of their own have voices too
    if len(config.books) != 1 or config.voice_file or config.custom_model:
        raise UsageError("--voice all: name one book, and no recording or model of your own.")
    _, recipe, _ = find_job(replace(config, voice=""), config.books[0], BroughtFiles())
    return [voice.name for voice in recipe_card(recipe).voices_for(recipe.language)] or [recipe.voice]


def preview_config(arguments: argparse.Namespace, config: RenderConfig) -> RenderConfig:
    """Return the config of `convert` for a preview. Raises UsageError."""
    chapter = checks.whole("--chapter", arguments.chapter, 1, 999_999)
    seconds = checks.whole("--seconds", arguments.seconds, 1, MAX_S)
    return replace(
        config,
        chapters="" if arguments.name.strip() else str(chapter),
        preview_name=" ".join(arguments.name.split()),
        preview_s=float(seconds),
        upload=None,  # only whole books are uploaded to a library
        keep_both=True,  # previews are made to compare voices
    )
