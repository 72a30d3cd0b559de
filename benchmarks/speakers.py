"""Counts how well the rules find what is said, and who says it, in whole books whose quotations were marked by hand.

The marks are in benchmarks/speakers, the books in ../shared/books or a folder that --books names; where others are,
their marks tell. Of a book whose marks say "sample" some quotations were drawn by lot, and the others do not count.
Precision is the share of what was found that is right, recall the share of what is there that was found.

python benchmarks/speakers.py
python benchmarks/speakers.py --wrong 20
python benchmarks/speakers.py --books DIR --cast kokoro    # also: which voice of --cast auto is heard
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import regex

from swarm.book.any_file import read_book
from swarm.book.model.reading_choice import NO_CAST, Cast, is_called
from swarm.book.speech.casting import Casting, cast_by_itself, voice_runs
from swarm.book.speech.dialogue import Dialogue, find_dialogue
from swarm.book.speech.quotation import Utterance
from swarm.voice.host.fallback_voices import cast_voices
from swarm.voice.host.registry import choose_card, find_voice

HERE = Path(__file__).resolve().parent
QUOTATIONS = {  # what the marks count, by language
    "en": regex.compile(r"“[^”]*+(?:”|\Z)|\"[^\"]*+(?:\"|\Z)"),
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
    voice: str = ""  # with --cast: whose voice is heard, in words

    @property
    def is_right(self) -> bool:
        """Whether the speaker that was found is one of its names."""
        return any(is_called(own, name) for own in self.names for name in self.speakers)


def read_marks(path: Path) -> tuple[int, dict[int, tuple[str, ...]]]:
    """Return how many quotations a book has, and the names of the speaker of each by its number."""
    total, marks, is_sample = 0, dict[int, tuple[str, ...]](), False
    for line in path.read_text(encoding="utf-8").splitlines():
        names, _, numbers = line.partition(": ")
        if line.startswith("total "):
            total, is_sample = int(line.split()[1]), line.endswith(" sample")
        elif not line.startswith("#"):
            for span in numbers.split():
                first, _, last = span.partition("-")
                marks |= dict.fromkeys(range(int(first), int(last or first) + 1), tuple(names.split("|")))
    if not is_sample and sorted(marks) != list(range(1, total + 1)):
        raise SystemExit(f"{path.name}: no mark for {sorted(set(range(1, total + 1)) - marks.keys())[:20]}")
    return total, marks


def cast_of(dialogue: Dialogue, engine: str, language: str) -> Cast:
    """Return what --cast auto gives the persons of a book."""
    card = choose_card(engine, "", language)[0]
    return cast_by_itself(dialogue, NO_CAST, cast_voices(card, language, find_voice(card, language).name))


def whose(voice: str, speaker: str, dialogue: Dialogue, cast: Cast) -> str:
    """Return whose voice it is that somebody has at a quotation, in words."""
    voices = dict(cast.speakers)
    persons = [each for each in dialogue.persons.all if each.name in voices]
    called = (each for each in persons if any(is_called(n, speaker) for n in dialogue.persons.names_of(each.name)))
    own = next((voices[each.name] for each in called), "")
    if voice == own:
        return "its own"
    if not voice:
        return "the narrator's"
    return "that of men or women" if voice in (voices.get("he"), voices.get("she")) else "another one's"


def quotations(book: Path, marks: Path, engine: str) -> Iterator[Quotation]:
    """Yield the quotations of a book with their marks."""
    total, speakers = read_marks(marks)
    read, number = read_book(book, None), 0
    language = read.language.partition("-")[0]
    chapters = [[block.text for block in chapter.blocks] for chapter in read.chapters]
    dialogue = find_dialogue(chapters, language)
    cast = cast_of(dialogue, engine, language) if engine else NO_CAST
    for chapter, (texts, spoken) in enumerate(zip(chapters, dialogue.chapters, strict=True), 1):
        runs = voice_runs(texts, Casting(cast, dialogue=dialogue, number=chapter), language)
        for text, said, run in zip(texts, spoken, runs, strict=True):
            for match in QUOTATIONS[language].finditer(text):
                number += 1
                inside = [each for each in said if each.start < match.end() and match.start() < each.end]
                first = inside[0] if inside else None
                names = dialogue.persons.names_of(first.speaker) if first and first.speaker else ()
                mark = speakers.get(number, (OPEN,))
                voice = next((each.voice for each in run if each.start <= match.start() + 1 < each.end), "")
                yield Quotation(match[0], mark, first, names, whose(voice, mark[0], dialogue, cast))
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
    parser.add_argument("--cast", default="", metavar="ENGINE", help="also count whose voice of --cast auto is heard")
    arguments = parser.parse_args()
    print("| book | said | dialogue: precision | recall | speakers: precision | recall |")
    print("| --- | --- | --- | --- | --- | --- |")
    lines, everything = list[str](), list[Quotation]()
    for marks in sorted(arguments.marks.glob("*.txt")):
        book = next(arguments.books.rglob(f"{marks.stem}.*"), None)
        if book is None:
            print(f"{marks.stem} is not in {arguments.books}", file=sys.stderr)
            continue
        found = list(quotations(book, marks, arguments.cast))
        everything += found
        print(row(marks.stem, found), flush=True)
        lines += [marks.stem, *list(wrong(found))[: arguments.wrong]]
        if arguments.cast:
            heard = Counter(each.voice for each in found if each.speakers not in ((OPEN,), (NONE,)))
            print(
                f"heard by {arguments.cast}: {', '.join(f'{times} in {voice}' for voice, times in heard.most_common())}"
            )
    if everything:
        print(row("all", everything))
    print("\n".join(lines) if arguments.wrong else "", end="\n" if arguments.wrong else "")


if __name__ == "__main__":
    main()
