"""A resident coordinator from start to end: queue, door, desk, server."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from msgspec import structs

from swarm import __version__
from swarm.audio.studio import Studio
from swarm.config import CoordinateConfig, ServeConfig
from swarm.coordinator.coordinate import GRACE_S
from swarm.coordinator.desk import Desk
from swarm.coordinator.door import Door
from swarm.coordinator.member_desk import MemberDesk
from swarm.coordinator.refusal import check_start
from swarm.coordinator.resident import Configure, Resident
from swarm.coordinator.seen_engines import SeenEngines
from swarm.coordinator.serve import Server
from swarm.coordinator.watched_folder import WatchedFolder, set_aside
from swarm.errors import EXIT_DONE
from swarm.lease.coordinator.coordinator import Coordinator
from swarm.lease.coordinator.settings import Settings
from swarm.store.queue import Queue
from swarm.store.store import DiskStore
from swarm.system.awake import Wakefulness
from swarm.system.capacity import default_cpu_slots
from swarm.system.interrupt import draining
from swarm.system.machine import Clock, machine_name, new_nonce
from swarm.system.platform import few_arenas
from swarm.system.tasks import cancel
from swarm.trace.recorder import NO_TRACE, Trace
from swarm.watch.progress import Progress
from swarm.watch.service import Service

Loop = Coroutine[Any, Any, object]
Beside = Callable[[Resident, Desk, Path], Sequence[Loop]]


async def stay(
    config: ServeConfig,
    configure: Configure,
    progress: Progress,
    service: Service,
    trace: Trace = NO_TRACE,
    beside: Beside = lambda resident, desk, room: (),
) -> int:
    """Speak the books of the queue until interrupted; return the exit code. Raises SwarmError.

    `beside` makes what runs beside it, given also a folder for books on their way.
    """
    few_arenas()
    state_dir = config.network.render.state_dir
    async with AsyncExitStack() as stack:
        stack.callback(progress.close)
        queue, store, seen, studio = _open_disk(state_dir, stack)
        await asyncio.to_thread(check_start, config.network.render, store)
        clock = Clock()
        resident = Resident(queue, store, studio, clock, configure, progress.note, seen.words, set_aside)
        awake = Wakefulness(allow_sleep=config.network.render.allow_sleep)
        door = Door(config.network, progress.note)
        stack.push_async_callback(door.close)
        settings = _settings(queue.begin_run(), config.network)
        now = clock.now()
        core = trace.watch("coordinator", Coordinator(settings, now), settings=settings, started_s=now)
        server = Server(core, store, door.router, progress, clock, "finish", seen, on_end=resident.ended)
        resident.serve_with(server)
        members = MemberDesk(state_dir, is_open=config.network.open)
        desk = Desk(resident, door.router, state_dir / "queue" / "incoming", server.instruct, members)
        server.answer_users(desk, lambda reply: members.complete(structs.replace(reply, queue=resident.standing())))
        loops = _closing(beside(resident, desk, state_dir / "queue" / "incoming"), stack)
        folders = [WatchedFolder(folder, resident, progress.note).run for folder in config.watched]
        await resident.reopen()
        door.invite()
        await door.announce(settings.epoch)
        await stack.enter_async_context(service.ready())
        with draining(server.drain):
            await _run(server.run(), resident.run(awake.turn), *(run() for run in folders), *loops)
        progress.close("stopped; the next start goes on with the queue")
        return EXIT_DONE


def _open_disk(state_dir: Path, stack: AsyncExitStack) -> tuple[Queue, DiskStore, SeenEngines, Studio]:
    """Open all that lies in the state folder, to be closed at the end. Raises StoreError."""
    queue = Queue(state_dir)
    stack.callback(queue.close)
    store, seen = DiskStore(state_dir), SeenEngines(state_dir)
    stack.callback(store.close)
    stack.callback(seen.save)
    studio = Studio(state_dir / "log", default_cpu_slots(), lambda: False)
    stack.push_async_callback(studio.close)
    return queue, store, seen, studio


def _settings(epoch: int, network: CoordinateConfig) -> Settings:
    """Return the settings of a run. Workers that come back first say what they hold."""
    return Settings(
        coordinator=new_nonce(),
        name=machine_name(),
        version=__version__,
        epoch=epoch,
        grace_s=GRACE_S,
        trusts=not network.open,
        opus=network.opus_links,
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
