"""Marks of ebook2audiobook in a text: pauses, such as `[pause:1.5]`, and voices, which are ignored."""

from collections.abc import Iterator

import regex

from swarm.book.language.late_pattern import compile_later
from swarm.job.book import Pause

_MARK = compile_later(
    r"\s*\[(?:(break|pause)(?::\s*(\d{1,3}(?:\.\d{1,3})?)\s*s?)?|voice:[^\]\n]{0,200}|/voice)\]\s*", regex.I
)
# Each pause stands for all marks up to this length in seconds.
_LONGEST_S = {
    0.5: Pause.SENTENCE,
    0.8: Pause.PARAGRAPH,
    1.0: Pause.HEADING,
    1.6: Pause.SCENE,
}


def pieces_between_marks(text: str) -> Iterator[tuple[int, str, Pause | None]]:
    """Yield the texts between marks, each with its offset and the pause that the next mark asks for."""
    start = 0
    for mark in _MARK.finditer(text) if "[" in text else ():
        yield start, text[start : mark.start()], _pause(mark)
        start = mark.end()
    yield start, text[start:], None


def without_marks(text: str) -> str:
    """Return a title without its marks."""
    return " ".join(_MARK.sub(" ", text).split()) if "[" in text else text


def _pause(mark: "regex.Match[str]") -> Pause | None:
    kind = (mark[1] or "").lower()
    if not kind:
        return None
    if mark[2] is None:
        return Pause.SCENE if kind == "pause" else Pause.PARAGRAPH
    return next((pause for longest_s, pause in _LONGEST_S.items() if float(mark[2]) <= longest_s), Pause.CHAPTER)
