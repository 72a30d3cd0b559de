"""How many bytes a connection may have handed in that the coordinator has not read yet, or read in vain. Pure.

ZeroMQ gathers a message of any number of parts before it hands it over, and says nothing of it meanwhile. So bytes are
counted where they come in, and again where whole messages come out. What is between is bounded.
"""

from dataclasses import dataclass, field

from swarm.net.wire import MAX_CLIP_BYTES, MAX_CONTROL_BYTES

PART_BYTES = 64  # ZeroMQ needs so much for any part; parts are counted where they can be seen, without a key
UNPROVEN_BYTES = 4096  # a handshake has less than one kilobyte
MOST = MAX_CLIP_BYTES + MAX_CONTROL_BYTES + 256 * 1024  # the largest message, and what comes before and after it
MOST_OF_ALL = 96 * 1024 * 1024  # all connections share it; beyond it each may have only a little
LITTLE = 64 * 1024
STALLED_S = 5.0  # a connection without a whole message for so long stalls, if nothing waits to be read
VAIN_BYTES = 2 * 1024 * 1024  # useless bytes that a connection may hand in
VAIN_BYTES_A_SECOND = 512 * 1024  # useless bytes that are forgiven

CURVE_BYTES = 33  # an encrypted part has a name, nonce, flags and authenticator
SHORT = 255  # bytes of the longest part whose frame has a header of two bytes


def bytes_on_wire(sizes: list[int], *, keyed: bool) -> int:
    """Return how many bytes the parts of a message took on their way."""
    extra = CURVE_BYTES if keyed else 0
    return sum(size + extra + (2 if size + extra <= SHORT else 9) for size in sizes)


@dataclass
class ByteTotal:
    """The bytes that all connections together have under way."""

    under_way: int = 0


@dataclass
class ByteAllowance:
    """What one connection has handed in, and what of it was read."""

    keyed: bool
    total: ByteTotal = field(default_factory=ByteTotal)
    proven: bool = False
    handed_in: int = 0
    read: int = 0
    full_s: float | None = None  # it has to wait since then, until a message is read
    vain: float = 0.0
    vain_s: float = 0.0

    @property
    def under_way(self) -> int:
        """The bytes that were handed in and not read."""
        return self.handed_in - self.read

    def prove(self) -> None:
        """Take in that the handshake is over: what came until now is no part of a message."""
        self.forget()
        self.proven = True

    def note_came(self, size: int) -> None:
        """Take in that bytes were handed in."""
        self.handed_in += size
        self.total.under_way += size

    def forget(self) -> None:
        """Take in that nothing is under way any more."""
        self.total.under_way -= self.under_way
        self.handed_in = self.read = 0

    def note_read(self, sizes: list[int]) -> None:
        """Take in that a message was read, with these sizes of its parts."""
        parts = 0 if self.keyed else PART_BYTES * len(sizes)
        size = min(self.under_way, bytes_on_wire(sizes, keyed=self.keyed) + parts)
        self.read += size
        self.total.under_way -= size
        self.full_s = None

    def note_vain(self, size: int, now: float) -> None:
        """Take in that so many bytes were of no use."""
        self.vain, self.vain_s = self.vain_now(now) + size, now

    def vain_now(self, now: float) -> float:
        """Return the bytes that are held against the connection."""
        return max(0.0, self.vain - VAIN_BYTES_A_SECOND * (now - self.vain_s))

    def room(self, now: float) -> int:
        """Return how many bytes more it may hand in now; none or less: it has to wait."""
        if not self.proven:
            return UNPROVEN_BYTES - self.handed_in
        if self.vain and self.vain_now(now) > VAIN_BYTES:
            return 0
        most = MOST if self.total.under_way < MOST_OF_ALL else LITTLE
        if self.under_way < most:
            self.full_s = None
        elif self.full_s is None:
            self.full_s = now
        return most - self.under_way

    def is_stalled(self, now: float) -> bool:
        """Tell whether it has handed in more than any message has, and none became whole for some time."""
        return self.proven and self.under_way >= MOST and self.is_stale(now)

    def is_stale(self, now: float) -> bool:
        """Tell whether it has waited for some time, and no message became whole."""
        return self.full_s is not None and now - self.full_s >= STALLED_S
