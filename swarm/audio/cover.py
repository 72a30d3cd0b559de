"""The cover picture in a form that players show: JPEG and PNG as they are unless huge, other pictures as JPEG."""

import io
import warnings

from msgspec import Struct
from PIL import Image, ImageOps

from swarm.audio.order import MAX_COVER_BYTES
from swarm.audio.picture import picture_kind

MAX_PIXELS = 40_000_000  # a small file can claim a picture that fills the memory
MAX_KEPT_BYTES = 1 << 20  # beyond, a picture is made smaller: some players show none that is larger
MAX_SIDE = 1600  # pixels, of one that is converted
QUALITY = 88
# FFmpeg's names for what picture_kind knows, and Pillow's.
READERS = {"mjpeg": "JPEG", "png": "PNG", "gif": "GIF", "webp": "WEBP", "bmp": "BMP", "tiff": "TIFF", "avif": "AVIF"}
PRINTERS = "CMYK"  # colours for paper, which many players show wrongly or not at all


class Picture(Struct, frozen=True):
    """A cover as it goes into the file."""

    codec: str  # "mjpeg" or "png"
    data: bytes

    @property
    def mime(self) -> str:
        """The type by its name on the web."""
        return "image/jpeg" if self.codec == "mjpeg" else "image/png"


def fit_cover(data: bytes) -> Picture | None:
    """The cover as JPEG or PNG; None where it is no picture that can be read."""
    kind = picture_kind(data)
    if len(data) > MAX_COVER_BYTES or not kind:
        return None
    if kind not in ("mjpeg", "png"):
        return _convert(data, kind)
    kept = Picture(kind, data)
    if len(data) <= MAX_KEPT_BYTES and _mode(data, kind) != PRINTERS:
        return kept
    return _convert(data, kind) or kept


def _mode(data: bytes, kind: str) -> str:
    """How a picture's colours are kept; "" where it cannot be read."""
    try:
        with _opened(data, kind) as image:
            return image.mode
    except (OSError, ValueError, SyntaxError):
        return ""


def _opened(data: bytes, kind: str) -> Image.Image:
    with warnings.catch_warnings(action="ignore"):  # of size, which is looked at below
        return Image.open(io.BytesIO(data), formats=[READERS[kind]])


def _convert(data: bytes, kind: str) -> Picture | None:
    try:
        with _opened(data, kind) as image:
            if image.width * image.height > MAX_PIXELS:
                return None
            image.load()
            upright = _flat(ImageOps.exif_transpose(image))
            upright.thumbnail((MAX_SIDE, MAX_SIDE))
            file = io.BytesIO()
            upright.save(file, "JPEG", quality=QUALITY)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    return Picture("mjpeg", file.getvalue())


def _flat(image: Image.Image) -> Image.Image:
    """In plain colours; what one can see through lies on white."""
    if not image.has_transparency_data:
        return image.convert("RGB")
    clear = image.convert("RGBA")
    white = Image.new("RGBA", clear.size, "white")
    return Image.alpha_composite(white, clear).convert("RGB")
