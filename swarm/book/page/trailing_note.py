"""Finds notes without links or a heading: labelled paragraphs that answer all marks in the text above, in order."""

from collections.abc import Iterator

from swarm.book.language.late_pattern import compile_later
from swarm.book.page.limits import MAX_NOTE_CHARS
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
