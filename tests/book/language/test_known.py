from pathlib import Path

from swarm.book.language import languages
from swarm.book.language.known import every_language, find_language


def test_every_file_of_the_folder_is_a_language() -> None:
    files = {path.stem for path in Path(languages.__path__[0]).glob("*.py")} - {"__init__"}
    assert {language.code for language in every_language()} == files >= {"de", "en", "nl", "pl"}


def test_a_language_is_one_object() -> None:
    assert find_language("fr") is find_language("fr")


def test_a_language_without_a_file_has_no_words() -> None:
    unknown = find_language("xx")
    assert (unknown.code, unknown.numbers, unknown.dates, unknown.note) == ("xx", None, None, "")
    assert find_language("../en").numbers is None
