"""Finds engines, models and voices by the user's words, and makes the recipe of a book from them.

It tells before any book is read whether a voice that a user asked for can be one, and the device that a model is for.
"""

import difflib
import importlib
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import cast

from swarm.book.model.language_code import language_name, normal_language
from swarm.errors import EngineUnknown, EnvironmentFault, SwarmError, UsageError
from swarm.job.card import EngineCard, VoiceCard
from swarm.job.spec import CLONE, CUSTOM, Recipe, Setting
from swarm.voice.built_in import BUILT_IN, registered
from swarm.voice.engine import Engine, FetchedEngine
from swarm.voice.host.choice import better_line, quality_of, usable
from swarm.voice.host.foreign import OfferedEngine, check_foreign, housed_engines
from swarm.voice.model_download import RemoteModel, check_reach
from swarm.voice.recipe_check import check_settings

GROUP = "e2a_swarm.engines"
MAX_NAMED = 10  # voices in one sentence
_OFFERED: dict[str, OfferedEngine] = {}  # engines of other machines that this process was told of, by name


def learn(engine: OfferedEngine) -> None:
    """Let this process know an engine that other machines offer. An engine that is installed here goes first."""
    _OFFERED[engine.card.name] = engine


def offered_engines() -> tuple[Engine, ...]:
    """Return the engines that other machines offer and this one has not installed."""
    here = engine_targets()
    return tuple(engine for name, engine in _OFFERED.items() if name not in here)


def engine_targets() -> dict[str, str]:
    """Return the "module:object" of each engine by its name, the built-in engines first."""
    from importlib.metadata import entry_points  # takes 15 ms, which `--help` saves

    found = {name: each.target for name, each in housed_engines().items()} | registered(entry_points, GROUP, *sys.path)
    return BUILT_IN | {name: target for name, target in found.items() if name not in BUILT_IN}


def engine_target(name: str) -> str:
    """Return the "module:object" of an engine. Raises EngineUnknown."""
    target = BUILT_IN.get(name) or engine_targets().get(name)
    if target is None:
        known = dict.fromkeys((*engine_targets(), *_OFFERED))
        raise EngineUnknown(
            f"There is no engine {name!r}. The engines here are: {', '.join(map(_with_aliases, known))}."
        )
    return target


def _with_aliases(name: str) -> str:
    """Return an engine's name, followed by its aliases if the engine loads."""
    aliases = next((engine.aliases for engine in all_engines() if engine.card.name == name), ())
    return f"{name} (with models {', '.join(aliases)})" if aliases else name


def load_engine(target: str) -> Engine:
    """Return the engine at "module:object". A third-party package may raise any Exception.

    Its SystemExit becomes an ImportError.
    """
    module, _, name = target.partition(":")
    try:
        engine = getattr(importlib.import_module(module), name)
        return cast(Engine, engine) if target in BUILT_IN.values() else check_foreign(engine)
    except SystemExit as fault:
        raise ImportError(f"it ended the process with code {fault.code}") from fault


def find_engine(name: str) -> Engine:
    """Import an engine by its name, without loading a model; of other machines' engines only the cards are known.

    Raises EngineUnknown, EnvironmentFault.
    """
    if name in _OFFERED and name not in engine_targets():
        return _OFFERED[name]
    target = engine_target(name)
    if (housed := housed_engines().get(name)) and housed.target == target:
        return housed
    try:
        engine = load_engine(target)
    except Exception as fault:  # a third-party package may raise anything
        raise EnvironmentFault(f"The engine {name} ({target}) cannot be loaded here: {fault}.") from fault
    if engine.card.name != name:
        raise EnvironmentFault(
            f"The engine {name} ({target}) cannot be used here: its card has the name {engine.card.name!r}. "
            "Its package must register it under that name."
        )
    return engine


def built_in_engines() -> tuple[Engine, ...]:
    """Return the engines that come with e2a-swarm, even those that cannot be opened here."""
    return tuple(map(load_engine, BUILT_IN.values()))


def all_engines() -> tuple[Engine, ...]:
    """Return every engine that can be imported here, the built-in ones first, then those that other machines offer."""
    names = dict.fromkeys((*engine_targets(), *_OFFERED))
    return tuple(engine for engine in map(_load_quietly, names) if engine is not None)


def _load_quietly(name: str) -> Engine | None:
    try:
        return find_engine(name)
    except EnvironmentFault:  # a broken package must not hide the other engines
        return None


def lack_of(name: str) -> str:
    """Return why neither this machine nor one of the last days can speak with an engine; "" if one can."""
    if name in _OFFERED or any(engine.card.name == name for engine in installed_engines()):
        return ""
    return f"{name} is not installed on this machine, and no machine of the swarm offers it"


def check_at_hand(recipe: Recipe) -> None:
    """Check that this machine can speak by a recipe, before anything is begun. Raises EnvironmentFault."""
    engine = find_engine(recipe.engine)
    if not engine.is_installed():
        raise EnvironmentFault(f"{engine.card.title} is not on this machine: {engine.card.install}.")
    if remote := engine.remote_model(recipe):
        check_reach(remote)


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
    """Return the estimated seconds of sound of so many characters under a recipe, without pauses."""
    return find_engine(recipe.engine).estimate_s(recipe, characters)


def fetch_line(recipe: Recipe) -> str:
    """Return the command that fetches a recipe's model; "" if the model comes with the engine or with the job."""
    fetched = not recipe.model.startswith(CUSTOM) and recipe.model and find_engine(recipe.engine).models()
    return f"e2a-swarm models fetch {recipe.model}" if fetched else ""


def custom_files() -> tuple[str, ...]:
    """Return the file names that custom models of any engine may have, besides config.json and weights."""
    return tuple(dict.fromkeys(name for engine in all_engines() for name in engine.custom_files))


def custom_fault(config: Mapping[str, object], files: Collection[str]) -> str:
    """Return what a custom model lacks for its engine; "" if it is complete."""
    return next(filter(None, (engine.custom_fault(config, files) for engine in all_engines())), "")


def install_line(engine: str) -> str:
    """Return the command that installs an engine on this machine; "" if nothing is known of it here."""
    return next((known.card.install for known in all_engines() if known.card.name == engine), "")


def install_hint(engine: str) -> str:
    """Return the command that installs an engine, or tells how to, on any machine of the swarm.

    The line for an engine of our own may differ from machine to machine, so `doctor` prints it there.
    """
    differs = engine in BUILT_IN and install_line(engine) and not find_engine(engine).requirements
    return "e2a-swarm doctor" if differs else install_line(engine)


def gpu_install_line() -> str:
    """Return the command that installs an engine for GPUs."""
    return next(card.install for card in (engine.card for engine in all_engines()) if card.device == "gpu")


def engine_for(word: str) -> Engine:
    """Return the engine that a word of --tts-engine means. Raises UsageError, EnvironmentFault."""
    if word not in BUILT_IN and word not in engine_targets():
        for engine in all_engines():
            if engine.answers_to(word):
                return engine
    return find_engine(word)


def default_engine(language: str) -> str:
    """Return the word of --tts-engine for a language if the user gave none: the best that can speak at once.

    If nothing can speak, it is the engine with the most languages.
    """
    found = usable(all_engines(), language, ())
    most = max((engine.card for engine in built_in_engines()), key=lambda card: len(card.languages))
    return found[0].word if found else most.name


def default_words(language: str, offered: Collection[str] = ()) -> tuple[str, ...]:
    """Return every word that could be the default for a language, the best first."""
    return tuple(each.word for each in usable(all_engines(), language, offered)) or (default_engine(language),)


def find_model(word: str, language: str) -> tuple[Engine, str]:
    """Return the engine and model that a word of --tts-engine or a model's name means. Raises UsageError."""
    able = [engine for engine in all_engines() if engine.models()]
    for engine in able:
        if engine.answers_to(word.lower()):
            return engine, engine.find_model(word, language)
    if any(engine.answers_to(word.lower()) for engine in all_engines()):
        raise UsageError(f"{word} needs no download: its voices come with it.")
    faults = []
    for engine in able:
        try:
            return engine, engine.find_model(word, language)
        except UsageError as fault:
            faults.append(fault)
    for engine in able:
        for voice in engine.card_for("").voices:
            if plain_name(voice.name) == plain_name(word) and (model := engine.model_of_voice(voice.name)):
                return engine, model
    if len(faults) == 1:
        raise faults[0]
    words = sorted({each for engine in able for model in engine.models() for each in (model.engine, model.name)})
    near = difflib.get_close_matches(word, words, n=1)
    meant = f" (did you mean {near[0]}?)" if near else ""
    raise UsageError(f"No engine here has a model {word[:100]!r}{meant}: `e2a-swarm models --all` lists them all.")


def find_voice_files(word: str) -> RemoteModel | None:
    """Return the files of a voice that is no model of its own, by its name; None if no engine has such a voice."""
    for engine in all_engines():
        for voice in engine.card_for("").voices if isinstance(engine, FetchedEngine) else ():
            if plain_name(voice.name) == plain_name(word) and not engine.model_of_voice(voice.name):
                model = engine.choose_model(engine.card.name, voice.language)
                return engine.remote_model(Recipe(engine.card.name, voice.name, voice.language, model))
    return None


def check_speaks(card: EngineCard, language: str) -> None:
    """Raise UsageError if an engine does not speak a language; the sentence names engines that do."""
    if card.speaks(language):
        return
    others = [word for engine in _own_first(card, language) for word in engine.words_for(language)]
    spoken = ", ".join(language_name(code) for code in card.languages[:3])
    only = (
        f"speaks {spoken} only, not {language_name(language)}"
        if len(card.languages) <= 3
        else f"does not speak {language_name(language)}"
    )
    if not others:
        raise UsageError(
            f"No engine on this machine speaks {language_name(language)}: `--language CODE` reads a book as another "
            "language, and `e2a-swarm voices` lists those that are spoken."
        )
    raise UsageError(f"{card.title} {only}: {use_line(others)}.")


def _own_first(card: EngineCard, language: str) -> Iterator[Engine]:
    """Yield the engine of a card, since it may have other models, then the engines that speak at once."""
    engines = all_engines()
    yield from (engine for engine in engines if engine.card.name == card.name)
    yield from (engine for engine in engines if engine.card.name != card.name and engine.is_ready(language))


def use_line(words: list[str]) -> str:
    """Return the end of a sentence that advises other engines, by their words; "" for none."""
    return f"use --tts-engine {' or '.join(words)}" if words else ""


def find_voice(card: EngineCard, language: str, name: str = "") -> VoiceCard:
    """Return a voice of an engine by its name, else the engine's default for the language. Raises UsageError."""
    if name.startswith(CLONE):
        if not card.clones:
            able = [usual_word(engine) for engine in all_engines() if engine.card.clones]
            raise UsageError(f"{card.title} cannot speak like a recording: {use_line(able)}.")
        return VoiceCard(name, "*")
    fitting = card.voices_for(language)
    for voice in fitting:
        if plain_name(name) in ("", plain_name(voice.name)):
            return voice
    if others := [voice for voice in card.voices if plain_name(name) == plain_name(voice.name)]:
        raise UsageError(
            f"The voice {others[0].name} of {card.title} speaks "
            f"{' and '.join(language_name(voice.language) for voice in others)}, not {language_name(language)}; "
            f"for that language there {_voice_list(fitting)}. Or set the book's --language."
        )
    if card.any_voice:
        return VoiceCard(name.strip(), "*")
    raise UsageError(_no_voice(card, language, name))


def _no_voice(card: EngineCard, language: str, name: str) -> str:
    """Return the error text for a voice that an engine does not have."""
    for engine in all_engines():
        if any(plain_name(name) == plain_name(voice.name) for voice in engine.card_for("").voices):
            owner = usual_word(engine)
            return f"{card.title} has no voice {name!r}; {owner} has it: --tts-engine {owner}."
    fitting = card.voices_for(language)
    more = f" (`e2a-swarm voices --language {language}` lists all)" if len(fitting) > MAX_NAMED else ""
    return f"{card.title} has no voice {name!r}; for {language_name(language)} there {_voice_list(fitting)}{more}."


def _check_names(card: EngineCard, asked: Iterable[str]) -> None:
    """Raise UsageError for a setting that another engine has, and name that engine."""
    known = {setting.name for setting in card.settings}
    for name in asked:
        able = [usual_word(engine) for engine in all_engines() if _has_setting(engine, name)]
        if name not in known and able:
            raise UsageError(f"{card.title} has no setting {name!r}: {use_line(able)}, or leave it out.")


def _has_setting(engine: Engine, name: str) -> bool:
    return any(setting.name == name for setting in engine.card_for("").settings)


def plain_name(name: str) -> str:
    """Return a voice's name as users may also write it: in small letters, with - for _."""
    return name.strip().lower().replace("_", "-")


def usual_word(engine: Engine) -> str:
    """Return the word of --tts-engine that means an engine."""
    return engine.words_for("")[0]


def _voice_list(voices: tuple[VoiceCard, ...]) -> str:
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
    """Return the recipe of a book: the user's choices, and defaults for the rest. Raises UsageError.

    `language` is the book's or the user's. An empty `engine`, `model` or `voice` stands for the default.
    `model` is a name that its engine knows, or "custom:" and a digest; then `config` is the content of its config.json.
    `settings` are numbers, truth values, or words that can be converted to them.
    """
    code, asked = normal_language(language), settings or {}
    if voice.startswith(CLONE) and not (engine or model):
        engine = next(usual_word(able) for able in all_engines() if able.card.clones)
    model = model or (engine_for(engine).model_of_voice(voice) if engine and voice else "")
    card, model = choose_card(engine, model, code, config)
    check_speaks(card, code)
    _check_names(card, asked)
    found = find_voice(card, code, voice)
    listed = found in card.voices or voice.startswith(CLONE)
    return Recipe(
        engine=card.name,
        voice=found.name if listed else find_engine(card.name).check_voice(found.name, code, model),
        language=code,
        model=model,
        settings=check_settings(card, asked),
    )


def choose_card(
    engine: str, model: str, language: str, config: Mapping[str, object] | None = None
) -> tuple[EngineCard, str]:
    """Return the card of the chosen engine and model, and the model's name; "" if the engine has only one model.

    Raises UsageError, EnvironmentFault.
    """
    named = engine or ("" if model else default_engine(language))
    chosen = engine_for(named) if named else _engine_of(model, language, config)
    if model and not _may_have_model(chosen, model, config):
        option = "--custom-model" if model.startswith(CUSTOM) else "--fine-tuned"
        able = [usual_word(other) for other in all_engines() if _may_have_model(other, model, config)]
        raise UsageError(f"{chosen.card.title} has only one model: leave out {option}, or {use_line(able)}.")
    name = model if model.startswith(CUSTOM) else chosen.choose_model(engine, language, model)
    return chosen.card_for(name, config), name


def _may_have_model(engine: Engine, model: str, config: Mapping[str, object] | None) -> bool:
    """Tell whether an engine loads custom models, if the model is one, or else has models to choose from."""
    if model.startswith(CUSTOM):
        return engine.card.custom and (not config or engine.loads_custom(config))
    return engine.card.any_model or bool(engine.models())


def _engine_of(model: str, language: str, config: Mapping[str, object] | None) -> Engine:
    """Return the engine of a model if the user named none: the first that knows it, else the first that may have it."""
    able = [engine for engine in all_engines() if _may_have_model(engine, model, config) and not engine.card.any_model]
    for engine in able if not model.startswith(CUSTOM) else ():
        try:
            engine.choose_model("", language, model)
        except UsageError:
            continue
        return engine
    return able[0]


def better_voices_line(card: EngineCard, language: str) -> str:
    """Return a line that tells what would sound better than an engine, and how to get it; "" if it sounds natural."""
    return better_line(all_engines(), card, language)


def pace_line(card: EngineCard, language: str) -> str:
    """Return a line that tells the pace of a default engine whose model is here, and a quicker engine; else ""."""
    if quality_of(card, language) != "natural" or not find_engine(card.name).choose_model(card.name, language):
        return ""
    others = [each.word for each in usable(all_engines(), language) if not each.model]
    quicker = f"; quicker: --tts-engine {others[0]}" if others else ""
    return f"{card.title} speaks {language_name(language)}: {card.about}{quicker}."


def check_asked_voice(voice: str, *, engine: str = "", model: str = "", language: str = "") -> None:
    """Raise UsageError for a voice that speaks no language, as far as engines are known here.

    Without an engine's name any engine may have it, since another one may be the default when a book is read. An engine
    that is not known here passes: a worker may bring it.
    """
    try:
        able = (engine_for(engine),) if engine else all_engines()
    except (UsageError, EnvironmentFault):
        return
    cards = [each.card_for("") for each in able]
    if engine and cards[0].any_model:
        return  # only its server knows the voices
    if not (engine and language) and any(map(plain_name(voice).__eq__, _listed(cards))):
        return
    faults = list[str]()
    for code in [language] if language else _languages(cards):
        try:
            choose_recipe(code, engine=engine, model=model, voice=voice)
            return
        except EnvironmentFault:
            return
        except UsageError as fault:
            faults.append(str(fault))
    if engine or language:
        raise UsageError(faults[0])
    raise UsageError(f"No engine known here has a voice {voice!r} in any language: `e2a-swarm voices` lists all.")


def _listed(cards: list[EngineCard]) -> list[str]:
    return [plain_name(voice.name) for card in cards for voice in card.voices]


def _languages(cards: list[EngineCard]) -> list[str]:
    """Return the languages of engines, English first: of it the sentence tells, if there is nothing better to name."""
    codes = {code for card in cards for code in card.languages} - {"*"}
    return sorted(codes or {"en"}, key=lambda code: (code != "en", code))


def device_of(recipe: Recipe) -> str:
    """Return the kind of device that a recipe's model computes on; "any" if its card is not known here."""
    try:
        return recipe_card(recipe).device
    except SwarmError:
        return "any"


def is_repeatable(recipe: Recipe) -> bool:
    """Return whether a take of a recipe sounds the same on every machine: its engine does not sample."""
    try:
        return recipe_card(recipe).takes == 1
    except SwarmError:
        return False
