"""`e2a-swarm redo`: speak some sentences of a finished audiobook again, and rewrite it."""

import argparse
import os
import re
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from swarm.book.model.language_code import normal_language
from swarm.commands import convert, option
from swarm.commands.book_config import ADDRESS, render_config
from swarm.commands.command_table import CONVERTING
from swarm.commands.option import Usual, option_parser
from swarm.commands.option_table import COMMON_SOUND, FILES_AND_READING
from swarm.commands.output import say
from swarm.config import ENV_ABS_TOKEN, RedoConfig, RenderConfig, state_folder
from swarm.coordinator.brought_files import find_brought_files
from swarm.coordinator.made_file import (
    JSON_ENDING,
    MadeFile,
    find_delivered_file,
    find_made_file,
    is_made,
    made_of,
    uploaded_to,
)
from swarm.coordinator.prepare import find_job, prepare
from swarm.coordinator.seen_engines import SeenEngines
from swarm.errors import EXIT_DONE, UsageError
from swarm.job.store.store import DiskStore, list_jobs
from swarm.job.store.summary import JobSummary
from swarm.system.text import clock_text

SEGMENTS = re.compile(r"(\d{1,6})[:/](\d{1,6})(?:-(\d{1,6}))?")
MOMENT = re.compile(r"(?:(?:(\d{1,4}):)?(\d{1,5}):)?(\d{1,7}(?:\.\d{1,6})?)")
# Options that decide the job: one book may have several, and a finished file has the job that it was made of.
OTHER_SOUND = (
    "--engine-option", "--dialogue-voice", "--cast", "--expressive", "--one-engine", "--fine-tuned", "--half",
    "--deepspeed", "--custom-model", "--notes", "--include", "--exclude", "--ruby", "--lexicon", "--alt-text",
    "--chapters",
)  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    """Speak the chosen sentences again; return the exit code. Raises UsageError."""
    given = _given(arguments)
    chosen = redo_config(arguments)
    made = _made_file(arguments, given)
    if made is None and arguments.at:
        raise UsageError('--at counts in a finished file: e2a-swarm redo "Title - Author.m4b" --at 1:23:45.')
    config = _config_of(made, arguments, given, chosen) if made else render_config(arguments)
    config = replace(config, redo=config.redo or chosen)
    return _rehearse(config) if arguments.dry_run else convert.run_with(arguments, config)


def redo_config(arguments: argparse.Namespace) -> RedoConfig:
    """Return the sentences that the user chose, apart from moments. Raises UsageError."""
    config = RedoConfig(
        segments=tuple(_segments(part) for part in arguments.segments.replace(" ", "").split(",") if part),
        chapters=tuple(option.whole("--chapter", number, 1, 999_999) for number in arguments.chapter),
        doubtful=arguments.doubtful,
        recast=_pair("--recast", arguments.recast, "a character or its voice, and another voice: Holmes=am_adam"),
        rename=_pair("--rename", arguments.rename, "a character's name and another one: the Captain=Nemo"),
        texts=tuple(text.strip() for text in arguments.text if text.strip()),
        every=arguments.all,
        speaker=arguments.speaker.strip(),
        say=arguments.say,
    )
    if replace(config, say=None, every=False, speaker="") == RedoConfig() and not arguments.at:
        raise UsageError('Choose what to speak again: --at 1:23:45, --text "its words", --segments 3:12 or --doubtful.')
    return config


def _pair(option: str, text: str, takes: str) -> tuple[str, str]:
    """Return the two names of an option, before and behind its =. Raises UsageError."""
    name, equals, other = (part.strip() for part in text.partition("="))
    if text.strip() and not (name and equals and other):
        raise UsageError(f"{option} takes {takes}, not {text!r}.")
    return name, other


def moment_s(text: str) -> float:
    """Return a moment such as 1:23:45, 83:45 or 5025.5 in seconds. Raises UsageError."""
    found = MOMENT.fullmatch(text.strip())
    if not found or not found[0].isascii():
        raise UsageError(f"--at takes a moment as players show it, such as 1:23:45 or 4:05, not {text!r}.")
    hours, minutes, seconds = (float(part or 0) for part in found.groups())
    if (found[2] and seconds >= 60) or (found[1] and minutes >= 60):
        raise UsageError(f"--at {text.strip()}: there is no such time, for minutes and seconds go up to 59.")
    return 3600 * hours + 60 * minutes + seconds


def _segments(text: str) -> tuple[int, int, int]:
    found = SEGMENTS.fullmatch(text)
    if not found:
        raise UsageError(f"--segments takes chapter:sentence such as 3:12 or 3:12-15, not {text!r}.")
    return int(found[1]), int(found[2]), int(found[3] or found[2])


def _given(arguments: argparse.Namespace) -> set[str]:
    """Return the names of convert's options that the user gave."""
    given = set()
    for action in (action for action in option_parser(CONVERTING)._actions if action.option_strings):
        name, value = action.option_strings[0], getattr(arguments, action.dest, action.default)
        usual = (action.default, arguments.settings.get(name.strip("-")))
        if not isinstance(value, Usual) and (isinstance(value, str) or value not in usual):
            given.add(name)
    return given


def _made_file(arguments: argparse.Namespace, given: set[str]) -> MadeFile | None:
    """Find the file to mend, named or made of the book; None if the job follows from all options. Raises UsageError."""
    names = [*arguments.books, *arguments.ebook]
    named = [Path(name).expanduser() for name in names]
    delivered = [name for name in names if ADDRESS.match(name)]
    if delivered or any(map(is_made, named)):
        _check_alone(len(names), given)
        return find_delivered_file(delivered[0]) if delivered else find_made_file(named[0])
    state_dir = state_folder(arguments.state_dir)
    if len(named) != 1 or arguments.ebooks_dir or not (state_dir / "jobs").is_dir():
        return None
    jobs = [job for job in list_jobs(state_dir) if "--output-dir" not in given or not _is_delivered(job)]
    if not given & set(OTHER_SOUND):
        return made_of(jobs, named[0], lambda job: _fits(job, arguments))
    name = _job_of(render_config(arguments), named[0])
    return made_of(jobs, named[0], lambda job: job.job == name)


def _is_delivered(job: JobSummary) -> bool:
    return any("://" in file for file in job.files)


def _check_alone(number: int, given: set[str]) -> None:
    """Check that a finished file comes alone and without options of another edition. Raises UsageError."""
    if number > 1:
        raise UsageError("redo mends one finished file at a time: name only one.")
    for name in (*COMMON_SOUND, *OTHER_SOUND, "--output-dir"):
        if name in given:
            raise UsageError(
                f"A finished file keeps its voice, its words and its place, so {name} means nothing here: "
                "`e2a-swarm convert` makes another edition of the book."
            )


def _job_of(config: RenderConfig, book: Path) -> str:
    """Return the job that follows from a book and all its options. Raises UsageError, BookError, StoreError."""
    with closing(DiskStore(config.state_dir)) as store:
        seen = SeenEngines(config.state_dir)  # the book may have been spoken by what only a worker has
        return find_job(config, book, find_brought_files(config, store), seen).name


def _fits(job: JobSummary, arguments: argparse.Namespace) -> bool:
    """Tell whether a job has the voice that the user named; whatever is not named fits."""
    asked = (arguments.tts_engine.strip().lower(), arguments.voice.strip(), arguments.language.strip())
    known = (job.engine, job.voice, job.language)
    wanted = (*asked[:2], normal_language(asked[2]) if asked[2] else "")
    speed = None if isinstance(arguments.speed, Usual) else option.number(arguments.speed)
    return all(want in ("", has) for want, has in zip(wanted, known, strict=True)) and speed in (None, job.speed)


def _config_of(made: MadeFile, arguments: argparse.Namespace, given: set[str], chosen: RedoConfig) -> RenderConfig:
    """Return the config of a finished file: as it was made, apart from what the user gives now. Raises UsageError."""
    moments = [moment_s(text) for text in arguments.at]
    heard = [(moment, made.heard_at(moment)) for moment in moments]
    notes = [
        f'{clock_text(moment)} is in {each.sentence.id}; {each.before.id} ends just before it: "{each.before.text}"'
        for moment, each in heard
        if each.before
    ]
    ids = tuple((each.sentence.chapter, each.sentence.sentence, each.sentence.sentence) for _, each in heard)
    _take_options(arguments, made.report.options, given)
    job = made.report.book.job
    if server := uploaded_to(state_folder(arguments.state_dir), job):
        notes += _take_server(arguments, *server)
    arguments.books, arguments.ebook = [f"{made.place}/{made.stem}{JSON_ENDING}"], []
    arguments.output_dir = arguments.output_dir if "--output-dir" in given else made.place
    rows = made.report.segments if chosen.texts else ()
    times = tuple((row.chapter, row.sentence, row.at_s) for row in rows if row.at_s is not None)
    segments = chosen.segments + ids
    redo = replace(chosen, segments=segments, job=job, stem=made.stem, notes=tuple(notes), heard=times)
    source = Path(made.report.book.source or made.path)
    return replace(render_config(arguments), books=(source,), found=frozenset(), redo=redo)


def _take_options(arguments: argparse.Namespace, words: Sequence[str], given: set[str]) -> None:
    """Use the options of a report, unless the user gives them now; those of a newer version are passed over."""
    parser = option_parser(FILES_AND_READING)
    recorded, _ = parser.parse_known_args(list(words))
    for action in parser._actions:
        if action.option_strings[0] not in given:
            setattr(arguments, action.dest, getattr(recorded, action.dest))


def _take_server(arguments: argparse.Namespace, server: str, library: str) -> list[str]:
    """Upload to the server that has the audiobook already; return a line if its token is missing."""
    if arguments.abs_server_url.strip():
        return []
    if not (arguments.abs_api_token or os.environ.get(ENV_ABS_TOKEN, "")).strip():
        return [f"{server} keeps the present audiobook, for {ENV_ABS_TOKEN} is not set: convert uploads the new one"]
    arguments.abs_server_url, arguments.abs_library_id = server, library
    return []


def _rehearse(config: RenderConfig) -> int:
    """Show which sentences are meant, and speak nothing."""
    with closing(DiskStore(config.state_dir)) as store:
        for book in config.books:
            say(*prepare(config, book, store, time.time()).notes)
    return EXIT_DONE
