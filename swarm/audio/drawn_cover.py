"""A cover for a book that has none: its title and authors on a colour of its own."""

import colorsys
import hashlib
import io
from collections.abc import Iterator, Sequence
from unicodedata import category

from PIL import Image, ImageDraw, ImageFont

SIDE = 1400  # pixels; players show covers of audiobooks square
MARGIN = 120
WIDTH = SIDE - 2 * MARGIN  # of a line
TITLE_SIZES, AUTHOR_SIZE = (150, 120, 96, 76, 60), 56
MAX_LINES = 6
MAX_CHARACTERS = 300
QUALITY = 88
# The one that comes with the library has little beyond ASCII; of the others, each system has some.
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
SYMBOLS = frozenset(("So", "Sk", "Cf", "Cn", "Co"))  # emoji and what goes with them, by Unicode's categories
VARIANTS = "\ufe0e\ufe0f"  # of them
UNSPACED = "Lo"  # letters that may begin a line anywhere, as in Chinese
ABSENT = "\uffff"  # no font has it: what is drawn like it is absent too

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def draw_cover(title: str, authors: Sequence[str]) -> bytes | None:
    """A JPEG; None where no font at hand has its letters, for boxes are worse than nothing."""
    title, author = _plain(title), _plain(", ".join(authors))
    face = _face(title + author) if title else None
    if face is None:  # seldom for more than a picture among the letters
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
    image.save(file, "JPEG", quality=QUALITY)
    return file.getvalue()


def _plain(text: str) -> str:
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text[:MAX_CHARACTERS]).split())


def _lettered(text: str) -> str:
    return " ".join(
        "".join(letter for letter in text if category(letter) not in SYMBOLS and letter not in VARIANTS).split()
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
    """Dark enough for white letters, and the same for the same book."""
    hue = hashlib.sha256(text.encode(errors="replace")).digest()[0] / 256
    red, green, blue = colorsys.hls_to_rgb(hue, 0.27, 0.45)
    return round(255 * red), round(255 * green), round(255 * blue)


def _fitted(draw: ImageDraw.ImageDraw, title: str, face: str) -> tuple[Font, list[str]]:
    """The largest letters in which the title fits without cut words, else the smallest and what fits of it."""
    spaced = [word for word in title.split() if not any(category(letter) == UNSPACED for letter in word)]
    for size in TITLE_SIZES:
        font = _font(face, size)
        lines = _wrapped(draw, title, font)
        if len(lines) <= MAX_LINES and all(draw.textlength(word, font=font) <= WIDTH for word in spaced):
            break
    return font, lines[: 2 * MAX_LINES]


def _wrapped(draw: ImageDraw.ImageDraw, text: str, font: Font) -> list[str]:
    lines: list[str] = []
    for space, piece in _pieces(draw, text, font):
        longer = f"{lines[-1]}{space}{piece}" if lines else piece
        if lines and draw.textlength(longer, font=font) <= WIDTH:
            lines[-1] = longer
        else:
            lines.append(piece)
    return lines


def _pieces(draw: ImageDraw.ImageDraw, text: str, font: Font) -> Iterator[tuple[str, str]]:
    """What may begin a line, and what stands before it: words; letters of those that no line holds, as in Chinese."""
    for word in text.split():
        if draw.textlength(word, font=font) <= WIDTH:
            yield " ", word
        else:
            yield from ((" " if not number else "", letter) for number, letter in enumerate(word))
