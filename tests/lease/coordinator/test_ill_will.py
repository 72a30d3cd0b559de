"""Workers of ill will beside an honest one: the book is finished within a stated factor of the honest worker's time."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from making import RECIPE, make_clip, make_core, make_hello, make_spec
from msgspec import structs

from swarm.job.job_asset import VOICE, JobAsset
from swarm.job.spec import clip_key
from swarm.job.state import JobState
from swarm.lease.coordinator.coordinator_core import CoordinatorCore
from swarm.lease.coordinator.roster import MAX_SLOTS, SLOTS_IN_ANY_CASE
from swarm.lease.coordinator.served_job import MAX_ATTEMPTS
from swarm.lease.message import (
    Bye,
    Failed,
    FromWorker,
    Grant,
    Heartbeat,
    Held,
    ReportedState,
    Revoke,
    SlotReport,
    Trim,
    WhoAreYou,
)
from swarm.lease.outcome import Outcome
from swarm.lease.scheduling import UNKNOWN_DEADLINE_S

BOOK = [[f"Chapter {c}, sentence {n}: some words of a usual length." for n in range(20)] for c in range(2)]
SHORT_CHAPTERS = [[f"Short chapter {c}, sentence {n}: it has few words." for n in range(3)] for c in range(14)]
STEP_S = 0.25
FACTOR, EXTRA_S = 3, 60.0  # docs/security.md states them


@dataclass
class Scene:
    """A coordinator with one book, and peers that act by turns in simulated time."""

    core: CoordinatorCore = field(default_factory=lambda: make_core(JobState(make_spec(*BOOK))))
    now: float = 0.0
    inboxes: dict[bytes, list[object]] = field(default_factory=dict)

    @property
    def state(self) -> JobState:
        return self.core.jobs["job"].state

    def say(self, peer: bytes, message: FromWorker, frame: bytes = b"") -> None:
        self._carry(self.core.receive(peer, message, self.now, frame))

    def _carry(self, outcome: Outcome) -> None:
        for send in outcome.sends:
            self.inboxes.setdefault(send.peer, []).append(send.message)

    def take(self, peer: bytes) -> list[object]:
        return self.inboxes.pop(peer, [])

    def run(self, *acts: Callable[[], None], limit_s: float) -> float:
        """Let the peers act until the book is complete; return when that was."""
        while not self.state.complete:
            for act in acts:
                act()
            while self.core.next_deadline() <= self.now:
                self._carry(self.core.tick(self.now))
            self.now += STEP_S
            assert self.now < limit_s, f"{len(self.state.accepted)} of {sum(map(len, BOOK))} after {limit_s:.0f} s"
        return self.now


@dataclass
class Honest:
    """A worker that speaks its leases in order, at `chars_s` characters a second."""

    scene: Scene
    chars_s: float
    peer: bytes = b"honest"
    load_s: float = 5.0
    leases: dict[int, Grant] = field(default_factory=dict)  # with what is left of them
    done_s: float | None = None
    ready_s: float | None = None
    beat_s: float = -1.0
    poison: str = "no text has this"  # a text with it fails

    def act(self) -> None:
        if self.beat_s < 0:
            self.scene.say(self.peer, make_hello(self.peer.decode()))
        for message in self.scene.take(self.peer):
            self._hear(message)
        now = self.scene.now
        if self.leases and self.ready_s is None:
            self.ready_s = now + self.load_s
        if self.ready_s is not None and now >= self.ready_s:
            self._speak(now)
        if now - self.beat_s >= 1.0:
            self.beat_s = now
            self.scene.say(self.peer, self._heartbeat(now))

    def _heartbeat(self, now: float) -> Heartbeat:
        lease = next(iter(self.leases.values()), None)
        loads = self.ready_s is not None and now < self.ready_s
        state: ReportedState = "loading" if loads else "speaking"
        reports = (SlotReport(0, state, lease.lease, lease.lines[0].index),) if lease else ()
        return Heartbeat(reports, () if self.leases else (0,), tuple(self.leases))

    def _hear(self, message: object) -> None:
        if isinstance(message, Grant):
            self.leases[message.lease] = message
        elif isinstance(message, Revoke):
            self._keep(message.lease, 0)
        elif isinstance(message, Trim):
            self._keep(message.lease, message.end)
        elif isinstance(message, WhoAreYou):
            self.scene.say(self.peer, make_hello(self.peer.decode()))

    def _keep(self, lease: int, end: int) -> None:
        if lease in self.leases:
            lines = tuple(line for line in self.leases[lease].lines if line.index < end)
            first = next(iter(self.leases)) == lease
            if lines:
                self.leases[lease] = structs.replace(self.leases[lease], lines=lines)
            else:
                del self.leases[lease]
            self.done_s = None if first and not lines else self.done_s

    def _speak(self, now: float) -> None:
        grant = next(iter(self.leases.values()), None)
        if grant is None:
            return
        if self.done_s is None:
            self.done_s = now + len(grant.lines[0].text) / self.chars_s
        if now < self.done_s:
            return
        self.done_s = None
        line = grant.lines[0]
        self._keep_after(grant)
        if self.poison in line.text:
            failed = Failed("job", grant.chapter, line.index, line.take, "error", "it fails", grant.lease)
            self.scene.say(self.peer, failed)
        else:
            self.scene.say(self.peer, make_clip(grant, work_s=len(line.text) / self.chars_s), b"clip")

    def _keep_after(self, grant: Grant) -> None:
        if len(grant.lines) > 1:
            self.leases[grant.lease] = structs.replace(grant, lines=grant.lines[1:])
        else:
            del self.leases[grant.lease]


@dataclass
class Taker:
    """A member that takes all leases it can have, and reports the same of them for ever."""

    scene: Scene
    state: ReportedState
    slots: int = 8
    peer: bytes = b"taker"
    leases: dict[int, Grant] = field(default_factory=dict)
    beat_s: float = -1.0
    reached: int = 0
    job_files: tuple[str, ...] = ()

    def act(self) -> None:
        if self.beat_s < 0:
            self.scene.say(self.peer, make_hello(self.peer.decode(), slots=self.slots))
        for message in self.scene.take(self.peer):
            if isinstance(message, Grant):
                self.leases[message.lease] = message
            elif isinstance(message, Revoke):
                self.leases.pop(message.lease, None)
        if self.scene.now - self.beat_s >= 1.0:
            self.beat_s, self.reached = self.scene.now, self.reached + 1
            self._beat()

    def _beat(self) -> None:
        reports = [SlotReport(g.slot, self.state, g.lease, self.reached % 20) for g in self.leases.values()]
        offers = tuple(range(self.slots))
        self.scene.say(self.peer, Heartbeat(tuple(reports), offers, tuple(self.leases), job_files=self.job_files))


def alone(chars_s: float) -> float:
    scene = Scene()
    return scene.run(Honest(scene, chars_s).act, limit_s=1000.0)


def test_a_member_that_takes_every_lease_and_speaks_none_delays_the_book_by_a_factor_at_most() -> None:
    for state, slots, chars_s in [
        ("loading", 8, 20.0),
        ("waiting", 64, 300.0),
        ("speaking", 1, 20.0),
        ("speaking", 64, 300.0),
        ("idle", 8, 300.0),
    ]:
        scene = Scene()
        scene.run(Taker(scene, state, slots).act, Honest(scene, chars_s).act, limit_s=FACTOR * alone(chars_s) + EXTRA_S)
        assert not scene.state.quarantined, state


@pytest.mark.parametrize("chars_s", [20.0, 300.0])
def test_a_member_that_says_for_ever_that_it_holds_all_clips_delays_the_book_by_a_factor_at_most(
    chars_s: float,
) -> None:
    scene = Scene(make_core(JobState(make_spec(*SHORT_CHAPTERS))))

    def promise() -> None:
        if scene.now == int(scene.now):
            scene.say(b"promiser", Heartbeat((), ()) if scene.now else make_hello("promiser"))
            held = tuple(
                (chapter, index, clip_key(text, RECIPE, 0))
                for chapter, texts in enumerate(SHORT_CHAPTERS)
                for index, text in enumerate(texts)
            )
            scene.say(b"promiser", Held("job", held))
            scene.take(b"promiser")

    scene.run(promise, Honest(scene, chars_s).act, limit_s=FACTOR * alone(chars_s) + EXTRA_S)


def test_a_place_waits_for_the_clip_of_a_reservation_three_times_at_most() -> None:
    state = JobState(make_spec(["One."]))
    core = make_core(state)
    core.receive(b"p", make_hello("p"), 0.0)
    waited = 0
    for now in range(200):
        core.receive(b"p", Held("job", ((0, 0, state.key((0, 0), 0)),)), float(now))
        waited += 0 not in core.jobs["job"].ledger.free[0]
        core.tick(float(now))
    assert 30 < waited < 60


@dataclass
class Spoiler:
    """A member that fails at every text it gets, under a new name each time it fails, as often as it can."""

    scene: Scene
    slots: int = 4
    lives: int = 0

    def act(self) -> None:
        for _ in range(3):
            self.lives += 1
            peer = b"spoiler-%d" % self.lives
            self.scene.say(peer, make_hello(peer.decode(), slots=self.slots))
            self.scene.say(peer, Heartbeat((), tuple(range(self.slots))))
            for message in self.scene.take(peer):
                if isinstance(message, Grant):
                    self._fail(peer, message)
            self.scene.say(peer, Bye())

    def _fail(self, peer: bytes, grant: Grant) -> None:
        for line in grant.lines:
            self.scene.say(peer, Failed("job", grant.chapter, line.index, line.take, "error", "a lie", grant.lease))


@pytest.mark.parametrize(("chars_s", "load_s"), [pytest.param(20.0, 40.0, marks=pytest.mark.slow), (300.0, 5.0)])
def test_members_that_fail_at_everything_under_ever_new_names_have_nothing_set_aside(
    chars_s: float, load_s: float
) -> None:
    scene = Scene()
    limit_s = FACTOR * (alone(chars_s) + load_s) + EXTRA_S
    scene.run(Spoiler(scene).act, Honest(scene, chars_s, load_s=load_s).act, limit_s=limit_s)
    assert not scene.state.quarantined
    assert all(len(failures) <= 2 * MAX_ATTEMPTS for failures in scene.state.failures.values())


def test_a_text_that_no_worker_can_speak_is_still_set_aside_soon() -> None:
    scene = Scene()
    workers = [Honest(scene, 100.0, b"w%d" % number, poison="sentence 7:") for number in range(12)]
    scene.run(*(worker.act for worker in workers), limit_s=200.0)
    assert set(scene.state.quarantined) == {(0, 7), (1, 7)}
    assert all(3 <= len(scene.state.failures[place]) <= 2 * MAX_ATTEMPTS for place in scene.state.quarantined)


def test_heartbeats_with_thousands_of_unknown_leases_are_answered_with_few_messages() -> None:
    scene = Scene()
    scene.say(b"p", make_hello("p"))
    scene.take(b"p")
    for _ in range(10):
        scene.say(b"p", Heartbeat((), (), tuple(range(1, 4097))))
        scene.now += 0.01
    told = [message.lease for message in scene.take(b"p") if isinstance(message, Revoke)]
    assert len(told) == len(set(told)) <= 10 * 64


def test_a_load_for_ever_does_not_keep_the_latents_from_a_worker_that_could_compute_them() -> None:
    scene = Scene()
    recording = JobAsset(VOICE, "0" * 64, 1)
    core = scene.core = make_core(JobState(structs.replace(make_spec(*BOOK), job_files=(recording,))))
    taker, other = Taker(scene, "loading", slots=1, job_files=(recording.digest,)), b"other"
    scene.say(other, make_hello("other"))
    granted_s = None
    while granted_s is None and scene.now < 2000.0:
        taker.act()
        scene.say(other, Heartbeat((), (0,), job_files=(recording.digest,)))
        granted_s = scene.now if any(isinstance(message, Grant) for message in scene.take(other)) else None
        while core.next_deadline() <= scene.now:
            scene._carry(core.tick(scene.now))
        scene.now += 1.0
    assert granted_s is not None
    assert granted_s < 2.5 * UNKNOWN_DEADLINE_S


def test_one_member_over_many_connections_gets_no_memory_for_slots_without_end_and_an_honest_worker_its_slots() -> None:
    scene = Scene()
    for number in range(200):
        scene.say(b"bad %d" % number, make_hello(f"bad {number}", slots=1024))
    scene.say(b"honest", make_hello("honest", slots=8))
    slots = {session.worker: len(session.slots) for session in scene.core.sessions.values()}
    assert sum(slots.values()) <= MAX_SLOTS + 201 * SLOTS_IN_ANY_CASE
    assert slots["honest"] == 8
