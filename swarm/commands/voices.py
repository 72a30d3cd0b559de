"""`e2a-swarm voices`: list the engines, languages and voices of this machine, and let them be heard."""

import argparse
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import msgspec

from swarm.book.any_file import read_book
from swarm.book.model.book import Book
from swarm.book.model.language_code import language_name, normal_language
from swarm.book.speech.script import make_script
from swarm.commands.machine_config import place_engines
from swarm.commands.output import say, say_json, show_progress, warn
from swarm.commands.preview import speak_samples
from swarm.config import state_folder
from swarm.coordinator.seen_engines import SeenEngines, read_speeds
from swarm.errors import EXIT_DONE, EXIT_ENVIRONMENT, EnvironmentFault, UsageError
from swarm.job.card import EngineCard, ModelCard, VoiceCard
from swarm.job.spec import Recipe
from swarm.system.platform import run_loop
from swarm.system.text import bytes_text
from swarm.voice.engine import Engine
from swarm.voice.host.choice import QUALITIES, downloads, how_to_get, own_choice, recommendations
from swarm.voice.host.default_voice import coming_word
from swarm.voice.host.registry import (
    all_engines,
    better_voices_line,
    check_speaks,
    choose_recipe,
    default_engine,
    engine_for,
    engine_targets,
    find_card,
    find_engine,
    installed_engines,
    lack_of,
    offered_engines,
)

MAX_SETTINGS = 6  # an engine with more does not tell their values without --all
MAX_NAMES_CHARS = 46  # characters of names on one line
MAX_ROWS = 4  # voices that have a line each without --all
HEADING, SAMPLED = 1, 3  # segments of a heading, and those that a sample says
MAX_LISTED = 8  # voices or languages of an engine that are listed without --all


class Row(NamedTuple):
    """What is told of one engine."""

    engine: "Engine"
    card: "EngineCard"  # the default model's card
    is_default: bool = False  # for the language that was asked for
    quality: str = ""  # "" if the quality in that language is not known
    first: str = ""  # the command that it needs before it speaks here
    offered: bool = False  # a worker of the last days offers it
    realtime: float = 0.0  # the swarm's own measurement; 0 if there is none
    download: int = 0  # bytes that a machine without it downloads for the language
    licence: str = ""

    @property
    def facts(self) -> str:
        """The facts in one line: quality, licence, speed, what it needs first."""
        usual = f"{self.card.realtime:g}x real time on a core" if self.card.realtime else ""
        speed = f"{self.realtime:.3g}x real time on this swarm" if self.realtime else usual
        size = bytes_text(self.download) if self.download else ""
        offered = "offered by a worker" if self.offered else ""
        first = f"first: {self.first}" if self.first else ""
        if self.is_default and first:
            first = "fetched by itself before the first book"
        return "; ".join(filter(None, (self.quality, self.licence, speed, size, offered, first)))


def run(arguments: argparse.Namespace) -> int:
    """Print the engines or write samples; return the exit code. Raises UsageError, StoreError."""
    language = normal_language(arguments.language) if arguments.language else ""
    place_engines(arguments)
    if arguments.listen:
        return _listen(arguments, language)
    if arguments.text or arguments.book:
        raise UsageError(
            f"{'--text' if arguments.text else '--book'} is for samples: name a voice with --listen, or all."
        )
    folder = state_folder(arguments.state_dir)
    seen = SeenEngines(folder)
    engines, broken = _engines()
    rows = _rows(engines, language, seen.words(language) if language else set(), read_speeds(folder))
    if arguments.tts_engine:
        only = engine_for(arguments.tts_engine.strip().lower()).card.name
        rows, broken = [row for row in rows if row.engine.card.name == only], {}
    if language:
        _check_spoken(rows, language)
    if arguments.json:
        say_json(_as_json(rows, broken, language))
    else:
        _print(rows, language, every=arguments.all)
        if not arguments.tts_engine:
            say(*_closing_lines(broken, language), hang=2)
    return EXIT_DONE


def _print(rows: list[Row], language: str, *, every: bool) -> None:
    if language and not every:
        rows = [row for row in rows if row.card.speech]  # a tone is in no language
    for row in rows:
        if row.engine.is_installed():
            say(*_lines(row, language, every=every), hang=2)
    for row in rows:
        if not row.engine.is_installed() and (row.offered or every):  # else its install line is enough
            say(*_away_lines(row, language, every=every), hang=2)


def _rows(engines: list[Engine], language: str, offered: set[str], speeds: Mapping[str, float]) -> list[Row]:
    """Return the rows of the engines that speak a language, or of all: those that speak at once first, by quality."""
    usual = engine_for(coming_word(language)).card.name if language else ""
    sure = [each for each in recommendations(engines, language) if each.is_sure] if language else []
    advice = {each.engine.card.name: each for each in reversed(sure)}
    rows = []
    for engine in engines:
        advised = advice.get(engine.card.name)
        cards = [advised.card] if advised else []
        # Each voice of some engines is a model of its own, which only the engine's card lists all.
        card = max((*cards, engine.card_for("")), key=lambda card: len(card.voices_for(language)))
        if language and not card.speaks(language):
            continue
        taken = advised or (own_choice(engine, language) if language else None)
        needs = how_to_get(taken, language) if taken else ""
        quality = advised.quality if advised else ""  # engines that are not recommended were never judged
        by_worker = advised is not None and advised.word in offered
        facts = quality, needs, by_worker, speeds.get(card.title, 0.0), taken.download(language) if taken else 0
        licence = (taken or engine).card.licence
        rows.append(Row(engine, card, card.name == usual, *facts, licence))
    ranks = {quality: place for place, quality in enumerate((*QUALITIES, ""))}
    return sorted(
        rows, key=lambda row: (not row.is_default, not row.engine.is_installed(), bool(row.first), ranks[row.quality])
    )


def _check_spoken(rows: list[Row], language: str) -> None:
    """Raise UsageError if no engine speaks a language."""
    if not any(row.card.speech for row in rows):
        check_speaks(find_card(default_engine(language)), language)


def _engines() -> tuple[list[Engine], dict[str, str]]:
    """Return the engines, also those that only workers have, and by name the reason why one does not load."""
    found, broken = [], {}
    for name in engine_targets():
        try:
            engine = find_engine(name)
            if engine.is_installed() or not engine.card.any_model:  # otherwise nothing is known of its voices
                found.append(engine)
        except EnvironmentFault as fault:
            broken[name] = str(fault)
    return [*found, *offered_engines()], broken


def _as_json(rows: list[Row], broken: dict[str, str], language: str) -> dict[str, object]:
    engines = [
        {
            "engine": row.card.name,
            "about": row.card.about,
            "device": row.card.device,
            "languages": row.card.languages,
            "installed": row.engine.is_installed(),
            "offered": row.offered or not lack_of(row.card.name),
            "voices": _voices_as_json(row, language),
            "settings": row.card.defaults,
            "setting_cards": row.card.settings,
            "licence": row.licence,
            "quality": row.quality,
            "default": row.is_default,
            "first": row.first,
            "realtime": row.realtime or None,
            "realtime_of_a_core": row.card.realtime or None,
            "download": row.download,
        }
        for row in rows
    ]
    missing = [{"engine": name, "about": why} for name, why in _missing().items()]
    return {"engines": engines, "broken": broken, "not_here": missing}


def _voices_as_json(row: Row, language: str) -> list[dict[str, object]]:
    """Return the voices of an engine, each with the model that has to be fetched for it, if one has."""
    voices = row.card.voices_for(language)
    lacking = downloads(row.engine, (voice.name for voice in voices), language) if row.engine.is_installed() else {}
    return [
        {name: value for name, value in msgspec.structs.asdict(voice).items() if name != "sound"}
        | {"description": voice.description, "fetch": lacking.get(voice.name)}
        for voice in voices
    ]


def _missing() -> dict[str, str]:
    """Return the names of engines that are not installed here, each with a line that tells how to install it."""
    away = [engine.card for engine in all_engines() if not engine.is_installed()]
    lacks = {True: "no server is named", False: "not installed here"}
    return {card.name: f"{lacks[card.any_model]}: {card.install or 'workers have it'}" for card in away}


def _lines(row: Row, language: str, *, every: bool) -> list[str]:
    """Return the lines of an engine that is installed here."""
    card = row.card
    default = " (default)" if row.is_default else ""
    lines = [f"{card.name}: {card.about}{default}"]
    if row.facts:
        lines.append(f"  {row.facts}")
    if not language:
        lines.append(f"  languages: {_languages(card, every=every)}")
    fitting = card.voices_for(language)
    away = downloads(row.engine, (voice.name for voice in fitting), language) if row.engine.is_installed() else {}
    lines += _voice_lines(fitting, language, {} if row.first else away, every=every)
    return [*lines, *_setting_lines(card, every=every)]


def _away_lines(row: Row, language: str, *, every: bool) -> list[str]:
    """Return the lines of an engine that is not installed here: only its name, unless everything was asked for."""
    if every:
        return _lines(row, language, every=True)
    facts = "; ".join(filter(None, (row.quality, row.licence, "offered by a worker" if row.offered else "")))
    return [f"{row.card.name}: {row.card.about}{f' ({facts})' if facts else ''}"]


def _setting_lines(card: EngineCard, *, every: bool) -> list[str]:
    """Return the settings of an engine with their defaults in one line, or a line for each that explains it."""
    if not every:
        told = [f"{name}={value}" for name, value in card.defaults.items()]
        settings = ", ".join(told) if 1 < len(told) <= MAX_SETTINGS else ""  # more of them are a list for --all
        return [f"  settings: {settings}; --all explains them"] if settings else []
    meanings = [", ".join(filter(None, (each.values, each.about))) for each in card.settings]
    return [
        f"  setting {each.name}={each.default}: {means}" for each, means in zip(card.settings, meanings, strict=True)
    ]


def _languages(card: EngineCard, *, every: bool) -> str:
    if "*" in card.languages:
        return "any language"
    if len(card.languages) > MAX_LISTED and not every:
        return f"{len(card.languages)}; --all lists them"
    return ", ".join(sorted(f"{language_name(code)} ({code})" for code in card.languages))


def _described(voice: VoiceCard, model: ModelCard | None) -> str:
    """Return a voice with what is known of it, and that it is a download if it is not here."""
    fetched = f" ({bytes_text(model.size)}, fetched when first used)" if model else ""
    return ": ".join(filter(None, (voice.name, voice.description))) + fetched


def _voice_lines(
    fitting: Sequence[VoiceCard], language: str, away: Mapping[str, ModelCard], *, every: bool
) -> list[str]:
    """Return a line for each voice, with the default of the language first and marked; many voices share a line.

    `away` has what is downloaded for those voices that are not here.
    """
    if every or (language and len(fitting) <= MAX_ROWS):
        names = [_described(voice, away.get(voice.name)) for voice in fitting]
        return [f"  {' ' if place else '*'} {name}" for place, name in enumerate(names)]
    if not language:
        few = ", ".join(voice.name for voice in fitting) if len(fitting) <= MAX_LISTED else ""
        return [f"  voices: {few or len(fitting)}; --language CODE or --all {'describes' if few else 'lists'} them"]
    gone = [voice.name for voice in fitting if voice.name in away][:MAX_LISTED]
    sizes = max((away[name].size for name in gone), default=0)
    told = [f"    fetched when first used ({bytes_text(sizes)} each): {', '.join(gone)}"] if gone else []
    fitting = [voice for voice in fitting if voice.name not in away]
    names = [voice.name for voice in fitting[:MAX_LISTED]]
    while len(", ".join(names)) > MAX_NAMES_CHARS and len(names) > 1:
        names.pop()
    more = f" and {len(fitting) - len(names)} more; --all lists them"
    return [f"  * {', '.join(names)}{more if len(names) < len(fitting) else '; --all describes them'}", *told]


def _closing_lines(broken: dict[str, str], language: str) -> list[str]:
    lines = [*broken.values(), *(f"{name}: {why}" for name, why in _missing().items())]
    if not language:
        return lines
    card = engine_for(coming_word(language)).card
    if not card.speaks(language):
        known = f"No engine is known to speak {language_name(language)}"
        return [*lines, f"{known}: a listed one takes any language, and may speak it or not."]
    return [*lines, *filter(None, [better_voices_line(card, language)])]


# --- samples


def _listen(arguments: argparse.Namespace, language: str) -> int:
    """Write samples into the current folder; return the exit code. Raises UsageError, StoreError."""
    text = " ".join(arguments.text.split())
    if arguments.book:
        book = read_book(Path(arguments.book).expanduser(), None)
        language = language or normal_language(book.language)
        text = text or _opening(book, language)
    recipes = _recipes(arguments.listen, arguments.tts_engine.lower(), language)
    made: list[str] = []
    silent: dict[str, list[str]] = {}  # engine -> voices that cannot be heard, and why

    async def speak() -> None:
        async for recipe, result in speak_samples(recipes, text, Path(), show_progress):
            show_progress("")
            if isinstance(result, Path):
                made.append(str(result))
                if not arguments.json:
                    best = ", recommended" if len(recipes) > 1 and recipe is recipes[0] else ""
                    say(f"{recipe.engine}, {recipe.voice}{best}: {result}")
            elif len(recipes) == 1:
                raise EnvironmentFault(f"{recipe.voice} of {recipe.engine} cannot be heard: {result}")
            else:
                silent.setdefault(recipe.engine, [result]).append(recipe.voice)

    run_loop(speak())
    for engine, (why, *voices) in silent.items():
        warn(f"{engine} cannot be heard with {', '.join(voices)}: {why}")
    if arguments.json:
        say_json({"samples": made})
    return EXIT_DONE if len(made) == len(recipes) else EXIT_ENVIRONMENT


def _opening(book: Book, language: str) -> str:
    """Return three sentences of a book: the first ones behind the heading of a chapter that has so many."""
    chapters = make_script(book, find_card(coming_word(language)), language)
    told = max(chapters, key=lambda chapter: min(len(chapter.segments), HEADING + SAMPLED)).segments
    return " ".join(segment.spoken for segment in told[min(HEADING, max(0, len(told) - SAMPLED)) :][:SAMPLED])


def _recipes(voice: str, word: str, language: str) -> list[Recipe]:
    """Return the recipes of the voices to hear. Raises UsageError."""
    spoken = language or "en"
    engines = [engine_for(word)] if word else [each for each in installed_engines() if each.card.speech]
    if voice.lower() == "all":
        ranks = {each.engine.card.name: rank for rank, each in enumerate(recommendations(engines, spoken))}
        able = [each for each in engines if word or each.is_ready(spoken)]
        able.sort(key=lambda each: ranks.get(each.card.name, len(ranks)))
        listed = [(each, card) for each in able for card in _voices(each, word, spoken)]
        return [choose_recipe(spoken, engine=word or each.card.name, voice=card.name) for each, card in listed]
    for each in engines:
        for card in _voices(each, word, language):
            if card.name.lower() == voice.lower():
                own = spoken if language or card.language == "*" else card.language
                return [choose_recipe(own, engine=word or each.card.name, voice=card.name)]
    if word:  # an engine may take voices that it does not list
        return [choose_recipe(spoken, engine=word, voice=voice)]
    return [_unlisted(voice, engines, language)]


def _unlisted(voice: str, engines: Sequence[Engine], language: str) -> Recipe:
    """Return the recipe of a voice that no engine here lists, such as a blend. Raises UsageError."""
    for each in engines:
        if each.card.any_voice:
            first = [card.language for card in each.card.voices if voice.lower().startswith(card.name)]
            with suppress(*(() if first else (UsageError,))):  # the user has to be told what a blend of voices lacks
                return choose_recipe(language or next(iter(first), "en"), engine=each.card.name, voice=voice)
    for each in all_engines():
        if not each.is_installed() and any(card.name.lower() == voice.lower() for card in each.card_for("").voices):
            raise UsageError(f"{voice[:100]} is a voice of {each.card.name}, which is not here: {each.card.install}.")
    raise UsageError(f"No engine here lists a voice {voice[:100]!r}: `e2a-swarm voices --all` lists them all.")


def _voices(engine: Engine, word: str, language: str) -> tuple[VoiceCard, ...]:
    """Return the voices of the model that a word means, or of the engine's default model."""
    model = engine.choose_model(word, language) if word and language else ""
    return engine.card_for(model).voices_for(language)
