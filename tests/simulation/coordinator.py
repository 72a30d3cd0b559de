"""A simulated coordinator's process around the real core, as coordinator/serve.py drives it."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable
from math import inf
from typing import TYPE_CHECKING

from allowed_repeats import holds
from disk import Disk
from faults import CROSS_CHECKS, TAKE_OVERS
from files import PIECE, block_list
from heads import WRITING_S
from machine import Machine
from reels import SimPress

from swarm.audiobook.sound.frame import check_frame
from swarm.book.model.book import Segment
from swarm.job.job_asset import LIST_PIECE_BYTES, piece_size
from swarm.job.record import JobFinished, RunStarted
from swarm.lease.coordinator.coordinator_core import GATHER_S, OWN_GAP_S, CoordinatorCore
from swarm.lease.core_settings import Settings
from swarm.lease.envelope import Message
from swarm.lease.file_transfer import Piece
from swarm.lease.message import Clip, FromWorker, is_part_of_clip
from swarm.lease.outcome import Comparison, JournalEntry, Outcome, Serve
from swarm.watch.words import event_text

if TYPE_CHECKING:
    from world import World

LOOK_S = 0.25  # between two looks of the judge
MIN_WAIT_S = 0.001
DRAIN_S = 20.0
FAREWELL_S = 0.3
GRACE_S = 1.5
CHECKED = 0.5  # of the clips, in worlds with cross-checks
COMPARE_S = 0.2
UNKNOWN_DEADLINE_S = 60.0  # shorter than a real one, so that a hang costs less of a run


class SimCoordinator(Machine):
    """Reads, persists, then sends; calls `tick` when the core asked for that, and at no other time."""

    persist_first = True

    def __init__(self, world: World, number: int, disk: Disk, credit: int, name: str = "") -> None:
        super().__init__(world, number, name or f"coordinator-{number}")
        self.disk, self.credit = disk, credit
        self.device = world.devices[number]  # the model of the book computes on it
        self.core: CoordinatorCore | None = None
        self.inbox: deque[tuple[bytes, FromWorker, bytes]] = deque()
        self.queue: list[Outcome] = []
        self.draining = False
        self.ended = False
        self.started_s = 0.0
        self.alarm_s = inf  # when `tick` is called next, by this machine's clock
        self.paused_until_s = 0.0
        self.next_epoch: Callable[[int], int] = next_run
        self.written = False  # the audiobook, by this run
        self.press = SimPress(self)
        self.heard_s: dict[str, float] = {}  # worker process -> its last message, in our waking hours

    # --- its life

    def start(self) -> None:
        """Replay the journals and serve."""
        super().start()
        self.inbox.clear()
        self.queue, self.draining, self.started_s = [], False, self.world.heap.now
        self.alarm_s = inf
        states = []
        for job in self.disk.spec:
            state = self.disk.replay(job)
            self.disk.begin([JournalEntry(job, RunStarted(self.next_epoch(state.epoch), self.clock()))])
            self.disk.commit()
            states.append(self.disk.replay(job))
        self.next_epoch, self.written = next_run, False
        epoch = max(state.epoch for state in states)
        grace_s = GRACE_S if epoch > 1 else 0.0
        name = f"{self.name}-{self.run}"
        settings = Settings(
            coordinator=name,
            name=name,
            version="1",
            epoch=epoch,
            credit=self.credit,
            grace_s=grace_s,
            unknown_deadline_s=UNKNOWN_DEADLINE_S,
            piece=PIECE,
            clip_piece=self.world.clip_piece,
            encoders=self.world.reels.encoders,
            cross_check=CHECKED if CROSS_CHECKS in self.world.faults.began else 0.0,
            secret=name,
        )
        now = self.clock()
        core = CoordinatorCore(settings, now)
        self.core = self.world.trace(self.name).watch("coordinator", core, settings=settings, started_s=now)
        for state in states:
            self.core.add_job(state, device=self.device, reel_ends=self.press.reel_ends(state))
        self.press.start()
        self.world.log(self.name, f"starts, epoch {epoch}")
        self._set_alarm()
        self.later(LOOK_S, self._look)
        self.later(grace_s + 0.1, self.world.judge.repeats.graced, self)

    def crash(self) -> None:
        """Killed, or without power: perhaps in the middle of a commit."""
        self.world.log(self.name, "crashes")
        self.world.judge.repeats.crashed(self)
        self._gone()

    def _gone(self) -> None:
        self.disk.crash(self.world.random)
        self.core = None
        self.end()

    def lose_disk(self) -> None:
        """Lose every journal and clip, and with them the process."""
        self.world.log(self.name, "loses its disk")
        self.world.judge.repeats.lost(self)
        self.crash()
        self.disk.wipe()
        self.press.made.clear()
        self.world.judge.shadow.clear()

    def restart(self) -> None:
        """Run the same command again, if it does not run."""
        if not self.alive and not self.ended:
            self.start()

    def drain(self) -> None:
        """Take what is being spoken, grant nothing more, then end."""
        if self.core is None or self.draining:
            return
        self.draining = True
        self.world.log(self.name, "drains")
        self.world.judge.repeats.crashed(self)
        self.take(self.core.stop())
        self.later(FAREWELL_S, self._drained, self.world.heap.now + DRAIN_S)

    def _drained(self, until_s: float) -> None:
        assert self.core is not None
        if (not self.core.quiet and self.world.heap.now < until_s) or self.disk.writing:
            self.later(0.1, self._drained, until_s)
            return
        self.take(self.core.end())
        self.later(FAREWELL_S, self._stopped)

    def _stopped(self) -> None:
        self._gone()
        self.world.heap.after(self.world.random.choice([0.5, 5.0]), self.restart)

    def _write_book(self) -> None:
        """Write the audiobook, which its edition has been making."""
        if self.core is None or not self.complete:
            return
        self.world.log(self.name, "writes its audiobook")
        self.world.take_overs.writes(self)
        for job in self.disk.spec:
            self.take(self.core.journal(job, JobFinished(self.clock(), ("book.m4b",))))

    def _overruled(self) -> None:
        """End: another has taken the job over."""
        if self.core is None:
            return
        self.world.log(self.name, "hears that its job was taken over, and ends")
        self.world.judge.repeats.crashed(self)
        self.ended = True
        self._send(self.core.end(failed=True))
        self._gone()

    def wake(self) -> None:
        """Wake up; after a short sleep, or one that stopped the clock, grant before reading: the core saw no gap."""
        since_s = self.asleep_since_s
        if since_s is not None and (self.clock_stands or self.world.heap.now - since_s <= OWN_GAP_S):
            self.world.judge.repeats.dozed(self)
        if since_s is not None:
            self.later(GATHER_S + 0.1, self.world.judge.repeats.graced, self)
        super().wake()

    def lose_a_clip(self) -> None:
        """Let the studio find that an accepted clip cannot be read."""
        if not self.awake or self.core is None or self.draining:
            return
        for job in self.disk.spec:
            accepted = self.core.jobs[job].state.accepted
            durable = [place for place in accepted if place in self.disk.durable[job].accepted]
            if durable:
                place = self.world.random.choice(durable)
                self.world.log(self.name, f"clip {place} of {job} rots", place)
                self.world.judge.repeats.allow([(job, *place)], "a clip rots")
                self.take(self.core.discard(job, *place, "it rots", self.clock()))
                return

    def pause(self, seconds: float, *, removed: bool) -> None:
        """Pause every job for a while, as its user may; `removed` also takes it out of the queue and puts it back."""
        if not self.awake or self.core is None or self.draining:
            return
        self.paused_until_s = self.world.heap.now + seconds
        for worker in self.world.workers:
            if worker.alive:
                self.world.judge.repeats.allow(holds(worker), f"{self.name} pauses")
        for job in self.disk.spec:
            self.take(self.core.pause(job, self.clock()))
            if removed and not self.disk.writing and not self.queue:  # all records are on the disk
                self.take(self.core.remove_job(job, self.clock()))
                state = self.disk.replay(job)
                self.core.add_job(state, device=self.device, reel_ends=self.press.reel_ends(state))

    def _go_on_after_pause(self) -> None:
        if self.core is None or (self.world.heap.now < self.paused_until_s and not self.world.healed):
            return
        for job, served in self.core.jobs.items():
            if served.state.paused and not self.draining:
                self.take(self.core.pause(job, self.clock(), paused=False))

    # --- messages

    def deliver(self, peer: bytes, message: Message, frame: bytes) -> None:
        """Take a message from the network."""
        self.inbox.append((peer, message, frame))  # type: ignore[arg-type]
        self.now_or_awake(self._read)

    def _read(self) -> None:
        while self.inbox and self.awake:
            self._receive(*self.inbox.popleft())

    def _receive(self, peer: bytes, message: FromWorker, frame: bytes) -> None:
        core = self.core
        assert core is not None
        fault = ""
        if is_part_of_clip(message, frame):
            self._receive_piece(core, peer, message, frame)
            return
        if isinstance(message, Clip):
            fault = check_frame(frame, message.samples, message.sample_rate, message.digest)
        self.world.log(self.name, f"<- {peer.decode()}", message, fault)
        self.heard_s[peer_process(self.world, peer)] = self.awake_s()
        due = isinstance(message, Clip) and not fault and self.world.judge.must_take(core, peer, message)
        outcome = core.receive(peer, message, self.clock(), frame, fault)
        if due and isinstance(message, Clip):
            self.world.judge.has_taken(core, message)
        self.take(outcome)
        self.world.judge.listed(self, peer, message)
        self.world.reels.heard(core, peer, message)
        self.world.judge.coordinator(self, ticked=False)

    def _receive_piece(self, core: CoordinatorCore, peer: bytes, message: Clip | Piece, frame: bytes) -> None:
        self.world.log(self.name, f"<- {peer.decode()}", message)
        self.heard_s[peer_process(self.world, peer)] = self.awake_s()
        outcome = core.receive(peer, message, self.clock(), frame)
        if outcome.is_receipt:
            self.world.judge.decided(self, outcome)
            self._send(outcome)
            self._set_alarm()
        else:
            self.take(outcome)
        if (coming := core.coming(peer)) and coming.file.is_whole:
            self._receive(peer, coming.clip, bytes(coming.file.data))

    def _set_alarm(self) -> None:
        """Have the core called at its next deadline; an alarm that rings too early sets the next one."""
        if self.core is not None and (due_s := self.core.next_deadline()) < self.alarm_s:
            self.alarm_s = due_s
            self.later(max(due_s - self.clock(), MIN_WAIT_S), self._ring, due_s)

    def _ring(self, alarm_s: float) -> None:
        if alarm_s != self.alarm_s or self.core is None:
            return  # an earlier alarm took its place
        self.alarm_s = inf
        self._read()
        if self.core.next_deadline() <= self.clock():
            self._tick(self.core)
        self._set_alarm()

    def _tick(self, core: CoordinatorCore) -> None:
        before, reservations = self.world.judge.holdings(core), self.world.judge.reservations(core)
        outcome = core.tick(self.clock())
        self.world.judge.ticked(self, before)
        self.world.judge.keeps_reservations(self, reservations)
        self.take(outcome)
        self.world.judge.coordinator(self, ticked=True)

    def _look(self) -> None:
        """Show the judge how things stand, without calling the core."""
        self.later(LOOK_S, self._look)
        self._go_on_after_pause()
        if self.world.reels.on and not self.draining:
            self.press.look()
        if TAKE_OVERS in self.world.faults.began and self.complete and not self.written:
            self.written = True
            self.later(self.world.take_overs.random.uniform(*WRITING_S), self._write_book)
        if not self.inbox:
            self.world.judge.looks(self)

    # --- persist, then send

    def take(self, outcome: Outcome) -> None:
        """Queue what the core wants done."""
        self.world.judge.decided(self, outcome)
        if self.core is not None:
            self.world.reels.asks(self.core, outcome)
        for event in outcome.events:
            self.world.log(self.name, event_text(event))
        if not self.persist_first:
            self._send(outcome)
        self.queue.append(outcome)
        self._write()
        self._set_alarm()

    def _write(self) -> None:
        while self.queue and not self.disk.writing:
            batch, self.queue = self.queue, []
            entries = [entry for outcome in batch for entry in outcome.entries]
            if entries:
                self.disk.begin(entries)
                run = self.run
                self.world.heap.after(self.world.commit_s(), self._written, run, batch)
                return
            self._carry_out(batch)

    def _written(self, run: int, batch: list[Outcome]) -> None:
        if run == self.run and self.alive:
            self.disk.commit()  # the kernel goes on also while the process sleeps
            self.now_or_awake(self._go_on, batch)

    def _go_on(self, batch: list[Outcome]) -> None:
        self._carry_out(batch)
        self._write()

    def _carry_out(self, batch: list[Outcome]) -> None:
        for outcome in batch:
            for entry in outcome.entries:
                self.world.log(self.name, "durable", entry.record)
            if self.persist_first:
                self._send(outcome)
            if outcome.overruled:
                self.later(0.0, self._overruled)
            self.press.carry_out(outcome)
            for comparison in outcome.comparisons:
                self.later(COMPARE_S, self._compare, comparison)
            for serve in outcome.serves:
                self.later(0.001, self._serve, serve)

    def _compare(self, comparison: Comparison) -> None:
        """Find out which earlier sounds of a sentence a sound is like: those that are the same bytes."""
        place = comparison.chapter, comparison.index
        served = self.core.jobs.get(comparison.job) if self.core and not self.draining else None
        clip = served.state.accepted.get(place) if served else None
        if clip is None or clip.key != comparison.key or self.core is None:
            return
        found = hashlib.sha256(comparison.frame).hexdigest()
        digests = (clip.digest, *(hashlib.sha256(frame).hexdigest() for frame in comparison.others))
        alike = tuple(number for number, digest in enumerate(digests) if digest == found)
        self.take(self.core.compared(comparison.job, place, comparison.session, alike, self.clock()))

    def _serve(self, serve: Serve) -> None:
        """Read a piece and send it; now and then the disk has changed it."""
        world, fetch = self.world, serve.asked
        data, size = self.disk.files[fetch.digest], PIECE
        if fetch.kind == "blocks":
            data, size = block_list(data), LIST_PIECE_BYTES
        frame = data[fetch.offset : fetch.offset + piece_size(len(data), fetch.offset, size)]
        if fetch.kind == "file" and "lying pieces" in world.faults and world.random.random() < 0.2:
            frame = bytes(byte ^ 1 for byte in frame)
        connection = world.network.open.get(serve.peer)
        if connection is not None:
            message = Piece(fetch.digest, fetch.offset, len(data), fetch.kind)
            world.log(self.name, f"-> {serve.peer.decode()}", message)
            world.network.send(connection, connection.worker, message, frame)

    def _send(self, outcome: Outcome) -> None:
        for send in outcome.sends:
            self.world.judge.sends(self, send.peer, send.message)
            connection = self.world.network.open.get(send.peer)
            left = connection is not None and self.world.network.send(
                connection, connection.worker, send.message, send.frame
            )
            if not left and self.core is not None:
                self.core.unsent(send.peer)
                if connection is not None:
                    self.world.judge.repeats.unsteady(connection.worker)
            self.world.log(self.name, f"-> {send.peer.decode()}" + ("" if left else " (lost)"), send.message)

    # --- for the judge

    @property
    def segments(self) -> list[Segment]:
        """All there is to speak."""
        return [s for spec in self.disk.spec.values() for chapter in spec.chapters for s in chapter.segments]

    @property
    def coming(self) -> list[JournalEntry]:
        """The entries that the core has decided and the disk has not confirmed."""
        return [*self.disk.writing, *(entry for outcome in self.queue for entry in outcome.entries)]

    @property
    def complete(self) -> bool:
        """Whether nothing is left to speak, for good."""
        spoken = all(state.complete for state in self.disk.durable.values())
        return spoken and (not self.world.reels.on or self.press.complete)


def next_run(epoch: int) -> int:
    """Return the epoch of a run that goes on with a job."""
    return epoch + 1


def peer_process(world: World, peer: bytes) -> str:
    """Return the process behind a peer, as the core names its sessions."""
    return world.network.processes[peer]
