"""Fields of the form as words of a command line."""

import pytest

from swarm.errors import UsageError
from swarm.site.fields import OptionField, words_of_form

SPEED = OptionField("--speed", "sound", "how fast", "text", default="1")
CODE = OptionField("--verse-numbers", "reading", "verses", "choice", default="say", choices=("say", "skip"))
PICTURES = OptionField("--alt-text", "reading", "pictures", "check")
CREDITS = OptionField("--credits", "reading", "credits", "check", default="yes")
INCLUDE = OptionField("--include", "reading", "a part", "list")
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


def test_a_field_is_named_in_words() -> None:
    assert (CODE.label, SPEED.label) == ("Verse numbers", "Speed")
