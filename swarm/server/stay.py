"""A resident coordinator from start to end: queue, listener, orders, server, the folder that it watches, and
the machines that it wakes.

Books of that folder go into the queue by themselves. A book that fails is set aside there, with its reason.
"""

import asyncio
import logging
import shlex
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from swarm import __version__
from swarm.audiobook.edition import release_names
from swarm.audiobook.sound.studio import Studio
from swarm.book.kinds import books_in, texts_in
from swarm.config import CoordinateConfig, ServeConfig
from swarm.coordinator.coordination import GRACE_S
from swarm.coordinator.listener import Listener
from swarm.coordinator.machine_orders import MemberAdmin
from swarm.coordinator.seen_engines import SeenEngines
from swarm.coordinator.serve import Server
from swarm.errors import EXIT_DONE, StoreError, SwarmError, UsageError
from swarm.job.store.store import DiskStore
from swarm.lease.coordinator.coordinator_core import CoordinatorCore
from swarm.lease.coordinator.sleepers import Sleeper, Sleepers, work_left_s
from swarm.lease.core_settings import Settings
from swarm.net.addresses import send_magic
from swarm.server.order_handler import OrderHandler
from swarm.server.queue import Queue, stamp_of
from swarm.server.queue_parts import QueueParts
from swarm.server.resident import Configure, Resident, check_start
from swarm.system.capacity import default_cpu_slots
from swarm.system.disk import full_name, guarded, read_json, replace_file
from swarm.system.event_loop import Wakefulness, cancel, draining
from swarm.system.machine import Clock, Say, machine_name, new_nonce
from swarm.system.platform import few_arenas
from swarm.system.text import clean
from swarm.watch.progress import Progress
from swarm.watch.service import Service
from swarm.watch.trace.recorder import NO_TRACE, Trace

OPTIONS_FILE = "e2a-swarm.options"  # this file has options for the books of its folder, as on a command line
MAX_OPTIONS = 10_000  # characters
SET_ASIDE = "set aside"  # this folder inside the watched one takes books that failed
ADVICE = "`e2a-swarm add` takes them, and so does the page."
MAX_NAMED = 5  # one line names at most this many texts
LOOK_S = 5.0  # a file that changed between two looks is still being copied


class WatchedFolder:
    """Looks into a folder from time to time, and adds each book that it finds at rest."""

    def __init__(self, folder: Path, resident: Resident, note: Say) -> None:
        self.folder, self._resident, self._note = folder.absolute(), resident, note
        self._seen: dict[Path, str] = {}  # stamps of files at the last look
        self._told: set[str] = set()  # faults of the last look
        self._texts: set[str] = set()  # names of texts at the last look

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await self.scan_folder()
            await asyncio.sleep(LOOK_S)

    async def scan_folder(self) -> None:
        """Add the books that have not changed since the last look and are not in the queue yet."""
        wrong = list[str]()
        try:
            found = {path: stamp_of(path) for path in await asyncio.to_thread(books_in, self.folder) if path.is_file()}
            settled = [path for path, stamp in found.items() if stamp and self._seen.get(path) == stamp]
            self._seen = found
            fresh = [path for path in settled if not self._resident.queue.has(path)]
            words = self._words() if fresh else ()
            wrong = [why for path in fresh if (why := await self._add(path, words))]
            self._name_texts(await asyncio.to_thread(texts_in, self.folder))
        except OSError as fault:
            wrong = [f"The folder {full_name(self.folder)} cannot be read: {fault.strerror or fault}."]
        except SwarmError as fault:
            wrong = [f"{full_name(self.folder)}: {fault}"]
        for line in dict.fromkeys(wrong):
            if line not in self._told:
                self._note(f"{line.removesuffix('.')}. It is tried again.")
        self._told = set(wrong)

    def _name_texts(self, names: Sequence[str]) -> None:
        """Say once of each text that a watched folder takes none: many lie beside books and are none."""
        fresh = [name for name in names if name not in self._texts]
        if fresh:
            shown = ", ".join(map(clean, fresh[:MAX_NAMED])) + (" ..." if len(fresh) > MAX_NAMED else "")
            self._note(f"{full_name(self.folder)}: {shown}: texts and web pages are not taken from a folder; {ADVICE}")
        self._texts = set(names)

    async def _add(self, path: Path, words: Sequence[str]) -> str:
        """Add one book; return why that is impossible, "" if it is done."""
        try:
            with path.open("rb"):
                await self._resident.add_book(path, path.name, words, source=str(path))
        except OSError as fault:
            return f"{full_name(path)} cannot be read: {fault.strerror or fault}."
        except UsageError as fault:
            return f"{full_name(self.folder / OPTIONS_FILE) if words else full_name(self.folder)}: {fault}"
        except SwarmError as fault:
            return f"{full_name(self.folder)}: {fault}"
        return ""

    def _words(self) -> Sequence[str]:
        path = self.folder / OPTIONS_FILE
        try:
            with path.open(encoding="utf-8") as file:
                return shlex.split(file.read(MAX_OPTIONS), comments=True)
        except FileNotFoundError:
            return ()
        except ValueError as fault:
            raise UsageError(f"{OPTIONS_FILE} there is no list of options: {fault}.") from fault


def set_aside(watched: Sequence[Path], source: Path, why: str) -> bool:
    """Move a book of a watched folder that failed into a folder beside it, with the reason; return whether that worked.

    The queue of another machine names sources, too, and none of them moves a file that is not in a watched folder.
    """
    if source.parent not in [folder.absolute() for folder in watched]:
        return False
    with suppress(OSError, SwarmError):
        folder = source.parent / SET_ASIDE
        folder.mkdir(exist_ok=True)
        source.replace(folder / source.name)
        replace_file(folder / f"{source.name}.why.txt", f"{why}\n".encode(errors="replace"))
    return not source.exists()


SLEEPERS_FILE = "sleepers.json"
WAKE_LOOK_S = 2.0
logger = logging.getLogger(__name__)


class Waking:
    """Looks which machines sleep, and wakes them while more work waits than `above_s` seconds.

    The magic packet leaves from this machine, and from every worker that is awake: one of them is in the right network.
    """

    def __init__(
        self, resident: Resident, server: Server, state_dir: Path, above_s: float, note: Say, clock: Clock
    ) -> None:
        self._resident, self._server, self._note, self._clock = resident, server, note, clock
        self._path = state_dir / SLEEPERS_FILE
        self._kept = read_json(self._path, list[Sleeper]) or []
        self._sleepers = Sleepers(above_s, self._kept)
        resident.sleepers = lambda: self._sleepers.rows(clock.now())

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(WAKE_LOOK_S)

    async def look(self) -> None:
        """Look once at who sleeps and what waits, and wake whom that takes."""
        now = self._clock.now()
        day = datetime.fromtimestamp(now).toordinal()
        for worker in self._sleepers.observe(self._server.sights(), now, day):
            self._server.wake(self._sleepers.known[worker].hardware)  # it is told so, and sleeps again when it is done
        due = self._sleepers.due(self._work_s(), now, day)
        if due:
            self._note(f"waking {', '.join(each.name for each in due)} for the books that wait")
            hardware = [address for each in due for address in each.hardware]
            self._server.wake(hardware)
            await asyncio.to_thread(send_magic, hardware)
        self._keep()

    def _work_s(self) -> float:
        jobs = self._server.status().jobs
        names = {job.job for job in jobs}
        waiting = [book for book in self._resident.standing() if book.state == "waiting" and book.job not in names]
        return work_left_s(jobs, len(waiting))

    def _keep(self) -> None:
        kept = [each for each in self._sleepers.known.values() if each.state != "awake"]
        if kept != self._kept:
            self._kept = kept
            try:
                with guarded(self._path):
                    replace_file(self._path, msgspec.json.encode(kept))
            except StoreError as fault:  # a full disk keeps nobody from waking up
                logger.debug(str(fault))


Loop = Coroutine[Any, Any, object]
Beside = Callable[[Resident, OrderHandler, Path, int], Sequence[Loop]]


async def stay(
    config: ServeConfig,
    configure: Configure,
    progress: Progress,
    service: Service,
    trace: Trace = NO_TRACE,
    beside: Beside = lambda resident, order_handler, room, port: (),
) -> int:
    """Speak the books of the queue until interrupted; return the exit code. Raises SwarmError.

    `beside` makes what runs beside it, given also a folder for books on their way, and the port that workers reach.
    """
    few_arenas()
    state_dir = config.network.render.state_dir
    async with AsyncExitStack() as stack:
        stack.callback(progress.end_progress)
        queue, store, seen, studio = _open_disk(state_dir, stack)
        await asyncio.to_thread(check_start, config.network.render, store)
        clock = Clock()
        aside = partial(set_aside, config.watched)
        resident = Resident(queue, store, studio, clock, configure, progress.note, seen, aside)
        awake = Wakefulness(allow_sleep=config.network.render.allow_sleep)
        listener = Listener(config.network, progress.note)
        stack.push_async_callback(listener.stop_listening)
        settings = _settings(queue, config.network)
        now = clock.now()
        core = trace.watch("coordinator", CoordinatorCore(settings, now), settings=settings, started_s=now)
        server = Server(core, store, listener.router, progress, clock, "finish", seen, on_end=resident.ended)
        resident.serve_with(server)
        parts = await asyncio.to_thread(QueueParts, queue, config, secrets=not config.network.open)
        server.offer_queue(parts.offered)
        members = MemberAdmin(state_dir, is_open=config.network.open)
        order_handler = OrderHandler(
            resident, listener.router, state_dir / "queue" / "incoming", server.instruct, members
        )
        server.answer_users(order_handler.answer_user, lambda reply: members.complete(resident.complete(reply)))
        loops = _closing(beside(resident, order_handler, state_dir / "queue" / "incoming", listener.port), stack)
        waking = Waking(resident, server, state_dir, config.wake_above_s, progress.note, clock)
        own = [waking.run, *(WatchedFolder(folder, resident, progress.note).run for folder in config.watched)]
        await resident.reopen()
        listener.invite()
        await listener.announce(settings.epoch)
        await stack.enter_async_context(service.ready())
        stack.callback(lambda: release_names(server.editions.values()))
        with draining(server.drain):
            await _run(server.run(), resident.serve_books(awake.turn), *(run() for run in own), *loops)
        progress.end_progress("stopped; the next start goes on with the queue")
        return EXIT_DONE


def _open_disk(state_dir: Path, stack: AsyncExitStack) -> tuple[Queue, DiskStore, SeenEngines, Studio]:
    """Open all that lies in the state folder, to be closed at the end. Raises StoreError."""
    queue = Queue(state_dir)
    stack.callback(queue.release_queue)
    store, seen = DiskStore(state_dir), SeenEngines(state_dir)
    stack.callback(store.close)
    stack.callback(seen.save)
    studio = Studio(state_dir / "log", default_cpu_slots(), lambda: False)
    stack.push_async_callback(studio.close_studio)
    return queue, store, seen, studio


def _settings(queue: Queue, network: CoordinateConfig) -> Settings:
    """Return the settings of a run, which begins. Workers that come back first say what they hold."""
    return Settings(
        coordinator=new_nonce(),
        name=machine_name(),
        version=__version__,
        epoch=queue.begin_run(),
        queue=queue.id,
        grace_s=GRACE_S,
        trusts=not network.open,
        encoders=default_cpu_slots(),
        cross_check=network.cross_check,
        secret=new_nonce(),
    )


def _closing(loops: Sequence[Loop], stack: AsyncExitStack) -> Sequence[Loop]:
    """Have loops closed at the end: Python warns of some that never ran, where the start is interrupted."""
    for loop in loops:
        stack.callback(loop.close)
    return loops


async def _run(*loops: Loop) -> None:
    """Run until the server was drained. Raises what stopped any of them."""
    tasks = [asyncio.create_task(loop) for loop in loops]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        await cancel(tasks)
