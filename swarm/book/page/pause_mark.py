"""Marks that writers for ebook2audiobook put into their text: pauses, and voices, which are ignored."""

from collections.abc import Iterator

import regex

from swarm.job.book import Pause

_MARK = regex.compile(
    r"\s*\[(?:(break|pause)(?::\s*(\d{1,3}(?:\.\d{1,3})?)\s*s?)?|voice:[^\]\n]{0,200}|/voice)\]\s*", regex.I
)
_LONGEST = {
    0.5: Pause.SENTENCE,
    0.8: Pause.PARAGRAPH,
    1.0: Pause.HEADING,
    1.6: Pause.SCENE,
}  # pauses by their longest length in seconds


def pieces_between_marks(text: str) -> Iterator[tuple[int, str, Pause | None]]:
    """Yield the pieces between marks: where each begins, its text, and the pause that the mark behind it asks for."""
    start = 0
    for mark in _MARK.finditer(text) if "[" in text else ():
        yield start, text[start : mark.start()], _pause(mark)
        start = mark.end()
    yield start, text[start:], None


def without_marks(text: str) -> str:
    """Return a title without the marks in it."""
    return " ".join(_MARK.sub(" ", text).split()) if "[" in text else text


def _pause(mark: "regex.Match[str]") -> Pause | None:
    kind = (mark[1] or "").lower()
    if not kind:
        return None
    if mark[2] is None:
        return Pause.SCENE if kind == "pause" else Pause.PARAGRAPH
    return next((pause for most, pause in _LONGEST.items() if float(mark[2]) <= most), Pause.CHAPTER)
