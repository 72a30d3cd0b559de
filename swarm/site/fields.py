"""The options of a book as fields of a form, and what was filled in as words of a command line. Pure."""

from collections.abc import Mapping, Sequence
from typing import Literal

from msgspec import Struct

from swarm.errors import UsageError

Kind = Literal["text", "choice", "check", "list"]
MAX_WORDS = 100
NAME = "option"  # begins the name of each field, which is the option's


class OptionField(Struct, frozen=True):
    """An option as a field."""

    option: str  # "--speed"
    group: str
    help: str
    kind: Kind
    default: str = ""  # what holds if nothing is filled in
    choices: tuple[str, ...] = ()
    example: str = ""
    is_first: bool = False  # shown at once; the others are hidden

    @property
    def name(self) -> str:
        """The name of the field in the form."""
        return f"{NAME}{self.option}"

    @property
    def label(self) -> str:
        """The option in words."""
        words = self.option.strip("-").replace("-", " ")
        return words[:1].upper() + words[1:]


def words_of_form(fields: Sequence[OptionField], form: Mapping[str, list[str]]) -> tuple[str, ...]:
    """Return what differs from the defaults, as words of a command line. Raises UsageError for too many words."""
    words = tuple(word for field in fields for word in _words(field, form.get(field.name, [])))
    if len(words) > MAX_WORDS:
        raise UsageError(f"A book takes {MAX_WORDS} options at most.")
    return words


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
