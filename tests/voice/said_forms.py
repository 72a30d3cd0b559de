"""Compares how an engine says written forms with how it says their words, by its own phonemes.

The folders `forms` and `passages` have a table for each language: a written form, " = ", and what a narrator says. In
the latter, " | " is the end of a sentence, and " // " stands between words that are equally right. The forms were
collected one by one, the passages written before the rules were looked at.
"""

import ctypes
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from unicodedata import normalize

import regex

from swarm.book.model.book import Block, ChapterText
from swarm.book.model.engine_text import make_engine_text, read_engine_text
from swarm.book.speech.segment import segment_chapter
from swarm.book.speech.speech import Speech
from swarm.job.card import EngineCard
from swarm.voice.espeak.engine import CARD as ESPEAK
from swarm.voice.espeak.voice import _library
from swarm.voice.espeak.voices import IDENTIFIERS
from swarm.voice.hibari.engine import CARD as HIBARI
from swarm.voice.hibari.voice import sounded
from swarm.voice.host.engine_child import send_no_usage_data

FORMS = Path(__file__).parent / "forms"
PASSAGES = Path(__file__).parent / "passages"
LANGUAGES = tuple(sorted(path.stem for path in FORMS.glob("*.txt")))
CASES = tuple((card, language) for card in (ESPEAK, HIBARI) for language in LANGUAGES if card.speaks(language))
_UTF8, _IPA = 1, 2
_SILENT = regex.compile(r"[\s\p{P}ˈˌː\u200d]|\p{M}")
_ALIKE = str.maketrans("ɛɔɪʊɨəɐŋm", "eoiuiaann")  # vowels and nasals that change with the speed of a word

Sounds = Callable[[str], str]  # returns an engine's phonemes of a text


def read_forms(language: str, folder: Path = FORMS) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the written forms of a language, each with the words that are right."""
    for line in (folder / f"{language}.txt").read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            written, _, words = line.partition(" = ")
            yield written, tuple(words.split(" // "))


def handed(written: str, language: str, card: EngineCard) -> list[str]:
    """Return the engine texts that the program makes of a written form."""
    chapter = segment_chapter(ChapterText("", (Block("paragraph", written),)), language, card, Speech(card))
    return [make_engine_text(segment.spoken, segment.phonemes) for segment in chapter.segments]


def wrong_forms(card: EngineCard, language: str, folder: Path = FORMS) -> list[tuple[str, str]]:
    """Return the forms that are said wrongly, each with the texts that the engine was given."""
    sounds = _sounds(card, language)
    found = []
    for written, words in read_forms(language, folder):
        texts = handed(written, language, card)
        said = [_heard(text, sounds) for text in texts]
        if all(said != [_heard(sentence, sounds) for sentence in right.split(" | ")] for right in words):
            found.append((written, " | ".join(texts)))
    return found


def _heard(text: str, sounds: Sounds) -> str:
    """Return the phonemes of a text without what differs between figures and words: stress, spaces, pauses, shades."""
    return _SILENT.sub("", normalize("NFD", sounds(text))).translate(_ALIKE)


def _sounds(card: EngineCard, language: str) -> Sounds:
    return _hibari() if card is HIBARI else _espeak(language)


@cache
def _hibari() -> Sounds:
    send_no_usage_data()  # importing the package loads onnxruntime, which would write a file to the temporary folder
    from hibari.g2p import G2P

    g2p = G2P()

    def sounds(text: str) -> str:
        return str(g2p(sounded(*read_engine_text(text))))

    return sounds


@cache
def _espeak(language: str) -> Sounds:
    identifier = IDENTIFIERS[ESPEAK.voices_for(language)[0].name]

    def sounds(text: str) -> str:
        with _library(identifier, {}) as (library, _):
            translate = library.espeak_TextToPhonemes
            translate.restype = ctypes.c_char_p
            translate.argtypes = (ctypes.POINTER(ctypes.c_char_p), ctypes.c_int, ctypes.c_int)
            rest, said = ctypes.c_char_p(read_engine_text(text)[0].encode()), []
            while rest.value:
                said.append((translate(ctypes.byref(rest), _UTF8, _IPA) or b"").decode())
            return " ".join(said)

    return sounds
