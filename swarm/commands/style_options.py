"""Options of how the finished file is to be: none of them has a sentence spoken again."""

import argparse
import re
from collections.abc import Sequence
from pathlib import Path

from swarm.config import StyleConfig
from swarm.errors import UsageError

FORMATS = ("m4b", "m4a", "mp3", "opus", "ogg", "flac", "wav")  # of audio/format.py, which takes longer to import
SUBTITLES = ("vtt", "srt", "lrc")  # of audio/subtitle.py
CHANNELS = {"1": 1, "mono": 1, "2": 2, "stereo": 2}
KILOBITS = re.compile(r"(\d{1,4})k?")
SPLIT = re.compile(r"chapter|[1-9]\d{0,2}h")
PAUSES = ("clause", "sentence", "paragraph", "heading", "scene", "chapter")  # of job/book.py
MAX_PAUSE_S = 30.0
GUESSED_VOICE_RATE = 24_000  # Hz; most voices


def add_style_options(parser: argparse.ArgumentParser) -> None:
    """Add format and tags of the finished file; read back by `style_config`."""
    file = parser.add_argument_group("file (changing these has nothing spoken again)")
    file.add_argument("--output-format", metavar="FORMAT", default="m4b", help=f"{', '.join(FORMATS)} (default: m4b)")
    file.add_argument("--split", metavar="chapter|6h", default="", help="a file a chapter, or files of so many hours")
    file.add_argument("--bitrate", metavar="64k", default="", help="bits a second (default: what suits speech)")
    file.add_argument(
        "--channels", "--output-channel", metavar="mono|stereo", default="mono", help="both the same (default: mono)"
    )
    file.add_argument("--sample-rate", metavar="HZ", default="", help="default: the voice's own")
    for name, what in (("title", "its title"), ("author", "its author"), ("narrator", "who reads it")):
        file.add_argument(f"--{name}", metavar="NAME", default="", help=f"{what}, in place of what the book says")
    file.add_argument("--loudness", metavar="LUFS|off|acx", default="-18", help="by EBU R128 (default: -18)")
    file.add_argument(
        "--pause", metavar="KIND=S", action="append", default=[], help=f"seconds after a {', '.join(PAUSES)}"
    )
    file.add_argument(
        "--keep-chapters", action="store_true", help="a file of each chapter too, as soon as it is finished"
    )
    file.add_argument("--subtitles", metavar="vtt|srt|lrc", default="", help="the text with its times beside it")
    file.add_argument(
        "--read-along",
        action="store_true",
        help="the EPUB itself too, with its sound: sentences light up as they are read",
    )
    file.add_argument(
        "--report", metavar="json|html", default="json", help="html: as a page with players too (default: json)"
    )
    file.add_argument("--cover", metavar="PICTURE", help="a picture in place of the book's cover")


def style_config(arguments: argparse.Namespace) -> StyleConfig:
    """Build the config from the options of `add_style_options`. Raises UsageError."""
    from swarm.commands.checks import one_of

    config = StyleConfig(
        output_format=_output_format(arguments.output_format),
        split=_split(arguments.split),
        bitrate=_bitrate(arguments.bitrate),
        channels=_channels(arguments.channels),
        sample_rate=_sample_rate(arguments.sample_rate),
        title=arguments.title.strip(),
        author=arguments.author.strip(),
        narrator=arguments.narrator.strip(),
        cover=Path(arguments.cover).expanduser() if arguments.cover else None,
        loudness=arguments.loudness.strip().lower(),
        keep_chapters=arguments.keep_chapters,
        report_html=one_of("--report", arguments.report, ("json", "html")) == "html",
        subtitles=_subtitles(arguments.subtitles),
        read_along=arguments.read_along,
        pauses_s=_pauses(arguments.pause),
    )
    from swarm.audio.format import make_coding
    from swarm.audio.level import read_level

    read_level(config.loudness)
    make_coding(config.output_format, GUESSED_VOICE_RATE, config.sample_rate, config.channels, config.bitrate)
    return config


def _output_format(text: str) -> str:
    chosen = text.strip().lower().removeprefix(".")
    if chosen in FORMATS:
        return chosen
    raise UsageError(f"--output-format {text} is not written: take one of {', '.join(FORMATS)}.")


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
    from swarm.commands.checks import whole

    return whole("--sample-rate", text, 8000, 192_000)


def _subtitles(text: str) -> str:
    chosen = text.strip().lower()
    if not chosen or chosen in SUBTITLES:
        return chosen
    raise UsageError(f"--subtitles takes {', '.join(SUBTITLES)}, not {text!r}.")


def _pauses(pairs: Sequence[str]) -> tuple[tuple[str, float], ...]:
    from swarm.commands.checks import number

    found: dict[str, float] = {}
    for pair in pairs:
        kind, _, seconds = pair.partition("=")
        value = number(seconds)
        if kind.strip() not in PAUSES or not 0 <= value <= MAX_PAUSE_S:
            raise UsageError(
                f"--pause takes KIND=SECONDS such as paragraph=0.8, up to {MAX_PAUSE_S:g}, not {pair!r}; "
                f"kinds are {', '.join(PAUSES)}."
            )
        found[kind.strip()] = value
    return tuple(sorted(found.items()))
