"""A cover for a book that has none: its title and authors on a colour of its own."""

import colorsys
import hashlib
import io
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

SIDE = 1400  # pixels; players show covers of audiobooks square
MARGIN = 120
TITLE_SIZES, AUTHOR_SIZE = (150, 120, 96, 76, 60), 56
MOST_LINES = 6
MAX_CHARACTERS = 300
QUALITY = 88
# The one that comes with the library has little beyond ASCII; of these, most machines have one.
FACES = ("", "DejaVuSans.ttf", "LiberationSans-Regular.ttf", "NotoSans-Regular.ttf", "arial.ttf", "Arial Unicode.ttf")
ABSENT = "\uffff"  # no font has it: what is drawn like it is absent too

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def draw_cover(title: str, authors: Sequence[str]) -> bytes | None:
    """A JPEG; None where no font at hand has its letters, for boxes are worse than nothing."""
    title, author = _plain(title), _plain(", ".join(authors))
    face = next((face for face in FACES if _has_letters(face, title + author)), None) if title else None
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
    image.save(file, "JPEG", quality=QUALITY)
    return file.getvalue()


def _plain(text: str) -> str:
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text[:MAX_CHARACTERS]).split())


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
    """Dark enough for white letters, and the same for the same book."""
    hue = hashlib.sha256(text.encode(errors="replace")).digest()[0] / 256
    red, green, blue = colorsys.hls_to_rgb(hue, 0.27, 0.45)
    return round(255 * red), round(255 * green), round(255 * blue)


def _fitted(draw: ImageDraw.ImageDraw, title: str, face: str) -> tuple[Font, list[str]]:
    """The largest letters in which the title fits, else the smallest and what fits of it."""
    for size in TITLE_SIZES:
        font = _font(face, size)
        lines = _wrapped(draw, title, font)
        if len(lines) <= MOST_LINES and all(draw.textlength(line, font=font) <= SIDE - 2 * MARGIN for line in lines):
            break
    return font, lines[: 2 * MOST_LINES]


def _wrapped(draw: ImageDraw.ImageDraw, text: str, font: Font) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and draw.textlength(longer, font=font) <= SIDE - 2 * MARGIN:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
