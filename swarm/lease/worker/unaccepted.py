"""The clips a worker has spoken and nobody has accepted yet: what they are, not their bytes."""

from dataclasses import dataclass, field

from swarm.lease.bounds import Clips
from swarm.lease.message import Clip, Held, Wanted

MAX_HELD = 256 * 1024 * 1024  # bytes kept for coordinators out of reach; then the worker pauses
PIECE = 500  # clips named in one `Held`

_Name = tuple[str, int, int, str]  # job, chapter, index, key


@dataclass
class HeldClip:
    """One clip on the shelf: for which coordinator (None: out of reach), and whether it is under way."""

    clip: Clip
    size: int
    link: str | None
    sent: bool = False
    sent_s: float = 0.0


@dataclass
class UnacceptedClips:
    """Kept until accepted or refused, in the order spoken."""

    clips: dict[_Name, HeldClip] = field(default_factory=dict)
    size: int = 0  # bytes, all together

    def put(self, clip: Clip, size: int, link: str | None) -> None:
        """Keep a new clip; one of the same name that is under way already is not sent again."""
        name = (clip.job, clip.chapter, clip.index, clip.key)
        before = self.clips.get(name)
        self.drop(clip.job, (name[1:],))
        self.clips[name] = HeldClip(clip, size, link, before is not None and before.sent and before.link == link)
        self.size += size

    def drop(self, job: str, clips: Clips) -> list[Clip]:
        """Forget clips; returns those that were here."""
        items = [self.clips.pop((job, *clip), None) for clip in clips]
        gone = [item for item in items if item is not None]
        self.size -= sum(item.size for item in gone)
        return [item.clip for item in gone]

    def evict(self, kept: set[str]) -> list[Clip]:
        """Make room at the cost of clips whose coordinator never came back; not of the jobs `kept`."""
        gone: list[Clip] = []
        for name, item in list(self.clips.items()):
            if self.size <= MAX_HELD:
                break
            if item.link is None and item.clip.job not in kept:
                gone += self.drop(name[0], (name[1:],))
        return gone

    def orphan(self, link: str) -> None:
        """A coordinator forgot us or is gone: what was on its way to it has to be offered again."""
        for item in self.clips.values():
            if item.link == link:
                item.link, item.sent = None, False

    def held_messages(self) -> list[Held]:
        """What to offer to a coordinator that let us in."""
        messages = []
        orphans = [item.clip for item in self.clips.values() if item.link is None]
        for job in dict.fromkeys(clip.job for clip in orphans):
            names = [(clip.chapter, clip.index, clip.key) for clip in orphans if clip.job == job]
            messages += [Held(job, tuple(names[i : i + PIECE])) for i in range(0, len(names), PIECE)]
        return messages

    def claim(self, link: str, wanted: Wanted) -> None:
        """A coordinator wants these clips."""
        for name in wanted.wanted:
            item = self.clips.get((wanted.job, *name))
            if item is not None and item.link is None:
                item.link = link

    def under_way(self, job: str, clips: Clips, now: float) -> tuple[float, int]:
        """How long the oldest of these clips has been under way, and how many bytes they are."""
        items = [self.clips[job, *clip] for clip in clips if (job, *clip) in self.clips]
        sent = [item for item in items if item.sent]
        return max((now - item.sent_s for item in sent), default=0.0), sum(item.size for item in sent)

    def sendable(self, link: str, credit: int, now: float) -> list[Clip]:
        """The clips that may leave now; they count as under way. At least one is always allowed."""
        outstanding = self._bytes(link, sent=True)
        leaving = []
        for item in self.clips.values():
            if item.link != link or item.sent:
                continue
            if outstanding and outstanding + item.size > credit:
                break
            item.sent, item.sent_s = True, now
            outstanding += item.size
            leaving.append(item.clip)
        return leaving

    def unsend(self, link: str, clip: Clip) -> None:
        """A clip did not leave after all."""
        item = self.clips.get((clip.job, clip.chapter, clip.index, clip.key))
        if item is not None and item.link == link:
            item.sent = False

    def leases(self, link: str) -> list[int]:
        """The leases under which the clips for a coordinator were spoken."""
        return [item.clip.lease for item in self.clips.values() if item.link == link]

    def waiting(self, link: str) -> bool:
        """Whether a coordinator has yet to accept something."""
        return any(item.link == link for item in self.clips.values())

    def has_room(self, link: str, credit: int | None) -> bool:
        """Whether another segment may be spoken: with a credit, as much may wait; without, what the disk holds."""
        if credit is None:
            return self.size < MAX_HELD
        return self._bytes(link, sent=False) <= credit

    def _bytes(self, link: str, sent: bool) -> int:
        return sum(item.size for item in self.clips.values() if item.link == link and item.sent is sent)
