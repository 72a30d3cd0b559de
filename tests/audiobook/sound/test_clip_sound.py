"""Clips for a slow link: packed tighter, or as Opus."""

import hashlib
import io
from pathlib import Path

import numpy as np
import pytest
import soundfile
from sounds import RATE, decode, tone

from swarm.audiobook.sound.clip import ClipDamaged, make_opus, pack_tighter, read_clip, read_opus
from swarm.audiobook.sound.frame import read_streaminfo
from swarm.voice.host.takes import make_clip


def test_a_clip_reads_back_from_disk(tmp_path: Path) -> None:
    clip = make_clip(tone(0.5), RATE, "back")
    path = tmp_path / "a.flac"
    path.write_bytes(clip.frame)
    assert np.array_equal(read_clip(path, clip.info.digest, clip.info.samples, RATE), decode(clip.frame))


def test_a_changed_short_or_missing_clip_is_damaged(tmp_path: Path) -> None:
    clip = make_clip(tone(0.5), RATE, "back")
    changed = bytearray(clip.frame)
    changed[-100] ^= 1
    for data in (bytes(changed), clip.frame[:-10], b""):
        path = tmp_path / "a.flac"
        path.write_bytes(data)
        with pytest.raises(ClipDamaged, match=r"a\.flac"):
            read_clip(path, clip.info.digest, clip.info.samples, RATE)
    with pytest.raises(ClipDamaged, match="missing"):
        read_clip(tmp_path / "missing.flac", clip.info.digest, clip.info.samples, RATE)


def test_sound_that_does_not_decode_is_damaged_though_its_digest_is_right(tmp_path: Path) -> None:
    clip = make_clip(tone(0.5), RATE, "back")
    for data in (clip.frame[:2000], clip.frame[:200] + bytes(len(clip.frame) - 200)):
        path = tmp_path / "a.flac"
        path.write_bytes(data)
        with pytest.raises(ClipDamaged):
            read_clip(path, hashlib.sha256(data).hexdigest(), clip.info.samples, RATE)


def voice_like(rate: int, seconds: float = 2.0) -> "np.ndarray[tuple[int], np.dtype[np.int16]]":
    """Return syllables of a voice's harmonics with some breath, at a rate in Hz."""
    times = np.arange(int(rate * seconds)) / rate
    harmonics = sum(np.sin(2 * np.pi * 140 * k * times) / k for k in range(1, 20))
    breath = np.random.default_rng(1).normal(0, 0.002, times.size)
    return ((harmonics + breath) * np.maximum(0, np.sin(2 * np.pi * 3 * times)) * 6000).astype(np.int16)


def flac(pcm: "np.ndarray[tuple[int], np.dtype[np.int16]]", rate: int) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, pcm, rate, format="FLAC", subtype="PCM_16", compression_level=0.0)
    return file.getvalue()


def test_a_clip_packed_tighter_has_the_same_sound_in_fewer_bytes() -> None:
    pcm = voice_like(24000)
    frame = flac(pcm, 24000)
    packed = pack_tighter(frame)
    assert len(packed) < len(frame)
    assert np.array_equal(soundfile.read(io.BytesIO(packed), dtype="int16")[0], pcm)


@pytest.mark.parametrize("rate", [16000, 22050, 24000, 44100, 48000])
def test_opus_comes_back_at_the_rate_and_length_and_place_in_time_that_the_clip_had(rate: int) -> None:
    pcm = voice_like(rate)
    opus = make_opus(flac(pcm, rate))
    assert len(opus) < len(flac(pcm, rate))
    back = read_opus(opus, pcm.size, rate)
    assert read_streaminfo(back) == (rate, 1, 16, pcm.size)
    heard = soundfile.read(io.BytesIO(back), dtype="int16")[0].astype(float)
    assert np.corrcoef(heard, pcm)[0, 1] > 0.95  # a shift of half a millisecond would already spoil that


def test_what_is_no_opus_or_shorter_than_was_announced_is_refused() -> None:
    opus = make_opus(flac(voice_like(24000), 24000))
    for frame in (b"", b"OggS" + bytes(500), flac(voice_like(24000), 24000), opus[: len(opus) // 2]):
        with pytest.raises(ValueError, match="the clip"):
            read_opus(frame, 48000, 24000)


def test_no_more_is_decoded_than_was_announced() -> None:
    opus = make_opus(flac(voice_like(24000, 20), 24000))
    assert read_streaminfo(read_opus(opus, 24000, 24000)) == (24000, 1, 16, 24000)
