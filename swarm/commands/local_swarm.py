"""`convert`: a coordinator and its own worker in one process, over the same protocol as between machines."""

import asyncio
import socket
from collections.abc import Sequence
from contextlib import AsyncExitStack

from swarm.config import RenderConfig
from swarm.coordinator.coordination import Coordination
from swarm.errors import EnvironmentFault
from swarm.net.identity.swarm_key import CurveKeys, curve_keys, make_key
from swarm.net.transport import RouterSocket
from swarm.net.worker_connections import FixedSockets
from swarm.watch.progress import Progress
from swarm.watch.trace.recorder import NO_TRACE, Trace
from swarm.worker.clip_buffer import WITHOUT_SPARES
from swarm.worker.devices import Gpu, abouts_of, uuids_of
from swarm.worker.engine_processes import Engines, Needs
from swarm.worker.files.file_cache import FileCache
from swarm.worker.hello import greeting
from swarm.worker.limit_watch import GpuReadings, LimitWatch
from swarm.worker.node import WorkNode

LOOPBACK = "127.0.0.1"
CONNECT_S = 10.0


async def convert(
    config: RenderConfig, devices: Sequence[str], gpus: Sequence[Gpu], progress: Progress, trace: Trace = NO_TRACE
) -> int:
    """Turn books into audiobooks on this machine; returns the exit code. Raises SwarmError."""
    keys = curve_keys(make_key())  # only this run uses the key, so no other user of this machine gets in
    async with AsyncExitStack() as stack:
        coordination = Coordination(config, progress, trace)
        stack.push(coordination.leave)
        coordination.books.open()
        router = RouterSocket(keys)
        stack.callback(router.close)
        port = router.bind(LOOPBACK, 0)
        await asyncio.to_thread(_check_loopback, port)
        node = _local_worker(coordination, devices, gpus, keys)
        node.add(f"{LOOPBACK}:{port}", [f"{LOOPBACK}:{port}"])
        worker = asyncio.create_task(node.run())
        serving = asyncio.create_task(coordination.serve(router, 0.0, alone=True))
        try:
            await asyncio.wait([worker, serving], return_when=asyncio.FIRST_COMPLETED)
            if not serving.done():
                worker.result()  # a worker ends before its coordinator only if it failed
            return await serving
        finally:
            worker.cancel()
            serving.cancel()
            await asyncio.gather(worker, serving, return_exceptions=True)


def _check_loopback(port: int) -> None:
    """Raise EnvironmentFault where this machine cannot reach itself: sockets would try for ever and say nothing."""
    try:
        socket.create_connection((LOOPBACK, port), CONNECT_S).close()
    except OSError as error:
        raise EnvironmentFault(
            f"This machine cannot reach itself at {LOOPBACK} ({error.strerror or error}): bring its loopback "
            "interface up (`ip link set lo up` on Linux), and let the firewall allow traffic within the machine."
        ) from error


def _local_worker(coordination: Coordination, devices: Sequence[str], gpus: Sequence[Gpu], keys: CurveKeys) -> WorkNode:
    state_dir = coordination.config.state_dir
    engines = Engines(tuple(devices), state_dir / "log", uuids_of(gpus), Needs(state_dir, abouts_of(gpus)))
    hello = greeting(state_dir, devices, gpus)
    job_files = FileCache(state_dir, coordination.config.assets_limit)
    limit_watch = LimitWatch(engines.devices, GpuReadings(gpus))
    clock, trace = coordination.clock, coordination.trace
    sockets = FixedSockets(keys)
    return WorkNode(
        hello, engines, job_files, sockets, clock, lambda line: None, limit_watch, settings=WITHOUT_SPARES, trace=trace
    )
