"""The cards of Piper's voices: of the collection, and of voices that users bring."""

from collections.abc import Mapping

from msgspec import structs

from swarm.errors import UsageError
from swarm.job.card import SPEED, EngineCard, ModelCard, SettingCard, VoiceCard
from swarm.job.language import normal_language
from swarm.job.recipe import CUSTOM
from swarm.voice.espeak.engine import READ_ONLY_IN
from swarm.voice.piper.config import PiperConfig, parse_config
from swarm.voice.piper.voices import MAX_CONFIG, ListedVoice, folder_of, licence_of, listed_voices

CUSTOM_VOICE = "default"
MAX_SPEAKERS_LISTED = 50

_OWN = -1.0  # -1 means that the makers of a voice chose the value
_SETTINGS = (
    SettingCard("noise_scale", _OWN, _OWN, 2.0, about="how much the sound varies; -1: as the voice's makers chose"),
    SettingCard("noise_w", _OWN, _OWN, 2.0, about="how much the rhythm varies; -1: as the voice's makers chose"),
    SPEED,
)
_LANGUAGES = tuple(dict.fromkeys(voice.language for voice in listed_voices().values()))


def _voice_card(voice: ListedVoice, speaker: str = "") -> VoiceCard:
    name = f"{voice.name}:{speaker}" if speaker else voice.name
    return VoiceCard(name, voice.language, voice.about, voice.gender, licence_of(voice))


CARD = EngineCard(
    name="piper",
    about="clear, some 15 times as fast as real time on a core",
    languages=_LANGUAGES,
    scripts=(),
    limits=(("", 300), ("zh", 100)),
    voices=tuple(map(_voice_card, listed_voices().values())),
    settings=_SETTINGS,
    characters_s=15.0,
    phonemes=("*",),
    read_only_in=READ_ONLY_IN,
    takes=3,
    custom=True,
    any_voice=True,  # speakers
    casts=True,
    licence="each voice its own",
)


def voice_model_card(name: str, config: Mapping[str, object] | None) -> EngineCard:
    """Return the card of a voice of the collection, or of a custom one. Raises UsageError."""
    if not name:
        return CARD
    if name.startswith(CUSTOM):
        return _custom_card(config)
    voice = listed_voices()[name]
    speakers = _speakers(read_config(voice)) if voice.speakers > 1 else ()
    # Each is a model of its own; a book's characters may have those whose sound has the same rate.
    alike = (other for other in listed_voices().values() if other.may_join(voice) and other != voice)
    others = map(_voice_card, alike)
    return structs.replace(
        CARD,
        languages=(voice.language,),
        voices=(_voice_card(voice), *(_voice_card(voice, speaker) for speaker in speakers), *others),
        model=voice.name,
        licence=licence_of(voice),
    )


def _custom_card(config: Mapping[str, object] | None) -> EngineCard:
    if not config:
        return structs.replace(CARD, languages=("*",), voices=(VoiceCard(CUSTOM_VOICE, "*"),))
    try:
        known = parse_config(config)
    except ValueError as fault:
        raise UsageError(f"The config of this Piper voice cannot be used: {fault}.") from fault
    try:
        languages = (normal_language(known.language.family or known.language.code),)
    except UsageError:
        languages = ("*",)
    names = (CUSTOM_VOICE, *(f"{CUSTOM_VOICE}:{speaker}" for speaker in _speakers(known)))
    return structs.replace(
        CARD,
        languages=languages,
        voices=tuple(VoiceCard(name, languages[0]) for name in names),
        any_voice=known.num_speakers > 1,
        sample_rate=known.audio.sample_rate,
        model="a Piper voice",
        licence="",
    )


def read_config(voice: ListedVoice) -> PiperConfig | None:
    """Return the config of a voice if it is on this machine and can be used."""
    try:
        with (folder_of(voice.name) / "config.json").open("rb") as file:
            return parse_config(file.read(MAX_CONFIG))
    except (OSError, ValueError):
        return None


def _speakers(config: PiperConfig | None) -> tuple[str, ...]:
    if config is None or config.num_speakers == 1:
        return ()
    names = sorted(config.speaker_id_map, key=lambda name: config.speaker_id_map[name])
    return tuple(names or map(str, range(config.num_speakers)))[:MAX_SPEAKERS_LISTED]


def model_cards() -> tuple[ModelCard, ...]:
    """Return a card for each voice of the collection."""
    return tuple(
        ModelCard(voice.name, CARD.name, voice.language, True, licence_of(voice), voice.weights[0])
        for voice in listed_voices().values()
    )
