"""IPA as the engines take it: in hibari's letters, and in the names that espeak-ng has for its phonemes."""

import unicodedata
from collections.abc import Callable, Mapping

import regex

_JOINTS = str.maketrans("", "", ".‿\u0361\u035cˑ")  # between syllables, words, and the halves of a sound


def _pairs(text: str) -> dict[str, str]:
    return dict(pair.split("=") for pair in text.split())


# What hibari's model was taught: one letter for each diphthong and affricate.
_HIBARI_LETTERS = frozenset("AIOWYabdfhijklmnpstuvwzæðŋɑɔəɛɜɡɪɹɾʃʊʌʒʤʧθᵊᵻˈˌ ")
_HIBARI = _pairs(
    "dʒ=ʤ tʃ=ʧ eɪ=A aɪ=I oʊ=O əʊ=O aʊ=W ɔɪ=Y ɝ=ɜɹ ɚ=əɹ r=ɹ g=ɡ e=ɛ a=ɑ o=ɔ ɒ=ɑ y=j x=k ɐ=ə ɨ=ɪ ʉ=u ɫ=l ʁ=ɹ ʀ=ɹ ø=ɜ œ=ɜ "
    "ɥ=w ɲ=nj ʎ=lj ç=h c=k ʔ= ʰ= ʲ=j ɣ=ɡ β=b ː="
)
# Sounds that a voice of espeak may not have by this name, and what is next to them.
_NEAR = _pairs(
    "g=ɡ ʧ=tʃ ʤ=dʒ ɝ=ɜː r=ɹ ɹ=r ɾ=r ʁ=r ɜr=ɜː ɜɹ=ɜː ɜ=ɜː ɔ=ɔː ɑ=ɑː ɒ=ɑː a=æ æ=a ɪ=ᵻ ɐ=ə əʊ=oʊ oʊ=əʊ e=ɛ ɛ=e o=ɔ y=j "
    "ʊ=u ʌ=a ɫ=l ɨ=i ɥ=w ː= ʰ= ʲ="
)
_STRESS = {"ˈ": "'", "ˌ": ",", " ": " "}
_SAME = {letter: letter for letter in "bdfhjklmnpstvwxz"} | {"ɡ": "g"}  # German says b as p where it stands alone
_LONGEST = 4  # letters of one sound

_SIGNS = "abcdefghijklmnopqrstuvwxyzADEHILMNOQRSTUVWXYZC@0123&*?"
_ENDINGS = ("", ":", "2", "#", "~", "@", "I", "U", "^", ";", "3", "5", "L", "S", "Z", '"', "-", ".")
_LETTER = regex.compile(r"\p{L}")


def for_hibari(phonemes: str) -> str:
    """IPA in hibari's letters; empty where a sound is unknown."""
    text, said, at = unicodedata.normalize("NFD", phonemes).translate(_JOINTS), "", 0
    while at < len(text):
        for length in (2, 1):
            sound = text[at : at + length]
            if len(sound) == length and (sound in _HIBARI or (length == 1 and sound in _HIBARI_LETTERS)):
                said, at = said + _HIBARI.get(sound, sound), at + length
                break
        else:
            if not unicodedata.combining(text[at]):
                return ""
            at += 1  # nasal, dental, unvoiced: English has no letter for it
    return said


def espeak_names(sound_of: Callable[[str], tuple[str, str]]) -> dict[str, str]:
    """The names of the phonemes that a voice has, by their IPA.

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
    """IPA in the names of a voice's phonemes; empty where it has nothing like a sound."""
    text, said, at = unicodedata.normalize("NFD", phonemes).translate(_JOINTS), "", 0
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
