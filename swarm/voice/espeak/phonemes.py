"""Translates IPA into the names that a voice of espeak-ng has for its phonemes."""

import unicodedata
from collections.abc import Callable, Mapping

import regex

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
