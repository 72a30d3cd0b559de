"""Counts how well the rules find what is said, and who says it, in whole books whose quotations were marked by hand.

The marks are in benchmarks/speakers, the books in ../shared/books or a folder that --books names; of the German one its
marks tell where it is. Precision is the
share of what was found that is right, recall the share of what is there that was found.

python benchmarks/speakers.py
python benchmarks/speakers.py --wrong 20
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import regex

from swarm.book.any_file import read_book
from swarm.book.model.reading_choice import is_called
from swarm.book.speech.dialogue import find_dialogue
from swarm.book.speech.quotation import Utterance

HERE = Path(__file__).resolve().parent
QUOTATIONS = {  # what the marks count, by language
    "en": regex.compile(r"“[^”]*+(?:”|\Z)"),
    "de": regex.compile(r"»[^«]*+(?:«|\Z)"),
    "fr": regex.compile(r"\A(?:[—–].*|«[^»]*+)", regex.S),
    "es": regex.compile(r"\A[—–].*", regex.S),
}
NONE, OPEN = "none", "open"  # marks of what is no dialogue, and of what may be either


class Quotation(NamedTuple):
    """A quotation of a book, with its mark, and what the rules say of it."""

    text: str
    speakers: tuple[str, ...]
    found: Utterance | None
    names: tuple[str, ...] = ()  # of the speaker who was found

    @property
    def is_right(self) -> bool:
        """Whether the speaker that was found is one of its names."""
        return any(is_called(own, name) for own in self.names for name in self.speakers)


def read_marks(path: Path) -> tuple[int, dict[int, tuple[str, ...]]]:
    """Return how many quotations a book has, and the names of the speaker of each by its number."""
    total, marks = 0, dict[int, tuple[str, ...]]()
    for line in path.read_text(encoding="utf-8").splitlines():
        names, _, numbers = line.partition(": ")
        if line.startswith("total "):
            total = int(line.split()[1])
        elif not line.startswith("#"):
            for span in numbers.split():
                first, _, last = span.partition("-")
                marks |= dict.fromkeys(range(int(first), int(last or first) + 1), tuple(names.split("|")))
    if sorted(marks) != list(range(1, total + 1)):
        raise SystemExit(f"{path.name}: no mark for {sorted(set(range(1, total + 1)) - marks.keys())[:20]}")
    return total, marks


def quotations(book: Path, marks: Path) -> Iterator[Quotation]:
    """Yield the quotations of a book with their marks."""
    total, speakers = read_marks(marks)
    read, number = read_book(book, None), 0
    language = read.language.partition("-")[0]
    chapters = [[block.text for block in chapter.blocks] for chapter in read.chapters]
    dialogue = find_dialogue(chapters, language)
    for texts, spoken in zip(chapters, dialogue.chapters, strict=True):
        for text, said in zip(texts, spoken, strict=True):
            for match in QUOTATIONS[language].finditer(text):
                number += 1
                inside = [each for each in said if each.start < match.end() and match.start() < each.end]
                first = inside[0] if inside else None
                names = dialogue.persons.names_of(first.speaker) if first and first.speaker else ()
                yield Quotation(match[0], speakers.get(number, (OPEN,)), first, names)
    if number != total:
        raise SystemExit(f"{book.name} has {number} quotations, not {total}: it is another edition")


def share(part: int, whole: int) -> str:
    """Return a share in per cent, with what it is of."""
    return f"{part / whole:.1%} of {whole}" if whole else "none"


def row(name: str, found: Sequence[Quotation]) -> str:
    """Return a row of the table."""
    counted = [each for each in found if each.speakers != (OPEN,)]
    said = [each for each in counted if each.speakers != (NONE,)]
    taken = [each for each in counted if each.found]
    heard = [each for each in said if each.found]
    named = [each for each in taken if each.found and each.found.speaker]
    right = [each for each in said if each.is_right]
    return " | ".join(
        (
            f"| {name} | {len(said)}",
            share(len(heard), len(taken)),
            share(len(heard), len(said)),
            share(len(right), len(named)),
            f"{share(len(right), len(said))} |",
        )
    )


def wrong(found: Sequence[Quotation]) -> Iterator[str]:
    """Yield a line for each quotation that the rules judge wrongly, those without a speaker last."""
    for each in found:
        if (each.found is not None) != (each.speakers != (NONE,)) and each.speakers != (OPEN,):
            yield f"{'no dialogue' if each.found else 'not found'}: {each.text[:100]!r} ({each.speakers[0]})"
    for each in found:
        if each.found and each.found.speaker and not each.is_right and each.speakers not in ((OPEN,), (NONE,)):
            yield f"{each.found.speaker}, {each.found.grounds}, not {each.speakers[0]}: {each.text[:100]!r}"
    for each in found:
        if each.found and not each.found.speaker and each.speakers not in ((OPEN,), (NONE,)):
            yield f"open, not {each.speakers[0]}: {each.text[:100]!r}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--books", type=Path, default=HERE.parent.parent / "shared" / "books")
    parser.add_argument("--marks", type=Path, default=HERE / "speakers")
    parser.add_argument("--wrong", type=int, default=0, metavar="N", help="also print N wrong quotations of each book")
    arguments = parser.parse_args()
    print("| book | said | dialogue: precision | recall | speakers: precision | recall |")
    print("| --- | --- | --- | --- | --- | --- |")
    lines, everything = list[str](), list[Quotation]()
    for marks in sorted(arguments.marks.glob("*.txt")):
        book = next(arguments.books.rglob(f"{marks.stem}.*"), None)
        if book is None:
            print(f"{marks.stem} is not in {arguments.books}", file=sys.stderr)
            continue
        found = list(quotations(book, marks))
        everything += found
        print(row(marks.stem, found), flush=True)
        lines += [marks.stem, *list(wrong(found))[: arguments.wrong]]
    if everything:
        print(row("all", everything))
    print("\n".join(lines) if arguments.wrong else "", end="\n" if arguments.wrong else "")


if __name__ == "__main__":
    main()
