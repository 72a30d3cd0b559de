import pytest

from swarm.commands.main import parse
from swarm.commands.redo import redo_config
from swarm.config import RedoConfig
from swarm.errors import UsageError


def redo(words: str) -> RedoConfig:
    return redo_config(parse(["redo", "a.epub", *words.split()]))


def test_what_is_said_is_meant() -> None:
    assert redo("--segments 3:12,4/1-3 --chapter 7 --doubtful") == RedoConfig(
        segments=((3, 12, 12), (4, 1, 3)), chapters=(7,), doubtful=True
    )


@pytest.mark.parametrize(
    ("words", "answer"), [("", "Choose what"), ("--segments 12", "chapter:sentence"), ("--chapter x", "whole number")]
)
def test_what_cannot_be_meant_is_refused_in_words(words: str, answer: str) -> None:
    with pytest.raises(UsageError, match=answer):
        redo(words)
