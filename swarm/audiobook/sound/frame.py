"""Checks a clip's bytes as they arrive, without decoding them, so that a coordinator needs no numpy for it."""

import hashlib

from swarm.job.clip_info import MAX_CLIP_S

MAX_FRAME_BYTES = 8 << 20

STREAMINFO_BYTES = 42  # "fLaC", the head of the block and the block
KEY_BLOCK = b"\x02\x00\x00\x14e2ak"  # head and name of the application block behind STREAMINFO that has a clip's key
KEY_BYTES = 16
LAST_BLOCK = 0x80  # a block whose first byte has this bit is followed by no other
STARTS = (b"fLaC\x00\x00\x00\x22", b"fLaC\x80\x00\x00\x22")  # the second says that no other block follows


def check_frame(frame: bytes, samples: int, sample_rate: int, digest: str) -> str:
    """Return why a clip is not what was announced, "" if it is; rate in Hz."""
    if len(frame) > MAX_FRAME_BYTES:
        return f"the clip has {len(frame)} bytes, over the bound of {MAX_FRAME_BYTES}"
    if hashlib.sha256(frame).hexdigest() != digest:
        return "the clip's bytes do not match their digest"
    found = read_streaminfo(frame)
    if found is None:
        return "the clip is not FLAC"
    if found != (sample_rate, 1, 16, samples):
        return "the clip is {} Hz, {} channels, {} bits, {} samples".format(*found) + (
            f"; {sample_rate} Hz, 1, 16, {samples} were announced"
        )
    if not 0 < samples <= MAX_CLIP_S * sample_rate:
        return f"the clip has {samples} samples, more than {MAX_CLIP_S} s or none"
    return ""


def read_streaminfo(frame: bytes) -> tuple[int, int, int, int] | None:
    """Return rate in Hz, channels, bits a sample and samples from a FLAC's head; None if it is no FLAC."""
    if len(frame) < STREAMINFO_BYTES or frame[:8] not in STARTS:
        return None
    head = int.from_bytes(frame[18:26], "big")  # 20 bits rate, 3 channels - 1, 5 bits - 1, 36 samples
    return head >> 44, (head >> 41 & 7) + 1, (head >> 36 & 31) + 1, head & (1 << 36) - 1


def with_key(frame: bytes, key: str) -> bytes:
    """Return a clip that says its key; the frame itself if it says one already, or would become too large."""
    if key_of(frame) or len(frame) + len(KEY_BLOCK) + KEY_BYTES > MAX_FRAME_BYTES:
        return frame
    last = frame[4] & LAST_BLOCK
    head, rest = frame[:4] + b"\0" + frame[5:STREAMINFO_BYTES], frame[STREAMINFO_BYTES:]
    return b"".join((head, bytes([KEY_BLOCK[0] | last]), KEY_BLOCK[1:], bytes.fromhex(key), rest))


def key_of(frame: bytes) -> str:
    """Return the key that a clip says, "" if it says none."""
    start = STREAMINFO_BYTES + len(KEY_BLOCK)
    head = frame[STREAMINFO_BYTES:start]
    if head[1:] != KEY_BLOCK[1:] or head[0] & ~LAST_BLOCK != KEY_BLOCK[0]:
        return ""
    return frame[start : start + KEY_BYTES].hex()
