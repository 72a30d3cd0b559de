"""The engine text: the spoken text with its phonemes in one string, `She ⟦read|rɛd⟧ it.`

Clip keys are hashes of it, and grants carry it, so its form never changes. A segment with a voice of its own begins
with its name, `⟦|@anna⟧She read it.`; one that is to be whispered has `⟦|~whisper⟧` before its words. Words keep their
phonemes in this form while a sentence is spelled, and the engine's process separates them again. No other part of the
program sees the marks.
"""

from collections.abc import Callable, Iterator, Sequence

import regex
from msgspec import Struct

MAX_WRITTEN_CHARS = 60
MAX_PHONEMES = 120

_VOICE = regex.compile(r"\A⟦\|@([^|⟦⟧]{1,200})⟧")
_LANGUAGE = regex.compile(r"\A⟦\|=([a-z]{2,8})⟧")
_MANNER = regex.compile(r"\A⟦\|~([a-z]{2,8})⟧")
_MARK = regex.compile(r"⟦([^|⟦⟧]*)\|([^|⟦⟧]*)⟧")
_MARKED_PIECE = regex.compile(r"(⟦[^⟦⟧]*⟧)")
_IPA = regex.compile(r"[\p{L}\p{M}\p{Lm}\p{Sk}.‿ ˈˌːˑ|‖↗↘-]+")
_SIGNS = regex.compile(r"[⟦|⟧]")
_BRACKETS = str.maketrans("⟦⟧", "[]")


class Phonemes(Struct, frozen=True, array_like=True):
    """The IPA of the characters `start` to `end`, excluding `end`, of a spoken text."""

    start: int
    end: int
    ipa: str


def mark(word: str, ipa: str) -> str:
    """Return a word with its phonemes as engine text, or the word alone if `ipa` is not valid."""
    can_be_marked = word and len(word) <= MAX_WRITTEN_CHARS and not _SIGNS.search(word)
    if not can_be_marked or len(ipa) > MAX_PHONEMES or not _IPA.fullmatch(ipa) or "|" in ipa:
        return word
    return f"⟦{'_'.join(word.split())}|{'_'.join(ipa.split())}⟧"


def mark_voice(text: str, voice: str) -> str:
    """Return an engine text that a voice of its own speaks, in place of the recipe's."""
    return f"⟦|@{voice}⟧{text}"


def split_voice(text: str) -> tuple[str, str]:
    """Return the voice that an engine text is marked with, "" for that of the recipe, and the rest of the text."""
    found = _VOICE.match(text)
    return (found[1], text[found.end() :]) if found else ("", text)


def mark_language(text: str, language: str) -> str:
    """Return an engine text that tells an engine of several languages to speak it in this one."""
    return f"⟦|={language}⟧{text}"


def split_language(text: str) -> tuple[str, str]:
    """Return the language that an engine text is marked with, "" for that of the job, and the rest of the text."""
    found = _LANGUAGE.match(text)
    return (found[1], text[found.end() :]) if found else ("", text)


def mark_manner(text: str, manner: str) -> str:
    """Return an engine text that is to be spoken in a manner, such as "whisper"."""
    return f"⟦|~{manner}⟧{text}"


def split_manner(text: str) -> tuple[str, str]:
    """Return the manner that an engine text is marked with, "" for none, and the rest of the text."""
    found = _MANNER.match(text)
    return (found[1], text[found.end() :]) if found else ("", text)


def replace_brackets(text: str) -> str:
    """Replace the brackets of marks in a book's own text, where they mean nothing."""
    return text.translate(_BRACKETS) if "⟦" in text or "⟧" in text else text


def change_unmarked(text: str, change: Callable[[str], str]) -> str:
    """Apply `change` to those parts of an engine text that have no phonemes."""
    if "⟦" not in text:
        return change(text)
    pieces = _MARKED_PIECE.split(text)
    return "".join(piece if piece.startswith("⟦") else change(piece) if piece else "" for piece in pieces)


def make_engine_text(spoken: str, phonemes: Sequence[Phonemes]) -> str:
    """Return the engine text of a spoken text. `phonemes` must be in order and must not overlap."""
    text, at = "", 0
    for word in phonemes:
        written = spoken[word.start : word.end].replace(" ", "_")
        text += f"{spoken[at : word.start]}⟦{written}|{word.ipa.replace(' ', '_')}⟧"
        at = word.end
    return text + spoken[at:]


def read_engine_text(text: str) -> tuple[str, tuple[Phonemes, ...]]:
    """Return the spoken text of an engine text, without marks, and its phonemes."""
    text = split_manner(split_language(split_voice(text)[1])[1])[1]
    if "⟦" not in text:
        return text, ()
    spoken, at = "", 0
    found: list[Phonemes] = []
    for match in _MARK.finditer(text):
        spoken += text[at : match.start()]
        word = match[1].replace("_", " ")
        found.append(Phonemes(len(spoken), len(spoken) + len(word), match[2].replace("_", " ")))
        spoken, at = spoken + word, match.end()
    return spoken + text[at:], tuple(found)


def split_at_phonemes(spoken: str, phonemes: Sequence[Phonemes]) -> Iterator[tuple[str, str]]:
    """Yield the pieces of a spoken text in order, each with its phonemes, or "" if it has none."""
    at = 0
    for word in phonemes:
        yield spoken[at : word.start], ""
        yield spoken[word.start : word.end], word.ipa
        at = word.end
    yield spoken[at:], ""
