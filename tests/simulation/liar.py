"""A worker that lies: what it changes in its clips, and what it makes up."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from clips import speak
from msgspec import structs
from small_tensors import small_tensors

from swarm.job.spec import Recipe, clip_key, seed_of
from swarm.job.state import JobState
from swarm.lease.envelope import Reason
from swarm.lease.file_transfer import Fetch
from swarm.lease.message import Accepted, Clip, Failed, FromCoordinator, Heartbeat, Held, Rejected, Release, SlotReport

if TYPE_CHECKING:
    from worker import SimWorker


class Liar:
    """The lies of one worker."""

    def __init__(self, worker: SimWorker, share: float) -> None:
        self.worker, self.share = worker, share
        self.lies: dict[tuple[str, int, int, str], Clip] = {}  # each key is a claim
        self.told: dict[str, str] = {}  # digest of a clip -> the one that it told

    def clip(self, clip: Clip, frame: bytes) -> tuple[Clip, bytes]:
        """Change a clip on its way, or not."""
        told, frame = self._changed(clip, frame)
        self.lies[told.job, told.chapter, told.index, told.key] = clip
        self.told[clip.digest] = told.digest
        return told, frame

    def piece(self, frame: bytes) -> bytes:
        """Change latents on their way, or not."""
        return frame[::-1] if self.worker.world.random.random() < self.share else frame

    def latents(self, said: bytes) -> bytes:
        """Make latents of these bytes, or pass the bytes themselves off as latents."""
        return said if self.worker.world.random.random() < self.share else small_tensors(said)

    def answers(self, message: FromCoordinator) -> list[FromCoordinator]:
        """Return the messages that its core has to hear: an answer to a lie settles the clip behind it."""
        if isinstance(message, Fetch) and message.kind == "clip":
            of = {told: digest for digest, told in self.told.items()}
            return [structs.replace(message, digest=of.get(message.digest, message.digest))]
        if not isinstance(message, Rejected | Accepted):
            return [message]
        name = (message.chapter, message.index, message.key) if isinstance(message, Rejected) else message.clips[0]
        clip = self.lies.pop((message.job, *name), None)
        if clip is None:
            return [message]
        return [message, Rejected(clip.job, clip.chapter, clip.index, clip.key, Reason("damaged clip", note="a lie"))]

    def _changed(self, clip: Clip, frame: bytes) -> tuple[Clip, bytes]:
        random = self.worker.world.random
        if random.random() > self.share:
            return clip, frame
        match random.randrange(9):
            case 0:
                return clip, b"noise" + frame[5:]
            case 1:
                return structs.replace(clip, digest="0" * 64), frame
            case 2:
                return structs.replace(clip, key="f" * 32), frame
            case 3:
                return structs.replace(clip, take=clip.take + 1), frame
            case 4:
                return structs.replace(clip, index=clip.index + 1), frame
            case 5:
                return structs.replace(clip, job="no such job"), frame
            case 6:
                return _claiming(clip, frame, clip.samples, 8000)
            case 7:
                return _claiming(clip, frame, 1700 * clip.sample_rate, clip.sample_rate)
            case _:
                other = Recipe("metronome", "another voice", "en")
                return structs.replace(clip, key=clip_key("another text", other, clip.take)), frame

    def beat(self) -> None:
        """Make up a random lie and send it."""
        random, worker = self.worker.world.random, self.worker
        if random.random() > self.share or not worker.connections:
            return
        name = random.choice(list(worker.connections))
        coordinator = worker.connections[name].coordinator
        job = random.choice(list(coordinator.disk.spec))
        chapter, index = random.choice(self._places(coordinator.disk.durable[job]))
        lease = (1 << 32) + random.randrange(40)
        match random.randrange(6):
            case 0:
                worker.send(name, Failed(job, chapter, index, 0, "error", "a lie", lease, 0))
            case 1:
                worker.send(name, Release(lease))
            case 2:
                state = coordinator.disk.durable[job]
                keys = tuple((*place, state.key(place, 0)) for place in self._places(state) if state.exists(place))
                worker.send(name, Held(job, keys))
            case 3:
                report = SlotReport(0, "waiting", lease)
                worker.send(name, Heartbeat((report,), (0, 1, 77), (lease, lease + 1)))
            case 4:
                self._unasked(name, job, (chapter, index))
            case _:
                bad = self._made(job, (0, 0), "Anything.")
                worker.send(name, structs.replace(bad[0], chapter=chapter, index=index), bad[1])

    def _places(self, state: JobState) -> list[tuple[int, int]]:
        """Return all places that there are, and one that does not exist."""
        chapters = enumerate(state.spec.chapters)
        return [(number, index) for number, chapter in chapters for index in range(len(chapter.segments))] + [(3, 99)]

    def _unasked(self, name: str, job: str, place: tuple[int, int]) -> None:
        """Return a good clip of a segment that was never leased to this worker."""
        state = self.worker.connections[name].coordinator.disk.durable[job]
        if state.exists(place):
            clip, frame = self._made(job, place, state.engine_text(place), state.spec.recipe)
            self.worker.world.log(self.worker.name, "unasked", clip)
            self.worker.send(name, clip, frame)

    def _made(self, job: str, place: tuple[int, int], text: str, recipe: Recipe | None = None) -> tuple[Clip, bytes]:
        key = clip_key(text, recipe or Recipe("metronome", "another voice", "en"), 0)
        spoken = speak(text, seed_of(key), 1)
        return Clip(job, *place, 0, key, **structs.asdict(spoken.info)), spoken.frame


def _claiming(clip: Clip, frame: bytes, samples: int, rate: int) -> tuple[Clip, bytes]:
    """Return a whole clip that has another rate or length than its text."""
    frame = frame[:18] + (rate << 44 | 15 << 36 | samples).to_bytes(8, "big") + frame[26:]
    digest = hashlib.sha256(frame).hexdigest()
    return structs.replace(clip, samples=samples, sample_rate=rate, digest=digest), frame
