"""Makes a clip of what a voice returned: trimmed, faded, FLAC; refuses what cannot be speech of its text."""

import hashlib
import io
import warnings

import numpy as np
import soundfile

from swarm.audio.frame import MAX_CLIP_S
from swarm.job.clip_info import ClipInfo, SpokenClip
from swarm.voice.engine import EngineFault, FaultKind, Pcm

with warnings.catch_warnings():
    # pydub warns that it finds no ffmpeg (it is not asked to decode anything), and newer Pythons of its escapes.
    warnings.simplefilter("ignore")
    from pydub import AudioSegment

SILENT_PEAK = 33  # of 32768; that is -60 dBFS
QUIET_DBFS = -60.0  # sound under this level is trimmed from the ends of a quiet voice
QUIET_BELOW_PEAK_DB = 50.0  # of a loud voice, sound this far under its peak; a final "s" or "f" lies 40 dB under it
STEP_MS = 10
KEEP_BEFORE_MS, KEEP_AFTER_MS = 10, 30  # of what is quiet, at either end
FADE_IN_MS, FADE_OUT_MS = 5, 10

# Speech takes about 0.07 s a letter, rehearsals 0.002; "1,000,000" and "XVIII" take far longer than they look.
MIN_S_LETTER = 0.001
MAX_S_LETTER = 0.5
MAX_S_DIGIT = 3.0
MAX_S_EXTRA = 5.0


def make_clip(pcm: Pcm, sample_rate: int, text: str) -> SpokenClip:
    """Make a clip of what a voice returned for a text: int16 mono PCM, shape (samples,), rate in Hz.

    Raises EngineFault: EMPTY, SILENT, or IMPLAUSIBLE (far too long or short for the text).
    """
    if pcm.size == 0:
        raise EngineFault(FaultKind.EMPTY, "no samples came back")
    peak = max(int(pcm.max()), -int(pcm.min()))
    if peak <= SILENT_PEAK:
        raise EngineFault(FaultKind.SILENT, f"{pcm.size / sample_rate:.1f} s of silence came back")
    sound = _trim(AudioSegment(pcm.tobytes(), sample_width=2, frame_rate=sample_rate, channels=1), peak)
    if half_ms := len(sound) // 2:  # pydub has no fade of no length
        sound = sound.fade_in(min(FADE_IN_MS, half_ms)).fade_out(min(FADE_OUT_MS, half_ms))
    trimmed = np.frombuffer(sound.raw_data, np.int16)
    _check_length(trimmed.size / sample_rate, text)
    frame = _to_flac(trimmed, sample_rate)
    digest = hashlib.sha256(frame).hexdigest()
    return SpokenClip(frame, ClipInfo(samples=trimmed.size, sample_rate=sample_rate, digest=digest, work_s=0.0))


def _trim(sound: AudioSegment, peak: int) -> AudioSegment:
    """Cut silence at both ends, looking only at the ends."""
    floor_dbfs = max(QUIET_DBFS, 20 * np.log10(peak / 32768) - QUIET_BELOW_PEAK_DB)
    start, end = 0, len(sound)
    while start < end and sound[start : start + STEP_MS].dBFS < floor_dbfs:
        start += STEP_MS
    while end - STEP_MS > start and sound[end - STEP_MS : end].dBFS < floor_dbfs:
        end -= STEP_MS
    if start >= end:  # a lone click, quieter in the mean than the floor
        raise EngineFault(FaultKind.SILENT, "nothing but a click came back")
    return sound[max(0, start - KEEP_BEFORE_MS) : end + KEEP_AFTER_MS]


def _check_length(length_s: float, text: str) -> None:
    letters = sum(character.isalnum() for character in text)
    digits = sum(character.isdigit() for character in text)
    least_s = MIN_S_LETTER * letters
    most_s = min(MAX_S_EXTRA + MAX_S_LETTER * letters + MAX_S_DIGIT * digits, MAX_CLIP_S)
    if not least_s <= length_s <= most_s:
        raise EngineFault(
            FaultKind.IMPLAUSIBLE,
            f"{length_s:.2f} s for {letters} letters and digits; {least_s:.2f} to {most_s:.0f} s are plausible",
        )


def _to_flac(pcm: Pcm, sample_rate: int) -> bytes:
    file = io.BytesIO()
    # The least effort takes a seventh less time for half a percent more bytes.
    soundfile.write(file, pcm, sample_rate, format="FLAC", subtype="PCM_16", compression_level=0.0)
    return file.getvalue()
