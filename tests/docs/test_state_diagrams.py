"""The diagrams of states in docs/design/states.md are the tables of transitions in the code."""

import re
from collections.abc import Mapping
from enum import Enum
from pathlib import Path

from swarm.lease.states import (
    LINK_TRANSITIONS,
    PROSPECTS,
    SESSION_TRANSITIONS,
    SLOT_TRANSITIONS,
    TURNS,
    LinkState,
    Prospect,
    SessionState,
    SlotState,
    Turn,
)
from swarm.server.queue import BOOK_TRANSITIONS, BookState

PAGE = (Path(__file__).parents[2] / "docs" / "design" / "states.md").read_text(encoding="utf-8")
DIAGRAMS = re.findall(r"```mermaid\nstateDiagram-v2\n(.*?)```", PAGE, re.DOTALL)
BEGINNINGS = [SlotState.EMPTY, LinkState.AWAY, SessionState.JOINED, BookState.WAITING]
TABLES: list[Mapping[Enum, frozenset[Enum]]] = [
    SLOT_TRANSITIONS,
    LINK_TRANSITIONS,
    SESSION_TRANSITIONS,
    BOOK_TRANSITIONS,
]


def test_each_table_has_a_diagram() -> None:
    assert len(DIAGRAMS) == len(TABLES)


def test_a_diagram_has_the_arrows_of_its_table_and_no_others() -> None:
    for number in range(len(TABLES)):
        drawn = re.findall(r"^ +(\S+) --> (\w+)", DIAGRAMS[number], re.MULTILINE)
        table = TABLES[number]
        arrows = {(before.name, after.name) for before, afters in table.items() for after in afters}
        assert len(drawn) == len(set(drawn)), number
        assert set(drawn) == {("[*]", BEGINNINGS[number].name), *arrows}


def test_every_state_is_in_its_table_and_can_be_reached() -> None:
    for number in range(len(TABLES)):
        table = TABLES[number]
        assert set(table) == set(type(BEGINNINGS[number]))
        reached = {BEGINNINGS[number]}
        for _ in table:
            reached |= {after for before in reached for after in table[before]}
        assert reached == set(table), number


def test_the_tables_of_prospects_and_turns_are_those_of_the_code() -> None:
    for heads, table, of in [("state of the link | prospects", PROSPECTS, Prospect), ("prospect | turns", TURNS, Turn)]:
        rows = PAGE.split(f"| {heads} |\n| --- | --- |\n")[1].split("\n\n")[0].splitlines()
        said = dict(row.strip("| ").split(" | ") for row in rows)
        assert {key: set(names.split(", ")) for key, names in said.items()} == {
            key.name: {one.name for one in allowed} for key, allowed in table.items()
        }
        assert set().union(*table.values()) == set(of)
