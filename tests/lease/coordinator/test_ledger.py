"""Rules of all schedules, for any workers that come, speak, slow down and leave: searched by hypothesis."""

from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from making import INFO, RECIPE, make_core, make_hello, make_spec
from msgspec.structs import asdict, replace

from swarm.job.spec import clip_key
from swarm.job.state import JobState
from swarm.lease.coordinator.ledger import MAX_LEASE_CHARACTERS
from swarm.lease.message import Bye, Clip, Grant, Heartbeat, Line, Revoke, Trim
from swarm.lease.outcome import Outcome

BEAT_S = 1.0
SILENCE_S = 6.0
lengths = st.lists(st.lists(st.sampled_from([3, 40, 300, 5000, 40_000]), min_size=1, max_size=8), max_size=4)


@dataclass
class Holding:
    """A lease as its worker sees it."""

    grant: Grant
    lines: list[Line]


@dataclass
class Member:
    """An honest worker: it speaks when the machine says so, in the order of its leases."""

    peer: bytes
    slots: int
    leases: dict[int, Holding] = field(default_factory=dict)

    def of(self, slot: int) -> list[Holding]:
        return [held for held in self.leases.values() if held.grant.slot == slot]

    def offers(self) -> tuple[int, ...]:
        return tuple(slot for slot in range(self.slots) if len(self.of(slot)) < 2)

    def take(self, message: object) -> None:
        match message:
            case Grant():
                self.leases[message.lease] = Holding(message, list(message.lines))
            case Trim(lease=lease, end=end) if lease in self.leases:
                held = self.leases[lease]
                held.lines = [line for line in held.lines if line.index < end]
            case Revoke(lease=lease):
                self.leases.pop(lease, None)
        self.leases = {lease: held for lease, held in self.leases.items() if held.lines}


class Schedules(RuleBasedStateMachine):
    """A coordinator's core among workers that it cannot foresee; messages arrive at once."""

    @initialize(lengths=lengths)
    def begin(self, lengths: list[list[int]]) -> None:
        chapters = [[f"{c}.{i}".ljust(size, "x") for i, size in enumerate(sizes)] for c, sizes in enumerate(lengths)]
        self.state = JobState(make_spec(*chapters))
        self.core, self.now = make_core(self.state), 0.0
        self.members: dict[bytes, Member] = {}

    def tell(self, outcome: Outcome) -> None:
        for send in outcome.sends:
            if send.peer in self.members:
                self.members[send.peer].take(send.message)

    def beat(self, member: Member) -> None:
        self.tell(self.core.receive(member.peer, Heartbeat((), member.offers(), tuple(member.leases)), self.now))

    @rule(name=st.sampled_from("abcdef"), slots=st.integers(1, 3))
    def join(self, name: str, slots: int) -> None:
        peer = name.encode()
        if peer not in self.members:
            self.members[peer] = Member(peer, slots)
            self.tell(self.core.receive(peer, make_hello(name, slots), self.now))
            self.beat(self.members[peer])

    @rule(data=st.data(), work_s=st.sampled_from([0.01, 1.0, 60.0]), times=st.integers(1, 9))
    def speak(self, data: st.DataObject, work_s: float, times: int) -> None:
        for _ in range(times):
            busy = [(member, slot) for member in self.members.values() for slot in range(member.slots)]
            busy = [(member, slot) for member, slot in busy if member.of(slot)]
            if busy:
                member, slot = data.draw(st.sampled_from(busy))
                self.send(member, member.of(slot)[0], work_s)

    def send(self, member: Member, held: Holding, work_s: float) -> None:
        grant, line = held.grant, held.lines.pop(0)
        if not held.lines:
            del member.leases[grant.lease]
        key, place = clip_key(line.text, RECIPE, line.take), (grant.chapter, line.index, line.take)
        info = replace(INFO, samples=INFO.samples + 240 * len(line.text), work_s=work_s)  # long enough for the text
        clip = Clip(grant.job, *place, key, grant.lease, grant.slot, **asdict(info))
        self.tell(self.core.receive(member.peer, clip, self.now, b"flac"))
        self.beat(member)

    @rule(seconds=st.integers(1, 4))
    def wait(self, seconds: int) -> None:
        for _ in range(seconds):
            self.now += BEAT_S
            for member in self.members.values():
                self.beat(member)
            self.tell(self.core.tick(self.now))

    @rule(name=st.sampled_from("abcdef"))
    def leave(self, name: str) -> None:
        if self.members.pop(name.encode(), None):
            self.tell(self.core.receive(name.encode(), Bye(), self.now))

    @rule(name=st.sampled_from("abcdef"))
    def vanish(self, name: str) -> None:
        if self.members.pop(name.encode(), None):
            self.wait(int(SILENCE_S))

    @invariant()
    def work_is_conserved(self) -> None:
        ledger = self.core.jobs["job"].ledger
        for number, chapter in enumerate(self.state.spec.chapters):
            for index in range(len(chapter.segments)):
                holders = len(ledger.holders((number, index)))
                free, settled = index in ledger.free[number], self.state.is_settled((number, index))
                assert free + settled + (holders > 0) == 1
                assert holders <= 1 + len(self.core.sessions)  # each worker once, and one of them with two slots

    @invariant()
    def leases_stay_within_their_chapter_and_their_bound(self) -> None:
        for lease in self.core.jobs["job"].ledger.leases.values():
            segments = self.state.spec.chapters[lease.chapter].segments
            assert lease.pending == sorted(set(lease.pending)) != []
            assert lease.pending[-1] < len(segments)
            assert len(lease.pending) == 1 or lease.characters <= MAX_LEASE_CHARACTERS

    @invariant()
    def nothing_is_unassigned_while_somebody_is_idle(self) -> None:
        if self.now < self.core.grants_s:
            return  # all were cut off together: the others may say what they hold first
        served = self.core.jobs["job"]
        idle = [slot for member in self.members.values() for slot in range(member.slots) if not member.of(slot)]
        assert not (idle and any(served.ledger.free))

    @invariant()
    def workers_know_what_they_hold(self) -> None:
        """Check what workers hold, apart from places that another worker settled since the last heartbeat."""
        leases = self.core.jobs["job"].ledger.leases
        for member in self.members.values():
            for lease_id, held in member.leases.items():
                open_lines = [n.index for n in held.lines if not self.state.is_settled((held.grant.chapter, n.index))]
                assert open_lines == (leases[lease_id].pending if lease_id in leases else [])

    def teardown(self) -> None:
        if not hasattr(self, "core"):
            return
        self.join("z", 1)
        rest = self.core.jobs["job"].ledger
        for _ in range(200):
            if self.state.complete:
                return
            self.wait(1)
            for member in self.members.values():
                for slot in range(member.slots):
                    if member.of(slot):
                        self.send(member, member.of(slot)[0], 1.0)
        raise AssertionError(f"the book is not finished: {rest.free}, {rest.leases}")


TestSchedules = Schedules.TestCase
TestSchedules.settings = settings(stateful_step_count=40)
