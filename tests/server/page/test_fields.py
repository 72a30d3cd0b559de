"""Fields of the form as words of a command line."""

import pytest

from swarm.errors import UsageError
from swarm.server.page.fields import Choice, OptionField, in_words, told_words, words_of_form

BOTH = (Choice("say", "say them"), Choice("skip"))
SPEED = OptionField("--speed", "sound", "Speed", "how fast", "text", default="1")
CODE = OptionField("--verse-numbers", "reading", "Verses", "numbers", "choice", default="say", choices=BOTH)
PICTURES = OptionField("--alt-text", "reading", "Pictures", "pictures", "check")
CREDITS = OptionField("--credits", "reading", "Credits", "credits", "check", default="yes")
INCLUDE = OptionField("--include", "reading", "Read also", "a part", "list")
FIELDS = (SPEED, CODE, PICTURES, CREDITS, INCLUDE)


def test_only_what_differs_from_the_defaults_is_said() -> None:
    form = {"option--speed": [" "], "option--verse-numbers": ["say"], "option--credits": ["yes"]}
    assert words_of_form(FIELDS, form) == ()
    assert words_of_form(FIELDS, {}) == ()


def test_each_kind_of_field_becomes_its_words() -> None:
    form = {
        "option--speed": [" 1.25 "],
        "option--verse-numbers": ["skip"],
        "option--alt-text": ["yes"],
        "option--include": ["Notes\r\n\r\n About the author \n"],
        "option--unknown": ["--output-dir=/"],
        "csrf": ["x"],
    }
    words = ("--speed=1.25", "--verse-numbers=skip", "--alt-text", "--include=Notes", "--include=About the author")
    assert words_of_form(FIELDS, form) == words


def test_a_value_never_becomes_an_option_of_its_own() -> None:
    form = {"option--speed": ["1 --output-dir=/etc\n--state-dir=/"], "option--include": ["--output-dir=/etc"]}
    assert words_of_form(FIELDS, form) == ("--speed=1 --output-dir=/etc --state-dir=/", "--include=--output-dir=/etc")


def test_words_are_bounded() -> None:
    with pytest.raises(UsageError, match="100 options"):
        words_of_form(FIELDS, {"option--include": ["a\n" * 101]})


def test_options_are_told_in_the_words_of_the_page() -> None:
    words = ("--verse-numbers=say", "--alt-text", "--include=a=b", "--chapters=1-3", "--speed=2")
    told = ["Verses: say them", "Pictures", "Read also: a=b", "Chapters: 1-3", "Speed: 2"]
    assert told_words(FIELDS, words) == told
    fault = "--speed takes a number, not '--speedy'; --models-dir is another matter."
    assert in_words(FIELDS, fault) == "Speed takes a number, not '--speedy'; --models-dir is another matter."
