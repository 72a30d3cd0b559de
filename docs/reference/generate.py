"""Writes the pages of this folder from the tables of options and commands: `python docs/reference/generate.py`.

What stands below the mark in a page is written by hand, and kept."""

import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from textwrap import fill as broken
from unittest.mock import patch

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1]))

from swarm.book.model.language_code import language_name  # noqa: E402
from swarm.commands.command_table import ALL, CONVERT, ORDERS  # noqa: E402
from swarm.commands.main import make_parser  # noqa: E402
from swarm.commands.option import Command, Option, Sheet  # noqa: E402
from swarm.commands.parser import Parser, parsers_below  # noqa: E402
from swarm.voice.engine import Engine  # noqa: E402
from swarm.voice.host.choice import obtainable, recommendations  # noqa: E402
from swarm.voice.host.registry import built_in_engines  # noqa: E402
from swarm.voice.kokoro import voices  # noqa: E402
from swarm.voice.model_download import ENV_MODELS  # noqa: E402

MARK = "<!-- generate.py makes what stands above; what stands below is written by hand. -->\n"
INTRODUCTION = """# Reference

Every command with all its options. `e2a-swarm COMMAND --help` says the same in short, with the common options first;
`--help-all` lists all of them, in groups.

In option names dashes and underscores are the same: `--output_dir` is `--output-dir`. Options cannot be abbreviated.
`--` ends them, for a file whose name begins with a dash. `-h` and `--help` work everywhere; `e2a-swarm --version`
prints the version. An option comes before the [settings](#settings), and these come before a
[variable](#environment-variables).
"""
LANGUAGES = """# Languages and their voices

The table by which the program chooses ([how](../voices.md)); `e2a-swarm voices --language CODE` and the page show the
same. Languages that are not here have espeak's robotic voice, some 67 perhaps Coqui's fairseq. Kokoro speaks Japanese
and Chinese naturally with [its extras](../install.md#extras).

- **x real time**: seconds of sound for each second of one core ([measured](../benchmarks.md#engines-and-languages)).
- **MB**: what is downloaded for the first book. With the extra `kokoro` half a megabyte is left of Kokoro's.
- **unasked**: whether it is downloaded before the first book if nothing as good is there. That is done with nothing but
  what is known to be free for any use.

In the lists of Python's and npm's packages of November 2026 no other one was found that brings the weights of a voice
in one of the 20 most spoken languages. These download theirs from a hub: `antalia-mini` and `ema-lightning` (Turkish),
`paradis-tts` and `lectura-monospeaker` (French), `teacher-in-the-loop` (Italian), `tts-eu-pt` (Portuguese), `vntts`
(Vietnamese), Pocket TTS (six languages).
"""


def pages() -> dict[Path, str]:
    """Return each page of the folder with its text."""
    below = parsers_below(make_parser())
    made = {"README": index()}
    for command in ALL:
        if command not in ORDERS:
            made[command.name] = command_page(command, below[command.name])
    made["pause"] = orders_page(below)
    made["languages"] = languages_page()
    return {FOLDER / f"{name}.md": with_hand(FOLDER / f"{name}.md", text) for name, text in made.items()}


def with_hand(path: Path, text: str) -> str:
    """Return a page with what was written below its mark by hand."""
    _, mark, hand = path.read_text(encoding="utf-8").partition(MARK) if path.exists() else ("", "", "")
    return f"{text}\n{MARK}{hand}" if mark else text


def index() -> str:
    """Return the first part of the index: the commands, and the older words of options."""
    rows = [(f"[`{each.name}`]({page_of(each)})", each.line or each.about.partition(". ")[0]) for each in ALL]
    older = sorted({(f"`{option.name}`", option.instead) for option in older_options(ALL)})
    return (
        "\n".join(
            [
                INTRODUCTION,
                *table(("command", "what it does"), rows),
                "\n## Older words\n\nThese are understood, too. Today one says:\n",
                *table(("older word", "in its place"), older),
            ]
        )
        + "\n"
    )


def page_of(command: Command) -> str:
    """Return the name of a command's page; all orders have one."""
    return "pause.md" if command in ORDERS else f"{command.name}.md"


def older_options(commands: Iterable[Command]) -> Iterator[Option]:
    """Yield the options that are understood and not shown, with what is said in their place."""
    for command in commands:
        yield from (option for sheet in command.sheets for option in sheet.options if option.instead)


def command_page(command: Command, parser: Parser) -> str:
    """Return the first part of a command's page."""
    parts = [f"# e2a-swarm {command.name}\n", *body(command, parser)]
    for action, below in zip(command.actions, parsers_below(parser).values(), strict=True):
        parts += [f"\n## e2a-swarm {command.name} {action.name}\n", *body(action, below)]
    return "\n".join(parts) + "\n"


def orders_page(below: dict[str, Parser]) -> str:
    """Return the first part of the page of the orders, whose options are the same."""
    names = ", ".join(each.name for each in ORDERS)
    parts = [f"# e2a-swarm {names}\n\nThe options of all are the same."]
    for each in ORDERS:
        parts += [f"\n## e2a-swarm {each.name}\n", *body(each._replace(groups=each.sheets[:1]), below[each.name])]
    parts += ["\n## Options\n", *tables(ORDERS[0].sheets[1:])]
    return "\n".join(parts) + "\n"


def languages_page() -> str:
    """Return the table of languages by which the program chooses voices."""
    engines = [engine for engine in built_in_engines() if engine.card.speech]
    codes = {code for engine in engines for code in engine.card.languages if code != "*"}
    nothing_here = patch.object(voices, "_PARTS", ("no_package",)), patch.dict(os.environ, {ENV_MODELS: os.devnull})
    with nothing_here[0], nothing_here[1]:
        rows = [row for code in sorted(codes, key=language_name) for row in language_rows(engines, code)]
    heads = ("language", "engine", "class", "x real time", "licence", "MB", "unasked")
    return "\n".join([LANGUAGES, *(f"| {' | '.join(row)} |" for row in (heads, ("---",) * len(heads), *rows))]) + "\n"


def language_rows(engines: Sequence[Engine], code: str) -> Iterator[tuple[str, ...]]:
    """Yield the rows of a language, the best engine first; espeak's alone would be no news."""
    unasked = {each.word for each in obtainable(engines, code)}
    for each in recommendations(engines, code):
        by_packages = each.word == "kokoro" and code in voices.PACKAGES  # of this machine, so it is told above
        if each.quality == "robotic" or not each.is_sure or by_packages:
            continue
        size, speed = each.download(code), each.card.realtime
        known = f"{speed:g}" if speed else "GPU" if each.is_on_gpus else "–"
        megabytes = f"{size / 1e6:.0f}" if size else "–"
        licence = each.card.licence or "–"
        fetched = "yes" if each.word in unasked else ""
        yield f"{language_name(code)} ({code})", each.word, each.quality, known, licence, megabytes, fetched


def body(command: Command, parser: Parser) -> list[str]:
    """Return what a command does, how it is called, its options and examples."""
    usage = re.sub(r"\s+(?=e2a-swarm )", "\n", parser.usage or parser.short_usage)
    examples = (re.sub(r" {2,}", "  # ", line) for line in command.examples)
    return [
        fill(command.about),
        f"\n```text\n{usage}\n```\n",
        *tables(command.sheets, command),
        "```sh",
        *examples,
        "```",
    ]


def tables(sheets: Iterable[Sheet], command: Command | None = None) -> Iterator[str]:
    """Yield the options of some sheets; those that `convert` has are only named on pages of other commands."""
    known = [option for sheet in CONVERT.sheets for option in sheet.options] if command is not CONVERT else []
    shown = [(sheet, [option for option in sheet.options if option.help]) for sheet in sheets]
    shared = [(sheet, [each for each in options if each in known]) for sheet, options in shown]
    if sum(len(options) for _, options in shared) < 8:
        shared = [(sheet, []) for sheet, _ in shown]
    named = [
        option.name if option.name.startswith("-") else option.value for _, options in shared for option in options
    ]
    for sheet, options in shown:
        rows = [
            (signature(option), description(option))
            for option in options
            if not {option.name, option.value} & set(named)
        ]
        if rows and len(shown) == 1:
            yield from (*table(("option", "what it does"), rows), "")
        elif rows:
            title = f"{sheet.title[0].upper()}{sheet.title[1:]}{f': {sheet.about}' if sheet.about else ''}"
            yield from (f"**{title}**\n", *table(("option", "what it does"), rows), "")
    if named:
        links = ", ".join(f"`{name}`" for name in named)
        yield f"{fill(f'As for [convert](convert.md): {links}.')}\n"


def fill(text: str) -> str:
    """Return a paragraph in lines of 120 columns."""
    return broken(text, 120, break_on_hyphens=False, break_long_words=False)


def signature(option: Option) -> str:
    """Return an option with its value."""
    value = f"[{option.value}]" if option.nargs == "?" and option.value else option.value
    if not option.name.startswith("-"):
        return f"`{value}`"
    return f"`{' '.join(filter(None, (option.name, value)))}`".replace("|", "\\|")


def description(option: Option) -> str:
    """Return what an option does, as a cell of a table."""
    plain = option.line.split("`")
    plain[::2] = [re.sub(r"--[a-z][a-z-]+|\$?E2A_SWARM_\w+", r"`\g<0>`", part) for part in plain[::2]]
    said = "`".join(plain)
    return f"{said}{f'. {option.more}' if option.more else ''}".replace("|", "\\|")


def table(heads: tuple[str, str], rows: Iterable[tuple[str, str]]) -> list[str]:
    """Return the lines of a table of two columns."""
    return [f"| {' | '.join(heads)} |", "| --- | --- |", *(f"| {name} | {text} |" for name, text in rows)]


def main() -> None:
    """Write the pages that differ."""
    for path, text in pages().items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            sys.stdout.write(f"{path.name}\n")


if __name__ == "__main__":
    main()
