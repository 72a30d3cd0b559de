"""Finds notes that only their words tell: "[Footnote 1: ...]" as a paragraph or in one, "[1] ..." after its mark."""

from collections import defaultdict

import regex

from swarm.book.language.late_pattern import compile_later
from swarm.book.page.passage import Passage

_NOTE_TEXT = compile_later(
    r"\s*\[(?:Foot|End|Side)?note\s*(\d{1,4}|\p{L}|[*†‡§]{1,3})?\s*[:.]\s*(.*?)\]?\s*", regex.IGNORECASE | regex.DOTALL
)
_INNER_TEXT = compile_later(  # a note within a paragraph may have brackets of its own
    r"\s{0,4}\[(?:(?:Foot|End|Side)note|Note(?= ?\d))\s*(\d{1,4}|\p{L}|[*†‡§]{1,3})?\s*:\s*"
    r"((?:[^\[\]]|\[[^\[\]]{0,200}+\]){1,3000}+)\]",
    regex.IGNORECASE,
)
_LABELLED_TEXT = compile_later(r"\[\^?(\d{1,3}|[*†‡§]{1,3})\]:?\s+(\S.*)", regex.DOTALL)
# Letters are notes only behind a word, "house[A]", and before a sentence: "[A] i j" is a matrix.
_LETTERED_TEXT = compile_later(r"\[(\p{Lu})\]:?\s+([\"“‘'(]?\p{Lu}.{0,99}?\p{Ll}{3}.*)", regex.DOTALL)
_LETTER_MARK = compile_later(r"(?<=[\p{Ll}.,;:!?’”\"'])\[(\p{Lu})\](?!\p{L})")
_TEXT_MARK = compile_later(r"(?<=\S)\s?\[\^?(\d{1,3}|\p{L}|[*†‡§]{1,3})\]")


def take_inner_notes(passage: Passage, reason: str, number: int) -> list[Passage]:
    """Take the notes out of a paragraph in which they stand in brackets, with their marks; return them.

    A paragraph that is nothing but a note stays as it is. `number` tells passages of a document apart.
    """
    if ":" not in passage.text or not passage.text.partition("[")[1]:
        return []
    found = list(_INNER_TEXT.finditer(passage.text))
    rest = _INNER_TEXT.sub("", passage.text).strip() if found else ""
    if not rest:
        return []
    keys = [f"{number}, {at}: {note[2]}#{note[1] or ''}" for at, note in enumerate(found)]
    passage.text = rest
    for note, key in zip(found, keys, strict=True):
        _refer(passage, note[1] or "", key)
    notes = zip(found, keys, strict=True)
    return [Passage("paragraph", note[2].strip(), left_out=reason, note=key) for note, key in notes]


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
            letters = frozenset(_LETTER_MARK.findall(passage.text))
            for mark in _TEXT_MARK.findall(passage.text):
                if not mark.isalpha() or mark in letters or not mark.isupper():
                    waiting[mark].append(passage)


def _refer(passage: Passage, label: str, note: str) -> None:
    """Remove the mark of a note from a text, and record the reference."""
    passage.text = _TEXT_MARK.sub(lambda mark: "" if mark[1] == label else mark[0], passage.text)
    passage.references = (*passage.references, note)
