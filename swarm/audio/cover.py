"""The cover picture in a form that players show: JPEG and PNG as they are unless huge, other pictures as JPEG."""

import io
from fractions import Fraction

import av
from msgspec import Struct

from swarm.audio.order import MAX_COVER_BYTES
from swarm.audio.picture import picture_kind

MAX_PIXELS = 40_000_000  # a small file can claim a picture that fills the memory
MAX_KEPT_BYTES = 1 << 20  # beyond, a picture is made smaller: some players show none that is larger
MAX_SIDE = 1600  # pixels, of one that is converted
QUALITY = 4  # of MJPEG's 1 (best) to 31
DEMUXERS = {"mjpeg": "jpeg_pipe", "png": "png_pipe", "gif": "gif", "webp": "webp_pipe", "bmp": "bmp_pipe"}


class Picture(Struct, frozen=True):
    """A cover as it goes into the file."""

    codec: str  # "mjpeg" or "png"
    data: bytes


def fit_cover(data: bytes) -> Picture | None:
    """The cover as JPEG or PNG; None where it is no picture that can be read."""
    kind = picture_kind(data)
    if len(data) > MAX_COVER_BYTES or not kind:
        return None
    if kind not in ("mjpeg", "png"):
        return _convert(data, kind)
    kept = Picture(kind, data)
    return kept if len(data) <= MAX_KEPT_BYTES else _convert(data, kind) or kept


def _convert(data: bytes, kind: str) -> Picture | None:
    bound = {"max_pixels": str(MAX_PIXELS)}
    try:
        with av.open(io.BytesIO(data), "r", format=DEMUXERS[kind], options=bound) as container:
            container.streams.video[0].codec_context.options = bound
            frame = next(container.decode(video=0))
        share = min(1.0, MAX_SIDE / max(frame.width, frame.height))
        coder = av.CodecContext.create("mjpeg", "w")
        assert isinstance(coder, av.VideoCodecContext)
        coder.width, coder.height = max(1, round(share * frame.width)), max(1, round(share * frame.height))
        coder.pix_fmt, coder.time_base = "yuvj420p", Fraction(1, 1)
        coder.qmin = coder.qmax = QUALITY
        fitted = frame.reformat(coder.width, coder.height, "yuvj420p")
        packets = [*coder.encode(fitted), *coder.encode(None)]
    except (av.FFmpegError, StopIteration, IndexError, ValueError):
        return None
    return Picture("mjpeg", bytes(packets[0]))
