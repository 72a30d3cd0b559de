"""The formats that an audiobook can have, and the loudness that it is brought to.

This module imports no sound library.
"""

import math
from fractions import Fraction
from typing import Literal

from msgspec import Struct

from swarm.errors import UsageError

Family = Literal["mp4", "mp3", "ogg", "flac", "wav"]

MPEG_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)


class Codec(Struct, frozen=True):
    """The encoding of reels, each by itself, so that they can be joined.

    The encoder gets whole frames, of which the first `leads` are silent. The first `primers` of its packets only prime
    the decoder, which those silent frames do as well, and are dropped. As many packets remain as frames went in.
    """

    name: str  # FFmpeg's name of the decoder
    coder: str  # FFmpeg's name of the encoder
    layout: Literal["fltp", "flt", "s16"]
    options: tuple[tuple[str, str], ...]
    bitrate: int  # bit/s a channel, if the user names none; 0 lets the codec decide
    rates: tuple[int, ...]  # Hz; () stands for any rate
    bitrates: tuple[int, int] = (0, 0)  # bit/s, the bounds of what a user may ask for
    frame: Fraction | int = 0  # samples; a fraction is in seconds
    leads: int = 1
    primers: int = 0
    room_db: float = 0.0  # coding adds this to a peak, measured at the default bit rate
    losses_db: tuple[tuple[int, float], ...] = ()  # how much quieter the coder makes everything, from a bit rate on
    frugal: tuple[tuple[str, str], ...] = ()  # further options for less than the default bit rate
    clock_rate: int = 0  # Hz, of the container's time; 0 stands for the sound's own rate

    def frame_samples(self, sample_rate: int) -> int:
        """Return the samples of a frame at a rate in Hz."""
        return int(self.frame * sample_rate) if isinstance(self.frame, Fraction) else self.frame


# On speech the fast coder measures as well as the slow one in a third of the time. Noise shaping and substitution are
# made for music: they cost a tenth of the time and gain nothing. "bitexact" leaves FFmpeg's version out of the sound.
AAC = Codec(
    name="aac",
    coder="aac",
    layout="fltp",
    options=(("aac_coder", "fast"), ("aac_tns", "0"), ("aac_pns", "0"), ("flags", "+bitexact")),
    bitrate=64_000,
    rates=(*MPEG_RATES, 64000, 88200, 96000),
    bitrates=(16_000, 320_000),
    frame=1024,
    primers=1,
    room_db=0.75,
)
# LAME scales its input by 0.95 to 1. These were measured at 44.1 kHz, to the hundredth of a decibel.
MP3_LOSSES_DB = ((0, 0.45), (192_000, 0.26), (224_000, 0.18), (256_000, 0.0))
# Without the bit reservoir a frame depends on the one before it only by their overlap. Level 7 takes two thirds of the
# time of level 5, and ViSQOL hears no more of it in speech than AAC does (`benchmarks/coders.py`).
MP3_OPTIONS = (("reservoir", "0"), ("compression_level", "7"), ("flags", "+bitexact"))
MP3_LOW = Codec(
    name="mp3float",
    coder="libmp3lame",
    layout="fltp",
    options=MP3_OPTIONS,
    bitrate=64_000,
    rates=tuple(rate for rate in MPEG_RATES if rate < 32000),
    bitrates=(8_000, 160_000),
    frame=576,
    leads=2,
    primers=2,
    room_db=0.6,
    losses_db=MP3_LOSSES_DB,
)
MP3_HIGH = Codec(
    name="mp3float",
    coder="libmp3lame",
    layout="fltp",
    options=MP3_OPTIONS,
    bitrate=64_000,
    rates=(32000, 44100, 48000),
    bitrates=(32_000, 320_000),
    frame=1152,
    primers=1,
    room_db=0.6,
    losses_db=MP3_LOSSES_DB,
)
# The decoder's state depends on earlier frames: four silent ones bring it to the same state in every reel. From level 7
# on the coder looks for speech and codes it with SILK, which takes four times as long and measures better with fewer
# bits only. FFmpeg's own decoder takes two thirds of the time of libopus.
OPUS = Codec(
    name="opus",
    coder="libopus",
    layout="flt",
    options=(("application", "audio"), ("compression_level", "5"), ("vbr", "constrained"), ("flags", "+bitexact")),
    bitrate=32_000,
    rates=(8000, 12000, 16000, 24000, 48000),
    bitrates=(6_000, 256_000),
    frame=Fraction(1, 50),
    leads=4,
    primers=1,
    room_db=2.0,
    losses_db=((0, 0.45), (24_000, 0.3), (32_000, 0.05), (64_000, 0.0)),  # measured on speech
    frugal=(("compression_level", "10"), ("vbr", "on")),
    clock_rate=48_000,
)
# A reel of FLAC is one whole file. A lossless audiobook is encoded again as its reels come, which takes no time.
FLAC = Codec(name="flac", coder="flac", layout="s16", options=(), bitrate=0, rates=(), frame=1, leads=0)

CODECS = {"aac": (AAC,), "mp3": (MP3_LOW, MP3_HIGH), "opus": (OPUS,), "flac": (FLAC,)}


class Coding(Struct, frozen=True):
    """The encoding of a book's reels. Only reels of the same coding can be joined."""

    codec: str = "aac"  # a key of CODECS
    sample_rate: int = 24_000  # Hz, after resampling
    channels: int = 1  # a voice is mono: both channels are the same
    bitrate: int = 64_000  # bit/s

    @property
    def kind(self) -> Codec:
        """The codec at this rate."""
        return next(kind for kind in CODECS[self.codec] if not kind.rates or self.sample_rate in kind.rates)

    @property
    def options(self) -> dict[str, str]:
        """FFmpeg's options of the coder."""
        frugal = self.bitrate < self.kind.bitrate * self.channels
        return dict(self.kind.options + self.kind.frugal * frugal)

    @property
    def frame_samples(self) -> int:
        """Samples of a frame."""
        return self.kind.frame_samples(self.sample_rate)

    @property
    def loss_db(self) -> float:
        """The loss of loudness by the coder at this bit rate, in dB."""
        rate = self.bitrate // self.channels if self.codec == "opus" else self.bitrate
        return next((loss for least, loss in reversed(self.kind.losses_db) if rate >= least), 0.0)

    @property
    def lead_s(self) -> float:
        """The seconds of silence that a reel begins with."""
        return self.kind.leads * self.frame_samples / self.sample_rate

    @property
    def layout(self) -> str:
        """FFmpeg's name for the channels."""
        return "mono" if self.channels == 1 else "stereo"


def head_samples(family: Family, coding: Coding) -> int:
    """Return where a file's first reel begins, in samples; below 0 if players leave out what primes the decoder."""
    return -coding.frame_samples if family in ("mp4", "ogg") else 0


class Format(Struct, frozen=True):
    """The container and the codec behind an ending that a user names."""

    family: Family
    codec: str


FORMATS = {
    "m4b": Format("mp4", "aac"),
    "m4a": Format("mp4", "aac"),
    "mp3": Format("mp3", "mp3"),
    "opus": Format("ogg", "opus"),
    "ogg": Format("ogg", "opus"),
    "flac": Format("flac", "flac"),
    "wav": Format("wav", "flac"),  # the reels are FLAC to save room; the file is plain PCM
}


def make_coding(name: str, voice_rate: int, sample_rate: int = 0, channels: int = 1, bitrate: int = 0) -> Coding:
    """Return how to encode a voice of a rate in Hz for a format; 0 stands for the default. Raises UsageError."""
    codec = FORMATS[name].codec
    kinds = CODECS[codec]
    if not kinds[0].rates:
        if bitrate:
            raise UsageError(f"--bitrate: {name} keeps every sample and has no bit rate; leave it out.")
        return Coding(codec, sample_rate or voice_rate, channels, 0)
    rates = sorted(rate for kind in kinds for rate in kind.rates)
    if sample_rate and sample_rate not in rates:
        raise UsageError(f"--sample-rate {sample_rate}: {name} takes {', '.join(map(str, rates))}.")
    wanted = [sample_rate] if sample_rate else [rate for rate in rates if rate >= voice_rate] or rates[-1:]
    bounds = []
    for rate in wanted:
        kind = next(kind for kind in kinds if rate in kind.rates)
        least, most = kind.bitrates
        if not bitrate or least <= bitrate <= most:
            return Coding(codec, rate, channels, bitrate or kind.bitrate * channels)
        bounds += [least, most]
    at = f" at {sample_rate} Hz" if sample_rate else ""
    raise UsageError(
        f"--bitrate {bitrate // 1000}k: {name} takes {min(bounds) // 1000}k to {max(bounds) // 1000}k{at}."
    )


MIN_LUFS, MAX_LUFS = -30.0, -12.0
INAUDIBLE_LU = 0.5  # a smaller difference is not mentioned
OFF, ACX = "off", "acx"


class Level(Struct, frozen=True):
    """A loudness by EBU R128, and the highest true peak."""

    target_lufs: float | None = -18.0  # None leaves the voice as it is
    peak_db: float = -2.0  # dBTP

    def ceiling(self, coding: Coding) -> float:
        """Return the bound of a sample before it is encoded, as a share of full scale."""
        return float(10 ** ((self.peak_db - coding.kind.room_db - coding.loss_db) / 20))


# ACX asks for -23 to -18 dB RMS and peaks under -3 dB; -19 LUFS of speech with its pauses is in the middle.
PRESETS = {OFF: Level(None, -1.0), ACX: Level(-19.0, -3.2)}


def read_level(text: str) -> Level:
    """Return the level that `--loudness` names. Raises UsageError."""
    chosen = text.strip().lower()
    if chosen in PRESETS:
        return PRESETS[chosen]
    try:
        value = float(chosen)
    except ValueError:
        value = math.nan
    if MIN_LUFS <= value <= MAX_LUFS:
        return Level(value)
    raise UsageError(
        f"--loudness takes LUFS from {MIN_LUFS:g} to {MAX_LUFS:g}, such as -18, or off, or acx, not {text!r}."
    )


def level_lines(level: Level, heard_lufs: float | None) -> list[str]:
    """Return the closing line for a voice that could not be brought to its level, if any."""
    if heard_lufs is None or level.target_lufs is None or level.target_lufs - heard_lufs <= INAUDIBLE_LU:
        return []
    return [
        f"the voice is at {heard_lufs:.1f} LUFS, not at {level.target_lufs:g}: its high peaks have to stay under "
        f"{level.peak_db:g} dB"
    ]
