"""The settings of a house: a file in the state folder with values that options have unless the user says otherwise."""

import argparse
import difflib
from collections.abc import Mapping
from pathlib import Path

from swarm.commands.command_table import ALL, CONVERTING, NOT_IN_PREVIEWS
from swarm.commands.option import Command, Option, Sheet, Usual
from swarm.commands.option_table import NETWORK
from swarm.errors import UsageError

FILE_NAME = "settings.toml"
MAX_BYTES = 1 << 20
BOOKS = "books"  # the section for every command that makes books
NEVER = ("--state-dir", "--headless")  # the file is in that folder
Section = Mapping[str, Option]


def _settable(sheets: tuple[Sheet, ...]) -> Section:
    options = (option for sheet in sheets for option in sheet.options)
    return {
        option.name.strip("-"): option
        for option in options
        if option.name.startswith("--") and not option.refusal and option.name not in NEVER
    }


SECTIONS: Mapping[str, Section] = {
    BOOKS: _settable((*CONVERTING, NETWORK)),
    **{command.name: _settable(command.sheets) for command in ALL if command.common},
}


def read_settings(folder: Path) -> dict[str, dict[str, object]]:
    """Return the values by section and option; {} without a file. Raises UsageError."""
    path = folder / FILE_NAME
    if not path.exists():
        return {}
    import tomllib

    try:
        if path.stat().st_size > MAX_BYTES or not path.is_file():
            raise UsageError(f"{path} is no settings file: it is a pipe, a folder, or too large; put a file there.")
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as fault:
        raise UsageError(f"{path} cannot be read: {fault.strerror or fault}.") from fault
    except (ValueError, RecursionError) as fault:
        raise UsageError(f"{path} is no TOML file: {fault}.") from fault
    return {section: _read_section(path, section, values) for section, values in found.items()}


def _read_section(path: Path, section: str, values: object) -> dict[str, object]:
    known = SECTIONS.get(section)
    if known is None or not isinstance(values, dict):
        raise UsageError(f"{path}: {section} is no section; settings stand below [{'], ['.join(SECTIONS)}].")
    for name in values:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            raise UsageError(
                f"{path}: [{section}] has no option {name}{f' (did you mean {near[0]}?)' if near else ''}."
            )
    return {name: _value(path, known[name], value) for name, value in values.items()}


def _value(path: Path, option: Option, value: object) -> object:
    """Return a value as argparse would. Raises UsageError for one of another kind."""
    if not option.value:
        wanted, fits = "true or false", isinstance(value, bool)
    elif option.is_list:
        wanted, fits = "a list of words", isinstance(value, list) and all(isinstance(each, str) for each in value)
    else:
        wanted, fits = "a word or a number", isinstance(value, str | int | float) and not isinstance(value, bool)
    if not fits:
        raise UsageError(f"{path}: {option.name.strip('-')} takes {wanted}, not {value!r}.")
    return str(value) if option.value and not option.is_list else value


def settings_of(command: Command, settings: Mapping[str, Mapping[str, object]]) -> dict[str, object]:
    """Return the values for one command, by option; those of its own section go first."""
    if not command.common:
        return {}
    known = SECTIONS[command.name]
    shared = {
        name: value
        for name, value in settings.get(BOOKS, {}).items()
        if command.name != "work" and known.get(name) == SECTIONS[BOOKS][name]
    }
    skipped = [name.strip("-") for name in NOT_IN_PREVIEWS] if command.name == "preview" else []
    found = {**shared, **settings.get(command.name, {})}
    return {name: value for name, value in found.items() if name not in skipped}


def apply_settings(parser: argparse.ArgumentParser, command: Command, values: Mapping[str, object]) -> None:
    """Make values the defaults of a command's options."""
    for action in parser._actions:
        for name in (name.strip("-") for name in action.option_strings):
            if name in values:
                given = values[name]
                action.default = Usual(given) if command.marks_defaults and isinstance(given, str) else given
