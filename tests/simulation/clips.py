"""Clips as an engine would make them: a FLAC head that is checked like a real one, and a body of any size."""

import hashlib

from swarm.job.clip_info import ClipInfo, SpokenClip

RATE = 24000  # Hz
SAMPLES_A_CHARACTER = 1500


def speak(text: str, seed: int, bytes_a_character: int, work_s: float = 0.1) -> SpokenClip:
    """Return the clip of a text; the same text and seed give the same bytes."""
    samples = len(text) * SAMPLES_A_CHARACTER
    head = (RATE << 44 | 15 << 36 | samples).to_bytes(8, "big")  # mono, 16 bits
    body = seed.to_bytes(8, "big") * (1 + len(text) * bytes_a_character // 8)
    frame = b"fLaC\x80\x00\x00\x22" + bytes(10) + head + bytes(16) + body
    digest = hashlib.sha256(frame).hexdigest()
    return SpokenClip(frame, ClipInfo(samples=samples, sample_rate=RATE, digest=digest, work_s=work_s))
