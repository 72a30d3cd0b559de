"""Phonemes that a book gives by `ssml:ph`: collected from its markup, then put into its sentences."""

from collections.abc import Sequence

import regex
from lxml import etree

from swarm.job.book import Saying
from swarm.job.engine_text import mark, replace_brackets

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

    def begin(self, element: etree._Element, parts: Sequence[str]) -> None:
        """Record that an element begins after these parts of its block."""
        phonemes = element.get(f"{_SSML}ph") or element.get("ssml:ph")
        if phonemes and _alphabet(element) in _ALPHABETS:
            self._open.append((element, len(parts), " ".join(phonemes.split())))

    def end(self, element: etree._Element, parts: Sequence[str]) -> None:
        """Record that an element ends after these parts of its block."""
        if self._open and self._open[-1][0] is element:
            _, start, phonemes = self._open.pop()
            written = " ".join("".join(parts[start:]).split())
            before = "".join(parts[:start])
            if written:
                self._found.append(Saying(written, before.count(written), phonemes))

    def take(self) -> tuple[Saying, ...]:
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
