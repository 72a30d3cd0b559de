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
SMALL_SIDE = 400  # pixels, of a cover in a list: 240 on a screen with fine dots
SMALL_QUALITY = 80
# A larger picture is refused if it has to be read whole to be made small; a JPEG has not.
MAX_SMALL_PIXELS = 12_000_000
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


def small_cover(data: bytes) -> bytes:
    """Return a cover as a small JPEG for lists. Raises UnusablePicture."""
    image = _opened(data, picture_kind(data))
    image.draft("RGB", (2 * SMALL_SIDE, 2 * SMALL_SIDE))
    if image.width * image.height > MAX_SMALL_PIXELS:
        raise UnusablePicture(TOO_LARGE)
    return _as_jpeg(image, SMALL_SIDE, SMALL_QUALITY).data


def cover_fault(data: bytes) -> str:
    """Return the reason why a picture cannot be a cover; "" if it can."""
    try:
        fit_cover(data)
    except UnusablePicture as fault:
        return str(fault)
    return ""


def _loaded(data: bytes, kind: str) -> Image.Image:
    """Return the pixels of a picture. Raises UnusablePicture."""
    image = _opened(data, kind)
    try:
        image.load()
    except Exception as error:  # Pillow raises many kinds of errors on a damaged picture
        raise UnusablePicture("damaged") from error
    return image


def _opened(data: bytes, kind: str) -> Image.Image:
    """Return a picture whose pixels are not read yet. Raises UnusablePicture."""
    if not kind:
        raise UnusablePicture("of a kind that cannot be shown")
    try:
        with warnings.catch_warnings(action="ignore"):  # Pillow warns of large pictures, which are refused below
            image = Image.open(io.BytesIO(data), formats=[PILLOW_FORMATS[kind]])
    except Image.DecompressionBombError as error:
        raise UnusablePicture(TOO_LARGE) from error
    except Exception as error:  # Pillow raises many kinds of errors on a damaged picture
        raise UnusablePicture("damaged") from error
    if image.width * image.height > MAX_PIXELS:
        raise UnusablePicture(TOO_LARGE)
    if min(image.size) < MIN_SIDE:
        raise UnusablePicture(f"a picture of only {image.width} x {image.height} pixels")
    return image


def _as_jpeg(image: Image.Image, side: int = MAX_SIDE, quality: int = JPEG_QUALITY) -> Picture:
    try:
        upright = flat(ImageOps.exif_transpose(image))
        upright.thumbnail((side, side))
        file = io.BytesIO()
        upright.save(file, "JPEG", quality=quality)
    except Exception as error:  # Pillow raises many kinds of errors on a damaged picture
        raise UnusablePicture("damaged") from error
    return Picture("mjpeg", file.getvalue())


def flat(image: Image.Image) -> Image.Image:
    """Return the picture in plain colours, transparent parts on white."""
    if not image.has_transparency_data:
        return image.convert("RGB")
    clear = image.convert("RGBA")
    white = Image.new("RGBA", clear.size, "white")
    return Image.alpha_composite(white, clear).convert("RGB")
