"""The options for the finished files, and for an Audiobookshelf server that they are uploaded to.

A change of these speaks no sentence again. Those of the upload are named as in ebook2audiobook."""

import argparse
import os
import re
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from swarm.config import ENV_ABS_TOKEN, StyleConfig, UploadConfig
from swarm.errors import UsageError

# These words repeat those of format.py, subtitle.py and tags.py in audiobook/sound/ and of book/model/book.py, which
# take longer to import.
FORMATS = ("m4b", "m4a", "mp3", "opus", "ogg", "flac", "wav")
SUBTITLES = ("vtt", "srt", "lrc")
PAUSES = ("clause", "sentence", "paragraph", "heading", "scene", "chapter", "start", "vary")
BESIDE = ("cover", "cue", "opf")
TAGS = (
    "subtitle", "series", "series-part", "genre", "year", "publisher", "description", "translator", "rights", "isbn",
    "asin", "title-sort", "author-sort",
)  # fmt: skip

CHANNELS = {"1": 1, "mono": 1, "2": 2, "stereo": 2}
KILOBITS = re.compile(r"(\d{1,4})k?")
SPLIT = re.compile(r"chapter|[1-9]\d{0,2}h")
MAX_PAUSE_S = 30.0
GUESSED_VOICE_RATE = 24_000  # sample rate of most voices in Hz, to check the options before the voice is known


def add_style_options(parser: argparse.ArgumentParser) -> None:
    """Add the options for the finished file, which `style_config` reads."""
    file = parser.add_argument_group("file (changing these speaks nothing again)")
    _add_sound_options(file)
    _add_tag_options(file)
    _add_company_options(file)


def _add_sound_options(file: "argparse._ArgumentGroup") -> None:
    file.add_argument("--output-format", metavar="FORMAT", default="m4b", help=f"{', '.join(FORMATS)} (default: m4b)")
    file.add_argument(
        "--split",
        metavar="chapter|6h",
        default="",
        help="write a file for each chapter, or files of about so many hours",
    )
    file.add_argument("--bitrate", metavar="64k", default="", help="kilobits a second (default: what suits speech)")
    file.add_argument(
        "--channels",
        "--output-channel",
        metavar="mono|stereo",
        default="mono",
        help="stereo has the same sound on both sides (default: mono)",
    )
    file.add_argument("--sample-rate", metavar="HZ", default="", help="default: the voice's own")
    file.add_argument("--loudness", metavar="LUFS|off|acx", default="-18", help="loudness by EBU R128 (default: -18)")
    file.add_argument(
        "--pause",
        metavar="KIND=S",
        action="append",
        default=[],
        help=f"seconds of silence after a {', '.join(PAUSES[:-2])}, or at the start of each file; vary=0: always equal",
    )


def _add_tag_options(file: "argparse._ArgumentGroup") -> None:
    for name, what in (("title", "the title"), ("author", "the author"), ("narrator", "the narrator")):
        file.add_argument(f"--{name}", metavar="NAME", default="", help=f"{what} in the tags, in place of the book's")
    file.add_argument(
        "--tag",
        metavar="KIND=TEXT",
        action="append",
        default=[],
        help=f"another tag in place of the book's: {', '.join(TAGS)}; without text it is left out",
    )
    file.add_argument("--cover", metavar="PICTURE", help="a picture in place of the book's cover")


def _add_company_options(file: "argparse._ArgumentGroup") -> None:
    """Add the options for what is written beside the audiobook."""
    file.add_argument(
        "--keep-chapters", action="store_true", help="also write a file of each chapter as soon as it is finished"
    )
    file.add_argument("--subtitles", metavar="vtt|srt|lrc", default="", help="also write the text with its times")
    file.add_argument(
        "--read-along",
        action="store_true",
        help="also write an EPUB with the sound: sentences are highlighted as they are read",
    )
    file.add_argument(
        "--read-along-words",
        action="store_true",
        help="the same, with words highlighted where the voice tells their times",
    )
    file.add_argument(
        "--beside",
        metavar="FILES",
        default="",
        help="also write cover, opf (the metadata) or cue (the chapters) as files; several are separated by commas",
    )
    file.add_argument(
        "--report", metavar="json|html", default="json", help="html: also write a page with players (default: json)"
    )


def style_config(arguments: argparse.Namespace) -> StyleConfig:
    """Build the config from the options of `add_style_options`. Raises UsageError."""
    from swarm.commands.parser import one_of

    config = StyleConfig(
        output_format=_output_format(arguments.output_format),
        split=_split(arguments.split),
        bitrate=_bitrate(arguments.bitrate),
        channels=_channels(arguments.channels),
        sample_rate=_sample_rate(arguments.sample_rate),
        title=arguments.title.strip(),
        author=arguments.author.strip(),
        narrator=arguments.narrator.strip(),
        tags=_tags(arguments.tag),
        cover=Path(arguments.cover).expanduser() if arguments.cover else None,
        loudness=arguments.loudness.strip().lower(),
        keep_chapters=arguments.keep_chapters,
        report_html=one_of("--report", arguments.report, ("json", "html")) == "html",
        subtitles=_subtitles(arguments.subtitles),
        read_along=arguments.read_along or arguments.read_along_words,
        read_along_words=arguments.read_along_words,
        beside=_beside(arguments.beside),
        pauses_s=_pauses(arguments.pause),
    )
    from swarm.audiobook.sound.format import make_coding, read_level

    read_level(config.loudness)
    make_coding(config.output_format, GUESSED_VOICE_RATE, config.sample_rate, config.channels, config.bitrate)
    return config


def _output_format(text: str) -> str:
    chosen = text.strip().lower().removeprefix(".")
    if chosen in FORMATS:
        return chosen
    raise UsageError(f"--output-format {text} is not supported: use one of {', '.join(FORMATS)}.")


def _split(text: str) -> str:
    chosen = text.strip().lower()
    if not chosen or SPLIT.fullmatch(chosen):
        return chosen
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


def _sample_rate(text: str) -> int:
    if not text:
        return 0
    from swarm.commands.parser import whole

    return whole("--sample-rate", text, 8000, 192_000)


def _subtitles(text: str) -> str:
    chosen = text.strip().lower()
    if not chosen or chosen in SUBTITLES:
        return chosen
    raise UsageError(f"--subtitles takes one of {', '.join(SUBTITLES)}, not {text!r}.")


def _beside(text: str) -> tuple[str, ...]:
    chosen = {word.strip().lower() for word in text.split(",") if word.strip()}
    if chosen <= set(BESIDE):
        return tuple(sorted(chosen))
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
    from swarm.commands.parser import number

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


TOKEN = re.compile(r"[!-~]{1,4096}")
LIBRARY = re.compile(r"[A-Za-z0-9_-]{0,128}")


def add_upload_options(parser: argparse.ArgumentParser) -> None:
    """Add the options for the server, which `upload_config` reads."""
    group = parser.add_argument_group("Audiobookshelf")
    group.add_argument(
        "--abs-server-url", metavar="URL", default="", help="the server to upload finished audiobooks to"
    )
    group.add_argument(
        "--abs-api-token",
        metavar="TOKEN",
        default="",
        help=f"the API token of a user who may upload; safer in ${ENV_ABS_TOKEN}",
    )
    group.add_argument(
        "--abs-library-id", metavar="ID", default="", help="the library (default: the only one for books)"
    )
    for name in ("abs-enabled", "abs-auto-upload"):  # the address alone enables uploads
        parser.add_argument(f"--{name}", nargs="?", help=argparse.SUPPRESS)


def upload_config(arguments: argparse.Namespace) -> UploadConfig | None:
    """Build the config from `add_upload_options`; None if nothing is to be uploaded. Raises UsageError."""
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
