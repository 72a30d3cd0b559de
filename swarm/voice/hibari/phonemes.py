"""IPA in the letters that hibari's model was taught."""

import unicodedata

from swarm.voice.ipa import JOINTS, pairs

# What hibari's model was taught: one letter for each diphthong and affricate.
_HIBARI_LETTERS = frozenset("AIOWYabdfhijklmnpstuvwzæðŋɑɔəɛɜɡɪɹɾʃʊʌʒʤʧθᵊᵻˈˌ ")
_HIBARI = pairs(
    "dʒ=ʤ tʃ=ʧ eɪ=A aɪ=I oʊ=O əʊ=O aʊ=W ɔɪ=Y ɝ=ɜɹ ɚ=əɹ r=ɹ g=ɡ e=ɛ a=ɑ o=ɔ ɒ=ɑ y=j x=k ɐ=ə ɨ=ɪ ʉ=u ɫ=l ʁ=ɹ ʀ=ɹ ø=ɜ œ=ɜ "
    "ɥ=w ɲ=nj ʎ=lj ç=h c=k ʔ= ʰ= ʲ=j ɣ=ɡ β=b ː="
)


def for_hibari(phonemes: str) -> str:
    """Return IPA in hibari's letters; "" where a sound is unknown."""
    text, said, at = unicodedata.normalize("NFD", phonemes).translate(JOINTS), "", 0
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
