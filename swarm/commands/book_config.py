"""The configs of books: which, how they sound, what is read of them, and the files that become of them.

They are made of the options in `option_table.py`; a value that makes no sense is refused with a sentence."""

import argparse
import math
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from swarm.commands.option import Option, number, one_of, option_parser, whole
from swarm.commands.option_table import (
    BESIDE,
    ENGINE_OPTIONS,
    FILE,
    FILES_AND_READING,
    FORMATS,
    JOB,
    NAME_FILES,
    PAUSES,
    READING,
    TAGS,
)
from swarm.config import (
    ASSETS_LIMIT,
    ENV_ABS_TOKEN,
    ENV_ASSETS_LIMIT,
    RenderConfig,
    StyleConfig,
    UploadConfig,
    state_folder,
)
from swarm.errors import NoBooks, UsageError

if TYPE_CHECKING:
    from swarm.book.model.reading_choice import Cast, Credits, Reading
    from swarm.job.spec import Setting

USUAL_MODEL = ("internal", "std")  # words of --fine-tuned that mean the default model in ebook2audiobook
MAX_CHAPTERS = 999_999  # a bound for any book, since the real number is known only when the book is read
MAX_NAMES = 200
ADDRESS = re.compile(r"(?!file://)[A-Za-z][A-Za-z0-9+.-]+://\S+")
SOUND_FILES = (".wav", ".mp3", ".flac", ".ogg", ".oga", ".opus", ".m4a", ".m4b", ".mp4", ".aac", ".wma", ".aiff")
CHANNELS = {"1": 1, "mono": 1, "2": 2, "stereo": 2}
KILOBITS = re.compile(r"(\d{1,4})k?")
SPLIT = re.compile(r"chapter|[1-9]\d{0,2}h")
MAX_PAUSE_S = 30.0
GUESSED_VOICE_RATE = 24_000  # sample rate of most voices in Hz, to check the options before the voice is known
TOKEN = re.compile(r"[!-~]{1,4096}")
LIBRARY = re.compile(r"[A-Za-z0-9_-]{0,128}")
CHOICES: dict[str, Option] = {
    option.name: option for sheet in (READING, FILE, JOB) for option in sheet.options if option.choices
}


def words_of(parser: argparse.ArgumentParser, arguments: argparse.Namespace) -> tuple[str, ...]:
    """Return the options of a parser that differ from their defaults."""
    words: list[str] = []
    for action in (action for action in parser._actions if action.option_strings):
        value, name = getattr(arguments, action.dest, action.default), action.option_strings[0]
        if value == action.default:
            continue
        if value is True:
            words.append(name)
            continue
        paths = name in ("--cover", "--lexicon")  # a later command may run in another folder
        values = [str(Path(value).expanduser().absolute())] if paths else [value] if isinstance(value, str) else value
        words += (f"{name}={each}" for each in values)
    return tuple(words)


def chosen(arguments: argparse.Namespace, name: str) -> str:
    """Return the value of an option that takes one of some words. Raises UsageError."""
    text = str(getattr(arguments, name.strip("-").replace("-", "_"))).strip().lower()
    return text and one_of(name, text, CHOICES[name].words)


def _writable(folder: str) -> str:
    """Return the name of a folder for audiobooks. Raises UsageError for one that journal and report cannot name."""
    try:
        folder.encode()
    except UnicodeEncodeError:
        shown = folder.encode(errors="replace").decode()
        raise UsageError(f"--output-dir {shown}: that name is no UTF-8 here; name another folder.") from None
    return folder


def _speaker_server(arguments: argparse.Namespace) -> tuple[str, str]:
    """Return the address of the server that points at who speaks, and its model. Raises UsageError."""
    server, _, model = arguments.speaker_server.strip().partition("#")
    older_word = arguments.speaker_model.strip()
    if older_word and not server:
        raise UsageError("--speaker-model names a model of a server: give --speaker-server URL#MODEL.")
    return server, model or older_word


def render_config(arguments: argparse.Namespace, *, is_voice_name: bool = False) -> RenderConfig:
    """Build the config from the options of `RENDERING`. `is_voice_name`: --voice names no file. Raises UsageError."""
    recording = None if is_voice_name else voice_file(arguments.voice)
    output = _writable(arguments.output_dir.strip())
    books, found = books_named(arguments)
    on_failure, edition = chosen(arguments, "--on-failure"), chosen(arguments, "--edition")
    speaker_server, speaker_model = _speaker_server(arguments)
    return RenderConfig(
        books=books,
        found=found,
        output_dir=Path("." if ADDRESS.match(output) else output.removeprefix("file://")).expanduser(),
        output_url=output if ADDRESS.match(output) else "",
        state_dir=state_folder(arguments.state_dir),
        style=style_config(arguments),
        upload=upload_config(arguments),
        engine=arguments.tts_engine.strip().lower(),
        model="" if arguments.fine_tuned.strip().lower() in USUAL_MODEL else arguments.fine_tuned.strip(),
        voice="" if recording else arguments.voice.strip(),
        voice_file=recording,
        custom_model=_custom_model(arguments),
        language=_language(arguments.language),
        chapters=_chapters(arguments.chapters),
        reading=reading(arguments),
        credits=credits_named(arguments),
        lexicon=Path(arguments.lexicon).expanduser() if arguments.lexicon else None,
        cast=cast_of(arguments),
        expressive=arguments.expressive,
        speaker_server=speaker_server,
        speaker_model=speaker_model,
        one_engine=arguments.one_engine,
        settings=_settings(arguments),
        on_failure="stop" if on_failure == "stop" else "finish",
        min_workers=whole("--min-workers", arguments.min_workers, 0, 10_000),
        deliver_gaps=on_failure == "deliver" or arguments.deliver_gaps,
        replace=edition == "replace" or arguments.replace,
        keep_both=edition == "keep" or arguments.keep_both,
        anyway=arguments.anyway,
        options=words_of(option_parser(FILES_AND_READING), arguments),
        allow_sleep=arguments.allow_sleep,
        assets_limit=assets_limit(),
    )


def voice_file(text: str) -> Path | None:
    """Return the recording of --voice, if it names one. The file may be missing if the job exists already."""
    path = Path(text.strip()).expanduser()
    return path if text.strip() and (is_sound_file(text) or path.is_file()) else None


def is_sound_file(voice: str) -> bool:
    """Tell whether a voice is called as a recording is, whether that is there or not."""
    return Path(voice.strip()).suffix.lower() in SOUND_FILES


def _custom_model(arguments: argparse.Namespace) -> Path | None:
    if not arguments.custom_model.strip():
        return None
    if arguments.fine_tuned.strip():
        raise UsageError("--custom-model and --fine-tuned exclude each other: a book is spoken with one model.")
    return Path(arguments.custom_model.strip()).expanduser()


def assets_limit(text: str = "") -> int:
    """Return the limit of --assets-limit, else of the environment variable, in bytes. Raises UsageError."""
    named = text.strip() or os.environ.get(ENV_ASSETS_LIMIT, "").strip()
    source = "--assets-limit" if text.strip() else ENV_ASSETS_LIMIT
    return whole(source, named, 1, 100_000) * 1_000_000_000 if named else ASSETS_LIMIT


def _language(text: str) -> str:
    from swarm.book.model.language_code import normal_language

    return normal_language(text) if text.strip() else ""


def _settings(arguments: argparse.Namespace) -> "dict[str, Setting]":
    """Return the given settings of the engine, which its card checks later. Raises UsageError."""
    speed = number(arguments.speed)
    if math.isnan(speed):
        raise UsageError(f"--speed takes a number such as 1.25, not {arguments.speed!r}.")
    usual = speed == 1.0  # every voice has this speed, even if its engine has no such setting
    given: dict[str, Setting] = {} if usual else {"speed": speed}
    return given | _own_options(arguments) | _engine_options(arguments.engine_option)


def _own_options(arguments: argparse.Namespace) -> "dict[str, Setting]":
    """Return the settings that have an option of their own and were given."""
    given = {option.setting: getattr(arguments, option.setting) for option in ENGINE_OPTIONS}
    return {name: value for name, value in given.items() if value not in (None, False)}


def _chapters(text: str) -> str:
    from swarm.book.speech.script import parse_selection

    selection = text.replace(" ", "")
    if selection:
        parse_selection(selection, MAX_CHAPTERS)
    return selection


def _engine_options(pairs: Sequence[str]) -> "dict[str, Setting]":
    options: dict[str, Setting] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name.strip():
            raise UsageError(f"--engine-option takes NAME=VALUE, such as cost_per_char=0.001, not {pair!r}.")
        options[name.strip()] = value.strip()
    return options


# --- which books, and what is read of them


def books_named(arguments: argparse.Namespace) -> tuple[tuple[Path, ...], frozenset[Path]]:
    """Return all books, and those among them that come from a folder and were not named by the user."""
    given = [Path(name).expanduser() for name in (*arguments.books, *arguments.ebook)]
    folders = {path: _books_in(path) for path in given if path.is_dir()}
    books = [book for path in given for book in folders.get(path, [path])]
    if arguments.ebooks_dir:
        folder = Path(arguments.ebooks_dir).expanduser()
        folders[folder] = _books_in(folder)
        books += folders[folder]
    if not books:
        raise UsageError("Name a book: an EPUB, text, HTML or Markdown file, or a folder with EPUB files.")
    return tuple(dict.fromkeys(books)), frozenset(book for held in folders.values() for book in held) - set(given)


def _books_in(folder: Path) -> list[Path]:
    """Return each book of a folder once, in its best format; leave out web pages and texts. Raises UsageError."""
    from swarm.book.kinds import books_in

    try:
        books = books_in(folder)
    except OSError as error:
        raise UsageError(f"The folder {folder} cannot be read: {error.strerror or error}.") from error
    if not books:
        raise NoBooks(
            f"The folder {folder} holds no EPUB file, nor one that Calibre reads. Text, HTML and Markdown files are "
            "not taken from a folder: name each of them."
        )
    return books


def reading(arguments: argparse.Namespace) -> "Reading | None":
    """Build the reading from the options of `READING`; None if none is given. Raises UsageError."""
    import msgspec

    from swarm.book.model.reading_choice import Reading

    given = {
        "notes": chosen(arguments, "--notes"),
        "ruby": chosen(arguments, "--ruby"),
        "alt_text": arguments.alt_text,
        "verse_numbers": chosen(arguments, "--verse-numbers"),
        "code": chosen(arguments, "--code"),
        "citations": chosen(arguments, "--citations"),
        "include": tuple(name for name in arguments.include[:MAX_NAMES] if name.strip()),
        "exclude": tuple(name for name in arguments.exclude[:MAX_NAMES] if name.strip()),
    }
    found = msgspec.convert(given, Reading)
    return None if found == Reading() else found


def credits_named(arguments: argparse.Namespace) -> "Credits | None":
    """Return the names for a spoken opening and closing; None if it is not asked for."""
    from swarm.book.model.reading_choice import Credits

    if not arguments.credits:
        return None
    return Credits(arguments.title.strip(), arguments.author.strip(), arguments.narrator.strip())


def cast_of(arguments: argparse.Namespace) -> "Cast | None":
    """Return the voices of characters; None if the user names none. Raises UsageError."""
    from swarm.book.model.reading_choice import Cast
    from swarm.book.speech.casting import read_cast

    dialogue = arguments.dialogue_voice.strip()
    if arguments.cast.strip():
        return read_cast(Path(arguments.cast.strip()).expanduser(), dialogue)
    return Cast(dialogue) if dialogue else None


def files_given(arguments: argparse.Namespace) -> dict[str, str]:
    """Return what was given to the options that name files, by option; `--cast auto` names none."""
    from swarm.book.speech.casting import AUTO

    given = {name: getattr(arguments, name.strip("-").replace("-", "_")).strip() for name in NAME_FILES}
    return {name: value for name, value in given.items() if value and (name, value) != ("--cast", AUTO)}


# --- the files


def style_config(arguments: argparse.Namespace) -> StyleConfig:
    """Build the config from the options of `FILE`. Raises UsageError."""
    from swarm.audiobook.sound.format import make_coding, read_level

    beside, read_along = _beside(arguments.beside), chosen(arguments, "--read-along")
    config = StyleConfig(
        output_format=one_of("--output-format", arguments.output_format.strip().lower().removeprefix("."), FORMATS),
        split=_split(arguments.split),
        bitrate=_bitrate(arguments.bitrate),
        channels=_channels(arguments.channels),
        sample_rate=whole("--sample-rate", arguments.sample_rate, 8000, 192_000) if arguments.sample_rate else 0,
        title=arguments.title.strip(),
        author=arguments.author.strip(),
        narrator=arguments.narrator.strip(),
        tags=_tags(arguments.tag),
        cover=Path(arguments.cover).expanduser() if arguments.cover else None,
        loudness=arguments.loudness.strip().lower(),
        keep_chapters="chapters" in beside or arguments.keep_chapters,
        report_html="report" in beside or chosen(arguments, "--report") == "html",
        subtitles=chosen(arguments, "--subtitles"),
        read_along=bool(read_along) or arguments.read_along_words,
        read_along_words=read_along == "words" or arguments.read_along_words,
        beside=tuple(name for name in beside if name not in ("chapters", "report")),
        pauses_s=_pauses(arguments.pause),
    )
    read_level(config.loudness)
    make_coding(config.output_format, GUESSED_VOICE_RATE, config.sample_rate, config.channels, config.bitrate)
    return config


def _split(text: str) -> str:
    named = text.strip().lower()
    if not named or SPLIT.fullmatch(named):
        return named
    raise UsageError(f"--split takes `chapter` or hours such as 6h, not {text!r}.")


def _bitrate(text: str) -> int:
    if not text:
        return 0
    found = KILOBITS.fullmatch(text.strip().lower())
    if not found:
        raise UsageError(f"--bitrate takes kilobits a second such as 64k, not {text!r}.")
    return 1000 * int(found[1])


def _channels(text: str) -> int:
    if text.strip().lower() in CHANNELS:
        return CHANNELS[text.strip().lower()]
    raise UsageError(f"--channels takes mono or stereo, not {text!r}.")


def _beside(text: str) -> tuple[str, ...]:
    named = {word.strip().lower() for word in text.split(",") if word.strip()}
    if named <= set(BESIDE):
        return tuple(sorted(named))
    raise UsageError(f"--beside takes {', '.join(BESIDE)} or several of them with commas, not {text!r}.")


def _tags(pairs: Sequence[str]) -> tuple[tuple[str, str], ...]:
    found: dict[str, str] = {}
    for pair in pairs:
        kind, equals, text = pair.partition("=")
        if kind.strip() not in TAGS or not equals:
            raise UsageError(f"--tag takes KIND=TEXT such as genre=Poetry, not {pair!r}; kinds are {', '.join(TAGS)}.")
        found[kind.strip()] = text.strip()
    return tuple(sorted(found.items()))


def _pauses(pairs: Sequence[str]) -> tuple[tuple[str, float], ...]:
    found: dict[str, float] = {}
    for pair in pairs:
        kind, _, seconds = pair.partition("=")
        value = number(seconds)
        if kind.strip() not in PAUSES or not 0 <= value <= (1 if kind.strip() == PAUSES[-1] else MAX_PAUSE_S):
            raise UsageError(
                f"--pause takes KIND=SECONDS such as paragraph=0.8, up to {MAX_PAUSE_S:g}, or vary=SHARE up to 1, "
                f"not {pair!r}; kinds are {', '.join(PAUSES)}."
            )
        found[kind.strip()] = value
    return tuple(sorted(found.items()))


# --- the server


def upload_config(arguments: argparse.Namespace) -> UploadConfig | None:
    """Build the config from `UPLOAD`; None if nothing is to be uploaded. Raises UsageError."""
    server = arguments.abs_server_url.strip().rstrip("/")
    if not server:
        if arguments.abs_api_token or arguments.abs_library_id:
            raise UsageError("--abs-server-url is missing: the address of the Audiobookshelf server.")
        return None
    token = (arguments.abs_api_token or os.environ.get(ENV_ABS_TOKEN, "")).strip()
    if not token:
        raise UsageError(f"--abs-server-url needs a token: {ENV_ABS_TOKEN} in the environment, or --abs-api-token.")
    if not TOKEN.fullmatch(token):
        raise UsageError(
            "The token of the Audiobookshelf server cannot be right: it has spaces or other invalid characters."
        )
    if not LIBRARY.fullmatch(arguments.abs_library_id.strip()):
        raise UsageError(
            f"--abs-library-id takes a library's id, as its address shows, not {arguments.abs_library_id!r}."
        )
    return UploadConfig(server=_server(server), token=token, abs_library_id=arguments.abs_library_id.strip())


def _server(text: str) -> str:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:  # the port is not a number
        return _refuse(text)
    fits = parts.scheme in ("http", "https") and parts.hostname and port != 0 and "@" not in parts.netloc
    plain = text.isascii() and text.isprintable() and " " not in text and not parts.query and not parts.fragment
    return text if fits and plain else _refuse(text)


def _refuse(text: str) -> str:
    shown = re.sub(r"//[^/@]*@", "//", text)  # hides a password
    raise UsageError(f"--abs-server-url takes an address such as https://books.example:13378, not {shown!r}.")
