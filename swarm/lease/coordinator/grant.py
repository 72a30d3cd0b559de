"""Grants leases to slots: which job and which segments a slot gets, and when a lease is cut to help a slow one."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import chain
from typing import NamedTuple

from swarm.job.spec import Recipe
from swarm.job.state import Place
from swarm.lease.coordinator.cross_checks import MOST_LINES, CrossChecks
from swarm.lease.coordinator.ledger import MAX_LEASE_CHARACTERS, RESERVED, FreeRun, Lease, Ledger, Most
from swarm.lease.coordinator.reel_orders import ReelOrders
from swarm.lease.coordinator.roster import Session, Slot
from swarm.lease.coordinator.served_job import Jobs, ServedJob, has_failed_often, last_word, leaves_to_others
from swarm.lease.coordinator.snapshot import find_missing
from swarm.lease.core_settings import Settings
from swarm.lease.message import Done, Grant, Line, Revoke, Trim
from swarm.lease.outcome import Outcome
from swarm.lease.scheduling import (
    ANYWHERE,
    FIRST_LEASE_CHARACTERS,
    HELP_S,
    LINE_CHARACTERS,
    MIN_DEADLINE_S,
    UNKNOWN_CHARS_S,
    LeaseLoad,
    ReelCuts,
    batch_size,
    lease_lines,
    tail_to_take,
    to_beat,
)


class LeasePriority(NamedTuple):
    """How badly a lease needs help."""

    left_s: float
    needed_chars_s: float  # a slower slot is no help
    load: LeaseLoad

    def is_helped(self, chars_s: float | None) -> bool:
        """Return whether a slot of this speed would help; an unknown speed is taken for that of the lease's slot."""
        return (chars_s or self.load.chars_s or UNKNOWN_CHARS_S) > self.needed_chars_s


class Loads:
    """The loads of the leases of one job at one moment. A new lease makes them outdated."""

    def __init__(self, ledger: Ledger, recipe: Recipe, sessions: dict[str, Session], now: float) -> None:
        self._ledger, self._recipe, self._sessions, self._now = ledger, recipe, sessions, now
        self.left: Counter[int] = Counter()  # segments that no slot has begun, by chapter
        self.torn = 0  # leases that end inside a reel, the rest of which is another's
        self._tails: list[tuple[int, LeasePriority]] = []  # chapter, and what its lease needs
        self._started: dict[Place, list[LeaseLoad]] = {}
        for lease in ledger.leases.values():
            if lease.slot != RESERVED and not lease.is_check:
                self._add(lease)
        self._tails.sort(key=lambda tail: (-tail[1].left_s, tail[1].load.lease))

    def _add(self, lease: Lease) -> None:
        load = self._load(lease)
        self.left[lease.chapter] += len(lease.pending) - load.together * load.started
        self.torn += not self._ledger.parts_reels(lease.chapter, lease.pending[-1] + 1)
        if load.started:
            self._started.setdefault((lease.chapter, lease.pending[0]), []).append(load)
        if priority := self._tail_of(lease, load):
            self._tails.append((lease.chapter, priority))

    def may_be_helped(self, chars_s: float | None) -> bool:
        """Return whether there is any lease that a slot of this speed would help."""
        needs = chain(self._tails, self._doubles)
        return any(priority.is_helped(chars_s) for _, priority in needs)

    def longest(self, chars_s: float | None, chapter: int | None = None) -> Iterator[LeaseLoad]:
        """Yield the leases whose tails a slot of this speed could take, the one with most time left first."""
        for number, priority in self._tails:
            if chapter in (None, number) and priority.is_helped(chars_s):
                yield priority.load

    def slowest(self, chars_s: float | None) -> Iterator[tuple[Place, list[LeaseLoad]]]:
        """Yield the segments under way that a slot of this speed would end sooner, the slowest first."""
        for place, priority in self._doubles:
            if priority.is_helped(chars_s):
                yield place, self._started[place]

    @cached_property
    def _doubles(self) -> list[tuple[Place, LeasePriority]]:
        found = [(place, _double_of(loads)) for place, loads in self._started.items()]
        needs = [(place, priority) for place, priority in found if priority]
        return sorted(needs, key=lambda double: (-double[1].left_s, double[0]))

    def _tail_of(self, lease: Lease, load: LeaseLoad) -> LeasePriority | None:
        """Return what a helper has to be to take at least the last segment of a lease; None if all is under way."""
        left_s = load.seconds_left()
        if not left_s or (load.started and load.first == load.characters):
            return None
        return LeasePriority(left_s, self._ledger.size(lease.chapter, lease.pending[-1]) / left_s, load)

    def _load(self, lease: Lease) -> LeaseLoad:
        slot = self._sessions[lease.session].slots[lease.slot]
        before = self._before(slot, lease)
        current = before[0] if before else lease
        chars_s = slot.chars_s(self._recipe)
        return LeaseLoad(
            lease.id,
            sum(other.characters for other in before),
            lease.characters,
            self._ledger.batch_characters(current),
            not before,
            self._now - self._ledger.waits_since_s(current, proven=chars_s is not None),
            chars_s,
            len(current.batch),
        )

    def _before(self, slot: Slot, lease: Lease) -> list[Lease]:
        """Return the leases of this job that a slot speaks before one of it."""
        queue = slot.leases[: slot.leases.index(lease.id)] if lease.id in slot.leases else []
        return [self._ledger.leases[other] for other in queue if other in self._ledger.leases]


def _double_of(loads: list[LeaseLoad]) -> LeasePriority | None:
    """Return what a helper has to be to end a segment sooner that these speak; None if two are enough for a while."""
    if len(loads) > 1 and max(load.elapsed_s for load in loads) < MIN_DEADLINE_S:
        return None
    load = to_beat(loads) if len(loads) > 1 else loads[0]
    left_s = load.seconds_left_of_first()
    return LeasePriority(left_s, load.first / left_s, load) if left_s else None


MAX_GRANTS = 8  # further slots wait for the next call, so that messages of others are read meanwhile


@dataclass(kw_only=True)
class GrantRound:
    """One round over the slots that wait for a lease; `loads` are those of the jobs, made when a slot asks for them."""

    jobs: Jobs
    sessions: dict[str, Session]
    settings: Settings
    reels: ReelOrders
    checks: CrossChecks
    now: float
    out: Outcome
    new_id: Callable[[], int]
    loads: dict[str, Loads] = field(default_factory=dict)

    def grant_waiting(self, waiting: Iterable[Session], *, thorough: bool) -> bool:
        """Grant every waiting slot a lease, where there is one, and answer the others once with `Done`.

        Returns whether slots are left that were not asked, since one call grants so many leases at most.

        Unless `thorough`, slots that were answered before are skipped once a slot has found nothing.
        """
        exhausted, granted = False, 0
        for session in waiting:
            if exhausted and all(session.offers.values()):
                continue
            unanswered: set[str] = set()  # kinds of slots that were not answered before
            found_nothing: dict[str, Slot] = {}
            kinds = session.kinds
            short = {number for number, _, _ in session.no_room}  # a slot without enough memory speaks for no other
            for slot, answered in list(session.offers.items()):
                if (exhausted and answered) or session.slots[slot].is_full:
                    continue
                if granted == MAX_GRANTS:
                    return True
                other = found_nothing.get(kinds[slot])
                is_hopeless = other is not None and session.slots[slot].is_no_faster(other)
                if not is_hopeless and Request(self, session, slot).grant():
                    del session.offers[slot]
                    granted += 1
                    continue
                if not is_hopeless and slot not in short:
                    found_nothing[kinds[slot]] = session.slots[slot]
                exhausted = not thorough
                unanswered |= set() if answered else {kinds[slot]}
                session.offers[slot] = True
            if unanswered:
                told = tuple(sorted(unanswered)) if len(set(kinds)) > 1 else ()
                self.out.send(session.peer, Done(missing=find_missing(session, self.jobs), kinds=told))
        return False

    def loads_of(self, served: ServedJob) -> Loads:
        """Return the loads of a job's leases as they are now."""
        job = served.state.job
        if job not in self.loads:
            self.loads[job] = Loads(served.ledger, served.recipe, self.sessions, self.now)
        return self.loads[job]


@dataclass
class Request:
    """A slot that wants a lease in a round, and what must be known to find it one."""

    round: GrantRound
    session: Session
    slot: int
    spoken: dict[str, set[Place]] = field(default_factory=dict)  # a job's places are looked up once they are needed

    @property
    def _now(self) -> float:
        return self.round.now

    @property
    def _sessions(self) -> Collection[Session]:
        return self.round.sessions.values()

    def grant(self) -> bool:
        """Grant the slot a lease; return False where there is none for it."""
        for served, run in self._runs():
            if run:
                self._issue(served, run, self.round.new_id())
                return True
        return False

    @property
    def _slot(self) -> Slot:
        return self.session.slots[self.slot]

    def _runs(self) -> Iterator[tuple[ServedJob, FreeRun | None]]:
        """Yield what the slot could speak, the most useful first. A run cut from a lease must be used."""
        jobs: list[ServedJob] = []
        for served in filter(self._is_let, self.round.jobs.open.values()):
            yield served, self.round.checks.run_for(served, self.session, self._now)
            has_free = any(served.ledger.free)
            if not (has_free or self._may_help(served)):
                continue
            jobs.append(served)
            yield served, self._earliest(served)
            if has_free:
                yield served, served.ledger.find_run(partial(self._may_try, served), self._most(served))
            if self._may_cut:
                yield served, self._tail(served)
        if not self._slot.leases:
            for served in jobs:
                yield served, self._double(served)

    def _is_let(self, served: ServedJob) -> bool:
        """Return whether the slot may speak a job now; a worker that is set aside waits as long as others can."""
        if not (self.session.can_speak(served.recipe) and served.needed <= self.session.files.job_files):
            return False
        if self.slot not in served.slots_of(self.session) or self.session.rest_of(self.slot, served.recipe):
            return False
        if served.state.awaits_latents and (self._is_begun_elsewhere(served) or self._is_left_to_others(served)):
            return False
        return self.session.trust.aside_until_s <= self._now or not any(
            served.can_try(other, self._now) for other in self._sessions
        )

    def _is_left_to_others(self, served: ServedJob) -> bool:
        """Return whether the worker sent unusable latents, even under an earlier greeting, and others could compute."""
        job = served.state.job
        return job in self.session.trust.distrusted and any(
            job not in other.trust.distrusted and served.can_try(other, self._now) for other in self._sessions
        )

    def _is_begun_elsewhere(self, served: ServedJob) -> bool:
        """Return whether another slot holds a lease: that slot computes the latents for all."""
        holders = {(lease.session, lease.slot) for lease in served.ledger.leases.values() if lease.slot != RESERVED}
        return bool(holders - {(self.session.key, self.slot)})

    def _earliest(self, served: ServedJob) -> FreeRun | None:
        """Take from the chapter that a listener waits for: a free run, or the tail of a lease that takes long."""
        chapter = served.ledger.earliest_open()
        if chapter is None:
            return None
        may_try = partial(self._may_try, served)
        run = served.ledger.run_in(chapter, may_try, self._most(served)) if served.ledger.free[chapter] else None
        if run or not self._may_cut:
            return run
        return self._tail(served, chapter, HELP_S)

    def _may_help(self, served: ServedJob) -> bool:
        """Return whether the slot could end any lease of a job sooner."""
        return self._may_cut and self.round.loads_of(served).may_be_helped(self._chars_s(served))

    @property
    def _may_cut(self) -> bool:
        """Whether the slot may take the tail of a lease: a busy slot would only queue it."""
        return self.round.settings.split and not self._slot.leases

    def _tail(self, served: ServedJob, chapter: int | None = None, least_s: float = 0.0) -> FreeRun | None:
        """Take the tail of the lease that takes longest, of a chapter or of all, if that is more than `least_s`."""
        loads = self.round.loads_of(served)
        for load in loads.longest(self._chars_s(served), chapter):
            if load.seconds_left() <= least_s:
                return None
            if self._may_try_all(served, load) and not self._is_catching_up(served, load):
                left = loads.left.total() if chapter is None else loads.left[chapter]
                most, batch = self._lines(served, max(left, 1)), self._batch(served)
                sizes = self._unspoken(served, load.lease)
                cuts = self._reel_cuts(served, load.lease, len(sizes))
                segments = tail_to_take(load, self._chars_s(served), sizes, batch, most, cuts)
                if segments and self._can_host_tail(served, load.lease, segments):
                    return self._cut(served, load.lease, segments)
        return None

    def _unspoken(self, served: ServedJob, lease_id: int) -> list[int]:
        """Return the characters of each segment of a lease but those that wait for the link: they are spoken."""
        lease = served.ledger.leases[lease_id]
        holder = self.round.sessions[lease.session]
        report = holder.slots[lease.slot].report
        sizes = served.ledger.sizes(lease_id)
        if not (report and report.lease == lease_id and holder.waits_for_link(report, self._now)):
            return sizes
        return sizes[bisect_left(lease.pending, report.index) :]

    def _reel_cuts(self, served: ServedJob, lease_id: int, segments: int) -> ReelCuts:
        """Return where the last segments of a lease can be cut."""
        ledger, lease = served.ledger, served.ledger.leases[lease_id]
        holder = self.round.sessions[lease.session]
        if not (ledger.reel_ends and holder.hello.encoders) or holder.worker == self.session.worker:
            return ANYWHERE
        tail = enumerate(lease.pending[len(lease.pending) - segments :])
        starts = [place for place, index in tail if ledger.parts_reels(lease.chapter, index)]
        return ReelCuts(starts, self.round.reels.ready_s(1 + self.round.loads_of(served).torn))

    def _can_host_tail(self, served: ServedJob, lease_id: int, segments: int) -> bool:
        """Return whether the worker has the guests of so many last segments of a lease, and has spoken none."""
        lease = served.ledger.leases[lease_id]
        tail = [(lease.chapter, index) for index in lease.pending[-segments:]]
        if not self._spoken(served).isdisjoint(tail):
            return False
        return all(served.can_host(self.session, place) for place in (tail if served.guests else []))

    def _is_catching_up(self, served: ServedJob, load: LeaseLoad) -> bool:
        """Return whether the holder of a lease may have spoken more of it than is known here."""
        return self.round.sessions[served.ledger.leases[load.lease].session].link.is_catching_up(self._now)

    def _spoken(self, served: ServedJob) -> set[Place]:
        """Return what this worker has spoken of a job: further clips of it would wait for the same link."""
        if served.state.spec.job not in self.spoken:
            own = [served.ledger.leases.get(each) for slot in self.session.slots for each in slot.leases]
            places = {(le.chapter, index) for le in own if le and le.spoken for index in le.pending}
            self.spoken[served.state.spec.job] = places
        return self.spoken[served.state.spec.job]

    def _cut(self, served: ServedJob, lease_id: int, segments: int) -> FreeRun:
        lease = served.ledger.leases[lease_id]
        end = lease.pending[-segments]
        tail = served.ledger.cut(lease, end)
        holder = self.round.sessions[lease.session]
        self.round.out.send(holder.peer, Trim(lease.id, end) if lease.pending else Revoke(lease.id))
        return lease.chapter, tail

    def _double(self, served: ServedJob) -> FreeRun | None:
        """Speak a segment twice, or a batch, where that ends the book sooner; the first clips win."""
        if not self.round.settings.split:
            return None
        for place, loads in self.round.loads_of(served).slowest(self._chars_s(served)):
            load = to_beat(loads)
            if self._is_catching_up(served, load) or place in self._spoken(served):
                continue
            if self._may_join(served, place, loads):
                lease = served.ledger.leases[load.lease]
                batch = [index for index in lease.batch if (lease.chapter, index) not in self._spoken(served)]
                return lease.chapter, [index for index in batch if self._may_try(served, (place[0], index))]
        return None

    def _may_join(self, served: ServedJob, place: Place, loads: list[LeaseLoad]) -> bool:
        """Return whether the slot may speak a place that others speak.

        If it is spoken twice already and nothing comes, a worker may that does not hold it and had no lease of it in
        vain: else members of ill will could hold it between them.
        """
        if len(loads) > 1:
            holders = {served.ledger.leases[load.lease].session for load in loads}
            if self.session.key in holders or self.session.key in served.ledger.empty_handed.get(place, {}):
                return False
        return self._may_try(served, place)

    def _most(self, served: ServedJob) -> Most:
        """Return the bounds of a lease; it is small while the slot's speed is unknown."""
        lines, batch = self._lines(served, sum(map(len, served.ledger.free))), self._batch(served)
        known = self._chars_s(served) or not self.round.settings.split
        most = MAX_LEASE_CHARACTERS if known else max(FIRST_LEASE_CHARACTERS, batch * LINE_CHARACTERS)
        return Most(most, lines, batch)

    def _batch(self, served: ServedJob) -> int:
        return batch_size(self.session.hello.engines, served.recipe)

    def _lines(self, served: ServedJob, left: int) -> int:
        """Return the most segments of a lease, if so many are under way nowhere."""
        batch = self._batch(served)
        if self.round.checks.share:
            left = min(left, MOST_LINES)
        if batch == 1:
            return lease_lines(left, 1, 1, batch)
        able = [(each, served.ready_slots(each)) for each in self._sessions if served.can_try(each, self._now)]
        slots = sum(len(fit) for _, fit in able)
        waiting = sum(not session.slots[slot].leases for session, fit in able for slot in session.offers if slot in fit)
        return lease_lines(left, slots, waiting, batch)

    def _chars_s(self, served: ServedJob) -> float | None:
        return self._slot.chars_s(served.recipe)

    def _may_try(self, served: ServedJob, place: Place) -> bool:
        """Return whether the worker may have a place: not if it failed there and another worker could try.

        A place that failed often waits for those that have the last word, one of a guest for a worker that has it.
        """
        if not served.can_host(self.session, place):
            return False
        failures = served.state.failures.get(place)
        if not failures:
            return True
        if has_failed_often(served, place):
            words = last_word(served, self._sessions, place, self._now)
            return not words or self.session in words
        blamed = {failure.worker for failure in failures}
        if self.session.worker not in blamed:
            return True
        return not leaves_to_others(served, self._sessions, place, self._now)

    def _may_try_all(self, served: ServedJob, load: LeaseLoad) -> bool:
        """Return whether the worker may have every segment that a lease still holds."""
        lease = served.ledger.leases[load.lease]
        failures = served.state.failures
        return not failures or all(self._may_try(served, (lease.chapter, index)) for index in lease.pending)

    def _issue(self, served: ServedJob, run: FreeRun, lease_id: int) -> None:
        spec, session, now = served.state.spec, self.session, self._now
        most = self._batch(served)
        accepted = served.state.accepted
        is_check = (run[0], run[1][0]) in accepted
        lease = Lease(
            lease_id, spec.job, run[0], session.key, self.slot, run[1], now, now, most=most, is_check=is_check
        )
        served.ledger.hold(lease)
        if is_check:
            self.round.checks.granted(served, session, run, lease.id)
        self._slot.begin_lease(lease.id, now)
        self.round.loads.pop(spec.job, None)
        served.granted(now)
        if spec.job not in session.told:
            session.told[spec.job] = now
            self.round.out.send(session.peer, served.instruction)
        places = [(lease.chapter, index) for index in lease.pending]
        lines = tuple(
            Line(
                place[1],
                served.state.engine_text(place),
                accepted[place].take if is_check else served.state.next_take(place),
            )
            for place in places
        )
        self.round.out.send(session.peer, Grant(lease.id, spec.job, self.slot, lease.chapter, lines))
