"""What one link carries: how many bytes of clips may be under way over it, and how late its answers may be."""

from dataclasses import dataclass
from math import inf

MAX_LAG_S = 15.0
LAG_KEPT_S = 300.0  # a link that answered late once may do so again within this time

FIRST_WINDOW = 512 * 1024
FIRST_SHARE, MIN_SHARE = 2, 4  # the largest piece is so many times the first window, or the least, for clips in pieces
PIECES = 4  # pieces in a window
MIN_PIECE_SHARE = 8  # the largest piece is so many times the least
QUICK_S, SLOW_S = 0.5, 1.5  # an answer that takes a time between the two leaves the window as it is
ONE_CLIP_S = 2.0  # a link that takes longer for a clip has one under way at most
SHRINK = 0.7


@dataclass
class ClipWindow:
    """How many bytes of clips may be under way over a link, and how large their pieces are."""

    credit: int = 0  # bytes of unacknowledged sound that the coordinator allows
    size: int = FIRST_WINDOW  # bytes that the link and the coordinator's disk take in about a second
    largest_piece: int = 0  # bytes of a clip's largest piece; 0 before the first welcome
    shrunk_s: float = 0.0
    worst_age_s: float = 0.0  # the longest time that an answer took lately
    aged_s: float = -inf

    def open(self, credit: int, largest_piece: int) -> None:
        """Take what a `Welcome` allows; what the link carries is known from the session before, if there was one."""
        self.credit = credit
        if not self.largest_piece:
            self.size = max(1, largest_piece // FIRST_SHARE)
        self.largest_piece = largest_piece

    @property
    def room(self) -> int:
        """Bytes that may be under way: the credit, but no more than arrives soon, so that heartbeats are not late."""
        return min(self.credit, self.size)

    def answered(self, age_s: float, size: int, now: float) -> None:
        """Adapt the window: `size` bytes were answered `age_s` seconds after they were sent."""
        self.note_age(age_s, now)
        if age_s < QUICK_S:
            self.size = max(self.size, min(self.size + size, self.credit))
        elif age_s > SLOW_S and now - self.shrunk_s > SLOW_S:
            self.size, self.shrunk_s = max(self._min_window, int(self.size * SHRINK)), now

    def accepted(self, age_s: float, size: int, now: float) -> None:
        """Adapt the window: whole clips of `size` bytes were accepted `age_s` seconds after they were sent."""
        if size and age_s > ONE_CLIP_S:
            self.size = min(self.size, max(self._min_window, int(size / age_s)))
        self.answered(age_s, size, now)

    def note_age(self, age_s: float, now: float) -> None:
        """Take in how long an answer took."""
        if age_s >= self.lag_s(now):
            self.worst_age_s, self.aged_s = min(age_s, MAX_LAG_S), now

    def lag_s(self, now: float) -> float:
        """Return how long an answer took at worst lately: leases are asked for as much earlier."""
        return self.worst_age_s if now - self.aged_s < LAG_KEPT_S else 0.0

    @property
    def _min_window(self) -> int:
        return max(1, self.largest_piece // MIN_SHARE)

    @property
    def piece(self) -> int:
        """The bytes of a piece that leaves now: smaller over a slow link, so that heartbeats are not late."""
        return max(1, self.largest_piece // MIN_PIECE_SHARE, min(self.largest_piece, self.size // PIECES))
