"""Clips on their way to one coordinator in pieces, so that heartbeats pass between the pieces."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from msgspec import structs

from swarm.lease.message import Clip, ClipPiece
from swarm.lease.worker.outcome import ClipPart


@dataclass
class ClipUpload:
    """One clip; `sent` and `received` are bytes from its beginning."""

    clip: Clip
    size: int
    number: int
    sent: int = 0
    received: int = 0
    sent_s: deque[tuple[int, float]] = field(default_factory=deque)  # the end of each piece, and when it left

    def next_part(self, piece: int, now: float) -> ClipPart:
        """Return the next piece, and count it as sent."""
        offset, length = self.sent, min(piece, self.size - self.sent)
        self.sent += length
        self.sent_s.append((self.sent, now))
        header = structs.replace(self.clip, number=self.number, size=self.size)
        return ClipPart(self.clip, ClipPiece(self.number, offset) if offset else header, offset, length)

    def rewind(self, offset: int) -> None:
        """Count what lies from `offset` on as not sent."""
        self.sent = min(self.sent, offset)
        while self.sent_s and self.sent_s[-1][0] > self.sent:
            self.sent_s.pop()

    def note_received(self, have: int, now: float) -> tuple[float, int]:
        """Note that the first `have` bytes came; return how long the oldest news took, in seconds, and its bytes."""
        news = min(have, self.sent) - self.received
        if news <= 0 or not self.sent_s:
            return 0.0, 0
        age_s = now - self.sent_s[0][1]
        while self.sent_s and self.sent_s[0][0] <= have:
            self.sent_s.popleft()
        self.received += news
        return age_s, news


@dataclass
class ClipUploads:
    """The clips in pieces of one connection, in the order they are sent."""

    items: list[ClipUpload] = field(default_factory=list)
    count: int = 0
    dropped: int = 0  # bytes under way of clips that no coordinator wants any more
    last_dropped: int = 0  # the number of the last of those clips

    def begin(self, clip: Clip, size: int) -> None:
        """Queue one more clip."""
        self.count += 1
        self.items.append(ClipUpload(clip, size, self.count))

    def parts(self, window: int, piece: int, is_wanted: Callable[[Clip], bool], now: float) -> list[ClipPart]:
        """Return the pieces that may leave: with all that did not arrive yet no more than `window`, but one always."""
        self._drop([each for each in self.items if not is_wanted(each.clip)])
        under_way = sum(each.sent - each.received for each in self.items)
        leaving: list[ClipPart] = []
        for each in self.items:
            while each.sent < each.size:
                if under_way and self.dropped + under_way + min(piece, each.size - each.sent) > window:
                    return leaving
                leaving.append(each.next_part(piece, now))
                under_way += leaving[-1].length
        return leaving

    def _drop(self, items: Sequence[ClipUpload]) -> None:
        """Send no more of these clips. What is under way of them fills the link until a later piece is answered."""
        for each in items:
            self.items.remove(each)
            self.dropped += each.sent - each.received
            self.last_dropped = max(self.last_dropped, each.number)

    def note_received(self, number: int, have: int, now: float) -> tuple[float, int]:
        """Note how much of a clip came; returns as `ClipUpload.note_received`."""
        if number > self.last_dropped:
            self.dropped = 0
        found = next((each for each in self.items if each.number == number), None)
        return found.note_received(have, now) if found else (0.0, 0)

    def rewind(self, part: ClipPart) -> None:
        """Send a piece again, and what follows it: it could not leave."""
        for each in self.items:
            if each.number == part.message.number:
                each.rewind(part.offset)
