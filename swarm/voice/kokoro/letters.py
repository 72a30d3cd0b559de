"""The letters that Kokoro's model was trained on, and how IPA is written in them."""

import unicodedata

from swarm.voice.espeak.clauses import TIE
from swarm.voice.ipa import DELETE_JOINTS, pairs

# The number of each letter. Those that are left out mean nothing to the model.
_NUMBERED = (
    (1, ";:,.!?"),
    (9, '—…"()“” \u0303ʣʥʦʨᵝꭧAI'),
    (31, "O"),
    (33, "Q"),
    (35, "ST"),
    (39, "W"),
    (41, "Yᵊabcdef"),
    (50, "hijklmnopqrstuvwxyzɑɐɒæ"),
    (75, "βɔɕç"),
    (80, "ɖðʤə"),
    (85, "ɚɛɜ"),
    (90, "ɟ"),
    (92, "ɡ"),
    (99, "ɥ"),
    (101, "ɨɪʝ"),
    (110, "ɯɰŋɳɲɴø"),
    (118, "ɸθœ"),
    (123, "ɹ"),
    (125, "ɾɻ"),
    (128, "ʁɽʂʃʈʧ"),
    (135, "ʊʋ"),
    (138, "ʌɣɤ"),
    (142, "χʎ"),
    (147, "ʒʔ"),
    (156, "ˈˌː"),
    (162, "ʰ"),
    (164, "ʲ"),
    (169, "↓"),
    (171, "→↗↘"),
    (177, "ᵻ"),
)
LETTERS = {letter: first + place for first, letters in _NUMBERED for place, letter in enumerate(letters)}

# Sounds that are one letter for the model though IPA writes two. espeak ties them, books do not.
_ONE_SOUND = pairs(
    "aɪ=I aʊ=W dz=ʣ dʒ=ʤ eɪ=A oʊ=O əʊ=Q ss=S ts=ʦ tʃ=ʧ ɔɪ=Y tɕ=ʨ dʑ=ʥ"
)  # fmt: skip
_TIED = {f"{sound[0]}{TIE}{sound[1]}": letter for sound, letter in _ONE_SOUND.items()}
_MARKS = str.maketrans({"«": "“", "»": "”", "„": "“", "–": "—", "[": "(", "]": ")", "¿": "", "¡": "", "।": "."})
_WIDE_MARKS = str.maketrans("。，、！？；：", ".,,!?;:")  # Chinese and Japanese have these
_SAME = {"g": "ɡ", "'": "ˈ", "ɝ": "ɜɹ", "ɫ": "l", "ʀ": "ʁ", "ɬ": "l", "ʑ": "ʒ", "ħ": "h", "ɱ": "m"}


def from_espeak(ipa: str) -> str:
    """Write the IPA of espeak-ng, in which letters of one sound are tied, in Kokoro's letters."""
    for sound, letter in _TIED.items():
        ipa = ipa.replace(sound, letter)
    return _known(ipa.replace(TIE, ""))


def from_ipa(ipa: str) -> str:
    """Write the IPA that a book or a user gives for a word in Kokoro's letters."""
    ipa = ipa.translate(DELETE_JOINTS)
    for sound, letter in _ONE_SOUND.items():
        if sound not in ("ss", "dz", "ts"):  # these may be two sounds, and sound alike
            ipa = ipa.replace(sound, letter)
    return _known(ipa)


def from_mark(mark: str) -> str:
    """Return the punctuation mark of the model for one of a text; "" if it has none."""
    return _known(mark.translate(_MARKS).translate(_WIDE_MARKS))


def numbers_of(letters: str) -> list[int]:
    """Return the numbers of letters."""
    return [LETTERS[letter] for letter in letters if letter in LETTERS]


def _known(text: str) -> str:
    """Keep what the model knows. A letter with a mark that it does not know becomes the letter alone."""
    plain = unicodedata.normalize("NFD", text).replace("c\u0327", "ç")
    return "".join(said for letter in plain for said in _SAME.get(letter, letter) if said in LETTERS)
