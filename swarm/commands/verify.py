"""`e2a-swarm verify`: listen to what was spoken already, and tell which sentences may be wrong."""

import argparse
import os
import shlex
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager, closing
from pathlib import Path
from random import SystemRandom

from swarm.book.model.language_code import language_name
from swarm.commands.book_config import ADDRESS
from swarm.commands.option import share
from swarm.commands.output import say, say_json, show_progress, warn
from swarm.config import ENV_OFFLINE, ENV_VERIFY, state_folder
from swarm.coordinator.made_file import find_delivered_file, find_made_file, is_made
from swarm.coordinator.verification import (
    Finding,
    Judge,
    Respeak,
    bad_speakers,
    choose_sample,
    cross_check,
    listen,
    open_spoken,
)
from swarm.errors import EXIT_DONE, EnvironmentFault, UsageError
from swarm.job.spec import Recipe
from swarm.job.state import JobState
from swarm.job.store.store import DiskStore, list_jobs
from swarm.system.capacity import read_capacity
from swarm.system.disk import full_name, link_or_copy
from swarm.system.platform import run_loop
from swarm.system.text import clean
from swarm.voice.engine import EngineFault
from swarm.voice.host.recogniser import check_installed, make_verifier, recogniser_name
from swarm.watch.history import History
from swarm.worker.engine_processes import Engines


def run(arguments: argparse.Namespace) -> int:
    """Listen to a book; return the exit code. Raises SwarmError."""
    if arguments.offline:
        os.environ[ENV_OFFLINE] = "1"

    compared = share("--cross-check", arguments.cross_check)
    if not compared:
        check_installed()
    folder = state_folder(arguments.state_dir)
    job = find_job(arguments.book, folder)
    with closing(DiskStore(folder)) as store:
        state = open_spoken(store, job)
        if state is None or not state.accepted:
            raise UsageError(f"Nothing of {arguments.book} is spoken here: `e2a-swarm convert` speaks it.")
        if compared:
            return _cross_check(arguments, state, store, compared)
        judge = open_judge(state.spec.recipe.language, sample=arguments.sample)
        findings = [*_shown(listen(state, store, judge), len(state.accepted))]
    named = state.spec.source if arguments.book == job else arguments.book
    _report(state, findings, named, as_json=arguments.json)
    return EXIT_DONE


def _cross_check(arguments: argparse.Namespace, state: JobState, store: DiskStore, part: float) -> int:
    """Compare a sample with how this machine speaks it; return the exit code. Raises SwarmError."""

    async def compare() -> list[tuple[Finding, str]]:
        places = choose_sample(state, part, SystemRandom())
        files = {each.name: store.asset_path(state.job, each.digest) for each in state.job_files}
        log = state_folder(arguments.state_dir) / "log"
        with store.unpacking() as folder:
            async with respeaking(state.spec.recipe, files, folder, log) as respeak:
                return [compared async for compared in cross_check(state, store, places, respeak)]

    compared = run_loop(compare())
    _report(state, [finding for finding, _ in compared], arguments.book, as_json=arguments.json)
    known = History.of(state.spec, store.records(state.job)).workers
    for worker, (bad, tried) in bad_speakers(compared).items():
        name = clean(known[worker].name) if worker in known else worker
        warn(f"{name} speaks otherwise than this machine: {bad} of the {tried} sentences of it that were compared")
    return EXIT_DONE


def find_job(name: str, folder: Path) -> str:
    """Return the job that a finished file, a book or a job's own name means. Raises UsageError, EnvironmentFault."""
    path = Path(name).expanduser()
    if ADDRESS.match(name):
        return find_delivered_file(name).report.book.job
    if is_made(path):
        return find_made_file(path).report.book.job
    jobs = list_jobs(folder)
    found = [job.job for job in jobs if job.job == name] or [job.job for job in jobs if job.source == full_name(path)]
    if not found:
        raise UsageError(f"{name} was not spoken here: `e2a-swarm jobs` lists what was.")
    if len(found) > 1:
        raise UsageError(f"{name} was spoken several times; name a job, as `e2a-swarm jobs` does: {', '.join(found)}.")
    return found[0]


def open_judge(language: str, *, sample: bool) -> Judge:
    """Load the recogniser for a language, with all cores. Raises EnvironmentFault."""
    try:
        verifier = make_verifier(recogniser_name(), language, "cpu", sample=sample, threads=read_capacity().cores)
    except EngineFault as fault:
        raise EnvironmentFault(f"{fault} Or name a folder with a model of faster-whisper in {ENV_VERIFY}.") from fault
    if verifier is None:
        raise EnvironmentFault(f"The recogniser {recogniser_name()} does not know {language_name(language)}.")
    return verifier.judge


def _shown(findings: Iterable[Finding], number: int) -> Iterable[Finding]:
    """Yield findings, and show in one line of a terminal how many there were; the line is gone at the end."""
    try:
        for heard, finding in enumerate(findings, 1):
            show_progress(f"listening: {heard:,} of {number:,} sentences")
            yield finding
    finally:
        show_progress("")


def _report(state: JobState, findings: list[Finding], named: str, *, as_json: bool) -> None:
    doubtful = [finding for finding in findings if finding.doubt]
    if as_json:
        rows = [
            {
                "id": f"{finding.place[0] + 1}:{finding.place[1] + 1}",
                "chapter": finding.place[0] + 1,
                "sentence": finding.place[1] + 1,
                "title": state.spec.chapters[finding.place[0]].title,
                "text": state.segment(finding.place).written,
                "reason": finding.doubt,
            }
            for finding in doubtful
        ]
        say_json({"job": state.job, "sentences": len(findings), "doubtful": rows})
        return
    say(*(finding.line(state) for finding in doubtful), hang=2)
    if doubtful:
        say(f"{len(doubtful):,} of {len(findings):,} sentences may sound wrong; they are spoken again with:")
        say(f"  e2a-swarm redo {shlex.quote(named)} --doubtful")
    else:
        say(f"{len(findings):,} sentences: nothing is doubtful")


@asynccontextmanager
async def respeaking(recipe: Recipe, job_files: Mapping[str, Path], folder: Path, log: Path) -> AsyncIterator[Respeak]:
    """Open the voice of a job, and yield what speaks its sentences. Raises EnvironmentFault if that is not here.

    `job_files` are the job's files by their names in its voice; they are linked into `folder`, which is empty.
    """
    engines = Engines(("cpu:0",), log)
    for name, path in job_files.items():
        link_or_copy(path, folder / name)
    try:
        await engines.load(0, recipe, folder)
        yield lambda text, seed: _respoken(engines, text, seed)
    except EngineFault as fault:
        raise EnvironmentFault(f"This machine cannot speak the book to compare it: {fault}") from fault
    finally:
        await engines.end_engines()


async def _respoken(engines: Engines, text: str, seed: int) -> bytes:
    try:
        (clip,) = await engines.speak(0, ((text, seed),))
    except EngineFault:
        return b""
    return clip.frame if clip else b""
