"""Brings cover pictures into a form that players show: JPEG and PNG stay unless they are huge, others become JPEG."""

import io
import warnings

from msgspec import Struct
from PIL import Image, ImageOps

from swarm.audio.order import MAX_COVER_BYTES
from swarm.job.picture import picture_kind

MAX_PIXELS = 40_000_000  # a small file can claim a picture that fills the memory
TOO_LARGE = f"a picture of more than {MAX_PIXELS // 1_000_000} million pixels"
MIN_SIDE = 16  # pixels: a smaller picture is a placeholder
KEPT_KINDS = ("mjpeg", "png")
MAX_KEPT_BYTES = 1 << 20  # some players show no larger picture, so it is made smaller
MAX_SIDE = 1600  # pixels of a converted picture
SMALLER_SIDES = (1400, 1200, 1000, 800, 600, 400)
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


class UnusablePicture(Exception):
    """The reason why a picture cannot be a cover, as in "its cover is ..."."""


def fit_cover(data: bytes) -> Picture:
    """Return the cover as JPEG or PNG. Raises UnusablePicture."""
    kind = picture_kind(data)
    if not kind:
        raise UnusablePicture("of a kind that cannot be shown")
    if len(data) > MAX_COVER_BYTES:
        raise UnusablePicture(f"larger than {MAX_COVER_BYTES >> 20} MiB")
    image = _loaded(data, kind)
    if kind in KEPT_KINDS and len(data) <= MAX_KEPT_BYTES and image.mode != PRINT_MODE:
        return Picture(kind, data)
    return _as_jpeg(image)


def shrink_cover(picture: Picture, max_bytes: int) -> Picture:
    """Return a cover of at most so many bytes, made smaller if need be; the smallest may have more."""
    if len(picture.data) <= max_bytes:
        return picture
    image = flat(ImageOps.exif_transpose(Image.open(io.BytesIO(picture.data))))
    for side in SMALLER_SIDES:
        image.thumbnail((side, side))
        file = io.BytesIO()
        image.save(file, "JPEG", quality=JPEG_QUALITY)
        if file.tell() <= max_bytes:
            break
    return Picture("mjpeg", file.getvalue())


def cover_fault(data: bytes) -> str:
    """Return the reason why a picture cannot be a cover; "" if it can."""
    try:
        fit_cover(data)
    except UnusablePicture as fault:
        return str(fault)
    return ""


def _loaded(data: bytes, kind: str) -> Image.Image:
    """Return the pixels of a picture. Raises UnusablePicture."""
    try:
        with warnings.catch_warnings(action="ignore"):  # Pillow warns of large pictures, which are refused below
            image = Image.open(io.BytesIO(data), formats=[PILLOW_FORMATS[kind]])
        if image.width * image.height <= MAX_PIXELS:
            image.load()
    except Image.DecompressionBombError as error:
        raise UnusablePicture(TOO_LARGE) from error
    except Exception as error:  # Pillow raises many kinds of errors on a damaged picture
        raise UnusablePicture("damaged") from error
    if image.width * image.height > MAX_PIXELS:
        raise UnusablePicture(TOO_LARGE)
    if min(image.size) < MIN_SIDE:
        raise UnusablePicture(f"a picture of only {image.width} x {image.height} pixels")
    return image


def _as_jpeg(image: Image.Image) -> Picture:
    try:
        upright = flat(ImageOps.exif_transpose(image))
        upright.thumbnail((MAX_SIDE, MAX_SIDE))
        file = io.BytesIO()
        upright.save(file, "JPEG", quality=JPEG_QUALITY)
    except (OSError, ValueError, SyntaxError) as error:
        raise UnusablePicture("damaged") from error
    return Picture("mjpeg", file.getvalue())


def flat(image: Image.Image) -> Image.Image:
    """Return the picture in plain colours, transparent parts on white."""
    if not image.has_transparency_data:
        return image.convert("RGB")
    clear = image.convert("RGBA")
    white = Image.new("RGBA", clear.size, "white")
    return Image.alpha_composite(white, clear).convert("RGB")
