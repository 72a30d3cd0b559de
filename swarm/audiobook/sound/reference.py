"""Turns a reference recording of any format into the WAV that workers get: mono, 24 kHz, at most 30 s."""

import io
import wave
from pathlib import Path
from typing import IO

import av
import numpy as np
from numpy.typing import NDArray

from swarm.errors import UsageError

RATE = 24_000  # Hz
MIN_S = 1.0
MAX_S = 30.0  # no engine uses more
MAX_FILE_S = 1800.0
WINDOW_SAMPLES = RATE // 50  # 20 ms
MARGIN_WINDOWS = 5  # silence is kept before and after the sound
MIN_PEAK = 300  # full scale is 32767; a quieter recording is only noise
SILENCE_SHARE = 0.02  # windows below this share of the loudest one are silence
CUT_SEARCH_S = 3.0  # a long recording is cut at the quietest place of its last seconds

Samples = NDArray[np.int16]


def read_reference(path: Path, file: IO[bytes] | None = None) -> bytes:
    """Return the WAV file made of a recording; the same recording gives the same bytes. Raises UsageError.

    Pass `file` to read something else than the file at `path`.
    """
    try:
        with file or path.open("rb") as opened:
            sound = _decode(opened, path)
    except (av.FFmpegError, ValueError, EOFError) as fault:
        raise UsageError(
            f"--voice {path}: this is no recording that can be read ({_reason(fault)}); give it as WAV, FLAC or MP3."
        ) from fault
    except OSError as fault:
        raise UsageError(f"--voice {path} cannot be read: {fault.strerror or fault}.") from fault
    return _wav(_useful(sound, path))


def _reason(fault: Exception) -> str:
    return str(getattr(fault, "strerror", "") or fault)[:100]


def _decode(file: IO[bytes], path: Path) -> Samples:
    with av.open(file, "r") as container:
        if not container.streams.audio:
            raise UsageError(f"--voice {path} holds no sound.")
        resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
        pieces: list[Samples] = []
        length = 0
        for frame in container.decode(container.streams.audio[0]):
            for resampled in resampler.resample(frame):
                pieces.append(_samples(resampled))
                length += len(pieces[-1])
            if length > MAX_FILE_S * RATE:
                raise UsageError(
                    f"--voice {path} is over {MAX_FILE_S / 60:.0f} minutes long: cut 6 to {MAX_S:.0f} s out of it."
                )
        pieces += [_samples(resampled) for resampled in resampler.resample(None)]
    return np.concatenate(pieces) if pieces else np.zeros(0, np.int16)


def _samples(frame: av.AudioFrame) -> Samples:
    return frame.to_ndarray().reshape(-1).astype(np.int16, copy=False)


def _useful(sound: Samples, path: Path) -> Samples:
    """Return the sound without the silence around it, and no longer than engines use."""
    levels = _levels(sound)
    if not len(levels) or np.abs(sound.astype(np.int32)).max() < MIN_PEAK:
        if len(sound) < MIN_S * RATE:
            raise _too_short(path, len(sound))
        raise UsageError(f"--voice {path} is silent: give a recording of a speaking person.")
    loud = np.flatnonzero(levels > SILENCE_SHARE * levels.max())
    first, last = max(0, loud[0] - MARGIN_WINDOWS), loud[-1] + 1 + MARGIN_WINDOWS
    trimmed = sound[first * WINDOW_SAMPLES : last * WINDOW_SAMPLES]
    if len(trimmed) < MIN_S * RATE:
        raise _too_short(path, len(trimmed))
    return trimmed[: _cut(trimmed)]


def _too_short(path: Path, samples: int) -> UsageError:
    return UsageError(
        f"--voice {path} holds {samples / RATE:.1f} s of sound: at least {MIN_S:.0f} s is needed, "
        f"6 to {MAX_S:.0f} s are good."
    )


def _cut(sound: Samples) -> int:
    """Return the length to keep in samples: a sound that is too long ends at a quiet place."""
    most = int(MAX_S * RATE)
    if len(sound) <= most:
        return len(sound)
    begin = int((MAX_S - CUT_SEARCH_S) * RATE)
    return begin + int(np.argmin(_levels(sound[begin:most]))) * WINDOW_SAMPLES


def _levels(sound: Samples) -> NDArray[np.float64]:
    """Return the RMS of each window, shape (windows,)."""
    whole = sound[: len(sound) // WINDOW_SAMPLES * WINDOW_SAMPLES].reshape(-1, WINDOW_SAMPLES).astype(np.float64)
    levels: NDArray[np.float64] = np.sqrt(np.mean(whole**2, axis=1))
    return levels


def _wav(sound: Samples) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(sound.astype("<i2").tobytes())
    return buffer.getvalue()
