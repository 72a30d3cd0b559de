"""What one link carries: how many bytes of clips may be under way over it, and whether the worker waits for it since
clips stay behind."""

from dataclasses import dataclass, field
from math import inf

BEHIND_S = 5.0  # a link that leaves clips behind for so long is the bottleneck
PAUSED = 0.1  # share of that time in which nothing may stay behind: between two clips there is a moment
CALM_S = 60.0  # a link stays slow for so long, since it may keep up only with packed clips
SPAN_S = 10.0  # the rate of a link is measured over this time
MAX_LAG_S = 15.0
LAG_KEPT_S = 300.0  # a link that answered late once may do so again within this time


@dataclass
class LinkPace:
    """What one link carries, and whether that is enough."""

    waits_s: float = inf  # clips stay behind since then, apart from short pauses
    paused_s: float = 0.0  # seconds of all pauses since then
    paused_since_s: float = inf  # the last one; inf: clips stay behind now
    behind_until_s: float = -inf
    span_s: float = 0.0  # the present span began then
    carried: int = 0  # bytes in the present span
    worst_age_s: float = 0.0  # the longest time that an answer took lately
    aged_s: float = -inf
    bits_s: int = 0  # the rate in the last span that left clips behind

    def note_backlog(self, now: float, *, waits: bool) -> None:
        """Take in whether clips stay behind now."""
        self.paused_s += max(0.0, now - self.paused_since_s)
        self.paused_since_s = inf if waits else now
        if self.paused_s > PAUSED * max(BEHIND_S, now - self.waits_s):
            self.waits_s = inf
        if waits and self.waits_s == inf:
            self.waits_s, self.paused_s = now, 0.0
            self.span_s, self.carried, self.bits_s = now, 0, 0
        spent_s = now - self.span_s
        if not waits or now - self.waits_s < BEHIND_S or spent_s <= 0:
            return
        if spent_s >= SPAN_S or (self.carried and not self.bits_s):
            self.bits_s = int(8 * self.carried / spent_s)
            self.span_s, self.carried = now, 0
        if self.bits_s:  # a link that carries nothing at all is no slow one
            self.behind_until_s = now + CALM_S

    def note_age(self, age_s: float, now: float) -> None:
        """Take in how long an answer took."""
        if age_s >= self.lag_s(now):
            self.worst_age_s, self.aged_s = min(age_s, MAX_LAG_S), now

    def lag_s(self, now: float) -> float:
        """Return how long an answer took at worst lately: leases are asked for as much earlier."""
        return self.worst_age_s if now - self.aged_s < LAG_KEPT_S else 0.0

    def carry(self, size: int) -> None:
        """Take in that bytes of clips arrived."""
        self.carried += size

    def is_behind(self, now: float) -> bool:
        """Return whether the link carries less than the worker speaks, or did a moment ago."""
        return now < self.behind_until_s


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
    pace: LinkPace = field(default_factory=LinkPace)

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
        self.pace.carry(size)
        self.pace.note_age(age_s, now)
        if age_s < QUICK_S:
            self.size = max(self.size, min(self.size + size, self.credit))
        elif age_s > SLOW_S and now - self.shrunk_s > SLOW_S:
            self.size, self.shrunk_s = max(self._min_window, int(self.size * SHRINK)), now

    def accepted(self, age_s: float, size: int, now: float) -> None:
        """Adapt the window: whole clips of `size` bytes were accepted `age_s` seconds after they were sent."""
        if size and age_s > ONE_CLIP_S:
            self.size = min(self.size, max(self._min_window, int(size / age_s)))
        self.answered(age_s, size, now)

    @property
    def _min_window(self) -> int:
        return max(1, self.largest_piece // MIN_SHARE)

    @property
    def piece(self) -> int:
        """The bytes of a piece that leaves now: smaller over a slow link, so that heartbeats are not late."""
        return max(1, self.largest_piece // MIN_PIECE_SHARE, min(self.largest_piece, self.size // PIECES))
