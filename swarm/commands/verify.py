"""`e2a-swarm verify`: listen to what was spoken already, and tell which sentences may be wrong."""

import argparse
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from swarm.commands.book_config import ADDRESS
from swarm.commands.checks import number
from swarm.commands.output import say, say_json, warn
from swarm.config import ENV_OFFLINE, ENV_VERIFY, state_folder
from swarm.errors import EXIT_DONE, EnvironmentFault, UsageError

if TYPE_CHECKING:
    from swarm.coordinator.verification import Finding, Judge
    from swarm.job.state import JobState
    from swarm.job.store.store import DiskStore


def run(arguments: argparse.Namespace) -> int:
    """Listen to a book; return the exit code. Raises SwarmError."""
    if arguments.offline:
        os.environ[ENV_OFFLINE] = "1"
    from swarm.coordinator.verification import listen, open_spoken
    from swarm.job.store.store import DiskStore
    from swarm.voice.host.recogniser import check_installed

    share = _share(arguments.cross_check)
    if not share:
        check_installed()
    folder = state_folder(arguments.state_dir)
    job = find_job(arguments.book, folder)
    store = DiskStore(folder)
    try:
        state = open_spoken(store, job)
        if state is None or not state.accepted:
            raise UsageError(f"Nothing of {arguments.book} is spoken here: `e2a-swarm convert` speaks it.")
        if share:
            return _cross_check(arguments, state, store, share)
        judge = open_judge(state.spec.recipe.language, sample=arguments.sample)
        findings = [*_shown(listen(state, store, judge), len(state.accepted))]
    finally:
        store.close()
    named = state.spec.source if arguments.book == job else arguments.book
    _report(state, findings, named, as_json=arguments.json)
    return EXIT_DONE


def _share(text: str) -> float:
    """Return the share that --cross-check names, 0 without it. Raises UsageError."""
    if not text:
        return 0.0
    percent = number(text.removesuffix("%"))
    if not (text.endswith("%") and 0 < percent <= 100):
        raise UsageError(f"--cross-check takes a share such as 1%, not {text!r}.")
    return percent / 100


def _cross_check(arguments: argparse.Namespace, state: "JobState", store: "DiskStore", share: float) -> int:
    """Compare a sample with how this machine speaks it; return the exit code. Raises SwarmError."""
    from random import SystemRandom

    from swarm.commands.respeaker import respeaking
    from swarm.coordinator.verification import bad_speakers, choose_sample, cross_check
    from swarm.system.platform import run_loop
    from swarm.system.text import clean
    from swarm.watch.history import History

    async def compare() -> "list[tuple[Finding, str]]":
        places = choose_sample(state, share, SystemRandom())
        files = {each.name: store.job_file_path(state.job, each.digest) for each in state.job_files}
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
    from swarm.coordinator.made_file import find_delivered_file, find_made_file, is_made
    from swarm.job.store.store import list_jobs
    from swarm.system.disk import full_name

    path = Path(name).expanduser()
    if ADDRESS.match(name):
        return find_delivered_file(name).report.book.job
    if is_made(path):
        return find_made_file(path).report.book.job
    jobs = list_jobs(folder) if (folder / "jobs").is_dir() else []
    found = [job.job for job in jobs if job.job == name] or [job.job for job in jobs if job.source == full_name(path)]
    if not found:
        raise UsageError(f"{name} was not spoken here: `e2a-swarm jobs` lists what was.")
    if len(found) > 1:
        raise UsageError(f"{name} was spoken several times; name a job, as `e2a-swarm jobs` does: {', '.join(found)}.")
    return found[0]


def open_judge(language: str, *, sample: bool) -> "Judge":
    """Load the recogniser for a language, with all cores. Raises EnvironmentFault."""
    from swarm.book.model.language_code import language_name
    from swarm.system.capacity import read_capacity
    from swarm.voice.engine import EngineFault
    from swarm.voice.host.recogniser import make_verifier, recogniser_name

    try:
        verifier = make_verifier(recogniser_name(), language, "cpu", sample=sample, threads=read_capacity().cores)
    except EngineFault as fault:
        raise EnvironmentFault(f"{fault} Or name a folder with a model of faster-whisper in {ENV_VERIFY}.") from fault
    if verifier is None:
        raise EnvironmentFault(f"The recogniser {recogniser_name()} does not know {language_name(language)}.")
    return verifier.judge


def _shown(findings: "Iterable[Finding]", number: int) -> "Iterable[Finding]":
    """Yield findings, and show in one line of a terminal how many there were; the line is gone at the end."""
    terminal = sys.stderr.isatty()
    try:
        for heard, finding in enumerate(findings, 1):
            if terminal:
                sys.stderr.write(f"\r\x1b[Klistening: {heard:,} of {number:,} sentences")
                sys.stderr.flush()
            yield finding
    finally:
        sys.stderr.write("\r\x1b[K" if terminal else "")


def _report(state: "JobState", findings: "list[Finding]", named: str, *, as_json: bool) -> None:
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
        say(f"  e2a-swarm redo {_quoted(named)} --doubtful")
    else:
        say(f"{len(findings):,} sentences: nothing is doubtful")


def _quoted(name: str) -> str:
    import shlex

    return shlex.quote(name)
