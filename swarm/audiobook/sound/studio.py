"""The child processes of a coordinator that encode reels and put files together, shared by all its books.

They are started when first needed, asked with a timeout, shared in turns, and tried again when a process dies."""

import asyncio
import logging
import time
from collections import OrderedDict, defaultdict, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from swarm.audiobook.sound.format import Coding, Level
from swarm.audiobook.sound.reel_file import ReelDamaged
from swarm.audiobook.sound.studio_request import (
    MAX_COVER_BYTES,
    AudiobookDone,
    AudiobookRequest,
    Mark,
    MeasuredGain,
    ReelDone,
    ReelRequest,
    fault_in,
    from_message,
    to_message,
)
from swarm.errors import EnvironmentFault, Remedy
from swarm.system.child import ONE_THREAD, Child, ChildDied

MAX_START_S = 10.0  # a first process that takes longer hangs, and is waited for no more


class Processes:
    """Child processes by their module. Each one that is taken is given back, or ended."""

    def __init__(self, log_dir: Path, words: Sequence[str] = ()) -> None:
        self._log_dir = log_dir
        self._words = words  # each command line ends with these
        self.running: dict[Child, str] = {}
        self._idle: defaultdict[str, list[Child]] = defaultdict(list)
        self._changed = asyncio.Event()  # another one whenever a process is given back or ended
        self._began_s: dict[Child, float] = {}  # only processes that have not yet done their first work are here
        self._first_s: dict[str, float] = {}  # from the start of the first process to the end of its first work
        self._ready_s: dict[str, float] = {}  # when that was
        self._waited_s: defaultdict[str, float] = defaultdict(float)  # since then, or since a process was started

    async def take_process_soon(self, module: str) -> Child:
        """Return an idle process of this module, or one that is idle soon, or start one. Raises EnvironmentFault.

        Another process is started when callers have since waited, in all, as long as the first one took for its
        start and its first work. So a short book needs one process, and a backlog has several soon.
        """
        while (left_s := self._patience_s(module)) > 0:
            began_s = _now_s()
            with suppress(TimeoutError):
                async with asyncio.timeout(left_s):
                    await self._changed.wait()
            self._waited_s[module] += _now_s() - max(began_s, self._ready_s.get(module, 0.0))
        return await self.take_process(module)

    async def take_process(self, module: str) -> Child:
        """Return an idle process of this module, or start one. Raises EnvironmentFault."""
        idle = self._idle[module]
        while idle:
            child = idle.pop()
            if child.alive:
                return child
            self.running.pop(child, None)
        child = Child()
        await child.start_child(module, self._words, self._log_dir / f"{module.rsplit('.', 1)[-1]}.log", ONE_THREAD)
        self.running[child] = module
        self._waited_s[module] = 0.0
        self._began_s[child] = _now_s()
        return child

    def give_process_back(self, child: Child) -> None:
        """Keep a process until it is taken again."""
        if module := self.running.get(child):  # not after end() or close()
            self._idle[module].append(child)
            began_s = self._began_s.pop(child, 0.0)
            if module not in self._first_s:
                self._first_s[module], self._ready_s[module] = _now_s() - began_s, _now_s()
                self._waited_s[module] = 0.0
        self._tell_change()

    def numbers(self) -> frozenset[int]:
        """Return the numbers that the system gave to those that run."""
        return frozenset(child.pid for child in self.running)

    async def end_process(self, child: Child) -> None:
        """End a process that was taken."""
        self.running.pop(child, None)
        self._began_s.pop(child, None)
        self._tell_change()
        await child.end_child()

    async def end_idle(self) -> None:
        """End the processes that have nothing to do."""
        idle = [child for children in self._idle.values() for child in children]
        self._idle.clear()
        await asyncio.gather(*map(self.end_process, idle))

    async def end_processes(self) -> None:
        """End all processes."""
        self._idle.clear()
        await asyncio.gather(*map(self.end_process, list(self.running)))

    def _patience_s(self, module: str) -> float:
        """Return how long to wait for a process of this module that is busy, before another one is started."""
        if module not in self.running.values() or any(child.alive for child in self._idle[module]):
            return 0.0
        return self._first_s.get(module, MAX_START_S) - self._waited_s[module]

    def _tell_change(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()


def _now_s() -> float:
    return asyncio.get_running_loop().time()


async def ask(child: Child, message: dict[str, Any], timeout_s: float) -> dict[str, Any]:
    """Call a process, and kill it if it exceeds the timeout.

    Raises ChildDied and ChildRaised, EnvironmentFault if the disk fails, and ReelDamaged if the reply names a reel.
    """
    try:
        async with asyncio.timeout(timeout_s):
            reply = await child.call(message)
    except TimeoutError:
        child.kill_child()
        raise ChildDied(f"A process of ours did not answer for {timeout_s:g} s.") from None
    if fault := fault_in(reply):
        raise fault
    if "damaged" in reply:
        raise ReelDamaged(Path(reply["damaged"]), reply["why"])
    return reply


MAX_DEATHS = 2  # work waits after so many processes in a row died over it
RETRY_S = 30.0  # work over which processes died is tried again after this time: memory may be free by then
MAX_DOUBLINGS = 2  # this time is doubled so often, with each further death
LOOK_S = 0.5  # work that waits looks so often whether all is spoken by now

logger = logging.getLogger(__name__)
Answer = TypeVar("Answer")


class Retry:
    """Does work again if processes die over it.

    After two deaths the work waits for a while, and is then tried by one process at a time: again and again while
    `is_speaking` tells that some book is still being spoken, else once. `relieve` ends idle processes, so that memory
    is free for it.
    """

    def __init__(self, is_speaking: Callable[[], bool], relieve: Callable[[], Awaitable[None]]) -> None:
        self._is_speaking = is_speaking
        self._relieve = relieve
        self._alone = asyncio.Lock()

    async def insist(
        self,
        work: Callable[[], Awaitable[Answer]],
        waits: Callable[[], None] = lambda: None,
        pause: Callable[[], AbstractAsyncContextManager[None]] = nullcontext,
    ) -> Answer:
        """Do work in a process, and again if processes die over it; call `waits` before each wait in a `pause`.

        Raises EnvironmentFault.
        """
        deaths = 0
        while True:
            try:
                if deaths < MAX_DEATHS:
                    return await work()
                async with self._alone:
                    return await work()
            except ChildDied as death:
                deaths += 1
                if deaths >= MAX_DEATHS:
                    waits()
                    async with pause():
                        await self._wait(death, deaths)

    async def _wait(self, death: ChildDied, deaths: int) -> None:
        """Wait before another try, less long if all is spoken meanwhile.

        Raises EnvironmentFault after the last try, if all is spoken.
        """
        was_speaking = self._is_speaking()
        if deaths > MAX_DEATHS and not was_speaking:
            raise EnvironmentFault(
                f"A process that makes the audiobook ended three times: {death}",
                Remedy("free some memory", kept="nothing that was spoken is lost"),
            ) from death
        pause_s = RETRY_S * 2 ** min(deaths - MAX_DEATHS, MAX_DOUBLINGS)
        logger.warning(f"{deaths} processes that make the audiobook ended, the next try is in {pause_s:g} s: {death}")
        await self._relieve()
        until_s = asyncio.get_running_loop().time() + pause_s
        while self._is_speaking() == was_speaking and asyncio.get_running_loop().time() < until_s:
            await asyncio.sleep(LOOK_S)


BINDER = "swarm.audiobook.sound.book_binder"
TIMEOUT_S = 900.0  # a slow disk may take minutes to finish a whole book


class Binder:
    """Begins a file, appends its reels in reading order and finishes it.

    If its process dies, another one first gets all reels that were appended before, and then the same work. While it
    waits for another try, other files have its permit.
    """

    def __init__(self, processes: Processes, retry: Retry, permit: "BinderPermit") -> None:
        self._processes = processes
        self._retry = retry
        self._permit = permit
        self.child: Child | None = None
        self._book: AudiobookRequest | None = None
        self._reels: list[Path] = []

    async def begin_file(self, book: AudiobookRequest) -> None:
        """Start the file, from nothing. Raises EnvironmentFault, ChildRaised."""
        self._notes: tuple[str, ...] = ()
        if book.cover and len(book.cover) > MAX_COVER_BYTES:  # too large for a pipe
            book = msgspec.structs.replace(book, cover=None)
            self._notes = (f"its cover is larger than {MAX_COVER_BYTES >> 20} MiB: one is drawn in its place",)
        self._book, self._reels = book, []
        await self._retry.insist(self._reopen, pause=self._permit.lend)

    async def append_reel(self, reel: Path) -> None:
        """Append the next reel in reading order; it must stay on disk until the file is finished.

        Raises ReelDamaged. If it names this reel, nothing was appended; if it names an earlier one, begin again.
        Raises EnvironmentFault, ChildRaised.
        """
        await self._insist({"append": str(reel)})
        self._reels.append(reel)

    async def finish_file(self, marks: Sequence[Mark], target: Path) -> AudiobookDone:
        """Finish the file under its name. Raises ReelDamaged (begin again), EnvironmentFault, ChildRaised."""
        message = {"finish": [to_message(mark) for mark in marks], "target": str(target)}
        finished = from_message((await self._insist(message))["book"], AudiobookDone)
        return msgspec.structs.replace(finished, notes=(*self._notes, *finished.notes)) if self._notes else finished

    def give_process_back(self) -> None:
        """Give the process back; the file is finished."""
        if self.child:
            self._processes.give_process_back(self.child)

    async def end_process(self) -> None:
        """End the process, which may hold an unfinished file."""
        child, self.child = self.child, None
        if child:
            await self._processes.end_process(child)

    async def _insist(self, message: dict[str, Any]) -> dict[str, Any]:
        async def attempt() -> dict[str, Any]:
            if self.child is None:  # the process before died
                await self._reopen()
            return await self._ask(message)

        return await self._retry.insist(attempt, pause=self._permit.lend)

    async def _reopen(self) -> None:
        self.child = self.child or await self._processes.take_process(BINDER)
        assert self._book is not None
        await self._ask({"begin": to_message(self._book)})
        for reel in self._reels:
            await self._ask({"append": str(reel)})

    async def _ask(self, message: dict[str, Any]) -> dict[str, Any]:
        assert self.child is not None
        try:
            return await ask(self.child, message, TIMEOUT_S)
        except ChildDied:
            await self.end_process()
            raise


class FairSemaphore:
    """A semaphore for the work of many books: what is free goes to the book that has waited longest for it."""

    def __init__(self, seats: int) -> None:
        self._free = seats
        self._lines: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()

    @asynccontextmanager
    async def turn(self, book: str) -> AsyncIterator[None]:
        """Hold a seat for a piece of work of this book."""
        if self._free:
            self._free -= 1
        else:
            seat = asyncio.get_running_loop().create_future()
            self._lines.setdefault(book, deque()).append(seat)
            await _wait(seat, self._pass_on)
        try:
            yield
        finally:
            self._pass_on()

    def _pass_on(self) -> None:
        while self._lines:
            book, line = self._lines.popitem(last=False)
            seat = line.popleft()
            if line:
                self._lines[book] = line  # behind all other books
            if not seat.done():
                seat.set_result(None)
                return
        self._free += 1


class BinderPermits:
    """Permits for files that take long. A few of them at most are held by files that wait for their parts."""

    def __init__(self, permits: int, early: int) -> None:
        self._permits, self._early = permits, early
        self._taken = 0
        self._line: list[tuple[asyncio.Future[Any], asyncio.Future[None]]] = []

    @asynccontextmanager
    async def permit(self, whole: "asyncio.Future[Any]") -> AsyncIterator["BinderPermit"]:
        """Hold a permit for a file; `whole` is done once all its parts are there."""
        permit = BinderPermit(self, whole)
        await permit.take()
        try:
            yield permit
        finally:
            permit.give_back()

    async def wait_for_one(self, whole: "asyncio.Future[Any]") -> None:
        """Wait until a file may have a permit."""
        seat = asyncio.get_running_loop().create_future()
        self._line.append((whole, seat))
        whole.add_done_callback(lambda _: self._assign())
        self._assign()
        await _wait(seat, self.leave)

    def leave(self) -> None:
        """Have another file take a permit that was waited for."""
        self._taken -= 1
        self._assign()

    def _assign(self) -> None:
        self._line = [(whole, seat) for whole, seat in self._line if not seat.done()]
        for whole, seat in self._line:
            if self._taken < (self._permits if whole.done() else self._early):
                self._taken += 1
                seat.set_result(None)


class BinderPermit:
    """The permit of one file."""

    def __init__(self, permits: BinderPermits, whole: "asyncio.Future[Any]") -> None:
        self._permits, self._whole = permits, whole
        self._held = False

    async def take(self) -> None:
        """Wait for the permit."""
        await self._permits.wait_for_one(self._whole)
        self._held = True

    def give_back(self) -> None:
        """Leave the permit to other files, if it is held."""
        if self._held:
            self._held = False
            self._permits.leave()

    @asynccontextmanager
    async def lend(self) -> AsyncIterator[None]:
        """Leave the permit to other files for a while; a fault or a cancellation meanwhile takes it no more."""
        self.give_back()
        yield
        await self.take()


async def _wait(seat: "asyncio.Future[None]", give_back: Callable[[], None]) -> None:
    """Wait for a seat, and give it back if it came together with a cancellation."""
    try:
        await seat
    except asyncio.CancelledError:
        if not seat.cancelled():
            give_back()
        raise


ENCODER = "swarm.audiobook.sound.encoder"
ENCODER_TIMEOUT_S = 300.0  # a reel takes a second, on a crowded machine much more
MAX_BINDERS = 4  # files that are put together at a time
MAX_EARLY_BINDERS = 2  # the other binders are left to files whose reels are all there


class Studio:
    """Encodes reels and binds files for all books of a coordinator; the books take turns.

    A process that dies or exceeds its timeout is started again, and gets the same work (see Retry). `is_speaking`
    tells whether any of the books is still being spoken. `priority`: "low" has engines come first, "last" all others.
    """

    def __init__(
        self,
        log_dir: Path,
        encoders: int,
        is_speaking: Callable[[], bool] = lambda: False,
        *,
        priority: str = "",
    ) -> None:
        self.processes = Processes(log_dir, (priority,) if priority else ())
        self.encoders = encoders
        self.pieces, self.sound_s, self.busy_s = 0, 0.0, 0.0  # only work that is done counts
        self._probes: dict[tuple[Coding, Level, int], str] = {}
        self._turns = FairSemaphore(encoders)
        self._permits = BinderPermits(MAX_BINDERS, MAX_EARLY_BINDERS)
        self._retry = Retry(is_speaking, self.processes.end_idle)

    async def encode_reel(self, book: str, request: ReelRequest, waits: Callable[[], None] = lambda: None) -> ReelDone:
        """Encode a reel as soon as it is the book's turn; `waits` is called before each wait for another try.

        Raises EnvironmentFault, ChildRaised.
        """
        return from_message((await self._work(book, "encode", request, waits))["reel"], ReelDone)

    async def check_reel(self, book: str, request: ReelRequest, data: bytes, *, whole: bool) -> ReelDone:
        """Check a reel that came from a worker, and write it. Raises as `encode`."""
        reply = await self._work(book, "check", request, data=data, whole=whole)
        return from_message(reply["reel"], ReelDone)

    async def probe_encoder(self, book: str, request: ReelRequest) -> str:
        """Return what tells this machine's encoder for such a request from others. Raises as `encode`."""
        key = request.coding, request.level, request.sample_rate
        if key not in self._probes:
            bare = msgspec.structs.replace(request, clips=(), pauses_s=())
            self._probes[key] = str((await self._work(book, "probe", bare))["probe"])
        return self._probes[key]

    async def measure_gain(self, book: str, request: ReelRequest) -> MeasuredGain:
        """Return the gain that brings a stretch of a book to its level. Raises as `encode`."""
        return from_message((await self._work(book, "measure", request))["found"], MeasuredGain)

    @asynccontextmanager
    async def binder(self, whole: "asyncio.Future[Any]") -> AsyncIterator[Binder]:
        """Yield a binder for one file; `whole` is done once all its reels are encoded."""
        async with self._permits.permit(whole) as permit:
            binder = Binder(self.processes, self._retry, permit)
            try:
                yield binder
            except BaseException:
                await binder.end_process()
                raise
            binder.give_process_back()

    async def close_studio(self) -> None:
        """End all child processes."""
        await self.processes.end_processes()

    async def _work(
        self, book: str, task: str, request: ReelRequest, waits: Callable[[], None] = lambda: None, **more: object
    ) -> dict[str, Any]:
        message = {task: to_message(request), **more}
        sound_s = 0.0 if more else sum(clip.info.length_s for clip in request.clips if clip)

        async def encode() -> dict[str, Any]:
            async with self._turns.turn(book):
                child = await self.processes.take_process_soon(ENCODER)
                with self._counted(sound_s):
                    return await self._ask(child, message)

        return await self._retry.insist(encode, waits)

    @contextmanager
    def _counted(self, sound_s: float) -> Iterator[None]:
        """Count a piece of work that succeeds; silence alone tells nothing of the time that sound takes."""
        began_s = time.monotonic()
        yield
        if sound_s:
            self.pieces += 1
            self.sound_s += sound_s
            self.busy_s += time.monotonic() - began_s

    async def _ask(self, child: Child, message: dict[str, Any]) -> dict[str, Any]:
        try:
            reply = await ask(child, message, ENCODER_TIMEOUT_S)
        except ChildDied:
            await self.processes.end_process(child)
            raise
        except BaseException:
            self.processes.give_process_back(child)
            raise
        self.processes.give_process_back(child)
        return reply
