"""The voices beside that of a recipe in an engine's process: those of a book's characters, and fallback voices.

These get the sample rate and the loudness of the voice that reads the book."""

from pathlib import Path

import numpy as np
from msgspec import structs

from swarm.book.model.language_code import language_name
from swarm.errors import SwarmError
from swarm.job.card import EngineCard, in_manner, read_guest
from swarm.job.spec import CUSTOM, Recipe, Setting
from swarm.voice.built_in import BUILT_IN
from swarm.voice.engine import (
    Engine,
    EngineFault,
    FaultKind,
    Pcm,
    Sound,
    SpokenLine,
    TimedSound,
    TimedSpeech,
    Voice,
    check_pcm,
    unavailable,
)
from swarm.voice.host.choice import sentence
from swarm.voice.host.fallback_voices import may_be_guest
from swarm.voice.host.recogniser import Verifier
from swarm.voice.host.registry import engine_target, load_engine
from swarm.voice.host.takes import CheckedVoice, sound_of
from swarm.voice.recipe_check import checked_card

MAX_GAIN_DB = 24.0  # either way, so that a voice that whispers one sentence is not made a shout
MAX_PEAK = 32_000  # full scale is 32767

_FRAME_S = 0.05
_SPEECH = 10 ** (-25 / 20)  # frames are speech down to 25 dB below the loudest one
_SEED = 1


class MatchedVoice(TimedSpeech):
    """A voice of another engine beside that of the job. It speaks one language, whatever a line says."""

    def __init__(self, voice: Voice, language: str, host: Voice, host_language: str) -> None:
        """Have both voices speak a sentence to compare their loudness. Raises EngineFault."""
        self._voice, self.sample_rate = voice, host.sample_rate
        gain_db = loudness_db(host, host_language) - loudness_db(voice, language)
        # Whole decibels, since the sums of another machine may differ in the last digits.
        self._gain = 10 ** (round(min(MAX_GAIN_DB, max(-MAX_GAIN_DB, gain_db))) / 20)

    def speak_timed(self, line: SpokenLine) -> TimedSound:
        """Speak one segment, and tell when its words begin if the voice does. Raises EngineFault."""
        pcm, words = _heard(sound_of(self._voice, SpokenLine(line.text, line.seed, line.phonemes)))
        ratio = self.sample_rate / self._voice.sample_rate
        gain = min(self._gain, MAX_PEAK / max(1, int(np.abs(pcm.astype(np.int32)).max(initial=0))))
        louder = np.rint(pcm * gain).astype(np.int16)
        placed = [(character, round(sample * ratio)) for character, sample in words]
        return TimedSound(_resample(louder, self._voice.sample_rate, self.sample_rate), placed)


def loudness_db(voice: Voice, language: str) -> float:
    """Return the level of a voice's speech in a sentence, in dB of full scale. Raises EngineFault."""
    pcm, _ = _heard(sound_of(voice, SpokenLine(sentence(language), _SEED)))
    size = max(1, round(_FRAME_S * voice.sample_rate))
    frames = np.square(pcm[: pcm.size // size * size].reshape(-1, size) / 32_768).mean(axis=1)
    speech = frames[frames > frames.max(initial=0) * _SPEECH**2]
    return float(10 * np.log10(speech.mean())) if speech.size else 0.0


def _heard(sound: Sound) -> tuple[Pcm, list[tuple[int, int]]]:
    if isinstance(sound, EngineFault):
        raise sound
    words = list(sound.words) if isinstance(sound, TimedSound) else []
    return check_pcm(sound.pcm if isinstance(sound, TimedSound) else sound), words


def _resample(pcm: Pcm, rate: int, target_rate: int) -> Pcm:
    if rate == target_rate or not pcm.size:
        return pcm
    import av  # the environments of engines, in which this module is loaded too, lack it

    frame = av.AudioFrame.from_ndarray(pcm.reshape(1, -1), format="s16", layout="mono")
    frame.sample_rate = rate
    resampler = av.AudioResampler(format="s16", layout="mono", rate=target_rate)
    parts = [part.to_ndarray()[0] for part in (*resampler.resample(frame), *resampler.resample(None))]
    return np.concatenate(parts)


MAX_VOICES = 12  # a slot keeps no more open

_GUEST_DEVICE = "cpu:0"  # a GPU is the job's own engine's
_SHARED_SETTINGS = ("speed",)  # a guest takes these from the recipe, within its own bounds


class OtherVoices:
    """The other voices of a recipe's engine, opened when they first speak, which share its model; and guests."""

    def __init__(
        self,
        engine: Engine,
        recipe: Recipe,
        voice: Voice,
        device: str,
        job_files: Path | None,
        verifier: Verifier | None,
    ) -> None:
        """`voice` is that of the recipe, whose sample rate and loudness guests get."""
        self._engine, self._recipe, self._voice = engine, recipe, voice
        self._device, self._job_files, self._verifier = device, job_files, verifier
        self._speakers: dict[tuple[str, str], CheckedVoice] = {}  # the one that spoke least recently first

    def speaker(self, name: str, manner: str = "") -> CheckedVoice:
        """Return the speaker of a voice by its name, "" for that of the recipe, in a manner. Raises EngineFault."""
        found = self._speakers.pop((name, manner), None) or self._open(name, manner)
        self._speakers[name, manner] = found
        return found

    def _open(self, name: str, manner: str) -> CheckedVoice:
        for oldest in list(self._speakers)[: max(0, len(self._speakers) + 1 - MAX_VOICES)]:
            del self._speakers[oldest]
        guest = read_guest(name)
        return self._open_guest(guest) if guest else self._open_own(name, manner)

    def _open_own(self, name: str, manner: str) -> CheckedVoice:
        card = self._engine.card if self._recipe.model.startswith(CUSTOM) else self._engine.card_for(self._recipe.model)
        if name and not card.casts:
            raise unavailable(f"{card.title} has one voice for a book only.")
        recipe = in_manner(structs.replace(self._recipe, voice=name or self._recipe.voice), card, manner)
        opened = self._engine.open(recipe, self._device, self._job_files)
        return CheckedVoice(opened, card.takes, self._verifier)

    def _open_guest(self, guest: Recipe) -> CheckedVoice:
        """Open a voice of another engine. A fault is that of the sentence: others can be spoken here all the same."""
        try:
            engine = _guest_engine(guest)
            card = checked_card(engine, guest)
            recipe = structs.replace(guest, settings=_settings(card, self._recipe))
            voice = engine.open(recipe, _GUEST_DEVICE)
            return CheckedVoice(MatchedVoice(voice, guest.language, self._voice, self._recipe.language), card.takes)
        except (EngineFault, SwarmError, ImportError) as fault:
            raise EngineFault(FaultKind.ERROR, f"{guest.engine}, for another language: {fault}") from fault


def _guest_engine(guest: Recipe) -> Engine:
    """Return the engine of a guest that a coordinator named, if it may speak here at once. Raises EngineFault."""
    target = engine_target(guest.engine)
    engine = load_engine(target) if target in BUILT_IN.values() else None
    if engine is None or not may_be_guest(engine, engine.card):
        raise EngineFault(FaultKind.ERROR, "it speaks beside no other engine.")
    is_here = guest.model in engine.offered_models() if guest.model else engine.is_ready(guest.language)
    if not is_here or guest.language in engine.lacking_languages():  # a sentence waits for no download
        by_model = guest.model and not is_here
        model = f"its model {guest.model}" if by_model else f"its voice for {language_name(guest.language)}"
        raise EngineFault(FaultKind.ERROR, f"{model} is not on this machine.")
    return engine


def _settings(card: EngineCard, recipe: Recipe) -> tuple[tuple[str, Setting], ...]:
    """Return the settings of a guest: its defaults, and what it shares with the recipe of the job."""
    asked = {name: value for name, value in recipe.settings if name in _SHARED_SETTINGS}
    return tuple(
        (each.name, min(each.high, max(each.low, float(asked[each.name]))) if each.name in asked else each.default)
        for each in sorted(card.settings, key=lambda each: each.name)
    )
