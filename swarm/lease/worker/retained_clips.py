"""The accepted clips that a worker keeps until their job ends, and the reels that coordinators want of them.

A coordinator may lose its disk.

A job's epoch grows with each of its runs. A coordinator that names an earlier one, or the same one in another process,
has lost what it once accepted, or never had it. One that took the job over may have had no copy of it yet.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from swarm.job.run import lineage_of
from swarm.job.spec import clip_key
from swarm.lease.core_settings import WORKER_DEFAULTS, WorkerSettings
from swarm.lease.envelope import Clips
from swarm.lease.file_transfer import Fetch
from swarm.lease.message import MAX_REELS, Accepted, Clip, Done, Encode, EncodedReel, Grant, Job, Wanted
from swarm.lease.outcome import DropReel, EncodeReel, WorkerOutcome
from swarm.lease.worker.coordinator_link import CoordinatorLink
from swarm.lease.worker.slot import EngineSlot
from swarm.lease.worker.slot_changes import leave_out
from swarm.lease.worker.unaccepted import ClipName, UnacceptedClips, held_messages

Acceptor = tuple[str, int]  # a process of a coordinator, and the epoch of the job there


@dataclass
class RetainedClip:
    """One accepted clip, and who has it."""

    clip: Clip
    size: int
    by: Acceptor


@dataclass
class RetainedClips:
    """Accepted clips without their bytes, in the order accepted, bounded by their size."""

    unaccepted: UnacceptedClips
    settings: WorkerSettings = WORKER_DEFAULTS
    clips: dict[ClipName, RetainedClip] = field(default_factory=dict)
    size: int = 0  # bytes, all together
    limit: int = field(init=False)  # bytes

    def __post_init__(self) -> None:
        self.limit = self.settings.max_retained

    def accepted(self, link: CoordinatorLink, message: Accepted, now: float, out: WorkerOutcome) -> None:
        """Keep the clips that a coordinator has now, and forget the oldest ones beyond the bound."""
        clips = tuple(clip for clip in message.clips if not self._is_for_another(link, (message.job, *clip)))
        link.window.accepted(*self.unaccepted.under_way(message.job, clips, now), now)
        by = _acceptor(link, link.jobs.by_name.get(message.job))
        gone = self.unaccepted.remove_clips(message.job, clips)
        for held in gone:
            self._lose_bytes(held.clip)
            self.clips[_name(held.clip)] = RetainedClip(held.clip, held.size, by)
            self.size += held.size
        self.shrink(out)

    def _is_for_another(self, link: CoordinatorLink, name: ClipName) -> bool:
        """Tell whether a clip is on its way to another coordinator: one that took the job over wants it too."""
        held = self.unaccepted.clips.get(name)
        return held is not None and held.link not in (None, link.name)

    def shrink(self, out: WorkerOutcome) -> None:
        """Forget the oldest clips beyond the bound."""
        while self.size > self.limit:
            out.forget([self._drop(next(iter(self.clips))).clip])

    def note_full(self, full: bool) -> None:
        """Take note that the disk is full, or has room again. From the first time on, none are kept."""
        self.unaccepted.limit = self.unaccepted.size if full else self.settings.max_held
        self.limit = 0

    def spoken(self, clip: Clip, slots: Sequence[EngineSlot], link: str, out: WorkerOutcome) -> None:
        """Note that a clip was spoken for a coordinator.

        Another lease may have the same place: one that was granted while the coordinator had lost sight of this worker.
        """
        leave_out(slots, link, (clip.job, clip.chapter, clip.index), out)
        self._lose_bytes(clip)

    def _lose_bytes(self, clip: Clip) -> None:
        """Drop the retained copy of a clip that is here again: its bytes are those of the unaccepted one now."""
        if _name(clip) in self.clips:
            self._drop(_name(clip))

    def offer(self, link: CoordinatorLink, job: Job, out: WorkerOutcome) -> None:
        """Offer the clips of a job to a coordinator that seems to have lost them."""
        by = _acceptor(link, job)
        names = [name[1:] for name, retained in self.clips.items() if name[0] == job.job and _is_offered(retained, by)]
        for held in held_messages(job.job, names):
            out.send(link.name, held)

    def granted(
        self, link: CoordinatorLink, job: Job, grant: Grant, slots: Sequence[EngineSlot], out: WorkerOutcome
    ) -> None:
        """Begin no line of a lease whose clip its coordinator was offered; offer it again: the answer may be lost."""
        by, offered = _acceptor(link, job), []
        for line in grant.lines if self.clips or self.unaccepted.clips else ():
            name = (job.job, grant.chapter, line.index, clip_key(line.text, job.recipe, line.take))
            retained, held = self.clips.get(name), self.unaccepted.clips.get(name)
            if (retained and _is_offered(retained, by)) or (held and held.link is None):
                leave_out(slots, link.name, name[:3], out)
                offered.append(name[1:])
        for message in held_messages(job.job, offered):
            out.send(link.name, message)

    def answered(self, link: CoordinatorLink, wanted: Wanted, slots: Sequence[EngineSlot], out: WorkerOutcome) -> None:
        """Have the clips sent that a coordinator wants, not spoken again; it has those that may be forgotten."""
        out.forget(self.unaccepted.drop(wanted.job, wanted.forget))
        if not link.up:  # all clips are offered again after the next `Welcome`
            return
        by = _acceptor(link, link.jobs.by_name.get(wanted.job))
        for name in self._names(wanted.job, wanted.wanted):
            retained = self._drop(name)
            self.unaccepted.add_clip(retained.clip, retained.size, None)
            leave_out(slots, link.name, name[:3], out)
        for name in self._names(wanted.job, wanted.forget):
            self.clips[name].by = by
        self.unaccepted.claim(link.name, wanted)

    def done(self, link: CoordinatorLink, done: Done, out: WorkerOutcome) -> None:
        """Forget what a coordinator accepted that ends because all is done."""
        if done.final and not done.failed and link.welcome:
            process = link.welcome.coordinator
            ended = [name for name, retained in self.clips.items() if retained.by[0] == process]
            out.forget([self._drop(name).clip for name in ended])

    def _names(self, job: str, clips: Clips) -> list[ClipName]:
        return [(job, *clip) for clip in clips if (job, *clip) in self.clips]

    def _drop(self, name: ClipName) -> RetainedClip:
        retained = self.clips.pop(name)
        self.size -= retained.size
        return retained


def _name(clip: Clip) -> ClipName:
    return clip.job, clip.chapter, clip.index, clip.key


def _is_offered(retained: RetainedClip, by: Acceptor) -> bool:
    """Tell whether a retained clip is offered to a coordinator when it names its job."""
    return retained.by[0] != by[0] and _may_lack(by[1], retained.by[1])


def _may_lack(epoch: int, accepted_under: int) -> bool:
    """Tell whether a journal of an epoch may lack a clip that was accepted under another."""
    return 0 < epoch <= accepted_under or lineage_of(epoch) > lineage_of(accepted_under)


def _acceptor(link: CoordinatorLink, job: Job | None) -> Acceptor:
    """Return the process of a coordinator, and the job's epoch there; 0 before it told."""
    return link.welcome.coordinator if link.welcome else "", job.epoch if job else 0


MAX_REEL_S = 1800.0  # a worker encodes no longer sound at a time
DECLINED_S = 10.0  # heartbeats say for so long that a reel is not encoded here
ReelName = tuple[str, str, str]  # link, job, reel


@dataclass
class OrderedReels:
    """The reels that coordinators asked for: under way, made and not yet fetched, or declined."""

    retained: RetainedClips
    reels: dict[ReelName, EncodedReel] = field(default_factory=dict)
    declined_s: dict[ReelName, float] = field(default_factory=dict)
    asked: dict[str, Fetch] = field(default_factory=dict)  # link -> the piece that its coordinator waits for
    sent: dict[str, tuple[Fetch, float]] = field(default_factory=dict)  # link -> the last piece, and when it left

    def ordered(
        self, link: CoordinatorLink, order: Encode, now: float, out: WorkerOutcome, *, rests: bool = False
    ) -> None:
        """Have a reel encoded of clips that are still here, unless this machine rests."""
        name = (link.name, order.job, order.reel)
        if name in self.reels or len(self._of(link.name)) >= MAX_REELS:
            return
        here = {kept.clip.key: kept.clip for kept in self.retained.clips.values() if kept.clip.job == order.job}
        clips = tuple(here[key] for key in order.keys if key in here)
        is_whole = len(clips) == len(order.keys) == len(order.pauses_s)
        if rests:
            self._note(name, EncodedReel(order.job, order.reel, note="this machine rests"), now)
        elif is_whole and sum(clip.length_s for clip in clips) <= MAX_REEL_S:
            self.reels[name] = EncodedReel(order.job, order.reel)
            out.commands.append(EncodeReel(link.name, order, clips))
        else:
            self._note(name, EncodedReel(order.job, order.reel, note="its clips are not here, or too long"), now)
        out.beat(link.name)

    def encoded(self, link: str, reel: EncodedReel, now: float, out: WorkerOutcome) -> None:
        """Offer a reel that was encoded, or say why it was not."""
        name = (link, reel.job, reel.reel)
        if name in self.reels:
            self._note(name, reel, now)
            out.beat(link)
        elif reel.digest:
            out.commands.append(DropReel(reel.digest))

    def _note(self, name: ReelName, reel: EncodedReel, now: float) -> None:
        self.reels[name] = reel
        if reel.note:
            self.declined_s[name] = now

    def fetched(self, link: CoordinatorLink, fetch: Fetch, now: float, out: WorkerOutcome) -> None:
        """Have a piece of a reel sent; drop the reel once its coordinator has it or does not want it."""
        before, sent_s = self.sent.pop(link.name, (fetch, now))
        if before.digest == fetch.digest and before.offset < fetch.offset:
            link.window.answered(now - sent_s, fetch.offset - before.offset, now)
        for name, reel in self._of(link.name).items():
            if fetch.digest and reel.digest == fetch.digest:
                if fetch.offset < reel.size:
                    self.asked[link.name] = fetch
                else:
                    self._drop(name, out)

    def serve(self, link: CoordinatorLink, now: float, out: WorkerOutcome) -> None:
        """Send the piece that a coordinator waits for, once clips leave room for it on the link."""
        if link.name in self.asked and self.retained.unaccepted.leaves_room(link.name, link.window):
            self.sent[link.name] = self.asked[link.name], now
            out.serves.append((link.name, self.asked.pop(link.name)))

    def forget(self, link: str, out: WorkerOutcome) -> None:
        """Drop what a coordinator asked for that is gone for good."""
        self.asked.pop(link, None)
        for name in self._of(link):
            self._drop(name, out)

    def report_reels(self, link: str, now: float) -> tuple[EncodedReel, ...]:
        """Return, for a heartbeat, all reels that a coordinator asked for."""
        for name in [name for name, since_s in self.declined_s.items() if now - since_s > DECLINED_S]:
            del self.declined_s[name], self.reels[name]
        return tuple(self._of(link).values())

    def _of(self, link: str) -> dict[ReelName, EncodedReel]:
        return {name: reel for name, reel in self.reels.items() if name[0] == link}

    def _drop(self, name: ReelName, out: WorkerOutcome) -> None:
        self.declined_s.pop(name, None)
        if digest := self.reels.pop(name).digest:
            out.commands.append(DropReel(digest))
