"""How a segment names the guest that speaks it."""

from swarm.book.model.book import Chapter, Pause, Segment
from swarm.book.model.engine_text import split_language, split_voice
from swarm.job.card import FallbackEngine, guest_places, guests_in, may_be_named, read_guest
from swarm.job.spec import Recipe
from swarm.voice.host.registry import find_card

PIPER = FallbackEngine(Recipe("piper", "de_DE-mls-medium:7", "de", "de_DE-mls-medium"), find_card("piper"))


def test_a_segment_names_all_of_a_guest_in_its_engine_text() -> None:
    segment = Segment("Guten Tag.", Pause.SENTENCE, "de", said_in="de", voice=PIPER.voice)
    assert segment.engine_text == "⟦|@guest:de;piper;de_DE-mls-medium;de_DE-mls-medium:7⟧⟦|=de⟧Guten Tag."
    voice, rest = split_voice(segment.engine_text)
    assert read_guest(voice) == PIPER.recipe
    assert split_language(rest) == ("de", "Guten Tag.")


def test_a_voice_of_the_job_is_no_guest() -> None:
    for voice in ["", "anna", "guest", "guest:", "guest:fr;espeak;fr", "clone:0123"]:
        assert read_guest(voice) is None


def test_a_guest_whose_name_does_not_fit_is_none() -> None:
    assert may_be_named(PIPER)
    for voice in ("a" * 200, "a|b", "a⟧b"):
        assert not may_be_named(FallbackEngine(Recipe("piper", voice, "de"), PIPER.card))
    assert not may_be_named(FallbackEngine(Recipe("piper", "a", "de", "x|y"), PIPER.card))


def test_the_guests_of_chapters_are_counted_and_placed() -> None:
    told = tuple(Segment("Ja.", Pause.SENTENCE, voice=voice) for voice in ("", PIPER.voice, "anna", PIPER.voice))
    chapters = [Chapter("One", told[:2]), Chapter("Two", told[2:])]
    assert guests_in(chapters) == {PIPER.recipe: 2}
    assert guest_places(chapters) == {(0, 1): PIPER.recipe, (1, 1): PIPER.recipe}
