"""How people are told of the engines that speak a book's passages in other languages."""

from swarm.book.model.book import Chapter, Pause, Segment
from swarm.watch.words import guest_rows, guest_words, guests_line


def told(voice: str, count: int) -> tuple[Segment, ...]:
    return (Segment("Ja.", Pause.SENTENCE, voice=voice),) * count


PIPER = "guest:de;piper;piper:de_DE-thorsten-medium;thorsten"
CHAPTERS = [
    Chapter("One", told("guest:fr;espeak;;fr", 3) + told("", 4)),
    Chapter("Two", told(PIPER, 2) + told("guest:ru;espeak;;ru", 1)),
]


def test_each_engine_is_named_once_with_its_languages() -> None:
    words = (
        "in other languages: French (3 sentences), Russian (1 sentence) by espeak; "
        "German (2 sentences) by piper:de_DE-thorsten-medium"
    )
    assert guest_words(guest_rows(CHAPTERS)) == words
    assert guests_line(guest_rows(CHAPTERS), "hibari") == f"{words}; --one-engine leaves all to hibari"


def test_nothing_is_said_of_a_book_that_one_engine_speaks() -> None:
    assert guests_line(guest_rows([Chapter("One", told("", 4) + told("anna", 1))]), "hibari") == ""
