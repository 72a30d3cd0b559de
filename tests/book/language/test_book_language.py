import re
from pathlib import Path

from swarm.book.language import language
from swarm.book.language.language import Forms, Language, table, words


def test_a_counted_word_has_a_form_for_each_category() -> None:
    forms = Forms("minuta", "minuty", few="minuty", many="minut")
    assert [forms.of(category) for category in ("one", "few", "many", "other")] == [
        "minuta",
        "minuty",
        "minut",
        "minuty",
    ]
    assert Forms("mile", "miles").of("many") == "miles"


def test_tables_are_written_in_a_line() -> None:
    assert table("Mr=Mister|Dr=Doctor") == {"Mr": "Mister", "Dr": "Doctor"}
    assert table("") == {}
    assert words("a b") == {"a", "b"}


def fields(kind: type) -> set[str]:
    return set(kind.__annotations__)


def test_the_page_about_languages_names_every_field_and_no_other() -> None:
    page = (Path(__file__).resolve().parents[3] / "docs" / "languages.md").read_text(encoding="utf-8")
    steps = page.partition("\n2. ")[2].partition("```")[0]
    named = set(re.findall(r"`([a-z_]+)(?:\.[a-z_]+)?`", steps)) | set(re.findall(r"`[a-z]+\.([a-z_]+)`", steps))
    parts = [
        language.Numbers,
        language.SpokenForms,
        language.Sentences,
        language.Abbreviations,
        language.Powers,
    ]
    parts += [language.CreditWords, language.Counted]
    assert fields(Language) <= named
    assert named <= fields(Language).union(*map(fields, parts))
