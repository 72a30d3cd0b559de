"""The options that several commands share, and the configs and the log that are made from them."""

import argparse
import math
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from swarm.commands.audiobook_options import add_style_options, add_upload_options, style_config, upload_config
from swarm.commands.book_options import (
    add_books,
    add_cast_options,
    add_credits_option,
    add_reading_options,
    books_named,
    cast_of,
    credits_named,
    reading,
)
from swarm.commands.engine_options import LICENCES, MACHINE_OPTIONS, add_model_options, model_settings
from swarm.commands.output import warn
from swarm.commands.parser import AnnouncedAddress, OneCoordinator, Parser, number, one_of, refuse, whole
from swarm.config import (
    ASSETS_LIMIT,
    DEFAULT_PORT,
    ENV_ASSETS_LIMIT,
    ENV_BIND,
    ENV_LOG,
    CoordinateConfig,
    RenderConfig,
    state_folder,
)
from swarm.errors import UsageError

if TYPE_CHECKING:
    from swarm.job.recipe import Setting
    from swarm.watch.progress import Mode
    from swarm.watch.trace.recorder import Trace


def words_of(parser: argparse.ArgumentParser, arguments: argparse.Namespace) -> tuple[str, ...]:
    """Return the options of a parser that differ from their defaults."""
    words: list[str] = []
    for action in parser._actions:
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


USUAL_MODEL = ("internal", "std")  # words of --fine-tuned that mean the default model in ebook2audiobook
FIRST_GPU = {"cuda": "0", "rocm": "0", "mps": "mps"}  # values of ebook2audiobook's --device, as --gpu takes them
UUID = re.compile(r"(GPU|MIG)-[0-9a-fA-F-]{1,60}")
MAX_CHAPTERS = 999_999  # a bound for any book, since the real number is known only when the book is read
ADDRESS = re.compile(r"(?!file://)[A-Za-z][A-Za-z0-9+.-]+://\S+")
SOUND_FILES = (".wav", ".mp3", ".flac", ".ogg", ".oga", ".opus", ".m4a", ".m4b", ".mp4", ".aac", ".wma", ".aiff")

# Options of ebook2audiobook that are not supported here. Each has a sentence that tells what to do instead.
REFUSED = {
    "voice-map": "name the voices of characters with --cast FILE, or of all dialogue with --dialogue-voice.",
    "text": "only books are read: save the text as a .txt file and name that.",
    "session": "leave it out: the same command on the same book resumes by itself.",
    "translate": "books are spoken in the language they are written in: translate the EPUB first.",
    "share": "there is no web page to share: other machines join with `e2a-swarm join`.",
    "script-mode": "leave it out: there is only one way to run.",
    "output-split": "use --split chapter, or --split 6h.",
    "output-split-hours": "use --split with hours, such as --split 6h.",
    "custom-model-url": "download the model, and name its folder or zip with --custom-model.",
}


def add_state_option(parser: argparse._ActionsContainer) -> None:
    """Add --state-dir, the folder of jobs, clips and the key."""
    parser.add_argument(
        "--state-dir",
        metavar="DIR",
        help="the folder for jobs, clips and the key (default: $E2A_SWARM_HOME, or the user's data folder)",
    )


def add_output_options(
    parser: argparse._ActionsContainer, *, json: str = "", quiet: str = "print only the result"
) -> None:
    """Add --verbose, and --json and --quiet if their help is given."""
    if quiet:
        parser.add_argument("--quiet", action="store_true", help=quiet)
    parser.add_argument(
        "--verbose", action="store_true", help="show each step, and the traceback of an unexpected error"
    )
    if json:
        parser.add_argument("--json", action="store_true", help=json)


def progress_mode(arguments: argparse.Namespace) -> "Mode":
    """Return the mode of progress: the one of --quiet or --json, else "auto", which looks at the terminal."""
    if getattr(arguments, "json", False):
        return "json"
    return "quiet" if arguments.quiet else "auto"


def add_render_options(parser: argparse.ArgumentParser) -> None:
    """Add the options for books, sound and files, which `render_config` reads."""
    add_books(parser)
    add_render_defaults(parser)


def add_render_defaults(parser: argparse.ArgumentParser) -> None:
    """Add the options of `add_render_options` that are no books."""
    add_sound(parser)
    add_reading_options(parser)
    add_credits_option(parser)
    add_style_options(parser)
    _add_job_options(parser)
    add_upload_options(parser)
    for name, instead in REFUSED.items():
        refuse(parser, name, instead)


def add_sound(parser: argparse.ArgumentParser) -> None:
    """Add the options for engine, voice and speed."""
    sound = parser.add_argument_group("sound")
    sound.add_argument(
        "--tts-engine", metavar="NAME", default="", help="hibari, kokoro, piper, xtts, ... (default: by language)"
    )
    sound.add_argument(
        "--voice",
        metavar="NAME|FILE",
        default="",
        help="a voice of the engine (`e2a-swarm voices` lists them), or a recording to speak like",
    )
    add_cast_options(sound)
    sound.add_argument("--language", metavar="CODE", default="", help="en, eng, fr, ... (default: the text's own)")
    sound.add_argument("--speed", metavar="X", default="1", help="how fast the voice speaks (default: 1)")
    sound.add_argument(
        "--engine-option", metavar="K=V", action="append", default=[], help="a setting of the engine; may be repeated"
    )
    add_model_options(sound)


def _add_job_options(parser: argparse.ArgumentParser) -> None:
    job = parser.add_argument_group("job")
    job.add_argument(
        "--output-dir",
        metavar="DIR|URL",
        default=".",
        help="where the audiobook goes, also s3://bucket/folder or sftp://host/folder (default: here)",
    )
    add_selection(job)
    job.add_argument(
        "--min-workers", metavar="N", default="0", help="begin once N workers are there (default: at once)"
    )
    job.add_argument(
        "--on-failure",
        metavar="finish|stop",
        default="finish",
        help="if no worker can speak a sentence: finish the rest and report it, or stop (default: finish)",
    )
    job.add_argument("--deliver-gaps", action="store_true", help="also deliver an audiobook that lacks over 2 %% of it")
    editions = job.add_mutually_exclusive_group()
    editions.add_argument(
        "--replace", action="store_true", help="take the place of the last edition even if its voice is another"
    )
    editions.add_argument(
        "--keep-both", action="store_true", help="do not take the place of the last edition of the same book"
    )
    job.add_argument("--anyway", action="store_true", help="speak a book even if the voice cannot say most of it")
    job.add_argument("--allow-sleep", action="store_true", help="let this machine go to sleep while it works")
    add_state_option(job)


def add_selection(parser: argparse._ActionsContainer) -> None:
    """Add --chapters, the choice of some of them."""
    parser.add_argument(
        "--chapters", metavar="1-3,7", default="", help="only these chapters, as `e2a-swarm inspect` counts"
    )


def add_device_options(parser: argparse.ArgumentParser) -> argparse._ArgumentGroup:
    """Add --gpu, --cpu and ebook2audiobook's --device, which `asked_devices` reads; return their group."""
    group = parser.add_argument_group("machine")
    group.add_argument(
        "--gpu", metavar="N|UUID|all", action="append", default=[], help="compute on this GPU, or on all GPUs"
    )
    group.add_argument("--cpu", action="store_true", help="compute on the CPU, even if there are GPUs")
    group.add_argument(
        "--device",
        metavar="CPU|CUDA|ROCM|MPS|N",
        help="CPU: like --cpu; CUDA, ROCM: like --gpu 0; MPS: Apple's GPU; N: like --gpu N",
    )
    return group


def add_network_options(parser: argparse.ArgumentParser) -> None:
    """Add the options for the coordinator's address and key, which `coordinate_config` reads."""
    group = parser.add_argument_group("network")
    group.add_argument("--port", metavar="N", help=f"the TCP port (default: {DEFAULT_PORT}, else the next free one)")
    group.add_argument(
        "--bind", metavar="ADDRESS", help="listen on this address only (default: $E2A_SWARM_BIND, or all)"
    )
    told = group.add_mutually_exclusive_group()
    told.add_argument(
        "--announce", metavar="HOST:PORT", action=AnnouncedAddress, default="", help="announce this address by mDNS"
    )
    told.add_argument("--no-advertise", action="store_true", help="do not announce this coordinator over mDNS")
    group.add_argument(
        "--open", action="store_true", help="use no key and no encryption: anybody on the network can join"
    )
    group.add_argument(
        "--opus-links",
        action="store_true",
        help="have machines send Opus, a quarter of the bytes, while their link is the bottleneck",
    )
    group.add_argument("--approve", action="store_true", help="let new machines wait for `e2a-swarm members approve`")
    for name in ("device", "gpu", "cpu", *LICENCES, *(option.name for option in MACHINE_OPTIONS)):
        refuse(parser, name, "a coordinator only shares the book: give it to `e2a-swarm work`.")


def add_coordinator_options(parser: argparse.ArgumentParser) -> argparse._ArgumentGroup:
    """Add --coordinator and --open, and return their group."""
    group = parser.add_argument_group("network")
    group.add_argument(
        "--coordinator",
        metavar="HOST[:PORT]",
        default="",
        action=OneCoordinator,
        help="its address (default: found by mDNS)",
    )
    group.add_argument("--open", action="store_true", help="use no key: only for coordinators started with --open")
    return group


def render_config(arguments: argparse.Namespace) -> RenderConfig:
    """Build the config from the options of `add_render_options`. Raises UsageError."""
    recording, output = voice_file(arguments.voice), arguments.output_dir.strip()
    books, found = books_named(arguments)
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
        one_engine=arguments.one_engine,
        settings=_settings(arguments),
        on_failure=one_of("--on-failure", arguments.on_failure, ("finish", "stop")),
        min_workers=whole("--min-workers", arguments.min_workers, 0, 10_000),
        deliver_gaps=arguments.deliver_gaps,
        replace=arguments.replace,
        keep_both=arguments.keep_both,
        anyway=arguments.anyway,
        options=file_words(arguments),
        allow_sleep=arguments.allow_sleep,
        assets_limit=assets_limit(),
    )


def file_parser() -> argparse.ArgumentParser:
    """Make a parser of those options alone that decide the files and what is read of the book."""
    parser = Parser(add_help=False)
    add_style_options(parser)
    add_reading_options(parser)
    add_credits_option(parser)
    add_selection(parser)
    return parser


def file_words(arguments: argparse.Namespace) -> tuple[str, ...]:
    """Return the options of `file_parser` that differ from their defaults, as words of a command line."""
    return words_of(file_parser(), arguments)


def coordinate_config(arguments: argparse.Namespace, render: RenderConfig) -> CoordinateConfig:
    """Build the config from what is rendered and from `add_network_options`. Raises UsageError."""
    return CoordinateConfig(
        render=render,
        bind=arguments.bind or os.environ.get(ENV_BIND, ""),
        port=None if arguments.port is None else whole("--port", arguments.port, 1, 65535),
        open=arguments.open,
        approve=arguments.approve,
        opus_links=arguments.opus_links,
        advertise=not arguments.no_advertise,
        announce=arguments.announce,
    )


def asked_devices(arguments: argparse.Namespace) -> tuple[str, ...]:
    """Return the chosen devices: ("cpu",), ("cuda:0", "GPU-5a"), ("cuda",) for all GPUs, () for the default.

    Raises UsageError.
    """
    gpus = [part for text in arguments.gpu for part in text.split(",")]
    cpu = arguments.cpu
    if arguments.device is not None:
        named = _named_device(arguments.device.strip())
        cpu = cpu or named == "cpu"
        gpus = gpus or ([] if named == "cpu" else [named])
    if cpu and gpus:
        raise UsageError("--cpu and --gpu exclude each other: start one worker for each.")
    if "all" in gpus:
        return ("cuda",)
    return ("cpu",) if cpu else tuple(dict.fromkeys(map(_gpu, gpus)))


def _named_device(text: str) -> str:
    """Return the device that --device means: "cpu", or a GPU as --gpu names it."""
    kind = text.lower()
    if kind in ("cpu", "all", *FIRST_GPU):
        return FIRST_GPU.get(kind, kind)
    if text.isdigit() or UUID.fullmatch(text):
        return text
    raise UsageError(f"--device {text} is not supported: use --cpu, --gpu N or --device MPS.")


def _gpu(text: str) -> str:
    if text == "mps" or UUID.fullmatch(text):
        return text
    return f"cuda:{whole('--gpu', text, 0, 255)}"


def voice_file(text: str) -> Path | None:
    """Return the recording of --voice, if it names one. The file may be missing if the job exists already."""
    path = Path(text.strip()).expanduser()
    return path if text.strip() and (path.suffix.lower() in SOUND_FILES or path.is_file()) else None


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
    return given | model_settings(arguments) | _engine_options(arguments.engine_option)


def _chapters(text: str) -> str:
    from swarm.book.speech.script import parse_selection

    chosen = text.replace(" ", "")
    if chosen:
        parse_selection(chosen, MAX_CHAPTERS)
    return chosen


def _engine_options(pairs: Sequence[str]) -> "dict[str, Setting]":
    options: dict[str, Setting] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name.strip():
            raise UsageError(f"--engine-option takes NAME=VALUE, such as cost_per_char=0.001, not {pair!r}.")
        options[name.strip()] = value.strip()
    return options


def add_log_option(parser: argparse._ActionsContainer) -> None:
    """Add --log, which `open_trace` reads."""
    parser.add_argument(
        "--log",
        metavar="FILE",
        default="",
        help="write every message and decision, for `e2a-swarm log` (default: $E2A_SWARM_LOG, or no log)",
    )


def open_trace(arguments: argparse.Namespace) -> "Trace":
    """Open the log that --log or E2A_SWARM_LOG names, if any. Raises UsageError if it cannot be written."""
    from swarm.watch.trace.log_file import open_log
    from swarm.watch.trace.recorder import NO_TRACE, Trace

    named = arguments.log.strip() or os.environ.get(ENV_LOG, "").strip()
    if not named:
        return NO_TRACE
    path = Path(named).expanduser()
    log = open_log(path)
    if log.path != path.resolve() and not getattr(arguments, "quiet", False):
        warn(f"log: {path.with_name(log.path.name)} ({path.name} is another process's)")
    return Trace(log)
