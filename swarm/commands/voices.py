"""`e2a-swarm voices`: list the engines, languages and voices of this machine."""

import argparse
import sys
from typing import TYPE_CHECKING

from swarm.commands.checks import examples
from swarm.commands.options import add_output_options
from swarm.commands.output import say, say_json
from swarm.errors import EnvironmentFault

if TYPE_CHECKING:
    from swarm.job.card import EngineCard

WIDTH = 80
MAX_LISTED = 8  # voices or languages of an engine that are listed without --language


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the parser of `voices`."""
    parser = commands.add_parser(
        "voices",
        help="list the engines, languages and voices of this machine",
        description="List the engines of this machine with their languages, voices and settings.",
        epilog=examples("e2a-swarm voices", "e2a-swarm voices --language fr", "e2a-swarm voices --json"),
    )
    parser.add_argument(
        "--language", metavar="CODE", default="", help="only engines and voices for it: fr, fra, French, ..."
    )
    add_output_options(parser, json="print one JSON value", quiet="")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the engines; return the exit code. Raises UsageError for an unknown language, or one without an engine."""
    from swarm.job.language import normal_language

    language = normal_language(arguments.language) if arguments.language else ""
    cards, broken = _cards()
    if language:
        cards = _speaking(cards, language)
    if arguments.json:
        say_json(_as_json(cards, broken, language))
    elif sys.stdout.isatty():
        _print_table(cards, language)
        say(*_closing_lines(broken, language))
    else:
        for card in cards:
            say(*_lines(card, language))
        say(*_closing_lines(broken, language))
    return 0


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
            cards.append(find_engine(name).card_for(""))
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
        }
        for card in cards
    ]
    missing = [{"engine": name, "about": why} for name, why in _missing().items()]
    return {"engines": engines, "broken": broken, "not_here": missing}


def _missing() -> dict[str, str]:
    """Return the names of engines that are not installed here, each with a line that tells how to install it."""
    from swarm.voice.host.registry import all_engines

    away = [engine.card for engine in all_engines() if not engine.is_installed()]
    return {card.name: f"not installed here; a worker needs: {card.install}" for card in away}


def _languages(card: "EngineCard", language: str) -> str:
    from swarm.job.language import language_name

    if "*" in card.languages:
        return "any language"
    if language or len(card.languages) <= MAX_LISTED:
        return ", ".join(f"{language_name(code)} ({code})" for code in card.languages if language in ("", code))
    return f"{len(card.languages)} languages"


def _voices(card: "EngineCard", language: str) -> list[str]:
    """Return a line for each voice, the default of a language first."""
    fitting = card.voices_for(language)
    if not language and len(fitting) > MAX_LISTED:
        return [f"{len(fitting)} voices: --language CODE lists them"]
    return [f"{voice.name}: {voice.about}" if voice.about else voice.name for voice in fitting]


def _column(voices: list[str]) -> str:
    """Return voices one below the other, or in a row if they are many and have only names."""
    bare = len(voices) > MAX_LISTED and not any(": " in voice for voice in voices)
    return (", " if bare else "\n").join(voices)


def _settings(card: "EngineCard") -> list[str]:
    return [f"{name}={value}" for name, value in card.defaults.items()]


def _lines(card: "EngineCard", language: str) -> list[str]:
    from textwrap import wrap

    languages = (
        _every_language(card) if len(card.languages) > MAX_LISTED and not language else _languages(card, language)
    )
    lines = [f"{card.name}: {card.about}"]
    lines += wrap(f"languages: {languages}", WIDTH, initial_indent="  ", subsequent_indent="    ")
    lines += ["  voices:", *(f"    {voice}" for voice in _voices(card, language))]
    settings = f"settings: {', '.join(_settings(card))}"
    return [*lines, *wrap(settings, WIDTH, initial_indent="  ", subsequent_indent="    ")]


def _every_language(card: "EngineCard") -> str:
    from swarm.job.language import language_name

    return ", ".join(sorted(f"{language_name(code)} ({code})" for code in card.languages))


def _print_table(cards: list["EngineCard"], language: str) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table("engine", "voices", header_style="bold")
    for card in cards:
        about = Text.assemble((card.name, "bold"), f"\n{card.about}\n\n{_languages(card, language)}")
        table.add_row(
            about.append("".join(f"\n{setting}" for setting in _settings(card))),
            Text(_column(_voices(card, language))),
            end_section=True,
        )
    Console().print(table)


def _closing_lines(broken: dict[str, str], language: str) -> list[str]:
    from textwrap import wrap

    from swarm.voice.host.registry import better_voices_line, default_engine, find_card

    lines = [*broken.values(), *(f"{name}: {why}" for name, why in _missing().items())]
    if language and (advice := better_voices_line(find_card(default_engine(language)), language)):
        lines.append(advice)
    return [line for text in lines for line in wrap(text, WIDTH, subsequent_indent="  ", break_on_hyphens=False)]
