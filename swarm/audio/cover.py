"""Brings cover pictures into a form that players show: JPEG and PNG stay unless they are huge, others become JPEG."""

import io
import warnings

from msgspec import Struct
from PIL import Image, ImageOps

from swarm.audio.order import MAX_COVER_BYTES
from swarm.audio.picture import picture_kind

MAX_PIXELS = 40_000_000  # a small file can claim a picture that fills the memory
MAX_KEPT_BYTES = 1 << 20  # some players show no larger picture, so it is made smaller
MAX_SIDE = 1600  # pixels of a converted picture
JPEG_QUALITY = 88
# Pillow's names for the kinds, by the names that picture_kind gives them.
PILLOW_FORMATS = {
    "mjpeg": "JPEG",
    "png": "PNG",
    "gif": "GIF",
    "webp": "WEBP",
    "bmp": "BMP",
    "tiff": "TIFF",
    "avif": "AVIF",
}
PRINT_MODE = "CMYK"  # many players show colours for paper wrongly or not at all


class Picture(Struct, frozen=True):
    """A cover as it is written into a file."""

    codec: str  # "mjpeg" or "png"
    data: bytes

    @property
    def mime(self) -> str:
        """The type by its name on the web."""
        return "image/jpeg" if self.codec == "mjpeg" else "image/png"


def fit_cover(data: bytes) -> Picture | None:
    """Return the cover as JPEG or PNG; None if it cannot be read as a picture."""
    kind = picture_kind(data)
    if len(data) > MAX_COVER_BYTES or not kind:
        return None
    if kind not in ("mjpeg", "png"):
        return _convert(data, kind)
    kept = Picture(kind, data)
    if len(data) <= MAX_KEPT_BYTES and _mode(data, kind) != PRINT_MODE:
        return kept
    return _convert(data, kind) or kept


def _mode(data: bytes, kind: str) -> str:
    """Return Pillow's name for how the colours are stored; "" if the picture cannot be read."""
    try:
        with _opened(data, kind) as image:
            return image.mode
    except (OSError, ValueError, SyntaxError):
        return ""


def _opened(data: bytes, kind: str) -> Image.Image:
    with warnings.catch_warnings(action="ignore"):  # Pillow warns of large pictures, which _convert refuses
        return Image.open(io.BytesIO(data), formats=[PILLOW_FORMATS[kind]])


def _convert(data: bytes, kind: str) -> Picture | None:
    try:
        with _opened(data, kind) as image:
            if image.width * image.height > MAX_PIXELS:
                return None
            image.load()
            upright = _flat(ImageOps.exif_transpose(image))
            upright.thumbnail((MAX_SIDE, MAX_SIDE))
            file = io.BytesIO()
            upright.save(file, "JPEG", quality=JPEG_QUALITY)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    return Picture("mjpeg", file.getvalue())


def _flat(image: Image.Image) -> Image.Image:
    """Return the picture in plain colours, transparent parts on white."""
    if not image.has_transparency_data:
        return image.convert("RGB")
    clear = image.convert("RGBA")
    white = Image.new("RGBA", clear.size, "white")
    return Image.alpha_composite(white, clear).convert("RGB")
