"""Has the reels of editions encoded where the core decides: by the workers that spoke their clips, or here."""

import asyncio
import hashlib
import logging
import secrets
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Any

from swarm.audiobook.press import Maker
from swarm.audiobook.sound.reel import Reel, plan_reels
from swarm.audiobook.sound.studio import Studio
from swarm.audiobook.sound.studio_request import ReelDone, ReelRequest
from swarm.job.record import ClipAccepted
from swarm.job.state import JobState
from swarm.lease.coordinator.coordinator_core import CoordinatorCore
from swarm.lease.coordinator.reel_orders import ReelTask
from swarm.lease.message import MAX_REEL_CLIPS, Encode, ReelCoding
from swarm.lease.outcome import Outcome, ReelArrival
from swarm.system.machine import Clock

COMPARED = 16  # one in so many reels of a worker is made here too and compared, and its first one
MAX_BYTES = 16 << 20  # a larger reel is encoded here
ROOM_BYTES = 64 << 10  # a reel's file has so much beside its sound

logger = logging.getLogger(__name__)


def reel_ends(state: JobState) -> tuple[tuple[int, ...], ...]:
    """Return for each chapter the indices before which its reels end."""
    chapters = enumerate(state.spec.chapters)
    return tuple(tuple(reel.end for reel in plan_reels(number, chapter)) for number, chapter in chapters)


@dataclass(frozen=True)
class WantedReel:
    """A reel that a press waits for."""

    studio: Studio
    request: ReelRequest
    made: "asyncio.Future[ReelDone]"


class ReelDesk:
    """Brings the reels that presses ask for to the core, and what the core decides to the studio."""

    def __init__(
        self, core: CoordinatorCore, clock: Clock, do: Callable[[Outcome], None], distrust: Callable[[str], None]
    ) -> None:
        """`distrust` hears the id of a worker whose reels are to be encoded again."""
        self._core = core
        self._distrust = distrust
        self._clock = clock
        self._do = do
        self._wanted: dict[tuple[str, str], WantedReel] = {}
        self._compared: set[str] = set()  # workers of which a reel was compared
        self.tasks: set[asyncio.Task[None]] = set()

    def maker(self, state: JobState, studio: Studio) -> Maker:
        """Return what makes the reels of a job."""

        async def make(reel: Reel, request: ReelRequest) -> ReelDone:
            places = [(reel.chapter, index) for index in range(reel.first, reel.end)]
            records = [state.accepted.get(place) for place in places]
            task = await self._task(state.job, studio, request, records)
            return await self._make(task, studio, request)

        return make

    async def _task(
        self, job: str, studio: Studio, request: ReelRequest, records: list[ClipAccepted | None]
    ) -> ReelTask:
        """Return what the core is told of a reel; only of the clips of one worker is it asked for it."""
        clips = [record for record in records if record]
        workers = {clip.worker for clip in clips}
        coding, sound_s = request.coding, sum(clip.length_s for clip in clips)
        length_s = sound_s + sum(request.pauses_s)
        rate = coding.bitrate or 32 * coding.sample_rate * coding.channels
        most = int(2 * rate / 8 * length_s) + ROOM_BYTES
        whole = len(clips) == len(records) <= MAX_REEL_CLIPS and most <= MAX_BYTES
        worker = workers.pop() if whole and len(workers) == 1 and not self._core.settings.alone else ""
        order = Encode(
            job=job,
            reel=request.target.name,
            keys=tuple(clip.key for clip in clips),
            digest=hashlib.sha256("".join(clip.digest for clip in clips).encode()).hexdigest(),
            pauses_s=request.pauses_s,
            sample_rate=request.sample_rate,
            gain_db=request.gain_db,
            peak_db=request.level.peak_db,
            coding=ReelCoding(coding.codec, coding.sample_rate, coding.channels, coding.bitrate),
            encoder=await studio.probe_encoder(job, request) if worker else "",
        )
        return ReelTask(worker, order, sound_s, most)

    async def _make(self, task: ReelTask, studio: Studio, request: ReelRequest) -> ReelDone:
        """Wait until a reel is there. Raises as `Studio.encode_reel`."""
        wanted = WantedReel(studio, request, asyncio.get_running_loop().create_future())
        self._wanted[task.name] = wanted
        self._do(self._core.encode_reel(task, self._clock.now()))
        try:
            return await wanted.made
        finally:
            if self._wanted.get(task.name) is wanted:
                del self._wanted[task.name]
                self._do(self._core.withdraw_reel(*task.name, self._clock.now()))

    def carry_out(self, outcome: Outcome) -> None:
        """Encode what is to be encoded here, and check what came."""
        for job, reel in outcome.encodes:
            self._start(job, reel, self._encode(job, reel))
        for arrival in outcome.reels:
            self._start(arrival.job, arrival.reel, self._check(arrival))

    def _start(self, job: str, reel: str, work: Coroutine[Any, Any, None]) -> None:
        async def run() -> None:
            try:
                await work
            except Exception as fault:
                if wanted := self._wanted.get((job, reel)):
                    wanted.made.set_exception(fault)
                else:
                    raise

        task = asyncio.create_task(run())
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _encode(self, job: str, reel: str) -> None:
        if wanted := self._wanted.get((job, reel)):
            failed = partial(self._failed, job, reel)
            done = await wanted.studio.encode_reel(job, wanted.request, failed)
            self._made(job, reel, wanted, done, done.work_s)

    def _failed(self, job: str, reel: str) -> None:
        self._do(self._core.reel_failed(job, reel, self._clock.now()))

    async def _check(self, arrival: ReelArrival) -> None:
        """Put a reel in its place that a worker encoded, unless it is another one than would be made here."""
        job, reel = arrival.job, arrival.reel
        if not (wanted := self._wanted.get((job, reel))):
            return
        whole = arrival.worker not in self._compared or not secrets.randbelow(COMPARED)
        self._compared.add(arrival.worker)
        done = await wanted.studio.check_reel(job, wanted.request, arrival.data, whole=whole)
        if done.misfit:
            logger.debug(f"reel {reel} of {arrival.worker} is not used: {done.misfit}")
            is_news = arrival.worker not in self._core.reels.distrusted
            self._do(self._core.reel_refused(job, reel, self._clock.now()))
            if is_news:
                self._distrust(arrival.worker)
        else:
            self._made(job, reel, wanted, done, done.work_s if whole else 0.0)

    def _made(self, job: str, reel: str, wanted: WantedReel, done: ReelDone, work_s: float) -> None:
        if self._wanted.get((job, reel)) is wanted:
            del self._wanted[job, reel]
            self._do(self._core.reel_encoded(job, reel, work_s, self._clock.now()))
            wanted.made.set_result(done)
