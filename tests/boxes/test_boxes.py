"""The image and compose.yaml on a real Docker engine: built offline, a book converted, killed, resumed, drained."""

import json
import os
import re
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from boxed import BASE, IMAGE, ROOT, Engine, require_engine
from household import await_that
from library import CHAPTERS, write_book

from swarm import __version__

SLOW = (
    "--tts-engine",
    "metronome",
    "--engine-option",
    "seconds_per_char=0.005",
    "--engine-option",
    "cost_per_char=0.01",
)
LOCKED = (
    "--read-only",
    "--tmpfs",
    "/tmp",
    "--cap-drop",
    "ALL",
    "--security-opt",
    "no-new-privileges",
    "--network",
    "none",
)

pytestmark = [pytest.mark.slow, pytest.mark.chaos]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    require_engine()
    engine = Engine(tmp_path_factory.mktemp("engine"))
    try:
        engine.wait()
        engine.build()
        yield engine
    finally:
        engine.close()


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """Return a folder that the user of the image may write to, with a book."""
    shutil.copy(write_book(tmp_path, CHAPTERS), tmp_path / "book.epub")
    tmp_path.chmod(0o755)
    (tmp_path / "out").mkdir()
    (tmp_path / "out").chmod(0o777)
    return tmp_path


def report_in(folder: Path) -> dict[str, Any]:
    """Return the whole report in a folder, {} if there is none yet: a book begins it when it claims its name."""
    reports = [json.loads(path.read_text()) for path in folder.glob("*.report.json")]
    return next((report for report in reports if "missing" in report), {})


def test_the_image_has_what_the_manual_says(engine: Engine) -> None:
    config = engine.inspect(IMAGE)["Config"]
    assert config["User"] == "1000:1000"
    assert config["Volumes"] == {"/data": {}}
    assert config["StopSignal"] == "SIGTERM"
    assert config["Healthcheck"]["Test"] == ["CMD", "python", "-m", "swarm.system.pulse"]
    assert config["Labels"]["org.opencontainers.image.licenses"] == "AGPL-3.0-or-later"
    said = engine.docker("run", "--rm", *LOCKED, "--env", "COLUMNS=200", IMAGE, "voices")
    assert "hibari" in said
    assert engine.docker("run", "--rm", *LOCKED, IMAGE, "--version") == f"e2a-swarm {__version__}\n"
    licences = engine.read_file(IMAGE, "/opt/e2a-swarm/licences.txt")
    assert {"python", "e2a-swarm", "espeakng-loader"} <= {line.split()[0] for line in licences.splitlines()}


def test_a_killed_container_resumes_its_book_and_a_stopped_one_drains(engine: Engine, desk: Path) -> None:
    volumes = ("--volume", "jobs:/data", "--volume", f"{desk}:/desk")
    health = ("--health-interval", "1s")
    convert = (*LOCKED, *volumes, *health, IMAGE, "convert", "/desk/book.epub", "--output-dir", "/desk/out", *SLOW)

    state = engine.data / "data" / "volumes" / "jobs" / "_data"

    def clips() -> dict[str, int]:
        return {path.name: path.stat().st_mtime_ns for path in state.glob("clips/**/*.flac")}

    engine.docker("run", "--detach", "--name", "first", *convert)
    await_that(lambda: engine.inspect("first")["State"]["Health"]["Status"] == "healthy", "a healthy container")
    await_that(lambda: len(clips()) >= 3, "three spoken sentences")
    engine.docker("kill", "first")
    before = clips()
    assert before, "something was spoken"
    assert not list((desk / "out").glob("*.m4b")), "the book is not finished"

    engine.docker("run", "--detach", "--name", "second", *convert)
    await_that(lambda: len(clips()) > len(before), "another spoken sentence")
    engine.docker("stop", "--time", "60", "second")
    assert engine.inspect("second")["State"]["ExitCode"] == 130, "a drained `convert` says that it was interrupted"

    engine.docker("run", "--name", "third", *convert)
    assert report_in(desk / "out")["missing"] == []
    assert before.items() <= clips().items(), "nothing is spoken twice"
    assert [path.stat().st_uid for path in (desk / "out").glob("*.m4b")] == [1000]


def test_compose_finishes_a_book_though_a_worker_crashes(engine: Engine, tmp_path: Path) -> None:
    lab = lay_lab(tmp_path / "lab")
    audiobooks = lab / "audiobooks"
    state = engine.data / "data" / "volumes" / "e2a-swarm_state" / "_data"
    up = ("up", "--detach", "--no-build", "--scale", "worker=3", "serve", "worker", *stand_in(engine, lab))
    engine.compose(lab, *up)
    key = engine.compose(lab, "exec", "serve", "cat", "/key/e2a-swarm.key")
    assert key.startswith("e2a-")
    shutil.move(write_book(tmp_path, CHAPTERS), lab / "books" / "book.epub")
    await_that(lambda: len(list(state.glob("clips/*/*.flac"))) >= 3, "three spoken sentences", state)
    os.kill(engine.inspect("e2a-swarm-worker-2")["State"]["Pid"], signal.SIGKILL)
    told = await_that(lambda: report_in(audiobooks), "an audiobook", state, audiobooks)
    assert told["missing"] == []
    assert list(audiobooks.glob("*.m4b"))
    assert engine.inspect("e2a-swarm-worker-2")["RestartCount"] >= 1, "the engine starts it again"
    if "prometheus" in up:
        await_that(lambda: metric(engine, lab) == 1, "a metric that Prometheus read")

    engine.compose(lab, "stop", "worker")
    ended = [engine.inspect(f"e2a-swarm-worker-{number}")["State"]["ExitCode"] for number in (1, 2, 3)]
    assert ended == [0, 0, 0], "SIGTERM drains a worker"
    engine.shell(lab, told_lines("To back up state and key"))
    engine.compose(lab, "down", "--volumes")
    restore = told_lines("To restore them").replace("compose create", "compose create --no-build serve")
    engine.shell(lab, restore.replace("up --detach", "up --detach --no-build serve"))
    assert engine.compose(lab, "exec", "serve", "cat", "/key/e2a-swarm.key") == key, "the key is made once, and kept"
    books = engine.compose(lab, "exec", "serve", "e2a-swarm", "jobs")
    assert "finished" in books
    give_to_another_user(engine, lab)
    engine.compose(lab, "down", "--volumes")


def give_to_another_user(engine: Engine, lab: Path) -> None:
    """Start the lab with another PUID: it says that the audiobooks are not its own, and goes on once they are."""
    with (lab / ".env").open("a") as file:
        file.write("PUID=1234\nPGID=1234\n")
    engine.compose(lab, "up", "--detach", "--no-build", "serve")
    refused = "/audiobooks cannot be used: "
    await_that(lambda: refused in engine.compose(lab, "logs", "serve"), "a sentence about the folder")
    for path in (lab / "audiobooks", *(lab / "audiobooks").iterdir()):
        os.chown(path, 1234, 1234)
    jobs = ("exec", "serve", "e2a-swarm", "jobs")
    await_that(lambda: "finished" in engine.compose(lab, *jobs, check=False), "the books, as another user")
    assert engine.compose(lab, "exec", "serve", "id", "-u") == "1234\n"


def told_lines(words: str) -> str:
    """Return the first block of command lines behind some words of docs/containers.md."""
    told = (ROOT / "docs" / "containers.md").read_text(encoding="utf-8")
    return re.split("```(?:text)?\n", told[told.index(words) :])[1]


def lay_lab(folder: Path) -> Path:
    """Lay out the files that `docker compose up` takes; books are spoken slowly, by one core a worker."""
    for name in ("containers", "examples/grafana"):
        shutil.copytree(ROOT / name, folder / name)
    shutil.copy(ROOT / "compose.yaml", folder)
    choices = {"SERVE_OPTIONS": " ".join(SLOW), "WORK_OPTIONS": "--slots 1"}
    choices |= {"COMPOSE_FILE": "compose.yaml:containers/monitoring.yaml", "PROMETHEUS_IMAGE": "prometheus"}
    (folder / ".env").write_text("".join(f"{name}={value}\n" for name, value in choices.items()))
    return folder


def stand_in(engine: Engine, lab: Path) -> list[str]:
    """Make an image of this machine's Prometheus in place of the published one; return its service, if there is one."""
    if not (program := shutil.which("prometheus")):
        return []
    context = lab / "prometheus"
    context.mkdir()
    shutil.copy(program, context / "prometheus")
    (context / "Dockerfile").write_text(f'FROM {BASE}\nCOPY prometheus /bin/\nENTRYPOINT ["prometheus"]\n')
    engine.docker("build", "--quiet", "--tag", "prometheus", str(context))
    return ["prometheus"]


def metric(engine: Engine, lab: Path) -> int:
    """Return how many finished books Prometheus knows of."""
    query = "http://prometheus:9090/api/v1/query?query=e2a_swarm_books%7Bstate%3D%22finished%22%7D"
    script = f"from urllib.request import urlopen; print(urlopen({query!r}).read().decode())"
    answer = json.loads(engine.compose(lab, "exec", "serve", "python", "-c", script))
    return sum(int(float(found["value"][1])) for found in answer["data"]["result"])
