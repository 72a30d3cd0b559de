"""The shell of a worker: it feeds the core with messages and events, and carries out its outcomes.

It prints at times how much it has spoken, and which slots rest.
"""

import asyncio
import hashlib
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from math import inf
from typing import Any

from msgspec import structs

from swarm.audiobook.sound.frame import with_key
from swarm.errors import Outdated, StoreError
from swarm.job.clip_info import SpokenClip
from swarm.job.spec import clip_key
from swarm.lease.core_settings import WORKER_DEFAULTS, WorkerSettings
from swarm.lease.envelope import NotLeasing
from swarm.lease.file_transfer import Fetch
from swarm.lease.member_message import BadOrder, Instruct, Order, OrderGate
from swarm.lease.message import (
    Clip,
    Done,
    EngineOffer,
    FromCoordinator,
    Hello,
    Job,
    Refused,
    Wake,
    Welcome,
)
from swarm.lease.outcome import (
    Abandon,
    CancelPrefetch,
    ClipPart,
    Command,
    DropReel,
    EncodeReel,
    Expect,
    Kill,
    Load,
    Prefetch,
    Seek,
    Speak,
    Unload,
    WorkerOutcome,
)
from swarm.lease.states import LinkState
from swarm.lease.worker.asset_download import Downloads
from swarm.lease.worker.coordinator_link import other_name
from swarm.lease.worker.rest import Slumber
from swarm.lease.worker.slot import EngineSlot
from swarm.lease.worker.worker_core import WorkerCore
from swarm.net.addresses import send_magic
from swarm.net.transport import DealerSocket
from swarm.net.worker_connections import Connection, Connections, WorkerSockets
from swarm.system.event_loop import Wakefulness
from swarm.system.machine import Clock, Say
from swarm.system.text import bytes_text, count_text, duration_text, in_tens, speed_text
from swarm.voice.engine import EngineFault, FaultKind
from swarm.voice.host.registry import install_line
from swarm.watch.trace.recorder import NO_TRACE, Trace
from swarm.watch.words import files_text, lacking_text, refused_text, resting_text
from swarm.worker.clip_buffer import ClipBuffer
from swarm.worker.engine_processes import DEVICE_FAULTS, Engines
from swarm.worker.files.file_cache import FileCache, FileThread, Kept
from swarm.worker.files.peers import Peers
from swarm.worker.limit_watch import LimitWatch
from swarm.worker.reel_encoder import ReelEncoder


def keyed(clips: Sequence[SpokenClip | None], core: WorkerCore, slot: int, turn: int) -> list[SpokenClip | None]:
    """Return the clips that a slot has spoken, with their keys in them: the coordinator need not add those."""
    speaker = core.slots[slot]
    if speaker.turn != turn or not speaker.leases:
        return list(clips)
    recipe = speaker.leases[0].job.recipe
    keys = [
        clip_key(line.text, recipe, line.take + (clip.further if clip else 0))
        for line, clip in zip(speaker.lines, clips, strict=True)
    ]
    return [clip and _framed(clip, with_key(clip.frame, key)) for clip, key in zip(clips, keys, strict=True)]


def _framed(clip: SpokenClip, frame: bytes) -> SpokenClip:
    info = structs.replace(clip.info, digest=hashlib.sha256(frame).hexdigest())
    return structs.replace(clip, frame=frame, info=info)


NOTICE_INTERVAL_S = 60.0
WAKE_INTERVAL_S = 30.0  # coordinators have this machine wake others no more often
MAX_TOLD = 1000  # jobs and notes that are remembered as told


@dataclass
class PrintedLines:
    """Counts of what was spoken since the start, and what was last printed of them, and when."""

    sentences: int = 0
    audio_s: float = 0.0
    work_s: float = 0.0
    said: int = 0
    said_s: float = 0.0
    jobs: set[str] = field(default_factory=set)  # those whose sentences were spoken
    rests: dict[int, str] = field(default_factory=dict)  # the reason of each slot's rest

    def count_clip(self, clip: Clip) -> None:
        """Count a clip that was spoken."""
        self.sentences += 1
        self.jobs.add(clip.job)
        self.audio_s += clip.length_s
        self.work_s += clip.work_s

    def news(self, now: float) -> str:
        """Return a line at most once a minute; "" if nothing was spoken since the last one."""
        if self.sentences == self.said or now - self.said_s < NOTICE_INTERVAL_S:
            return ""
        return self.line(now)

    def line(self, now: float, when: str = "so far") -> str:
        """Return a line that tells how much was spoken until now."""
        self.said, self.said_s = self.sentences, now
        speed = f", {speed_text(self.audio_s / self.work_s)} real time a slot" if self.work_s else ""
        return f"spoke {count_text(self.sentences, 'sentence')} {when}, {duration_text(self.audio_s)} of sound{speed}"

    def total(self, now: float, stay_s: float) -> str:
        """Return a line that tells how much was spoken, and of how many books, while the worker stayed."""
        if not self.sentences:
            return f"spoke nothing in {duration_text(stay_s)}"
        return self.line(now, f"of {count_text(len(self.jobs), 'book')} in {duration_text(stay_s)}")

    def rest_news(self, slots: Iterable[EngineSlot], now: float) -> list[str]:
        """Return lines about the slots that rest now and did not before, and those that go on."""
        before, self.rests = self.rests, {slot.number: resting_text(slot.resting(now)) for slot in slots}
        return rest_lines(before, self.rests)


@dataclass
class ToldOnce:
    """What the user was told already and need not read again, but for what was told long ago."""

    words: dict[str, None] = field(default_factory=dict)

    def is_news(self, words: str) -> bool:
        """Return whether these words were not told yet, and count them as told."""
        if words in self.words:
            return False
        self.words[words] = None
        if len(self.words) > MAX_TOLD:
            del self.words[next(iter(self.words))]
        return True


def introduction(job: Job, downloads: Downloads) -> Iterator[str]:
    """Yield what is told of a job that is new here."""
    yield f"speaking {job.title} with {job.recipe.engine}"
    if (files := job.job_files) and not downloads.has(files):
        size = bytes_text(sum(file.size for file in files))
        yield f"first fetching {files_text(file.name for file in files)}, {size}, if it is not here already"


def rest_lines(before: Mapping[int, str], after: Mapping[int, str]) -> list[str]:
    """Return lines about rests that began or ended. Both arguments map slots to the reason of their rest, or ""."""
    news = {slot: why for slot, why in after.items() if why != before.get(slot, "")}
    return [
        _line(why, [slot for slot in news if news[slot] == why], len(after)) for why in dict.fromkeys(news.values())
    ]


def _line(why: str, slots: list[int], total: int) -> str:
    if len(slots) == total:
        return f"resting: {why}" if why else "going on"
    named = ", ".join(map(str, slots))
    if len(slots) == 1:
        return f"slot {named} rests: {why}" if why else f"slot {named} resumes"
    return f"slots {named} rest: {why}" if why else f"slots {named} resume"


DRAIN_S = 120.0  # longest wait for clips under way when the worker leaves
FAREWELL_S = 0.3  # the last messages have so long to leave the sockets


class WorkNode:
    """A running worker: it serves coordinators with the slots of one machine until it is told to leave."""

    def __init__(
        self,
        hello: Hello,
        engines: Engines,
        job_files: FileCache,
        sockets: WorkerSockets,
        clock: Clock,
        say: Say,
        limit_watch: LimitWatch,
        *,
        exit_when_done: bool = False,
        allow_sleep: bool = True,
        welcomed: Callable[[str], None] = lambda address: None,
        settings: WorkerSettings = WORKER_DEFAULTS,
        trace: Trace = NO_TRACE,
        peer_bind: str | None = None,
        slumber: Slumber | None = None,
    ) -> None:
        """`welcomed` hears the address of each coordinator that welcomes this worker; `peer_bind` is as in `Peers`."""
        self.core = trace.watch("worker", WorkerCore(hello, settings), hello=hello, settings=settings)
        self.engines = engines
        self._file_thread = FileThread(job_files, self._kept)
        self._told_once = ToldOnce()  # remembers jobs and notes
        self.unable = False  # True if an engine failed to open since the last announcement
        self._sockets = sockets
        self._gate = OrderGate(hello.run)
        self.clock = clock
        self._say = say
        self._exit_when_done = exit_when_done
        self._welcomed = welcomed
        self._reels = ReelEncoder(job_files.scratch_root, hello.encoders, stands_back=engines.stand_back)
        self._clip_buffer = ClipBuffer(job_files.scratch_root, say, self.core.note_full)
        self._notices = PrintedLines(said_s=clock.now())
        self.connections = Connections(say)
        self._peers = Peers(
            sockets,
            self.core,
            clock,
            bind=peer_bind,
            connections=self.connections,
            files=self._file_thread,
            carry_out=self.carry_out,
            start=self._start,
            say=say,
        )
        self._aliases: dict[str, str] = {}  # other names of coordinators that are served already
        self._tasks: set[asyncio.Task[None]] = set()
        self._leaving = asyncio.Event()
        self._closed = False
        self._left_for = NotLeasing.DRAINED
        self._failure: BaseException | None = None
        self._outdated: Outdated | None = None
        self._wakefulness = Wakefulness(allow_sleep=allow_sleep)
        self._limit_watch = limit_watch
        self._slumber = slumber  # the swarm may wake this machine, which sleeps again afterwards
        self._waked_s = -inf  # this machine last woke others then

    # --- coordinators

    def serve_coordinator(self, name: str, addresses: Sequence[str]) -> None:
        """Serve the coordinator at these addresses as soon as it is in reach. Raises EnvironmentFault."""
        if name in self._aliases or self._closed:
            return
        connection = self.connections.get(name)
        if connection is None:
            socket = self._sockets.dial(lambda: self._changed(name))
            connection = Connection(socket, self._start(self._listen(name, socket)), lost_s=self.clock.now())
            self.connections[name] = connection
        connection.socket.connect(addresses)

    def forget_coordinator(self, name: str) -> None:
        """Forget a coordinator that is gone for good."""
        connection = self.connections.pop(name, None)
        if connection is not None and not self._closed:  # coordinators are looked for until this worker has ended
            connection.task.cancel()
            connection.socket.close()
            self.carry_out(self.core.forget(name, self.clock.now()))

    def has_proven(self, name: str) -> bool:
        """Return whether the coordinator of this name was ever connected, under whichever name."""
        return name in self._aliases or (name in self.connections and self.connections[name].proven)

    def abandoned(self, after_s: float) -> list[str]:
        """Return the coordinators that are out of reach for over `after_s` seconds, and have no lease here."""
        holding = {lease.link for slot in self.core.slots for lease in slot.leases}
        return self.connections.abandoned(self.clock.now(), after_s, holding)

    def _changed(self, name: str) -> None:
        connection, now = self.connections[name], self.clock.now()
        self.connections.hear_refusal(connection)
        if connection.socket.connected == connection.connected:
            return
        connection.connected, connection.lost_s = connection.socket.connected, now
        connection.proven = connection.proven or connection.connected
        if not connection.connected:
            if connection.coordinator:
                self._say(f"{connection.coordinator} is out of reach; clips for it are kept")
                connection.coordinator = ""
            self._aliases = {alias: first for alias, first in self._aliases.items() if first != name}
        out = self.core.connect(name, now) if connection.connected else self.core.disconnect(name, now)
        self.carry_out(out)

    async def _listen(self, name: str, socket: DealerSocket) -> None:
        while True:
            message, frame = await socket.receive()
            await self._peers.heard(name, message)
            self._announce(name, message)
            self.carry_out(self.core.receive(name, message, self.clock.now(), frame))
            if self._exit_when_done and self._is_done():
                self.drain_node()

    def _is_done(self) -> bool:
        """Return whether every coordinator in reach has ended, and none of them by a fault."""
        links = [link for link in self.core.links.values() if self.connections[link.name].connected]
        return all(link.state is LinkState.ENDED and not link.failed for link in links)

    def _announce(self, name: str, message: FromCoordinator) -> None:
        if isinstance(message, Welcome):
            if first := other_name(self.core.links.values(), message.coordinator, name):
                self._aliases[name] = first
                asyncio.get_running_loop().call_soon(self.forget_coordinator, name)
                return
            connection = self.connections[name]
            if connection.coordinator != message.name:  # each `Hello` is answered, so a second `Welcome` may come
                connection.coordinator = message.name
                self._tell(name, f"serving {message.name} at {connection.socket.address}")
                self._welcomed(connection.socket.address)
        elif isinstance(message, Done):
            self._farewell(name, message)
        elif isinstance(message, Job):
            self._introduce(name, message)
        elif isinstance(message, Instruct):
            self._tell(name, self._obey(message.order))
        elif isinstance(message, Wake):
            self._wake(name, message.hardware)
        elif isinstance(message, Refused):
            self._tell(name, f"{self.connections[name].socket.address} refused this worker: {refused_text(message)}")

    def _wake(self, name: str, hardware: Sequence[str]) -> None:
        """Take in that this machine was woken, or wake others from the networks that it is in."""
        now = self.clock.now()
        if self._slumber and self._slumber.is_woken(hardware, self.core.woke_s, now):
            self._tell(name, "this machine was woken for the books that wait there")
        elif now - self._waked_s > WAKE_INTERVAL_S:
            self._waked_s = now
            self._start(asyncio.to_thread(send_magic, hardware))

    def _obey(self, order: Order) -> str:
        """Do what a user wants of this machine, if that user may, whatever the coordinator says; return a line."""
        try:
            who = self._sockets.user_of(signer := self._gate.signer_of(order))
            if not self.core.hello.is_called(order.target):
                raise BadOrder(f"it is for {order.target}")
        except BadOrder as fault:
            return f"an order to {order.action} is not obeyed: {fault}"
        self._gate.take(order)
        return self._limit_watch.take_order(order, who, self.drain_node, own=signer == self.core.hello.key)

    def _tell(self, name: str, line: str) -> None:
        self.connections.tell(name, line, self.clock.now())

    def _introduce(self, name: str, job: Job) -> None:
        """Tell the user once about a job; coordinators send it again whenever it needs more files."""
        if self._told_once.is_news(job.job):
            for line in introduction(job, self.core.fetched.downloads):
                self._tell(name, line)

    def _kept(self, digest: str, kept: Kept) -> None:
        if kept.note:
            self._say_once(f"cannot fetch a file of the voice: {kept.note}; trying on", f"{digest} {kept.note}")
        self.carry_out(self.core.kept(digest, kept.have, self.clock.now(), kept.note, unfit=kept.unfit))
        self._peers.moved()

    async def _serve(self, name: str, fetch: Fetch) -> None:
        """Send a piece that a coordinator asked for. If it cannot be sent, the coordinator asks for it again."""
        if fetch.kind == "reel":
            answer = await asyncio.to_thread(self._reels.read_piece, fetch, self.core.piece_bytes(name))
            if answer and name in self.connections:
                self.connections[name].socket.send(*answer)
            return
        piece, frame = await self._file_thread.read_piece(fetch, shared=False)
        if not piece.total:
            self.carry_out(self.core.lost(fetch.digest, self.clock.now()))
        elif frame and name in self.connections:
            self.connections[name].socket.send(piece, frame)

    def _say_once(self, words: str, name: str = "") -> None:
        if self._told_once.is_news(name or words):
            self._say(words)

    def _farewell(self, name: str, done: Done) -> None:
        if (lack := lacking_text(done, install_line)) and self._told_once.is_news(lack):
            self._tell(name, lack)
        if done.final and (who := self.connections.bid_farewell(name, failed=done.failed)):
            how = "stopped with books unfinished; waiting for it or another one" if done.failed else "has ended"
            self._tell(name, f"{who} {how}; {self._notices.line(self.clock.now())}")

    def total(self, stay_s: float) -> str:
        """Return a line that tells how much was spoken while the worker stayed."""
        return self._notices.total(self.clock.now(), stay_s)

    def announce(self, engines: tuple[EngineOffer, ...]) -> None:
        """Announce the engines of this machine again; an engine that did not open may then be tried again."""
        self.unable = False
        self.carry_out(self.core.announce(engines, self.clock.now()))

    # --- the core's outcomes

    def carry_out(self, out: WorkerOutcome) -> None:
        """Do what the core wants done."""
        for clip, frame in out.kept:
            self._notices.count_clip(clip)
            self._clip_buffer.keep_clip(clip, frame)
        for clip in out.dropped:
            self._clip_buffer.drop(clip)
        for command in out.commands:
            self._order(command)
        for name, message in out.messages:
            if name not in self.connections:
                self._peers.ask_named_peer(name, message)
            elif not self.connections[name].socket.send(message):
                self.core.unsaid(name)
        for digest, offset, data in out.pieces:
            self._file_thread.write(digest, offset, data)
        for name, fetch in out.serves:
            self._start(self._serve(name, fetch))
        for name, clip in out.clips:
            if not self.core.serves(name):
                continue  # the clips are offered again after the next `Hello`
            connection = self.connections.get(name)
            if not connection or not connection.socket.send(clip, self._clip_buffer.get(clip)):
                self.core.unsent(name, clip)
        self._send_parts(out.parts)

    def _send_parts(self, parts: Sequence[tuple[str, ClipPart]]) -> None:
        stuck: set[str] = set()
        for name, part in parts:
            frame = self._clip_buffer.get(part.clip)[part.offset : part.offset + part.length]
            if name in stuck or name not in self.connections or not self.core.serves(name):
                self.core.unsent_part(name, part)
            elif not self.connections[name].socket.send(part.message, frame):
                self.core.unsent_part(name, part)
                stuck.add(name)

    def _order(self, command: Command) -> None:
        match command:
            case Kill(slot=slot):
                self._say(f"slot {slot}: its engine made no progress and is started afresh")
                self.engines.kill(slot)
            case Unload(slot=slot, at_once=True):
                self.engines.kill(slot)
            case Unload(slot=slot):
                self._start(self.engines.unload(slot))
            case Seek(digest=digest, size=size):
                self._file_thread.seek(digest, size, frozenset(self.core.fetched.downloads.items))
            case Abandon(digest=digest):
                self._file_thread.abandon(digest)
            case Expect():
                self._file_thread.expect(command.digest, command.first, command.digests)
            case Load():
                self._start(self._load(command))
            case Speak():
                self._start(self._speak(command, self.engines.speak(command.slot, command.batch)))
            case Prefetch():
                self.engines.prefetch(command.slot, command.batch)
            case CancelPrefetch(slot=slot):
                self.engines.cancel_prefetch(slot)
            case EncodeReel():
                self._start(self._encode(command))
            case DropReel(digest=digest):
                self._reels.drop_reel(digest)

    async def _encode(self, command: EncodeReel) -> None:
        made = await self._reels.encode_reel(command, self._clip_buffer.get)
        self.carry_out(self.core.encoded(command.link, made, self.clock.now()))

    async def _load(self, load: Load) -> None:
        try:
            folder = await self._file_thread.gather(load.job_files, load.slot)
        except StoreError as fault:
            self.carry_out(self.core.unable(load.slot, load.turn, str(fault), self.clock.now(), mislaid=True))
            return
        try:
            async with self._peers.at_hand(load, tell := partial(self._progressed, load)):
                made = await self.engines.load(load.slot, load.recipe, folder, listen=tell)
            latents, batch = await self._file_thread.keep_latents(made), self.engines.batch(load.slot)
        except Outdated as fault:
            self.carry_out(self.core.unable(load.slot, load.turn, str(fault), self.clock.now()))
            self._outdated = fault
            self._say("e2a-swarm was upgraded: this worker finishes the sentences under way, and asks to be restarted")
            self.drain_node()
        except StoreError as fault:
            await self.engines.unload(load.slot)
            self.carry_out(self.core.unable(load.slot, load.turn, str(fault), self.clock.now()))
        except EngineFault as fault:
            await self.engines.unload(load.slot)
            self.carry_out(self._not_opened(load, fault))
        else:
            self.carry_out(self.core.opened(load.slot, load.turn, self.clock.now(), latents, batch))

    def _not_opened(self, load: Load | Speak, fault: EngineFault) -> WorkerOutcome:
        if fault.kind in DEVICE_FAULTS:
            cause = NotLeasing.MEMORY if fault.kind is FaultKind.MEMORY else NotLeasing.LOST
            return self.core.step_back(load.slot, load.turn, cause, str(fault), self.clock.now())
        self.unable = True
        self._say_once(f"slot {load.slot}: {fault}")
        return self.core.unable(load.slot, load.turn, str(fault), self.clock.now())

    def _progressed(self, load: Load, words: str) -> None:
        self._say_once(words, in_tens(words))
        self.core.note_progress(load.slot, load.turn, words, self.clock.now())

    async def _speak(self, speak: Speak, speaking: "asyncio.Task[list[SpokenClip | None]]") -> None:
        process = self.engines.process(speak.slot)
        try:
            clips = keyed(await speaking, self.core, speak.slot, speak.turn)
        except EngineFault as fault:
            if fault.kind in (FaultKind.CRASHED, FaultKind.UNAVAILABLE, *DEVICE_FAULTS):
                await self.engines.unload(speak.slot, process)  # a fresh process may already have replaced it
            if fault.kind in DEVICE_FAULTS:
                self._say(f"slot {speak.slot}: {fault}")
            if fault.kind is FaultKind.UNAVAILABLE:  # the voice of a character is not here
                out = self._not_opened(speak, fault)
            else:
                out = self.core.failed(speak.slot, speak.turn, fault.kind, str(fault), self.clock.now())
        else:
            out = self.core.spoken(speak.slot, speak.turn, clips, self.clock.now())
        self.carry_out(out)

    def _start(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._failure = task.exception()
            self._leaving.set()

    # --- run and leave

    def drain_node(self, cause: NotLeasing = NotLeasing.DRAINED) -> None:
        """Begin to leave: `run` finishes and sends the sentences under way, then ends."""
        self._left_for = cause
        self._leaving.set()

    async def serve_coordinators(self) -> None:
        """Serve until `leave` is called, then drain. Raises the exception of a loop that failed."""
        self._limit_watch.start()
        beats, carrying = self._start(self._beat()), self._start(self._file_thread.run())
        try:
            await self._leaving.wait()
            if self._failure is None:
                await self._drain()
        finally:
            beats.cancel()
            carrying.cancel()
            await self._close()
        if failure := self._failure or self._outdated:
            raise failure

    async def _beat(self) -> None:
        try:
            while True:
                self._look_at_devices()
                await self._peers.tidy_peers()
                await self._reels.end_idle()
                self.carry_out(self.core.beat(self.clock.now()))
                for line in self._notices.rest_news(self.core.slots, self.clock.now()):
                    self._say(line)
                self._wakefulness.turn(any(slot.leases for slot in self.core.slots))
                if news := self._notices.news(self.clock.now()):
                    self._say(news)
                await asyncio.sleep(self.core.beat_s)
        finally:
            self._wakefulness.turn(False)  # the task that turned it on must turn it off

    def _look_at_devices(self) -> None:
        now, limit_watch = self.clock.now(), self._limit_watch
        busy = [slot.number for slot in self.core.slots if slot.busy]
        around, slumber = limit_watch.around, self._slumber
        self.core.observe(limit_watch.apply_readings(busy), slumber.wakeable(around) if slumber else None)
        if slumber and limit_watch.can_suspend and slumber.may_sleep(around, now, working=not self.core.drained):
            self._say("no work is left, and nobody uses this machine: it sleeps again")
            limit_watch.suspend()
        if lost := limit_watch.lost():
            names = ", ".join(dict.fromkeys(self.engines.devices[slot] for slot in lost))
            self.carry_out(self.core.lose(lost, f"{names} fell off the bus: restart the machine", now))
        self.carry_out(self.core.limit(limit_watch.hindrances(self.engines.pids, now), now))
        limit_watch.settle()

    async def _drain(self) -> None:
        self.carry_out(self.core.drain(self.clock.now(), self._left_for))
        deadline_s = self.clock.now() + DRAIN_S
        while not self.core.drained and self.clock.now() < deadline_s:
            await asyncio.sleep(0.05)
        self.carry_out(self.core.leave())
        await asyncio.sleep(FAREWELL_S)

    async def _close(self) -> None:
        self._closed = True
        for connection in self.connections.values():
            connection.task.cancel()
            connection.socket.close()
        self._peers.leave_peers()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._limit_watch.stop_watching()
        await self.engines.end_engines()
        await self._reels.close_encoder()
        self._clip_buffer.remove_clip_files()
        self._file_thread.end_file_thread()
