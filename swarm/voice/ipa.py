"""IPA as books write it: the signs that engines ignore, and a reader for the engines' tables of sounds."""

# A translation table that deletes the signs between syllables, between words, and between the halves of a sound.
DELETE_JOINTS = str.maketrans("", "", ".‿\u0361\u035cˑ")


def pairs(text: str) -> dict[str, str]:
    """Read a table of "ipa=letters" pairs, separated by spaces."""
    return dict(pair.split("=") for pair in text.split())


# Letters by which English readers sound out IPA. Longer signs come first.
_READ = pairs(
    "eɪ=ay aɪ=igh oʊ=oh əʊ=oh aʊ=ow ɔɪ=oy ɜː=ur ɜɹ=ur ɝ=ur əɹ=er ɚ=er tʃ=ch dʒ=j iː=ee uː=oo ɑː=ah ɔː=aw i=ee y=ü u=oo "
    "ɑ=ah a=ah æ=a ɛ=e e=ay ɪ=i ᵻ=i ɔ=aw o=oh ɒ=o ʌ=u ə=uh ɐ=uh ʊ=oo ø=ur œ=ur ʃ=sh ʒ=zh θ=th ð=th ŋ=ng j=y ɹ=r ɾ=t "
    "ɡ=g x=kh ʁ=r ɲ=ny ʎ=ly ç=h ɣ=g β=b c=k ɕ=sh ʑ=zh ɬ=l ɫ=l ɭ=l ʂ=sh ʐ=zh ɨ=i"
)
_VOWELS = frozenset("aeiouyæɑɒɔəɛɜɝɚɪɨʊʌɐøœᵻ")


def readable(ipa: str) -> str:
    """Return IPA in English letters, with the syllable of the main stress in capitals: "KWEE-kweg"."""
    return " ".join(map(_readable_word, ipa.split()))


def _readable_word(ipa: str) -> str:
    sounds: list[tuple[str, bool]] = []
    at, stress = 0, -1
    text = "".join(sign for sign in ipa.translate(DELETE_JOINTS) if (sign.isalpha() and sign != "ˌ") or sign in "ˈː")
    while at < len(text):
        if text[at] == "ˈ":
            stress, at = len(sounds), at + 1
            continue
        length = 2 if text[at : at + 2] in _READ else 1
        sounds.append((_READ.get(text[at : at + length], text[at].replace("ː", "")), text[at] in _VOWELS))
        at += length
    return _in_syllables(sounds, stress)


def _in_syllables(sounds: list[tuple[str, bool]], stress: int) -> str:
    """Join sounds to syllables, each with one vowel; a single consonant belongs to the vowel after it."""
    vowels = [place for place, (_, vowel) in enumerate(sounds) if vowel]
    stressed = next((place for place in vowels if place >= stress >= 0), -1)
    syllables, start = [], 0
    for number, place in enumerate(vowels):
        following = vowels[number + 1] if number + 1 < len(vowels) else len(sounds) + 1
        end = len(sounds) if following > len(sounds) else following - (1 if following - place > 1 else 0)
        said = "".join(sound for sound, _ in sounds[start:end])
        syllables.append(said.upper() if place == stressed and len(vowels) > 1 else said)
        start = end
    return "-".join(syllables) if vowels else "".join(sound for sound, _ in sounds)
