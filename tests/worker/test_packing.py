"""Clips that are packed for a link, between the engine and the core."""

import hashlib
import io
from math import inf

import numpy as np
import pytest
import soundfile
from making import grant, make_worker, ordered, speak

from swarm.audiobook.sound.frame import key_of
from swarm.lease.message import Clip, Welcome
from swarm.lease.outcome import Speak
from swarm.lease.worker.worker_core import WorkerCore
from swarm.voice.host.takes import make_clip
from swarm.worker.node import packed

RISING = (np.sin((np.arange(48000) / 900) ** 2) * 9000).astype(np.int16)
TEXT = "A sentence of forty letters, more or less."


def speaking() -> tuple[WorkerCore, Speak]:
    """Return a core whose slot has just been told to speak, and what it was told."""
    core = make_worker(1)
    order = ordered(speak(core, grant(core, TEXT)))
    assert isinstance(order, Speak)
    return core, order


@pytest.mark.parametrize("packing", ["", "flac", "opus"])
async def test_a_clip_is_packed_as_its_link_wants_it_and_says_so(packing: str) -> None:
    core, order = speaking()
    core.links["a"].welcome = Welcome("a", 1, "a", 1.0, 1000, 65536, opus=packing == "opus")
    core.links["a"].window.pace.behind_until_s = inf if packing else -inf
    sound = make_clip(RISING, 24000, TEXT)
    assert await packed([None], core, order.slot, order.turn, 5.0) == [None]
    (clip,) = await packed([sound], core, order.slot, order.turn, 5.0)
    assert clip is not None
    assert clip.packing == packing
    assert clip.info.digest == hashlib.sha256(clip.frame).hexdigest()
    assert clip.frame[:4] == (b"OggS" if packing == "opus" else b"fLaC")
    if packing == "flac":
        assert len(clip.frame) < len(sound.frame) + 24
        assert np.array_equal(*(soundfile.read(io.BytesIO(each.frame), dtype="int16")[0] for each in (clip, sound)))
    core.spoken(order.slot, order.turn, [clip], 5.0)
    (held,) = core.unaccepted.clips.values()
    assert isinstance(held.clip, Clip) and held.clip.packing == packing
    assert key_of(clip.frame) == ("" if packing == "opus" else held.clip.key)  # the coordinator need not add it


async def test_what_an_engine_spoke_that_was_killed_meanwhile_stays_as_it_is() -> None:
    core, order = speaking()
    core.links["a"].window.pace.behind_until_s = inf
    sound = make_clip(RISING, 24000, TEXT)
    assert await packed([sound], core, order.slot, order.turn - 1, 5.0) == [sound]
