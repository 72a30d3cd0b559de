"""`e2a-swarm convert`: turn books into audiobooks on this machine alone."""

import argparse
import asyncio
import socket
from collections.abc import Sequence
from contextlib import AsyncExitStack

from swarm.commands.book_config import render_config
from swarm.commands.machine_config import asked_devices, open_trace, prepare_voices, progress_mode
from swarm.commands.output import show_progress, warn
from swarm.config import RenderConfig
from swarm.coordinator.coordination import Coordination
from swarm.errors import EnvironmentFault, UsageError
from swarm.net.identity.swarm_key import CurveKeys, curve_keys, make_key
from swarm.net.transport import RouterSocket
from swarm.net.worker_connections import FixedSockets
from swarm.system.platform import run_loop
from swarm.watch.progress import Progress, make_progress
from swarm.watch.trace.recorder import NO_TRACE, Trace
from swarm.worker.clip_buffer import WITHOUT_RETAINED_CLIPS
from swarm.worker.devices import Gpu, abouts_of, find_devices, greeting, read_slots, uuids_of
from swarm.worker.engine_processes import Engines, Needs
from swarm.worker.files.file_cache import FileCache
from swarm.worker.limit_watch import GpuReadings, LimitWatch
from swarm.worker.node import WorkNode


def run(arguments: argparse.Namespace) -> int:
    """Convert the books; return the exit code."""
    return run_with(arguments, render_config(arguments))


def run_with(arguments: argparse.Namespace, config: RenderConfig) -> int:
    """Convert by a config on the devices that the arguments name; return the exit code. Raises UsageError."""
    if config.min_workers > 1:
        raise UsageError("--min-workers: convert has only its own worker; `e2a-swarm coordinate` waits for others.")

    slots = read_slots("--workers", arguments.workers)
    asked = asked_devices(arguments)
    prepare_voices(arguments)

    devices, gpus = find_devices(asked, slots, warn, Needs(config.state_dir).least())
    with open_trace(arguments) as trace:
        return run_loop(convert(config, devices, gpus, make_progress(progress_mode(arguments)), trace))


LOOPBACK = "127.0.0.1"
CONNECT_S = 10.0


async def convert(
    config: RenderConfig, devices: Sequence[str], gpus: Sequence[Gpu], progress: Progress, trace: Trace = NO_TRACE
) -> int:
    """Turn books into audiobooks on this machine; returns the exit code. Raises SwarmError."""
    keys = curve_keys(make_key())  # only this run uses the key, so no other user of this machine gets in
    async with AsyncExitStack() as stack:
        coordination = Coordination(config, progress, trace)
        stack.push(coordination.release_jobs)
        coordination.books.tell = show_progress
        coordination.books.open()
        router = RouterSocket(keys)
        stack.callback(router.close)
        port = router.bind(LOOPBACK, 0)
        await asyncio.to_thread(_check_loopback, port)
        node = _local_worker(coordination, devices, gpus, keys)
        node.serve_coordinator(f"{LOOPBACK}:{port}", [f"{LOOPBACK}:{port}"])
        worker = asyncio.create_task(node.serve_coordinators())
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
        hello,
        engines,
        job_files,
        sockets,
        clock,
        lambda line: None,
        limit_watch,
        settings=WITHOUT_RETAINED_CLIPS,
        trace=trace,
    )
