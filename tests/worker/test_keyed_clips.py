"""Clips between the engine and the core: they get their keys."""

import hashlib

import numpy as np
from making import grant, make_worker, ordered, speak

from swarm.audiobook.sound.frame import key_of
from swarm.lease.message import Clip
from swarm.lease.outcome import Speak
from swarm.lease.worker.worker_core import WorkerCore
from swarm.voice.host.takes import make_clip
from swarm.worker.node import keyed

RISING = (np.sin((np.arange(48000) / 900) ** 2) * 9000).astype(np.int16)
TEXT = "A sentence of forty letters, more or less."


def speaking() -> tuple[WorkerCore, Speak]:
    """Return a core whose slot has just been told to speak, and what it was told."""
    core = make_worker(1)
    order = ordered(speak(core, grant(core, TEXT)))
    assert isinstance(order, Speak)
    return core, order


def test_a_clip_says_its_key_so_that_the_coordinator_need_not_add_it() -> None:
    core, order = speaking()
    assert keyed([None], core, order.slot, order.turn) == [None]
    (clip,) = keyed([make_clip(RISING, 24000, TEXT)], core, order.slot, order.turn)
    assert clip is not None
    assert clip.info.digest == hashlib.sha256(clip.frame).hexdigest()
    core.spoken(order.slot, order.turn, [clip], 5.0)
    (held,) = core.unaccepted.clips.values()
    assert isinstance(held.clip, Clip) and key_of(clip.frame) == held.clip.key


def test_what_an_engine_spoke_that_was_killed_meanwhile_stays_as_it_is() -> None:
    core, order = speaking()
    sound = make_clip(RISING, 24000, TEXT)
    assert keyed([sound], core, order.slot, order.turn - 1) == [sound]
