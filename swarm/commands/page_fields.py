"""The options of the queue as fields of the page, made of the very parser that reads them."""

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from swarm.commands.page_words import GROUPS, PAGE_WORDS, PageWords
from swarm.commands.parser import Parser
from swarm.commands.queue_options import NAME_FILES, queued_parser
from swarm.commands.reading import add_reading_options
from swarm.commands.words import words_of

if TYPE_CHECKING:
    from swarm.commands.page_words import Choices
    from swarm.site.fields import Kind, OptionField

FIRST = ("--voice", "--language", "--tts-engine", "--speed")  # users ask for these most
BY_PICTURE = ("--chapters",)  # chosen among the chapters that are listed


def page_fields(defaults: argparse.Namespace) -> "tuple[OptionField, ...]":
    """Return a field for each option of a queued book. What `serve` was told is their default."""
    fields = [_field(action, defaults, group) for action, group in _actions()]
    return tuple(sorted(fields, key=lambda field: FIRST.index(field.option) if field.is_first else len(FIRST)))


def inspect_words(words: Sequence[str], defaults: argparse.Namespace) -> tuple[str, ...]:
    """Return the words of `inspect` that read a book as the options of a queued book and `serve` say."""
    given = queued_parser().parse_args(list(words), argparse.Namespace(**vars(defaults)))
    parser = Parser(add_help=False)
    add_reading_options(parser)
    parser.add_argument("--language", default="")
    parser.add_argument("--tts-engine", default="")
    return words_of(parser, given)


def _actions() -> list[tuple[argparse.Action, str]]:
    parser = queued_parser()
    grouped = [(action, group.title or "") for group in parser._action_groups for action in group._group_actions]
    kept = [each for each in grouped if each[0].option_strings and each[0].help != argparse.SUPPRESS]
    return [(action, group) for action, group in kept if _option(action) not in (*NAME_FILES, *BY_PICTURE)]


def _field(action: argparse.Action, defaults: argparse.Namespace, group: str) -> "OptionField":
    from swarm.site.fields import Choice, OptionField

    option = _option(action)
    words = PAGE_WORDS[option]
    value = getattr(defaults, action.dest, action.default)
    default = "" if value in (None, False, []) else "yes" if value is True else value
    return OptionField(
        option=option,
        group=GROUPS[group],
        label=words.label,
        help=words.help,
        kind=_kind(action, words),
        default=default if isinstance(default, str) else "\n".join(map(str, default)),
        choices=tuple(Choice(*choice) for choice in words.choices or _known(option)),
        example=words.example,
        is_first=option in FIRST,
    )


def _known(option: str) -> "Choices":
    """Return what engines of this machine can do, as proposals: other machines may have others."""
    from swarm.job.language import language_name
    from swarm.voice.host.registry import all_engines

    if option == "--tts-engine":
        named = [(engine.card.name, engine.aliases) for engine in all_engines() if engine.card.speech]
        return tuple((name, "") for own, models in named for name in (own, *models))
    if option == "--language":
        codes = {code for engine in all_engines() for code in engine.card.languages if code.isalpha()}
        return tuple(sorted(((code, language_name(code)) for code in codes), key=lambda choice: choice[1]))
    return ()


def _kind(action: argparse.Action, words: PageWords) -> "Kind":
    if isinstance(action, argparse._StoreTrueAction):
        return "check"
    if isinstance(action, argparse._AppendAction):
        return "list"
    return "choice" if words.choices and not words.is_open else "text"


def _option(action: argparse.Action) -> str:
    return action.option_strings[0]
