"""The options of a book as fields of a form, and what was filled in as words of a command line. Pure."""

import re
from collections.abc import Mapping, Sequence
from typing import Literal

from msgspec import Struct

from swarm.errors import UsageError

Kind = Literal["text", "choice", "check", "list"]
MAX_WORDS = 100
OPTION = re.compile(r"--[a-z]+(-[a-z]+)*")
NAME = "option"  # begins the name of each field, which is the option's


class Choice(Struct, frozen=True):
    """A value to choose, and what people call it."""

    value: str
    called: str = ""  # "" for a value that explains itself

    @property
    def words(self) -> str:
        """What is shown."""
        return self.called or self.value


class OptionField(Struct, frozen=True):
    """An option as a field."""

    option: str  # "--speed"
    group: str
    label: str
    help: str
    kind: Kind
    default: str = ""  # the value that holds if nothing is filled in
    choices: tuple[Choice, ...] = ()  # proposals, if the kind is text
    example: str = ""
    is_first: bool = False  # whether the field is shown at once; the others are hidden

    @property
    def name(self) -> str:
        """The name of the field in the form."""
        return f"{NAME}{self.option}"

    def called(self, value: str) -> str:
        """Return what people call a value."""
        return next((choice.words for choice in self.choices if choice.value == value), value)


def words_of_form(fields: Sequence[OptionField], form: Mapping[str, list[str]]) -> tuple[str, ...]:
    """Return what differs from the defaults, as words of a command line. Raises UsageError for too many words."""
    words = tuple(word for field in fields for word in _words(field, form.get(field.name, [])))
    if len(words) > MAX_WORDS:
        raise UsageError(f"A book takes {MAX_WORDS} options at most.")
    return words


def told_words(fields: Sequence[OptionField], words: Sequence[str]) -> list[str]:
    """Return words of a command line as people say them: "Footnotes: leave them out"."""
    known = {field.option: field for field in fields}
    return [_told(known.get(word.partition("=")[0]), word) for word in words]


def _told(field: OptionField | None, word: str) -> str:
    option, equals, value = word.partition("=")
    label = field.label if field else option.strip("-").replace("-", " ").capitalize()
    return f"{label}: {field.called(value) if field else value}" if equals else label


def in_words(fields: Sequence[OptionField], text: str) -> str:
    """Return a sentence of the command line with the labels of fields in place of their options."""
    labels = {field.option: field.label for field in fields}
    return OPTION.sub(lambda found: labels.get(found[0], found[0]), text)


def _words(field: OptionField, values: Sequence[str]) -> list[str]:
    filled = [line.strip() for value in values for line in value.splitlines() if line.strip()]
    match field.kind:
        case "check":
            return [field.option] if filled and not field.default else []
        case "list":
            return [f"{field.option}={line}" for line in filled]
        case _:
            value = " ".join(filled)
            return [f"{field.option}={value}"] if value and value != field.default else []
