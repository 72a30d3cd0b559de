"""Makes the texts of a peer's message harmless where they come in: no character of them steers a terminal.

Recipes and the lines to speak stay as they are, since keys of clips are made of them.
"""

from functools import cache
from typing import TypeVar

from msgspec import Struct, inspect, structs

from swarm.job.recipe import Recipe
from swarm.lease.message import Line
from swarm.watch.text import plain_line

AS_IT_IS = (Recipe, Line)

Value = TypeVar("Value")


def plain(value: Value) -> Value:
    """Return a message, or a part of one, whose names, titles and notes are single lines of plain text."""
    if isinstance(value, str):
        return plain_line(value)  # type: ignore[return-value]
    if isinstance(value, tuple):
        return tuple(map(plain, value))  # type: ignore[return-value]
    if not isinstance(value, Struct) or isinstance(value, AS_IT_IS):
        return value
    before = {name: getattr(value, name) for name in _telling(type(value))}
    after = {name: plain(held) for name, held in before.items()}
    return value if after == before else structs.replace(value, **after)


@cache
def _telling(kind: type[Struct]) -> tuple[str, ...]:
    """Return the fields of a struct that may hold a stranger's text; digests and keys are bounded by patterns."""
    told = inspect.type_info(kind)  # a question for each field would take five times as long
    assert isinstance(told, inspect.StructType)
    return tuple(field.name for field in told.fields if _holds_text(field.type))


def _holds_text(kind: inspect.Type) -> bool:
    match kind:
        case inspect.StrType():
            return kind.pattern is None
        case inspect.VarTupleType():
            return _holds_text(kind.item_type)
        case inspect.UnionType():
            return any(map(_holds_text, kind.types))
        case inspect.StructType():
            return not issubclass(kind.cls, AS_IT_IS) and any(_holds_text(field.type) for field in kind.fields)
    return False
