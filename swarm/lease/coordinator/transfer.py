"""One clip that comes in pieces: how far it is, and how fast its link carries it."""

from dataclasses import dataclass

from swarm.lease.message import Clip

PATIENCE_S = 120.0  # the first pieces of a clip must come within this time to count as progress
MIN_BYTES_S = 1000.0  # a clip that comes more slowly is no progress for its worker's leases
SLOW_S = 2.0  # a link that takes longer for a clip is slow


@dataclass
class Transfer:
    """One clip on its way; `have` are the bytes that came, in order."""

    clip: Clip
    begun_s: float  # the first piece was here then
    first: int  # bytes of that piece
    have: int

    def is_slow(self, now: float) -> bool:
        """Return whether the link takes long for this clip."""
        return now - self.begun_s > SLOW_S

    def bytes_s(self, now: float) -> float:
        """Return how many bytes a second the link has carried since the first piece."""
        return (self.have - self.first) / max(now - self.begun_s, 1e-6)

    def is_progress(self, now: float) -> bool:
        """Return whether the clip comes fast enough to keep its worker's leases."""
        return now - self.begun_s < PATIENCE_S + self.clip.size / MIN_BYTES_S
