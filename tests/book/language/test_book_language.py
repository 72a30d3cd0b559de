from swarm.book.language.language import Forms, table, words


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
