"""The clips that a worker has spoken and no coordinator has accepted yet, without their bytes, and their way to
one coordinator in pieces, so that heartbeats pass between the pieces; and how much a link carries."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import inf

from msgspec import structs

from swarm.lease.core_settings import WORKER_DEFAULTS, WorkerSettings
from swarm.lease.envelope import Clips
from swarm.lease.message import Clip, Held, Wanted
from swarm.lease.outcome import ClipPart
from swarm.lease.transfer import Outgoing

MAX_NAMES = 500  # clips named in one `Held`

ClipName = tuple[str, int, int, str]  # job, chapter, index, key


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


@dataclass
class HeldClip:
    """One clip, the coordinator that it is for (None: out of reach), and whether it is under way."""

    clip: Clip
    size: int
    link: str | None
    lease: int  # the lease under which it was spoken last
    sent: bool = False
    sent_s: float = 0.0
    cut: bool = False  # it is sent in pieces


@dataclass
class UnacceptedClips:
    """The clips that are kept until they are accepted or refused, in the order spoken."""

    settings: WorkerSettings = WORKER_DEFAULTS
    clips: dict[ClipName, HeldClip] = field(default_factory=dict)
    size: int = 0  # bytes, all together
    limit: int = field(init=False)  # bytes that fill the disk, or the bound on these clips

    def __post_init__(self) -> None:
        self.limit = self.settings.max_held

    def add_clip(self, clip: Clip, size: int, link: str | None) -> bool:
        """Keep a new clip. If a clip of the same name is under way already, the new one is not sent.

        Returns False if that one is even kept in its place, because pieces of it have been sent.
        """
        name = (clip.job, clip.chapter, clip.index, clip.key)
        before = self.clips.get(name)
        sent = before is not None and before.sent and before.link == link
        if before is not None and sent and before.cut:
            before.lease = clip.lease
            return False
        self.drop(clip.job, (name[1:],))
        self.clips[name] = HeldClip(clip, size, link, clip.lease, sent)
        self.size += size
        return True

    def drop(self, job: str, clips: Clips) -> list[Clip]:
        """Forget clips; return those that were here."""
        return [item.clip for item in self.remove_clips(job, clips)]

    def remove_clips(self, job: str, clips: Clips) -> list[HeldClip]:
        """Take clips out, and return those that were here."""
        items = [self.clips.pop((job, *clip), None) for clip in clips]
        gone = [item for item in items if item is not None]
        self.size -= sum(item.size for item in gone)
        return gone

    def evict(self, kept: set[str]) -> list[Clip]:
        """Drop the oldest clips of coordinators out of reach until the rest has room, but none of the jobs `kept`."""
        gone: list[Clip] = []
        for name, item in list(self.clips.items()):
            if self.size <= self.settings.max_held:
                break
            if item.link is None and item.clip.job not in kept:
                gone += self.drop(name[0], (name[1:],))
        return gone

    def orphan(self, link: str) -> None:
        """Offer a coordinator's clips again: it forgot this worker or is gone, with all that was under way to it."""
        for item in self.clips.values():
            if item.link == link:
                item.link, item.sent = None, False

    def orphan_job(self, job: str, leader: str) -> list[tuple[int, int, str]]:
        """Offer the clips of a job to its new leader instead of other coordinators; return their names."""
        items = [(name, item) for name, item in self.clips.items() if name[0] == job and item.link != leader]
        for _, item in items:
            item.link, item.sent = None, False
        return [name[1:] for name, _ in items]

    def held_messages(self) -> list[Held]:
        """Return the messages that offer these clips to a coordinator that let this worker in."""
        messages = []
        orphans = [item.clip for item in self.clips.values() if item.link is None]
        for job in dict.fromkeys(clip.job for clip in orphans):
            names = [(clip.chapter, clip.index, clip.key) for clip in orphans if clip.job == job]
            messages += held_messages(job, names)
        return messages

    def claim(self, link: str, wanted: Wanted) -> None:
        """Send to a coordinator the clips that it wants."""
        for name in wanted.wanted:
            item = self.clips.get((wanted.job, *name))
            if item is not None and item.link is None:
                item.link = link

    def under_way(self, job: str, clips: Clips, now: float) -> tuple[float, int]:
        """Return how long the oldest of these clips has been under way, in seconds, and how many bytes they are.

        Clips in pieces are left out: each piece is answered.
        """
        items = [self.clips[job, *clip] for clip in clips if (job, *clip) in self.clips]
        sent = [item for item in items if item.sent and not item.cut]
        return max((now - item.sent_s for item in sent), default=0.0), sum(item.size for item in sent)

    def sendable(self, link: str, credit: int, now: float) -> list[Clip]:
        """Return the clips that may leave now, and count them as under way. At least one is always allowed."""
        outstanding = self._bytes(link, sent=True)
        leaving = []
        for item in self.clips.values():
            if item.link != link or item.sent:
                continue
            if outstanding and outstanding + item.size > credit:
                break
            item.sent, item.sent_s, item.cut = True, now, False
            outstanding += item.size
            leaving.append(item.clip)
        return leaving

    def cut(self, clip: Clip, piece: int) -> int:
        """Have a clip sent in pieces if it is larger than `piece`; return its bytes then, else 0."""
        item = self.clips[clip.job, clip.chapter, clip.index, clip.key]
        item.cut = item.size > piece
        return item.size if item.cut else 0

    def is_under_way(self, clip: Clip) -> bool:
        """Return whether this very clip is being sent, and no other has taken its place."""
        item = self.clips.get((clip.job, clip.chapter, clip.index, clip.key))
        return item is not None and item.clip is clip and item.sent

    def unsend(self, link: str, clip: Clip) -> None:
        """Note that a clip did not leave after all."""
        item = self.clips.get((clip.job, clip.chapter, clip.index, clip.key))
        if item is not None and item.link == link:
            item.sent = False

    def leases(self, link: str) -> list[int]:
        """Return the leases under which the clips for a coordinator were spoken."""
        return [item.lease for item in self.clips.values() if item.link == link]

    def waiting(self, link: str) -> bool:
        """Return whether a coordinator has yet to accept a clip."""
        return any(item.link == link for item in self.clips.values())

    def leaves_room(self, link: str, window: ClipWindow) -> bool:
        """Return whether a piece of something else fits on the link: nothing of speech waits for it."""
        under_way = self._bytes(link, sent=True)
        return not self.stays_behind(link) and (not under_way or under_way + window.piece <= window.room)

    def stays_behind(self, link: str) -> bool:
        """Return whether a clip for a coordinator has not left yet."""
        return self._bytes(link, sent=False) > 0

    def has_room(self, link: str, credit: int | None) -> bool:
        """Return whether another segment may be spoken: clips up to the credit may wait, or up to the bound on all.

        If the disk is full, a coordinator in reach takes one clip before the next is spoken for it.
        """
        is_full = self.size >= min(self.limit, self.settings.max_held)
        if credit is None:
            return not is_full
        if is_full and self.limit < self.settings.max_held and self.waiting(link):
            return False
        return self._bytes(link, sent=False) <= credit

    def _bytes(self, link: str, sent: bool) -> int:
        return sum(item.size for item in self.clips.values() if item.link == link and item.sent is sent)


def held_messages(job: str, names: Sequence[tuple[int, int, str]]) -> list[Held]:
    """Return the messages that offer clips of a job by chapter, index and key."""
    return [Held(job, tuple(names[first : first + MAX_NAMES])) for first in range(0, len(names), MAX_NAMES)]


@dataclass
class ClipUpload:
    """One clip on its way; one that no coordinator wants any more is not sent on."""

    clip: Clip
    file: Outgoing
    is_wanted: bool = True

    def next_part(self, piece: int, now: float) -> ClipPart:
        """Return the next piece, and count it as sent."""
        message, length = self.file.next_piece(piece, now)
        header = structs.replace(self.clip, size=self.file.size)
        return ClipPart(self.clip, message if message.offset else header, message.offset, length)


@dataclass
class ClipUploads:
    """The clips in pieces of one connection, in the order they are sent."""

    items: list[ClipUpload] = field(default_factory=list)

    def queue_clip(self, clip: Clip, size: int) -> None:
        """Queue one more clip."""
        self.items.append(ClipUpload(clip, Outgoing(clip.digest, size, "clip")))

    def parts(self, window: int, piece: int, is_wanted: Callable[[Clip], bool], now: float) -> list[ClipPart]:
        """Return the pieces that may leave: with all that did not arrive yet no more than `window`, but one always.

        What is under way of a clip that is not wanted any more fills the link until a later piece is answered.
        """
        for each in self.items:
            each.is_wanted = each.is_wanted and is_wanted(each.clip)
        self.items = [each for each in self.items if each.is_wanted or each.file.under_way]
        under_way = sum(each.file.under_way for each in self.items)
        may_leave = not any(each.is_wanted and each.file.under_way for each in self.items)
        leaving: list[ClipPart] = []
        for each in self.items:
            while each.is_wanted and (left := each.file.size - each.file.sent):
                if not may_leave and under_way + min(piece, left) > window:
                    return leaving
                leaving.append(each.next_part(piece, now))
                under_way, may_leave = under_way + leaving[-1].length, False
        return leaving

    def note_received(self, digest: str, have: int, now: float) -> tuple[float, int]:
        """Note how much of a clip came; returns as `Outgoing.note_received`."""
        for number, each in enumerate(self.items):
            if each.is_wanted and each.clip.digest == digest and each.file.received < each.file.size:
                self.items[:number] = [other for other in self.items[:number] if other.is_wanted]
                return each.file.note_received(have, now)
        return 0.0, 0

    def rewind(self, part: ClipPart) -> None:
        """Send a piece again, and what follows it: it could not leave."""
        for each in self.items:
            if each.clip is part.clip:
                each.file.rewind(part.offset)
