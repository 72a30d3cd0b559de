"""Languages: what is written, and what is said. The forms, with what each block of them shows, are in forms.tsv."""

from importlib.resources import files
from pathlib import Path

import pytest
from said import said

from swarm.book.language import languages
from swarm.book.language.known import find_language
from swarm.book.speech import semiotic
from swarm.errors import EnvironmentFault

FILES = sorted(file.name.removesuffix(".toml") for file in files(languages).iterdir() if file.name.endswith(".toml"))
CODES = [code for code in FILES if find_language(code).forms and not find_language(code).numbers]


@pytest.mark.parametrize("code", CODES)
def test_a_file_has_what_it_needs_and_says_numbers_without_figures(code: str) -> None:
    language = find_language(code)
    verbaliser = semiotic.verbaliser(language)
    assert verbaliser is not None
    beside = "年" if code == "ja" else ""
    said_forms = verbaliser.say(f"1 2 21 101 1921 {beside}")
    assert not any(map(str.isdigit, said_forms))


@pytest.mark.parametrize("code", CODES)
def test_numbers_have_words_of_their_own(code: str) -> None:
    verbaliser = semiotic.verbaliser(find_language(code))
    assert verbaliser is not None
    numbers = {*range(100), *(digit * 10**power for digit in range(1, 10) for power in range(2, 11)), 3456, 345_000}
    words = {verbaliser.cardinal(str(number)) for number in numbers}
    assert len(words) == len(numbers) and not any(map(str.isdigit, "".join(words)))
    assert len({verbaliser.ordinal(str(number)) for number in range(1, 101)}) == 100


FORMS = [
    pytest.param(*line.split("\t"), id=": ".join(line.split("\t")[:2]))
    for line in (Path(__file__).parent / "forms.tsv").read_text(encoding="utf-8").splitlines()
    if not line.startswith("# ")
]


@pytest.mark.parametrize(("code", "written", "words"), FORMS)
def test_a_form_is_said(code: str, written: str, words: str) -> None:
    assert said(written, code) == words


@pytest.mark.parametrize(
    ("code", "number", "noun", "expected"),
    [
        ("de", "eins", "Euro", "ein"),
        ("de", "eins", "Frau", "eine"),
        ("de", "eins", "", "eins"),
        ("es", "veintiuno", "hombres", "veintiún"),
        ("es", "treinta y uno", "días", "treinta y un"),
        ("es", "doscientos", "casas", "doscientas"),
        ("es", "doscientos uno", "de", "doscientos uno"),
        ("es", "uno", "libra", "una"),
        ("fr", "vingt et un", "heures", "vingt et une"),
        ("fr", "vingt et un", "hommes", "vingt et un"),
        ("it", "uno", "sterlina", "una"),
        ("it", "uno", "chilometro", "un"),
    ],
)
def test_numbers_agree_with_what_they_count(code: str, number: str, noun: str, expected: str) -> None:
    numbers = find_language(code).numbers
    assert numbers and numbers.agree(number, noun) == expected


def test_a_faulty_file_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from swarm.book.language import known

    monkeypatch.setattr(known, "get_data", lambda *_: b"at = 3")
    known.find_language.__globals__["_from_data"].cache_clear()
    with pytest.raises(EnvironmentFault, match=r"xy\.toml is faulty"):
        find_language("xy")
    known.find_language.__globals__["_from_data"].cache_clear()


def test_words_of_several_sounds_get_the_sound_that_their_sentence_shows() -> None:
    missed = 0
    for line in (Path(__file__).parent / "sounds.tsv").read_text(encoding="utf-8").splitlines():
        code, ipa, word, sentence = line.split("\t")
        language = find_language(code)
        found = [(sentence[start:end], sound) for start, end, sound in language.heteronyms(sentence, False)]
        assert word.lower() in language.sounds or not found
        assert found in ([(word, ipa)], []), sentence
        missed += bool(ipa) and not found
    assert missed <= 3  # of 23


def test_a_page_of_figures_takes_no_long_time() -> None:
    assert said("3 maja 1921 r. w XIX w. " * 2_000, "pl").startswith("trzeciego maja")
    assert said("w 5. " * 10_000 + "1 " * 10_000, "pl")
    assert said("1 lb. 2-3 x " * 5_000, "en")
    assert said("४" * 20_000, "hi") == said("4" * 20_000, "hi")
