from pathlib import Path

import pytest

from swarm.book.model.book import Block, Book, ChapterText
from swarm.book.speech.lexicon import read_lexicon
from swarm.book.speech.script import make_script, with_word
from swarm.book.speech.speech import Speech
from swarm.commands.inspect import find_names
from swarm.commands.main import main
from swarm.errors import UsageError
from swarm.voice.espeak.engine import CARD as ESPEAK
from swarm.voice.metronome.engine import CARD as METRONOME

TEXT = "They saw Queequeg. He and Queequeg met Ahab, and Queequeg smiled at Mr. Starbuck. A whale came."
CHAPTERS = (ChapterText("One", (Block("paragraph", TEXT),)),)


def test_names_are_listed_as_a_dictionary_that_can_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    book, lexicon = tmp_path / "book.txt", tmp_path / "names.txt"
    book.write_text(f"{TEXT}\n\n{TEXT}")
    assert main(["inspect", str(book), "--names", "--language", "en", "--tts-engine", "espeak"]) == 0
    listed = capsys.readouterr().out
    assert "# 6 times: KWEEK-weg /kwˈiːkwɛɡ/\nQueequeg = Queequeg\n" in listed
    lexicon.write_text(listed.replace("Ahab = Ahab", "Ahab = Ayhab"))
    rules = {rule.written: rule.said for rule in read_lexicon(lexicon).rules}
    assert rules == {"Queequeg": "Queequeg", "Ahab": "Ayhab", "Starbuck": "Starbuck"}
    assert {rule.language for rule in read_lexicon(lexicon).rules} == {"en"}


def test_an_engine_that_tells_no_phonemes_lists_the_names_alone() -> None:
    assert [name.phonemes for name in find_names(CHAPTERS, Speech(METRONOME), "en")][:1] == [""]
    assert find_names(CHAPTERS, Speech(ESPEAK), "en")[0].times == 3


def test_a_preview_of_a_name_has_the_sentences_with_it() -> None:
    script = make_script(Book("T", (), "en", CHAPTERS), ESPEAK, "en")
    found = with_word(script, "ahab", 1_000)
    assert [segment.written for segment in found[0].segments] == [
        "He and Queequeg met Ahab, and Queequeg smiled at Mr. Starbuck."
    ]
    assert len(with_word(script, "Queequeg", 1)[0].segments) == 1
    with pytest.raises(UsageError, match="--name Moby: no sentence"):
        with_word(script, "Moby", 10)
