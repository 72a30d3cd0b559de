"""Clips as sound: reads them from the disk, packs them for a slow link, and tells whether two can be the same sentence.

A read checks digest and header. FLAC packed as tightly as it can be loses nothing; Opus takes a quarter of the bytes,
and becomes FLAC of as many samples at the same rate where it arrives, so nothing else knows of it."""

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from swarm.audiobook.sound.frame import check_frame

Pcm = NDArray[np.int16]  # mono, shape (samples,)


class ClipDamaged(Exception):
    """A clip on disk is missing, changed or not what its record says; it has to be spoken again."""


def read_clip(path: Path, digest: str, samples: int, sample_rate: int) -> Pcm:
    """Decode a clip from disk: int16, shape (samples,). Raises ClipDamaged."""
    try:
        frame = path.read_bytes()
    except OSError as error:
        raise ClipDamaged(f"{path} cannot be read: {error.strerror}") from error
    if why := check_frame(frame, samples, sample_rate, digest):
        raise ClipDamaged(f"{path}: {why}")
    try:
        pcm, _ = soundfile.read(io.BytesIO(frame), frames=samples, dtype="int16")
    except (soundfile.SoundFileError, RuntimeError) as error:
        raise ClipDamaged(f"{path} cannot be decoded: {error}") from error
    if pcm.shape != (samples,):
        raise ClipDamaged(f"{path} decodes to {len(pcm)} of {samples} samples")
    result: Pcm = pcm
    return result


# FFmpeg is large, so it is loaded only where there is Opus.

# Libsndfile's tightest compression level; engines write at level 0, which makes 5 % more bytes of speech.
TIGHTEST = 1.0
OPUS_RATE = 48_000  # Hz
OPUS_BITRATE = 48_000  # bits a second, about a quarter of what FLAC makes of speech


def pack_tighter(frame: bytes) -> bytes:
    """Return a FLAC clip in fewer bytes, with the same sound; itself if it takes no fewer."""
    pcm, rate = soundfile.read(io.BytesIO(frame), dtype="int16")
    return min(_flac(pcm, rate, TIGHTEST), frame, key=len)


def make_opus(frame: bytes) -> bytes:
    """Return a FLAC clip as Opus in Ogg."""
    import av

    pcm, rate = soundfile.read(io.BytesIO(frame), dtype="int16")
    file = io.BytesIO()
    with av.open(file, "w", format="ogg") as container:
        stream = container.add_stream("libopus", rate=OPUS_RATE, layout="mono")
        stream.bit_rate = OPUS_BITRATE
        sound = av.AudioFrame.from_ndarray(pcm[None], format="s16", layout="mono")
        sound.sample_rate = rate
        resampler = av.AudioResampler(format="s16", layout="mono", rate=OPUS_RATE)
        for part in (*resampler.resample(sound), *resampler.resample(None), None):
            container.mux(stream.encode(part))
    return file.getvalue()


def read_opus(frame: bytes, samples: int, sample_rate: int) -> bytes:
    """Return Opus in Ogg as a FLAC clip of so many samples at a rate in Hz. Raises ValueError, with the reason.

    No more is decoded than that, whatever the bytes claim.
    """
    import av

    pcm, begun = np.zeros(samples, np.int16), 0
    try:
        for part in _decoded(frame, sample_rate):
            fitting = part[: samples - begun]
            pcm[begun : begun + fitting.size] = fitting
            begun += fitting.size
            if begun == samples:
                break
    except (av.FFmpegError, ValueError) as fault:
        raise ValueError(f"the clip cannot be decoded: {fault}") from fault
    if samples - begun > sample_rate // 10:
        raise ValueError(f"the clip has {begun} samples; {samples} were announced")
    return _flac(pcm, sample_rate, 0.0)


def _decoded(frame: bytes, sample_rate: int) -> Iterator[Pcm]:
    """Yield the sound at a rate in Hz, part by part. Raises ValueError, av.FFmpegError."""
    import av

    resampler = av.AudioResampler(format="s16", layout="mono", rate=sample_rate)
    with av.open(io.BytesIO(frame), "r", format="ogg") as container:
        stream = next(iter(container.streams.audio), None)
        if stream is None or stream.codec_context.name not in ("opus", "libopus"):
            raise ValueError("it is not Opus")
        for sound in container.decode(stream):
            yield from (part.to_ndarray()[0] for part in resampler.resample(sound))
        yield from (part.to_ndarray()[0] for part in resampler.resample(None))


def _flac(pcm: Pcm, sample_rate: int, level: float) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, pcm, sample_rate, format="FLAC", subtype="PCM_16", compression_level=level)
    return file.getvalue()


FRAME_S = 0.02
LONGER = 1.25  # times the other's length, at most
LEAST_DB = -50.0  # below the loudest frame: all below is silence
EVEN_DB = 1.0  # deviation of a sound that is as loud everywhere
LEAST_RESEMBLANCE = 0.6  # a correlation


def resemblance(one: Pcm, other: Pcm, rate: int) -> float:
    """Return how alike two sounds of one rate in Hz are: 1 for the same, 0 for nothing in common."""
    curves = [_loudness_db(pcm, round(rate * FRAME_S)) for pcm in (one, other)]
    sizes = sorted(curve.size for curve in curves)
    if not sizes[0] or sizes[1] > LONGER * sizes[0] + 1:
        return 0.0
    a, b = (np.interp(np.linspace(0, 1, sizes[1]), np.linspace(0, 1, curve.size), curve) for curve in curves)
    even = [float(np.std(curve)) < EVEN_DB for curve in (a, b)]
    if any(even):
        return float(all(even))
    return max(0.0, float(np.corrcoef(a, b)[0, 1]))


def _loudness_db(pcm: Pcm, frame: int) -> NDArray[np.float64]:
    """Return how loud each frame is, relative to the loudest one."""
    whole = pcm[: pcm.size // frame * frame].astype(np.float64).reshape(-1, frame)
    power = np.mean(whole**2, axis=1)
    if not power.size or not power.max():
        return np.zeros(power.size)
    curve: NDArray[np.float64] = np.maximum(10 * np.log10(np.maximum(power, 1e-9) / power.max()), LEAST_DB)
    return curve
