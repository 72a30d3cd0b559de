"""The parser of every command: --help fits a screen, and --help-all shows every option."""

import argparse
import sys
from collections.abc import Generator, Iterable, Sequence
from shutil import get_terminal_size
from typing import TYPE_CHECKING

from swarm.errors import UsageError

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

# What people type for an action of a command that is another command's, and what to say in place of a list.
OTHER_ACTIONS = {"invite": ": `e2a-swarm key --invite 15m` makes an invite"}


class Formatter(argparse.HelpFormatter):
    """A formatter of help that keeps the lines of examples, and lists commands like options."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return text if "\n" in text else super()._fill_text(text, width, indent)

    def _iter_indented_subactions(self, action: argparse.Action) -> Generator[argparse.Action, None, None]:
        yield from getattr(action, "_get_subactions", list)()

    def _format_action(self, action: argparse.Action) -> str:
        text = super()._format_action(action)
        return text.partition("\n")[2] if isinstance(action, argparse._SubParsersAction) else text


class Parser(argparse.ArgumentParser):
    """An argument parser that raises UsageError, and accepts no abbreviations."""

    def __init__(self, **settings: object) -> None:
        settings.setdefault("formatter_class", Formatter)
        settings.setdefault("allow_abbrev", False)
        super().__init__(**settings)  # type: ignore[arg-type]
        self.common: frozenset[str] = frozenset()  # options that --help shows; empty shows all
        self.brief = ""  # what --help shows instead, where not empty

    @property
    def hint(self) -> str:
        """A sentence that tells how to list all options of the command."""
        return f"try {self.prog} --help{'-all' if self.common else ''}"

    def format_help(self) -> str:
        """Return the text of --help: the common options in one list, or all options if none are common."""
        if self.brief:
            return self.brief
        if self._subparsers not in (None, self._positionals):  # the group of commands has a title of its own
            return self.full_help()
        if not self.common:
            return self._help([("options", None, sorted(self._grouped(), key=_is_help))])
        shown = [action for action in self._grouped() if self.common & names_of(action)]
        return self._help([("common options", None, shown)])

    @property
    def short_usage(self) -> str:
        """Return a usage line with the required options, "[OPTION...]" and the arguments."""
        if self.usage:
            return self.usage
        needed = [
            f"{action.option_strings[0]} {action.metavar}" for action in self._get_optional_actions() if action.required
        ]
        given = [_many(action) for action in self._get_positional_actions()]
        return " ".join((self.prog, *needed, "[OPTION...]", *given))

    def full_help(self) -> str:
        """Return the text of --help-all: all options in their groups."""
        return self._help([(group.title, group.description, group._group_actions) for group in self._action_groups])

    def _grouped(self) -> list[argparse.Action]:
        return [action for group in self._action_groups for action in group._group_actions]

    def _help(self, sections: Iterable[tuple[str | None, str | None, Sequence[argparse.Action]]]) -> str:
        formatter = self._get_formatter()
        formatter.add_usage(
            self.short_usage if self.common or not self._subparsers else self.usage,
            self._actions,
            self._mutually_exclusive_groups,
        )
        formatter.add_text(self.description)
        for title, description, actions in sections:
            formatter.start_section(title)
            formatter.add_text(description)
            formatter.add_arguments(actions)
            formatter.end_section()
        formatter.add_text(self.epilog)
        return formatter.format_help()

    def _check_value(self, action: argparse.Action, value: object) -> None:
        if isinstance(action, argparse._SubParsersAction) and value not in action.choices:
            said = OTHER_ACTIONS.get(f"{value}", f"; it knows {', '.join(action.choices)}")
            raise UsageError(f"{self.prog} does not know {value!r}{said}.")
        super()._check_value(action, value)

    def _print_message(self, message: str, file: "SupportsWrite[str] | None" = None) -> None:
        """Print the help; a pager shows it on a terminal that has fewer rows, as man does."""
        rows = get_terminal_size().lines
        if file in (None, sys.stdout) and sys.stdout.isatty() and message.count("\n") >= rows:
            from pydoc import pager

            pager(message)
        else:
            super()._print_message(message, file)

    def error(self, message: str) -> None:  # type: ignore[override]
        """Raise UsageError with a hint at --help or --help-all."""
        raise UsageError(f"{message.rstrip('.')}; {self.hint}")


class ShowAll(argparse.Action):
    """The option --help-all, which prints the help with every option and exits."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        """Raise SystemExit after printing, as --help does."""
        assert isinstance(parser, Parser)
        parser._print_message(parser.full_help(), sys.stdout)
        parser.exit()


def _is_help(action: argparse.Action) -> bool:
    return "--help" in action.option_strings


def _many(positional: argparse.Action) -> str:
    """Return a positional argument for a usage line: `BOOK`, `NAME...` or `[CODE...]`."""
    name = str(positional.metavar)
    return {"?": f"[{name}]", "*": f"[{name}...]", "+": f"{name}..."}.get(str(positional.nargs), name)


def names_of(action: argparse.Action) -> frozenset[str]:
    """Return the names of an option, or the name of a positional argument."""
    return frozenset(action.option_strings or [str(action.metavar)])


def parsers_below(parser: argparse.ArgumentParser) -> dict[str, Parser]:
    """Return the parsers of the commands of the program, or of the actions of a command, by their names."""
    found = (action.choices for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    return next(found, {})


class Refuse(argparse.Action):
    """An option of ebook2audiobook that is not supported here; its sentence tells what to do instead."""

    def __call__(self, _parser: object, _namespace: object, _values: object, option: str | None = None) -> None:
        """Raise UsageError with the sentence given as `const`."""
        raise UsageError(f"{option} is not supported: {self.const}")


class Joined(argparse.Action):
    """An option whose value is a list with commas, which may be given again for more of it."""

    _begun: object = None  # what this parser fills, with a value of the same line

    def __call__(
        self, _parser: object, namespace: argparse.Namespace, value: object, _option: str | None = None
    ) -> None:
        """Add to what the same line said before; a value from elsewhere is replaced."""
        before = f"{getattr(namespace, self.dest)}," if self._begun is namespace else ""
        setattr(namespace, self.dest, f"{before}{value}")
        self._begun = namespace


class OneCoordinator(argparse.Action):
    """An option for one coordinator, which refuses a second one instead of silently replacing the first."""

    def __call__(
        self, _parser: object, namespace: argparse.Namespace, value: object, option: str | None = None
    ) -> None:
        """Keep the address. Raises UsageError if another one was given before."""
        if namespace.coordinator and namespace.coordinator != value:
            raise UsageError(
                f"{option} names one coordinator; without it, all coordinators of this machine's swarm are found."
            )
        namespace.coordinator = value
