"""A coordinator from start to end: books become jobs, jobs are served, audiobooks are written."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress

from swarm import __version__
from swarm.audiobook.edition import Edition, release_names
from swarm.audiobook.sound.studio import Studio
from swarm.config import CoordinateConfig, RenderConfig
from swarm.coordinator.books import Books, free_names
from swarm.coordinator.listener import Listener
from swarm.coordinator.machine_orders import MachineOrders, MemberAdmin
from swarm.coordinator.seen_engines import SeenEngines, note_speed
from swarm.coordinator.serve import Server, outgoing
from swarm.errors import (
    EXIT_BOOK,
    EXIT_DONE,
    EXIT_GAPS,
    EXIT_INTERRUPTED,
    EngineUnknown,
    SwarmError,
    TakenOver,
    UsageError,
)
from swarm.job.store.store import DiskStore
from swarm.lease.coordinator.coordinator_core import CoordinatorCore
from swarm.lease.core_settings import Settings
from swarm.lease.envelope import Reason
from swarm.lease.member_message import NewBook, Obeyed, Order
from swarm.lease.message import PROTOCOL, FromCoordinator, FromWorker, Hello, JobStatus, Status, StatusReply
from swarm.net.transport import RouterSocket
from swarm.system.capacity import default_cpu_slots
from swarm.system.event_loop import awake, draining
from swarm.system.machine import Clock, Say, machine_name, new_nonce
from swarm.system.platform import few_arenas
from swarm.system.text import count_text
from swarm.voice.host.default_voice import VoiceGivenUp, WorkerAwaited
from swarm.voice.host.registry import engine_for, recipe_card
from swarm.watch.progress import Progress
from swarm.watch.service import Service
from swarm.watch.trace.recorder import NO_TRACE, Trace

REMINDER_S = 60.0  # a line says so often how the wait goes
MAX_NAMED_ENGINES = 10  # engines in one line


def is_known(engine: str) -> bool:
    """Tell whether a word of --tts-engine means an engine that is here, or that a worker offered before."""
    try:
        return not engine or bool(engine_for(engine))
    except EngineUnknown:
        return False


async def wait_for_engine(config: RenderConfig, router: RouterSocket, seen: SeenEngines, say: Say) -> None:
    """Listen until a worker offers the engine of a command, or any worker comes if no engine is named.

    Workers get no answer, so they go on greeting; the coordinator that follows welcomes them. Users get one.
    """
    if config.engine:
        say(_opening(config.engine))
    present: dict[str, Hello] = {}
    reminder = asyncio.create_task(_remind(config.engine, present, say))
    try:
        while not (is_known(config.engine) if config.engine else present):
            peer, message, _ = await router.receive()
            if answer := _answer(config, message):
                router.send(peer, outgoing(answer))
            elif isinstance(message, Hello):
                present[message.worker] = message
                seen.meet(message)
    finally:
        reminder.cancel()
    seen.save()
    if config.engine:
        say(f"a worker has the engine {config.engine}")


def _opening(engine: str) -> str:
    """Return the line that begins the wait, with the engines that are known, as the word may be misspelled."""
    try:
        engine_for(engine)
    except UsageError as fault:
        return f"{fault} Waiting for a worker that has it"
    return ""


async def _remind(engine: str, present: dict[str, Hello], say: Callable[[str], None]) -> None:
    """Say from time to time that no worker has the engine, and which engines they have."""
    while True:
        await asyncio.sleep(REMINDER_S)
        names = sorted({offer.name for hello in present.values() for offer in hello.engines})
        if not engine:
            say("no worker came yet; still waiting")
            continue
        theirs = f"; their engines are {', '.join(names[:MAX_NAMED_ENGINES])}" if names else ""
        workers = f"none of {len(present)} workers has" if present else "no worker came that has"
        say(f"{workers} the engine {engine}{theirs}; still waiting")


def _answer(config: RenderConfig, message: FromWorker) -> FromCoordinator | None:
    """Return what a user is told who asks or orders something; None for a worker's message."""
    lack = f"a worker that has the engine {config.engine}" if config.engine else "a first worker"
    busy = f"The coordinator waits for {lack}; it takes no orders until then."
    match message:
        case Status():
            return _standing(config)
        case Order() | NewBook():
            return Obeyed(False, busy)
        case _:
            return None


def _standing(config: RenderConfig) -> StatusReply:
    """Return the answer to `status`: each book waits for the engine."""
    books = tuple(
        JobStatus(
            job="",
            title=path.stem[:200],
            engine=config.engine,
            state="waiting",
            segments=0,
            accepted=0,
            missing=0,
            characters=0,
            characters_left=0,
            audio_s=0.0,
            elapsed_s=0.0,
            eta_s=None,
            chapters=(),
            reason=Reason("no engine", engine=config.engine) if config.engine else Reason("no worker"),
        )
        for path in config.books
    )
    return StatusReply(new_nonce(), machine_name(), __version__, 0, books, (), protocol=PROTOCOL)


MAX_NAMED = 5  # audiobooks of earlier runs; a folder may have hundreds
GRACE_S = 1.0  # nothing is granted for so long after a restart: returning workers first say what they hold


class Coordination:
    """The books of one command, their jobs and editions."""

    def __init__(
        self, config: RenderConfig, progress: Progress, trace: Trace = NO_TRACE, seen: SeenEngines | None = None
    ) -> None:
        few_arenas()
        self.trace = trace
        self.config = config
        self.progress = progress
        self.clock = Clock()
        self._began_s = self.clock.now()
        self.store = DiskStore(config.state_dir)
        free_names(self.store, config.output_dir)
        self.seen_engines = seen or SeenEngines(config.state_dir)
        self.studio = Studio(config.state_dir / "log", default_cpu_slots(), lambda: not self.is_spoken)
        self.books = Books(config, self.store, self.studio, self.clock, progress.note)
        self.editions = self.books.editions
        self.invitation: Callable[[], None] | None = None

    @property
    def epoch(self) -> int:
        """The largest epoch of all jobs; 0 before they are opened."""
        return max((edition.state.epoch for edition in self.editions), default=0)

    async def serve(self, router: RouterSocket, grace_s: float, *, alone: bool, share: float = 0.0) -> int:
        """Serve the jobs until all is written; return the exit code. `share` is compared. Raises what stopped it."""
        if self.is_done:
            return self.end_at_once()
        ready = self._ready_lines()
        pending = [edition for edition in self.editions if not edition.is_finished]
        settings = Settings(
            coordinator=new_nonce(),
            name=machine_name(),
            version=__version__,
            epoch=self.epoch,
            min_workers=self.config.min_workers,
            grace_s=grace_s,
            alone=alone,
            encoders=self.studio.encoders,
            trusts=router.authenticator is not None,
            cross_check=share,
            secret=new_nonce(),
        )
        now = self.clock.now()
        core = self.trace.watch("coordinator", CoordinatorCore(settings, now), settings=settings, started_s=now)
        output = self.progress, self.clock, self.config.on_failure
        server = Server(core, self.store, router, *output, self.seen_engines, self.call_workers)
        members = MemberAdmin(self.config.state_dir, is_open=router.authenticator is None)
        orders = MachineOrders(router, server.instruct, members, server.status)
        server.answer_users(orders.answer_user, members.complete)
        for edition in pending:
            server.serve_job(edition, self.books.put_back, may_change_voice=self.books.may_change_voices)
        with draining(server.drain), awake(allow_sleep=self.config.allow_sleep):
            try:
                ended = await server.run()
            finally:
                await self.studio.close_studio()
        if not ended:
            self.progress.end_progress("interrupted; run the same command again to resume")
            return EXIT_INTERRUPTED
        closing = [line for edition in pending for line in edition.closing_lines()]
        self.progress.end_progress(*ready, *closing, *self._left_out())
        return self._exit_code(pending)

    @property
    def is_done(self) -> bool:
        """Whether every book was finished by an earlier run."""
        return all(edition.is_finished for edition in self.editions)

    @property
    def is_spoken(self) -> bool:
        """Whether no sentence of any book is left to speak."""
        return all(edition.state.complete for edition in self.editions)

    def call_workers(self) -> None:
        """Tell the user once how workers join, if this command takes workers."""
        if self.invitation:
            self.invitation()
        self.invitation = None

    def end_at_once(self) -> int:
        """Say that nothing is left to do, and return the exit code."""
        self.progress.end_progress(*self._ready_lines(), *self._left_out())
        return self._exit_code([])

    def _ready_lines(self) -> list[str]:
        finished = [edition for edition in self.editions if edition.is_finished]
        names = [edition.whereabouts for edition in finished if not edition.state.spec.unspoken]
        undoubted = [f"{title}: no sentence is doubtful; nothing is spoken again" for title in self.books.undoubted]
        if len(names) > MAX_NAMED:
            return [f"{len(names)} audiobooks are finished already", *undoubted]
        gaps = [
            f"{edition.whereabouts} was written already, with gaps: its voice cannot speak "
            f"{count_text(edition.state.spec.unspoken, 'sentence')}"
            for edition in finished
            if edition.state.spec.unspoken
        ]
        return [*(f"{name} is finished already; nothing is left to do" for name in names), *gaps, *undoubted]

    def _left_out(self) -> list[str]:
        return [f"left out: {fault}" for fault in self.books.unread]

    def _exit_code(self, written: list[Edition]) -> int:
        silent = any(edition.state.spec.unspoken for edition in self.editions)
        gaps = silent or any(edition.state.quarantined for edition in written)
        return EXIT_BOOK if self.books.unread else EXIT_GAPS if gaps else EXIT_DONE

    def _note_speeds(self) -> None:
        """Keep how fast this run spoke, for `voices`."""
        for state in (edition.state for edition in self.editions):
            spoken = [clip for clip in state.accepted.values() if clip.accepted_s >= self._began_s and clip.work_s > 0]
            sound_s, work_s = sum(clip.length_s for clip in spoken), sum(clip.work_s for clip in spoken)
            with suppress(SwarmError):  # the engine of the job may be gone by now
                note_speed(self.config.state_dir, recipe_card(state.spec.recipe).title, sound_s, work_s)

    def release_jobs(self, kind: type[BaseException] | None, failure: BaseException | None, trace: object) -> None:
        """Let go of the jobs; remove those that a failed command began and spoke nothing of."""
        self.progress.end_progress()
        if self.books.workers:  # else the only worker was that of this very process
            self.seen_engines.save()
        self._note_speeds()
        forsaken = self.store.forsake() if isinstance(failure, SwarmError) else []
        if isinstance(failure, VoiceGivenUp) and failure.job not in forsaken:  # an earlier run began it
            self.store.remove_jobs([failure.job])
            forsaken.append(failure.job)
        release_names(self.editions if not isinstance(failure, TakenOver) else (), forsaken)
        self.store.close()


async def coordinate(config: CoordinateConfig, progress: Progress, service: Service, trace: Trace = NO_TRACE) -> int:
    """Serve books to the swarm; return the exit code. Raises SwarmError."""
    seen = SeenEngines(config.render.state_dir)
    while True:
        with suppress(VoiceGivenUp):  # the books are opened again, and that one gets the next best voice
            return await _coordinate(config, progress, service, trace, seen)


async def _coordinate(
    config: CoordinateConfig, progress: Progress, service: Service, trace: Trace, seen: SeenEngines
) -> int:
    async with AsyncExitStack() as stack:
        coordination = Coordination(config.render, progress, trace, seen)
        stack.push(coordination.release_jobs)
        coordination.books.workers = coordination.seen_engines
        listener = None
        if not is_known(config.render.engine):
            listener = await _open_listener(config, coordination, service, stack)
            await wait_for_engine(config.render, listener.router, coordination.seen_engines, progress.note)
        try:
            coordination.books.open()
        except WorkerAwaited as fault:
            progress.note(str(fault))
            listener = listener or await _open_listener(config, coordination, service, stack)
            await wait_for_engine(config.render, listener.router, coordination.seen_engines, progress.note)
            coordination.books.open()
        if coordination.is_done:  # a finished book needs no worker and no key
            async with service.ready():
                return coordination.end_at_once()
        listener = listener or await _open_listener(config, coordination, service, stack)
        resumed = any(edition.state.epoch > 1 for edition in coordination.editions)
        grace_s = GRACE_S if resumed else 0.0
        return await coordination.serve(listener.router, grace_s, alone=False, share=config.cross_check)


async def _open_listener(
    config: CoordinateConfig, coordination: Coordination, service: Service, stack: AsyncExitStack
) -> Listener:
    """Listen for workers, and tell the user and the network where. Raises EnvironmentFault."""
    listener = Listener(config, coordination.progress.note)
    stack.push_async_callback(listener.stop_listening)
    coordination.invitation = listener.invite
    if not (coordination.editions and coordination.is_spoken):
        coordination.call_workers()
    await listener.announce(coordination.epoch)
    await stack.enter_async_context(service.ready())
    return listener
