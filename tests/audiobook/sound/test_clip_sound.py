"""Clips as sound."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
from sounds import RATE, decode, tone

from swarm.audiobook.sound.clip import ClipDamaged, read_clip
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
