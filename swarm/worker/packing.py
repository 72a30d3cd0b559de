"""Packs clips for a link that is the bottleneck, before the core takes them."""

import asyncio
import hashlib
from collections.abc import Sequence

from msgspec import structs

from swarm.job.clip_info import SpokenClip
from swarm.lease.slow_link import Packing
from swarm.lease.worker.worker import Worker


async def packed(
    clips: Sequence[SpokenClip | None], core: Worker, slot: int, turn: int, now: float
) -> list[SpokenClip | None]:
    """Return the clips that a slot has spoken, packed as the link wants that they are for."""
    speaker = core.slots[slot]
    link = core.links.get(speaker.leases[0].link) if speaker.turn == turn and speaker.leases else None
    packing = link.packing(now) if link else ""
    if not packing:
        return list(clips)
    return await asyncio.to_thread(lambda: [clip and pack(clip, packing) for clip in clips])


def pack(clip: SpokenClip, packing: Packing) -> SpokenClip:
    """Return a clip as it crosses a link."""
    from swarm.audio.link_clip import make_opus, pack_tighter  # numpy is slow to load, and only slow links need it

    frame = make_opus(clip.frame) if packing == "opus" else pack_tighter(clip.frame)
    info = structs.replace(clip.info, digest=hashlib.sha256(frame).hexdigest())
    return structs.replace(clip, frame=frame, info=info, packing=packing)
