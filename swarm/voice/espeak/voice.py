"""A voice of espeak-ng, spoken by the library of the package espeakng_loader, and the names it has for phonemes."""

import _ctypes
import contextlib
import ctypes
import sys
import threading
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import espeakng_loader
import numpy as np
import regex

from swarm.book.model.engine_text import Phonemes, split_at_phonemes
from swarm.voice.engine import EngineFault, FaultKind, SpokenLine, TimedSound, TimedSpeech, unavailable
from swarm.voice.espeak.voices import IDENTIFIERS, VOICES
from swarm.voice.ipa import DELETE_JOINTS, pairs

# Sounds that some voices of espeak lack, each with a similar sound to use instead.
_SIMILAR = pairs(
    "g=ɡ ʧ=tʃ ʤ=dʒ ɝ=ɜː r=ɹ ɹ=r ɾ=r ʁ=r ɜr=ɜː ɜɹ=ɜː ɜ=ɜː ɔ=ɔː ɑ=ɑː ɒ=ɑː a=æ æ=a ɪ=ᵻ ɐ=ə əʊ=oʊ oʊ=əʊ e=ɛ ɛ=e o=ɔ y=j "
    "ʊ=u ʌ=a ɫ=l ɨ=i ɥ=w ː= ʰ= ʲ="
)
_STRESS = {"ˈ": "'", "ˌ": ",", " ": " "}
# Letters that name their own sound. The voices do not list them all: German says a lone b as p.
_SAME = {letter: letter for letter in "bdfhjklmnpstvwxz"} | {"ɡ": "g"}
_MAX_SOUND_LETTERS = 4

_SIGNS = "abcdefghijklmnopqrstuvwxyzADEHILMNOQRSTUVWXYZC@0123&*?"
_ENDINGS = ("", ":", "2", "#", "~", "@", "I", "U", "^", ";", "3", "5", "L", "S", "Z", '"', "-", ".")
_LETTER = regex.compile(r"\p{L}")


def espeak_names(sound_of: Callable[[str], tuple[str, str]]) -> dict[str, str]:
    """Return the names of a voice's phonemes by their IPA.

    `sound_of` returns the IPA of a name, and the name that espeak takes it for. So no table of the library is needed
    here.
    """
    names: dict[str, str] = {}
    for ending in _ENDINGS:
        for sign in _SIGNS:
            for name in (f"{sign}{ending}", f"'{sign}{ending}"):
                sound, taken = sound_of(name)
                bare = unicodedata.normalize("NFD", sound).replace("ˈ", "")
                if bare and _LETTER.match(bare) and taken.replace("'", "") == name.replace("'", ""):
                    names.setdefault(bare, name.removeprefix("'"))
    if "A:" in names.values() or sound_of("A:")[0] == "ɑː":
        names["ɑː"] = "A:"  # the name "0" has the same IPA, but another sound before an r
    return names


def for_espeak(phonemes: str, names: Mapping[str, str]) -> str:
    """Translate IPA into the names of a voice's phonemes; return "" if the voice lacks one of the sounds."""
    text, said, at = unicodedata.normalize("NFD", phonemes).translate(DELETE_JOINTS), "", 0
    while at < len(text):
        if text[at] in _STRESS:
            said, at = said + _STRESS[text[at]], at + 1
            continue
        for length in range(_MAX_SOUND_LETTERS, 0, -1):
            sound = text[at : at + length]
            similar = _SIMILAR.get(sound, sound)
            name = names.get(sound) or names.get(similar) or _SAME.get(sound) or _SAME.get(similar)
            if len(sound) == length and (name or not similar):
                said, at = said + (name or ""), at + length
                break
        else:
            if not unicodedata.combining(text[at]):
                return ""
            at += 1
    return said


_SYNCHRONOUS = 2  # espeak_Synth calls the callback before it returns
_DO_NOT_EXIT = 0x8000
_UTF8, _PHONEMES = 1, 0x100  # flags of a text; the second makes [[names]] in it phonemes
_AS_NAMES, _AS_IPA = 0, 2
_TIED = 0x80
_LAST_EVENT, _WORD_EVENT = 0, 1
_SoundCallback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)
# The arguments of espeak_Synth: text, size, position, kind of position, end, flags, identifier, data for the callback.
_SYNTH_TYPES = (
    *(ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint, ctypes.c_int, ctypes.c_uint, ctypes.c_uint),
    *(ctypes.c_void_p, ctypes.c_void_p),
)
_library_lock = threading.Lock()  # the library's state is global in the process


class _Part(NamedTuple):
    """A part of a text as the library gets it."""

    said: int  # the first character there
    written: int  # the first character in the text
    length: int  # characters that are the same in both; 0 for phonemes


class EspeakVoice(TimedSpeech):
    """A voice of espeak-ng with its parameters."""

    def __init__(self, identifier: str, parameters: dict[int, int]) -> None:
        self._identifier, self._parameters = identifier, parameters
        self._others: dict[str, EspeakVoice] = {}  # voices of other languages, made when they are first needed
        self._names: dict[str, str] = {}  # phoneme names by IPA, read when they are first needed
        with _library(identifier, parameters) as (_, sample_rate):
            self.sample_rate: int = sample_rate

    def speak_timed(self, line: SpokenLine) -> TimedSound:
        """Speak one segment in its language, and tell when its words begin; the seed changes nothing.

        Raises EngineFault.
        """
        return self._for(line.language)._speak(line.text, line.phonemes)

    def _speak(self, text: str, phonemes: Sequence[Phonemes]) -> TimedSound:
        words, flags, parts = self._words(text.replace("\0", " "), phonemes)
        sound: list[bytes] = []
        heard: list[tuple[int, int]] = []

        def collect(samples: int | None, count: int, events: int) -> int:
            if samples and count > 0:
                sound.append(ctypes.string_at(samples, 2 * count))
            heard.extend(_words_of(events))
            return 0

        callback = _SoundCallback(collect)
        with _library(self._identifier, self._parameters) as (library, _):
            library.espeak_SetSynthCallback(callback)
            library.espeak_Synth.argtypes = _SYNTH_TYPES
            status = library.espeak_Synth(words, len(words) + 1, 0, 0, 0, flags, None, None)
        if status != 0:
            raise EngineFault(FaultKind.ERROR, f"espeak returned error {status}.")
        return TimedSound(np.frombuffer(b"".join(sound), np.int16), _placed(heard, parts))

    def _for(self, language: str) -> "EspeakVoice":
        """Return the default voice of another language; this voice for "" and for a language without one."""
        if language and language not in self._others:
            name = next((voice.name for voice in VOICES if voice.language == language), "")
            self._others[language] = EspeakVoice(IDENTIFIERS[name], self._parameters) if name else self
        return self._others[language] if language else self

    def _words(self, text: str, phonemes: Sequence[Phonemes]) -> tuple[bytes, int, list[_Part]]:
        """Return a text as the library expects it, with phonemes as [[names]], its flags, and where its parts stand."""
        if not phonemes:
            return text.encode(), _UTF8, [_Part(0, 0, len(text))]
        if not self._names:
            with _library(self._identifier, self._parameters) as (library, _):
                self._names = espeak_names(_sound_of(library))
        said, at = "", 0
        parts: list[_Part] = []
        for written, ipa in split_at_phonemes(text, phonemes):
            names = for_espeak(ipa, self._names)
            parts.append(_Part(len(said), at, 0 if names else len(written)))
            said += f"[[{names}]]" if names else written.replace("[[", "[ [")
            at += len(written)
        return said.encode(), _UTF8 | _PHONEMES, parts


class _Event(ctypes.Structure):
    """An event of espeak's C interface; the last of a list has the type 0."""

    _fields_ = (
        *(("type", ctypes.c_int), ("identifier", ctypes.c_uint), ("position", ctypes.c_int), ("length", ctypes.c_int)),
        *(("moment_ms", ctypes.c_int), ("sample", ctypes.c_int), ("user_data", ctypes.c_void_p)),
        ("name", ctypes.c_char * 8),
    )


def _words_of(events: int) -> Iterator[tuple[int, int]]:
    """Yield the first character, from 0, and the first sample of the words in a list of events at this address."""
    while events:
        event = _Event.from_address(events)
        if event.type == _LAST_EVENT:
            return
        if event.type == _WORD_EVENT and event.position > 0:
            yield event.position - 1, event.sample
        events += ctypes.sizeof(_Event)


def _placed(heard: Sequence[tuple[int, int]], parts: Sequence[_Part]) -> list[tuple[int, int]]:
    """Return words with their characters in the text, in order; of several that begin at one character, the first."""
    found: dict[int, int] = {}
    for character, sample in heard:
        part = max(part for part in parts if part.said <= character)
        found.setdefault(part.written + min(character - part.said, part.length), sample)
    ordered: list[tuple[int, int]] = []
    for character, sample in sorted(found.items()):
        if not ordered or sample >= ordered[-1][1]:
            ordered.append((character, sample))
    return ordered


def phonemes_of(identifier: str, texts: Sequence[str], tie: str = "") -> tuple[str, ...]:
    """Return the IPA that a voice has for some texts, with a space between sentences.

    `tie` is a letter to stand between those that are one sound, such as tʃ.
    """
    form = _AS_IPA | (_TIED | ord(tie) << 8 if tie else 0)
    with _library(identifier, {}) as (library, _):
        translate = library.espeak_TextToPhonemes
        translate.restype = ctypes.c_char_p
        translate.argtypes = (ctypes.POINTER(ctypes.c_char_p), ctypes.c_int, ctypes.c_int)
        found = []
        for text in texts:
            rest, said = ctypes.c_char_p(text.replace("\0", " ").encode()), []
            while rest.value:
                said.append((translate(ctypes.byref(rest), _UTF8, form) or b"").decode(errors="replace").strip())
            found.append(" ".join(said))
        return tuple(found)


@contextlib.contextmanager
def _library(identifier: str, parameters: dict[int, int]) -> Iterator[tuple[ctypes.CDLL, int]]:
    """Yield a fresh espeak-ng with a voice set, and its sample rate. Raises EngineFault(UNAVAILABLE)."""
    data = Path(espeakng_loader.get_data_path())
    # espeak cuts its data path at 160 bytes, and cannot read Unicode on Windows. Seen from beside the data it is ".".
    with _library_lock, contextlib.chdir(data.parent):
        library = ctypes.CDLL(espeakng_loader.get_library_path())
        try:
            sample_rate = library.espeak_Initialize(_SYNCHRONOUS, 0, b".", _DO_NOT_EXIT)
            if sample_rate <= 0 or library.espeak_SetVoiceByName(identifier.encode()) != 0:
                raise unavailable(f"espeak cannot load {identifier} from {data}.")
            for parameter, value in parameters.items():
                library.espeak_SetParameter(parameter, value, 0)
            yield library, sample_rate
        finally:
            library.espeak_Terminate()
            _unload(library)


def _sound_of(library: ctypes.CDLL) -> Callable[[str], tuple[str, str]]:
    """Return a function that tells how the current voice speaks a phoneme's name: in IPA, and in phoneme names."""
    callback = _SoundCallback(lambda _samples, _count, _events: 0)
    library.espeak_SetSynthCallback(callback)
    library.espeak_Synth.argtypes = _SYNTH_TYPES
    # This call makes the library read [[names]] as phonemes.
    library.espeak_Synth(b"a", 2, 0, 0, 0, _UTF8 | _PHONEMES, None, None)
    library.espeak_TextToPhonemes.restype = ctypes.c_char_p
    library.espeak_TextToPhonemes.argtypes = (ctypes.POINTER(ctypes.c_char_p), ctypes.c_int, ctypes.c_int)

    def say(name: str, kind: int) -> str:
        text = ctypes.c_char_p(f"[[{name}]]".encode())
        return (library.espeak_TextToPhonemes(ctypes.byref(text), _UTF8, kind) or b"").decode(errors="replace").strip()

    return lambda name: (say(name, _AS_IPA), say(name, _AS_NAMES))


def _unload(library: ctypes.CDLL) -> None:
    if sys.platform == "win32":
        _ctypes.FreeLibrary(library._handle)
    else:
        _ctypes.dlclose(library._handle)
