"""Counts false ends of sentences, and passages whose language is found, in text that nobody of this project wrote.

python benchmarks/treebanks.py FOLDER                    ends of sentences, in treebanks of Universal Dependencies
python benchmarks/treebanks.py FOLDER --passages         passages of one language in a book of another one
python benchmarks/treebanks.py FOLDER --passages --books BOOKS  the same with the books of tests/reading/corpus.tsv
python benchmarks/treebanks.py BOOKS --headings          short lines of two of these books that take turns
... --list                                               names the faults of the read part; --part kept counts the other

FOLDER holds `CODE_name-ud-dev.conllu`, which may be read, and `...-ud-test.conllu`, which is kept; of the books fold 4
is kept. A false end is one within a sentence of the treebank; it is heard behind a single full stop that ends no mark
of a list.
A passage has at least 200 characters of body text. It counts as found if it gets its own language, or one that only a
few words tell apart, and as a false alarm if it gets any language in a book of its own.
"""

import argparse
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path

import regex

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "reading"))

from corpus_blocks import marked_blocks  # noqa: E402
from corpus_books import Listed, listed  # noqa: E402

from swarm.book.language.detection import are_alike, fits_script, is_short, passage_language  # noqa: E402
from swarm.book.page.passage import Passage  # noqa: E402
from swarm.book.speech.sentence import split_sentences  # noqa: E402
from swarm.book.structure.book_language import mark_foreign_passages  # noqa: E402

HOSTS = ("en", "de", "fr", "es", "it", "ru")  # languages of the books that a passage is put into
MIN_PASSAGE_CHARS = 200
MAX_PASSAGES = 60  # of one book or treebank
SENTENCES_TOGETHER = 4
MAX_SECTIONS, MAX_SECTION_BLOCKS = 6, 8  # of one book
KEPT_FOLD = 4
_MARK = regex.compile(
    r"[(„\"]?(?:\d{1,3}\.){1,7}|[(„\"]?(?:[IVX]{1,5}|\p{L})\."
)  # of a list: a pause behind it is usual
_UNCOUNTED = regex.compile(r"[\s\"'`„“”»«]")
PARTS = {"read": "dev", "kept": "test"}


def treebanks(folder: Path, part: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the language and the sentences of each treebank."""
    for path in sorted(folder.glob(f"*-ud-{PARTS[part]}.conllu")):
        lines = path.read_text(encoding="utf-8").splitlines()
        yield path.name.partition("_")[0], [line[9:] for line in lines if line.startswith("# text = ")]


def count_ends(language: str, sentences: list[str], *, shown: bool) -> tuple[int, int, int]:
    """Return how many false ends there are, how many of them are heard, and how many ends are missed."""
    false = heard = missed = 0
    for start in range(0, len(sentences), SENTENCES_TOGETHER):
        together = sentences[start : start + SENTENCES_TOGETHER]
        true, found = _places(together), _places(split_sentences(" ".join(together), language))
        missed += len(true - found)
        text = _bare("".join(together))
        for end in found - true:
            false += 1
            heard += text[end - 1] == "." != text[end - 2] and not _MARK.fullmatch(
                text, max([0, *(at for at in true if at < end)]), end
            )
            if shown:
                print(f"    {language}: {text[max(0, end - 40) : end]} | {text[end : end + 20]}")
    return false, heard, missed


def _places(sentences: list[str]) -> set[int]:
    """Return where sentences end, as counts of the characters before, but for marks of quotation."""
    return set(accumulate(len(_bare(sentence)) for sentence in sentences))


def _bare(text: str) -> str:
    return _UNCOUNTED.sub("", text)


def passages(folder: Path, books: Path | None, part: str) -> Iterator[tuple[str, str]]:
    """Yield passages with their languages."""
    for language, sentences in treebanks(folder, part):
        found, text = [], ""
        for sentence in sentences:
            text = f"{text} {sentence}".strip()
            if len(text) >= MIN_PASSAGE_CHARS:
                found.append(text)
                text = ""
        yield from ((language, text) for text in _spread(found))
    for book in listed() if books else ():
        if books and (book.fold == KEPT_FOLD) == (part == "kept") and book.file(books).is_file():
            try:
                blocks = marked_blocks(book.file(books), book.marks())
            except (ValueError, OSError) as fault:
                print(f"{book.name} is left out: {fault}", file=sys.stderr)
                continue
            said = [block.text for block, mark in blocks if mark.label == "body" and not mark.language]
            said = [text for text in said if len(text) >= MIN_PASSAGE_CHARS and fits_script(book.language, text)]
            yield from ((book.language, text) for text in _spread(said))


def _spread(texts: list[str]) -> list[str]:
    return texts[:: max(1, len(texts) // MAX_PASSAGES)][:MAX_PASSAGES]


def count_passages(folder: Path, books: Path | None, part: str, *, shown: bool) -> None:
    """Print how many passages are found in books of other languages, and how many false alarms there are."""
    found, asked, alarms, own = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    wrong: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for language, text in passages(folder, books, part):
        alarm = passage_language(text, language)
        own[language] += 1
        alarms[language] += bool(alarm)
        if alarm and shown:
            print(f"    alarm {language}: {alarm}: {text[:100]!r}")
        for host in HOSTS:
            if not are_alike(host, language):
                said = passage_language(text, host)
                asked[language] += 1
                found[language] += are_alike(said, language)
                wrong[language][said] += not are_alike(said, language)
                if shown and not are_alike(said, language) and host == "en":
                    print(f"    {language} in {host}: {said or 'none'}: {text[:100]!r}")
    print("| language | passages | found, % | another, % | false alarms |\n| --- | --- | --- | --- | --- |")
    for code in (*sorted(asked), ""):
        rows = [code] if code else sorted(asked)
        count = sum(asked[row] for row in rows)
        right = 100 * sum(found[row] for row in rows) / max(1, count)
        other = 100 * sum(wrong[row].total() - wrong[row][""] for row in rows) / max(1, count)
        texts, false = (sum(counts[row] for row in rows) for counts in (own, alarms))
        print(f"| {code or 'all'} | {texts} | {right:.1f} | {other:.1f} | {false} |")


def count_short_lines(books: Path, part: str, *, shown: bool) -> None:
    """Print how many headings and short lines of a book in another language, bound with one, are found.

    Sections of both books take turns. The false alarms are short lines of the first book that get a language.
    """
    both = [
        (book.language, sections)
        for book in listed()
        if (book.fold == KEPT_FOLD) == (part == "kept") and (sections := _sections(book, books))
    ]
    found, asked, alarms, own = 0, 0, 0, 0
    for at, (language, guest) in enumerate(both):
        others = [each for each in both[at + 1 :] + both[:at] if each[0] in HOSTS and not are_alike(each[0], language)]
        for host, sections in others[:2]:
            rows = [
                (code, text)
                for pair in zip(sections, guest, strict=False)
                for code, section in zip((host, language), pair, strict=True)
                for text in section
            ]
            passages = [Passage("paragraph", text) for _, text in rows]
            mark_foreign_passages(passages, host)
            for (code, text), passage in zip(rows, passages, strict=True):
                if not is_short(text) or not any(map(str.isalpha, text)):
                    continue
                own, alarms = own + (code == host), alarms + (code == host and bool(passage.language))
                asked, found = asked + (code != host), found + (code != host and are_alike(passage.language, code))
                if shown and (code == host) == bool(passage.language):
                    print(f"    {code} in {host}: {passage.language or 'none'}: {text[:80]!r}")
    print(
        f"of {asked:,} short lines {100 * found / max(1, asked):.1f} % are found, {alarms} of {own:,} are false alarms"
    )


def _sections(book: Listed, books: Path) -> list[list[str]]:
    """Return the texts of a book's sections, each a heading with some blocks behind it."""
    try:
        blocks = marked_blocks(book.file(books), book.marks())
    except (ValueError, OSError):
        return []
    sections: list[list[str]] = []
    for block, mark in blocks:
        if mark.label == "heading" or not sections:
            sections.append([])
        if mark.label in ("body", "heading") and not mark.language and len(sections[-1]) < MAX_SECTION_BLOCKS:
            sections[-1].append(block.text)
    return [section for section in sections if len(section) > 2][:MAX_SECTIONS]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="the folder of the treebanks")
    parser.add_argument("--part", choices=tuple(PARTS), default="kept", help="the part to count")
    parser.add_argument("--list", action="store_true", help="name the faults of the read part")
    parser.add_argument("--passages", action="store_true", help="count passages in another language")
    parser.add_argument("--headings", action="store_true", help="count short lines of books in two languages")
    parser.add_argument("--books", type=Path, help="a folder of the books in tests/reading/corpus.tsv")
    options = parser.parse_args()
    part = "read" if options.list else options.part
    if options.headings:
        count_short_lines(options.books or options.folder, part, shown=options.list)
        return
    if options.passages:
        count_passages(options.folder, options.books, part, shown=options.list)
        return
    print("| language | sentences | false ends in 1,000 | heard | missed |\n| --- | --- | --- | --- | --- |")
    for language, sentences in treebanks(options.folder, part):
        count = len(sentences)
        false, heard, missed = (1000 * number / count for number in count_ends(language, sentences, shown=options.list))
        print(f"| {language} | {count:,} | {false:.1f} | {heard:.1f} | {missed:.1f} |")


if __name__ == "__main__":
    main()
