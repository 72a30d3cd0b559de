"""A lease: the right of a slot to speak a run of segments for a time."""

from dataclasses import dataclass, field

PROMISED = -1  # the slot of a lease that covers clips on their way, spoken before


@dataclass
class Lease:
    """A right to speak a run of one chapter for a time; `pending` are the indices without a clip, in order."""

    id: int
    job: str
    chapter: int
    session: str
    slot: int
    pending: list[int]
    granted_s: float
    progressed_s: float  # the last sign that it advances
    characters: int = 0  # characters still pending
    reached: int = -1  # the last index that a heartbeat said is being spoken
    spoken: bool = False  # the last heartbeat said that its slot is done with it, and its last clips are on their way
    most: int = 1  # segments that its slot can speak together, as its worker offered
    together: int = field(init=False)  # segments spoken together now, by the last heartbeat
    fewest: int = field(init=False)  # fewest segments spoken together since its last clip
    delivered_s: float = field(init=False)  # the last clip came then, or the slot came to the lease

    def __post_init__(self) -> None:
        self.delivered_s = self.granted_s
        self.together = self.fewest = self.most

    def begin(self, now: float) -> None:
        """Take in that its slot comes to it, or to its next segment, since the clip of the last one is here."""
        self.progressed_s = self.delivered_s = now
        self.fewest = self.most

    @property
    def batch(self) -> list[int]:
        """The indices that its slot speaks together, as far as is known."""
        return self.pending[: self.together]

    def narrow(self, together: int) -> bool:
        """Take in how many segments are spoken together; return whether that is a step to find one that fails."""
        self.together = min(max(together, 1), self.most)
        halved = self.together <= (self.fewest + 1) // 2 < self.fewest
        self.fewest = min(self.fewest, self.together)
        return halved
