"""The voices beside that of a recipe in an engine's process: those of a book's characters, and guests."""

from pathlib import Path

from msgspec import structs

from swarm.errors import SwarmError
from swarm.job.card import EngineCard
from swarm.job.guest import read_guest
from swarm.job.language import language_name
from swarm.job.recipe import CUSTOM, Recipe, Setting
from swarm.voice.built_in import BUILT_IN
from swarm.voice.engine import Engine, EngineFault, FaultKind, Voice
from swarm.voice.host.guest_voice import GuestVoice
from swarm.voice.host.guests import may_be_guest
from swarm.voice.host.recipe_check import checked_card
from swarm.voice.host.registry import engine_target, load_engine
from swarm.voice.host.takes import Speaker
from swarm.voice.host.verify import Verifier

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
        self._speakers: dict[str, Speaker] = {}  # the one that spoke least recently first

    def speaker(self, name: str) -> Speaker:
        """Return the speaker of a voice by its name. Raises EngineFault."""
        found = self._speakers.pop(name, None) or self._open(name)
        self._speakers[name] = found
        return found

    def _open(self, name: str) -> Speaker:
        for oldest in list(self._speakers)[: max(0, len(self._speakers) + 1 - MAX_VOICES)]:
            del self._speakers[oldest]
        guest = read_guest(name)
        return self._open_guest(guest) if guest else self._open_own(name)

    def _open_own(self, name: str) -> Speaker:
        card = self._engine.card if self._recipe.model.startswith(CUSTOM) else self._engine.card_for(self._recipe.model)
        if not card.casts:
            raise EngineFault(FaultKind.UNAVAILABLE, f"{card.title} has one voice for a book only.")
        opened = self._engine.open(structs.replace(self._recipe, voice=name), self._device, self._job_files)
        return Speaker(opened, card.takes, self._verifier)

    def _open_guest(self, guest: Recipe) -> Speaker:
        """Open a voice of another engine. A fault is that of the sentence: others can be spoken here all the same."""
        try:
            engine = _guest_engine(guest)
            card = checked_card(engine, guest)
            recipe = structs.replace(guest, settings=_settings(card, self._recipe))
            voice = engine.open(recipe, _GUEST_DEVICE)
            return Speaker(GuestVoice(voice, guest.language, self._voice, self._recipe.language), card.takes)
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
