"""Reels that a worker encodes are those that its coordinator would make, in all formats."""

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
from msgspec import structs

from swarm.audiobook.sound.format import Level, make_coding
from swarm.audiobook.sound.frame import with_key
from swarm.audiobook.sound.studio import Studio
from swarm.audiobook.sound.studio_request import ReelClip, ReelRequest
from swarm.job.clip_info import SpokenClip
from swarm.lease.file_transfer import Fetch
from swarm.lease.message import Clip, Encode, ReelCoding
from swarm.lease.outcome import EncodeReel
from swarm.voice.host.takes import make_clip
from swarm.worker.reel_encoder import OTHER_ENCODER, ReelEncoder

RATE = 24000
KEYS = ("0" * 32, "1" * 32)
FORMATS = [("m4b", 1), ("m4b", 2), ("mp3", 1), ("opus", 1), ("flac", 1), ("wav", 2)]


def spoken(hertz: float) -> SpokenClip:
    tone = (np.sin(np.arange(RATE) * 2 * np.pi * hertz / RATE) * 20000).astype(np.int16)
    return make_clip(tone, RATE, "Some words.")


CLIPS = dict(zip(KEYS, (spoken(200.0), spoken(310.0)), strict=True))


def clip(key: str) -> Clip:
    about = structs.asdict(CLIPS[key].info)
    return Clip(job="job", chapter=0, index=KEYS.index(key), take=0, key=key, **about)


def frame(clip: Clip) -> bytes:
    return CLIPS[clip.key].frame


class Bench:
    """A worker's encoder, and the studio of its coordinator."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.encoder = ReelEncoder(folder / "scratch", 1)
        self.home = Studio(folder, 1)

    def request(self, ending: str, channels: int) -> ReelRequest:
        clips = []
        for key in KEYS:
            stored = with_key(CLIPS[key].frame, key)
            path = self.folder / f"{key}.flac"
            path.write_bytes(stored)
            clips.append(ReelClip(path, structs.replace(clip(key).info, digest=hashlib.sha256(stored).hexdigest())))
        coding = make_coding(ending, RATE, channels=channels)
        return ReelRequest(tuple(clips), (0.5, 1.0), RATE, 4.0, self.folder / "a.reel", coding, Level(-18.0, -2.0))

    async def order(self, request: ReelRequest) -> EncodeReel:
        coding = request.coding
        digests = "".join(clip.info.digest for clip in request.clips if clip)
        order = Encode(
            "job",
            request.target.name,
            KEYS,
            hashlib.sha256(digests.encode()).hexdigest(),
            request.pauses_s,
            RATE,
            request.gain_db,
            request.level.peak_db,
            ReelCoding(coding.codec, coding.sample_rate, coding.channels, coding.bitrate),
            await self.home.probe_encoder("job", request),
        )
        return EncodeReel("a", order, tuple(map(clip, KEYS)))

    async def close(self) -> None:
        await self.encoder.close_encoder()
        await self.home.close_studio()


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    made = Bench(tmp_path)
    yield made
    await made.close()


async def test_a_reel_of_any_format_is_the_same_to_the_byte_whoever_encodes_it(bench: Bench) -> None:
    for ending, channels in FORMATS:
        request = bench.request(ending, channels)
        made = await bench.encoder.encode_reel(await bench.order(request), frame)
        assert made.note == "", (ending, channels)
        data = b""
        while len(data) < made.size:
            answer = bench.encoder.read_piece(Fetch(made.digest, len(data), "reel", "job"), 5000)
            assert answer is not None
            data += answer[1]
        assert hashlib.sha256(data).hexdigest() == made.digest
        done = await bench.home.check_reel("job", request, data, whole=True)
        assert done.misfit == "", (ending, channels)
        bench.encoder.drop_reel(made.digest)
        assert bench.encoder.read_piece(Fetch(made.digest, 0, "reel", "job"), 5000) is None


async def test_a_reel_is_declined_where_its_clips_or_the_encoder_are_others(bench: Bench) -> None:
    command = await bench.order(bench.request("m4b", 1))
    other = structs.replace(command.order, encoder="another")
    declined = await bench.encoder.encode_reel(EncodeReel("a", other, command.clips), frame)
    assert (declined.note, declined.digest) == (OTHER_ENCODER, "")
    gone = await bench.encoder.encode_reel(command, lambda clip: b"")
    assert ("not here" in gone.note, gone.digest) == (True, "")


async def test_a_full_disk_declines_a_reel(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    command = await bench.order(bench.request("m4b", 1))

    def full(path: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    declined = await bench.encoder.encode_reel(command, frame)
    assert ("No space" in declined.note, declined.digest) == (True, "")
