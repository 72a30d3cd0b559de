"""The options of the page, made of those of the command line."""

import argparse

from swarm.commands.main import make_parser
from swarm.commands.page_fields import inspect_words, page_fields
from swarm.commands.queue_options import queued_config, queued_parser
from swarm.site.fields import words_of_form

DEFAULTS = make_parser().parse_args(["serve", "--notes", "inline", "--alt-text"])
FIELDS = {field.option: field for field in page_fields(DEFAULTS)}
NOT_THERE = {"--custom-model", "--cover", "--lexicon", "--cast", "--chapters"}  # files, and what is chosen by looking


def test_each_option_of_the_queue_is_a_field() -> None:
    shown = [action for action in queued_parser()._actions if action.help != argparse.SUPPRESS]
    options = {action.option_strings[0] for action in shown}
    assert set(FIELDS) == options - NOT_THERE
    assert [field.option for field in page_fields(DEFAULTS)][:4] == ["--voice", "--language", "--tts-engine", "--speed"]


def test_the_defaults_are_those_of_serve() -> None:
    assert (FIELDS["--notes"].default, FIELDS["--alt-text"].default, FIELDS["--speed"].default) == (
        "inline",
        "yes",
        "1",
    )
    assert FIELDS["--ruby"].choices == ("base", "reading")
    assert {field.kind for field in FIELDS.values()} == {"text", "choice", "check", "list"}
    assert not [field.help for field in FIELDS.values() if "(default:" in field.help or "%%" in field.help]


def test_what_a_form_says_is_taken_by_the_queue() -> None:
    form = {
        "option--notes": ["skip"],
        "option--speed": ["1.5"],
        "option--include": ["Notes"],
        "option--credits": ["yes"],
    }
    words = words_of_form(tuple(FIELDS.values()), form)
    config = queued_config(words, DEFAULTS.state_dir or __file__, DEFAULTS)  # type: ignore[arg-type]
    assert config.reading is not None
    assert (config.reading.notes, config.reading.alt_text, config.reading.include) == ("skip", True, ("Notes",))
    assert (config.settings, config.credits is not None) == ({"speed": 1.5}, True)


def test_a_book_is_looked_into_as_it_would_be_read() -> None:
    assert inspect_words((), DEFAULTS) == ("--notes=inline", "--alt-text")
    words = inspect_words(("--notes=end", "--language=fr", "--speed=2", "--split=6h", "--include=A"), DEFAULTS)
    assert set(words) == {"--notes=end", "--language=fr", "--include=A", "--alt-text"}
