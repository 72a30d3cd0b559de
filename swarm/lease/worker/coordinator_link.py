"""One coordinator as a worker sees it: the jobs that it named, what it answered to offers of slots, and whether its
turn has come."""

from collections import Counter
from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from math import inf

from swarm.job.spec import Recipe
from swarm.lease.message import ANY, Done, Job, Welcome
from swarm.lease.outcome import WorkerOutcome
from swarm.lease.states import LINK_TRANSITIONS, RETURNING, TURNS, LinkState, Prospect, Turn, follow
from swarm.lease.worker.unaccepted import ClipUploads, ClipWindow, UnacceptedClips

UNHEARD_BEATS = 8
MAX_ROWS = 1000  # files that heartbeats tell of between two regular ones, unless a single one has more
SILENT_S = 3.0  # a coordinator that did not answer an offer for so long may be gone: others are asked
# One coordinator may name so many jobs and files. It tells forgotten jobs again with a grant.
MAX_JOBS = 500
MAX_FILES = 1000
# A slot that loses more leases than this in a row before they begin, without a clip between, is kept away for a time.
MAX_LOST_LEASES = 8
KEPT_AWAY_S = 5.0
RETURN_S = 30.0  # an answer may wait so long for a clip on a slow link
EMPTY_S = 5.0  # a coordinator that had nothing counts as any other again after so long


@dataclass
class NamedJobs:
    """The jobs that a coordinator named lately."""

    by_name: dict[str, Job] = field(default_factory=dict)
    with_files: dict[str, Job] = field(default_factory=dict)  # messages look only through these
    recipes: Counter[Recipe] = field(default_factory=Counter)  # recipe -> number of its jobs
    files: int = 0  # files of all its jobs

    def may_want(self, recipe: Recipe | None) -> bool:
        """Return whether it named a job of this recipe, or no job at all."""
        return not self.by_name or recipe in self.recipes

    def learn(self, job: Job, leased: Container[str]) -> None:
        """Take the recipe and files of a job; forget the jobs named longest ago, but none that is `leased`."""
        self._put(job)
        while len(self.by_name) > MAX_JOBS or self.files > MAX_FILES:
            oldest = next((name for name in self.by_name if name != job.job and name not in leased), None)
            if oldest is None:
                break
            self._count(self.by_name.pop(oldest), -1)
            self.with_files.pop(oldest, None)

    def _put(self, job: Job) -> None:
        if old := self.by_name.get(job.job):
            self._count(old, -1)
        self.by_name[job.job] = job
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


@dataclass
class Fairness:
    """What a coordinator got of the worker's time, and for how long others come first."""

    served_s: float = 0.0  # seconds of work done for it, so that all coordinators get their share
    put_off_until_s: float = 0.0  # others come first until then, since a slot was kept from them for nothing
    kept_away: dict[int, float] = field(default_factory=dict)  # slots that are not offered to it, and the ends of that
    lost_leases: Counter[int] = field(default_factory=Counter)  # leases in a row that each slot lost before it began

    def keep_away(self, slot: int, until_s: float) -> None:
        """Offer it a slot no more for a while."""
        self.kept_away[slot] = until_s

    def is_kept_away(self, slot: int, now: float) -> bool:
        """Return whether a slot is not offered to it now."""
        return self.kept_away.get(slot, 0.0) > now

    def take_back(self, slot: int, now: float) -> None:
        """Note that it revoked a lease that a slot had not begun.

        Each change of a slot's offers is told to all coordinators, so one that grants and revokes without end would
        fill their links.
        """
        self.lost_leases[slot] += 1
        if self.lost_leases[slot] > MAX_LOST_LEASES:
            self.keep_away(slot, now + KEPT_AWAY_S)

    def serve(self, slot: int, seconds: float) -> None:
        """Count the work of a clip that a slot spoke for it."""
        self.served_s += seconds
        self.lost_leases.pop(slot, None)

    def put_off(self, seconds: float, now: float) -> None:
        """Count time that a slot spent for nothing as served, and let others come first for as long."""
        self.served_s += seconds
        self.put_off_until_s = now + seconds

    def is_put_off(self, now: float) -> bool:
        """Return whether others come first, since it kept a slot for nothing."""
        return self.put_off_until_s > now


@dataclass
class Answers:
    """When a coordinator said something, and to which offers it had nothing."""

    heard_s: float = 0.0  # the last message came then
    offered_s: float = 0.0  # slots are offered to it since then
    doubted_s: float = 0.0  # it had not answered an offer for some time then
    emptied_s: float = 0.0  # it had nothing then, for the first time after it had work
    empty_until_s: dict[str, float] = field(default_factory=dict)  # it had nothing for slots of these kinds

    def is_doubted(self, is_offered: bool, now: float) -> bool:
        """Return whether it says nothing. It is doubted only if it is offered a slot, and for some time after that."""
        if is_offered and now - max(self.heard_s, self.offered_s) >= SILENT_S:
            self.doubted_s = now
        return self.doubted_s > 0 and self.heard_s <= self.doubted_s and now - self.doubted_s < EMPTY_S

    def is_empty(self, kind: str, now: float) -> bool:
        """Return whether it had nothing for this kind of slot a moment ago."""
        return self.empty_until_s.get(kind, 0.0) > now

    def had_work_lately(self, now: float) -> bool:
        """Return whether it had work shortly before it had nothing."""
        return self.emptied_s > 0 and now - self.emptied_s < RETURN_S

    def may_be_late(self, now: float) -> bool:
        """Return whether an answer of it may be on a slow link."""
        return self.heard_s > 0 and now - self.heard_s < RETURN_S


@dataclass
class BeatLimit:
    """When a coordinator got the last regular heartbeat, and how many since."""

    regular_s: float = -inf
    beats: int = 0
    rows: int = 0  # files that these told of
    unheard: int = 0  # heartbeats among them since the coordinator said something

    def is_due(self, interval_s: float, now: float) -> bool:
        """Return whether the regular heartbeat is due, which may come a little early."""
        return now - self.regular_s >= 0.9 * interval_s

    def may_beat(self, most: int, files: int) -> bool:
        """Count a heartbeat, and return whether it may be sent: no more than `most` between two regular ones.

        Each tells of so many files: with as many as a coordinator may name, there is one heartbeat an interval.

        Only a few go to a coordinator that says nothing: another one may cause them, and fill a slow link so that
        nothing else arrives.
        """
        self.beats += 1
        self.unheard += 1
        self.rows += files
        is_light = self.beats == 1 or self.rows <= MAX_ROWS
        return is_light and self.beats <= most and self.unheard <= UNHEARD_BEATS


@dataclass
class CoordinatorLink:
    """The state of one connection; `name` is the shell's word for it."""

    name: str
    kinds: frozenset[str] = frozenset({ANY})  # kinds of this worker's slots
    state: LinkState = LinkState.AWAY
    welcome: Welcome | None = None  # the present session began with it
    failed: bool = False  # the coordinator ended for a fault and may come back
    offers: set[int] = field(default_factory=set)  # the slots that heartbeats offer to it
    answers: Answers = field(default_factory=Answers)
    fairness: Fairness = field(default_factory=Fairness)
    jobs: NamedJobs = field(default_factory=NamedJobs)
    uploads: ClipUploads = field(default_factory=ClipUploads)
    window: ClipWindow = field(default_factory=ClipWindow)
    beat_limit: BeatLimit = field(default_factory=BeatLimit)

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
        is_heard = self.up and not self.answers.is_doubted(bool(self.offers), now)
        if self.state is LinkState.SERVING and is_heard:
            return Prospect.WORK
        if self.state is LinkState.EMPTY:
            had_work = self.answers.had_work_lately(now)
            if is_heard:
                return Prospect.NOTHING_NOW if had_work else Prospect.NOTHING
            return Prospect.LATE if had_work else Prospect.SILENT
        return Prospect.LATE if self.answers.may_be_late(now) else Prospect.SILENT

    def turn(self, slot: int, kind: str, now: float) -> Turn:
        """Return when a slot of this kind is offered to it; the table `TURNS` says for which prospects."""
        may_be = TURNS[self.prospect(now)]
        if self.fairness.is_kept_away(slot, now) or Turn.LAST not in may_be:
            return Turn.NEVER
        if self.fairness.is_put_off(now):
            return Turn.PUT_OFF
        return Turn.LAST if Turn.FIRST not in may_be or self.answers.is_empty(kind, now) else Turn.FIRST

    def is_returning(self, now: float) -> bool:
        """Return whether it may soon have work again: it had some a moment ago, or an answer of it is under way."""
        return self.prospect(now) in RETURNING

    def note_word(self, now: float) -> None:
        """Note that the coordinator said something."""
        self.answers.heard_s, self.beat_limit.unheard = now, 0

    def regular_beat(self, now: float) -> None:
        """Count heartbeats from the regular one, which is sent now."""
        self.beat_limit = BeatLimit(now)

    def greet(self) -> None:
        """Begin a session, or begin it anew because the coordinator forgot it or lost a message."""
        self._leave(LinkState.GREETING)

    def enter(self, welcome: Welcome) -> bool:
        """Take a `Welcome`; return False if it answers no greeting of this connection."""
        if self.state in (LinkState.AWAY, LinkState.REFUSED):
            return False
        self._become(LinkState.EMPTY if self._has_nothing else LinkState.SERVING)
        self.welcome = welcome
        self.window.open(welcome.credit, welcome.clip_piece)
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
        self.welcome, self.offers, self.failed = None, set(), False
        self.window.credit = 0
        self.uploads.items.clear()

    @property
    def _has_nothing(self) -> bool:
        return self.kinds <= self.answers.empty_until_s.keys()

    def find_empty(self, now: float, kinds: Iterable[str] = ()) -> None:
        """Note that the coordinator has nothing for these kinds of slots for now; () are all."""
        self.answers.empty_until_s |= dict.fromkeys(self.kinds.intersection(kinds) or self.kinds, now + EMPTY_S)
        if self.up and self._has_nothing:
            if self.state is LinkState.SERVING:
                self.answers.emptied_s = now
            self._become(LinkState.EMPTY)

    def find_work(self, *kinds: str) -> None:
        """Note that the coordinator has work for these kinds of slots, or may have some; for all if none is named."""
        for kind in kinds or self.kinds:
            self.answers.empty_until_s.pop(kind, None)
        if self.up:
            self._become(LinkState.SERVING)

    def resume(self, least_served_s: float, kind: str = ANY) -> None:
        """Note that the coordinator has work for a slot; what it missed while it had none is not made up for."""
        if self._has_nothing:
            self.fairness.served_s = max(self.fairness.served_s, least_served_s)
        self.find_work(kind)


def send_clips(link: CoordinatorLink, unaccepted: UnacceptedClips, now: float, out: WorkerOutcome) -> None:
    """Send a coordinator what it may have now: small clips whole, and larger ones in pieces."""
    for clip in unaccepted.sendable(link.name, link.window.room, now):
        if size := unaccepted.cut(clip, link.window.piece):
            link.uploads.queue_clip(clip, size)
        else:
            out.clips.append((link.name, clip))
    parts = link.uploads.parts(link.window.size, link.window.piece, unaccepted.is_under_way, now)
    out.parts.extend((link.name, part) for part in parts)


def other_name(links: Iterable[CoordinatorLink], coordinator: str, name: str) -> str:
    """Return another name under which a coordinator is already served; "" if there is none."""
    others = [link for link in links if link.welcome and link.name != name]
    return next((link.name for link in others if link.welcome and link.welcome.coordinator == coordinator), "")
