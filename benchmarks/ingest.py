"""Measures how many clips a second become durable: over CURVE on loopback into a coordinator, and bare sockets.

    python benchmarks/ingest.py
    python benchmarks/ingest.py --sizes 60 --megabytes 100 --profile ingest.prof
    python benchmarks/ingest.py --sizes 60 --megabytes 100 --workers 4 --standby
    python benchmarks/ingest.py --sizes 60 --megabytes 100 --workers 4 --invites

One process plays workers that have all clips ready and send them as fast as their credit allows. The rate counts from
the first clip sent until the last one is acknowledged: checked, written, synced and journaled. For comparison the same
bytes go through a bare ROUTER and DEALER with CURVE and the same window, before and after. Megabytes are 10^6 bytes.
With --standby each row comes twice, the second time with a standby that copies meanwhile; the last column says how many
records its copy had when the last clip was acknowledged. With --invites each row comes once more with six invites open:
the coordinator has a server key for each, finds out for which one a connection is meant, and looks at whose connection
each message is. Wait some minutes after files were deleted: ext4 skips their inodes for so long.
"""

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing, nullcontext
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

import zmq
from feeder import Fed, Feeding, make_sample
from making import make_book
from process import BARE_CLI, beside, cpu_s, head, mib, peak_bytes, row, written
from running import LOOPBACK, Swarm

from swarm.config import STANDBY
from swarm.job.store.journal import Journal
from swarm.net.identity.identity import Identity
from swarm.net.identity.newcomers import MAX_INVITES
from swarm.net.identity.swarm_key import CurveKeys, curve_keys, make_key
from swarm.standby.copier import stand_by

WINDOW = 8 << 20  # bytes under way, as one worker's credit
CHARACTERS = 112  # a made segment has so many on average
PATIENCE_MS = 60_000
LOOK_S = 0.03


class Variant(NamedTuple):
    """What goes on beside the ingest."""

    standby: bool = False
    invites: int = 0


ALONE = Variant()


class Look(NamedTuple):
    """What is seen of a coordinator at a moment: its CPU seconds, how many records a standby has, and its disk."""

    at_s: float
    spent_s: float
    copied: int
    writes: int
    written: int  # bytes
    peak: int  # bytes of memory


def ingest(
    folder: Path, size: int, megabytes: float, workers: int, profile: str, variant: Variant = ALONE
) -> tuple[Fed, Look]:
    """Return the rate into a real coordinator, and what that took of it.

    All count until the last clip is acknowledged: what is copied later costs the ingest nothing.
    """
    clips = max(20, round(megabytes * 1e6 / size))
    book = make_book(folder, chapters=12, characters=max(12_000, clips * CHARACTERS))
    command: Sequence[str] = (sys.executable, "-m", "cProfile", "-o", profile, *BARE_CLI[1:]) if profile else BARE_CLI
    with Swarm(book, cost_per_char=0.0001, options=["--no-split"]) as swarm:  # without splits no clip comes twice
        identity = Identity(swarm.folder / "state", swarm.key)
        for _ in range(variant.invites):
            identity.invite(3600, "bench")
        coordinator = swarm.coordinate(workers, command)
        swarm.segments()
        copying = beside(_stand_by, swarm.folder, swarm.keys, swarm.address)
        looks: list[Look] = []
        with closing(Feeding(swarm, size, workers)) as feeding, copying if variant.standby else nullcontext():
            while not feeding.is_over(LOOK_S):
                copied = records_of(swarm.folder / STANDBY) if variant.standby else 0
                pid = coordinator.pid
                looks.append(Look(time.perf_counter(), cpu_s(pid), copied, *written(pid), peak_bytes(pid)))
            fed = feeding.wait()
        if profile:
            coordinator.wait(60)  # writes its profile at its end
    first, last = _look_at(looks, fed.ended_s - fed.seconds), _look_at(looks, fed.ended_s)
    taken = (after - before for before, after in zip(first[3:5], last[3:5], strict=True))
    return fed, Look(fed.seconds, last.spent_s - first.spent_s, last.copied, *taken, last.peak)


def _look_at(looks: Sequence[Look], moment_s: float) -> Look:
    """Return what was seen nearest to a moment."""
    return min(looks, key=lambda look: abs(look.at_s - moment_s))


def _stand_by(folder: Path, keys: CurveKeys, address: str) -> None:
    asyncio.run(stand_by(folder, keys, "standby", lambda: [address], lambda line: None))


def records_of(state_dir: Path) -> int:
    """Return how many records the copied job has; 0 if there is none."""
    folders = list((state_dir / "jobs").glob("*")) if state_dir.exists() else []
    if not folders:
        return 0
    with closing(Journal(folders[0], read_only=True)) as journal:
        return journal.page(0, 0)[0]


def bare(size: int, megabytes: float) -> float:
    """Return the MB/s of the same bytes through bare sockets."""
    keys, frame = curve_keys(make_key()), make_sample(size).frame
    count = max(20, round(megabytes * 1e6 / len(frame)))
    here, there = get_context("spawn").Pipe()
    receiver = get_context("spawn").Process(target=_receive, args=(there, keys, count), daemon=True)
    receiver.start()
    try:
        if not here.poll(PATIENCE_MS / 1000):
            raise TimeoutError("the receiver did not start")
        return _send(f"tcp://{LOOPBACK}:{here.recv()}", keys, frame, count)
    finally:
        receiver.kill()
        receiver.join()


def _receive(port: Connection, keys: CurveKeys, count: int) -> None:
    with zmq.Context() as context, context.socket(zmq.ROUTER) as router:
        router.set(zmq.CURVE_SERVER, 1)
        router.set(zmq.CURVE_SECRETKEY, keys.server_secret)
        router.set(zmq.RCVTIMEO, PATIENCE_MS)
        port.send(router.bind_to_random_port(f"tcp://{LOOPBACK}"))
        for _ in range(count):
            peer, _, _ = router.recv_multipart()
            router.send_multipart([peer, b"accepted"])
        time.sleep(PATIENCE_MS / 1000)  # until it is ended


def _send(address: str, keys: CurveKeys, frame: bytes, count: int) -> float:
    head_bytes, window = os.urandom(300), max(1, WINDOW // len(frame))
    with zmq.Context() as context, context.socket(zmq.DEALER) as dealer:
        for option, value in (
            (zmq.CURVE_SERVERKEY, keys.server_public), (zmq.CURVE_PUBLICKEY, keys.worker_public),
            (zmq.CURVE_SECRETKEY, keys.worker_secret), (zmq.RCVTIMEO, PATIENCE_MS), (zmq.SNDTIMEO, PATIENCE_MS),
        ):  # fmt: skip
            dealer.set(option, value)
        dealer.connect(address)
        began_s, sent = time.perf_counter(), 0
        for accepted in range(count):
            while sent < count and sent - accepted < window:
                dealer.send_multipart([head_bytes, frame], copy=False)
                sent += 1
            dealer.recv_multipart()
        return count * len(frame) / (time.perf_counter() - began_s) / 1e6


def main() -> None:
    """Measure and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="*", default=[60, 200], help="of a clip, in kB")
    parser.add_argument("--megabytes", type=float, default=600, help="in all, for each size")
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 4])
    parser.add_argument("--profile", default="", help="profile the coordinator into this file")
    parser.add_argument("--standby", action="store_true", help="measure each row with a standby too")
    parser.add_argument("--invites", action="store_true", help=f"measure each row with {MAX_INVITES} invites too")
    arguments = parser.parse_args()
    variants = [ALONE]
    variants += [Variant(standby=True)] if arguments.standby else []
    variants += [Variant(invites=MAX_INVITES)] if arguments.invites else []
    more = ["invites"] * arguments.invites + ["records copied"] * arguments.standby
    head(
        "clip",
        "workers",
        "clips",
        "durable",
        "clips a second",
        "bare sockets",
        "ratio",
        "coordinator's CPU",
        "memory",
        "written",
        "writes",
        *more,
    )
    with tempfile.TemporaryDirectory() as folder:
        for kilobytes in arguments.sizes:
            for workers in arguments.workers:
                for variant in variants:
                    _measure(Path(folder), kilobytes, workers, arguments, variant)


def _measure(folder: Path, kilobytes: int, workers: int, arguments: argparse.Namespace, variant: Variant) -> None:
    size, megabytes = kilobytes * 1000, arguments.megabytes
    before = bare(size, megabytes)
    fed, took = ingest(folder, size, megabytes, workers, arguments.profile, variant)
    plain = statistics.mean([before, bare(size, megabytes)])
    figures = f"{fed.megabytes_s:.0f} MB/s", f"{fed.clips / fed.seconds:.0f}", f"{plain:.0f} MB/s"
    ratio, cpu = f"{fed.megabytes_s / plain:.2f}", f"{1000 * took.spent_s / fed.clips:.2f} ms a clip"
    disk = f"{took.written / fed.clips / size:.2f} times a clip", f"{took.writes / fed.clips:.1f} a clip"
    more = [variant.invites] * arguments.invites + [took.copied] * arguments.standby
    row(f"{kilobytes} kB", workers, fed.clips, *figures, ratio, cpu, mib(took.peak), *disk, *more)


if __name__ == "__main__":
    main()
