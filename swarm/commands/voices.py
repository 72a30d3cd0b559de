"""`e2a-swarm voices`: list the engines, languages and voices of this machine."""

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from swarm.commands.checks import examples
from swarm.commands.engine_options import add_machine_options, place_engines
from swarm.commands.options import add_output_options
from swarm.commands.output import say, say_json
from swarm.errors import EnvironmentFault

if TYPE_CHECKING:
    from swarm.job.card import EngineCard, VoiceCard

MAX_LISTED = 8  # voices or languages of an engine that are listed without --all


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the parser of `voices`."""
    parser = commands.add_parser(
        "voices",
        help="list the engines, languages and voices of this machine",
        description="List the engines of this machine with their languages, voices and settings.",
        epilog=examples("e2a-swarm voices", "e2a-swarm voices --language fr --all", "e2a-swarm voices --json"),
    )
    parser.add_argument(
        "--language", metavar="CODE", default="", help="only engines and voices for it: fr, fra, French, ..."
    )
    parser.add_argument("--all", action="store_true", help="list every language and voice, however many there are")
    add_machine_options(parser)
    add_output_options(parser, json="print one JSON value", quiet="")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the engines; return the exit code. Raises UsageError for an unknown language, or one without an engine."""
    from swarm.job.language import normal_language

    language = normal_language(arguments.language) if arguments.language else ""
    place_engines(arguments)
    cards, broken = _cards()
    if language:
        cards = _speaking(cards, language)
    if arguments.json:
        say_json(_as_json(cards, broken, language))
    else:
        _print(cards, broken, language, every=arguments.all)
    return 0


def _print(cards: list["EngineCard"], broken: dict[str, str], language: str, *, every: bool) -> None:
    from swarm.voice.host.registry import default_engine

    usual = default_engine(language) if language else ""
    for card in sorted(cards, key=lambda card: card.name != usual):
        say(*_lines(card, language, usual, every=every), hang=2)
    say(*_closing_lines(broken, language), hang=2)


def _speaking(cards: list["EngineCard"], language: str) -> list["EngineCard"]:
    from swarm.voice.host.registry import check_speaks, default_engine, find_card

    speaking = [card for card in cards if card.speaks(language)]
    if not any(card.speech for card in speaking):
        check_speaks(find_card(default_engine(language)), language)
    return speaking


def _cards() -> tuple[list["EngineCard"], dict[str, str]]:
    """Return the card of each engine's default model, and by name the reason why an engine does not load."""
    from swarm.voice.host.registry import engine_targets, find_engine

    cards, broken = [], {}
    for name in engine_targets():
        try:
            engine = find_engine(name)
            if engine.is_installed() or not engine.card.any_model:  # otherwise nothing is known of its voices
                cards.append(engine.card_for(""))
        except EnvironmentFault as fault:
            broken[name] = str(fault)
    return cards, broken


def _as_json(cards: list["EngineCard"], broken: dict[str, str], language: str) -> dict[str, object]:
    engines = [
        {
            "engine": card.name,
            "about": card.about,
            "device": card.device,
            "languages": card.languages,
            "voices": card.voices_for(language),
            "settings": card.defaults,
            "setting_cards": card.settings,
            "licence": card.licence,
        }
        for card in cards
    ]
    missing = [{"engine": name, "about": why} for name, why in _missing().items()]
    return {"engines": engines, "broken": broken, "not_here": missing}


def _missing() -> dict[str, str]:
    """Return the names of engines that are not installed here, each with a line that tells how to install it."""
    from swarm.voice.host.registry import all_engines

    away = [engine.card for engine in all_engines() if not engine.is_installed()]
    return {card.name: f"not installed here: {card.install}" for card in away}


def _lines(card: "EngineCard", language: str, usual: str, *, every: bool) -> list[str]:
    """Return the lines of an engine. `usual` is the engine that speaks a language if none is named."""
    from swarm.job.language import language_name

    default = f" (default for {language_name(language)})" if card.name == usual else ""
    lines = [f"{card.name}: {card.about}{default}"]
    if not language:
        lines.append(f"  languages: {_languages(card, every=every)}")
    lines += _voice_lines(card.voices_for(language), language, every=every)
    return [*lines, *_setting_lines(card, every=every)]


def _setting_lines(card: "EngineCard", *, every: bool) -> list[str]:
    """Return the settings of an engine with their defaults in one line, or a line for each that explains it."""
    if not every:
        settings = ", ".join(f"{name}={value}" for name, value in card.defaults.items())
        return [f"  settings: {settings}"] if settings else []
    meanings = [", ".join(filter(None, (each.values, each.about))) for each in card.settings]
    return [
        f"  setting {each.name}={each.default}: {means}" for each, means in zip(card.settings, meanings, strict=True)
    ]


def _languages(card: "EngineCard", *, every: bool) -> str:
    from swarm.job.language import language_name

    if "*" in card.languages:
        return "any language"
    if len(card.languages) > MAX_LISTED and not every:
        return f"{len(card.languages)}; --all lists them"
    return ", ".join(sorted(f"{language_name(code)} ({code})" for code in card.languages))


def _voice_lines(fitting: "Sequence[VoiceCard]", language: str, *, every: bool) -> list[str]:
    """Return a line for each voice, with the default of the language first and marked; many voices share a line."""
    if len(fitting) <= MAX_LISTED or every:
        names = [f"{voice.name}: {voice.description}" if voice.description else voice.name for voice in fitting]
        rows = [f"  {' ' if place else '*'} {name}" for place, name in enumerate(names)]
        return rows if language else [f"  voices: {'; '.join(names)}"]
    if not language:
        return [f"  voices: {len(fitting)}; --language CODE or --all lists them"]
    names = [voice.name for voice in fitting[:MAX_LISTED]]
    return [f"  * {', '.join(names)} and {len(fitting) - MAX_LISTED} more; --all lists them"]


def _closing_lines(broken: dict[str, str], language: str) -> list[str]:
    from swarm.voice.host.registry import better_voices_line, default_engine, find_card

    lines = [*broken.values(), *(f"{name}: {why}" for name, why in _missing().items())]
    if language and (advice := better_voices_line(find_card(default_engine(language)), language)):
        lines.append(advice)
    return lines
