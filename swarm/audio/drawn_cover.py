"""Draws a cover for a book that has none: title and authors on a colour that depends on both."""

import colorsys
import hashlib
import io
from collections.abc import Iterator, Sequence
from unicodedata import category

from PIL import Image, ImageDraw, ImageFont

SIDE = 1400  # pixels; players show covers of audiobooks square
MARGIN = 120
LINE_WIDTH = SIDE - 2 * MARGIN
TITLE_SIZES, AUTHOR_SIZE = (150, 120, 96, 76, 60), 56
MAX_LINES = 6
MAX_CHARACTERS = 300
JPEG_QUALITY = 88
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
