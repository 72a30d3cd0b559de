"""Shows how a folder of books is read: words, spoken share, left out by which rule, chapters, odd characters, language.

python benchmarks/reading_quality.py FOLDER [--chapters] prints a row for each book, and with --chapters their titles.
"""

import argparse
from collections import Counter
from pathlib import Path

import regex

from swarm.book.any_file import read_book
from swarm.book.kinds import PAGES
from swarm.book.model.book import Book, ChapterText
from swarm.errors import SwarmError

KINDS = {".epub", *PAGES}
# Characters that a listener should never be read: replaced, private, and those of wrongly decoded text.
ODD = regex.compile(r"[\ufffd\p{Co}\p{Cn}]|Ã[\x80-¿©¨¼¶¤]|â€|[\p{L}][\p{Mn}]{4,}")
UNSPACED = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]")
TITLE_CHARS = 60


def words_in(text: str) -> int:
    """Count words; in scripts without spaces two characters count as one."""
    signs = len(UNSPACED.findall(text))
    return len(UNSPACED.sub(" ", text).split()) + signs // 2


def words_of(chapter: ChapterText) -> int:
    """Count the words of a chapter."""
    return sum(words_in(block.text) for block in chapter.blocks)


def row(book: Book) -> list[str]:
    """Return the lines about a book."""
    spoken = [chapter for chapter in book.chapters if not chapter.left_out]
    left_out: Counter[str] = Counter()
    for chapter in book.chapters:
        if chapter.left_out:
            left_out[f"{chapter.left_out} ({chapter.grounds})"] += words_of(chapter)
    said, whole = sum(map(words_of, spoken)), sum(map(words_of, book.chapters))
    odd = sum(len(ODD.findall(block.text)) for chapter in spoken for block in chapter.blocks)
    lines = [
        f"  {whole:,} words, {said / max(1, whole):.1%} spoken, {len(spoken)} chapters, "
        f"{book.language}, {book.notes} notes, {odd} odd characters"
    ]
    lines += [f"  left out: {words:,} words: {rule}" for rule, words in left_out.most_common()]
    doubts = (book.language_doubt, *book.cautions, *book.oddities)
    return [*lines, *(f"  odd: {line}" for line in doubts if line)]


def main() -> None:
    """Print a few lines about each book."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--chapters", action="store_true", help="print the chapters that are spoken too")
    arguments = parser.parse_args()
    for path in sorted(path for path in arguments.folder.rglob("*") if path.suffix.lower() in KINDS):
        print(path.relative_to(arguments.folder))
        try:
            book = read_book(path)
        except SwarmError as fault:
            print(f"  cannot be read: {fault}")
            continue
        print(*row(book), sep="\n")
        for chapter in book.chapters if arguments.chapters else ():
            if not chapter.left_out:
                print(f"    {words_of(chapter):>7,}  {' '.join(chapter.title.split())[:TITLE_CHARS]}")


if __name__ == "__main__":
    main()
