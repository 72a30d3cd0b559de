"""Tells what a part looks like by its texts alone: a list, an index, notes, a title page, a legal page, a licence.

A name never leaves a part out by itself, since a chapter may well be called "Cover", and its file "index.html".
"""

from collections.abc import Iterator
from itertools import pairwise

import regex

from swarm.book.language.known import every_language
from swarm.book.language.pattern import compile_later

MAX_TINY_CHARS = 400  # a part so short is what its name says
MAX_SMALL_CHARS = 6_000  # a longer part is no title page, imprint or transcriber's note
MAX_LIST_LINE_CHARS = 160  # average of a list's lines
MAX_ENTRY_CHARS = 60  # average of lines that need no further look
MAX_TOLD_SHARE = 0.3  # a list has at most this share of its characters in sentences
MIN_ENTRIES = 5
MIN_ENTRY_SHARE = 0.5  # this share of an index is entries
MIN_SORTED_LINES = 10
MIN_SORTED_SHARE = 0.9
MAX_SORTED_LINE_CHARS = 80  # average of the lines of an index without page numbers
MAX_SOURCE_CHARS = 300  # average of the entries of a bibliography
MIN_DATED_SHARE = 0.7  # this share of a bibliography has a year
MIN_LABELLED_SHARE = 0.3  # this share of the notes begins with a label
MIN_REFERRING_SHARE = 0.5  # this share of unlabelled notes refers to a source
MAX_NOTE_LINE_CHARS = 400  # average of paragraphs of unlabelled notes
MAX_LEGAL_CHARS = 4_000
MAX_LEGAL_LINE_CHARS = 100  # longer lines of a legal page speak of the law
MAX_OTHER_SHARE = 0.6  # the rest of a legal page speaks of the law
LEGAL_END_SHARE = 0.2  # most copyright pages are in the first or last fifth of a book
MIN_SIGNS, MIN_SIGNS_INSIDE = 2, 3  # a copyright page between the novels of a collection needs more signs
MAX_TITLE_PAGE_CHARS = 500
MAX_TITLE_LINE_CHARS = 60
MIN_LICENCE_WORDS = 3
MAX_OFFER_CHARS = 1_500  # a longer page does more than advertise
OFFER_SHARE = 0.5  # pages that only advertise are in the last half of a book
MIN_OFFER_SIGNS = 2
MIN_OFFERING_SHARE = 0.5  # an advertisement fills this share of its page

_WORD = compile_later(r"\p{L}{2,}")
_FULL_STOPS = ("。", "．", "।", "॥", "۔", "։", "።", "။", "។")  # titles in these scripts end without a full stop
_TOLD = compile_later(r"[,;!?…][\"'”’»)]*$")  # lines of verse end so, lines of a title page do not
_ENTRY = compile_later(r"[,.…\s]\s?\d{1,4}n?(?:\s?[-–]\s?\d{1,4})?[.,;]?(?=\s|$)|,? see (?:also )?\p{L}")
_NOTE_LABEL = compile_later(r"[\[(]?(?:\d{1,4}|[*†‡§])(?=[\])., :]|\p{L})|(?:p|pp|page|s|pág)\. ?\d", regex.IGNORECASE)
_REFERRING = compile_later(r"\d|\bibid|\bop\. ?cit|\bsee\b|\bcf\.|\bvgl\.|\bvoir\b|\bvéase\b|\bcfr\.", regex.IGNORECASE)
_YEAR = compile_later(r"(?<!\d)(?:1[4-9]|20)\d\d(?!\d)")
_NUMBER = compile_later(r"ISBN(?:-1[03])?\s?:?\s?[\d-]{9}|UUID: ?[\da-f]{8}-[\da-f]{4}", regex.IGNORECASE)
_LAW = compile_later(
    r"fiction|coincidental|permission|reproduc|trademark|publish|liab|rights|edition|copyright|©|isbn|licen[cs]|re-?sold|"
    r"given away|purchase|édition",
    regex.IGNORECASE,
)
# What a page says that asks its reader to buy, to subscribe or to praise.
_OFFER = compile_later(
    r"did you (?:love|like|enjoy)|you(?:’ve|'ve| have)? (?:loved|liked|enjoyed) (?:this|the) (?:book|story|novel)|"
    r"you should (?:also )?read|sign up|mailing list|newsletter|new releases?|free (?:e-?)?books?|"
    r"leav(?:e|ing) (?:a|an honest) review|(?:post|write|writing) a (?:short )?review|\bon (?:amazon|goodreads)\b|"
    r"\bnow available\b|available now|pre-?order|download your free|follow (?:me|us) on|connect with (?:me|us)|"
    r"melden sie sich|newsletter abonnieren|inscrivez-vous|suscr[ií]bete|iscriviti",
    regex.IGNORECASE,
)
_LICENCE = compile_later(
    r"\b(?:licen[cs]e[ed]?|warrant(?:y|ies)|permission|liab(?:le|ility)|copies|redistribut\w*|herein|hereby|derivative|"
    r"terms|royalty|infring\w*)\b",
    regex.IGNORECASE,
)


def _legal(field: str, *more: str) -> "regex.Pattern[str]":
    words = (getattr(language.legal, field) for language in every_language())
    return compile_later("|".join(filter(None, (*more, *words))), regex.IGNORECASE)


# A short page that matches two of these is a copyright page.
_LEGAL = (
    _legal("copyright", "©", "ⓒ", r"\(c\) ?(?:1[5-9]|20)\d\d"),
    _legal("rights", r"licensed for your personal (?:enjoyment|use)", "무단|無断複製|版权所有|版權所有"),
    _legal("deposit", r"\b(?:ISBN|UUID)\b"),
    _legal(
        "published",
        r"\b(?:StreetLib|Smashwords Edition|Draft2Digital)\b",
        "펴낸[이곳]|발행[인처]|発行[者所]",
        r"(?:édition (?:électronique|numérique)|livre numérique) (?:du|de|a été|réalisée?)\b",
    ),
)
_TRANSCRIBED = _legal(
    "transcribed",
    r"(?<![^\n])(?:Digitized by the Internet Archive|This book was produced in EPUB format by the Internet Archive|"
    r"This is a digital copy of a book that was preserved|Exported from Wikisource|"
    r"\* A Distributed Proofreaders Canada e-?book|Transcriber notes(?!\p{L})|"
    r"This e-?book comes from the online library Wikisource|This article was downloaded by calibre)",
)


def size_of(texts: list[str]) -> int:
    """Return the number of characters."""
    return sum(map(len, texts))


def is_list(texts: list[str]) -> bool:
    """Return whether texts are very short lines, or short ones and most of them no sentences."""
    if size_of(texts) <= MAX_ENTRY_CHARS * len(texts):
        return True
    told = sum(len(line) for line in _lines(texts) if is_sentence(line))
    return size_of(texts) <= MAX_LIST_LINE_CHARS * max(1, len(texts)) and told <= MAX_TOLD_SHARE * size_of(texts)


def is_index(texts: list[str]) -> bool:
    """Return whether texts are the entries of an index: with page numbers, or sorted by their letters."""
    lines = [line for line in _lines(texts) if _WORD.search(line)]
    if len(lines) < MIN_ENTRIES:
        return False
    if sum(1 for line in lines if _ENTRY.search(line)) >= MIN_ENTRY_SHARE * len(lines) and is_list(texts):
        return True
    pairs = list(pairwise(line.casefold()[0] for line in lines))
    is_sorted = sum(1 for before, after in pairs if before <= after) >= MIN_SORTED_SHARE * len(pairs)
    short = size_of(lines) <= MAX_SORTED_LINE_CHARS * len(lines)
    return len(lines) >= MIN_SORTED_LINES and is_sorted and short and is_list(texts)


def is_bibliography(texts: list[str]) -> bool:
    """Return whether texts are a list of titles, or most of them name years."""
    dated = sum(1 for text in texts if _YEAR.search(text))
    short = size_of(texts) <= MAX_SOURCE_CHARS * len(texts) and max(map(len, texts), default=0) <= 2 * MAX_SOURCE_CHARS
    return is_list(texts) or (len(texts) > 1 and short and dated >= MIN_DATED_SHARE * len(texts))


def are_notes(texts: list[str], at: float) -> bool:
    """Return whether paragraphs are labelled like notes, or are short references in the last half of a book."""
    labelled = sum(1 for text in texts if _NOTE_LABEL.match(text))
    if labelled >= MIN_LABELLED_SHARE * max(1, len(texts)):
        return True
    if at < 0.5 or len(texts) < MIN_ENTRIES or size_of(texts) > MAX_NOTE_LINE_CHARS * len(texts):
        return False
    return sum(1 for text in texts if _REFERRING.search(text)) >= MIN_REFERRING_SHARE * len(texts)


def is_licence(texts: list[str]) -> bool:
    """Return whether texts are in the words of a licence."""
    words = {match[0].casefold() for text in texts for match in _LICENCE.finditer(text)}
    return size_of(texts) <= MAX_TINY_CHARS or len(words) >= MIN_LICENCE_WORDS


def is_title_page(texts: list[str]) -> bool:
    """Return whether texts look like a title page: short, with short lines and no sentences."""
    lines = list(_lines(texts))
    if sum(map(len, lines)) > MAX_TITLE_PAGE_CHARS or max(map(len, lines), default=0) > MAX_TITLE_LINE_CHARS:
        return False
    return not any(map(_TOLD.search, lines)) and not any(map(is_sentence, lines))


def is_wordless_page(texts: list[str]) -> bool:
    """Return whether a page that is called a cover or a title page tells nothing."""
    return size_of(texts) <= MAX_TINY_CHARS or (size_of(texts) <= MAX_SMALL_CHARS and is_list(texts))


def is_sentence(line: str) -> bool:
    """Return whether a line ends in a full stop, and if that is a Latin one, has few words with capitals."""
    line = line.rstrip("\"'”’»)」』）")
    if line.endswith(_FULL_STOPS):
        return True
    words = _WORD.findall(line)[1:]
    return line.endswith(".") and 2 * sum(word[:1].isupper() for word in words) < len(words)


def legal_signs(texts: list[str]) -> tuple[str, ...]:
    """Return the words that make texts those of a legal page: one for each of its signs."""
    found = (sign.search("\n".join(texts)) for sign in _LEGAL)
    return tuple(match[0] for match in found if match)


def is_legal_page(texts: list[str], at: float) -> bool:
    """Return whether a page is a copyright page; `at` is its place in the book, 0 to 1.

    It has the notice itself, with a year or an ISBN: a chapter about licences only speaks of it.
    """
    inside = LEGAL_END_SHARE < at < 1 - LEGAL_END_SHARE
    if size_of(texts) > MAX_LEGAL_CHARS or (inside and not any("ISBN" in text for text in texts)):
        return False
    if len(legal_signs(texts)) < (MIN_SIGNS_INSIDE if inside else MIN_SIGNS):
        return False
    lines = list(_lines(texts))
    notice = any((_LEGAL[0].search(line) and _YEAR.search(line)) or _NUMBER.search(line) for line in lines)
    long = [line for line in lines if len(line) > MAX_LEGAL_LINE_CHARS]
    legal = [line for line in long if _speaks_of_the_law(line)]
    other = size_of(long) - size_of(legal)
    return notice and 2 * len(legal) >= len(long) and other <= MAX_OTHER_SHARE * size_of(texts)


def _speaks_of_the_law(line: str) -> bool:
    words = {match[0].casefold() for match in _LAW.finditer(line)}
    return len(words) > 1 or bool(_LEGAL[1].search(line) or _LEGAL[2].search(line))


def transcribed(title: str, texts: list[str]) -> str:
    """Return the opening words that show that a part is a transcriber's note; "" if it is none."""
    opening = f"{title}\n" + "\n".join(texts[:2])[:400]
    found = _TRANSCRIBED.search(opening) if size_of(texts) <= MAX_SMALL_CHARS else None
    return found[0] if found else ""


def offers(texts: list[str], at: float) -> tuple[str, ...]:
    """Return the words that show that a page behind a book only advertises; () if it does not, or tells more."""
    if at < OFFER_SHARE or size_of(texts) > MAX_OFFER_CHARS:
        return ()
    words = _offered(texts)
    opening = texts if len(_offered(texts[:1])) >= MIN_OFFER_SIGNS else [text for text in texts if _OFFER.search(text)]
    return words if len(words) >= MIN_OFFER_SIGNS and size_of(opening) >= MIN_OFFERING_SHARE * size_of(texts) else ()


def _offered(texts: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(match[0].casefold() for text in texts for match in _OFFER.finditer(text)))


def _lines(texts: list[str]) -> Iterator[str]:
    return (line for text in texts for line in text.split("\n"))
