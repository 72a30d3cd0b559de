"""One engine of a worker: what it holds, what it is speaking, whether it wants more."""

from dataclasses import dataclass, field
from typing import Literal

from msgspec import structs

from swarm.job.clip_info import ClipInfo
from swarm.job.job_file import JobFile, find_latents
from swarm.job.recipe import Recipe, clip_key, seeds_of
from swarm.lease.message import Clip, Job, Line, Resting, SlotReport, SlotState
from swarm.lease.scheduling import Speed, deadline_s

WORTH_KEEPING = 10.0  # times the loading: so long a voice speaks on before another is loaded in its place
AHEAD_S = 2.0  # the next lease is asked for when so much of the present one is left
STEP_BACK_S = 300.0  # a game may be over by then

MAX_STEP_BACK_S = 3600.0

SOON = 10  # clips: an engine that was started afresh and runs out of memory within so many would do so again

Trouble = Literal["memory", "lost"]


@dataclass
class Rest:
    """The pauses of one slot. What ends by itself ends by the time that is given to `reason`."""

    limit: str = ""  # what of the operator's limits keeps it from working; "" where nothing does
    fault: str = ""  # why it stepped back
    trouble: Trouble = "memory"
    until_s: float = 0.0
    times: int = 0  # it stepped back, one after the other
    clips: int = SOON  # since its engine was last started afresh for a fault of the device

    def step_back(self, trouble: Trouble, note: str, now: float, number: int = 0) -> None:
        """Take nothing for a while, longer each time; slots of other numbers for other whiles, lest they meet again."""
        pause_s = min(MAX_STEP_BACK_S, STEP_BACK_S * 2**self.times * (1 + number % 4 / 2))
        self.trouble, self.until_s = trouble, now + pause_s
        self.fault = f"{note[:1500].rstrip('. ')}; it is tried again after {pause_s / 60:.0f} min"
        self.times = min(self.times + 1, 10)

    def restarted(self) -> None:
        """Its engine is started afresh for a fault of the device."""
        self.clips = 0

    def spoke(self) -> None:
        """It works."""
        self.clips += 1
        self.times, self.fault = 0, ""

    def stepped_back(self, now: float) -> bool:
        """Whether a fault of its device still keeps it out."""
        return now < self.until_s

    def reason(self, now: float) -> str:
        """Why it takes nothing; "" where it does."""
        return self.fault if self.stepped_back(now) else self.limit


@dataclass
class HeldLease:
    """A lease in a worker's hands; `lines` are still to be spoken, the first perhaps under way."""

    id: int
    link: str
    job: Job
    chapter: int
    lines: list[Line]
    revoked: bool = False  # but for the segment under way


@dataclass
class EngineSlot:
    """The slot's state. `turn` grows with every order to the engine, so that late reports are told apart."""

    number: int
    recipe: Recipe | None = None
    latents: JobFile | None = None  # those that its voice was loaded with, or made
    loading: bool = False
    waiting: bool = False  # for credit, for room to keep clips, or until latents are journaled
    line: Line | None = None
    since_s: float = 0.0
    note: str = ""  # how far what it loads is
    turn: int = 0
    leases: list[HeldLease] = field(default_factory=list)
    speed: Speed = field(default_factory=Speed)
    rest: Rest = field(default_factory=Rest)
    idle_since_s: float | None = None  # its engine is loaded and has nothing to speak
    loading_s: float = 0.0  # what its voice took to load, downloads apart
    worked_s: float = 0.0  # spoken with it since

    @property
    def busy(self) -> bool:
        """Whether the engine is at work."""
        return self.loading or self.line is not None

    def coming(self, handed: Line | None = None) -> Line | None:
        """What is spoken right after the segment under way, if nothing happens meanwhile.

        What its engine was `handed` already remains that while the slot waits: the engine may have begun it. Nothing
        else is handed to an engine whose slot waits.
        """
        if self.recipe is None or self.loading or not self.leases or self.leases[0].revoked:
            return None
        lines = self.leases[0].lines
        if self.line is not None:
            return next((line for line in lines[:2] if line is not self.line), None)
        return handed if handed is lines[0] else None  # an equal line of another lease may be another voice's

    def words(self, line: Line) -> tuple[str, *tuple[int, ...]]:
        """A line of its recipe as an engine takes it: the text, and the seeds of its take and of those that follow."""
        assert self.recipe is not None
        return (line.text, *seeds_of(line.text, self.recipe, line.take))

    def wants_more(self, now: float) -> bool:
        """Whether another lease should be on its way: none is queued and the present one ends soon."""
        if len(self.leases) > 1 or self.rest.reason(now):
            return False
        if not self.leases:
            return True
        if self.speed.chars_s is None:
            return len(self.leases[0].lines) <= 1 and not self.loading
        return sum(len(line.text) for line in self.leases[0].lines) / self.speed.chars_s < AHEAD_S

    @property
    def is_worth_keeping(self) -> bool:
        """Whether its voice has not yet spoken so long that loading another one is cheap beside it."""
        return self.recipe is not None and self.worked_s < WORTH_KEEPING * self.loading_s

    def suits(self, job: Job) -> bool:
        """Whether its voice is the job's, with the latents that all speak it with."""
        return self.recipe == job.recipe and (job.latents or self.latents == find_latents(job.job_files))

    def load(self, job: Job, now: float) -> int:
        """Order another engine; returns the turn."""
        self.recipe, self.loading, self.since_s, self.note = job.recipe, True, now, ""
        self.latents = find_latents(job.job_files)
        self.speed, self.worked_s = Speed(), 0.0
        self.turn += 1
        return self.turn

    def hear(self, turn: int, words: str, now: float) -> None:
        """The engine that it loads tells how far it is: a download that moves may take as long as it likes."""
        if self.loading and self.turn == turn:
            self.note, self.since_s = words, now

    def loaded(self, now: float) -> None:
        """The engine is there."""
        self.loading, self.note, self.loading_s = False, "", now - self.since_s

    def unload(self) -> None:
        """The engine is gone; the next segment loads it afresh."""
        self.recipe, self.loading = None, False

    def speak(self, line: Line, now: float) -> int:
        """Order a segment; returns the turn."""
        self.line, self.since_s = line, now
        self.turn += 1
        return self.turn

    def finish_line(self) -> tuple[HeldLease, Line]:
        """The segment under way is over, well or not."""
        line, lease = self.line, self.leases[0]
        assert line is not None
        self.line = None
        lease.lines.remove(line)
        return lease, line

    def speak_again(self) -> None:
        """The segment under way is spoken once more, by an engine that is loaded afresh."""
        self.line = None
        self.unload()
        self.rest.restarted()

    def spoken(self, info: ClipInfo, further: int) -> tuple[HeldLease, Clip]:
        """End the segment under way, which has become a clip; `further` takes were spoken after the one ordered."""
        lease, line = self.finish_line()
        self.rest.spoke()
        self.worked_s += info.work_s
        self.speed.add(len(line.text), info.length_s, info.work_s)
        return lease, self._clip(lease, line, info, line.take + further)

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
        if self.line is not None:
            self.finish_line()
        self.unload()
        self.turn += 1

    def hangs(self, now: float) -> bool:
        """Whether the segment under way takes longer than any coordinator would wait."""
        return self.line is not None and now - self.since_s > deadline_s(len(self.line.text), self.speed.chars_s, 0)

    def shorten(self, lease: HeldLease, lines: list[Line]) -> bool:
        """Keep of a lease these lines and the one under way; whether that is less than before."""
        before, lease.lines = lease.lines, [line for line in lease.lines if line in lines or line is self.line]
        return lease.lines != before

    def drain(self) -> list[HeldLease]:
        """Keep only the segment under way; returns the leases of which nothing is left."""
        for lease in self.leases:
            self.shorten(lease, [])
        over = [lease for lease in self.leases if not lease.lines]
        self.tidy()
        return over

    def tidy(self) -> None:
        """Forget leases of which nothing is left."""
        self.leases = [lease for lease in self.leases if lease.lines]

    def resting(self, now: float) -> Resting | None:
        """What a heartbeat says of a slot that rests."""
        why = self.rest.reason(now)
        return Resting(self.number, why, self.rest.trouble if self.rest.stepped_back(now) else "") if why else None

    def report(self, now: float) -> SlotReport:
        """What a heartbeat says of this slot."""
        lease = self.leases[0]
        index = self.line.index if self.line else lease.lines[0].index
        note = self.note if self.loading else ""
        return SlotReport(self.number, self._state(), lease.id, index, max(0.0, now - self.since_s), note)

    def _state(self) -> SlotState:
        if self.loading:
            return "loading"
        return "waiting" if self.waiting and self.line is None else "speaking"
