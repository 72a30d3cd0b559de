"""IPA in the names that a voice of espeak-ng has for its phonemes."""

import unicodedata
from collections.abc import Callable, Mapping

import regex

from swarm.voice.ipa import JOINTS, pairs

# Sounds that a voice of espeak may not have by this name, and what is next to them.
_NEAR = pairs(
    "g=ɡ ʧ=tʃ ʤ=dʒ ɝ=ɜː r=ɹ ɹ=r ɾ=r ʁ=r ɜr=ɜː ɜɹ=ɜː ɜ=ɜː ɔ=ɔː ɑ=ɑː ɒ=ɑː a=æ æ=a ɪ=ᵻ ɐ=ə əʊ=oʊ oʊ=əʊ e=ɛ ɛ=e o=ɔ y=j "
    "ʊ=u ʌ=a ɫ=l ɨ=i ɥ=w ː= ʰ= ʲ="
)
_STRESS = {"ˈ": "'", "ˌ": ",", " ": " "}
_SAME = {letter: letter for letter in "bdfhjklmnpstvwxz"} | {"ɡ": "g"}  # German says b as p where it stands alone
_LONGEST = 4  # letters of one sound

_SIGNS = "abcdefghijklmnopqrstuvwxyzADEHILMNOQRSTUVWXYZC@0123&*?"
_ENDINGS = ("", ":", "2", "#", "~", "@", "I", "U", "^", ";", "3", "5", "L", "S", "Z", '"', "-", ".")
_LETTER = regex.compile(r"\p{L}")


def espeak_names(sound_of: Callable[[str], tuple[str, str]]) -> dict[str, str]:
    """Return the names of a voice's phonemes by their IPA.

    `sound_of` says how a name sounds, and what it is taken for: the library's tables need not be known here.
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
        names["ɑː"] = "A:"  # before "0", which sounds otherwise before an r
    return names


def for_espeak(phonemes: str, names: Mapping[str, str]) -> str:
    """Return IPA in the names of a voice's phonemes; "" where the voice has nothing like a sound."""
    text, said, at = unicodedata.normalize("NFD", phonemes).translate(JOINTS), "", 0
    while at < len(text):
        if text[at] in _STRESS:
            said, at = said + _STRESS[text[at]], at + 1
            continue
        for length in range(_LONGEST, 0, -1):
            sound = text[at : at + length]
            near = _NEAR.get(sound, sound)
            name = names.get(sound) or names.get(near) or _SAME.get(sound) or _SAME.get(near)
            if len(sound) == length and (name or not near):
                said, at = said + (name or ""), at + length
                break
        else:
            if not unicodedata.combining(text[at]):
                return ""
            at += 1
    return said
