import hashlib
import io
import subprocess
import sys

import numpy as np
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from sounds import RATE, tone

from swarm.audiobook.sound.frame import MAX_FRAME_BYTES, check_frame, key_of, read_streaminfo, with_key
from swarm.job.clip_info import MAX_CLIP_S
from swarm.voice.host.takes import make_clip

CLIP = make_clip(tone(0.5), RATE, "a clip")


def check(frame: bytes, samples: int = CLIP.info.samples, rate: int = RATE) -> str:
    return check_frame(frame, samples, rate, hashlib.sha256(frame).hexdigest())


def flac(pcm: np.ndarray, rate: int = RATE, subtype: str = "PCM_16") -> bytes:
    file = io.BytesIO()
    soundfile.write(file, pcm, rate, format="FLAC", subtype=subtype)
    return file.getvalue()


def test_a_clip_as_it_was_made_passes() -> None:
    assert check_frame(CLIP.frame, CLIP.info.samples, CLIP.info.sample_rate, CLIP.info.digest) == ""


def test_the_head_of_a_clip_says_what_it_is() -> None:
    assert read_streaminfo(CLIP.frame) == (RATE, 1, 16, CLIP.info.samples)
    assert read_streaminfo(CLIP.frame[:20]) is None


def test_another_digest_is_refused() -> None:
    assert "digest" in check_frame(CLIP.frame + b"x", CLIP.info.samples, RATE, CLIP.info.digest)


def test_what_is_not_the_clip_announced_is_refused_with_a_reason() -> None:
    for frame, why in [
        (b"", "not FLAC"),
        (b"fLaC", "not FLAC"),
        (b"RIFF" + CLIP.frame[4:], "not FLAC"),
        (flac(np.zeros((CLIP.info.samples, 2), np.int16)), "2 channels"),
        (flac(np.zeros(CLIP.info.samples, np.int16), 22050), "22050 Hz"),
        (flac(np.zeros(CLIP.info.samples, np.int16), subtype="PCM_24"), "24 bits"),
        (flac(np.zeros(CLIP.info.samples - 1, np.int16)), f"{CLIP.info.samples - 1} samples"),
        (bytes(MAX_FRAME_BYTES + 1), "over the bound"),
    ]:
        assert why in check(frame)


def test_a_length_beyond_reason_is_refused_though_head_and_announcement_agree() -> None:
    for samples in [0, MAX_CLIP_S * RATE + 1]:
        head = bytearray(CLIP.frame)
        packed = int.from_bytes(head[18:26], "big") >> 36 << 36 | samples
        head[18:26] = packed.to_bytes(8, "big")
        assert "samples" in check(bytes(head), samples)


@given(st.binary(max_size=100))
def test_no_bytes_raise(noise: bytes) -> None:
    assert check(noise)
    assert check(CLIP.frame[:8] + noise)


def test_checking_needs_no_numpy() -> None:
    modules = "swarm.audiobook.sound.frame, swarm.audiobook.sound.studio_request"
    code = f"import sys, {modules}; sys.exit('numpy' in sys.modules or 'av' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


KEY, OTHER = "0123456789abcdef" * 2, "f" * 32


def alone(frame: bytes) -> bytes:
    """Return a FLAC without any block between STREAMINFO and its sound."""
    rest = frame[42:]
    while True:
        last, size = rest[0] & 0x80, int.from_bytes(rest[1:4])
        rest = rest[4 + size :]
        if last:
            return frame[:4] + b"\x80" + frame[5:42] + rest


def test_a_clip_says_its_key_and_is_the_same_sound() -> None:
    for frame in [CLIP.frame, alone(CLIP.frame)]:
        keyed = with_key(frame, KEY)
        assert (key_of(frame), key_of(keyed)) == ("", KEY)
        assert check(keyed) == "", frame
        assert np.array_equal(soundfile.read(io.BytesIO(keyed))[0], soundfile.read(io.BytesIO(CLIP.frame))[0]), frame
        assert with_key(keyed, OTHER) == keyed, frame


def test_a_clip_that_would_become_too_large_says_no_key() -> None:
    largest = CLIP.frame + bytes(MAX_FRAME_BYTES - len(CLIP.frame))
    assert with_key(largest, KEY) == largest
    assert key_of(with_key(largest[:-24], KEY)) == KEY


@given(st.binary(max_size=100))
def test_no_bytes_but_a_key_block_say_a_key(rest: bytes) -> None:
    assert len(key_of(CLIP.frame[:42] + rest)) in (0, 32)
    assert key_of(rest) == ""
