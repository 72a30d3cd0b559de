"""Mock workers that have all clips ready and send them as fast as their credit allows."""

import asyncio
import hashlib
import io
import time
from collections import deque
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection

import numpy as np
import soundfile
from msgspec import structs
from running import Swarm

from swarm.audiobook.sound.frame import with_key
from swarm.job.clip_info import ClipInfo, SpokenClip
from swarm.job.spec import clip_key
from swarm.lease.message import (
    PROTOCOL,
    Accepted,
    Clip,
    Device,
    Done,
    EngineOffer,
    FromCoordinator,
    Grant,
    Heartbeat,
    Hello,
    Job,
    Line,
    Rejected,
    Revoke,
    Trim,
    Welcome,
    WhoAreYou,
)
from swarm.net.identity.swarm_key import CurveKeys
from swarm.net.transport import DealerSocket
from swarm.system.machine import new_nonce
from swarm.watch.words import rejected_text

SAMPLE_RATE = 24_000  # Hz
SLOTS = 1
LOW = 200  # a slot with fewer lines left offers itself
WORK_S = 0.01  # reported for each clip
BEAT_S = 0.5


@dataclass(frozen=True)
class Fed:
    """The clips that were accepted, and how long that took."""

    clips: int
    bytes: int
    seconds: float
    ended_s: float  # when the last one was acknowledged, by time.perf_counter

    @property
    def megabytes_s(self) -> float:
        """The rate in 10^6 bytes a second."""
        return self.bytes / self.seconds / 1e6


def make_sample(size: int) -> SpokenClip:
    """Make a valid clip of about `size` bytes: noise, which FLAC cannot compress."""
    pcm = np.random.default_rng(1).integers(-32768, 32767, size // 2, dtype=np.int16)
    file = io.BytesIO()
    soundfile.write(file, pcm, SAMPLE_RATE, format="FLAC", subtype="PCM_16")
    frame = file.getvalue()
    digest = hashlib.sha256(frame).hexdigest()
    return SpokenClip(frame, ClipInfo(samples=len(pcm), sample_rate=SAMPLE_RATE, digest=digest, work_s=WORK_S))


@dataclass
class Feeder:
    """One mock worker."""

    name: str
    sample: SpokenClip
    socket: DealerSocket
    nonce: str = field(default_factory=new_nonce)
    credit: int = 0
    jobs: dict[str, Job] = field(default_factory=dict)
    leases: dict[int, tuple[Grant, deque[Line]]] = field(default_factory=dict)
    under_way: int = 0  # bytes
    accepted: int = 0
    began_s: float = 0.0
    ended_s: float = 0.0
    offered: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        self._frame_bytes = len(with_key(self.sample.frame, "0" * 32))

    async def run(self) -> None:
        """Serve until the coordinator has nothing left."""
        beats = asyncio.create_task(self._beat())
        try:
            while not self._take((await self.socket.receive())[0]):
                self._send()
        finally:
            beats.cancel()

    async def _beat(self) -> None:
        while True:
            if not self.credit and self.socket.connected:
                self._greet()
            elif self.credit:
                self._report()
                self._send()
            await asyncio.sleep(BEAT_S if self.credit else 0.05)

    def _greet(self) -> None:
        """Enter the swarm, or enter again after the coordinator dropped this worker."""
        self.credit, self.under_way = 0, 0
        self.leases.clear()
        offers = (EngineOffer("metronome", ("*",)),)
        self.socket.send(Hello(self.name, self.nonce, self.name, "1", offers, (Device("cpu"),), SLOTS, PROTOCOL))

    def _take(self, message: FromCoordinator) -> bool:
        match message:
            case Welcome(credit=credit):
                self.credit = credit
                self._report()
            case Job():
                self.jobs[message.job] = message
            case Grant():
                self.leases[message.lease] = (message, deque(message.lines))
                self._report()
            case Trim(lease=lease, end=end) if lease in self.leases:
                grant, lines = self.leases[lease]
                self.leases[lease] = (grant, deque(line for line in lines if line.index < end))
            case Revoke(lease=lease):
                self.leases.pop(lease, None)
                self._report()
            case Accepted(clips=clips, credit=credit):
                self.credit = credit or self.credit
                self.under_way -= len(clips) * self._frame_bytes
                self.accepted += len(clips)
                self.ended_s = time.perf_counter()
            case WhoAreYou():
                self._greet()
            case Rejected():
                raise RuntimeError(f"a clip was rejected: {rejected_text(message)}")
        return isinstance(message, Done) and message.final

    def _send(self) -> None:
        for grant, lines in list(self.leases.values()):
            while lines and self._may_send():
                if not self._send_one(grant, lines[0]):
                    return
                lines.popleft()
        if self._wanting() != self.offered:
            self._report()

    def _may_send(self) -> bool:
        """Tell whether the next clip may be sent: as long as the credit allows it, or if no clip is under way."""
        return bool(self.credit) and (not self.under_way or self.under_way + self._frame_bytes <= self.credit)

    def _send_one(self, grant: Grant, line: Line) -> bool:
        self.began_s = self.began_s or time.perf_counter()
        sample = self.sample
        key = clip_key(line.text, self.jobs[grant.job].recipe, line.take)
        frame = with_key(sample.frame, key)  # as a worker does
        info = structs.replace(sample.info, digest=hashlib.sha256(frame).hexdigest())
        clip = Clip(
            job=grant.job, chapter=grant.chapter, index=line.index, take=line.take, key=key,
            lease=grant.lease, slot=grant.slot, **structs.asdict(info),
        )  # fmt: skip
        sent = self.socket.send(clip, frame)
        self.under_way += self._frame_bytes if sent else 0
        return sent

    def _wanting(self) -> tuple[int, ...]:
        left = dict.fromkeys(range(SLOTS), 0)
        for grant, lines in self.leases.values():
            left[grant.slot] += len(lines)
        return tuple(slot for slot, lines in left.items() if lines < LOW)

    def _report(self) -> None:
        self.leases = {lease: held for lease, held in self.leases.items() if held[1]}
        self.offered = self._wanting()
        self.socket.send(Heartbeat((), self.offered, tuple(self.leases)))


class Feeding:
    """A process that plays several workers until the book is complete."""

    def __init__(self, swarm: Swarm, size: int, workers: int) -> None:
        self._answer, there = get_context("spawn").Pipe()
        arguments = (there, swarm.address, swarm.keys, size, workers)
        self._process = get_context("spawn").Process(target=_play, args=arguments, daemon=True)
        self._process.start()
        there.close()

    def is_over(self, within_s: float) -> bool:
        """Wait for the end for a while, and tell whether it came."""
        return self._answer.poll(within_s)

    def wait(self, timeout_s: float = 600) -> Fed:
        """Wait for the end and return what was accepted. Raises TimeoutError."""
        if not self._answer.poll(timeout_s):
            raise TimeoutError("feeding took far too long")
        fed: Fed = self._answer.recv()
        return fed

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.join()


def _play(answer: Connection, address: str, keys: CurveKeys, size: int, workers: int) -> None:
    answer.send(asyncio.run(_play_all(address, keys, size, workers)))


async def _play_all(address: str, keys: CurveKeys, size: int, workers: int) -> Fed:
    sample = make_sample(size)
    feeders = [Feeder(f"feeder-{number}", sample, DealerSocket(keys)) for number in range(workers)]
    for feeder in feeders:
        feeder.socket.connect([address])
    await asyncio.gather(*(feeder.run() for feeder in feeders))
    for feeder in feeders:
        feeder.socket.close()
    began_s = min(feeder.began_s for feeder in feeders if feeder.began_s)
    clips = sum(feeder.accepted for feeder in feeders)
    ended_s = max(feeder.ended_s for feeder in feeders)
    return Fed(clips, clips * len(sample.frame), ended_s - began_s, ended_s)
