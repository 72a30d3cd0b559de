"""Tests of how a model's waves are cut, trimmed and joined before they become a clip."""

from typing import Any

import numpy as np
import pytest

from swarm.voice.engine import EngineFault, FaultKind

pytestmark = pytest.mark.coqui

RATE = 24_000


def test_the_silence_that_a_model_pads_its_end_with_is_trimmed() -> None:
    from swarm.voice.coqui.speak import speak_pieces

    loud = np.sin(np.arange(RATE) / 20).astype(np.float32) / 3
    padded = np.concatenate([loud, np.zeros(10_000, np.float32)])
    sound = speak_pieces("One.", 1, RATE, lambda piece: True, lambda piece: padded)
    assert RATE <= len(sound) < RATE + 0.06 * RATE


def test_pieces_that_fit_are_spoken_in_order_with_a_breath_between_as_one_clip() -> None:
    from swarm.voice.coqui.speak import PIECE_PAUSE_S, speak_pieces

    said: list[str] = []

    def say(piece: str) -> Any:
        said.append(piece)
        return np.full((1, 1, 1000), 0.5, np.float32)

    text = "She came in, and sat down; then she read the letter twice, and laughed."
    sound = speak_pieces(text, 1, RATE, lambda piece: len(piece) <= 30, say)
    assert "".join(said).replace(" ", "") == text.replace(" ", "")
    assert len(said) > 2
    assert max(map(len, said)) <= 30
    assert len(sound) == len(said) * 1000 + (len(said) - 1) * round(PIECE_PAUSE_S * RATE)


@pytest.mark.parametrize("kind", [AssertionError, IndexError, NotImplementedError, OverflowError, TypeError])
def test_no_assertion_from_inside_reaches_a_user(kind: type[Exception]) -> None:
    from swarm.voice.coqui.speak import speak_pieces

    def say(piece: str) -> Any:
        raise kind(" ❗ XTTS can only generate text with a maximum of 400 tokens.")

    with pytest.raises(EngineFault) as fault:
        speak_pieces("One.", 1, RATE, lambda piece: True, say)
    assert fault.value.kind is FaultKind.ERROR
    assert str(fault.value) == "Coqui's model failed at this text; the engine's log says how"
    assert isinstance(fault.value.__cause__, kind)
