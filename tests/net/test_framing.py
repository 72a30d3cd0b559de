"""Frames of a stream are counted, however it is cut."""

import random

from swarm.net.proxied_connection import GREETING_BYTES, FrameCounter


def frame(size: int) -> bytes:
    return (bytes([0, size]) if size < 256 else b"\x02" + size.to_bytes(8, "big")) + bytes(size)


def test_frames_are_counted_however_the_stream_is_cut() -> None:
    for seed in range(20):
        chance = random.Random(seed)
        sizes = [chance.choice([0, 1, 255, 256, 70_000]) for _ in range(30)]
        stream = bytes(GREETING_BYTES) + b"".join(map(frame, sizes))
        counter, found = FrameCounter(), 0
        while stream:
            cut = chance.choice([1, 2, 5, 9, 1000, 100_000])
            found += counter.count(memoryview(stream[:cut]))
            stream = stream[cut:]
        assert found == len(sizes), seed
