"""Named states: a table says which state may follow which, and nothing else happens."""

from collections.abc import Mapping
from enum import Enum
from typing import TypeVar

State = TypeVar("State", bound=Enum)


class IllegalTransition(Exception):
    """A state was to follow one that it cannot follow: a fault of this program."""


def follow(table: Mapping[State, frozenset[State]], before: State, after: State) -> State:
    """Return `after` if the table lets it follow `before`, or if nothing changes. Raises IllegalTransition."""
    if after is not before and after not in table[before]:
        raise IllegalTransition(f"{type(before).__name__}: {before.name} cannot become {after.name}")
    return after
