"""The settings of one run of a coordinator."""

from dataclasses import dataclass
from zlib import crc32

from swarm.job.job_file import PIECE
from swarm.lease.scheduling import UNKNOWN_DEADLINE_S

MIN_CREDIT = 64 * 1024
FIRST_CREDIT = 128 * 1024


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Fixed for one run of a coordinator."""

    coordinator: str  # its id, new for every run
    name: str  # of the machine, for people
    version: str
    epoch: int
    heartbeat_s: float = 1.0
    credit: int = 8 * 1024 * 1024  # bytes of unacknowledged audio a worker may have, at the most
    budget: int = 8 * 1024 * 1024  # and all workers together, so that a slow disk does not fill the memory
    min_workers: int = 0
    grace_s: float = 0.0  # grant nothing for so long, so that returning workers can say what they hold
    split: bool = True  # shorten one lease for the sake of an idle slot
    unknown_deadline_s: float = UNKNOWN_DEADLINE_S  # of a segment while its slot's speed is unknown
    piece: int = PIECE  # bytes of one `FilePiece`
    alone: bool = False  # no worker but those here will ever come

    @property
    def lease_base(self) -> int:
        """Where lease ids begin: one never means two leases, after a restart or of two coordinators at one address."""
        return crc32(f"{self.coordinator} {self.epoch}".encode()) << 21  # below 2**53, with room for two million

    def first_credit(self, workers: int) -> int:
        """What a worker may have under way until its first clip is accepted: after an absence all have many ready."""
        return min(FIRST_CREDIT, self.credit_of_one(workers))

    def credit_of_one(self, workers: int) -> int:
        """What each of so many workers may have under way; a worker may always send one clip."""
        return min(self.credit, max(MIN_CREDIT, self.budget // max(1, workers)))
