"""Chatterbox's own code with random weights, where its package is; installing its environment proves the same."""

import numpy as np
import pytest

pytest.importorskip("chatterbox.mtl_tts", reason="chatterbox-tts is not here: it wants libraries of its own")

from swarm.voice.chatterbox.voice import open_trial
from swarm.voice.engine import EngineFault

TEXT = "The lamp in the hall was still burning when we came home late."


@pytest.mark.slow
def test_a_seed_decides_the_sound_and_nothing_stays_on_the_layers() -> None:
    voice = open_trial()
    first, second, other = voice.speak(TEXT, 1), voice.speak(TEXT, 1), voice.speak(TEXT, 2)
    assert np.array_equal(first, second)
    assert not np.array_equal(first, other)
    assert len(first) > voice.sample_rate / 2
    assert not any(layer.self_attn._forward_hooks for layer in voice._model.t3.tfmr.layers)
    with pytest.raises(EngineFault):
        voice.speak("… — !", 1)
