"""Cover pictures: in a form that players show, or drawn for a book that has none.

JPEG and PNG stay unless they are huge, others become JPEG."""

import colorsys
import hashlib
import io
import warnings
from collections.abc import Iterator, Sequence
from unicodedata import category

from msgspec import Struct
from PIL import Image, ImageDraw, ImageFont, ImageOps

from swarm.audiobook.sound.studio_request import MAX_COVER_BYTES
from swarm.book.model.book import picture_kind

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


def choose_cover(data: bytes | None, title: str, authors: Sequence[str]) -> tuple[Picture | None, str]:
    """Return a book's cover, and why its own cannot be shown; `data` is b"" for none, None for a drawn one."""
    fault = ""
    try:
        if data:
            return fit_cover(data), ""
    except UnusablePicture as error:
        fault = str(error)
    drawn = draw_cover(title, authors) if data != b"" else None
    return fit_cover(drawn) if drawn else None, fault


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
    return _as_jpeg(_drafted(data, SMALL_SIDE), SMALL_SIDE, SMALL_QUALITY).data


def square_cover(data: bytes) -> bytes:
    """Return the whole cover in a square JPEG, as podcasts have it, between bars of its colour.

    Raises UnusablePicture.
    """
    image = Image.open(io.BytesIO(_as_jpeg(_drafted(data, SIDE), SIDE).data))
    colour = image.resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
    assert isinstance(colour, tuple)
    return _as_jpeg(ImageOps.pad(image, (SIDE, SIDE), color=colour), SIDE).data


def _drafted(data: bytes, side: int) -> Image.Image:
    """Return a picture that is to be made as small as `side`, of which no more is read than that takes."""
    image = _opened(data, picture_kind(data))
    image.draft("RGB", (2 * side, 2 * side))
    if image.width * image.height > MAX_SMALL_PIXELS:
        raise UnusablePicture(TOO_LARGE)
    return image


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


SIDE = 1400  # pixels; players show covers of audiobooks square, and podcasts want so many
MARGIN = 120
LINE_WIDTH = SIDE - 2 * MARGIN
TITLE_SIZES, AUTHOR_SIZE = (150, 120, 96, 76, 60), 56
MAX_LINES = 6
MAX_CHARACTERS = 300
# "" is Pillow's own font, which has little beyond ASCII. Every system has some of the others.
FACES: tuple[str, ...] = (
    "",
    "DejaVuSans.ttf",
    "LiberationSans-Regular.ttf",
    "NotoSans-Regular.ttf",
    "arial.ttf",
    "Arial Unicode.ttf",
    "tahoma.ttf",
    "segoeui.ttf",
    "NotoSansArabic-Regular.ttf",
    "NotoSansHebrew-Regular.ttf",
    "NotoSansCJK-Regular.ttc",
    "DroidSansFallbackFull.ttf",
    "wqy-microhei.ttc",
    "PingFang.ttc",
    "Hiragino Sans GB.ttc",
    "AppleSDGothicNeo.ttc",
    "msyh.ttc",
    "YuGothM.ttc",
    "meiryo.ttc",
    "malgun.ttf",
    "NotoSansDevanagari-Regular.ttf",
    "NotoSansBengali-Regular.ttf",
    "NotoSansTamil-Regular.ttf",
    "Nirmala.ttf",
    "NotoSansThai-Regular.ttf",
    "LeelawUI.ttf",
    "Kohinoor.ttc",
    "Thonburi.ttc",
)
SYMBOLS = frozenset(("So", "Sk", "Cf", "Cn", "Co"))  # Unicode's categories of emoji and their modifiers
VARIATION_SELECTORS = "\ufe0e\ufe0f"  # they choose between a picture and a letter
UNSPACED = "Lo"  # the category of letters that may begin a line anywhere, as in Chinese
ABSENT = "\uffff"  # no font has it; a letter that looks the same is missing as well

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def draw_cover(title: str, authors: Sequence[str]) -> bytes | None:
    """Return a JPEG; None if no font here has the letters, since boxes are worse than no cover."""
    title, author = _plain(title), _plain(", ".join(authors))
    face = _face(title + author) if title else None
    if face is None:  # mostly because of an emoji: draw the text without symbols
        title, author = _lettered(title), _lettered(author)
        face = _face(title + author) if title else None
    if face is None:
        return None
    image = Image.new("RGB", (SIDE, SIDE), _colour(title + author))
    draw = ImageDraw.Draw(image)
    font, lines = _fitted(draw, title, face)
    draw.multiline_text((MARGIN, MARGIN), "\n".join(lines), font=font, fill="white", spacing=24)
    draw.line((MARGIN, SIDE - 320, SIDE - MARGIN, SIDE - 320), fill="white", width=4)
    small = _font(face, AUTHOR_SIZE)
    draw.multiline_text((MARGIN, SIDE - 280), "\n".join(_wrapped(draw, author, small)[:3]), font=small, fill="white")
    file = io.BytesIO()
    image.save(file, "JPEG", quality=JPEG_QUALITY)
    return file.getvalue()


def _plain(text: str) -> str:
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text[:MAX_CHARACTERS]).split())


def _lettered(text: str) -> str:
    return " ".join(
        "".join(
            letter for letter in text if category(letter) not in SYMBOLS and letter not in VARIATION_SELECTORS
        ).split()
    )


def _face(text: str) -> str | None:
    return next((face for face in FACES if _has_letters(face, text)), None)


def _font(face: str, size: int) -> Font:
    return ImageFont.truetype(face, size) if face else ImageFont.load_default(size)


def _has_letters(face: str, text: str) -> bool:
    try:
        font = _font(face, 24)
    except OSError:
        return False  # not on this machine
    absent = bytes(font.getmask(ABSENT))
    return all(letter.isspace() or bytes(font.getmask(letter)) != absent for letter in set(text))


def _colour(text: str) -> tuple[int, int, int]:
    """Return a colour that is dark enough for white letters, always the same for one text."""
    hue = hashlib.sha256(text.encode(errors="replace")).digest()[0] / 256
    red, green, blue = colorsys.hls_to_rgb(hue, 0.27, 0.45)
    return round(255 * red), round(255 * green), round(255 * blue)


def _fitted(draw: ImageDraw.ImageDraw, title: str, face: str) -> tuple[Font, list[str]]:
    """Return the largest font in which the title fits without cut words, and its lines.

    If it fits in none, these are the smallest font and as many lines as fit.
    """
    spaced = [word for word in title.split() if not any(category(letter) == UNSPACED for letter in word)]
    for size in TITLE_SIZES:
        font = _font(face, size)
        lines = _wrapped(draw, title, font)
        if len(lines) <= MAX_LINES and all(draw.textlength(word, font=font) <= LINE_WIDTH for word in spaced):
            break
    return font, lines[: 2 * MAX_LINES]


def _wrapped(draw: ImageDraw.ImageDraw, text: str, font: Font) -> list[str]:
    lines: list[str] = []
    for space, piece in _pieces(draw, text, font):
        longer = f"{lines[-1]}{space}{piece}" if lines else piece
        if lines and draw.textlength(longer, font=font) <= LINE_WIDTH:
            lines[-1] = longer
        else:
            lines.append(piece)
    return lines


def _pieces(draw: ImageDraw.ImageDraw, text: str, font: Font) -> Iterator[tuple[str, str]]:
    """Yield pieces that may begin a line, each after its space: words, or the letters of a word that is too long."""
    for word in text.split():
        if draw.textlength(word, font=font) <= LINE_WIDTH:
            yield " ", word
        else:
            yield from ((" " if not number else "", letter) for number, letter in enumerate(word))
