"""Encodes one reel: clips are decoded, laid out, brought to one loudness, limited, and become packets."""

import hashlib
import io
import sys
import time
from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import cache
from typing import Any

import av
import numpy as np
import soundfile
from msgspec.structs import replace
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from swarm.audiobook.sound.clip import ClipDamaged, read_clip
from swarm.audiobook.sound.format import Coding, Level
from swarm.audiobook.sound.reel import lay_reel, whole_frames
from swarm.audiobook.sound.reel_file import (
    MAX_PACKET_BYTES,
    ReelDamaged,
    ReelHead,
    ReelSound,
    pack_reel,
    unpack_reel,
    write_reel,
)
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
from swarm.system.platform import give_way, stand_back
from swarm.system.serving import serve

Samples = NDArray[np.float32]

BLOCK_SAMPLES = 32
SLOW_REACH_BLOCKS = 24  # each side of a peak: 32 ms at 24 kHz, slow enough not to be heard as distortion
QUICK_REACH_BLOCKS = 4
# A voice of high peaks could not be brought to a level if all of it were turned down for each of them. So what passes
# the ceiling by more than this is first cut down to it within milliseconds.
QUICK_OVER_DB = 3.0
OVERSAMPLING = 8  # true peaks lie between samples: they are looked for at so many times the rate
# What lies between samples is taken from so many each side, and once more from as few as FFmpeg's meter takes, which
# hears more of the highest sounds than there is.
SINC_REACH_SAMPLES = 96
METER_REACH_SAMPLES, METER_BETA = 16, 9.0
BLOCKS_AT_ONCE = 4096  # the search for peaks takes 14 MB for so many
# If all samples are below this share of the ceiling, nothing between them reaches the ceiling.
SAFE_SHARE = np.float32(0.7)


def limit(sound: Samples, ceiling: float) -> Samples:
    """Bring true peaks under the ceiling by turning the sound down smoothly around them; shape (samples,)."""
    quick = _limit(sound, ceiling * 10 ** (QUICK_OVER_DB / 20), QUICK_REACH_BLOCKS)
    return _limit(quick, ceiling, SLOW_REACH_BLOCKS)


def _limit(sound: Samples, ceiling: float, reach: int) -> Samples:
    peaks = _peaks(sound, ceiling)
    if not np.any(peaks > ceiling):
        return sound
    gain = _smooth(np.minimum(1, np.float32(ceiling) / np.maximum(peaks, np.float32(ceiling))), reach)
    touched = np.flatnonzero(_widest(gain) < 1)
    limited = np.pad(sound, (0, -sound.size % BLOCK_SAMPLES)).reshape(-1, BLOCK_SAMPLES)
    limited[touched] *= _between_blocks(gain, touched)
    return limited.reshape(-1)[: sound.size]


def true_peak(sound: Samples, bound: float) -> float:
    """Return the true peak as a share of full scale, or a lower value if it is below `bound`."""
    return float(_peaks(sound, bound).max(initial=0.0))


def _peaks(sound: Samples, bound: float) -> Samples:
    """Return the highest value of each block, shape (blocks,); between samples only where it may be above `bound`."""
    if not sound.size:
        return sound
    padded = np.pad(sound, (SINC_REACH_SAMPLES, SINC_REACH_SAMPLES + -sound.size % BLOCK_SAMPLES))
    whole = np.abs(padded[SINC_REACH_SAMPLES:-SINC_REACH_SAMPLES])
    peaks: Samples = np.maximum.reduceat(whole, np.arange(0, whole.size, BLOCK_SAMPLES))
    doubtful = np.flatnonzero(peaks > bound * SAFE_SHARE)
    blocks = sliding_window_view(padded, BLOCK_SAMPLES + 2 * SINC_REACH_SAMPLES)[::BLOCK_SAMPLES]
    for start in range(0, doubtful.size, BLOCKS_AT_ONCE):
        some = doubtful[start : start + BLOCKS_AT_ONCE]
        peaks[some] = np.maximum(peaks[some], _peaks_between(blocks[some]))
    return peaks


def _peaks_between(blocks: Samples) -> Samples:
    """Return the highest value between the samples of blocks, each with its surroundings; shape (blocks,)."""
    far, near = blocks @ _INTERPOLATE, blocks[:, _NEAR] @ _INTERPOLATE_NEAR
    peaks: Samples = np.maximum(np.abs(far).max(axis=1), np.abs(near).max(axis=1))
    return peaks


def _interpolators() -> tuple[Samples, Samples]:
    """Return matrices of windowed sincs, from a block with its surroundings to what lies between its samples.

    The second takes those surroundings only that FFmpeg's meter takes.
    """
    targets = SINC_REACH_SAMPLES + np.arange(BLOCK_SAMPLES)[:, None] + np.arange(1, OVERSAMPLING) / OVERSAMPLING
    distance = targets.reshape(-1) - np.arange(BLOCK_SAMPLES + 2 * SINC_REACH_SAMPLES)[:, None]
    far, near = np.clip(distance / SINC_REACH_SAMPLES, -1, 1), np.clip(distance / METER_REACH_SAMPLES, -1, 1)
    hann = np.cos(np.pi * far / 2) ** 2
    kaiser = np.where(np.abs(near) < 1, np.i0(METER_BETA * np.sqrt(1 - near**2)) / np.i0(METER_BETA), 0)
    found = np.sinc(distance) * hann, (np.sinc(distance) * kaiser)[_NEAR]
    return found[0].astype(np.float32), found[1].astype(np.float32)


_NEAR = slice(SINC_REACH_SAMPLES - METER_REACH_SAMPLES, SINC_REACH_SAMPLES + BLOCK_SAMPLES + METER_REACH_SAMPLES)
_INTERPOLATE, _INTERPOLATE_NEAR = _interpolators()


def _smooth(gain: Samples, reach: int) -> Samples:
    """Return a smooth curve that is nowhere above the given gain, not even between neighbouring blocks.

    The least gain is held for one block more than the mean is taken over, so that every mean is of values below it.
    """
    held = _lowest(np.pad(gain, reach + 1, constant_values=1), 2 * reach + 3)
    weights = np.hanning(2 * reach + 3)[1:-1]
    padded = np.pad(held, reach, mode="edge")
    return np.convolve(padded, weights / weights.sum(), mode="valid").astype(np.float32)


def _lowest(values: Samples, width: int) -> Samples:
    """Return the least of every `width` neighbours; the windows are doubled, which takes few passes."""
    have = 1
    while have < width:
        step = min(have, width - have)
        values = np.minimum(values[:-step], values[step:])
        have += step
    return values


def _widest(gain: Samples) -> Samples:
    """Return the least gain that each block or a neighbour has: where it is 1 there is nothing to do."""
    return _lowest(np.pad(gain, 1, constant_values=1), 3)


def _between_blocks(gain: Samples, numbers: NDArray[np.intp]) -> Samples:
    """Return the gain of each sample of these blocks, shape (blocks, samples): lines between the blocks' centres."""
    edges = np.concatenate((gain[:1], (gain[1:] + gain[:-1]) / 2, gain[-1:]))
    first, middle, last = edges[:-1][numbers], gain[numbers], edges[1:][numbers]
    starts, ends = np.stack((first, middle), axis=1)[..., None], np.stack((middle, last), axis=1)[..., None]
    ramp = np.arange(BLOCK_SAMPLES // 2, dtype=np.float32) / (BLOCK_SAMPLES // 2)
    return (starts + (ends - starts) * ramp).astype(np.float32, copy=False).reshape(-1, BLOCK_SAMPLES)


SILENT_LUFS = -70.0  # the meter says no less
STRETCH_S = 10  # a longer stretch would let the meter hold more memory
LOUDNESS = "lavfi.r128.I"


def loudness_lufs(sound: Samples, sample_rate: int) -> float | None:
    """Return the integrated loudness of a mono sound, float32 of shape (samples,); None where it is silent.

    What is shorter than 0.4 s, one block of the standard, counts as silent.
    """
    graph = _meter(sample_rate)
    said = SILENT_LUFS
    for frame in (*_meter_frames(sound, sample_rate), None):
        graph.push(frame)
        for metadata in _measured(graph):
            said = float(metadata.get(LOUDNESS, said))  # the last frame has none if it is no whole 0.1 s
    return said if said > SILENT_LUFS else None


def _meter(sample_rate: int) -> av.filter.Graph:
    graph = av.filter.Graph()
    source = graph.add_abuffer(
        sample_rate=sample_rate, format="fltp", layout="mono", time_base=Fraction(1, sample_rate)
    )
    graph.link_nodes(source, graph.add("ebur128", "framelog=quiet:metadata=1"), graph.add("abuffersink")).configure()
    return graph


def _meter_frames(sound: Samples, sample_rate: int) -> Iterator[av.AudioFrame]:
    step = STRETCH_S * sample_rate
    for start in range(0, sound.size, step):
        part = np.ascontiguousarray(sound[None, start : start + step], np.float32)
        frame = av.AudioFrame.from_ndarray(part, format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = sample_rate, start, Fraction(1, sample_rate)
        yield frame


def _measured(graph: av.filter.Graph) -> Iterator[dict[str, str]]:
    """Yield what is said with each frame that the meter is through with."""
    while True:
        try:
            frame = graph.pull()
        except (BlockingIOError, EOFError):  # it waits for more, or had all
            return
        yield frame.metadata


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
    data, faults = _make_reel(request)
    if faults:
        return ReelDone(request.target, faults=faults)
    return _written(request, data)


def _make_reel(request: ReelRequest) -> tuple[bytes, tuple[tuple[int, str], ...]]:
    """Return the file of a reel, and the damaged clips, with which there is no file."""
    sound, faults = _mix(request)
    if faults:
        return b"", faults
    coding, size = request.coding, _samples(request)
    extradata, packets = _encode_in_bounds(_fit(sound, request.sample_rate, coding.sample_rate, size), request)
    return pack_reel(ReelHead(coding, size, len(packets), extradata, request.target.name), packets), ()


def _samples(request: ReelRequest) -> int:
    """Return the samples of a reel, in whole frames, at the coding's rate."""
    coding, lengths = request.coding, [clip.info.samples if clip else 0 for clip in request.clips]
    laid = lay_reel(lengths, request.pauses_s, request.sample_rate, coding.lead_s).samples
    return coding.frame_samples * whole_frames(laid, request.sample_rate, coding.sample_rate, coding.frame_samples)


def _written(request: ReelRequest, data: bytes) -> ReelDone:
    return ReelDone(request.target, samples=_samples(request), bytes=write_reel(request.target, data))


def check_reel(request: ReelRequest, data: bytes, *, whole: bool) -> ReelDone:
    """Write a reel that came from a worker if it is one of these clips; `whole` compares all of it. Raises OSError.

    It always has the form, the length and the decoder's configuration of what would be made here. If clips are
    damaged, the result names them as `encode_reel` does.
    """
    if whole:
        made, faults = _make_reel(request)
        if faults:
            return ReelDone(request.target, faults=faults)
        misfit = "" if made == data else "it is not what this machine makes of the clips"
    else:
        misfit = _misfit(request, data)
    return ReelDone(request.target, misfit=misfit) if misfit else _written(request, data)


def _misfit(request: ReelRequest, data: bytes) -> str:
    """Return how a reel that came differs in form from what its clips would give; "" if it does not."""
    try:
        reel = unpack_reel(request.target, data)
    except ReelDamaged as error:
        return error.why
    samples = _samples(request)
    if (reel.head.coding, reel.head.samples) != (request.coding, samples):
        return "it has another length or coding"
    if reel.head.extradata != _extradata(request.coding) or not _has_frames(request.coding, samples, reel):
        return "its packets are not those of its coding"
    return ""


def _has_frames(coding: Coding, samples: int, reel: ReelSound) -> bool:
    """Tell whether a reel has a packet for each frame, or is one file of FLAC."""
    if coding.codec == "flac":
        return b"".join(reel.packets)[:4] == b"fLaC"
    return len(reel.packets) == samples // coding.frame_samples and all(reel.packets)


@cache
def _extradata(coding: Coding) -> bytes:
    return b"" if coding.codec == "flac" else bytes(_coder(coding).extradata or b"")


PROBE_S = 4
PROBE_SEED = 1


@cache
def probe(coding: Coding, level: Level, sample_rate: int) -> str:
    """Return a digest of what this machine makes of a known sound at a rate in Hz.

    Machines of the same digest make the same reels: FFmpeg and the libraries behind numpy compute differently in
    other versions, and some of it on other processors.
    """
    random = np.random.default_rng(PROBE_SEED)
    moments = np.arange(PROBE_S * sample_rate, dtype=np.float64) / sample_rate
    voice = np.abs(np.sin(2 * np.pi * 1.5 * moments)) ** 3 * np.sin(2 * np.pi * 140 * moments)
    sound = (1.5 * voice + 0.3 * random.integers(-100, 100, moments.size) / 100).astype(np.float32)
    whole = _fit(
        sound,
        sample_rate,
        coding.sample_rate,
        PROBE_S * coding.sample_rate // coding.frame_samples * coding.frame_samples,
    )
    limited = limit(whole, level.ceiling(coding))
    extradata, packets = encode(limited, coding)
    versions = repr((av.__version__, av.library_versions, np.__version__))
    made = (versions.encode(), limited.tobytes(), extradata, *packets)
    return hashlib.sha256(b"".join(made)).hexdigest()[:16]


def _encode_in_bounds(whole: Samples, request: ReelRequest) -> tuple[bytes, list[bytes]]:
    """Encode a reel so that its true peaks are in bounds when it is decoded, as `encode` does.

    Coding adds to some peaks more than its room allows for: then the reel is limited to less and encoded again.
    """
    coding, bound = request.coding, 10 ** (request.level.peak_db / 20)
    ceiling = request.level.ceiling(coding)
    for _ in range(MAX_TRIES):
        limited = limit(whole, ceiling)
        extradata, packets = encode(_amplified(limited, coding.loss_db), coding)
        heard = _heard_peak(limited, extradata, packets, request) if coding.kind.bitrate else 0.0
        if heard <= bound:
            break
        ceiling *= bound / heard * TRY_MARGIN
    return extradata, packets


def _heard_peak(sent: Samples, extradata: bytes, packets: Sequence[bytes], request: ReelRequest) -> float:
    """Return the true peak of a coded reel when it is decoded, or a lower value if it is in bounds.

    Of AAC only those frames are decoded that coding could bring out of bounds, each behind the one before it, which is
    all that an AAC decoder remembers.
    """
    coding, bound = request.coding, 10 ** (request.level.peak_db / 20)
    if coding.codec != "aac":
        return true_peak(decode(extradata, packets, coding), bound)
    loudest = np.abs(sent).reshape(-1, coding.frame_samples).max(axis=1)
    loud = loudest > bound * SAFE_SHARE * 10 ** (-coding.kind.room_db / 10)
    heard = np.flatnonzero(loud | np.append(loud[1:], False))
    if not heard.size:
        return 0.0
    peaks = _peaks(decode(extradata, [packets[number] for number in heard.tolist()], coding), bound)
    return float(peaks.reshape(heard.size, -1)[loud[heard]].max(initial=0.0))


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
    coder.options = coding.options
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
    """Do the task of a request and return the reply; a disk error is a reply with a sentence."""
    task = next(task for task in ("measure", "probe", "check", "encode") if task in message)
    request, began_s = from_message(message[task], ReelRequest), time.perf_counter()
    if task == "measure":
        return {"found": to_message(find_gain(request))}
    if task == "probe":
        return {"probe": probe(request.coding, request.level, request.sample_rate)}
    try:
        with guarded(request.target):
            if task == "check":
                done = check_reel(request, message["data"], whole=message["whole"])
            else:
                done = encode_reel(request)
            return {"reel": to_message(replace(done, work_s=time.perf_counter() - began_s))}
    except StoreError as error:
        return fault_message(error)


if __name__ == "__main__":
    if "low" in sys.argv:
        give_way()
    if "last" in sys.argv:
        stand_back()
    serve(handle)
