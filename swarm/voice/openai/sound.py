"""Turns the answer of a speech server into int16 mono PCM: WAV, FLAC, MP3, Ogg or bare samples, of any rate."""

import io
import re
import struct

import numpy as np
import soundfile

from swarm.voice.engine import EngineFault, FaultKind, Pcm
from swarm.voice.pcm import from_floats

MAX_SOUND_S = 600.0
MIN_RATE, MAX_RATE = 8000, 192_000  # Hz, as clips may have
MAX_CHANNELS = 8
PLACEHOLDER = 1 << 30  # bytes: servers that stream write a length of this size or more, or 0

_MP3 = re.compile(rb"ID3|\xff[\xe2-\xff]")
_BARE = re.compile(r"audio/(pcm|l16|raw)\b", re.IGNORECASE)
_BARE_RATE = re.compile(r"rate=(\d{4,6})\b")


def decode(body: bytes, kind: str, asked: str, pcm_rate: int) -> tuple[Pcm, int]:
    """Return samples, shape (samples,), and their rate in Hz. `kind` is the answer's type, `asked` the format.

    `pcm_rate` is the rate of bare samples if the answer does not say it. Raises EngineFault: EMPTY, NONFINITE,
    IMPLAUSIBLE, or DEVICE if the answer is no sound or is cut off.
    """
    if not body:
        raise EngineFault(FaultKind.EMPTY, "the speech server sent no sound")
    if not body.startswith((b"RIFF", b"fLaC", b"OggS")) and (_BARE.match(kind) or asked == "pcm"):
        rate = _BARE_RATE.search(kind)
        return _bare(body), _checked_rate(int(rate[1]) if rate else pcm_rate)
    if not body.startswith((b"RIFF", b"fLaC", b"OggS")) and not _MP3.match(body):
        raise EngineFault(
            FaultKind.DEVICE, f"the speech server sent no {asked}: its answer is {kind[:60] or 'unknown'}"
        )
    try:
        with soundfile.SoundFile(io.BytesIO(_with_length(body))) as file:
            return _read(file), int(file.samplerate)
    except soundfile.LibsndfileError as fault:
        raise EngineFault(FaultKind.DEVICE, f"the speech server's sound cannot be decoded: {fault}"[:300]) from fault


def _bare(body: bytes) -> Pcm:
    if len(body) % 2:
        raise EngineFault(FaultKind.DEVICE, "the speech server's sound is cut off in the middle of a sample")
    return np.frombuffer(body, "<i2").astype(np.int16)


def _read(file: soundfile.SoundFile) -> Pcm:
    rate = _checked_rate(file.samplerate)
    if file.channels > MAX_CHANNELS:
        raise EngineFault(FaultKind.DEVICE, f"the speech server's sound has {file.channels} channels")
    exact = file.channels == 1 and file.subtype == "PCM_16"
    most = round(MAX_SOUND_S * rate)
    samples = file.read(most + 1, dtype="int16" if exact else "float32", always_2d=True)
    if len(samples) > most:
        raise EngineFault(FaultKind.IMPLAUSIBLE, f"the speech server sent over {MAX_SOUND_S / 60:.0f} min of sound")
    if exact:
        pcm: Pcm = samples[:, 0].copy()
        return pcm
    return from_floats(samples.mean(axis=1, dtype=np.float32))


def _checked_rate(rate: int) -> int:
    if not MIN_RATE <= rate <= MAX_RATE:
        raise EngineFault(FaultKind.DEVICE, f"the speech server's sound has {rate} Hz, not {MIN_RATE} to {MAX_RATE}")
    return rate


def _with_length(body: bytes) -> bytes:
    """Return a WAV file whose length of 0 is replaced by that of its samples; other files are returned as they are.

    Raises EngineFault(DEVICE) for a WAV file that says that it is longer.
    """
    at = 12
    while body.startswith(b"RIFF") and at + 8 <= len(body):
        name, size = struct.unpack_from("<4sI", body, at)
        here = len(body) - at - 8
        if name == b"data" and here < size < PLACEHOLDER:
            raise EngineFault(FaultKind.DEVICE, f"the speech server's sound is cut off: {here:,} bytes of {size:,}")
        if name == b"data":
            return body if size else body[: at + 4] + struct.pack("<I", here) + body[at + 8 :]
        at += 8 + size + size % 2
    return body
