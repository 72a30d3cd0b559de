"""The engines that there are, which of them the user means, and the recipe that follows."""

import importlib
from collections.abc import Collection, Iterator, Mapping

from swarm.errors import EnvironmentFault, UsageError
from swarm.job.card import EngineCard, VoiceCard
from swarm.job.language import language_name, normal_language
from swarm.job.recipe import CLONE, CUSTOM, Recipe, Setting
from swarm.voice.built_in import BUILT_IN
from swarm.voice.engine import Engine
from swarm.voice.settings import check_settings

GROUP = "e2a_swarm.engines"
MAX_NAMED = 10  # voices that a sentence names


def engine_targets() -> dict[str, str]:
    """Return where each engine is, as "module:object", by name, the built-in ones first."""
    from importlib.metadata import entry_points  # 15 ms, which `--help` does without

    found = {entry.name: entry.value for entry in entry_points(group=GROUP)}
    return BUILT_IN | {name: target for name, target in found.items() if name not in BUILT_IN}


def engine_target(name: str) -> str:
    """Return where an engine is, as "module:object". Raises UsageError."""
    target = BUILT_IN.get(name) or engine_targets().get(name)
    if target is None:
        raise UsageError(f"There is no engine {name!r}. Here are: {', '.join(map(_with_aliases, engine_targets()))}.")
    return target


def _with_aliases(name: str) -> str:
    """Return an engine's name with the other words that mean it, where it is one that loads."""
    aliases = next((engine.aliases for engine in all_engines() if engine.card.name == name), ())
    return f"{name} (with models {', '.join(aliases)})" if aliases else name


def load_engine(target: str) -> Engine:
    """Return the engine at "module:object". Raises ImportError, AttributeError, TypeError."""
    module, _, name = target.partition(":")
    engine = getattr(importlib.import_module(module), name)
    if not isinstance(engine, Engine):
        raise TypeError("it is no swarm.voice.engine.Engine")
    return engine


def find_engine(name: str) -> Engine:
    """Return an engine by its name, its module imported but no model loaded. Raises UsageError, EnvironmentFault."""
    target = engine_target(name)
    try:
        return load_engine(target)
    except Exception as fault:  # a foreign package may raise any exception
        raise EnvironmentFault(f"The engine {name} ({target}) cannot be loaded here: {fault}.") from fault


def built_in_engines() -> tuple[Engine, ...]:
    """Return the engines that come with e2a-swarm, whether they could be opened here or not."""
    return tuple(map(load_engine, BUILT_IN.values()))


def all_engines() -> tuple[Engine, ...]:
    """Return every engine whose package imports here, the built-in ones first."""
    return tuple(engine for engine in map(_load_quietly, engine_targets()) if engine is not None)


def _load_quietly(name: str) -> Engine | None:
    try:
        return find_engine(name)
    except EnvironmentFault:  # one broken package takes nothing from the others
        return None


def installed_engines() -> tuple[Engine, ...]:
    """Return every engine that can be opened here, the built-in ones first."""
    return tuple(engine for engine in all_engines() if engine.is_installed())


def find_card(name: str) -> EngineCard:
    """Return the card of an engine by its name. Raises UsageError, EnvironmentFault."""
    return find_engine(name).card


def recipe_card(recipe: Recipe) -> EngineCard:
    """Return the card of the model that a recipe names, or of its engine. Raises UsageError, EnvironmentFault."""
    return find_engine(recipe.engine).card_for(recipe.model)


def estimate_s(recipe: Recipe, characters: int) -> float:
    """Return how many seconds of sound a text of so many characters takes under a recipe, without pauses."""
    return find_engine(recipe.engine).estimate_s(recipe, characters)


def fetch_line(recipe: Recipe) -> str:
    """Return the command that brings a recipe's model to a worker; "" where its engine or the job brings it."""
    fetched = not recipe.model.startswith(CUSTOM) and recipe.model and find_engine(recipe.engine).models()
    return f"e2a-swarm models fetch {recipe.model}" if fetched else ""


def custom_files() -> tuple[str, ...]:
    """Return the names of the files that an engine may want of a custom model, besides config.json and weights."""
    return tuple(dict.fromkeys(name for engine in all_engines() for name in engine.custom_files))


def custom_fault(config: Mapping[str, object], files: Collection[str]) -> str:
    """Return what a custom model lacks for the engine that its config is of; "" where nothing is missing."""
    return next(filter(None, (engine.custom_fault(config, files) for engine in all_engines())), "")


def gpu_install_line() -> str:
    """Return the command that installs an engine that computes on GPUs."""
    return next(card.install for card in (engine.card for engine in all_engines()) if card.device == "gpu")


def engine_for(word: str) -> Engine:
    """Return the engine that a word of --tts-engine means. Raises UsageError, EnvironmentFault."""
    if word not in BUILT_IN and word not in engine_targets():
        for engine in all_engines():
            if engine.answers_to(word):
                return engine
    return find_engine(word)


def default_engine(language: str) -> str:
    """Return the word of --tts-engine for a language when none is said: a built-in engine that names the language."""
    cards = [engine.card for engine in built_in_engines()]
    named = [card for card in cards if language in card.languages]
    return (named or sorted(cards, key=lambda card: -len(card.languages)))[0].name


def find_model(word: str, language: str) -> tuple[Engine, str]:
    """Return the engine and model that a word means, or a model's own name. Raises UsageError."""
    able = [engine for engine in all_engines() if engine.models()]
    for engine in able:
        if engine.answers_to(word.lower()):
            return engine, engine.find_model(word, language)
    faults = []
    for engine in able:
        try:
            return engine, engine.find_model(word, language)
        except UsageError as fault:
            faults.append(fault)
    raise (
        faults[0]
        if len(faults) == 1
        else UsageError(f"No engine here has a model {word[:100]!r}: `e2a-swarm models` lists those there are.")
    )


def check_speaks(card: EngineCard, language: str) -> None:
    """Raise UsageError, naming engines that would do, when an engine does not speak a language."""
    if card.speaks(language):
        return
    others = [word for engine in _own_first(card) for word in engine.words_for(language)]
    spoken = ", ".join(language_name(code) for code in card.languages[:3])
    only = (
        f"speaks {spoken} only, not {language_name(language)}"
        if len(card.languages) <= 3
        else f"does not speak {language_name(language)}"
    )
    raise UsageError(f"{card.title} {only}: {_take(others) or 'no engine here does'}.")


def _own_first(card: EngineCard) -> Iterator[Engine]:
    """Yield the engine of a card, which may have other models, then the engines that need no download."""
    engines = all_engines()
    yield from (engine for engine in engines if engine.card.name == card.name)
    yield from (engine for engine in engines if engine.card.name != card.name and not engine.models())


def _take(words: list[str]) -> str:
    return f"take --tts-engine {' or '.join(words)}" if words else ""


def find_voice(card: EngineCard, language: str, name: str = "") -> VoiceCard:
    """Return a voice of an engine by its name, else the engine's default for the language. Raises UsageError."""
    if name.startswith(CLONE):
        if not card.clones:
            able = [_usual_word(engine) for engine in all_engines() if engine.card.clones]
            raise UsageError(f"{card.title} does not speak like a recording: {_take(able)}.")
        return VoiceCard(name, "*")
    fitting = card.voices_for(language)
    for voice in fitting if not name.strip() else card.voices:
        if _plain(name) in ("", _plain(voice.name)):
            if voice not in fitting:
                raise UsageError(
                    f"The voice {voice.name} of {card.title} speaks {language_name(voice.language)}, not "
                    f"{language_name(language)}; for that there {_list(fitting)}. Or give the book's --language."
                )
            return voice
    if card.any_voice:
        return VoiceCard(name.strip(), "*")
    raise UsageError(_no_voice(card, language, name))


def _no_voice(card: EngineCard, language: str, name: str) -> str:
    """Return the error text for a voice that an engine does not have."""
    for engine in all_engines():
        if any(_plain(name) == _plain(voice.name) for voice in engine.card_for("").voices):
            owner = _usual_word(engine)
            return f"{card.title} has no voice {name!r}; {owner} has it: --tts-engine {owner}."
    fitting = card.voices_for(language)
    more = f" (`e2a-swarm voices --language {language}` lists all)" if len(fitting) > MAX_NAMED else ""
    return f"{card.title} has no voice {name!r}; for {language_name(language)} there {_list(fitting)}{more}."


def _plain(name: str) -> str:
    return name.strip().lower().replace("_", "-")


def _usual_word(engine: Engine) -> str:
    return engine.words_for("")[0]


def _list(voices: tuple[VoiceCard, ...]) -> str:
    names = ", ".join(voice.name for voice in voices[:MAX_NAMED]) or "none"
    more = " ..." if len(voices) > MAX_NAMED else ""
    return f"{'is' if len(voices) < 2 else 'are'} {names}{more}"


def choose_recipe(
    language: str,
    *,
    engine: str = "",
    model: str = "",
    config: Mapping[str, object] | None = None,
    voice: str = "",
    settings: Mapping[str, Setting] | None = None,
) -> Recipe:
    """Return how a book is to sound: what the user asked for, the rest by default. Raises UsageError.

    `language` is the book's or the one asked for; "" for `engine`, `model` and `voice` leaves the choice to us.
    `model` is a name that its engine knows, or "custom:" and a digest; then `config` is what its config.json says.
    `settings` are numbers, truth values, or words that the engine's card reads as such.
    """
    code = normal_language(language)
    if voice.startswith(CLONE) and not (engine or model):
        engine = next(_usual_word(able) for able in all_engines() if able.card.clones)
    card, model = choose_card(engine, model, code, config)
    check_speaks(card, code)
    return Recipe(
        engine=card.name,
        voice=find_voice(card, code, voice).name,
        language=code,
        model=model,
        settings=check_settings(card, settings or {}),
    )


def choose_card(
    engine: str, model: str, language: str, config: Mapping[str, object] | None = None
) -> tuple[EngineCard, str]:
    """Return the card of the engine and model asked for, and the model's name; "" where the engine has one only.

    Raises UsageError, EnvironmentFault.
    """
    chosen = _engine_of(model, language) if model and not engine else engine_for(engine or default_engine(language))
    if model and not _takes(chosen, model):
        option = "--custom-model" if model.startswith(CUSTOM) else "--fine-tuned"
        able = [_usual_word(other) for other in all_engines() if _takes(other, model)]
        raise UsageError(f"{chosen.card.title} has one model only: leave out {option}, or {_take(able)}.")
    name = model if model.startswith(CUSTOM) else chosen.choose_model(engine, language, model)
    return chosen.card_for(name, config), name


def _takes(engine: Engine, model: str) -> bool:
    """Tell whether an engine could know a model: a custom one, or one of several."""
    return engine.card.custom if model.startswith(CUSTOM) else bool(engine.models())


def _engine_of(model: str, language: str) -> Engine:
    """Return the engine of a model if none is named: the first that knows it, else the first that could."""
    able = [engine for engine in all_engines() if _takes(engine, model)]
    for engine in able if not model.startswith(CUSTOM) else ():
        try:
            engine.choose_model("", language, model)
        except UsageError:
            continue
        return engine
    return able[0]


def better_voices_line(card: EngineCard, language: str) -> str:
    """Return what to tell a user whose book is spoken badly for want of better; "" when there is nothing to tell."""
    if not (fault := card.fault(language)):
        return ""
    line = f"{card.title} speaks {language_name(language)} {fault}"
    better = [engine for engine in built_in_engines() if language in engine.card.natural]
    if not better:
        return f"{line}; no better voice is known here."
    word, needs_gpu = better[0].words_for(language)[0], better[0].card.device == "gpu"
    return f"{line}; {'far better, on a machine with a GPU' if needs_gpu else 'better'}: --tts-engine {word}."
