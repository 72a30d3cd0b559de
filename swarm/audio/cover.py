"""The cover picture in a form that M4B players show: JPEG and PNG as they are, other pictures as JPEG."""

import io
from fractions import Fraction

import av
from msgspec import Struct

from swarm.audio.order import MAX_COVER_BYTES

MAX_PIXELS = 40_000_000  # a small file can claim a picture that fills the memory
QUALITY = 4  # of MJPEG's 1 (best) to 31


class Picture(Struct, frozen=True):
    """A cover as it goes into the file."""

    codec: str  # "mjpeg" or "png"
    data: bytes


def fit_cover(data: bytes) -> Picture | None:
    """The cover as JPEG or PNG; None where it is no picture that can be read."""
    if len(data) > MAX_COVER_BYTES:
        return None
    if data.startswith(b"\xff\xd8\xff"):
        return Picture("mjpeg", data)
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return Picture("png", data)
    demuxer = _demuxer(data)
    return _convert(data, demuxer) if demuxer else None


def _demuxer(data: bytes) -> str:
    if data.startswith(b"GIF8"):
        return "gif"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "webp_pipe"
    return "bmp_pipe" if data.startswith(b"BM") else ""


def _convert(data: bytes, demuxer: str) -> Picture | None:
    bound = {"max_pixels": str(MAX_PIXELS)}
    try:
        with av.open(io.BytesIO(data), "r", format=demuxer, options=bound) as container:
            container.streams.video[0].codec_context.options = bound
            frame = next(container.decode(video=0))
        coder = av.CodecContext.create("mjpeg", "w")
        assert isinstance(coder, av.VideoCodecContext)
        coder.width, coder.height, coder.pix_fmt = frame.width, frame.height, "yuvj420p"
        coder.time_base = Fraction(1, 1)
        coder.qmin = coder.qmax = QUALITY
        packets = [*coder.encode(frame.reformat(format="yuvj420p")), *coder.encode(None)]
    except (av.FFmpegError, StopIteration, IndexError, ValueError):
        return None
    return Picture("mjpeg", bytes(packets[0]))
