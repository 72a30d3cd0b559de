"""The options that may differ from book to book of a queue: as words, as a config, and as fields of the page.

The fields are made of the very parser that reads them, with the page's own words for them."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from swarm.commands.audiobook_options import FORMATS, PAUSES, TAGS, add_style_options
from swarm.commands.book_options import add_credits_option, add_reading_options
from swarm.commands.options import add_selection, add_sound, render_config, voice_file, words_of
from swarm.commands.parser import Parser
from swarm.config import RenderConfig
from swarm.errors import UsageError

if TYPE_CHECKING:
    from swarm.server.page.fields import Kind, OptionField


NAME_FILES = ("--custom-model", "--cover", "--lexicon", "--cast")  # always; --voice may


def add_queued_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that may differ from book to book of a queue."""
    add_sound(parser)
    add_reading_options(parser)
    add_credits_option(parser)
    add_style_options(parser)
    add_selection(parser.add_argument_group("job"))


def queued_words(arguments: argparse.Namespace) -> tuple[str, ...]:
    """Return the options of `add_queued_options` that differ from their defaults, as words of a command line.

    Raises UsageError for those that name a file: the coordinator of the queue cannot read it.
    """
    if name := _names_a_file(arguments):
        raise UsageError(
            f"{name} names a file of this machine, which the coordinator of the queue cannot read: give it to "
            "`e2a-swarm serve`, or use `e2a-swarm coordinate` for this book."
        )
    return words_of(queued_parser(), arguments)


def queued_config(words: Sequence[str], book: Path, defaults: argparse.Namespace) -> RenderConfig:
    """Return the config of a book: the words that any member of the swarm sent, and defaults for the rest.

    Raises UsageError, also for words that name a file, since that would be a file of this machine.
    """
    asked = queued_parser().parse_args(list(words))
    if name := _names_a_file(asked):
        raise UsageError(f"{name} may not name a file of the coordinator's machine.")
    merged = queued_parser().parse_args(list(words), argparse.Namespace(**vars(defaults)))
    merged.books, merged.ebook, merged.ebooks_dir = [str(book)], [], None
    return render_config(merged)


def queued_parser() -> argparse.ArgumentParser:
    """Make a parser of those options alone that may differ from book to book."""
    parser = Parser(add_help=False)
    add_queued_options(parser)
    return parser


def _names_a_file(arguments: argparse.Namespace) -> str:
    """Return the name of an option for books of a queue that names a file; "" if none does."""
    files = {
        "--voice": voice_file(arguments.voice),
        "--custom-model": arguments.custom_model.strip(),
        "--cover": arguments.cover,
        "--lexicon": arguments.lexicon,
        "--cast": arguments.cast,
    }
    return next((name for name, value in files.items() if value), "")


Choices = tuple[tuple[str, str], ...]  # a value, and what it is called; "" for a value that explains itself


class PageWords(NamedTuple):
    """What the page says of an option."""

    label: str
    help: str
    choices: Choices = ()
    example: str = ""
    is_open: bool = False  # the choices are proposals: other values may be written


def _plain(*values: str) -> Choices:
    return tuple((value, "") for value in values)


GROUPS = {
    "sound": "The sound",
    "reading": "What is read",
    "options": "What is read",
    "file (changing these speaks nothing again)": "The files",
}
PAGE_WORDS = {
    "--voice": PageWords(
        "Voice", "One of the voices below. The engine's own is taken if nothing is chosen", example="heart"
    ),
    "--language": PageWords(
        "Language", "The code of a language. The text itself decides if nothing is chosen", example="de", is_open=True
    ),
    "--tts-engine": PageWords(
        "Engine", "The program that speaks. The language decides if nothing is chosen", example="kokoro", is_open=True
    ),
    "--speed": PageWords("Speed", "1 is the voice's own speed, 1.2 is a fifth faster"),
    "--dialogue-voice": PageWords(
        "Voice of dialogue", "Another voice for what stands in quotation marks", example="emma"
    ),
    "--one-engine": PageWords(
        "One engine", "Leave passages in other languages to the book's own engine, which reads them as well as it can"
    ),
    "--engine-option": PageWords("Settings of the engine", "A name and a value", example="temperature=0.7"),
    "--fine-tuned": PageWords("Model", "The name of another model of the engine", example="vits"),
    "--half": PageWords("Half precision", "On GPUs, for models that can: it takes less memory"),
    "--deepspeed": PageWords("DeepSpeed", "On GPUs with DeepSpeed, for models that can: it is faster"),
    "--credits": PageWords("Opening and closing", "Begin with title, authors and narrator, and end with them"),
    "--notes": PageWords(
        "Footnotes",
        "Whether notes are read, and where",
        (("skip", "leave them out"), ("inline", "where they are referred to"), ("end", "at the end of the chapter")),
    ),
    "--include": PageWords("Read also", "The title of a part that would be left out", example="Appendix"),
    "--exclude": PageWords("Leave out", "The title of a chapter", example="Preface"),
    "--ruby": PageWords(
        "Ruby", "How words with a reading beside them are read", (("base", "as written"), ("reading", "as beside them"))
    ),
    "--verse-numbers": PageWords(
        "Numbers of verses", "In scripture", (("say", "say them"), ("skip", "leave them out"))
    ),
    "--code": PageWords(
        "Code listings", "They are left out unless most of the book is code", (("skip", "leave out"), ("say", "read"))
    ),
    "--alt-text": PageWords("Descriptions of pictures", "Read them, where the book has some"),
    "--output-format": PageWords("Format", "M4B suits most players of audiobooks", _plain(*FORMATS)),
    "--split": PageWords(
        "Several files",
        "All is one file if nothing is chosen; hours may be other ones",
        (("chapter", "a file for each chapter"), ("3h", "about 3 hours"), ("6h", "about 6 hours")),
        example="6h",
        is_open=True,
    ),
    "--bitrate": PageWords(
        "Bitrate", "Kilobits a second", _plain("32k", "48k", "64k", "96k", "128k"), example="64k", is_open=True
    ),
    "--channels": PageWords(
        "Channels", "Stereo has the same sound on both sides", (("mono", "one, mono"), ("stereo", "two, stereo"))
    ),
    "--sample-rate": PageWords(
        "Sample rate",
        "In hertz; the voice's own suits most players",
        _plain("22050", "24000", "44100", "48000"),
        example="44100",
        is_open=True,
    ),
    "--loudness": PageWords(
        "Loudness",
        "In LUFS, by EBU R128",
        (
            ("-18", "usual"),
            ("-16", "loud"),
            ("-23", "of broadcasts"),
            ("acx", "for Audible's ACX"),
            ("off", "as spoken"),
        ),
        is_open=True,
    ),
    "--pause": PageWords(
        "Pauses",
        f"Seconds of silence after a {', '.join(PAUSES[:-2])}, or at the start of each file; vary=0 makes them equal",
        example="paragraph=0.8",
    ),
    "--title": PageWords("Title", "For the player, in place of the book's"),
    "--author": PageWords("Author", "For the player, in place of the book's"),
    "--narrator": PageWords("Narrator", "For the player, in place of the book's"),
    "--tag": PageWords(
        "More about the book",
        f"A kind and its text in place of the book's: {', '.join(TAGS)}. Without a text it is left out",
        example="genre=Poetry",
    ),
    "--keep-chapters": PageWords("Files of chapters", "Write a file of each chapter as soon as it is finished, too"),
    "--subtitles": PageWords(
        "Subtitles",
        "Write the text with its times, too",
        (("vtt", "WebVTT, for browsers"), ("srt", "SRT, for video players"), ("lrc", "LRC, for music players")),
    ),
    "--read-along": PageWords("Read along", "Write an EPUB with the sound, too: it marks each sentence that is heard"),
    "--read-along-words": PageWords(
        "Read along by words", "The same, with words marked where the voice tells their times"
    ),
    "--beside": PageWords(
        "Files beside the audiobook",
        "Several may be named, with commas between them",
        (("cover", "the cover"), ("opf", "what is known of the book, for Calibre"), ("cue", "the chapters")),
        example="cover,cue",
        is_open=True,
    ),
    "--report": PageWords(
        "Report", "What was spoken by which machine", (("json", "for programs"), ("html", "also a page with players"))
    ),
}


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
    from swarm.server.page.fields import Choice, OptionField

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
    from swarm.book.model.language_code import language_name
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
