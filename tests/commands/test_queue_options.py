"""Options of a book that travel to the queue's machine as words."""

from pathlib import Path

import pytest

from swarm.commands.main import parse
from swarm.commands.queue_options import queued_config, queued_words
from swarm.errors import UsageError

SERVE = ("serve", "--output-dir", "/audiobooks", "--tts-engine", "metronome", "--tag", "genre=Novel")


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


@pytest.mark.parametrize(
    "word", ["--output-dir=/etc", "--state-dir=/etc", "--abs-server-url=http://x", "--help", "b", "--gpu=0"]
)
def test_a_word_that_is_no_option_of_a_book_is_refused(word: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        queued_config([word], tmp_path, parse([*SERVE]))
