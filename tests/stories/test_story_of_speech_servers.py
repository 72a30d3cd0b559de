"""A worker speaks through a server of its own: the coordinator knows neither its address nor its key."""

from collections.abc import Callable
from pathlib import Path

import pytest
from evidence import assert_complete, only, report_of
from household import Machine, Running
from speech_server import KEY, speech_server

from swarm.errors import EXIT_ENVIRONMENT, EXIT_USAGE

OPENAI = ("--tts-engine", "openai", "--fine-tuned", "kokoro", "--voice", "af_heart")


def traces(folder: Path, words: str) -> list[str]:
    """Return the files below a folder that have some words."""
    return [str(path) for path in folder.rglob("*") if path.is_file() and words.encode() in path.read_bytes()]


@pytest.mark.slow
def test_a_swarm_speaks_with_the_server_of_a_worker(lan: Callable[[str], Machine], small_book: Path) -> None:
    laptop, desktop = lan("laptop"), lan("desktop")
    with speech_server() as server:
        server.key, server.length = KEY, 0xFFFFFFFF
        server.faults = [503, "drop", "cut", "silence", 429, 500]
        coordinator = laptop.start("coordinate", small_book, *OPENAI, "--log", "coordinator.log")
        where = f"127.0.0.1:{coordinator.port}"
        options = ("--coordinator", where, "--exit-when-done", "--slots", "6", "--cpu", "--log", "worker.log")
        options += ("--engines", "openai")
        worker: Running = desktop.start("work", *options, "--tts-server", server.url, E2A_SWARM_TTS_KEY=KEY)
        coordinator.ends()
        said = worker.ends()
    report = report_of(only(laptop.desk, "*.m4b"))
    assert_complete(report)
    assert {row["name"] for row in report["workers"]}
    texts = {request["input"] for request in server.asked}
    assert len(texts) >= 30
    assert {request["voice"] for request in server.asked} == {"af_heart"}
    assert KEY not in said
    for machine in (laptop, desktop):
        assert traces(machine.desk.parent, KEY) == []
    assert traces(laptop.desk.parent, server.url.removeprefix("http://")) == []


def test_one_machine_speaks_with_its_server(here: Machine, small_book: Path) -> None:
    with speech_server() as server:
        server.models, server.rate, server.channels = ["chatterbox"], 44_100, 2
        chosen = ("--chapters", "1", "--tts-engine", "openai", "--engine-option", "format=flac")
        done = here.run("convert", small_book, *chosen, "--workers", "4", E2A_SWARM_TTS_SERVER=server.url)
    assert (done.returncode, done.stderr) == (0, "")
    assert_complete(report_of(only(here.desk, "*.m4b")))
    assert {(request["model"], request["voice"], request["response_format"]) for request in server.asked} == {
        ("chatterbox", "af_heart", "flac")
    }


def test_a_server_that_will_not_speak_ends_the_run_with_the_reason(here: Machine, small_book: Path) -> None:
    with speech_server() as server:
        server.faults = [401] * 50
        done = here.run("convert", small_book, *OPENAI, "--workers", "1", "--tts-server", server.url)
    assert done.returncode == EXIT_ENVIRONMENT
    assert "does not accept this machine's key (401)" in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_a_machine_without_a_server_says_how_to_name_one(here: Machine, small_book: Path) -> None:
    done = here.run("convert", small_book, *OPENAI)
    assert done.returncode == EXIT_ENVIRONMENT
    assert "e2a-swarm work --tts-server URL" in " ".join(done.stderr.split())
    wrong = here.run("convert", small_book, *OPENAI, "--tts-server", "gpu:8880")
    assert wrong.returncode == EXIT_USAGE
    assert "--tts-server takes the address of a server" in " ".join(wrong.stderr.split())
