"""Marks that say how a text is spoken: phonemes that a book gives by `ssml:ph`, pauses such as `[pause:1.5]` of
ebook2audiobook, and voices, which are ignored.
"""

from collections.abc import Iterator, Sequence

import regex
from lxml import etree

from swarm.book.language.pattern import compile_later
from swarm.book.model.book import Pause, Saying
from swarm.book.model.engine_text import mark, replace_brackets

_SSML = "{http://www.w3.org/2001/10/synthesis}"
_ALPHABETS = ("", "ipa")  # no engine takes others, such as x-sampa


class Marker:
    """Puts the phonemes of a block's words into its sentences, one by one in order."""

    def __init__(self, sayings: Sequence[Saying]) -> None:
        self._sayings = {(saying.written, saying.time): saying.phonemes for saying in sayings}
        # The values count how often each word occurred so far.
        self._written = dict.fromkeys(saying.written for saying in sayings)

    def mark(self, sentence: str) -> str:
        """Return the next sentence as engine text."""
        found: list[tuple[int, int, str]] = []
        for written in self._written:
            for place in regex.finditer(regex.escape(written), sentence):
                time = self._written[written] or 0
                self._written[written] = time + 1
                if (written, time) in self._sayings:
                    found.append((place.start(), place.end(), mark(written, self._sayings[written, time])))
        text, end = "", 0
        for start, stop, said in sorted(found):
            if start >= end:
                text, end = text + replace_brackets(sentence[end:start]) + said, stop
        return text + replace_brackets(sentence[end:])


class Collector:
    """Collects the phonemes that elements of a document give by `ssml:ph`."""

    def __init__(self) -> None:
        self._open: list[tuple[etree._Element, int, str]] = []
        self._found: list[Saying] = []

    def begin_element(self, element: etree._Element, parts: Sequence[str]) -> None:
        """Record that an element begins after these parts of its block."""
        phonemes = element.get(f"{_SSML}ph") or element.get("ssml:ph")
        if phonemes and _alphabet(element) in _ALPHABETS:
            self._open.append((element, len(parts), " ".join(phonemes.split())))

    def end_element(self, element: etree._Element, parts: Sequence[str]) -> None:
        """Record that an element ends after these parts of its block."""
        if self._open and self._open[-1][0] is element:
            _, start, phonemes = self._open.pop()
            written = " ".join("".join(parts[start:]).split())
            before = "".join(parts[:start])
            if written:
                self._found.append(Saying(written, before.count(written), phonemes))

    def take_sayings(self) -> tuple[Saying, ...]:
        """Return the sayings of the block that ends, and begin a new block."""
        found, self._found, self._open = tuple(self._found), [], []
        return found


def _alphabet(element: etree._Element) -> str:
    """Return the alphabet of an element's phonemes, which an ancestor may name."""
    for step in (element, *element.iterancestors()):
        named = step.get(f"{_SSML}alphabet") or step.get("ssml:alphabet")
        if named:
            return str(named).lower()
    return ""


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
    for found in _MARK.finditer(text) if "[" in text else ():
        yield start, text[start : found.start()], _pause(found)
        start = found.end()
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
