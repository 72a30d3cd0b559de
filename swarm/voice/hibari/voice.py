"""A voice of hibari, run by ONNX Runtime, and the phoneme letters of its model."""

import os
import re
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from swarm.book.model.engine_text import Phonemes, split_at_phonemes
from swarm.job.spec import Recipe
from swarm.voice.engine import Pcm, from_floats, unavailable
from swarm.voice.hibari.respelling import respell
from swarm.voice.ipa import DELETE_JOINTS, pairs

if TYPE_CHECKING:
    from hibari import Hibari
    from hibari.g2p import G2P


# The letters that hibari's model was trained on. Each diphthong and affricate is a single letter.
_HIBARI_LETTERS = frozenset("AIOWYabdfhijklmnpstuvwzæðŋɑɔəɛɜɡɪɹɾʃʊʌʒʤʧθᵊᵻˈˌ ")
_HIBARI = pairs(
    "dʒ=ʤ tʃ=ʧ eɪ=A aɪ=I oʊ=O əʊ=O aʊ=W ɔɪ=Y ɝ=ɜɹ ɚ=əɹ r=ɹ g=ɡ e=ɛ a=ɑ o=ɔ ɒ=ɑ y=j x=k ɐ=ə ɨ=ɪ ʉ=u ɫ=l ʁ=ɹ ʀ=ɹ ø=ɜ œ=ɜ "
    "ɥ=w ɲ=nj ʎ=lj ç=h c=k ʔ= ʰ= ʲ=j ɣ=ɡ β=b ː="
)


_IPA = str.maketrans({"A": "eɪ", "I": "aɪ", "O": "oʊ", "W": "aʊ", "Y": "ɔɪ", "ʤ": "dʒ", "ʧ": "tʃ", "T": "ɾ", "ᵊ": "ə"})


def from_hibari(letters: str) -> str:
    """Translate hibari's letters into IPA."""
    return letters.translate(_IPA)


def for_hibari(phonemes: str) -> str:
    """Translate IPA into hibari's letters; return "" if a sound is unknown."""
    text, said, at = unicodedata.normalize("NFD", phonemes).translate(DELETE_JOINTS), "", 0
    while at < len(text):
        for length in (2, 1):
            sound = text[at : at + length]
            if len(sound) == length and (sound in _HIBARI or (length == 1 and sound in _HIBARI_LETTERS)):
                said, at = said + _HIBARI.get(sound, sound), at + length
                break
        else:
            if not unicodedata.combining(text[at]):
                return ""
            at += 1  # marks such as nasal, dental or unvoiced are ignored, since English does not use them
    return said


_MAX_PHONEMES = 400
_INNER_MARK = re.compile(r"(?<=\w)[\[\]{}¡¿†‡]+(?=\w)")
_MARK = re.compile("[\\[\\]{}¡¿†‡\u00ad\u200b\u2060\ufeff]")
_FORMULA = re.compile(r"\b([CNS])O(?=[₂₃₄2-4]\b)")
_LONG_NUMBER = re.compile(r"\d{25,}")
_OPENING = re.compile(r"[“„‟«‹]|(?<![^\s(—–‘'-])\"(?=\S)")
_CLOSING = re.compile(r"[\"»›]|”(?!/)")  # the ones of `_OPENING` are marked by then


class HibariVoice:
    """The one voice that comes with the package."""

    def __init__(self, model: "Hibari", speed: float) -> None:
        self._model, self._speed = model, speed
        self.sample_rate: int = model.sample_rate

    def speak(self, text: str, seed: int) -> Pcm:
        """Speak one segment; return no samples if the text has nothing to speak. Raises EngineFault."""
        return self.speak_phonemes(text, (), seed)

    def speak_phonemes(self, text: str, phonemes: Sequence[Phonemes], seed: int) -> Pcm:
        """Speak one segment in which words have phonemes. Raises EngineFault."""
        noise = np.random.default_rng(seed)  # all pieces share it, so a single piece sounds as if the package spoke it
        parts = [
            piece for line in self._model.phonemize(sounded(text, phonemes, self._model.g2p)) for piece in cut(line)
        ]
        waves = [self._model.from_ids(self._model.ids(piece), self._speed, noise) for piece in parts]
        return from_floats(np.concatenate(waves)) if waves else np.zeros(0, np.int16)


def english_letters(*, british: bool) -> Callable[[str, Sequence[Phonemes]], str]:
    """Return a function that writes English in the letters of hibari's teacher, Kokoro. Raises EngineFault."""
    try:
        from hibari.g2p import G2P
    except ImportError as fault:
        raise unavailable(f"hibari cannot be loaded here: {fault}.") from fault
    letters = G2P(british=british)
    return lambda text, phonemes: str(letters(sounded(text, phonemes, letters)))


def phonemes_of(texts: Sequence[str]) -> tuple[str, ...]:
    """Return the IPA of some texts by the package's dictionary and rules; () if it is not installed."""
    try:
        from hibari.g2p import G2P
    except ImportError:
        return ()
    letters = G2P()
    return tuple(from_hibari(letters(sounded(text, (), letters))) for text in texts)


def sounded(text: str, phonemes: Sequence[Phonemes] = (), g2p: "G2P | None" = None) -> str:
    """Return a text in the package's markup, in which a word with phonemes is written "[Agnes](/ˈæɡnɪs/)".

    With the package's dictionary, words that it would spell have phonemes too.
    """
    said = ""
    for written, ipa in split_at_phonemes(text, phonemes):
        letters = for_hibari(ipa)
        plain = readable(written)
        said += f"[{plain}](/{letters}/)" if letters else _with_marks(respell(plain, g2p) if g2p else plain)
    return said


def _with_marks(text: str) -> str:
    """Return a text in which quotation marks have their phonemes: the package reads some as a part of the next word.

    Such a word is not found in its dictionary, and is read by its letters.
    """
    return _CLOSING.sub("[”](/”/)", _OPENING.sub("[“](/“/)", text))


def readable(text: str) -> str:
    """Leave out brackets and such marks, and replace numbers that the package cannot read.

    Beside these marks it looks no word up: it would guess how "This" is said. Numbers that it cannot read are signs
    such as ² and ①, and numbers too long to have a name.
    """
    plain = "".join(_digit(character) for character in _MARK.sub("", _INNER_MARK.sub(" ", _FORMULA.sub(r"\1 O", text))))
    return _LONG_NUMBER.sub(lambda number: " ".join(number[0]), plain)


def _digit(character: str) -> str:
    known = character.isdecimal() or not character.isdigit()
    return character if known else f" {unicodedata.digit(character)}"


def cut(phonemes: str) -> list[str]:
    """Cut phonemes between words into pieces of at most 400, since memory grows with the square of the length."""
    pieces = [""]
    for word in phonemes.split(" "):
        if pieces[-1] and len(pieces[-1]) + len(word) >= _MAX_PHONEMES:
            pieces.append("")
        pieces[-1] += (" " if pieces[-1] else "") + word[:_MAX_PHONEMES]
    return pieces


def open_voice(recipe: Recipe, weights: Path | None) -> HibariVoice:
    """Load a voice on the CPU, for one thread, in about 0.7 s: from a file, or the one that comes with the package.

    Raises EngineFault(UNAVAILABLE).
    """
    try:
        # onnxruntime would send usage data and write to the home folder.
        os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
        from hibari import Hibari
    except ImportError as fault:
        raise unavailable(f"hibari cannot be loaded here: {fault}.") from fault
    model = Hibari(voice=recipe.voice, threads=1, model=str(weights) if weights else None)
    model("Ready.", seed=0)  # the first sentence loads the lexicon
    return HibariVoice(model, float(dict(recipe.settings).get("speed", 1.0)))
