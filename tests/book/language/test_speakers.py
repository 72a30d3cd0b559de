from swarm.book.language.known import _MORE_SPEAKERS, every_language, find_language, find_quotes, find_speakers


def test_the_file_of_a_language_comes_first() -> None:
    assert find_speakers("de") is find_language("de").speakers
    assert not {language.code for language in every_language()} & _MORE_SPEAKERS.keys()  # move them into the new file


def test_a_language_of_which_nothing_is_known_has_no_verbs() -> None:
    assert find_speakers("xx").verbs == ""


def test_swedish_marks_open_as_they_close() -> None:
    assert find_quotes("sv").startswith("””»»")
    assert "””" not in find_quotes("de")
