from pathlib import Path

import pytest

from swarm.book.model.book import Rule
from swarm.book.speech.lexicon import Lexicon, read_lexicon
from swarm.errors import UsageError

TEXT = """# names
Nemo = Neemo
cat = kat
Mrs. Dalloway = Missus Dalloway

[fr-FR]
/(\\d+) sous/ = \\1 souhs
[*]
L'Olonnais=Lolonnay
"""


def lexicon(folder: Path, text: str | bytes) -> Lexicon:
    path = folder / "words.txt"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_lexicon(path)


def test_words_are_replaced_where_they_are_words(tmp_path: Path) -> None:
    words = lexicon(tmp_path, TEXT)
    assert words.apply("Nemo, nemo, Nemos. Cat and CAT, concat.", "en") == "Neemo, nemo, Nemos. kat and kat, concat."
    assert words.apply("Mrs. Dalloway met L'Olonnais.", "en") == "Missus Dalloway met Lolonnay."


def test_a_section_is_for_its_language(tmp_path: Path) -> None:
    words = lexicon(tmp_path, TEXT)
    assert words.apply("vingt 20 sous", "fr") == "vingt 20 souhs"
    assert words.apply("vingt 20 sous", "en") == "vingt 20 sous"


def test_a_pls_file_serves_by_its_aliases_and_phonemes(tmp_path: Path) -> None:
    pls = (
        '<?xml version="1.0"?><lexicon xmlns="http://www.w3.org/2005/01/pronunciation-lexicon" alphabet="ipa" '
        'xml:lang="en-US"><lexeme><grapheme>W3C</grapheme><alias>World Wide Web Consortium</alias></lexeme>'
        "<lexeme><grapheme>Oconee</grapheme><phoneme>ə</phoneme></lexeme></lexicon>"
    )
    words = lexicon(tmp_path, pls)
    assert words.apply("W3C on the Oconee", "en") == "World Wide Web Consortium on the Oconee"
    assert words.apply("W3C on the Oconee", "en", phonemes=True) == "World Wide Web Consortium on the ⟦Oconee|ə⟧"


@pytest.mark.parametrize("line", ["no equals sign", "= nothing", "/(/ = x", "/a/ = \\9"])
def test_a_line_that_says_nothing_is_named(tmp_path: Path, line: str) -> None:
    with pytest.raises(UsageError, match="line 2"):
        lexicon(tmp_path, f"# first\n{line}\n")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_lexicon(tmp_path / "gone.txt")
    with (tmp_path / "film.mkv").open("wb") as film:
        film.truncate(1 << 40)
    with pytest.raises(UsageError, match=r"film\.mkv is larger than"):
        read_lexicon(tmp_path / "film.mkv")
    with pytest.raises(UsageError, match="no PLS file"):
        lexicon(tmp_path, "<lexicon>")


def test_a_pattern_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("swarm.book.speech.lexicon.LEXICON_TIMEOUT_S", 0.1)
    hopeless = Lexicon((Rule("(a|a|aa)+$", "x", pattern=True),))
    with pytest.raises(UsageError, match="cannot be applied"):
        hopeless.apply("a" * 5000 + "b", "en")
