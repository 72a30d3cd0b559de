"""Checks a clip that has arrived, before the coordinator's core hears of it."""

import hashlib

from msgspec import structs

from swarm.audio.frame import check_frame, key_of, with_key
from swarm.coordinator.prepare import find_spoken
from swarm.lease.bounds import MAX_CLIP_BYTES
from swarm.lease.coordinator.coordinator import Coordinator
from swarm.lease.message import Clip
from swarm.store.store import Store


def check_arrival(clip: Clip, frame: bytes, core: Coordinator, store: Store, now: float) -> tuple[Clip, bytes, str]:
    """Return the clip to store, its bytes, and what is wrong with it, "" for nothing."""
    if clip.packing == "opus":
        if not core.intake.needs(clip):
            return clip, frame, ""  # the core drops or refuses such a clip, whatever its bytes are
        try:
            clip, frame = _unpacked(clip, frame)
        except ValueError as unlike:
            return clip, frame, str(unlike)
    fault = check_frame(frame, clip.samples, clip.sample_rate, clip.digest)
    if not fault and key_of(frame) not in ("", clip.key):
        fault = "the clip is of another text"
    if fault:
        return clip, frame, fault
    return *_known(clip, frame, core, store, now), ""


def _unpacked(clip: Clip, frame: bytes) -> tuple[Clip, bytes]:
    """Return a clip that came as Opus as the FLAC that is stored. Raises ValueError."""
    if len(frame) > MAX_CLIP_BYTES or hashlib.sha256(frame).hexdigest() != clip.digest:
        raise ValueError("the clip's bytes do not match their digest")
    from swarm.audio.link_clip import read_opus  # numpy is slow to load, and few links need Opus

    frame = read_opus(frame, clip.samples, clip.sample_rate)
    return structs.replace(clip, digest=hashlib.sha256(frame).hexdigest(), packing=""), frame


def _known(clip: Clip, frame: bytes, core: Coordinator, store: Store, now: float) -> tuple[Clip, bytes]:
    """Return the clip to store: the one that another job has stored under this key meanwhile, else this one.

    A file is never replaced. A new one says its key, so that no job takes it for another clip.
    """
    served = core.jobs.get(clip.job)
    if served is None or not served.is_wanted((clip.chapter, clip.index), clip.key):
        return clip, frame
    found = find_spoken(served.state, store, (clip.chapter, clip.index), now, clip.take)
    if found is None or found.key != clip.key:
        frame = with_key(frame, clip.key)
        return structs.replace(clip, digest=hashlib.sha256(frame).hexdigest()), frame
    known = structs.replace(clip, samples=found.samples, sample_rate=found.sample_rate, digest=found.digest)
    return known, store.clip_path(clip.key).read_bytes()
