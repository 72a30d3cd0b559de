from statistics import mean, pstdev

import pytest

from swarm.audiobook.sound.reel import PAUSE_LENGTHS_S, VARY_SHARE, varied_s
from swarm.book.model.book import Pause

SHORT, LONG = "He went.", "He went home " * 20


def lengths(text: str, share: float = VARY_SHARE, pause: Pause = Pause.SENTENCE) -> list[float]:
    return [varied_s(pause, PAUSE_LENGTHS_S[pause], share, text, (1, index)) for index in range(200)]


def test_a_pause_varies_by_its_share_and_never_by_more() -> None:
    for text in (SHORT, LONG):
        assert all(0.4 <= length <= 0.6 for length in lengths(text))
        assert pstdev(lengths(text)) > 0.02


def test_it_is_longer_after_a_long_sentence() -> None:
    assert mean(lengths(LONG)) > mean(lengths(SHORT)) + 0.05


def test_the_same_sentence_in_the_same_place_has_the_same_pause() -> None:
    assert lengths(SHORT) == lengths(SHORT)
    assert varied_s(Pause.SENTENCE, 0.5, 0.2, SHORT, (1, 2)) == pytest.approx(0.4417, abs=0.0001)


def test_pauses_that_mark_a_place_never_vary() -> None:
    for pause in (Pause.CLAUSE, Pause.HEADING, Pause.SCENE, Pause.CHAPTER):
        assert set(lengths(LONG, pause=pause)) == {PAUSE_LENGTHS_S[pause]}


def test_a_share_of_nothing_is_the_usual_length() -> None:
    assert set(lengths(SHORT, 0.0)) == {0.5}
    assert varied_s(Pause.SENTENCE, 0.0, 1.0, SHORT, (0, 0)) == 0


def test_kinds_stay_apart_however_they_vary() -> None:
    assert max(lengths(LONG)) < min(lengths(SHORT, pause=Pause.PARAGRAPH))
    assert max(lengths(LONG, pause=Pause.PARAGRAPH)) < PAUSE_LENGTHS_S[Pause.HEADING]
