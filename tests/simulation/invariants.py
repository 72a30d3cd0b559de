"""The judge: what must hold of a coordinator after every step."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from allowed_repeats import AllowedRepeats, holds, unaccepted
from disk import doubly_accepted
from engine import BROKEN
from faults import ILL_WILL, WHOLE_CLIPS
from story import Spot, Violation
from worker_invariants import WorkerJudge, is_judged, is_put_off

from swarm.job.record import ClipAccepted, SegmentFailed, SegmentQuarantined
from swarm.lease import scheduling
from swarm.lease.coordinator.coordinator_core import LOOK_S, OWN_GAP_S, RESERVATION_S, SILENCE_S, CoordinatorCore
from swarm.lease.coordinator.heartbeat import GRANT_FLIGHT_S
from swarm.lease.coordinator.intake import MAX_RECORDED
from swarm.lease.coordinator.ledger import RESERVED, Lease
from swarm.lease.coordinator.roster import Session
from swarm.lease.coordinator.served_job import MAX_ATTEMPTS, OTHERS_WAITED_FOR_S, ServedJob, leaves_to_others
from swarm.lease.envelope import Message
from swarm.lease.file_transfer import Source
from swarm.lease.message import Accepted, Clip, Grant, Heartbeat, Rejected, Revoke, Trim, Wanted
from swarm.lease.outcome import Outcome, Send
from swarm.lease.states import SessionState

if TYPE_CHECKING:
    from coordinator import SimCoordinator
    from worker import SimWorker
    from world import World

MAX_ANSWERS = 100  # revocations at a time
DEAD_S = 10.0  # a dead worker is replaced within so long
MISSED_S = 10.0  # a grant that never arrived is missed within so long
SLOW_LOOKS = 3  # one look in so many also checks what may take many seconds
LATE_S = LOOK_S + 0.05  # a deadline is kept to within so long
STARVED_S = 15.0  # an idle worker gets what is free within so long


class Judge:
    """Looks at the machines after each step, and raises Violation."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.repeats = AllowedRepeats(world)
        self.workers = WorkerJudge(world)
        self.unlisted: dict[tuple[str, int], float] = {}  # leases that their workers do not know of
        self.idle: dict[tuple[str, str], float] = {}  # idle workers while there is work
        self.looked = 0
        # Job -> a text that a worker asks for and does not get.
        self.asking: dict[tuple[str, str], tuple[Spot, float]] = {}
        self.fetched: dict[tuple[object, ...], tuple[float, int]] = {}  # since when so much of a job's files is there
        self.known: dict[tuple[object, ...], bool] = {}  # repeats that were allowed already
        self.granted: dict[tuple[bytes, int], list[Spot]] = {}
        self.failed_s: dict[tuple[str, str, tuple[int, int]], float] = {}  # when a place first failed in a run
        self.shadow: dict[tuple[str, ...], object] = {}  # each coordinator and job has an entry

    # --- the coordinator

    def holdings(self, core: CoordinatorCore) -> dict[str, list[Spot]]:
        """Return the segments that each session holds."""
        pending: dict[str, list[Spot]] = {process: [] for process in core.sessions}
        for job, served in core.jobs.items():
            for lease in served.ledger.leases.values():
                pending[lease.session] += [(job, lease.chapter, index) for index in lease.pending]
        return pending

    def ticked(self, coordinator: SimCoordinator, before: dict[str, list[Spot]]) -> None:
        """Check that a session dropped by a tick was silent for long enough, and allow its segments to be repeated."""
        core = coordinator.core
        assert core is not None
        for process, pending in before.items():
            if process not in core.sessions:
                self._no_bytes_come(coordinator, process)
                silent_s = coordinator.awake_s() - coordinator.heard_s.get(process, -SILENCE_S)  # perhaps never heard
                unnoticed_s = OWN_GAP_S if coordinator.ever_slept else 0.05
                if silent_s < SILENCE_S - unnoticed_s:
                    raise Violation(f"{process} is thought dead, heard of {silent_s:.1f} s ago")
                self.repeats.silent(self._owner(process), pending)

    def _no_bytes_come(self, coordinator: SimCoordinator, process: str) -> None:
        """Complain of a worker that is thought dead while its link carries its messages."""
        if WHOLE_CLIPS in self.world.faults:
            return
        worker, network = self._owner(process), self.world.network
        for connection in network.between(worker, coordinator):
            busy_s = self.world.heap.now - connection.busy_since_s
            alike = network.processes[connection.peer] == process and is_judged(self.world, worker)
            if alike and worker.awake and connection.is_busy and busy_s > SILENCE_S and not coordinator.ever_slept:
                raise Violation(f"{process} is thought dead while its link carries its messages")

    def reservations(self, core: CoordinatorCore) -> dict[int, str]:
        """Return the sessions of the leases that reserve places, by lease."""
        leases = [lease for served in core.jobs.values() for lease in served.ledger.leases.values()]
        return {lease.id: lease.session for lease in leases if lease.slot == RESERVED}

    def keeps_reservations(self, coordinator: SimCoordinator, before: dict[int, str]) -> None:
        """Complain of a reservation that time has ended while its worker's clips come."""
        core = coordinator.core
        assert core is not None
        ended = before.keys() - self.reservations(core).keys()
        for session in {before[lease] for lease in ended} & core.sessions.keys():
            if coordinator.clock() - core.sessions[session].link.sent_s < RESERVATION_S / 2:
                raise Violation(f"a reservation of {session} ran out while its clips came")

    def must_take(self, core: CoordinatorCore, peer: bytes, clip: Clip) -> bool:
        """Return whether a clip that came is wanted and of a worker that was let in."""
        served = core.jobs.get(clip.job)
        known = peer in core.peers or peer in core.absent.sessions
        fits = served is not None and served.is_wanted((clip.chapter, clip.index), clip.key)
        return fits and known and is_judged(self.world, self.world.network.owners[peer])

    def has_taken(self, core: CoordinatorCore, clip: Clip) -> None:
        """Complain of a wanted clip that was thrown away."""
        if (clip.chapter, clip.index) not in core.jobs[clip.job].state.accepted:
            raise Violation("a wanted clip is thrown away", (clip.job, clip.chapter, clip.index))

    def decided(self, coordinator: SimCoordinator, outcome: Outcome) -> None:
        """Check what a coordinator decided."""
        core = coordinator.core
        assert core is not None
        for entry in outcome.entries:
            if isinstance(entry.record, ClipAccepted):
                spot = (entry.job, entry.record.chapter, entry.record.index)
                self.workers.accepted_s[coordinator.name, spot] = coordinator.awake_s()
            if isinstance(entry.record, SegmentQuarantined):
                self._fairly_set_aside(core, entry.job, entry.record, coordinator.clock())
            elif isinstance(entry.record, SegmentFailed):
                place = (entry.record.chapter, entry.record.index)
                self.failed_s.setdefault((core.settings.coordinator, entry.job, place), coordinator.clock())
                self._fairly_blamed(core, entry.job, entry.record)
        if sum(isinstance(send.message, Revoke) for send in outcome.sends) > MAX_ANSWERS:
            raise Violation(f"one message is answered by {len(outcome.sends)}")
        for send in outcome.sends:
            if isinstance(send.message, Grant):
                self._granted(core, core.peers[send.peer], send.message)
            elif isinstance(send.message, Trim | Revoke):
                self._shortened(coordinator, send)
            elif isinstance(send.message, Wanted):
                self._reserved(core, send.message)

    def _granted(self, core: CoordinatorCore, session: Session, grant: Grant) -> None:
        served = core.jobs[grant.job]
        others = [lease for lease in served.ledger.leases.values() if lease.id != grant.lease]
        spots = [(grant.job, grant.chapter, line.index) for line in grant.lines]
        self.granted[session.peer, grant.lease] = spots
        self._thought_lost(spots)
        worker = self._owner(session.key)
        if (
            not worker.disk.has(served.state.job_files)
            and not self.world.vanished
            and is_judged(self.world, worker, raw=True)
        ):
            raise Violation(f"granted to {worker.name} before its files were there", spots[0])
        for line in grant.lines:
            place = (grant.chapter, line.index)
            granted = served.ledger.leases.get(grant.lease)  # another slot may have got all of it in the same round
            if granted and granted.is_check:
                self.repeats.allow([(grant.job, *place)], "a check")
                self.workers.checks.add((core.settings.coordinator.rpartition("-")[0], grant.lease))
                continue
            if place in served.state.accepted:
                raise Violation("granted although accepted", (grant.job, *place))
            blamed = [failure.worker for failure in served.state.failures.get(place, ())]
            left_to_others = leaves_to_others(served, core.sessions.values(), place, core.called_s)
            if session.worker in blamed and len(blamed) < MAX_ATTEMPTS and left_to_others:
                raise Violation(f"granted to {session.worker} again", (grant.job, *place))
            also = [le for le in others if le.chapter == grant.chapter and line.index in le.pending]
            if any(le.spoken and le.session == session.key for le in also):
                raise Violation(f"granted to {session.worker}, which has spoken it", (grant.job, *place))
            if also:
                self.repeats.allow([(grant.job, grant.chapter, line.index)], "granted twice on purpose")

    def _thought_lost(self, spots: list[Spot]) -> None:
        """Allow what a worker holds whose heartbeats wait behind whole clips: they are older than its last grant."""
        if WHOLE_CLIPS not in self.world.faults:
            return
        for connection in self.world.network.between():
            if connection.is_busy and self.world.heap.now - connection.busy_since_s > GRANT_FLIGHT_S:
                held = holds(connection.worker)
                self.repeats.allow([spot for spot in spots if spot in held], "a grant was thought lost")

    @staticmethod
    def _reserved(core: CoordinatorCore, wanted: Wanted) -> None:
        for chapter, index, _ in wanted.wanted:
            ledger = core.jobs[wanted.job].ledger
            if index in ledger.free[chapter] and ledger.may_reserve((chapter, index)):
                raise Violation("wanted from a worker and free for others", (wanted.job, chapter, index))

    def _shortened(self, coordinator: SimCoordinator, send: Send) -> None:
        worker = self.world.network.owners[send.peer]
        message = send.message
        assert isinstance(message, Trim | Revoke)
        leases = [lease for slot in worker.core.slots for lease in slot.leases if lease.id == message.lease]
        granted = self.granted.get((send.peer, message.lease), [])
        coming = [] if leases else granted
        end = message.end if isinstance(message, Trim) else 0
        spots = [(le.job.job, le.chapter, line.index) for le in leases for line in le.lines if line.index >= end]
        spots += [spot for spot in coming if spot[2] >= end]
        in_reach = self.world.network.reaches(send.peer) and self.world.network.is_steady
        if not in_reach:  # nobody knows what such a worker has spoken meanwhile
            spots += [spot for spot in unaccepted(worker) if spot in granted and spot[2] >= end]
        is_check = (coordinator.name, message.lease) in self.workers.checks
        spots = [spot for spot in spots if is_check or not self._is_accepted(coordinator, spot)]
        if in_reach and isinstance(message, Revoke) and message.expired:
            self._fairly_expired(coordinator, worker, message.lease)
        name = (coordinator.name, send.peer, type(message).__name__, message.lease, end)
        if name not in self.known:
            self.known[name] = True
            most = 1 if isinstance(message, Trim) else 2  # the batch under way, and the next may begin
            self.repeats.shortened(worker, spots, in_reach, most * worker.batch)

    @staticmethod
    def _is_accepted(coordinator: SimCoordinator, spot: Spot) -> bool:
        assert coordinator.core is not None
        served = coordinator.core.jobs.get(spot[0])
        return served is not None and spot[1:] in served.state.accepted

    def _fairly_expired(self, coordinator: SimCoordinator, worker: SimWorker, lease_id: int) -> None:
        for slot, engine in zip(worker.core.slots, worker.engines, strict=True):
            mine = slot.leases and (slot.leases[0].link, slot.leases[0].id) == (coordinator.name, lease_id)
            reached = worker.connections[coordinator.name].opened_s < engine.began_s  # else its progress went unseen
            if mine and slot.lines and engine.busy and reached and not self.world.was_raw:
                spent_s = coordinator.awake_s() - engine.since_s[coordinator.name]
                if spent_s < scheduling.MIN_DEADLINE_S - 1.0 - OWN_GAP_S:
                    spot = (slot.leases[0].job.job, slot.leases[0].chapter, slot.lines[0].index)
                    raise Violation(f"{worker.name} loses a lease after {spent_s:.1f} s at a segment", spot)

    def _fairly_set_aside(self, core: CoordinatorCore, job: str, record: SegmentQuarantined, record_s: float) -> None:
        served = core.jobs[job]
        place = (record.chapter, record.index)
        blamed = {failure.worker for failure in served.state.failures[place]}
        able = [s for s in core.sessions.values() if served.can_try(s, record_s, place)]
        here = [s for s in able if s.is_at_work(record_s)]
        if served.ledger.expiries[place] or len(served.state.failures[place]) >= MAX_RECORDED:
            return  # workers that made no progress there have tried it too, and further failures are not journaled
        since_s = self.failed_s[core.settings.coordinator, job, place]
        are_kept = ILL_WILL in self.world.faults or self.world.ill_coordinator is not None
        others_had_time = are_kept and record_s - since_s >= OTHERS_WAITED_FOR_S
        honest = [s for s in here if not self._owner(s.worker).liar]  # the word of others is worth nothing
        alone = len(blamed) == 1 and any(s.worker not in blamed for s in honest)
        if alone and not others_had_time:
            raise Violation(f"set aside on the word of {blamed} alone", (job, *place))
        most = max((s.trust.segments for s in here), default=0)
        if any(s.trust.segments == most and s.worker not in blamed for s in here) and (most or not others_had_time):
            raise Violation("set aside before the worker that delivered most has tried it", (job, *place))

    def _fairly_blamed(self, core: CoordinatorCore, job: str, record: SegmentFailed) -> None:
        """Check that a text is blamed at most once each time engines break, and never for one that stays broken."""
        place = (record.chapter, record.index)
        notes = [failure.note for failure in core.jobs[job].state.failures.get(place, ())]
        owner = self.world.workers[int(record.worker.removeprefix("worker-"))]
        stays = record.note == BROKEN and owner.broken_until_s == inf
        if stays or notes.count(BROKEN) > sum(worker.times_broken for worker in self.world.workers):
            raise Violation("blamed for an engine that breaks at every text", (job, *place))

    def sends(self, coordinator: SimCoordinator, peer: bytes, message: Message) -> None:
        """Check a message that leaves a coordinator."""
        if isinstance(message, Accepted):
            for chapter, index, _ in message.clips:
                if not coordinator.disk.settled(message.job, (chapter, index)):
                    raise Violation("acknowledged before it was durable", (message.job, chapter, index))
        elif isinstance(message, Rejected) and is_judged(self.world, self.world.network.owners[peer], raw=True):
            spot = (message.job, message.chapter, message.index)
            raise Violation(f"an honest clip was refused: {message.reason}", spot)
        elif isinstance(message, Source):
            self._check_chain(coordinator, message)

    def _check_chain(self, coordinator: SimCoordinator, source: Source) -> None:
        """Check that no worker waits for pieces that it has to fetch itself."""
        assert coordinator.core is not None
        links = coordinator.core.job_files.chains.chains[source.digest].links
        for key in links:
            seen: list[str] = []
            while key in links:
                if key in seen:
                    raise Violation(f"workers fetch a file from each other in a circle: {', '.join(seen)}")
                seen.append(key)
                key = links[key].source

    def coordinator(self, coordinator: SimCoordinator, ticked: bool) -> None:
        """Check the state of a coordinator after a step."""
        core = coordinator.core
        assert core is not None
        for served in core.jobs.values():
            self._replay(coordinator, served)
            self._ledger(core, served)
            if ticked and (asker := self._asks_in_vain(core, served, coordinator.clock())):
                raise Violation(f"free although {asker[0]} asks for work", asker[1])
        self._the_dead_hold_nothing(coordinator, core)
        self._indexes(core)
        self.world.reels.coordinator(coordinator)
        absent = core.absent.sessions.items() if ticked else ()
        strays = [peer for peer, session in absent if session.link.transfer]
        if any(not core.absent.may_return(peer, core.sessions, core.called_s) for peer in strays):
            raise Violation(f"pieces of clips are kept that came over {strays}")

    def _indexes(self, core: CoordinatorCore) -> None:
        """Check that what the core keeps as things change is what a look at everything gives."""
        leases = [lease for served in core.jobs.values() for lease in served.ledger.leases.values()]
        held: dict[str, dict[int, Lease]] = {key: {} for key in core.sessions.keys() | core.jobs.lease_index.by_session}
        for lease in leases:
            held.setdefault(lease.session, {})[lease.id] = lease
        for key, mine in held.items():
            if core.jobs.lease_index.of(key) != mine:
                raise Violation(f"the leases of {key} are not known")

    def looks(self, coordinator: SimCoordinator) -> None:
        """Check between two calls of a coordinator that nothing is overdue and no worker waits in vain."""
        core = coordinator.core
        assert core is not None
        if not coordinator.ever_slept:
            self._nothing_is_overdue(core, coordinator.clock())
            self.world.reels.looks(coordinator)
        self.looked += 1
        if self.looked % SLOW_LOOKS:
            return
        for served in core.jobs.values():
            self._nobody_starves(coordinator, core, served)
            self._nobody_is_left_without_files(coordinator, core, served)

    def _nothing_is_overdue(self, core: CoordinatorCore, now: float) -> None:
        for session in core.sessions.values():
            if now - session.heard_s > SILENCE_S + LATE_S:
                raise Violation(f"{session.key} is silent for {now - session.heard_s:.1f} s and still here")
        for job, served in core.jobs.items():
            for lease in served.ledger.leases.values():
                if now - core.deadlines.of_lease(lease) > LATE_S:
                    raise Violation(f"lease {lease.id} is overdue", (job, lease.chapter, lease.pending[0]))
            self._nobody_waits_long(core, served, now)

    def _nobody_waits_long(self, core: CoordinatorCore, served: ServedJob, now: float) -> None:
        name = (core.settings.coordinator, served.state.job)
        asker = self._asks_in_vain(core, served, now)
        if asker is None:
            self.asking.pop(name, None)
            return
        spot, since_s = self.asking.get(name, (asker[1], now))
        self.asking[name] = (spot, since_s) if spot == asker[1] else (asker[1], now)
        if spot == asker[1] and now - since_s > LATE_S:
            raise Violation(f"{asker[0]} asks for work and is not asked again", spot)

    def _replay(self, coordinator: SimCoordinator, served: ServedJob) -> None:
        state = served.state
        coming, name = coordinator.coming, (coordinator.name, state.job)
        if (len(coming), len(coordinator.disk.records[state.job])) == self.shadow.get(name):
            expected = self.shadow[*name, "?"]
            if expected != fingerprint(served):
                raise Violation(f"the live state of {state.job} changed without a record")
            return
        replayed = coordinator.disk.replay_with(state.job, coming)
        if replayed != state:
            raise Violation(f"replaying the journal of {state.job} does not give the live state")
        twice = doubly_accepted(
            [*coordinator.disk.records[state.job], *(e.record for e in coming if e.job == state.job)]
        )
        if twice:
            raise Violation("two clips accepted for one place", (state.job, *twice))
        self.shadow[name] = (len(coming), len(coordinator.disk.records[state.job]))
        self.shadow[*name, "?"] = fingerprint(served)

    def _ledger(self, core: CoordinatorCore, served: ServedJob) -> None:
        ledger, state = served.ledger, served.state
        covered = [set(free) for free in ledger.free]
        for lease in ledger.leases.values():
            session = core.sessions.get(lease.session)
            if session is None:
                raise Violation(f"lease {lease.id} belongs to nobody")
            if not lease.pending or (lease.slot != RESERVED and lease.id not in session.slots[lease.slot].leases):
                raise Violation(f"lease {lease.id} has nothing pending or no slot")
            if lease.is_check:
                continue
            covered[lease.chapter].update(lease.pending)
        for chapter, places in enumerate(covered):
            segments = len(state.spec.chapters[chapter].segments)
            if len(places) + state.settled[chapter] != segments:
                raise Violation(f"chapter {chapter} of {state.job}: a place is lost, or settled and free")
            for index in places:
                if state.is_settled((chapter, index)):
                    raise Violation("settled and still to be spoken", (state.job, chapter, index))
        holders = {(lease.session, lease.slot) for lease in ledger.leases.values() if lease.slot != RESERVED}
        if state.paused and holders:
            raise Violation(f"{state.job} is paused and leased")
        if state.awaits_latents and len(holders) > 1:
            raise Violation(f"{len(holders)} slots compute the latents of {state.job}")
        for lease in ledger.leases.values():
            if not ledger.free[lease.chapter].isdisjoint(lease.pending):
                raise Violation(f"lease {lease.id} holds what is free")

    def _asks_in_vain(self, core: CoordinatorCore, served: ServedJob, now: float) -> tuple[str, Spot] | None:
        """Return a worker that offers a slot, and a free segment for it; None if there is none."""
        settings = core.settings
        if core.more_to_grant or core.stopping or now < core.grants_s or len(core.sessions) < settings.min_workers:
            return None
        if not (served.is_open and any(served.ledger.free)) or (served.state.awaits_latents and served.ledger.leases):
            return None
        for session in core.sessions.values():
            waiting = any(not session.slots[n].is_full for n in session.offers.keys() & served.ready_slots(session))
            if not waiting or not served.can_try(session, now):
                continue
            if served.state.awaits_latents and served.state.job in session.trust.distrusted:
                continue  # it sent latents that nobody can use, so others compute them
            for chapter, free in enumerate(served.ledger.free):
                for index in sorted(free):
                    blamed = [failure.worker for failure in served.state.failures.get((chapter, index), ())]
                    able = served.can_host(session, (chapter, index)) and session.worker not in blamed
                    if len(blamed) < MAX_ATTEMPTS and able:
                        return session.worker, (served.state.job, chapter, index)
        return None

    def _nobody_starves(self, coordinator: SimCoordinator, core: CoordinatorCore, served: ServedJob) -> None:
        """Check that an idle worker in reach does not stay idle while there is work for it."""
        if WHOLE_CLIPS in self.world.faults:  # a worker may be known again only after its clip
            return
        every = [(chapter, index) for chapter, places in enumerate(served.ledger.free) for index in sorted(places)]
        for session in core.sessions.values():
            free = [place for place in every if served.can_host(session, place)]
            worker = self._owner(session.key)
            name, now = (core.settings.coordinator, session.key), coordinator.awake_s()
            could = free and served.is_open and not core.stopping and not is_put_off(worker, coordinator)
            if could and self._could_work(worker, session, core, served, free):
                share = 3 if self.world.ill_coordinator else 1  # it gets its share of a slot's time, and wastes that
                if now - self.idle.setdefault(name, now) > share * STARVED_S:
                    raise Violation(f"{worker.name} is idle while there is work", (served.state.job, *free[0]))
            else:
                self.idle.pop(name, None)

    def _nobody_is_left_without_files(
        self, coordinator: SimCoordinator, core: CoordinatorCore, served: ServedJob
    ) -> None:
        """Check that a worker gets on with the files that it lacks."""
        for session in core.sessions.values():
            worker = self._owner(session.key)
            name, now = (
                (core.settings.coordinator, session.key, session.joined_s, served.state.job),
                coordinator.awake_s(),
            )
            items = worker.core.fetched.downloads.items
            have = sum(items[digest].have for digest in served.needed if digest in items)
            lacks = (
                session.can_speak(served.recipe) and not served.needed <= session.files.job_files and not core.stopping
            )
            since_s, before = self.fetched.get(name, (now, -1))
            held_up = any(items[digest].state == "held up" for digest in served.needed if digest in items)
            judged = (
                is_judged(self.world, worker, session, raw=self.world.healed)
                and "lying pieces" not in self.world.faults
            )
            if not lacks or have != before or held_up or not served.is_open or not judged:
                self.fetched[name] = (now, have)
            elif now - since_s > (3 if "latency" in self.world.faults else 1) * STARVED_S:
                raise Violation(f"{worker.name} gets no further with its files, {have} bytes")

    def _could_work(
        self, worker: SimWorker, session: Session, core: CoordinatorCore, served: ServedJob, free: list[tuple[int, int]]
    ) -> bool:
        if not is_judged(self.world, worker, session) or not served.can_try(session, core.called_s):
            return False
        if any(worker.core.slots[number].leases for number in served.ready_slots(session)) or (
            served.state.awaits_latents and served.ledger.leases
        ):
            return False
        blames = [[failure.worker for failure in served.state.failures.get(place, ())] for place in free]
        return any(len(blamed) < MAX_ATTEMPTS and session.worker not in blamed for blamed in blames)

    def listed(self, coordinator: SimCoordinator, peer: bytes, message: Message) -> None:
        """Check that a lease which its worker does not know of is missed."""
        core = coordinator.core
        assert core is not None
        session = core.peers.get(peer)
        if (
            not isinstance(message, Heartbeat)
            or session is None
            or session.state is SessionState.ESTRANGED
            or self.world.was_raw
        ):
            return
        for served in core.jobs.values():
            for lease in served.ledger.leases.values():
                if lease.session != session.key or lease.slot == RESERVED:
                    continue
                name, now = (core.settings.coordinator, lease.id), coordinator.awake_s()
                if lease.id in message.leases:
                    self.unlisted.pop(name, None)
                elif now - self.unlisted.setdefault(name, now) > MISSED_S:
                    spot = (served.state.job, lease.chapter, lease.pending[0])
                    raise Violation(f"{session.worker} does not know of lease {lease.id}", spot)

    def _the_dead_hold_nothing(self, coordinator: SimCoordinator, core: CoordinatorCore) -> None:
        for process in core.sessions:
            worker = self._owner(process)
            died_s = worker.died_s.get(process)
            if died_s and coordinator.awake_s() - died_s[coordinator.name] > DEAD_S:
                raise Violation(f"{process} is dead for {DEAD_S:.0f} s and thought to be here")

    def _owner(self, process: str) -> SimWorker:
        return self.world.workers[int(process.partition("/")[0].removeprefix("worker-"))]


def fingerprint(served: ServedJob) -> tuple[int, ...]:
    """Return figures that any change of a state changes."""
    state = served.state
    return (
        len(state.accepted),
        len(state.quarantined),
        sum(map(len, state.failures.values())),
        sum(state.settled),
        state.characters_settled,
        len(state.workers),
        int(state.latents is not None),
    )
