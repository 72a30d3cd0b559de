"""A slow cable: two TAP devices in two network namespaces, and a program that carries frames between them late.

relay.py SPACE DEVICE SPACE DEVICE MS    says "ready" once both devices are there; runs until it is ended
"""

import contextlib
import fcntl
import os
import select
import struct
import sys
import time
from collections import deque
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "stories"))

from place import enter

TUNSETIFF = 0x400454CA
TAP_WITHOUT_HEADER = 0x1002
FRAME_BYTES = 65536
MAX_WAITING = 20_000  # frames; a real queue is bounded, too


def tap(space: str, device: str) -> int:
    """Make a TAP device in a namespace, and return the file that carries its frames."""
    home = os.open("/proc/self/ns/net", os.O_RDONLY)
    there = os.open(Path("/run/netns") / space, os.O_RDONLY)
    enter(there)
    file = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(file, TUNSETIFF, struct.pack("16sH22x", device.encode(), TAP_WITHOUT_HEADER))
    enter(home)
    os.close(there)
    os.close(home)
    return file


def relay(ends: tuple[int, int], delay_s: float) -> None:
    """Carry each frame to the other end, `delay_s` after it came, in order."""
    waiting: deque[tuple[float, int, bytes]] = deque()  # the same delay for all: what came first leaves first
    other = {ends[0]: ends[1], ends[1]: ends[0]}
    while True:
        pause_s = max(0.0, waiting[0][0] - time.monotonic()) if waiting else None
        for end in select.select(ends, [], [], pause_s)[0]:
            with contextlib.suppress(BlockingIOError, OSError):
                while frame := os.read(end, FRAME_BYTES):
                    if len(waiting) < MAX_WAITING:
                        waiting.append((time.monotonic() + delay_s, other[end], frame))
        while waiting and waiting[0][0] <= time.monotonic():
            _, end, frame = waiting.popleft()
            with contextlib.suppress(OSError):  # the frame is lost if that end is down
                os.write(end, frame)


if __name__ == "__main__":
    first_space, first_device, second_space, second_device, ms = sys.argv[1:]
    files = tap(first_space, first_device), tap(second_space, second_device)
    print("ready", flush=True)
    relay(files, float(ms) / 1000)
