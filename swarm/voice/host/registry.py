"""Which engines there are, which speaks a language, and the recipe that comes of what a user asks for."""

import contextlib
import importlib
from collections.abc import Mapping
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from swarm.errors import EnvironmentFault, UsageError
from swarm.job.card import EngineCard, VoiceCard
from swarm.job.language import language_name, normal_language
from swarm.job.recipe import CLONE, CUSTOM, Recipe
from swarm.voice.built_in import BUILT_IN as TARGETS
from swarm.voice.coqui.card import COQUI, XTTS_LANGUAGES, engines_for, is_installed, model_card
from swarm.voice.coqui.models import ENGINES as COQUI_ENGINES
from swarm.voice.coqui.models import choose_model, is_coqui
from swarm.voice.espeak.engine import CARD as ESPEAK
from swarm.voice.hibari.engine import CARD as HIBARI
from swarm.voice.metronome.engine import CARD as METRONOME
from swarm.voice.settings import check_settings

if TYPE_CHECKING:  # an engine's interface speaks of numpy, which a card does not need
    from swarm.voice.engine import Engine

GROUP = "e2a_swarm.engines"
_FEW = 10  # voices that a sentence names
BUILT_IN = (HIBARI, ESPEAK, METRONOME)  # they speak as soon as e2a-swarm is installed
KNOWN = (*BUILT_IN, COQUI)


def all_cards() -> tuple[EngineCard, ...]:
    """The cards of every engine that can be loaded here, the built-in ones first."""
    cards = list(KNOWN if is_installed() else BUILT_IN)
    for name in engine_targets():
        if name not in TARGETS:
            with contextlib.suppress(EnvironmentFault):  # one broken package takes nothing from the others
                cards.append(find_card(name))
    return tuple(cards)


def find_card(name: str) -> EngineCard:
    """The card of an engine by its name. Raises UsageError, EnvironmentFault."""
    for card in KNOWN:
        if card.name == name:
            return card
    return find_engine(name).card


def recipe_card(recipe: Recipe) -> EngineCard:
    """The card of what a recipe speaks with: of its model, where its engine has several. Raises UsageError."""
    return model_card(recipe.model) if recipe.engine == COQUI.name else find_card(recipe.engine)


def fetch_line(recipe: Recipe) -> str:
    """The command that brings a recipe's model to a worker; "" where its engine or the job brings it."""
    listed = recipe.engine == COQUI.name and not recipe.model.startswith(CUSTOM)
    return f"e2a-swarm models fetch {recipe.model}" if listed else ""


def engine_targets() -> dict[str, str]:
    """Where each engine is, as "module:object", by name."""
    found = {entry.name: entry.value for entry in entry_points(group=GROUP)}
    return TARGETS | found | TARGETS  # a checkout need not be installed; nothing takes a built-in engine's name


def engine_target(name: str) -> str:
    """Where an engine is, as "module:object". Raises UsageError."""
    targets = engine_targets()
    if name in targets:
        return targets[name]
    models = ", ".join(COQUI_ENGINES)
    raise UsageError(f"There is no engine {name!r}. Here are: {', '.join(targets)}, and with Coqui's models {models}.")


def find_engine(name: str) -> "Engine":
    """The engine itself, its module imported but no model loaded. Raises UsageError, EnvironmentFault."""
    target = engine_target(name)
    try:
        return load_engine(target)
    except Exception as fault:  # somebody else's package
        raise EnvironmentFault(f"The engine {name} ({target}) cannot be loaded here: {fault}.") from fault


def load_engine(target: str) -> "Engine":
    """The engine at "module:object". Raises ImportError, AttributeError."""
    module, _, name = target.partition(":")
    engine: Engine = getattr(importlib.import_module(module), name)
    return engine


def default_engine(language: str) -> str:
    """The engine for a language when none is asked for."""
    return "hibari" if language == "en" else "espeak"


def check_speaks(card: EngineCard, language: str) -> None:
    """Raises UsageError, naming engines that would do, when an engine does not speak a language."""
    if card.speaks(language):
        return
    others = [other.name for other in BUILT_IN if language in other.languages]
    others = [*(engines_for(language) if card.name == COQUI.name else ()), *others]
    advice = f"take --tts-engine {' or '.join(others)}" if others else "no engine here does"
    spoken = ", ".join(language_name(code) for code in card.languages[:3])
    only = (
        f"speaks {spoken} only, not {language_name(language)}"
        if len(card.languages) <= 3
        else f"does not speak {language_name(language)}"
    )
    raise UsageError(f"{card.title} {only}: {advice}.")


def find_voice(card: EngineCard, language: str, name: str = "") -> VoiceCard:
    """A voice of an engine by its name, else the engine's default for the language. Raises UsageError."""
    fitting = card.voices_for(language)
    wanted = name.strip().lower().replace("_", "-")
    if name.startswith(CLONE):
        if not card.clones:
            raise UsageError(f"{card.title} does not speak like a recording: take --tts-engine xtts.")
        return VoiceCard(name, "*")
    for voice in fitting if not wanted else card.voices:
        if wanted in ("", voice.name.lower().replace("_", "-")):
            if voice not in fitting:
                raise UsageError(
                    f"The voice {voice.name} of {card.title} speaks {language_name(voice.language)}, not "
                    f"{language_name(language)}; for that there {_list(fitting)}. Or give the book's --language."
                )
            return voice
    if card.any_voice:
        return VoiceCard(name.strip(), "*")
    owners = [other.name for other in BUILT_IN if any(wanted == voice.name.lower() for voice in other.voices)]
    if owners:
        raise UsageError(f"{card.title} has no voice {name!r}; {owners[0]} has it: --tts-engine {owners[0]}.")
    raise UsageError(
        f"{card.title} has no voice {name!r}; for {language_name(language)} there {_list(fitting)}"
        f"{f' (`e2a-swarm voices --language {language}` lists all)' * (len(fitting) > _FEW)}."
    )


def _list(voices: tuple[VoiceCard, ...]) -> str:
    names = ", ".join(voice.name for voice in voices[:_FEW]) or "none"
    return ("is " if len(voices) < 2 else "are ") + names + " ..." * (len(voices) > _FEW)


def choose_recipe(
    language: str,
    *,
    engine: str = "",
    model: str = "",
    config: Mapping[str, object] | None = None,
    voice: str = "",
    speed: float = 1.0,
    options: dict[str, str] | None = None,
) -> Recipe:
    """How a book is to sound: what the user asked for, the rest by default. Raises UsageError.

    `language` is the book's or the one asked for; "" for `engine`, `model` and `voice` leaves the choice to us.
    `model` is a name of Coqui's list, or "custom:" and a digest; then `config` is what its config.json says.
    """
    code = normal_language(language)
    card, model = choose_card(engine, model, code, config)
    check_speaks(card, code)
    asked = ({"speed": f"{speed:g}"} if speed != 1.0 else {}) | (options or {})
    return Recipe(
        engine=card.name,
        voice=find_voice(card, code, voice).name,
        language=code,
        model=model,
        settings=check_settings(card, asked),
    )


def choose_card(
    engine: str, model: str, language: str, config: Mapping[str, object] | None = None
) -> tuple[EngineCard, str]:
    """The card of the engine and model asked for, and the model's name; "" where the engine has one only.

    Raises UsageError.
    """
    if is_coqui(engine) or (model and not engine):
        chosen = model if model.startswith(CUSTOM) else choose_model(engine, language, model)
        return model_card(chosen, config), chosen
    card = find_card(engine or default_engine(language))
    if model and not (card.custom and model.startswith(CUSTOM)):
        option = "--custom-model" if model.startswith(CUSTOM) else "--fine-tuned"
        raise UsageError(f"{card.title} has one model only: leave out {option}, or take --tts-engine xtts.")
    return card, model


def better_voices_line(card: EngineCard, language: str) -> str:
    """What to tell a user whose book is spoken by espeak for want of better; "" when there is nothing to tell."""
    if card.name != "espeak":
        return ""
    if language == "en":
        return "espeak speaks English robotically; better: --tts-engine hibari."
    line = f"espeak speaks {language_name(language)} robotically"
    if language == "ja":
        line += ", reads kana only and says “Chinese letter” for every kanji"
    if language not in XTTS_LANGUAGES:
        return line + "; no better voice is known here."
    return f"{line}; far better, on a machine with a GPU: --tts-engine xtts."
