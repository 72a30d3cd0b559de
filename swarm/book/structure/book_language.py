"""Decides which language a book is in, by samples of its prose, and marks the passages that are in another one."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate, groupby

import regex
from lxml import etree
from msgspec import Struct

from swarm.book.language.detection import (
    NOT_DETECTED,
    Detected,
    are_alike,
    detect,
    fits_script,
    has_foreign_letters,
    has_own_letters,
    is_language_of,
    is_short,
    is_sure,
    is_told_apart,
    is_written_like,
    leaning,
    may_be,
    passage_language,
)
from swarm.book.language.pattern import compile_later
from swarm.book.model.language_code import language_name, marked_language
from swarm.book.package.archive import Archive
from swarm.book.package.package import ManifestItem
from swarm.book.page.markup import local, parse, words
from swarm.book.page.passage import Passage
from swarm.errors import BookError

DEFAULT_LANGUAGE = "en"  # some books name no language, and their text does not tell it
FILLER = "lorem ipsum dolor"  # the text of templates is in no language
MIN_GUESS_WORDS = 20  # the guess for a shorter text is worse than the default
MAX_MARKED_CHARS = 6_000  # only the first passages of a language are compared with their mark


class BookLanguage(Struct, frozen=True):
    """The language of a book, and a line for the user if it is not the one that the book names."""

    language: str
    doubt: str = ""


def settle(declared: str, sample: str, *, believed: bool = True) -> BookLanguage:
    """Decide between the language that a book names, "" for none, and the one that its text is plainly in.

    A doubt is only told if the declared language is `believed` to be the book's own.
    """
    if declared and (is_language_of(declared, sample) or has_own_letters(declared, sample)):
        return BookLanguage(declared)
    found = NOT_DETECTED if FILLER in sample.casefold() else detect(sample)
    if not declared:
        return BookLanguage(found.language, "") if found.plain else _undeclared(found.language, sample)
    if not found.language or are_alike(found.language, declared) or is_written_like(declared, sample):
        return BookLanguage(declared)
    if not is_told_apart(declared) and not is_sure(found.language, sample):
        return BookLanguage(declared)
    if found.plain or not fits_script(declared, sample):
        said, text = language_name(declared), language_name(found.language)
        doubt = f"it says that it is in {said}, but its text is {text}: read as {text}"
        return BookLanguage(found.language, doubt if believed else "")
    return BookLanguage(declared)


def _undeclared(guess: str, sample: str) -> BookLanguage:
    """Return the guess of a text that is long enough for one, else what its words plainly are, else English."""
    is_long = guess and len(sample.split()) >= MIN_GUESS_WORDS
    language = guess if is_long else passage_language(sample, DEFAULT_LANGUAGE) or DEFAULT_LANGUAGE
    name = language_name(language)
    return BookLanguage(
        language,
        f"it does not name its language, and its text leaves a doubt: read as {name}; --language sets another",
    )


def mark_foreign_passages(passages: list[Passage], language: str) -> None:
    """Mark passages that are plainly in another language, and remove marks that the text contradicts.

    Word processors give every paragraph the language of their own settings.
    """
    marked: dict[str, list[Passage]] = defaultdict(list)
    for passage in passages:
        named = marked_language(passage.language)
        if named not in ("", language) and not has_foreign_letters(named, passage.text):
            marked[named].append(passage)
        else:  # a mark that tells nothing, or that is wrong
            is_heard = passage.text and not passage.left_out
            passage.language = passage_language(passage.text, language) if is_heard else ""
    for group in marked.values():
        text = " ".join(passage.text for passage in group)[:MAX_MARKED_CHARS]
        if may_be(language, text) and (
            is_language_of(language, text) or detect(text) == Detected(language, plain=True)
        ):
            for passage in group:
                passage.language = ""
    if sum(passage.language not in ("", language) for passage in passages) >= MIN_FOREIGN:
        _mark_short_ones(passages, language)


MIN_FOREIGN = 4  # passages of a book in other languages: the detector takes 0.3 s and 100 MB to load
MAX_APART = 5  # passages between a short one and its neighbours in other languages
MIN_LEANING = 8.0  # of a short passage with such a neighbour on one side only


def _mark_short_ones(passages: list[Passage], language: str) -> None:
    """Mark headings and short lines beside passages in another language if their words lean to it as well."""
    plain = [passage.language if passage.language or not is_short(passage.text) else None for passage in passages]
    for at, passage in enumerate(passages):
        if plain[at] is not None or passage.left_out or not any(map(str.isalpha, passage.text)):
            continue
        around = plain[max(0, at - MAX_APART) : at][::-1], plain[at + 1 : at + 1 + MAX_APART]
        before, after = (next((found for found in side if found is not None), "") for side in around)
        other = after or before
        if other and other != language:
            least = 4 if before == after else MIN_LEANING
            passage.language = other if leaning(passage.text, other, language) >= least else ""


SAMPLE_CHARS = 1_500

_NO_PROSE = words("head script style template pre code kbd samp math svg nav rt rp")
_LICENCE = compile_later(r"gutenberg|creative commons", regex.IGNORECASE)


def samples_at(root: etree._Element, shares: Iterable[float]) -> list[str]:
    """Return the prose of a document around some places, 0 to 1, without licences, which are often in English."""
    text = prose(root)
    middles = (int(share * len(text)) for share in shares)
    found = (text[max(0, middle - SAMPLE_CHARS // 2) : middle + SAMPLE_CHARS // 2] for middle in middles)
    return [sample for sample in found if sample and not _LICENCE.search(sample)]


def prose(root: etree._Element) -> str:
    """Return the words of a document on one line, without code and formulas."""
    pieces: list[str] = []
    walk = etree.iterwalk(root, events=("start", "end"))
    for event, element in walk:
        if event == "end":
            pieces.append(element.tail or "")
        elif local(element) in _NO_PROSE or not isinstance(element.tag, str):
            walk.skip_subtree()
        else:
            pieces.append(element.text or "")
    return " ".join(" ".join(pieces).split())


# Places in a book, 0 to 1. Licences and indexes are at the end, and are often in English.
PLACES = (0.06, 0.14, 0.22, 0.3, 0.38, 0.46, 0.54, 0.62, 0.7, 0.78)

Find = Callable[[str], etree._Element | None]


def take_sample(archive: Archive, items: tuple[ManifestItem, ...], find: Find) -> str:
    """Return the prose at a few places of a book; `find` returns the root of a document, None if it has none.

    Documents that cannot be read are passed over, so the sample is the same whether a book is read or recognised.
    """
    names = [archive.find_file(item.name) or item.name for item in items]
    sizes = [archive.size(name) for name in names]
    found: list[str] = []
    for number, places in groupby(_places(sizes), key=lambda place: place[0]):
        root = find(names[number])
        if root is not None:
            found += samples_at(root, [share for _, share in places])
    return "\n".join(dict.fromkeys(found))


def parsed(archive: Archive) -> Find:
    """Return a function that parses a document of an archive, and keeps the last one."""
    last: tuple[str, etree._Element | None] = ("", None)

    def find(name: str) -> etree._Element | None:
        nonlocal last
        if last[0] != name:
            try:
                last = name, parse(archive.read(name), name)
            except (BookError, KeyError):
                last = name, None
        return last[1]

    return find


def _places(sizes: list[int]) -> Iterator[tuple[int, float]]:
    """Yield the document and the place in it for each place in a book; the sizes are those of the documents."""
    ends = list(accumulate(sizes))
    for place in PLACES if ends and ends[-1] else ():
        at = place * ends[-1]
        number = next(number for number, end in enumerate(ends) if end > at)
        yield number, (at - ends[number] + sizes[number]) / sizes[number]
