import pytest

from swarm.errors import UsageError
from swarm.job.language import language_name, long_code, normal_language


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("en", "en"),
        ("eng", "en"),
        ("en-GB", "en"),
        ("EN_us", "en"),
        (" English ", "en"),
        ("fra", "fr"),
        ("fre", "fr"),
        ("French", "fr"),
        ("ger", "de"),
        ("zho", "zh"),
        ("zh-Hant-TW", "zh"),
        ("zh-cn", "zh"),
        ("cmn", "zh"),
        ("no", "nb"),
        ("pt-br", "pt"),
        ("Ancient Greek", "grc"),
        ("vo", "vo"),
    ],
)
def test_codes_tags_and_names_become_the_primary_subtag(word: str, code: str) -> None:
    assert normal_language(word) == code


@pytest.mark.parametrize("word", ["", "-", "und", "mul", "e", "english please", "12", "en/../..", "x" * 10_000])
def test_nonsense_is_refused(word: str) -> None:
    with pytest.raises(UsageError, match="names no language") as refusal:
        normal_language(word)
    assert len(str(refusal.value)) < 200


def test_a_language_has_a_name() -> None:
    assert language_name("fr") == "French"
    assert language_name("grc") == "Ancient Greek"
    assert language_name("vo") == "vo"


@pytest.mark.parametrize(("code", "long"), [("en", "eng"), ("fr", "fra"), ("grc", "grc"), ("zh", "zho"), ("xx", "und")])
def test_a_language_has_its_three_letters(code: str, long: str) -> None:
    assert long_code(code) == long
