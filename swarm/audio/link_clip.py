"""Clips for a slow link: FLAC packed as tightly as it can be, which loses nothing, or Opus, a quarter of the bytes.

A coordinator makes FLAC of Opus as it arrives, of as many samples at the same rate, so nothing else knows of it.
"""

import io
from collections.abc import Iterator

import numpy as np
import soundfile

from swarm.audio.clip import Pcm

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
