"""One coordinator as a worker sees it, and whether the link to it is what the worker waits for: clips then stay
behind that the link's window does not let out."""

from collections import Counter
from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from math import inf

from swarm.job.spec import Recipe
from swarm.lease.message import ANY, Done, Job, Packing, SlowLink, Welcome
from swarm.lease.outcome import WorkerOutcome
from swarm.lease.states import HOPEFUL, LINK_TRANSITIONS, RETURNING, LinkState, Prospect, follow
from swarm.lease.worker.slot import has_slept
from swarm.lease.worker.unaccepted import ClipUploads, UnacceptedClips

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
UNHEARD_BEATS = 8
SILENT_S = 3.0  # a coordinator that did not answer an offer for so long may be gone: others are asked
# One coordinator may name so many jobs and files. It tells forgotten jobs again with a grant.
MAX_JOBS = 500
MAX_FILES = 1000
# A slot that loses more leases than this in a row before they begin, without a clip between, is kept away for a time.
VAIN_LEASES = 8
VAIN_S = 5.0
ASK_S = 1.5  # after a sleep, the coordinator has this long to say what others have spoken meanwhile
RETURN_S = 30.0  # an answer may wait so long for a clip on a slow link
EMPTY_S = 5.0  # a coordinator that had nothing counts as any other again after so long


@dataclass
class CoordinatorLink:
    """The state of one connection; `name` is the shell's word for it."""

    name: str
    kinds: frozenset[str] = frozenset({ANY})  # kinds of this worker's slots
    state: LinkState = LinkState.AWAY
    welcome: Welcome | None = None  # the present session began with it
    credit: int = 0  # bytes of unacknowledged sound that the coordinator allows
    window: int = FIRST_WINDOW  # bytes that the link and the coordinator's disk take in about a second
    largest_piece: int = 0  # bytes of a clip's largest piece; 0 before the first welcome
    uploads: ClipUploads = field(default_factory=ClipUploads)
    pace: LinkPace = field(default_factory=LinkPace)
    shrunk_s: float = 0.0
    failed: bool = False  # the coordinator ended for a fault and may come back
    jobs: dict[str, Job] = field(default_factory=dict)
    with_files: dict[str, Job] = field(default_factory=dict)  # messages look only through these
    recipes: Counter[Recipe] = field(default_factory=Counter)  # recipe -> number of its jobs
    files: int = 0  # files of all its jobs
    offers: set[int] = field(default_factory=set)  # the slots that heartbeats offer to it
    heard_s: float = 0.0  # the last message came then
    offered_s: float = 0.0  # slots are offered to it since then
    away: dict[int, float] = field(default_factory=dict)  # slots that are not offered to it, and the ends of that
    vain: Counter[int] = field(default_factory=Counter)  # leases in a row that each slot lost again before it began
    put_off_until_s: float = 0.0  # others come first until then, since a slot was kept from them for nothing
    doubted_s: float = 0.0  # it had not answered an offer for some time then
    empty_until_s: dict[str, float] = field(default_factory=dict)  # it had nothing for slots of these kinds
    emptied_s: float = 0.0  # it had nothing then, for the first time after it had work
    served_s: float = 0.0  # seconds of work done for it, so that all coordinators get their share
    beats: int = 0  # heartbeats since the last regular one
    unheard: int = 0  # heartbeats among them since the coordinator said something
    woke_s: float = 0.0  # this machine last woke up then

    def _become(self, state: LinkState) -> None:
        self.state = follow(LINK_TRANSITIONS, self.state, state)

    @property
    def up(self) -> bool:
        """Whether the coordinator let this worker in and is in reach."""
        return self.state in (LinkState.SERVING, LinkState.EMPTY)

    def prospect(self, now: float) -> Prospect:
        """Return what may be expected of it; the table `PROSPECTS` says in which states."""
        if not self.up and self.state is not LinkState.GREETING:
            return Prospect.OUT
        if self.state is LinkState.SERVING and not self._is_doubted(now):
            return Prospect.WORK
        had_work_lately = self.emptied_s > 0 and now - self.emptied_s < RETURN_S
        if self.state is LinkState.EMPTY:
            if not self._is_doubted(now):
                return Prospect.NOTHING_NOW if had_work_lately else Prospect.NOTHING
            return Prospect.LATE if had_work_lately else Prospect.SILENT
        is_late = self.heard_s > 0 and now - self.heard_s < RETURN_S
        return Prospect.LATE if is_late else Prospect.SILENT

    def is_hopeful(self, now: float) -> bool:
        """Return whether it may have work. One that says nothing is doubted only if it was offered a slot."""
        return self.prospect(now) in HOPEFUL and not self.is_put_off(now)

    def _is_doubted(self, now: float) -> bool:
        if self.offers and now - max(self.heard_s, self.offered_s) >= SILENT_S:
            self.doubted_s = now
        return self.doubted_s > 0 and self.heard_s <= self.doubted_s and now - self.doubted_s < EMPTY_S

    def is_empty(self, kind: str, now: float) -> bool:
        """Return whether it had nothing for this kind of slot a moment ago."""
        return self.empty_until_s.get(kind, 0.0) > now

    def may_have(self, slot: int, now: float) -> bool:
        """Return whether a slot is offered to it."""
        return self.away.get(slot, 0.0) <= now

    def keep_away(self, slot: int, until_s: float) -> None:
        """Offer it a slot no more for a while."""
        self.away[slot] = until_s

    def take_back(self, slot: int, now: float) -> None:
        """Note that it revoked a lease that a slot had not begun.

        Each change of a slot's offers is told to all coordinators, so one that grants and revokes without end would
        fill their links.
        """
        self.vain[slot] += 1
        if self.vain[slot] > VAIN_LEASES:
            self.keep_away(slot, now + VAIN_S)

    def serve(self, slot: int, seconds: float) -> None:
        """Count the work of a clip that a slot spoke for it."""
        self.served_s += seconds
        self.vain.pop(slot, None)

    def put_off(self, seconds: float, now: float) -> None:
        """Count time that a slot spent for nothing as served, and let others come first for as long."""
        self.served_s += seconds
        self.put_off_until_s = now + seconds

    def is_put_off(self, now: float) -> bool:
        """Return whether others come first, since it kept a slot for nothing."""
        return self.put_off_until_s > now

    def is_returning(self, now: float) -> bool:
        """Return whether it may soon have work again: it had some a moment ago, or an answer of it is under way."""
        return self.prospect(now) in RETURNING

    def asks_first(self, beaten_s: float, now: float) -> bool:
        """Return whether this machine has just slept and waits for news: others may have spoken what it holds."""
        if has_slept(beaten_s, now):
            self.woke_s = now
        return self.woke_s > 0 and now - self.woke_s < ASK_S

    def note_word(self, now: float) -> None:
        """Note that the coordinator said something."""
        self.heard_s, self.unheard = now, 0

    def regular_beat(self) -> None:
        """Count heartbeats from the regular one, which is sent now."""
        self.beats = self.unheard = 0

    def may_beat(self, most: int) -> bool:
        """Count a heartbeat, and return whether it may be sent: no more than `most` between two regular ones.

        Only a few go to a coordinator that says nothing: another one may cause them, and fill a slow link so that
        nothing else arrives.
        """
        self.beats += 1
        self.unheard += 1
        return self.up and self.beats <= most and self.unheard <= UNHEARD_BEATS

    def may_want(self, recipe: Recipe | None) -> bool:
        """Return whether it named a job of this recipe, or no job at all."""
        return not self.jobs or recipe in self.recipes

    @property
    def allowance(self) -> int:
        """Bytes that may be under way: the credit, but no more than arrives soon, so that heartbeats are not late."""
        return min(self.credit, self.window)

    def learn(self, job: Job, leased: Container[str]) -> None:
        """Take the recipe and files of a job; forget the jobs named longest ago, but none that is `leased`."""
        self._put(job)
        while self._knows_too_much:
            oldest = next((name for name in self.jobs if name != job.job and name not in leased), None)
            if oldest is None:
                break
            self._count(self.jobs.pop(oldest), -1)
            self.with_files.pop(oldest, None)

    @property
    def _knows_too_much(self) -> bool:
        return len(self.jobs) > MAX_JOBS or self.files > MAX_FILES

    def _put(self, job: Job) -> None:
        if old := self.jobs.get(job.job):
            self._count(old, -1)
        self.jobs[job.job] = job
        self._count(job, 1)
        if job.job_files:
            self.with_files[job.job] = job
        else:
            self.with_files.pop(job.job, None)

    def _count(self, job: Job, one: int) -> None:
        self.files += one * len(job.job_files)
        self.recipes[job.recipe] += one
        if not self.recipes[job.recipe]:
            del self.recipes[job.recipe]

    def answered(self, age_s: float, size: int, now: float) -> None:
        """Adapt the window: `size` bytes were answered `age_s` seconds after they were sent."""
        self.pace.carry(size)
        self.pace.note_age(age_s, now)
        if age_s < QUICK_S:
            self.window = max(self.window, min(self.window + size, self.credit))
        elif age_s > SLOW_S and now - self.shrunk_s > SLOW_S:
            self.window, self.shrunk_s = max(self._min_window, int(self.window * SHRINK)), now

    def accepted(self, age_s: float, size: int, now: float) -> None:
        """Adapt the window: whole clips of `size` bytes were accepted `age_s` seconds after they were sent."""
        if size and age_s > ONE_CLIP_S:
            self.window = min(self.window, max(self._min_window, int(size / age_s)))
        self.answered(age_s, size, now)

    def packing(self, now: float) -> Packing:
        """Return how a clip that is spoken now is packed for the link."""
        if not self.pace.is_behind(now):
            return ""
        return "opus" if self.welcome and self.welcome.opus else "flac"

    def slow_link(self, now: float) -> SlowLink | None:
        """Return what the coordinator is told of the link while that is what the worker waits for."""
        packing = self.packing(now)
        return SlowLink(self.pace.bits_s, packing) if packing else None

    @property
    def _min_window(self) -> int:
        return max(1, self.largest_piece // MIN_SHARE)

    @property
    def piece(self) -> int:
        """The bytes of a piece that leaves now: smaller over a slow link, so that heartbeats are not late."""
        return max(1, self.largest_piece // MIN_PIECE_SHARE, min(self.largest_piece, self.window // PIECES))

    def greet(self) -> None:
        """Begin a session, or begin it anew because the coordinator forgot it or lost a message."""
        self._leave(LinkState.GREETING)

    def enter(self, welcome: Welcome) -> bool:
        """Take a `Welcome`; return False if it answers no greeting of this connection."""
        if self.state in (LinkState.AWAY, LinkState.REFUSED):
            return False
        self._become(LinkState.EMPTY if self._has_nothing else LinkState.SERVING)
        self.welcome, self.credit = welcome, welcome.credit
        if not self.largest_piece:
            self.window = max(1, welcome.clip_piece // FIRST_SHARE)
        self.largest_piece = welcome.clip_piece
        return True

    def refuse(self) -> bool:
        """Take a `Refused`; return False if it answers no greeting of this connection."""
        if self.state not in (LinkState.GREETING, LinkState.SERVING, LinkState.EMPTY):
            return False
        self._leave(LinkState.REFUSED)
        return True

    def note_end(self, failed: bool) -> None:
        """Take the coordinator's word that it ends; `failed`: for a fault that its user will mend."""
        if self.up or self.state is LinkState.GREETING:
            self._leave(LinkState.ENDED)
            self.failed = failed

    def take_done(self, done: Done, now: float) -> None:
        """Take the coordinator's word that it has nothing for some slots, or that it ends."""
        self.find_empty(now, done.kinds)
        if done.final:
            self.note_end(done.failed)

    def go_away(self) -> None:
        """End the session: the coordinator is out of reach."""
        self._leave(LinkState.AWAY)

    def _leave(self, state: LinkState) -> None:
        self._become(state)
        self.welcome, self.credit, self.offers, self.failed = None, 0, set(), False
        self.uploads.items.clear()

    @property
    def _has_nothing(self) -> bool:
        return self.kinds <= self.empty_until_s.keys()

    def find_empty(self, now: float, kinds: Iterable[str] = ()) -> None:
        """Note that the coordinator has nothing for these kinds of slots for now; () are all."""
        self.empty_until_s |= dict.fromkeys(self.kinds.intersection(kinds) or self.kinds, now + EMPTY_S)
        if self.up and self._has_nothing:
            self.emptied_s = now if self.state is LinkState.SERVING else self.emptied_s
            self._become(LinkState.EMPTY)

    def find_work(self, *kinds: str) -> None:
        """Note that the coordinator has work for these kinds of slots, or may have some; for all if none is named."""
        for kind in kinds or self.kinds:
            self.empty_until_s.pop(kind, None)
        if self.up:
            self._become(LinkState.SERVING)

    def resume(self, least_served_s: float, kind: str = ANY) -> None:
        """Note that the coordinator has work for a slot; what it missed while it had none is not made up for."""
        if self._has_nothing:
            self.served_s = max(self.served_s, least_served_s)
        self.find_work(kind)


def send_clips(link: CoordinatorLink, unaccepted: UnacceptedClips, now: float, out: WorkerOutcome) -> None:
    """Send a coordinator what it may have now: small clips whole, and larger ones in pieces."""
    for clip in unaccepted.sendable(link.name, link.allowance, now):
        if size := unaccepted.cut(clip, link.piece):
            link.uploads.queue_clip(clip, size)
        else:
            out.clips.append((link.name, clip))
    parts = link.uploads.parts(link.window, link.piece, unaccepted.is_under_way, now)
    hears = now - link.heard_s < SILENT_S  # a link that hears nothing is cut, and not slow
    link.pace.note_backlog(now, waits=hears and link.window < link.credit and unaccepted.stays_behind(link.name))
    out.parts.extend((link.name, part) for part in parts)


def other_name(links: Iterable[CoordinatorLink], coordinator: str, name: str) -> str:
    """Return another name under which a coordinator is already served; "" if there is none."""
    others = [link for link in links if link.welcome and link.name != name]
    return next((link.name for link in others if link.welcome and link.welcome.coordinator == coordinator), "")
