"""Finds notes without links or a heading: labelled paragraphs that answer all marks in the text above, in order."""

from collections.abc import Callable, Iterator

from swarm.book.language.language import Match, words
from swarm.book.language.late_pattern import compile_later
from swarm.book.page.limits import MAX_NOTE_CHARS
from swarm.book.page.passage import Passage

# The label of such a note: "1 ", "1) ", "[1] ", "* ", "*Remark", "② ".
_LABEL = compile_later(
    r"\s{0,3}[\[(〔（]?(?:(\d{1,3})(?=[.)\]:〕） ])|([*†‡§]{1,3}|[①-⓿❶-➓]))[.)\]:〕）]?\s{0,3}(?=[\p{L}\p{Pi}\"'(¿¡«„])"
)

# "(1) Remark", which answers "the king (1), who": in older French books, often below each page.
_BRACKETED = compile_later(r"\s{0,3}\((\d{1,2}|\*{1,3})\)[.:]?\s{1,3}(?=[\p{Lu}\p{Pi}\"'«„\d])")
_MARK = compile_later(r"(\p{L}{2,40}|\d{2,4})[»”\"’]?[.,;:!?]?\s?\((\d{1,2}|\*{1,3})\)(?=[\s.,;:!?»”]|$)")
# "Section (1)" and "equation (2)" refer to no note.
_REFERRED = words(
    "section sections subsection subsections paragraph paragraphs article articles clause rule equation equations eq "
    "formula figure fig table item point step see and or by in of to from with example case condition type no nr "
    "paragraphe alinéa équation formule voir et ou de la le par dans exemple cas absatz artikel satz gleichung formel "
    "abbildung siehe und oder beispiel fall artículo párrafo ecuación fórmula véase ejemplo comma articolo equazione"
)
MIN_BRACKETED = 2  # notes in brackets of a document; a single one may be anything


def mark_bracketed_notes(passages: list[Passage], reason: str, document: int) -> None:
    """Leave out paragraphs such as "(1) Remark" that answer all marks "(1)" of the text above, as often as they do."""
    answered = []
    for above, notes in _runs(passages, _bracketed_label):
        marks = [(mark, passage) for passage in above for mark in _marks(passage.text)]
        if notes and [label for label, _ in notes] == [label for label, _ in marks] and not _announced(above):
            answered.append((notes, marks))
    if sum(len(notes) for notes, _ in answered) < MIN_BRACKETED:
        return
    for number, (notes, marks) in enumerate(answered):
        for (label, note), (_, passage) in zip(notes, marks, strict=True):
            note.text = _BRACKETED.sub("", note.text, count=1)
            note.left_out, note.note = reason, f"{document}, ({number}): {note.text}#{label}"
            passage.references += (note.note,)
        for _, passage in marks:
            passage.text = _MARK.sub(_without_mark, passage.text)


def _announced(above: list[Passage]) -> bool:
    """Tell whether the line above ends with a colon, so that the numbered paragraphs below it are a list."""
    return above[-1].text.rstrip().endswith(":")


def _marks(text: str) -> list[str]:
    return [found[2] for found in _MARK.finditer(text) if found[1].lower() not in _REFERRED] if "(" in text else []


def _without_mark(match: Match) -> str:
    return match[0] if match[1].lower() in _REFERRED else match[0].rpartition("(")[0].rstrip()


def _bracketed_label(passage: Passage) -> str:
    if passage.level or len(passage.text) > MAX_NOTE_CHARS:
        return ""
    found = _BRACKETED.match(passage.text)
    return found[1] if found else ""


def mark_trailing_notes(passages: list[Passage], reason: str, document: int) -> None:
    """Leave out the paragraphs of a document that answer all marks since the last such ones, and refer to them."""
    waiting: list[tuple[str, Passage]] = []  # labels of marks, each with the passage that has it
    for above, notes in _runs(passages, _label):
        waiting += [(label, passage) for passage in above for label in passage.marks]
        labels = [label for label, _ in notes]
        if not notes or labels != [label for label, _ in waiting]:
            continue
        for number, ((label, note), (_, passage)) in enumerate(zip(notes, waiting, strict=True)):
            note.text = _LABEL.sub("", note.text, count=1)
            note.left_out, note.note = reason, f"{document}, {number}: {note.text}#{label}"
            passage.references += (note.note,)
        waiting = []


def _runs(
    passages: list[Passage], label_of: Callable[[Passage], str]
) -> Iterator[tuple[list[Passage], list[tuple[str, Passage]]]]:
    """Yield runs of labelled paragraphs, each with the passages between it and the one before."""
    above: list[Passage] = []
    notes: list[tuple[str, Passage]] = []
    for passage in passages:
        if not passage.text or passage.left_out:
            continue
        label = label_of(passage)
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
