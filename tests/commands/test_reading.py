import pytest

from swarm.book.model.reading_choice import Reading
from swarm.commands.book_config import reading
from swarm.commands.option import option_parser
from swarm.commands.option_table import READING
from swarm.errors import UsageError


def read(*words: str) -> Reading | None:
    return reading(option_parser((READING,)).parse_args(words))


def test_nothing_said_is_nothing_chosen() -> None:
    assert read() is None
    assert read("--notes", "skip") is None


def test_every_choice_arrives() -> None:
    names = ("--include", "notes", "--include", "Index", "--exclude", "I")
    chosen = read("--notes", "End", *names, "--alt-text", "--ruby=reading")
    assert chosen == Reading("end", "reading", True, ("notes", "Index"), ("I",))


@pytest.mark.parametrize("words", [("--notes", "aloud"), ("--ruby", "both")])
def test_other_words_are_refused(words: tuple[str, ...]) -> None:
    with pytest.raises(UsageError, match=f"{words[0]} takes "):
        read(*words)
