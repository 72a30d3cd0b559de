"""One coordinator as a worker sees it."""

from dataclasses import dataclass, field

from swarm.lease.message import Job, Welcome


@dataclass
class Link:
    """The state of one connection; `name` is the shell's word for it."""

    name: str
    welcome: Welcome | None = None
    credit: int = 0  # bytes of unacknowledged audio it allows
    refused: str = ""
    final: bool = False  # it said that it ends
    jobs: dict[str, Job] = field(default_factory=dict)
    offers: set[int] = field(default_factory=set)  # the slots offered to it
    empty_until_s: float = 0.0  # it had nothing; others come first until then
    served_s: float = 0.0  # work done for it, so that all get their share

    @property
    def up(self) -> bool:
        """Whether it let this worker in and is in reach."""
        return self.welcome is not None

    def leave(self) -> None:
        """The session is over, or was forgotten on the other side."""
        self.welcome, self.credit = None, 0
        self.offers = set()
