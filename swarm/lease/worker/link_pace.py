"""Whether a link is what a worker waits for: clips then stay behind that the link's window does not let out."""

from dataclasses import dataclass
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

    def look(self, now: float, *, waits: bool) -> None:
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
