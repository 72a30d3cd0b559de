import ast
import sys
from pathlib import Path
from string import ascii_lowercase

import pytest

from swarm.book.language import languages
from swarm.book.language.known import _load, every_language, find_language, find_quotes, find_speakers
from swarm.book.language.spelling import spelled
from swarm.book.speech.capitals import Usage
from swarm.book.speech.sentence import _rules, split_sentences
from swarm.book.speech.speech import Speech
from swarm.errors import EnvironmentFault
from swarm.job.card import EngineCard


def test_every_folder_and_every_whole_file_is_a_language() -> None:
    folders = {path.parent.name for path in Path(languages.__path__[0]).glob("*/__init__.py")}
    assert {language.code for language in every_language()} == folders | {"nl", "it", "es", "pt", "fr"}
    assert find_language("sv").forms and find_language("sv") not in every_language()


def test_a_language_is_one_object() -> None:
    assert find_language("fr") is find_language("fr")


@pytest.mark.parametrize(
    ("region", "written", "words"),
    [
        ("", "am 3.1.2020 für CHF 5.50", "am dritten Januar zweitausendzwanzig für fünf Schweizer Franken fünfzig"),
        ("AT", "am 3.1.2020", "am dritten Jänner zweitausendzwanzig"),
        ("CH", "am 3.1.2020 für Fr. 5.50", "am dritten Januar zweitausendzwanzig für fünf Franken fünfzig"),
        ("CH", "Frau Frei und Fr. Meier", "Frau Frei und Frau Meier"),
    ],
)
def test_a_region_of_a_language_with_a_program_has_its_own_words(region: str, written: str, words: str) -> None:
    card = EngineCard("tester", "", ("*",), (), (("", 300),), (), ())
    assert Speech(card, usage=Usage(region=region)).say(written, "de") == words


def test_swiss_ss_behind_a_long_vowel_is_marked() -> None:
    found = find_language("de", "CH").heteronyms("Die Strasse ist gross.", False)
    assert [sound for _, _, sound in found] == ["ʃtɾˈɑːsə", "ɡɾˈoːs"]
    assert not list(find_language("de").heteronyms("Die Strasse ist gross.", False))


def test_a_region_has_its_own_words_and_the_others_of_its_language() -> None:
    words = {region: find_language("pt", region) for region in ("", "BR", "PT", "AO")}
    said = {region: spelled("16", language) for region, language in words.items()}
    assert said == {"": "dezesseis", "BR": "dezesseis", "PT": "dezasseis", "AO": "dezesseis"}
    assert words["PT"].abbreviations.titles == words[""].abbreviations.titles
    mexican = find_language("es", "MX")
    assert spelled("1,000.5", mexican) == "mil punto cinco"
    assert find_language("es", "US") is mexican is not find_language("es", "ES")


def test_a_language_without_a_folder_has_no_words() -> None:
    unknown = find_language("xx")
    assert (unknown.code, unknown.numbers, unknown.note) == ("xx", None, "")
    assert find_language("../en").numbers is None


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (
            "from swarm.book.language.language import SpokenForms\nLANGUAGE = SpokenForms(point=',')",
            "TypeError: Missing",
        ),
        ("LANGUAGE = (", "SyntaxError"),
        ("LANGUAGE = 'sv'", "LANGUAGE is no Language"),
        ("", "AttributeError"),
    ],
)
def test_a_faulty_language_is_named_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str, why: str
) -> None:
    (tmp_path / "qq").mkdir()
    (tmp_path / "qq" / "__init__.py").write_text(content)
    monkeypatch.setattr(languages, "__path__", [str(tmp_path)])
    sys.modules.pop(f"{languages.__name__}.qq", None)
    with pytest.raises(EnvironmentFault, match=rf"qq/__init__\.py is faulty \({why}.*docs/languages.md"):
        _load("qq")


ROOT = Path(__file__).resolve().parents[3] / "swarm"
# Engines know their own languages and limits.
ENGINES = "voice/"


def test_a_book_that_names_thousands_of_languages_takes_no_memory_for_each() -> None:
    codes = [a + b + c for a in ascii_lowercase for b in ascii_lowercase for c in "xyz"]
    for code in codes:
        split_sentences("One. Two.", code)
    assert _rules.cache_info().currsize <= 64


def language_codes_in(source: str) -> list[int]:
    """Return the lines of a source that compare with codes of languages or choose by them."""
    codes = {language.code for language in every_language()}
    lines = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Compare):
            about = any(word in ast.unparse(node).lower() for word in ("lang", "code", "tag"))
            if about and any(isinstance(part, ast.Constant) and part.value in codes for part in ast.walk(node)):
                lines.append(node.lineno)
        if isinstance(node, ast.Dict):
            keys = {key.value for key in node.keys if isinstance(key, ast.Constant)}
            if len(keys & codes) > 1:
                lines.append(node.lineno)
    return lines


def test_code_that_chooses_by_a_language_is_seen() -> None:
    assert language_codes_in('if language == "fr":\n    pass\nnames = {"de": 1, "en": 2}\n') == [1, 3]
    assert language_codes_in('x = language.code in ("es", "it")') == [1]
    assert language_codes_in('tag == "p"') == []


def test_only_the_folder_of_a_language_knows_its_code() -> None:
    sources = {path.relative_to(ROOT).as_posix(): path for path in ROOT.rglob("*.py")}
    kept = {name: path for name, path in sources.items() if not name.startswith((ENGINES, "book/language/languages/"))}
    assert len(kept) > 100
    found = {name: language_codes_in(path.read_text(encoding="utf-8")) for name, path in kept.items()}
    assert {name: lines for name, lines in found.items() if lines} == {}


def test_each_abbreviation_stands_for_a_book_and_no_name_is_also_an_abbreviation() -> None:
    scriptures = [language.scripture for language in every_language() if language.scripture]
    assert len(scriptures) == 9
    for scripture in scriptures:
        assert all(scripture.shorts.values())
        assert not scripture.names & scripture.shorts.keys()
        assert scripture.plain <= scripture.shorts.keys()


def test_a_language_of_which_nothing_is_known_has_no_verbs() -> None:
    assert find_speakers("xx").verbs == ""


def test_swedish_marks_open_as_they_close() -> None:
    assert find_quotes("sv").startswith("””»»")
    assert "””" not in find_quotes("de")
