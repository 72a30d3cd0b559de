"""The cards of the engines that come with e2a-swarm."""

from swarm.job.card import EngineCard, VoiceCard
from swarm.voice.espeak_voices import VOICES as ESPEAK_VOICES

HIBARI = EngineCard(
    name="hibari",
    about="natural English on the CPU, far faster than real time",
    languages=("en",),
    scripts=("Latin",),
    limits=(("", 300),),  # its memory and time grow steeply past 400 phonemes
    voices=(VoiceCard(name="heart", language="en", about="American, female"),),
    settings=(("speed", 1.0),),
    characters_s=18.0,
    numbers=("en",),
    abbreviations=("en",),
    phonemes=("en",),
)

ESPEAK = EngineCard(
    name="espeak",
    about="over 100 languages, robotic",
    languages=tuple(dict.fromkeys(voice.language for voice in ESPEAK_VOICES)),
    scripts=(),
    limits=(("", 400), ("ja", 150), ("zh", 150), ("yue", 150), ("ko", 200)),
    voices=ESPEAK_VOICES,
    settings=(("pitch", 50), ("speed", 1.0)),
    characters_s=22.0,
    numbers=("*",),
    phonemes=("*",),
)

METRONOME = EngineCard(
    name="metronome",
    about="a tone at a set pace, without using the CPU: for rehearsals",
    languages=("*",),
    scripts=(),
    limits=(("", 300),),
    voices=(VoiceCard(name="tick", language="*", about="one tone a sentence"),),
    settings=(("cost_per_char", 0.001), ("seconds_per_char", 0.065)),  # s
    numbers=("*",),
    abbreviations=("*",),
    shares_process=True,
)

BUILT_IN = (HIBARI, ESPEAK, METRONOME)  # they speak as soon as e2a-swarm is installed
