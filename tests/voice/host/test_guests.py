"""Which engine speaks the passages of a book in another language."""

import pytest

from swarm.book.model.book import Chapter, Pause, Segment
from swarm.voice.host.fallback_voices import find_guests, guests_of
from swarm.voice.host.registry import find_card, find_engine

HIBARI = find_card("hibari")


def test_the_base_has_a_guest_for_each_language_that_an_engine_of_it_speaks() -> None:
    found = find_guests(HIBARI, ["ru", "tlh", "sv"])
    assert {code: guest.voice for code, guest in found.items()} == {
        "ru": "guest:ru;espeak;;ru",
        "sv": "guest:sv;espeak;;sv",
    }
    assert found["ru"].card.name == "espeak"


@pytest.mark.parametrize("name", ["metronome", "coqui", "chatterbox", "qwen", "openai"])
def test_an_engine_of_every_language_or_with_an_environment_of_its_own_has_no_guests(name: str) -> None:
    assert find_guests(find_card(name), ["ru"]) == {}


def test_a_better_engine_is_taken_where_it_is_and_workers_have_to_offer_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(find_engine("kokoro")), "is_ready", lambda engine, language: True)
    assert find_guests(HIBARI, ["it"])["it"].recipe.engine == "kokoro"
    assert find_guests(HIBARI, ["it"], offered=())["it"].recipe.engine == "espeak"
    assert find_guests(HIBARI, ["it"], offered={"kokoro"})["it"].recipe.engine == "kokoro"
    assert find_guests(HIBARI, ["it"], offered={"xtts"})["it"].recipe.engine == "espeak"


def test_the_guests_that_a_job_names_are_found_again_and_an_unknown_one_is_left_out() -> None:
    voices = ("guest:ru;espeak;;ru", "guest:fr;gone;;anna")
    told = tuple(Segment("Да.", Pause.SENTENCE, voice=voice) for voice in voices)
    found = guests_of([Chapter("One", told)])
    assert [(code, guest.voice, guest.card.name) for code, guest in found.items()] == [("ru", voices[0], "espeak")]
