"""The coordinator's loops around its core: messages in, facts to disk, messages out, sound to the studio.

Persist, then send: whatever the core wants done passes through one queue; its reader commits the records of all that
waits there at once, and only then sends. If committing fails the node ends: the journal is the truth. Clips are checked
before the core hears of them, and a message that leaves has the size of a control part.
"""

import asyncio
import hashlib
import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from math import inf
from typing import Any

from msgspec import msgpack, structs

from swarm.audiobook.edition import Edition
from swarm.audiobook.sound.frame import check_frame, key_of, with_key
from swarm.config import QUEUE
from swarm.coordinator.check_desk import CheckDesk
from swarm.coordinator.file_server import FileServer
from swarm.coordinator.job_replay import find_spoken
from swarm.coordinator.reel_desk import ReelDesk, reel_ends
from swarm.coordinator.seen_engines import SeenEngines
from swarm.errors import EnvironmentFault, Remedy, StoreError, SwarmError, TakenOver
from swarm.job.job_asset import digests_of
from swarm.job.record import ClipAccepted, GainFixed, JobFinished, SegmentQuarantined
from swarm.job.run import RunStats
from swarm.job.state import Place
from swarm.job.store.store import DiskStore
from swarm.lease.coordinator.coordinator_core import CoordinatorCore
from swarm.lease.coordinator.order_effects import Instructed, instruct
from swarm.lease.coordinator.sleepers import WakeSight
from swarm.lease.coordinator.time_left import EncoderUse
from swarm.lease.envelope import Message, Reason
from swarm.lease.file_transfer import Fetch, Piece
from swarm.lease.member_message import Copy, NewBook, Order, QueuedStatus
from swarm.lease.message import MAX_WOKEN, Clip, FromWorker, Hello, StatusReply, Wake, is_part_of_clip
from swarm.lease.outcome import JournalEntry, Outcome
from swarm.net.transport import RouterSocket
from swarm.standby.adopt import note_taken_over
from swarm.standby.copy_server import CopyServer, Offer
from swarm.system.capacity import CoreUse
from swarm.system.child import ChildRaised
from swarm.system.event_loop import cancel
from swarm.system.machine import Clock
from swarm.voice.host.default_voice import VoiceGivenUp
from swarm.voice.host.registry import device_of, fetch_line, install_hint, install_line, is_repeatable
from swarm.watch.progress import Progress
from swarm.watch.terminal import LineRateLimiter
from swarm.watch.words import (
    event_text,
    failure_text,
    hopeless_text,
    leaving_text,
    queue_taken_text,
    taken_over_text,
    worded_status,
)


def check_arrival(
    clip: Clip, frame: bytes, core: CoordinatorCore, store: DiskStore, now: float
) -> tuple[Clip, bytes, str]:
    """Return the clip to store, its bytes, and what is wrong with it, "" for nothing."""
    fault = check_frame(frame, clip.samples, clip.sample_rate, clip.digest)
    if not fault and key_of(frame) not in ("", clip.key):
        fault = "the clip is of another text"
    if fault:
        return clip, frame, fault
    return *_known(clip, frame, core, store, now), ""


def _known(clip: Clip, frame: bytes, core: CoordinatorCore, store: DiskStore, now: float) -> tuple[Clip, bytes]:
    """Return the clip to store: the one that another job has stored under this key meanwhile, else this one.

    A file is never replaced. A new one says its key, so that no job takes it for another clip.
    """
    served = core.jobs.get(clip.job)
    if served is None or not served.is_wanted((clip.chapter, clip.index), clip.key):
        return clip, frame
    found = find_spoken(served.state, store, (clip.chapter, clip.index), now, clip.take)
    if found is None or found.key != clip.key:
        keyed = with_key(frame, clip.key)
        if keyed is frame:  # its worker has added it
            return clip, frame
        return structs.replace(clip, digest=hashlib.sha256(keyed).hexdigest()), keyed
    known = structs.replace(clip, samples=found.samples, sample_rate=found.sample_rate, digest=found.digest)
    return known, store.clip_path(clip.key, clip.job).read_bytes()


class EncodingWatch:
    """Watches the encoders of this machine, and the cores that engines leave to them."""

    def __init__(self) -> None:
        self._cores = CoreUse()

    def tell(self, core: CoordinatorCore, editions: Mapping[str, Edition], now: float) -> None:
        """Tell the core what share of each edition is encoded, and what the encoders have done."""
        studio = next((edition.studio for edition in editions.values()), None)  # all editions share one studio
        if studio is None:
            core.note_progress({}, now)
            return
        encoded = {job: edition.encoded for job, edition in editions.items()}
        use = EncoderUse(studio.encoders, studio.pieces, studio.sound_s, studio.busy_s)
        core.note_progress(encoded, now, use, self._cores.share(without=studio.processes.numbers()))


class Writings:
    """The editions that are being written."""

    def __init__(self) -> None:
        self.tasks: dict[str, asyncio.Task[None]] = {}  # keys are jobs
        self._ended: asyncio.Queue[tuple[str, asyncio.Task[None]]] = asyncio.Queue()

    def begin_writing(self, job: str, writing: Coroutine[Any, Any, None]) -> None:
        """Write the edition of a job."""
        task = self.tasks[job] = asyncio.create_task(writing)
        task.add_done_callback(lambda task: self._ended.put_nowait((job, task)))

    def fail(self, job: str, fault: SwarmError) -> None:
        """End the edition of a job by a fault, whatever it is at."""
        writing = self.tasks.get(job)

        async def fail() -> None:
            await cancel([writing] if writing else [])
            raise fault

        self.begin_writing(job, fail())

    async def stop_writing(self, job: str) -> None:
        """Stop writing the edition of a job, and leave it as it is."""
        if task := self.tasks.pop(job, None):
            await cancel([task])

    async def next_end(self) -> tuple[str, BaseException | None]:
        """Return the job whose edition ended next, and the fault that ended it; None if it is written."""
        while True:
            job, task = await self._ended.get()
            if self.tasks.get(job) is task:  # a job that was left has no task any more
                del self.tasks[job]
                return job, task.exception()


MAX_STATUS_BYTES = 60_000
SHORTER = (  # each has: whether with chapters; how many workers; how many waiting books
    (True, None, None),
    (False, None, None),
    (False, None, 400),
    (False, 64, 100),
    (False, 8, 20),
)
MAX_JOBS = 32  # a reply that lost its chapters has no more
MAX_ENDED = 10  # finished, failed and cancelled books of a queue that is cut
MAX_REASON = 100  # characters of a title or a note of a book in a queue that is cut


def outgoing(message: Message) -> Message:
    """Return a message as it is sent."""
    return fitting(message, MAX_STATUS_BYTES) if isinstance(message, StatusReply) else message


def fitting(reply: StatusReply, max_bytes: int) -> StatusReply:
    """Return a reply in at most `max_bytes`: without chapters where it must be, then with fewer books and workers."""
    for chapters, workers, books in SHORTER:
        jobs = reply.jobs if chapters else tuple(structs.replace(job, chapters=()) for job in reply.jobs[:MAX_JOBS])
        shorter = structs.replace(reply, jobs=jobs, workers=reply.workers[:workers])
        if books is not None and reply.queue is not None:
            waiting = [book.book for book in reply.queue if book.is_to_speak]
            kept = _cut(reply.queue, {*waiting[:books]})
            shorter = structs.replace(shorter, queue=kept, more_waiting=len(waiting[books:]))
        if len(msgpack.encode(shorter)) <= max_bytes:
            break
    return shorter


def _cut(queue: Sequence[QueuedStatus], kept: set[int]) -> tuple[QueuedStatus, ...]:
    """Return these waiting books of a queue and the last ones that ended, with little about each."""
    kept |= {book.book for book in [book for book in queue if not book.is_to_speak][-MAX_ENDED:]}
    return tuple(
        structs.replace(book, title=book.title[:MAX_REASON], note=book.note[:MAX_REASON], files=book.files[:1])
        for book in queue
        if book.book in kept
    )


SLEPT_S = 1.0  # the core is called so late only after this machine slept
CATCH_UP_S = 10.0  # the longest wait for messages that came during a sleep
SAVE_INTERVAL_S = 60.0  # the run stats are saved so often
DRAIN_S = 20.0  # the longest wait for the sentences under way
FAREWELL_S = 0.3  # the last messages have so long to leave
PutBack = Callable[[str, str], bool]


# Answers one message of a user, who sends no greeting: the peer, the message and its frame.
AnswerUser = Callable[[bytes, Order | NewBook | Piece, bytes], None]
Standing = Callable[[StatusReply], StatusReply]
OnEnd = Callable[[Edition, SwarmError | None], None]

RARE_EVENTS = ("segment set aside", "latents lost")  # events that always concern a book are all shown
MAX_LINES = 200  # lines about workers that may be shown at once; one more may be shown each LINE_S
LINE_S = 2.0
TOO_MANY = "workers come, go and fail too often; not all of that is shown"
SLOW_S = 0.25  # a commit that takes longer is logged

logger = logging.getLogger(__name__)


class Server:
    """Serves jobs until all their editions are written, or until it is drained."""

    def __init__(
        self,
        core: CoordinatorCore,
        store: DiskStore,
        router: RouterSocket,
        progress: Progress,
        clock: Clock,
        on_failure: str,
        seen: SeenEngines,
        reopened: Callable[[], None] = lambda: None,
        on_end: OnEnd | None = None,
    ) -> None:
        self._core = core
        self._store = store
        self._router = router
        self._progress = progress
        self._clock = clock
        self._stop_on_failure = on_failure == "stop"
        self._outcomes: asyncio.Queue[Outcome] = asyncio.Queue()
        self._reopened = reopened  # called when a damaged clip is to be spoken again
        self._seen = seen
        self._encoding = EncodingWatch()
        self._reels = ReelDesk(core, clock, self._do, self._distrust)
        self._file_server = FileServer(store, router, self._restored, self._lost)
        self.editions: dict[str, Edition] = {}
        self._checks = CheckDesk(core, store, self.editions, clock, self._do)
        self._copies = CopyServer(store, router, self.editions, clock.now)
        self._changeable: set[str] = set()  # jobs that may get another voice while nothing is spoken
        self._put_back: dict[str, PutBack] = {}  # keys are jobs; each is called in another thread
        self._on_end = on_end  # hears how each edition ended; a server with it stays
        self.hear: Callable[[Reason], None] = lambda event: None  # is told what happens, as the user is
        self._answer_user: AnswerUser | None = None
        self._standing: Standing = lambda reply: reply
        self._writings = Writings()
        self._lines = LineRateLimiter(MAX_LINES, LINE_S, TOO_MANY)
        self._running = False
        self._draining = asyncio.Event()
        self._called = asyncio.Event()  # is set after each call of the core, whose next deadline may be another

    def serve_job(
        self, edition: Edition, put_back: PutBack = lambda job, digest: False, *, may_change_voice: bool = False
    ) -> None:
        """Serve one more job and write its edition; `put_back` puts back a job file that was lost.

        `may_change_voice`: its edition ends with VoiceGivenUp where nothing is spoken and no worker opens its voice.
        """
        job, recipe = edition.state.job, edition.state.spec.recipe
        if may_change_voice:
            self._changeable.add(job)
        self.editions[job], self._put_back[job] = edition, put_back
        edition.maker = self._reels.maker(edition.state, edition.studio)
        self._core.add_job(
            edition.state,
            install=install_hint(recipe.engine),
            fetch=fetch_line(recipe),
            run_stats=self._store.run_stats(job),
            device=device_of(recipe),
            is_compared=is_repeatable(recipe),
            reel_ends=reel_ends(edition.state) if edition.audiobook and not self._core.settings.alone else (),
        )
        if self._running:
            self._begin(job)

    def _distrust(self, worker: str) -> None:
        for edition in self.editions.values():
            edition.distrust(worker)

    async def _restored(self, job: str, digest: str) -> bool:
        done = job in self._put_back and await asyncio.to_thread(self._put_back[job], job, digest)
        if done:
            path = self._store.asset_path(job, digest)
            self._progress.note(f"{path} was gone or damaged: it is put back from its original")
        return done

    def _lost(self, job: str, digest: str) -> bool:
        """Report that a job file is gone, and tell whether it can be had again: only latents can."""
        if job not in self.editions or digest in digests_of(self.editions[job].state.spec.job_files):
            return False
        self._do(self._core.lose_latents(job, digest, self._clock.now()))
        return True

    def drain(self) -> None:
        """Grant nothing more, take in the sentences under way, then end."""
        is_idle = not any(served.ledger.leases for served in self._core.jobs.values())
        self._progress.note(leaving_text(is_idle=is_idle))
        self._draining.set()

    @property
    def is_stopping(self) -> bool:
        """Whether it was told to drain."""
        return self._draining.is_set()

    async def run(self) -> bool:
        """Serve to the end; return False if it was drained before. Raises what stopped it: StoreError, SwarmError."""
        running = (
            self._listen(),
            self._persist(),
            self._file_server.send_pieces(),
            self._copies.answer_questions(),
            self._keep_deadlines(),
        )
        loops = [asyncio.create_task(loop) for loop in (*running, self._show(), self._keep())]
        self._running = True
        for job in self.editions:
            self._begin(job)
        editions = asyncio.create_task(self._all_written())
        drained = asyncio.create_task(self._drained())
        tasks: list[asyncio.Future[Any]] = [*loops, editions, drained]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                if task.done():
                    task.result()  # the fault that ended the task is raised here
            self._do(self._core.end())
            await asyncio.sleep(FAREWELL_S)
            return editions.done()
        except Exception:
            self._say(self._core.end(failed=True))  # workers must not count on this coordinator
            await asyncio.sleep(FAREWELL_S)
            raise
        finally:
            await cancel([*tasks, *self._writings.tasks.values(), *self._reels.tasks, *self._checks.tasks])
            self._save_run_stats()
            self._progress.update(self.status())

    def _do(self, outcome: Outcome) -> None:
        """Queue what a call of the core asks for, and look at its next deadline anew."""
        self._outcomes.put_nowait(outcome)
        self._called.set()

    def _say(self, outcome: Outcome) -> None:
        for send in outcome.sends:
            message = send.message
            if isinstance(message, StatusReply):
                message = self._standing(structs.replace(message, standbys=self._copies.standbys()))
            if not self._router.send(send.peer, outgoing(message), send.frame):
                self._core.unsent(send.peer)

    # --- loops

    async def _listen(self) -> None:
        while True:
            peer, message, frame = await self._router.receive()
            if isinstance(message, Copy) or (isinstance(message, Fetch) and message.kind in ("copy", "records")):
                self._copies.take_question(peer, message)
            elif isinstance(message, Order | NewBook) or (isinstance(message, Piece) and message.kind == "book"):
                if self._answer_user is not None:
                    self._answer_user(peer, message, frame)
            elif is_part_of_clip(message, frame):
                self._take_piece(peer, message, frame)
            else:
                self._do_with(peer, frame, self._take(peer, message, frame))

    def _do_with(self, peer: bytes, frame: bytes, outcome: Outcome) -> None:
        """Queue an outcome, and have a peer wait that sends many bytes of no use."""
        self._do(outcome)
        if frame and not outcome.is_of_use:
            self._router.penalise(peer, len(frame))

    def _take_piece(self, peer: bytes, message: Clip | Piece, frame: bytes) -> None:
        """Take a piece of a clip, and the clip itself once it is whole.

        The answer to a piece does not wait for the disk, so that a slow disk is not taken for a slow link.
        """
        outcome = self._core.receive(peer, message, self._clock.now(), frame)
        if outcome.is_receipt:
            self._carry_out(outcome)
        else:
            self._do_with(peer, frame, outcome)
        if (coming := self._core.coming(peer)) and coming.file.is_whole:
            whole = bytes(coming.file.data)
            self._do_with(peer, whole, self._take(peer, coming.clip, whole))

    def _take(self, peer: bytes, message: FromWorker, frame: bytes) -> Outcome:
        fault, now = "", self._clock.now()
        if isinstance(message, Hello):
            self._seen.meet(message)
        if isinstance(message, Clip):
            message, frame, fault = check_arrival(message, frame, self._core, self._store, now)
        return self._core.receive(peer, message, now, frame, fault)

    async def _persist(self) -> None:
        while True:
            outcomes = [await self._outcomes.get()]
            while not self._outcomes.empty():
                outcomes.append(self._outcomes.get_nowait())
            entries = [entry for outcome in outcomes for entry in outcome.entries]
            if entries:
                rows = [(entry.job, entry.record, entry.frame) for entry in entries]
                began_s = self._clock.now()
                await asyncio.to_thread(self._store.commit, rows)
                self._copies.note_commit()
                if (took_s := self._clock.now() - began_s) > SLOW_S:
                    logger.debug(f"{len(rows)} records took {took_s:.2f} s to reach the disk")
            for outcome in outcomes:
                self._carry_out(outcome)
                self._outcomes.task_done()

    def _carry_out(self, outcome: Outcome) -> None:
        self._say(outcome)
        for serve in outcome.serves:
            self._file_server.ask(serve.peer, serve)
        self._reels.carry_out(outcome)
        self._checks.carry_out(outcome)
        for event in outcome.events:
            self._tell(event)
        for entry in outcome.entries:
            self._notice(entry)
        for job, epoch in outcome.overruled.items():
            if job == self._core.settings.queue:
                note_taken_over(self._store.state_dir / QUEUE, epoch)
                raise TakenOver(queue_taken_text())
            note_taken_over(self._store.folder(job), epoch)
            self._writings.fail(job, TakenOver(taken_over_text(self.editions[job].state.spec.title, job)))

    def _tell(self, event: Reason) -> None:
        """Show the user what happened; of what workers cause by coming, going and failing, not all of very much."""
        self.hear(event)
        if event.code == "cannot speak":
            self._give_up_voices()
            if self._core.hopeless():
                return  # the run ends with the same reason
        line = event_text(event)
        if event.code not in RARE_EVENTS:
            line = self._lines.allow(line, self._clock.now())
        if line:
            self._progress.note(line)

    def _give_up_voices(self) -> None:
        """End the editions that may have another voice, since every worker that is here failed to open theirs."""
        for status in self._core.status(self._clock.now()).jobs:
            job, state = status.job, self.editions[status.job].state
            why = status.reason.note if status.reason and status.reason.code == "unserved" else ""
            if why and job in self._changeable and not state.accepted and self._seen.give_up(state.spec.recipe, why):
                self._writings.fail(job, VoiceGivenUp(job, why))

    def _notice(self, entry: JournalEntry) -> None:
        record = entry.record
        if isinstance(record, SegmentQuarantined) and self._stop_on_failure:
            why = failure_text(record.why, record.note)
            raise SwarmError(f"Stopped, as --on-failure stop asks: a sentence could not be spoken ({why}).", Remedy())
        if isinstance(record, ClipAccepted | SegmentQuarantined) and (edition := self.editions.get(entry.job)):
            edition.notice_place((record.chapter, record.index))

    async def _keep_deadlines(self) -> None:
        """Call the core when it is due, and sleep until then."""
        while True:
            if why := self._core.hopeless():
                raise EnvironmentFault(f"{hopeless_text(why, install_line)} `e2a-swarm doctor` says more.")
            due_s = self._core.next_deadline()
            if self._clock.now() < due_s:
                await self._sleep_until(due_s)
                continue
            if self._clock.now() - due_s > SLEPT_S:
                await self._read_what_waits()
            self._do(self._core.tick(self._clock.now()))
            await asyncio.sleep(0)

    async def _sleep_until(self, due_s: float) -> None:
        """Sleep until this moment, or until the core is called."""
        self._called.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(None if due_s == inf else due_s - self._clock.now()):
                await self._called.wait()

    async def _read_what_waits(self) -> None:
        """After a sleep of this machine, read what was sent meanwhile before any worker is judged."""
        deadline_s = self._clock.now() + CATCH_UP_S
        while self._router.waiting() and self._clock.now() < deadline_s:
            await asyncio.sleep(0.01)

    async def _show(self) -> None:
        while True:
            self._encoding.tell(self._core, self.editions, self._clock.now())
            self._progress.update(self.status())
            await asyncio.sleep(self._progress.interval_s)

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(SAVE_INTERVAL_S)
            await asyncio.to_thread(self._save_run_stats)
            await asyncio.to_thread(self._seen.save)

    def _save_run_stats(self) -> None:
        for job, served in list(self._core.jobs.items()):
            self._store.save_run_stats(job, served.run_stats)

    async def _drained(self) -> None:
        await self._draining.wait()
        self._do(self._core.stop())
        deadline_s = self._clock.now() + DRAIN_S
        await asyncio.sleep(FAREWELL_S)
        while not self._core.quiet and self._clock.now() < deadline_s:
            await asyncio.sleep(0.1)
        await self._outcomes.join()

    # --- editions

    def _begin(self, job: str) -> None:
        self._writings.begin_writing(job, self._write(self.editions[job]))

    async def _all_written(self) -> None:
        """Wait until every edition is written; a server that stays waits for further ones. Raises what stopped one.

        What the disk or a process did to the files of one book is raised once the others are written.
        """
        first: BaseException | None = None
        while self._writings.tasks or self._on_end:
            job, fault = await self._writings.next_end()
            if self._on_end and (fault is None or isinstance(fault, SwarmError)):
                self._on_end(self.editions[job], fault)
            elif isinstance(fault, EnvironmentFault | ChildRaised) and not isinstance(fault, StoreError):
                first = first or fault
                if self._writings.tasks:
                    self._progress.note(f"{self.editions[job].state.spec.title}: {fault} The other books go on.")
            elif fault is not None:
                raise fault
        if first is not None:
            raise first

    async def drop_job(self, job: str) -> None:
        """Serve a job no more, and leave its edition as it is."""
        await self._writings.stop_writing(job)
        self._store.save_run_stats(job, self._core.jobs[job].run_stats)
        self._do(self._core.remove_job(job, self._clock.now()))
        # The other loops ask the core for each edition, so these go at once.
        del self.editions[job], self._put_back[job]
        await self._outcomes.join()
        await asyncio.to_thread(self._store.release_job, job)

    def offer_queue(self, offer: Offer) -> None:
        """Have standbys copy a queue too; `offer` is called in another thread."""
        self._copies.offer_queue(offer)

    def answer_users(self, answer_user: AnswerUser, standing: Standing) -> None:
        """Have users answered, and `standing` complete what `status` is told."""
        self._answer_user, self._standing = answer_user, standing

    def instruct(self, order: Order, may_all: bool) -> Instructed:
        """Tell the machines that an order is signed for what a user wants of them; return what became of it."""
        told = instruct(self._core.sessions.values(), order, outcome := Outcome(), may_all=may_all)
        self._do(outcome)
        return told

    def sights(self) -> list[WakeSight]:
        """Return what is seen of the workers whose owners let the swarm wake them."""
        return [sight for each in self._core.sessions.values() if (sight := each.sight())]

    def wake(self, hardware: Sequence[str]) -> None:
        """Tell all workers that machines with these addresses are woken."""
        for session in self._core.sessions.values():
            self._router.send(session.peer, Wake(tuple(hardware)[:MAX_WOKEN]))

    def pause(self, job: str, *, paused: bool) -> None:
        """Pause a job, or let it go on."""
        self._do(self._core.pause(job, self._clock.now(), paused=paused))

    def arrange(self, jobs: Sequence[str]) -> None:
        """Serve these jobs first, in this order."""
        self._do(self._core.arrange(jobs, self._clock.now()))

    def run_stats(self, job: str) -> RunStats:
        """Return what the runs of a job took so far, whether it is served or not."""
        served = self._core.jobs.get(job)
        return served.run_stats if served else self._store.run_stats(job)

    def status(self) -> StatusReply:
        """Return what the coordinator and its workers are doing."""
        reply = self._core.status(self._clock.now())
        done = {job: edition.done for job, edition in self.editions.items()}
        jobs = tuple(structs.replace(job, done=done.get(job.job, 0.0)) for job in reply.jobs)
        return worded_status(structs.replace(reply, jobs=jobs, standbys=self._copies.standbys()))

    async def _write(self, edition: Edition) -> None:
        job = edition.state.job

        def damaged(place: Place, why: str) -> None:
            self._store.discard_clip(edition.state.accepted[place].key, job)
            self._do(self._core.discard(job, *place, why, self._clock.now()))
            self._reopened()

        def measured(gain: GainFixed) -> None:
            self._do(self._core.journal(job, gain))

        if edition.state.complete:  # only standbys could say that a finished book was taken over
            await self._copies.consult(job, self._progress.note)
        if not edition.is_made:
            files = await edition.write_audiobook(
                damaged, measured, lambda: self._copies.wait_for_voters(job, self._progress.note)
            )
            await self._finish(edition, files, edition.size)
            edition.write_report(self._core)
        if addresses := await edition.deliver_files():
            assert edition.state.finished is not None
            await self._finish(edition, addresses, edition.state.finished.bytes)
        await edition.upload_files()
        edition.remove_outbox()
        await asyncio.to_thread(self._store.settle, job)
        await self._copies.hand_over(job)

    async def _finish(self, edition: Edition, files: tuple[str, ...], size: int) -> None:
        finished = JobFinished(self._clock.now(), files, size, edition.style.digest)
        self._do(self._core.journal(edition.state.job, finished))
        await self._outcomes.join()
