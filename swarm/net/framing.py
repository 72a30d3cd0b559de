"""Counts the frames of a ZMTP stream as it passes, without keeping any of it. Pure."""

GREETING_BYTES = 64
LONG = 2  # the flag of a frame whose size has eight bytes


class FrameCounter:
    """Knows where in a stream the next frame begins."""

    def __init__(self) -> None:
        self._skip = GREETING_BYTES
        self._head = b""

    def count(self, data: memoryview) -> int:
        """Return how many frames begin in the next bytes of the stream."""
        found = at = 0
        while at < len(data):
            if self._skip:
                step = min(self._skip, len(data) - at)
                self._skip -= step
                at += step
                continue
            need = 2 if not self._head or not self._head[0] & LONG else 9
            taken = bytes(data[at : at + need - len(self._head)])
            at += len(taken)
            self._head += taken
            if len(self._head) < 2 or (self._head[0] & LONG and len(self._head) < 9):
                continue
            self._skip = int.from_bytes(self._head[1:], "big")
            self._head = b""
            found += 1
        return found
