"""Words with their phonemes: as a book gives them, and as segments carry them to an engine: `⟦Agnes|ˈæɡnɪs⟧`."""

from collections.abc import Callable, Iterator, Sequence

import regex
from lxml import etree

from swarm.job.book import Saying

MAX_WRITTEN_CHARS = 60
MAX_PHONEMES = 120

_SSML = "{http://www.w3.org/2001/10/synthesis}"
_ALPHABETS = ("", "ipa")  # what else there is, x-sampa for one, no engine here takes
_MARK = regex.compile(r"⟦([^|⟧]*)\|([^|⟧]*)⟧")
_IPA = regex.compile(r"[\p{L}\p{M}\p{Lm}\p{Sk}.‿ ˈˌːˑ|‖↗↘-]+")
_NO_WRITTEN = regex.compile(r"[⟦|⟧]")
_FOREIGN = str.maketrans("⟦⟧", "[]")


def marked(written: str, phonemes: str) -> str:
    """A word with its phonemes as one word of a segment; without them where they cannot be any."""
    sound = written and len(written) <= MAX_WRITTEN_CHARS and not _NO_WRITTEN.search(written)
    if not sound or len(phonemes) > MAX_PHONEMES or not _IPA.fullmatch(phonemes) or "|" in phonemes:
        return written
    return f"⟦{'_'.join(written.split())}|{'_'.join(phonemes.split())}⟧"


def unmarked(text: str) -> str:
    """A segment as it is written."""
    return str(_MARK.sub(lambda match: match[1].replace("_", " "), text)) if "⟦" in text else text


def own_brackets(text: str) -> str:
    """A book's text, in which the signs of a mark mean nothing."""
    return text.translate(_FOREIGN) if "⟦" in text or "⟧" in text else text


def pieces(text: str) -> Iterator[tuple[str, str]]:
    """A segment in order: what is written, and its phonemes where they are given."""
    start = 0
    for mark in _MARK.finditer(text):
        yield text[start : mark.start()], ""
        yield mark[1].replace("_", " "), mark[2].replace("_", " ")
        start = mark.end()
    yield text[start:], ""


def outside(text: str, change: Callable[[str], str]) -> str:
    """A text changed wherever no phonemes are given."""
    if "⟦" not in text:
        return change(text)
    parts = regex.split(r"(⟦[^⟧]*⟧)", text)
    return "".join(part if part.startswith("⟦") else change(part) if part else "" for part in parts)


class Marker:
    """Puts the phonemes of a block's words into its sentences, which come in order."""

    def __init__(self, sayings: Sequence[Saying]) -> None:
        self._sayings = {(saying.written, saying.time): saying.phonemes for saying in sayings}
        self._written = dict.fromkeys(saying.written for saying in sayings)  # how often each has come

    def mark(self, sentence: str) -> str:
        """The next sentence."""
        found: list[tuple[int, int, str]] = []
        for written in self._written:
            for place in regex.finditer(regex.escape(written), sentence):
                time = self._written[written] or 0
                self._written[written] = time + 1
                if (written, time) in self._sayings:
                    found.append((place.start(), place.end(), marked(written, self._sayings[written, time])))
        text, end = "", 0
        for start, stop, said in sorted(found):
            if start >= end:
                text, end = text + own_brackets(sentence[end:start]) + said, stop
        return text + own_brackets(sentence[end:])


class Collector:
    """What elements of a document say about their sound, by `ssml:ph`."""

    def __init__(self) -> None:
        self._open: list[tuple[etree._Element, int, str]] = []
        self._found: list[Saying] = []

    def begin(self, element: etree._Element, parts: Sequence[str]) -> None:
        """An element begins behind these parts of its block."""
        phonemes = element.get(f"{_SSML}ph") or element.get("ssml:ph")
        if phonemes and _alphabet(element) in _ALPHABETS:
            self._open.append((element, len(parts), " ".join(phonemes.split())))

    def end(self, element: etree._Element, parts: Sequence[str]) -> None:
        """An element ends."""
        if self._open and self._open[-1][0] is element:
            _, start, phonemes = self._open.pop()
            written = " ".join("".join(parts[start:]).split())
            before = "".join(parts[:start])
            if written:
                self._found.append(Saying(written, before.count(written), phonemes))

    def take(self) -> tuple[Saying, ...]:
        """What was said about a block that ends."""
        found, self._found, self._open = tuple(self._found), [], []
        return found


def _alphabet(element: etree._Element) -> str:
    """The alphabet of its phonemes, which may be said further up."""
    for step in (element, *element.iterancestors()):
        named = step.get(f"{_SSML}alphabet") or step.get("ssml:alphabet")
        if named:
            return str(named).lower()
    return ""
