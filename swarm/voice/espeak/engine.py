"""espeak-ng: over 100 languages, robotic."""

from collections.abc import Sequence
from pathlib import Path

from swarm.job.card import SPEED, EngineCard, SettingCard
from swarm.job.spec import Recipe
from swarm.voice.engine import Engine, Voice, unavailable
from swarm.voice.espeak.voices import IDENTIFIERS, VOICES

# Scripts that espeak reads in these languages only; elsewhere it names their letters, "Chinese letter", or their codes.
# Of Burmese it drops the vowels. Scripts that are not here switch to a voice that reads them, or are read everywhere.
READ_ONLY_IN = (
    ("Han", ("zh", "yue", "hak", "cmn")),
    ("Hiragana", ("ja",)),
    ("Katakana", ("ja",)),
    ("Hangul", ("ko",)),
    ("Thai", ("th",)),
    ("Myanmar", ("shn",)),
    ("Ethiopic", ("am", "ti")),
    ("Hebrew", ("he",)),
    ("Arabic", ("ar", "fa", "ug", "ur", "sd", "ps", "ckb", "ks", "ku", "az")),
    ("Greek", ("el", "grc")),
    (
        "Cyrillic",
        ("ru", "uk", "be", "bg", "mk", "sr", "kk", "ky", "tt", "ba", "cv", "mn", "uz", "az", "tk", "bs", "nog"),
    ),
    ("Oriya", ("or",)),
    *((script, ()) for script in ("Khmer", "Lao", "Tibetan", "Mongolian", "Thaana", "Syriac")),
)

CARD = EngineCard(
    name="espeak",
    about="over 100 languages, robotic",
    languages=tuple(dict.fromkeys(voice.language for voice in VOICES)),
    scripts=(),
    limits=(("", 400), ("ja", 150), ("zh", 150), ("yue", 150), ("ko", 200)),
    voices=VOICES,
    casts=True,
    settings=(SettingCard("pitch", 50, 0, 99, about="how high the voice is"), SPEED),
    sample_rate=22_050,
    characters_s=18.5,  # measured over three English novels
    realtime=500,
    faults=(
        ("", "robotically"),
        ("ja", "robotically, reads kana only and says “Chinese letter” for every kanji"),
    ),
    phonemes=("*",),
    polyglot=True,
    read_only_in=READ_ONLY_IN,
    licence="GPL-3.0-or-later",
)

_RATE, _PITCH = 1, 3  # espeakRATE and espeakPITCH of its C interface
_WORDS_PER_MINUTE = 175


class EspeakEngine(Engine):
    """The espeak-ng library, which opens a voice in milliseconds."""

    card = CARD

    def open(self, recipe: Recipe, device: str, job_files: Path | None = None) -> Voice:
        """Open a voice, checking that the library can load it. Raises EngineFault(UNAVAILABLE)."""
        from swarm.voice.espeak.voice import EspeakVoice

        if recipe.voice not in IDENTIFIERS:
            raise unavailable(f"espeak has no voice {recipe.voice!r} here.")
        settings = self.card.defaults | dict(recipe.settings)
        rate = round(_WORDS_PER_MINUTE * float(settings["speed"]))
        return EspeakVoice(IDENTIFIERS[recipe.voice], {_RATE: rate, _PITCH: int(settings["pitch"])})

    def phonemes_of(self, language: str, texts: Sequence[str]) -> tuple[str, ...]:
        """Ask the library for the IPA of some texts."""
        from swarm.voice.espeak.voice import phonemes_of

        voices = self.card.voices_for(language)
        return phonemes_of(IDENTIFIERS[voices[0].name], texts) if voices else ()


engine = EspeakEngine()
