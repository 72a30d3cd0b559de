import pytest

from swarm.book.language.languages.en.english_heteronym import find_heteronyms


def sounds(sentence: str) -> list[str]:
    return [ipa for _, _, ipa in find_heteronyms(sentence)]


@pytest.mark.parametrize(
    ("sentence", "said"),
    [
        ("My learned friend was a most learned man.", ["ˈlɜɹnəd", "ˈlɜɹnəd"]),
        ("Not one blessed thing. Blessed are the meek.", ["ˈblɛsəd", "ˈblɛsəd"]),
        ("This cursed rain! He cursed it.", ["ˈkɜɹsəd", "kɜɹst"]),
        ("She kissed her aged mother with a dogged look.", ["ˈeɪdʒəd", "ˈdɔɡəd"]),
        ("Two ragged boys ran by.", ["ˈɹæɡəd"]),
    ],
)
def test_adjectives_have_a_syllable_more(sentence: str, said: list[str]) -> None:
    assert sounds(sentence) == said


@pytest.mark.parametrize(
    "sentence",
    [
        "They learned that a lesson learned is a lesson learned by heart.",
        "The girl, aged ten, and her sister aged nine came.",
        "God blessed them; the land was blessed with peace.",
        "They dogged his steps; the crowd cursed.",
    ],
)
def test_verbs_are_left_to_the_voice(sentence: str) -> None:
    assert sounds(sentence) == []
