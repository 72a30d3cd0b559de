from swarm.book.language.languages.en.english_heteronym import Place


def test_a_place_knows_the_words_around_it() -> None:
    place = Place("bow", False, ("he", "made", "a"), ("to", "her"))
    assert (place.previous(), place.previous(2), place.previous(3), place.next) == ("a", "he", "", "to")
    assert Place("bow", True, (), ()).next == ""
