"""Encodes one reel: clips are decoded, laid out, brought to one loudness, limited, and become packets."""

import io
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

import av
import numpy as np
import soundfile
from numpy.typing import NDArray

from swarm.audiobook.sound.clip import ClipDamaged, read_clip
from swarm.audiobook.sound.format import Coding
from swarm.audiobook.sound.loudness import Samples, limit, loudness_lufs, true_peak
from swarm.audiobook.sound.reel import lay_reel, whole_frames
from swarm.audiobook.sound.reel_file import MAX_PACKET_BYTES, ReelHead, write_reel
from swarm.audiobook.sound.studio_request import (
    MeasuredGain,
    ReelDone,
    ReelRequest,
    fault_message,
    from_message,
    to_message,
)
from swarm.errors import StoreError
from swarm.system.disk import guarded
from swarm.system.serving import serve

MAX_CORRECTIONS = 6  # a gain needs several, since the limiter takes away some of each correction
TOLERANCE_LU = 0.05  # a gain this close to the target is not corrected further
MIN_SLOPE = 0.2  # LU that one more decibel brings when nearly everything is limited
MAX_EXTRA_DB = 6.0  # more would flatten a voice of high peaks: it stays too quiet, and the user is told
MAX_TRIES = 3  # a reel is encoded again where coding brings its peaks out of bounds
TRY_MARGIN = 0.995  # each further try aims at this share of the bound
FRAMES_AT_ONCE = 64  # the encoder gets so many in one call; the packets are the same


def encode_reel(request: ReelRequest) -> ReelDone:
    """Encode a reel and write it to its target, whole or not at all. Raises OSError.

    If clips are damaged, nothing is written and the result names them.
    """
    sound, faults = _mix(request)
    if faults:
        return ReelDone(request.target, faults=faults)
    coding = request.coding
    frames = whole_frames(sound.size, request.sample_rate, coding.sample_rate, coding.frame_samples)
    whole = _fit(sound, request.sample_rate, coding.sample_rate, frames * coding.frame_samples)
    extradata, packets = _encode_in_bounds(whole, request)
    size = write_reel(
        request.target, ReelHead(coding, whole.size, len(packets), extradata, request.target.name), packets
    )
    return ReelDone(request.target, samples=whole.size, bytes=size)


def _encode_in_bounds(whole: Samples, request: ReelRequest) -> tuple[bytes, list[bytes]]:
    """Encode a reel so that its true peaks are in bounds when it is decoded, as `encode` does.

    Coding adds to some peaks more than its room allows for: then the reel is limited to less and encoded again.
    """
    coding, bound = request.coding, 10 ** (request.level.peak_db / 20)
    ceiling = request.level.ceiling(coding)
    for _ in range(MAX_TRIES):
        extradata, packets = encode(_amplified(limit(whole, ceiling), coding.loss_db), coding)
        heard = true_peak(decode(extradata, packets, coding), bound) if coding.kind.bitrate else 0.0
        if heard <= bound:
            break
        ceiling *= bound / heard * TRY_MARGIN
    return extradata, packets


def find_gain(request: ReelRequest) -> MeasuredGain:
    """Return the gain that brings clips, with pauses and limited peaks, to the loudness of the request's level.

    The gain is 0 if the clips are silent, or if the level leaves a voice as it is. If clips are damaged, nothing is
    measured and the result names them.
    """
    sound, faults = _mix(request)
    if faults:
        return MeasuredGain(0.0, None, faults)
    found_lufs, target_lufs = loudness_lufs(sound, request.sample_rate), request.level.target_lufs
    if found_lufs is None or target_lufs is None:
        return MeasuredGain(0.0, found_lufs)
    ceiling, most_db = request.level.ceiling(request.coding), target_lufs - found_lufs + MAX_EXTRA_DB
    gain_db, slope, before = target_lufs - found_lufs, 1.0, (0.0, found_lufs)
    for _ in range(MAX_CORRECTIONS):
        limited = limit(_amplified(sound, gain_db), ceiling)
        heard_lufs = loudness_lufs(limited, request.sample_rate) or target_lufs
        if abs(target_lufs - heard_lufs) < TOLERANCE_LU or (gain_db == most_db and heard_lufs < target_lufs):
            break
        if gain_db != before[0]:
            slope = min(1.0, max(MIN_SLOPE, (heard_lufs - before[1]) / (gain_db - before[0])))
        before = gain_db, heard_lufs
        gain_db = min(gain_db + (target_lufs - heard_lufs) / slope, most_db)
    return MeasuredGain(round(gain_db, 2), round(heard_lufs, 2))


def _amplified(sound: Samples, gain_db: float) -> Samples:
    return sound * np.float32(10 ** (gain_db / 20)) if gain_db else sound


def _mix(request: ReelRequest) -> tuple[Samples, tuple[tuple[int, str], ...]]:
    """Return the reel's sound with its gain, float32 of shape (samples,), and the damaged clips."""
    lengths = [clip.info.samples if clip else 0 for clip in request.clips]
    layout = lay_reel(lengths, request.pauses_s, request.sample_rate, request.coding.lead_s)
    sound = np.zeros(layout.samples, np.float32)
    scale = np.float32(10 ** (request.gain_db / 20) / 32768)
    faults = []
    for position, (clip, start) in enumerate(zip(request.clips, layout.starts, strict=True)):
        if clip is None:
            continue
        try:
            pcm = read_clip(clip.path, clip.info.digest, clip.info.samples, request.sample_rate)
        except ClipDamaged as error:
            faults.append((position, str(error)))
        else:
            np.multiply(pcm, scale, out=sound[start : start + clip.info.samples])
    return sound, tuple(faults)


def _fit(sound: Samples, sample_rate: int, target_rate: int, samples: int) -> Samples:
    """Return the sound at another rate, cut or filled with silence to shape (samples,)."""
    if target_rate != sample_rate:
        sound = _resample(sound, sample_rate, target_rate)
    fitted = np.zeros(samples, np.float32)
    length = min(samples, sound.size)
    fitted[:length] = sound[:length]
    return fitted


def _resample(sound: Samples, sample_rate: int, target_rate: int) -> Samples:
    resampler = av.AudioResampler(format="fltp", layout="mono", rate=target_rate)
    frame = _frame(sound[None], "fltp", "mono", sample_rate, 0)
    parts = [part.to_ndarray()[0] for part in (*resampler.resample(frame), *resampler.resample(None))]
    return np.concatenate(parts)


def encode(sound: Samples, coding: Coding) -> tuple[bytes, list[bytes]]:
    """Encode whole frames, float32 of shape (k * frame,), into the decoder's configuration and k packets.

    Packets that only prime the decoder are left out: the silence that a reel begins with does the same.
    """
    if coding.codec == "flac":
        return b"", _flac(sound, coding)
    kind, frame = coding.kind, coding.frame_samples
    coder = _coder(coding)
    packets = [bytes(packet) for part in _frames(sound, coding) for packet in coder.encode(part)]
    packets += [bytes(packet) for packet in coder.encode(None)]
    kept = packets[kind.primers :][: sound.size // frame]
    if len(kept) != sound.size // frame:
        raise RuntimeError(f"{len(packets)} packets came of {sound.size} samples")
    return bytes(coder.extradata or b""), kept


def decode(extradata: bytes, packets: Sequence[bytes], coding: Coding) -> Samples:
    """Return the first channel of encoded sound as a player hears it, float32 of shape (samples,)."""
    decoder = av.CodecContext.create(coding.kind.name, "r")
    assert isinstance(decoder, av.AudioCodecContext)
    if extradata:
        decoder.extradata = extradata
    parts = [part for packet in (*map(av.Packet, packets), None) for part in decoder.decode(packet)]
    sound = np.concatenate([_first_channel(part) for part in parts] or [np.zeros(0, np.float32)])
    return sound.astype(np.float32) * np.float32(1 / 32768) if sound.dtype == np.int16 else sound


def _first_channel(part: av.AudioFrame) -> NDArray[Any]:
    """Return one channel in the numbers of the decoder, int16 or float32."""
    step = 1 if part.format.is_planar else part.layout.nb_channels
    kind = np.int16 if part.format.name.startswith("s16") else np.float32
    return np.frombuffer(memoryview(part.planes[0]), kind, part.samples * step)[::step]


def _coder(coding: Coding) -> "av.AudioCodecContext":
    coder = av.CodecContext.create(coding.kind.coder, "w")
    assert isinstance(coder, av.AudioCodecContext)
    coder.sample_rate, coder.layout, coder.format = coding.sample_rate, coding.layout, coding.kind.layout
    coder.bit_rate, coder.time_base = coding.bitrate, Fraction(1, coding.sample_rate)
    coder.options = dict(coding.kind.options)
    coder.open()
    return coder


def _frames(sound: Samples, coding: Coding) -> Iterator[av.AudioFrame]:
    step, layout = FRAMES_AT_ONCE * coding.frame_samples, coding.kind.layout
    for start in range(0, sound.size, step):
        part = sound[start : start + step]
        if coding.channels == 1:
            shaped = part[None]
        else:
            shaped = np.stack([part, part]) if layout == "fltp" else np.repeat(part, 2)[None]
        yield _frame(shaped, layout, coding.layout, coding.sample_rate, start)


def _frame(samples: Samples, kind: str, layout: str, sample_rate: int, start: int) -> av.AudioFrame:
    frame = av.AudioFrame.from_ndarray(samples, format=kind, layout=layout)
    frame.sample_rate, frame.pts, frame.time_base = sample_rate, start, Fraction(1, sample_rate)
    return frame


def _flac(sound: Samples, coding: Coding) -> list[bytes]:
    """Return one FLAC file, cut so that each piece fits a packet."""
    pcm = np.rint(np.clip(sound, -1, 1) * 32767).astype(np.int16)
    file = io.BytesIO()
    shaped = pcm if coding.channels == 1 else np.stack([pcm, pcm], axis=1)
    soundfile.write(file, shaped, coding.sample_rate, format="FLAC", subtype="PCM_16")
    whole = file.getvalue()
    return [whole[start : start + MAX_PACKET_BYTES] for start in range(0, len(whole), MAX_PACKET_BYTES)]


def handle(message: dict[str, Any]) -> dict[str, Any]:
    """Encode the reel of a request, or find its gain, and return the reply; a disk error is a reply with a sentence."""
    request = from_message(message.get("measure") or message["encode"], ReelRequest)
    if "measure" in message:
        return {"found": to_message(find_gain(request))}
    try:
        with guarded(request.target):
            return {"reel": to_message(encode_reel(request))}
    except StoreError as error:
        return fault_message(error)


if __name__ == "__main__":
    serve(handle)
