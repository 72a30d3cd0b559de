"""Encodes one reel: clips are decoded, laid out, brought to one loudness, limited, and become AAC packets."""

from collections.abc import Iterator
from fractions import Fraction

import av
import numpy as np

from swarm.audio.clip import ClipDamaged, read_clip
from swarm.audio.limiter import Sound, limit
from swarm.audio.order import ReelDone, ReelOrder
from swarm.audio.reel import FRAME_SAMPLES, lay_reel
from swarm.audio.reel_file import write_reel

BITRATE = 64_000
# The fast coder measures equal on speech and takes a third of the time; bitexact: no version number in the sound.
CODER = {"aac_coder": "fast", "flags": "+bitexact"}


def encode_reel(order: ReelOrder) -> ReelDone:
    """Encode a reel and write it to its target, whole or not at all; damaged clips come back as faults.

    Raises OSError.
    """
    sound, faults = _mix(order)
    if faults:
        return ReelDone(order.target, faults=faults)
    extradata, packets = encode_aac(limit(sound), order.sample_rate)
    size = write_reel(order.target, order.sample_rate, extradata, packets)
    return ReelDone(order.target, samples=sound.size, bytes=size)


def _mix(order: ReelOrder) -> tuple[Sound, tuple[tuple[int, str], ...]]:
    """The reel's sound with its gain, float32 of shape (samples,), and the clips that are damaged."""
    lengths = [clip.samples if clip else 0 for clip in order.clips]
    layout = lay_reel(lengths, order.pauses, order.sample_rate)
    sound = np.zeros(layout.samples, np.float32)
    scale = np.float32(10 ** (order.gain_db / 20) / 32768)
    faults = []
    for position, (clip, start) in enumerate(zip(order.clips, layout.starts, strict=True)):
        if clip is None:
            continue
        try:
            pcm = read_clip(clip.path, clip.digest, clip.samples, order.sample_rate)
        except ClipDamaged as error:
            faults.append((position, str(error)))
        else:
            np.multiply(pcm, scale, out=sound[start : start + clip.samples])
    return sound, tuple(faults)


def encode_aac(sound: Sound, sample_rate: int) -> tuple[bytes, list[bytes]]:
    """AAC of whole frames, float32 of shape (k * 1024,): the decoder's configuration and k packets.

    The packet that only primes the decoder is left out: a reel leads in with a frame of silence, which does that.
    """
    coder = av.CodecContext.create("aac", "w")
    assert isinstance(coder, av.AudioCodecContext)
    coder.sample_rate, coder.layout, coder.format, coder.bit_rate = sample_rate, "mono", "fltp", BITRATE
    coder.time_base = Fraction(1, sample_rate)
    coder.options = dict(CODER)
    coder.open()
    packets = [bytes(packet) for frame in _frames(sound, sample_rate) for packet in coder.encode(frame)]
    packets += [bytes(packet) for packet in coder.encode(None)]
    if len(packets) != sound.size // FRAME_SAMPLES + 1:
        raise RuntimeError(f"{len(packets)} packets came of {sound.size} samples")
    return bytes(coder.extradata or b""), packets[1:]


def _frames(sound: Sound, sample_rate: int) -> Iterator[av.AudioFrame]:
    for start in range(0, sound.size, FRAME_SAMPLES):
        frame = av.AudioFrame.from_ndarray(sound[None, start : start + FRAME_SAMPLES], format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = sample_rate, start, Fraction(1, sample_rate)
        yield frame
