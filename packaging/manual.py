"""Writes the manual page of e2a-swarm from the parser of `--help`: `python packaging/manual.py > e2a-swarm.1`."""

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from swarm.commands.parser import parsers_below  # noqa: E402

REPEATED = {"--help", "--help-all"}  # said once, for all commands


def manual(parser: argparse.ArgumentParser, version: str) -> str:
    """Return the page in roff; it has no date, so that the same source makes the same page."""
    return "\n".join([*head(parser, version), *commands(parser), *tail(parser)]) + "\n"


def head(parser: argparse.ArgumentParser, version: str) -> Iterator[str]:
    """Yield the lines up to the commands."""
    yield f'.TH E2A-SWARM 1 "" "e2a-swarm {escaped(version)}" "User Commands"'
    yield from (".SH NAME", r"e2a\-swarm \- one book, all the machines in the house, one audiobook")
    yield from (".SH SYNOPSIS", r".B e2a\-swarm", r"\fICOMMAND\fR [\fIOPTION\fR...] [\fIARGUMENT\fR...]")
    yield from (".SH DESCRIPTION", escaped(parser.description or ""))
    yield ".PP"
    yield r"Every command has \fB\-\-help\fR, those with many options \fB\-\-help\-all\fR too."


def commands(parser: argparse.ArgumentParser) -> Iterator[str]:
    """Yield a section of each command, with the actions under it."""
    for name, command in parsers_below(parser).items():
        yield f'.SH "{escaped(name.upper())}"'
        yield from section(command)
        for action, each in parsers_below(command).items():
            yield f'.SS "{escaped(name)} {escaped(action)}"'
            yield from section(each)


def section(command: argparse.ArgumentParser) -> Iterator[str]:
    """Yield what a command does, its options in their groups, and its examples."""
    yield from (".nf", rf"\fB{escaped(usage(command))}\fR", ".fi", ".PP", escaped(command.description or ""))
    for group in command._action_groups:
        shown = [action for action in group._group_actions if is_shown(action)]
        if shown and group.title not in ("options", "positional arguments", "more"):
            yield from (".PP", rf"\fI{escaped(group.title or '')}\fR")
        for action in shown:
            yield from (".TP", named(action), escaped(action.help or ""))
    title, _, lines = (command.epilog or "").partition("\n")
    if lines:
        yield from (".PP", escaped(title), ".nf", *map(escaped, lines.splitlines()), ".fi")


def tail(parser: argparse.ArgumentParser) -> Iterator[str]:
    """Yield the examples of the whole program, and where more is to be read."""
    lines = (parser.epilog or "").splitlines()[1:]
    yield from (".SH EXAMPLES", ".nf", *map(escaped, lines), ".fi")


def is_shown(action: argparse.Action) -> bool:
    """Tell whether a page has the option: not those that are hidden, nor those that all commands have."""
    kept = action.help != argparse.SUPPRESS and not isinstance(action, argparse._SubParsersAction)
    return kept and not REPEATED & set(action.option_strings)


def usage(command: argparse.ArgumentParser) -> str:
    """Return the usage lines of `--help`, each command on a line."""
    text = command.format_help().partition("\n\n")[0].removeprefix("usage: ")
    return re.sub(r"\s+(?=e2a-swarm )", "\n", " ".join(text.split()))


def named(action: argparse.Action) -> str:
    """Return the names of an option with its value, or the name of an argument, in the fonts of manual pages."""
    value = action.metavar if isinstance(action.metavar, str) else ""
    if not action.option_strings:
        return rf"\fI{escaped(value)}\fR"
    names = ", ".join(rf"\fB{escaped(name)}\fR" for name in action.option_strings)
    return rf"{names} \fI{escaped(value)}\fR" if value and action.nargs != 0 else names


def escaped(text: str) -> str:
    """Return text that roff prints as it is."""
    plain = text.replace("%%", "%").replace("\\", r"\e").replace("-", r"\-")
    return "\n".join(rf"\&{line}" if line.startswith((".", "'")) else line for line in plain.splitlines())


def main() -> None:
    """Print the page of this checkout."""
    from swarm import __version__
    from swarm.commands.main import make_parser

    sys.stdout.write(manual(make_parser(), __version__))


if __name__ == "__main__":
    main()
