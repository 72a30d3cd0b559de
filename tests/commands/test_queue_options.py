"""Options of a book that travel to the queue's machine as words, and those of the page, made of the table."""

import re
from pathlib import Path

import pytest

from swarm.commands.add import LARGE_BYTES, inspect_words, page_fields, queued_config, queued_words, tell_tenths
from swarm.commands.main import make_parser, parse
from swarm.commands.option_table import QUEUED
from swarm.commands.serve import files_named
from swarm.errors import UsageError
from swarm.server.page.fields import words_of_form

SERVE = ("serve", "--output-dir", "/audiobooks", "--tts-engine", "metronome", "--tag", "genre=Novel")


def test_a_book_of_the_queue_has_its_own_files_beside_it_and_not_those_of_serve() -> None:
    serve = parse([*SERVE, "--beside", "cover"])
    of = lambda *words: queued_config(words, Path("a.epub"), serve).style.beside  # noqa: E731
    assert (of(), of("--beside=cue", "--beside=opf")) == (("cover",), ("cue", "opf"))


def test_words_make_the_same_config_on_the_other_machine(tmp_path: Path) -> None:
    given = ("add", "b.epub", "--voice", "tick", "--split", "6h", "--chapters", "1-3", "--tag", "year=1815", "--half")
    words = queued_words(parse([*given]))
    config = queued_config(words, tmp_path / "b.epub", parse([*SERVE]))
    assert (config.books, config.output_dir) == ((tmp_path / "b.epub",), Path("/audiobooks"))
    assert (config.engine, config.voice, config.chapters, config.style.split) == ("metronome", "tick", "1-3", "6h")
    assert dict(config.settings) == {"half": True}
    assert dict(config.style.tags) == {"genre": "Novel", "year": "1815"}


def test_one_books_options_are_not_those_of_the_next(tmp_path: Path) -> None:
    defaults = parse([*SERVE])
    queued_config(("--split=6h", "--tag=year=1815"), tmp_path / "b.epub", defaults)
    config = queued_config((), tmp_path / "b.epub", defaults)
    assert (config.style.split, dict(config.style.tags)) == ("", {"genre": "Novel"})


@pytest.mark.parametrize(
    "name", ["--voice=/etc/me.wav", "--custom-model=/etc", "--cover=/etc/me.png", "--lexicon=/x", "--cast=/x"]
)
def test_no_word_names_a_file_of_either_machine(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="coordinator's machine"):
        queued_config([name], tmp_path, parse([*SERVE]))
    with pytest.raises(UsageError, match="names a file of this machine"):
        queued_words(parse(["add", "b.epub", name]))


def test_a_cast_by_itself_names_no_file() -> None:
    words = queued_words(parse(["add", "b.epub", "--cast", "auto"]))
    cast = queued_config(words, Path("b.epub"), parse([*SERVE])).cast
    assert cast and cast.auto
    assert files_named(parse([*SERVE, "--cast", "auto"])) == {}
    with pytest.raises(UsageError, match="coordinator's machine"):
        queued_config(["--cast=./auto"], Path("b.epub"), parse([*SERVE]))


def test_no_answer_to_a_member_depends_on_whether_a_file_is_there(tmp_path: Path) -> None:
    (tmp_path / "there").write_bytes(b"")
    for name in ("there", "gone"):
        config = queued_config([f"--voice={tmp_path / name}"], tmp_path / "b.epub", parse([*SERVE]))
        assert (config.voice, config.voice_file) == (str(tmp_path / name), None)
    own = parse([*SERVE, f"--voice={tmp_path / 'there'}"])
    assert queued_config([], tmp_path / "b.epub", own).voice_file == tmp_path / "there"


@pytest.mark.parametrize(
    "word", ["--output-dir=/etc", "--state-dir=/etc", "--abs-server-url=http://x", "--help", "b", "--gpu=0"]
)
def test_a_word_that_is_no_option_of_a_book_is_refused(word: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        queued_config([word], tmp_path, parse([*SERVE]))


def test_the_way_of_a_large_book_is_told_in_tenths_and_that_of_a_small_one_is_not() -> None:
    told = list[str]()
    for size in (LARGE_BYTES, 100 * 1024 * 1024):
        moved = tell_tenths(told.append)
        for have in range(0, size, 256 * 1024):
            moved(have, size)
    assert (len(told), told[0]) == (9, "10 MB of 105 MB")


# --- the page

DEFAULTS = make_parser().parse_args(["serve", "--notes", "inline", "--alt-text"])
FIELDS = {field.option: field for field in page_fields(DEFAULTS)}
OPTIONS = [option for sheet in QUEUED for option in sheet.options]
NOT_THERE = {"--custom-model", "--cover", "--lexicon", "--chapters"}  # files, and what is chosen by looking


def test_each_option_of_the_queue_is_a_field() -> None:
    assert {option.name for option in OPTIONS if option.help} - NOT_THERE <= set(FIELDS)
    assert [field.option for field in page_fields(DEFAULTS)][:4] == ["--voice", "--language", "--tts-engine", "--speed"]


def test_the_defaults_are_those_of_serve() -> None:
    assert (FIELDS["--notes"].default, FIELDS["--alt-text"].default, FIELDS["--speed"].default) == (
        "inline",
        "yes",
        "1",
    )
    assert [choice.value for choice in FIELDS["--ruby"].choices] == ["base", "reading"]
    assert {field.kind for field in FIELDS.values()} == {"text", "choice", "check", "list"}


def test_the_page_offers_a_cast_by_itself_and_shows_no_file_of_the_server() -> None:
    assert words_of_form(tuple(FIELDS.values()), {"option--cast": ["auto"]}) == ("--cast=auto",)
    own = make_parser().parse_args(["serve", "--cast", "/home/ann/cast.txt"])
    assert "/home/ann" not in str(page_fields(own))


def test_the_page_speaks_of_options_in_words_of_its_own() -> None:
    for field in FIELDS.values():
        said = f"{field.label} {field.help} {field.group}"
        assert not re.search(r"--|`|e2a-swarm|%|\(default|\b[A-Z]{2,}=", said), said
        assert field.label[0].isupper() and not field.help[0].islower() and not field.help.endswith("."), said
        assert field.kind != "list" or field.example, said


def test_values_that_the_program_knows_are_a_list_and_each_of_them_is_taken() -> None:
    listed = {option for option, field in FIELDS.items() if field.choices}
    choices = {option.name for option in OPTIONS if re.fullmatch(r"[a-z]+(\|[a-z]+)+", option.value) and option.label}
    assert choices <= listed
    assert {"--notes", "--output-format", "--tts-engine", "--language", "--loudness", "--beside"} <= listed
    assert ("de", "German") in {(choice.value, choice.called) for choice in FIELDS["--language"].choices}
    engines = [choice.value for choice in FIELDS["--tts-engine"].choices]
    assert {"hibari", "espeak", "xtts"} <= set(engines)
    assert "metronome" not in engines
    for option, field in FIELDS.items():
        for choice in field.choices if option not in ("--tts-engine", "--language") else ():
            queued_config([f"{option}={choice.value}"], Path("book.epub"), DEFAULTS)


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
