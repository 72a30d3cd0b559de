"""Translates IPA into the phoneme letters of hibari's model."""

import unicodedata

from swarm.voice.ipa import DELETE_JOINTS, pairs

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
