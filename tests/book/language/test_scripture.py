from swarm.book.language.known import every_language


def test_each_abbreviation_stands_for_a_book_and_no_name_is_also_an_abbreviation() -> None:
    scriptures = [language.scripture for language in every_language() if language.scripture]
    assert len(scriptures) == 9
    for scripture in scriptures:
        assert all(scripture.shorts.values())
        assert not scripture.names & scripture.shorts.keys()
        assert scripture.plain <= scripture.shorts.keys()
