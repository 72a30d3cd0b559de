from swarm.voice.espeak.clauses import Spoken, word_places


def places(text: str, letters: str) -> list[tuple[str, str]]:
    found = word_places(text, [Spoken(letters, 0, 0, len(text), False)])
    return [(text[word:].split()[0], letters[at:].split()[0]) for word, at in found]


def test_as_many_words_as_are_spoken_are_paired() -> None:
    assert places("Un bon vin.", "ˈœ̃ bˈɔ̃ vˈɛ̃.") == [("Un", "ˈœ̃"), ("bon", "bˈɔ̃"), ("vin.", "vˈɛ̃.")]
    assert places("“Yes” — no", "“jˈɛs” — nˈO") == [("“Yes”", "“jˈɛs”"), ("no", "nˈO")]


def test_where_the_counts_differ_each_clause_is_paired_for_itself() -> None:
    text, letters = "In 1848, he came.", "ɪn A B C, hi kˈAm."
    assert places(text, letters) == [("In", "ɪn"), ("he", "hi"), ("came.", "kˈAm.")]


def test_where_nothing_else_is_sure_the_first_word_is() -> None:
    assert places("In 1848 he came", "ɪn A B C hi kˈAm") == [("In", "ɪn")]
    assert places("…", "…") == places("", "") == []


def test_places_count_from_the_beginning_of_the_whole_text() -> None:
    spoken = [Spoken("kˈe", 0, 1, 4, False), Spoken("?", 3, 4, 5, True), Spoken("nˈo", 5, 5, 8, False)]
    assert word_places("¿Qué? No", spoken) == [(1, 0), (6, 5)]
