"""What an option and a command are, as data, and the parser that is made of them."""

import argparse
import importlib
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from swarm.commands.parser import Parser, Refuse, ShowAll
from swarm.errors import UsageError

if TYPE_CHECKING:
    from swarm.server.page.fields import Kind

Choices = tuple[tuple[str, str], ...]  # values, each with what the page calls it, "" if it explains itself


class Option(NamedTuple):
    """An option of the command line, or an argument, whose name has no dashes. It is said here and nowhere else."""

    name: str
    value: str = ""  # what its value is called; "" for a switch
    help: str = ""  # one line; "" hides the option
    more: str = ""  # what the reference says besides, as Markdown
    default: str | None = ""
    usual: str = ""  # what holds without the option, where `default` does not say it
    is_list: bool = False  # it may be repeated
    choices: Choices = ()
    is_open: bool = False  # the choices are proposals: other values may be said
    label: str = ""  # what the page calls it; "" if the page does not have it
    page_help: str = ""  # what the page says of it, if not `help`
    example: str = ""
    also: tuple[str, ...] = ()  # further names
    instead: str = ""  # what is said today in place of this older word, as Markdown
    refusal: str = ""  # why the option is refused, and what to do
    rivals: str = ""  # options of a sheet with the same word here exclude each other
    dest: str = ""
    nargs: str | None = None
    const: str | None = None
    required: bool = False
    action: type[argparse.Action] | None = None

    @property
    def kind(self) -> "Kind":
        """What its value is: a "check" without one, a "list", a "choice", or any "text"."""
        if not self.value:
            return "check"
        return "list" if self.is_list else "choice" if self.choices and not self.is_open else "text"

    @property
    def line(self) -> str:
        """The line of --help: the help with what holds without the option."""
        usual = self.usual or (self.default if self.value else "")
        notes = "; may be repeated" if self.is_list and self.name.startswith("-") else ""
        return f"{self.help}{notes}{f' (default: {usual})' if usual else ''}" if self.help else ""

    @property
    def words(self) -> tuple[str, ...]:
        """The values that it takes."""
        return tuple(value for value, _ in self.choices)


class Sheet(NamedTuple):
    """A group of options, as --help-all shows them."""

    title: str
    options: tuple[Option, ...]
    about: str = ""
    page: str = ""  # the heading of its fields on the page

    def without(self, *names: str) -> "Sheet":
        """Return the sheet without some options."""
        return self._replace(options=tuple(option for option in self.options if option.name not in names))


def sheet(title: str, *options: Option, about: str = "") -> Sheet:
    """Return a group of options."""
    return Sheet(title, options, about)


class Usual(str):
    """A default value, which is told apart from the same value given by the user."""

    __slots__ = ()


class Command(NamedTuple):
    """A command, or one of the actions under a command."""

    name: str
    about: str  # the first lines of its help
    examples: tuple[str, ...]
    groups: tuple[Sheet, ...] = ()
    line: str = ""  # its line in the list of commands
    common: tuple[str, ...] = ()  # the options that --help shows; () for all
    rest: str = ""  # the other options in a few words
    usage: str = ""  # what follows its name, if the options do not say it
    actions: tuple["Command", ...] = ()
    module: str = ""  # the file in `commands/` that runs it, if not that of its name
    function: str = "run"
    values: Mapping[str, object] = {}  # further values of its arguments
    options: tuple[Option, ...] = ()  # these stand in place of groups
    marks_defaults: bool = False  # its code tells defaults from the same values given by the user

    @property
    def sheets(self) -> tuple[Sheet, ...]:
        """The options in groups."""
        return self.groups or (Sheet(self.name, self.options),)

    def run(self, arguments: argparse.Namespace) -> int:
        """Run the command, whose file is imported only now, so that --help is quick; return the exit code."""
        return self.find_function()(arguments)

    def find_function(self) -> Callable[[argparse.Namespace], int]:
        """Return the function that runs it."""
        module = importlib.import_module(f"swarm.commands.{self.module or self.name.replace('-', '_')}")
        found: Callable[[argparse.Namespace], int] = getattr(module, self.function)
        return found

    def of(self, command: "Command") -> "Command":
        """Return the action as one of a command, whose file runs it."""
        return self._replace(module=command.name)


def add_sheets(parser: argparse.ArgumentParser, sheets: Iterable[Sheet], inherited: frozenset[str]) -> None:
    """Add the options of some sheets; those in `inherited` keep the value that stands before the action's name."""
    for sheet in sheets:
        group = parser.add_argument_group(sheet.title, sheet.about or None)
        rivals: dict[str, argparse._MutuallyExclusiveGroup] = {}
        for option in sheet.options:
            place: argparse._ActionsContainer = group
            if option.rivals:
                if option.rivals not in rivals:
                    rivals[option.rivals] = group.add_mutually_exclusive_group()
                place = rivals[option.rivals]
            place.add_argument(option.name, *option.also, **_settings(option, option.name in inherited))


def _settings(option: Option, inherited: bool) -> dict[str, Any]:
    """Return what argparse is told of an option."""
    told: dict[str, Any] = {"help": option.line.replace("%", "%%") or argparse.SUPPRESS}
    if option.refusal:
        return told | {"action": Refuse, "nargs": "?", "const": option.refusal, "dest": "refused"}
    if option.dest:
        told["dest"] = option.dest
    if inherited:
        told["default"] = argparse.SUPPRESS
    if not option.value:
        return told | {"action": "store_true"}
    told |= {"metavar": option.value, "nargs": option.nargs}
    if not inherited:
        told["default"] = [] if option.is_list else option.default
    if option.name.startswith("-"):
        told |= {"required": option.required, "const": option.const}
        if option.is_list or option.action:
            told["action"] = option.action or "append"
    return {name: value for name, value in told.items() if value is not None or name == "default"}


def make_command(parser: argparse.ArgumentParser, command: Command, inherited: frozenset[str] = frozenset()) -> None:
    """Give a parser the options and actions of a command."""
    assert isinstance(parser, Parser)
    parser.description = command.about
    parser.epilog = "\n".join(("examples:", *(f"  {line}" for line in command.examples)))
    add_sheets(parser, command.sheets, inherited)
    parser.set_defaults(run=command.run, **command.values)
    if command.marks_defaults:
        for action in parser._actions:
            if isinstance(action.default, str) and action.default != argparse.SUPPRESS:
                action.default = Usual(action.default)
    if command.common:
        own = parser._action_groups.pop(1)  # argparse's own group with -h, which moves to the end
        own.title = "more"
        parser._action_groups.append(own)
        parser.common = frozenset({*command.common, "--help", "--help-all"})
    rest = f"every option: {command.rest}" if command.common else argparse.SUPPRESS
    parser.add_argument("--help-all", action=ShowAll, nargs=0, help=rest)
    if command.usage:
        parser.usage = f"{parser.prog} {command.usage}"
    if command.actions:
        _add_actions(parser, command)


def _add_actions(parser: Parser, command: Command) -> None:
    lines = [parser.short_usage]
    names = ", ".join(action.name for action in command.actions)
    actions = parser.add_subparsers(metavar=names, prog=parser.prog)
    had = frozenset(option.name for sheet in command.sheets for option in sheet.options)
    for action in command.actions:
        below = actions.add_parser(action.name)
        make_command(below, action.of(command), had)
        lines.append(below.short_usage)
    parser.usage = "\n       ".join(lines)


def option_parser(sheets: Iterable[Sheet]) -> Parser:
    """Make a parser of some options alone."""
    parser = Parser(add_help=False)
    add_sheets(parser, sheets, frozenset())
    return parser


_DURATION = re.compile(r"(?=\d)(?:(\d{1,3})d)?(?:(\d{1,4})h)?(?:(\d{1,5})m)?(?:(\d{1,6})s)?", re.ASCII)
_LONGEST_S = 366 * 24 * 3600


def whole(option: str, text: str, low: int, high: int) -> int:
    """Parse a whole number between two bounds. Raises a UsageError that names the option."""
    if text.isascii() and text.isdigit() and len(text) < 20 and low <= int(text) <= high:
        return int(text)
    raise UsageError(f"{option} takes a whole number from {low} to {high}, not {text!r}.")


def duration(option: str, text: str) -> float:
    """Parse a length of time such as 55m, 1h30m or 2d; return seconds. Raises a UsageError that names the option."""
    match = _DURATION.fullmatch(text.strip().lower())
    days, hours, minutes, rest = (int(part or 0) for part in match.groups()) if match else (0, 0, 0, 0)
    seconds = 86_400 * days + 3600 * hours + 60 * minutes + rest
    if not 1 <= seconds <= _LONGEST_S:
        raise UsageError(f"{option} takes a length of time such as 55m, 1h30m, 90s or 2d, not {text!r}.")
    return float(seconds)


def share(option: str, text: str) -> float:
    """Parse a share such as 1%; "" is 0. Raises a UsageError that names the option."""
    if not text:
        return 0.0
    percent = number(text.removesuffix("%"))
    if not (text.endswith("%") and 0 < percent <= 100):
        raise UsageError(f"{option} takes a share such as 1%, not {text!r}.")
    return percent / 100


def one_of(option: str, text: str, allowed: Sequence[str]) -> str:
    """Return the text if it is one of some words. Raises a UsageError that names the option."""
    if text in allowed:
        return text
    raise UsageError(f"{option} takes {' or '.join(allowed)}, not {text!r}.")


def word(option: str, text: str) -> str:
    """Return a short word without a space, or "". Raises a UsageError that names the option."""
    if re.fullmatch(r"[\w.-]{0,40}", text):
        return text
    raise UsageError(f"{option} takes a word of letters, digits, dots and hyphens, 40 at most, not {text!r}.")


def number(text: str) -> float:
    """Return a number, or NaN if the text is not a number."""
    try:
        return float(text)
    except ValueError:
        return math.nan
