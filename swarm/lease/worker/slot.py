"""One engine of a worker: what it holds, what it is speaking, whether it wants more.

It is chosen here which lines of a lease the engine is given together. A batch that fails is spoken again by halves,
until the line that fails is alone: only that counts against it. The next lines are prefetched: the engine begins
them without waiting for the clips before to be taken."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, takewhile
from operator import is_

from msgspec import structs

from swarm.job.clip_info import ClipInfo, SpokenClip
from swarm.job.job_asset import JobAsset, find_latents
from swarm.job.spec import Recipe, clip_key, seeds_of
from swarm.lease.core_settings import WORKER_DEFAULTS, WorkerSettings
from swarm.lease.envelope import Resting
from swarm.lease.message import ANY, Clip, Grant, Job, Line, ReportedState, SlotReport
from swarm.lease.outcome import CancelPrefetch, Prefetch, Words, WorkerOutcome
from swarm.lease.scheduling import Speed, deadline_s
from swarm.lease.states import SLOT_TRANSITIONS, IllegalTransition, SlotState, follow
from swarm.lease.worker.rest import NoRoom, Rest

Batch = tuple[Line, ...]


def is_same(one: Sequence[Line], other: Sequence[Line]) -> bool:
    """Return whether two batches are the same lines, by identity: equal lines of two leases are not the same."""
    return len(one) == len(other) and all(map(is_, one, other))


def without(lines: Sequence[Line], batch: Batch) -> list[Line]:
    """Return the lines that are not in a batch, by identity."""
    if is_same(lines[: len(batch)], batch):  # they are nearly always the same, and a lease may have hundreds of lines
        return list(lines[len(batch) :])
    gone = {id(line) for line in batch}
    return [line for line in lines if id(line) not in gone]


@dataclass
class BatchSearch:
    """The lines among which a batch failed, and how many lines the engine speaks together."""

    most: int = 1  # lines of a batch
    lines: Batch = field(default=())  # lines of failed batches are spoken again, in smaller batches

    def failed(self, batch: Batch) -> None:
        """Look for the line that fails in this batch, which has several."""
        self.lines = batch

    def lacked_memory(self, batch: Batch) -> None:
        """Speak only half as many lines together from now on: the device has no room for more."""
        self.most = (len(batch) + 1) // 2

    def choose(self, lines: Sequence[Line], alone: Line | None = None, *, ended: Batch = ()) -> Batch:
        """Return which of these lines are spoken next, the first of them. `alone` is a line that has no neighbours.

        `ended` are lines under way, which will be spoken well by then.
        """
        if self.most == 1:
            return tuple(lines[:1])
        left = without(self.lines, ended) if self.lines else []
        searched = {id(line) for line in left}
        if lines and id(lines[0]) in searched:
            lines = list(takewhile(lambda line: id(line) in searched, lines[: (len(left) + 1) // 2]))
        together = list(takewhile(lambda line: line is not alone, lines[: self.most]))
        return tuple(together or lines[:1])

    def spoke(self, batch: Batch) -> None:
        """Take these lines from those that are searched: they were spoken."""
        self.lines = tuple(without(self.lines, batch))


WORTH_KEEPING = 10.0  # times the loading: so long a voice speaks on before another is loaded in its place
AHEAD_S = 2.0  # the next lease is asked for when so much of the present one is left
OWN_GAP_S = 3.0  # a machine without a heartbeat for so long slept

REPORTED: dict[SlotState, ReportedState] = {  # heartbeats tell these states for slots that hold a lease
    SlotState.WAITING: "waiting",
    SlotState.LOADING: "loading",
    SlotState.SPEAKING: "speaking",
}


@dataclass(frozen=True)
class Suspect:
    """A line that failed, and why; the engine may be to blame instead."""

    line: Line
    kind: str
    note: str


@dataclass
class HeldLease:
    """A lease that a slot holds. Its `lines` are still to be spoken; the first ones may be under way."""

    id: int
    link: str
    job: Job
    chapter: int
    lines: list[Line]
    revoked: bool = False  # only what is under way is still spoken
    suspects: list[Suspect] = field(default_factory=list)  # failures that are not reported yet
    unwanted: Batch = ()  # lines under way that were taken from the lease meanwhile: if they fail, that is all


@dataclass
class EngineSlot:
    """One engine of a worker. `turn` grows with every order to the engine, so that late reports are told apart."""

    number: int
    settings: WorkerSettings = WORKER_DEFAULTS
    kind: str = ANY  # the kind of its device
    state: SlotState = SlotState.EMPTY
    recipe: Recipe | None = None  # the recipe of the voice that is loaded or being loaded
    latents: JobAsset | None = None  # the voice was loaded with them, or computed them
    voice: Recipe | None = None  # the last loaded voice; its speed and batch are known
    lines: Batch = ()  # lines under way together, in the state SPEAKING
    prefetched: Batch = ()  # the engine was told to speak these next
    search: BatchSearch = field(default_factory=BatchSearch)
    since_s: float = 0.0  # the load last progressed then, or the lines were ordered
    note: str = ""  # the progress of the load
    turn: int = 0
    leases: list[HeldLease] = field(default_factory=list)  # leases in the order they are spoken
    speed: Speed = field(default_factory=Speed)
    rest: Rest = field(init=False)
    no_room: NoRoom = field(init=False)  # models that do not fit on its device
    idle_since_s: float | None = None  # the engine has had nothing to speak since then
    loading_s: float = 0.0  # seconds the voice took to load, downloads apart
    worked_s: float = 0.0  # seconds the voice has spoken since it was loaded
    proof: Line | None = None  # the line by which the engine proves that it can speak at all
    known_good: tuple[Recipe, Line] | None = None  # a line that the slot has spoken

    def __post_init__(self) -> None:
        self.rest, self.no_room = Rest(self.settings), NoRoom(self.settings, self.number)

    # --- its state

    @property
    def busy(self) -> bool:
        """Whether the engine is at work."""
        return self.state in (SlotState.LOADING, SlotState.SPEAKING)

    @property
    def is_proving(self) -> bool:
        """Whether the line under way is the proof."""
        return self.proof is not None and is_same(self.lines, (self.proof,))

    def has_proof(self, lease: HeldLease) -> bool:
        """Return whether the proof is one of the lines that a lease has still to speak."""
        return any(line is self.proof for line in lease.lines)

    def _become(self, state: SlotState) -> None:
        self.state = follow(SLOT_TRANSITIONS, self.state, state)

    def _expect(self, state: SlotState) -> None:
        if self.state is not state:
            raise IllegalTransition(f"slot {self.number} is {self.state.name}, not {state.name}")

    def settle_leases(self, now: float) -> None:
        """Forget leases of which nothing is left, and name the state of a slot whose engine is not at work."""
        self.leases = [lease for lease in self.leases if lease.lines]
        if self.busy:
            return
        if self.leases:
            self._become(SlotState.WAITING)
        elif self.rest.hindrance(now):
            self._become(SlotState.RESTING)
        else:
            self._become(SlotState.IDLE if self.recipe else SlotState.EMPTY)

    def take_grant(self, grant: Grant, link: str, job: Job) -> None:
        """Hold one more lease, of the coordinator `link`."""
        self.leases.append(HeldLease(grant.lease, link, job, grant.chapter, list(grant.lines)))

    # --- what it speaks next

    def coming(self) -> Batch:
        """Return the lines that the engine should have prefetched.

        While the slot speaks those are the next ones of the same lease. While it waits, lines that were prefetched
        before stay, since the engine may have begun them; nothing else is prefetched then.
        """
        if self.recipe is None or self.state is SlotState.LOADING or not self.leases or self.leases[0].revoked:
            return ()
        if self.lines:
            return self.search.choose(without(self.leases[0].lines, self.lines), self.proof, ended=self.lines)
        return self.prefetched if self.has_begun(self.leases[0]) else ()

    def has_begun(self, lease: HeldLease) -> bool:
        """Return whether the engine may have begun the first lines of a lease, since it prefetched them."""
        return bool(self.prefetched) and is_same(self.prefetched, lease.lines[: len(self.prefetched)])

    def hand_on_prefetched(self) -> None:
        """Have a lease that begins with the prefetched lines of another one, which was revoked, take these over."""
        if self.leases and not self.lines and self.suits(self.leases[0].job):
            first = tuple(self.leases[0].lines[: len(self.prefetched)])
            if first == self.prefetched:
                self.prefetched = first

    def next_lines(self) -> Batch:
        """Return the lines that the slot speaks next; one alone while it is not known whether its engine is sound."""
        lease = self.leases[0]
        if self.has_begun(lease):
            return self.prefetched
        return self.search.choose(lease.lines[:1] if lease.suspects else lease.lines, self.proof)

    def words(self, batch: Batch) -> tuple[Words, ...]:
        """Return lines as an engine takes them: each text with the seeds of its take and of the next takes."""
        assert self.recipe is not None
        return tuple((line.text, *seeds_of(line.text, self.recipe, line.take)) for line in batch)

    def wants_more(self, now: float, lag_s: float = 0.0) -> bool:
        """Return whether another lease should be asked for: none is queued and the present one ends soon.

        An answer may take `lag_s`.
        """
        if len(self.leases) > 1 or self.rest.hindrance(now):
            return False
        if not self.leases:
            return True
        lines = self.leases[0].lines
        if self.speed.chars_s is None:
            return len(lines) <= max(1, len(self.lines)) and self.state is not SlotState.LOADING
        spent_s = now - self.since_s if self.lines else 0.0
        soon = (AHEAD_S + lag_s + spent_s) * self.speed.chars_s  # characters; a lease may have hundreds of lines
        return all(characters < soon for characters in accumulate(len(line.text) for line in lines))

    @property
    def is_worth_keeping(self) -> bool:
        """Whether loading another voice would be dear beside what the loaded one has spoken."""
        return self.recipe is not None and self.worked_s < WORTH_KEEPING * self.loading_s

    def suits(self, job: Job) -> bool:
        """Return whether the voice is the job's, with the latents that all workers use for it."""
        return self.recipe == job.recipe and (job.latents or self.latents == find_latents(job.job_files))

    def load(self, job: Job, batch: int, now: float) -> int:
        """Begin to load the voice of a job, which speaks so many lines together; return the turn."""
        self._become(SlotState.LOADING)
        self.recipe, self.since_s, self.note = job.recipe, now, ""
        self.latents = find_latents(job.job_files)
        self.worked_s = 0.0
        if self.voice != job.recipe:  # a fresh process of the same voice is as fast and as large
            self.voice, self.speed, self.search = job.recipe, Speed(), BatchSearch(batch)
        self.turn += 1
        return self.turn

    def note_progress(self, turn: int, words: str, now: float) -> None:
        """Note how far the load is: a download that moves may take as long as it likes."""
        if self.state is SlotState.LOADING and self.turn == turn:
            self.note, self.since_s = words, now

    def loaded(self, now: float) -> None:
        """End the load: the voice is there."""
        self._expect(SlotState.LOADING)
        self._become(SlotState.WAITING)
        self.note, self.loading_s = "", now - self.since_s

    def unload(self) -> None:
        """Let the engine go; the next segment loads it afresh."""
        self.recipe = None

    def speak(self, batch: Batch, now: float) -> int:
        """Begin some segments together; return the turn."""
        self._become(SlotState.SPEAKING)
        self.lines, self.since_s = batch, now
        self.turn += 1
        return self.turn

    def finish(self) -> tuple[HeldLease, Batch]:
        """End the segments under way, well or not; return them with their lease."""
        self._expect(SlotState.SPEAKING)
        self._become(SlotState.WAITING)
        lease, batch, self.lines = self.leases[0], self.lines, ()
        lease.lines = without(lease.lines, batch)
        return lease, batch

    def speak_again(self) -> None:
        """Have what is under way spoken once more, by an engine that is loaded afresh."""
        lease, batch = self.finish()
        self.unload()
        self.rest.restarted()
        self.speak_next(lease, batch)

    def speak_next(self, lease: HeldLease, lines: Sequence[Line]) -> None:
        """Add lines to a lease that the slot speaks next, but after those that its engine has prefetched.

        Lines that were taken from the lease while they were under way are not spoken again.
        """
        lines = without(lines, lease.unwanted)
        begun = len(self.prefetched) if self.recipe is not None and self.has_begun(lease) else 0
        lease.lines[begun:begun] = lines

    def collect(self, clips: Sequence[SpokenClip | None]) -> tuple[HeldLease, list[tuple[Clip, bytes]]]:
        """End the segments under way; return their lease, and the clips with their frames.

        A segment without a clip is spoken again, in a smaller batch.
        """
        lease, batch = self.finish()
        rows = list(zip(batch, clips, strict=True))
        self.search.spoke(batch)
        missing = tuple(line for line, spoken in rows if spoken is None)
        if missing:
            self.search.failed(missing)
            self.speak_next(lease, missing)
        return lease, [(self._spoken(lease, line, spoken), spoken.frame) for line, spoken in rows if spoken]

    def _spoken(self, lease: HeldLease, line: Line, clip: SpokenClip) -> Clip:
        info, take = clip.info, line.take + clip.further
        self.rest.spoke()
        self.no_room.fits(lease.job.recipe)
        self._remember(lease.job.recipe, structs.replace(line, take=take))
        self.worked_s += info.work_s
        self.speed.add_clip(len(line.text), info.length_s, info.work_s)
        return self._clip(lease, line, info, take)

    def _remember(self, recipe: Recipe, line: Line) -> None:
        """Keep the shortest line that was spoken, as a proof for later."""
        known = self.known_good
        if known is None or known[0] != recipe or len(line.text) < len(known[1].text):
            self.known_good = recipe, line

    def _clip(self, lease: HeldLease, line: Line, info: ClipInfo, take: int) -> Clip:
        """Return the clip of a line that was just spoken, under the take that was kept."""
        return Clip(
            job=lease.job.job,
            chapter=lease.chapter,
            index=line.index,
            take=take,
            key=clip_key(line.text, lease.job.recipe, take),
            lease=lease.id,
            slot=self.number,
            **structs.asdict(info),
        )

    def stop(self) -> None:
        """Give up what is under way, and the engine with it."""
        if self.state is SlotState.SPEAKING:
            self.finish()
        elif self.state is SlotState.LOADING:
            self._become(SlotState.WAITING)
        self.unload()
        self.turn += 1

    def hangs(self, now: float) -> bool:
        """Return whether what is under way takes longer than a coordinator would wait at first."""
        return bool(self.lines) and now - self.since_s > self._due_s

    def is_overdue(self, now: float) -> bool:
        """Return whether the engine takes longer than this worker waits, whatever the coordinator says."""
        if self.lines:
            return now - self.since_s > self.settings.patience * self._due_s
        return self.state is SlotState.LOADING and now - self.since_s > self.settings.load_s

    @property
    def _due_s(self) -> float:
        return deadline_s(_characters(self.lines), self.speed.chars_s, 0, self.settings.unknown_deadline_s)

    def shorten(self, lease: HeldLease, lines: list[Line]) -> bool:
        """Keep of a lease only these lines and those under way; return whether that is less than before."""
        before, wanted = lease.lines, without(lines, lease.unwanted)
        lease.unwanted = tuple(without(self.lines, tuple(wanted)))
        lease.lines = without(before, tuple(without(before, (*lines, *self.lines))))
        return len(lease.lines) != len(before)

    def drain(self) -> list[HeldLease]:
        """Keep only what is under way; return the leases of which nothing is left."""
        for lease in self.leases:
            self.shorten(lease, [])
        over = [lease for lease in self.leases if not lease.lines]
        self.leases = [lease for lease in self.leases if lease.lines]
        return over

    def resting(self, now: float) -> list[Resting]:
        """Return what a heartbeat says of a slot that rests, or of models that do not fit on it."""
        if why := self.rest.hindrance(now):
            return [Resting(self.number, why)]
        return self.no_room.report_resting(now)

    def report_slot(self, now: float) -> SlotReport:
        """Return what a heartbeat says of this slot, which holds a lease."""
        lease, count = self.leases[0], max(1, len(self.lines))
        index = (self.lines or lease.lines)[0].index
        note = self.note if self.state is SlotState.LOADING else ""
        since_s = max(0.0, now - self.since_s)
        return SlotReport(self.number, REPORTED[self.state], lease.id, index, since_s, note, count)


def _characters(lines: Iterable[Line]) -> int:
    return sum(len(line.text) for line in lines)


def has_slept(beaten_s: float, now: float) -> bool:
    """Tell whether this machine slept since its last heartbeat, 0 for none."""
    return beaten_s > 0 and now - beaten_s > OWN_GAP_S


def forgive_gap(slots: Iterable[EngineSlot], beaten_s: float, now: float) -> None:
    """Charge no engine with the time in which this machine slept; `beaten_s` is the last heartbeat, 0 for none."""
    if has_slept(beaten_s, now):
        for slot in slots:
            slot.since_s += now - beaten_s


def cancel_prefetch(slot: EngineSlot, out: WorkerOutcome) -> None:
    """Withdraw the prefetched lines of a slot unless the slot speaks them next, or now."""
    slot.hand_on_prefetched()
    if not slot.prefetched or is_same(slot.prefetched, slot.coming()):
        return
    if not is_same(slot.prefetched, slot.lines):
        out.commands.append(CancelPrefetch(slot.number))
    slot.prefetched = ()


def prefetch(slot: EngineSlot, out: WorkerOutcome) -> None:
    """Have the engine of a slot prefetch the lines that it speaks next."""
    batch = slot.coming()
    if not batch or is_same(batch, slot.prefetched):
        return
    slot.prefetched = batch
    out.commands.append(Prefetch(slot.number, slot.words(batch)))
