"""Who a coordinator is and how it treats workers."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Fixed for one run of a coordinator."""

    coordinator: str  # its id, new for every run
    name: str  # of the machine, for people
    version: str
    epoch: int
    heartbeat_s: float = 1.0
    credit: int = 8 * 1024 * 1024  # bytes of unacknowledged audio a worker
    min_workers: int = 0
    grace_s: float = 0.0  # grant nothing for so long, so that returning workers can say what they hold
    split: bool = True  # shorten one lease for the sake of an idle slot
    alone: bool = False  # no worker but those here will ever come
