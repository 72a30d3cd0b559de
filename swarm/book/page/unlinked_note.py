"""Finds notes without links: labelled paragraphs that answer the marks in the text above in order, and notes that only
their words tell: "[Footnote 1: ...]", "[1] ...".

Finds also the citations of sources.
"""

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator

import regex

from swarm.book.language.language import words
from swarm.book.language.pattern import compile_later
from swarm.book.page.input_bounds import MAX_NOTE_CHARS
from swarm.book.page.passage import Passage

# The label of such a note: "1 ", "1) ", "[1] ", "* ", "*Remark", "② ".
_LABEL = compile_later(
    r"\s{0,3}[\[(〔（]?(?:(\d{1,3})(?=[.)\]:〕） ])|([*†‡§]{1,3}|[①-⓿❶-➓]))[.)\]:〕）]?\s{0,3}(?=[\p{L}\p{Pi}\"'(¿¡«„])"
)


def mark_trailing_notes(passages: list[Passage], reason: str, document: int) -> None:
    """Leave out the paragraphs of a document that answer all marks since the last such ones, and refer to them."""
    waiting: list[tuple[str, Passage]] = []  # labels of marks, each with the passage that has it
    for above, notes in _runs(passages):
        waiting += [(label, passage) for passage in above for label in passage.marks]
        labels = [label for label, _ in notes]
        if not notes or labels != [label for label, _ in waiting]:
            continue
        for number, ((label, note), (_, passage)) in enumerate(zip(notes, waiting, strict=True)):
            note.text = _LABEL.sub("", note.text, count=1)
            note.left_out, note.note = reason, f"{document}, {number}: {note.text}#{label}"
            passage.references += (note.note,)
        waiting = []


def _runs(passages: list[Passage]) -> Iterator[tuple[list[Passage], list[tuple[str, Passage]]]]:
    """Yield runs of labelled paragraphs, each with the passages between it and the one before."""
    above: list[Passage] = []
    notes: list[tuple[str, Passage]] = []
    for passage in passages:
        if not passage.text or passage.left_out:
            continue
        label = _label(passage)
        if notes and not label:
            yield above, notes
            above, notes = [], []
        if label:
            notes.append((label, passage))
        else:
            above.append(passage)
    yield above, notes


def _label(passage: Passage) -> str:
    if passage.level or len(passage.text) > MAX_NOTE_CHARS:
        return ""
    found = _LABEL.match(passage.text)
    return (found[1] or found[2]) if found else ""


_NOTE_TEXT = compile_later(
    r"\s*\[(?:Foot|End|Side)?note\s*(\d{1,4}|\p{L}|[*†‡§]{1,3})?\s*[:.]\s*(.*?)\]?\s*", regex.IGNORECASE | regex.DOTALL
)
_LABELLED_TEXT = compile_later(r"\[\^?(\d{1,3}|[*†‡§]{1,3})\]:?\s+(\S.*)", regex.DOTALL)
# Letters are notes only behind a word, "house[A]", and before a sentence: "[A] i j" is a matrix.
_LETTERED_TEXT = compile_later(r"\[(\p{Lu})\]:?\s+([\"“‘'(]?\p{Lu}.{0,99}?\p{Ll}{3}.*)", regex.DOTALL)
_LETTER_MARK = compile_later(r"(?<=[\p{Ll}.,;:!?’”\"'])\[(\p{Lu})\](?!\p{L})")
_TEXT_MARK = compile_later(r"(?<=\S)\s?\[\^?(\d{1,3}|\p{L}|[*†‡§]{1,3})\]")


def mark_written_notes(passages: list[Passage], reason: str) -> None:
    """Mark the notes that only their text tells, and remove their marks, such as "word[1]".

    "[Footnote 1: ...]" is always a note, "[1] ..." only after its mark.
    """
    waiting: dict[str, list[Passage]] = defaultdict(list)  # passages whose notes have not come yet, by label
    for number, passage in enumerate(passages):
        if "[" not in passage.text or passage.left_out:
            continue
        shapes = (_NOTE_TEXT, _LABELLED_TEXT, _LETTERED_TEXT)
        written = next(filter(None, (shape.fullmatch(passage.text) for shape in shapes)), None)
        label = written[1] or "" if written else ""
        if written and (waiting[label] or written.re is _NOTE_TEXT):
            passage.text, passage.left_out, passage.note = written[2], reason, f"{number}[{label}]"
            for referring in waiting[label][:1]:
                _refer(referring, label, passage.note)
            del waiting[label][:1]
        else:
            letters = _LETTER_MARK.findall(passage.text)
            for mark in _TEXT_MARK.findall(passage.text):
                if mark in letters or not mark.isupper():
                    waiting[mark].append(passage)


def _refer(passage: Passage, label: str, note: str) -> None:
    """Remove the mark of a note from a text, and record the reference."""
    passage.text = _TEXT_MARK.sub(lambda mark: "" if mark[1] == label else mark[0], passage.text)
    passage.references = (*passage.references, note)


MIN_CITATIONS = 8  # a book with fewer keeps them
MIN_SURE_SHARE = 0.2  # this share of names with years is more than a place with its year
MIN_NUMBERS = 5  # different numbers that show that bracketed numbers are sources

_YEAR = r"(?:1[5-9]|20)\d\d[a-z]?"
_PAGES = r"(?:pp?|S|Seite|chap|ch|sec|§|art|fig|pág)\.?\s?\d{1,4}(?:\s?[–-]\s?\d{1,4})?"
_SURNAME = r"(?:(?:de|van|von|der|den|la|le|du)\s){0,2}+\p{Lu}[\p{L}'’-]{1,30}+"
_SOURCE = (
    rf"{_SURNAME}(?:(?:,?\s(?:and|&|und|et|y|e)\s|,\s){_SURNAME}){{0,5}}+(?:,?\set\sal\.?)?+,?\s{_YEAR}(?:,\s{_YEAR}){{0,3}}+"
    rf"(?:[,:]\s?(?:{_PAGES}|\d{{1,4}}(?:[–-]\d{{1,4}})?))?+"
)
_FIGURE = (
    r"(?:[Ff]igures?|[Ff]igs?\.|[Tt]ables?|Abb\.|Abbildung|Tab\.|Tabelle|Tableau|Figura|Tabla)"
    r"\s?\d+(?:[.-]\d+){0,3}+[a-z]?"
)
_CITED = {
    "number": r"\[\d{1,3}(?:\s?[,;–-]\s?\d{1,3}){0,9}+(?:,\s" + _PAGES + r")?\]",
    "key": r"\[\p{Lu}[\p{L}+]{0,9}\d{2}[a-z]?(?:[,;]\s?\p{Lu}[\p{L}+]{0,9}\d{2}[a-z]?){0,6}+(?:,\s" + _PAGES + r")?\]",
    "author": rf"\((?:(?:see|see also|cf\.|e\.g\.,?|vgl\.|siehe|voir|véase)\s)?{_SOURCE}(?:;\s{_SOURCE}){{0,8}}+\)",
    "page": rf"\({_PAGES}\)",
    "address": r"[(\[<](?:(?:doi:\s?|DOI:?\s?|https?://|www\.)[^\s)\]>]{3,200}+)[)\]>]|"
    r"(?:doi:\s?|https?://(?:dx\.)?doi\.org/)10\.\d{4,9}/[^\s)\]]{1,100}+",
    "figure": rf"\((?:(?:see|cf\.|siehe|voir)\s)?{_FIGURE}"
    rf"(?:(?:,|\sand|\s&|[–-]|\sund)\s?(?:{_FIGURE}|\d+(?:\.\d+)?[a-z]?)){{0,4}}+\)",
}
# A number in brackets right behind a short name is the place in a list: "a[1]".
_SPACE, _NUMBER_SPACE = r"[ \u00a0]?", r"(?:[ \u00a0]|(?<!(?:^|[^\p{L}])\p{L}{1,2}))"
_CITATION = compile_later(
    "|".join(
        f"(?P<{name}>{_NUMBER_SPACE if name == 'number' else _SPACE}(?:{shape}))" for name, shape in _CITED.items()
    )
)
_SEVERAL = compile_later(r"\set\sal|\s(?:and|&|und|y)\s|;|\d[a-z]\b|:|pp?\.")
_MONTHS = words("January February March April May June July August September October November December")
_BRACKETS = ("[", "(", "<", "doi", "http", "DOI")


def find_citations(texts: Iterable[str]) -> list[str]:
    """Return the citations in some texts: "[14]", "[Cod70]", "(Smith, 2020; Jones et al., 2019)", "(see Figure 3)"."""
    found = [match for text in texts if any(sign in text for sign in _BRACKETS) for match in _CITATION.finditer(text)]
    by_kind: dict[str | None, list[str]] = defaultdict(list)
    for match in found:
        by_kind[match.lastgroup].append(match[0].strip())
    if len(set(by_kind["number"])) < MIN_NUMBERS:
        by_kind["number"] = []
    sure = sum(1 for text in by_kind["author"] if _SEVERAL.search(text))
    if sure < MIN_SURE_SHARE * len(by_kind["author"]):
        by_kind["author"] = []  # "(London, 1902)" is where a book appeared
    kept = [text for texts in by_kind.values() for text in texts]
    return [text for text in kept if text.strip(" (").partition(",")[0].split()[0] not in _MONTHS]


def without_citations(text: str, citations: Container[str]) -> str:
    """Return a text without those of its citations that are among the found ones."""
    if not any(sign in text for sign in _BRACKETS):
        return text
    return str(_CITATION.sub(lambda match: "" if match[0].strip() in citations else match[0], text)).strip()
