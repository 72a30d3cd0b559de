"""Sounds that the tests of this folder build clips, reels and books from."""

import contextlib
import io
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import soundfile
from bs1770 import bs1770_lufs

from swarm.audiobook.sound.encoder import encode_reel
from swarm.audiobook.sound.format import Coding
from swarm.audiobook.sound.studio_request import ReelClip, ReelDone, ReelRequest
from swarm.voice.engine import Pcm
from swarm.voice.host.takes import make_clip

RATE = 24000
CODING = Coding()


def decode(frame: bytes) -> Pcm:
    """Decode a clip's FLAC."""
    pcm, rate = soundfile.read(io.BytesIO(frame), dtype="int16")
    assert rate == RATE
    return pcm


def tone(length_s: float, rate: int = RATE, level: float = 0.3, pitch_hz: float = 440.0) -> Pcm:
    times = np.arange(round(length_s * rate)) / rate
    return (level * 32767 * np.sin(2 * np.pi * pitch_hz * times)).astype(np.int16)


def silence(length_s: float, rate: int = RATE) -> Pcm:
    return np.zeros(round(length_s * rate), np.int16)


def store(folder: Path, pcm: Pcm, name: str = "clip", rate: int = RATE) -> ReelClip:
    """Put a clip on disk as a coordinator would."""
    clip = make_clip(pcm, rate, "a text long enough for any sound here, " * 3)
    path = folder / f"{name}.flac"
    path.write_bytes(clip.frame)
    return ReelClip(path, clip.info)


def reel_of(folder: Path, clip: ReelClip, name: str, pause_s: float = 2.0, coding: Coding = CODING) -> ReelDone:
    """Encode a reel of one clip, of the coding's rate."""
    return encode_reel(ReelRequest((clip,), (pause_s,), coding.sample_rate, 0.0, folder / f"{name}.reel", coding))


def decoded(path: Path) -> np.ndarray:
    """Decode a file as a player does: float32 of shape (samples,)."""
    with av.open(str(path)) as container:
        return np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=0)])


def judged(sound: np.ndarray, rate: int) -> tuple[float, float]:
    """Return the integrated loudness in LUFS and the true peak in dBTP, by meters that the program does not use."""
    graph = av.filter.Graph()
    source = graph.add_abuffer(sample_rate=rate, format="fltp", layout="mono", time_base=Fraction(1, rate))
    meter, sink = graph.add("ebur128", "peak=true:framelog=quiet:metadata=1"), graph.add("abuffersink")
    source.link_to(meter)
    meter.link_to(sink)
    graph.configure()
    for start in range(0, sound.size - 4799, 4800):
        frame = av.AudioFrame.from_ndarray(sound[None, start : start + 4800], format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = rate, start, Fraction(1, rate)
        graph.push(frame)
        with contextlib.suppress(av.BlockingIOError):
            while True:
                said = graph.pull().metadata
    loudness = bs1770_lufs(sound, rate)
    assert loudness is not None
    return loudness, 20 * float(np.log10(float(said["lavfi.r128.true_peak"])))
