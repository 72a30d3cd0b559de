"""Made-up books for the benchmarks, and the speeds of their workers."""

import random
from pathlib import Path

from ebooklib import epub

BOOKS = Path(__file__).resolve().parents[2] / "shared" / "books"
UNEQUAL = (1.0, 0.8, 0.5, 0.35, 0.25)  # relative speeds, repeated for more workers
SYLLABLES = [consonant + vowel for consonant in "bdklmnrst" for vowel in "aeio"]
ENGLISH = ("the", "of", "and", "to", "in", "that", "was", "his", "it", "with")  # tell the language of the made words


def speeds(count: int, *, equal: bool = False) -> list[float]:
    """Return the speed of each of so many workers."""
    return [1.0] * count if equal else [UNEQUAL[n % len(UNEQUAL)] for n in range(count)]


def make_book(folder: Path, chapters: int = 12, characters: int = 600_000, seed: int = 7) -> Path:
    """Write an EPUB of made-up words: sentences of 20 to 200 characters, no two alike."""
    path = folder / f"made-{chapters}-{characters}.epub"
    if path.exists():
        return path
    dice = random.Random(seed)
    book = epub.EpubBook()
    book.set_identifier("made")
    book.set_title("A Made Book")
    book.set_language("en")
    book.add_author("Nobody")
    pages = [_page(number, characters // chapters, dice) for number in range(1, chapters + 1)]
    for page in pages:
        book.add_item(page)
    book.toc = pages
    book.spine = ["nav", *pages]
    book.add_item(epub.EpubNcx())
    book.add_item(epub.EpubNav())
    epub.write_epub(str(path), book)
    return path


def _page(number: int, characters: int, dice: random.Random) -> epub.EpubHtml:
    paragraphs: list[str] = []
    while sum(map(len, paragraphs)) < characters:
        paragraphs.append(" ".join(_sentence(dice) for _ in range(dice.randint(2, 9))))
    text = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    page = epub.EpubHtml(title=f"Chapter {number}", file_name=f"c{number}.xhtml")
    page.content = f"<html><body><h1>Chapter {number}</h1>{text}</body></html>"
    return page


def _sentence(dice: random.Random) -> str:
    length = dice.randint(20, 200)
    words: list[str] = []
    while sum(map(len, words)) + len(words) < length:
        made = "".join(dice.choice(SYLLABLES) for _ in range(dice.randint(1, 4)))
        words.append(dice.choice((made, dice.choice(ENGLISH))))
    return " ".join(words).capitalize() + "."
