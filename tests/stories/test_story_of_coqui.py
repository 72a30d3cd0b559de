"""A book spoken by Coqui's models, made tiny, on a worker that has them, for a laptop that has no torch."""

import functools
import http.server
import os
import re
import shutil
import sys
import threading
import time
import venv
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import msgspec
import pytest
import ready
from evidence import assert_complete, listen, only, records, report_of
from household import SLOW, Machine, Running
from tiny_models import SPEAKERS, recording, tiny_vits, tiny_xtts
from toll import Toll

from swarm.job.record import LatentsKept
from swarm.voice.built_in import BUILT_IN
from swarm.voice.coqui.card import REQUIREMENTS
from swarm.voice.environment import MARK, Environment
from swarm.voice.host.installer import requirements_of

pytestmark = [pytest.mark.coqui, pytest.mark.slow]

Make = Callable[[str], Machine]


@pytest.fixture(scope="module", autouse=True)
def torch_is_loaded() -> Iterator[None]:
    """Have workers forked from a process that has loaded torch: to import it takes each of them six seconds."""
    with ready.with_engine(BUILT_IN["coqui"]) if ready.CAN_FORK else nullcontext():
        yield


@pytest.fixture
def without_coqui(tmp_path: Path) -> dict[str, str]:
    """Return the environment of a machine where Coqui is not installed."""
    folder = tmp_path / "without"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text("import sys\nsys.modules['TTS'] = None\n")
    return {"PYTHONPATH": str(folder)}


def test_who_has_coqui_speaks_and_who_has_not_is_told_what_brings_it(
    lan: Make, small_book: Path, tmp_path: Path, without_coqui: dict[str, str]
) -> None:
    laptop, old, tower = lan("laptop"), lan("old"), lan("tower")
    tiny_vits(tmp_path / "models" / "tts" / "tts_models--en--ljspeech--vits")
    coordinator = laptop.start("coordinate", small_book, "--tts-engine", "vits", **without_coqui)
    joining = ("work", "--cpu", "--slots", "1", "--coordinator", f"127.0.0.1:{coordinator.port}", "--exit-when-done")
    useless = old.start(*joining, "--name", "old", **without_coqui)
    coordinator.says(r"no worker here can speak English with coqui.*: e2a-swarm engines install coqui")
    worker = tower.start(*joining, "--name", "tower", TTS_HOME=str(tmp_path / "models"))
    coordinator.ends()
    for each in (worker, useless):
        each.ends()

    path = only(laptop.desk, "*.m4b")
    report = report_of(path)
    assert_complete(report)
    assert {row["name"] for row in report["workers"] if row["segments"]} == {"tower"}
    assert (report["recipe"]["engine"], report["recipe"]["model"]) == ("coqui", "tts_models/en/ljspeech/vits")
    assert listen(path).duration_s > report["totals"]["audio_s"] > 30


def join_in(worker: Machine, port: int, *words: str, **env: str) -> Running:
    where = f"127.0.0.1:{port}"
    return worker.start("work", "--cpu", "--slots", "1", "--coordinator", where, "--exit-when-done", *words, **env)


def test_a_custom_model_is_brought_by_a_laptop_without_coqui_sent_once_and_spoken_by_those_who_have_it(
    lan: Make, small_book: Path, tmp_path: Path, without_coqui: dict[str, str]
) -> None:
    laptop, desktop, tower, old = lan("laptop"), lan("desktop"), lan("tower"), lan("old")
    model = tiny_vits(tmp_path / "mine", SPEAKERS, ("en", "fr-fr"))
    words = ("--tts-engine", "vits", "--custom-model", model, "--voice", "eve", "--min-workers", "3")
    coordinator = laptop.start("coordinate", small_book, *words, **without_coqui)
    tolls = [Toll(coordinator.port) for _ in range(2)]
    workers = [join_in(machine, toll.port) for machine, toll in zip((desktop, tower), tolls, strict=True)]
    useless = join_in(old, coordinator.port, **without_coqui)
    useless.says(r"spoken with coqui in English, which this worker cannot: .*engines install coqui")
    coordinator.ends()
    for worker in (*workers, useless):
        worker.ends()
    path = only(laptop.desk, "*.m4b")
    report = report_of(path)
    assert_complete(report)
    assert report["recipe"]["voice"] == "eve"
    assert abs(listen(path).duration_s - report["totals"]["duration_s"]) < 0.5
    assert report["totals"]["duration_s"] > report["totals"]["audio_s"] > 30
    weights = sum(file.stat().st_size for file in model.iterdir())
    for toll in tolls:
        toll.close()
        assert weights < toll.received < 1.3 * weights
    assert not list((old.home / "assets").glob("*"))


class SlowHandler(http.server.SimpleHTTPRequestHandler):
    """A server that takes some seconds for a file."""

    def copyfile(self, source: Any, outputfile: Any) -> None:
        while piece := source.read(60_000):
            outputfile.write(piece)
            time.sleep(0.2)


@pytest.fixture
def far_away(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Return the environment of a worker whose Coqui downloads from a slow server on this machine."""
    tiny_vits(tmp_path / "packed" / "en_vits")
    (tmp_path / "shelf").mkdir()
    shutil.make_archive(str(tmp_path / "shelf" / "model"), "zip", tmp_path / "packed")
    handler = functools.partial(SlowHandler, directory=str(tmp_path / "shelf"))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/model.zip"
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(
        f"import requests\nget = requests.get\nrequests.get = lambda url, **words: get({url!r}, **words)\n"
    )
    yield {"PYTHONPATH": str(tmp_path / "site"), "TTS_HOME": str(tmp_path / "home"), "no_proxy": "127.0.0.1"}
    server.shutdown()
    server.server_close()


def test_how_far_a_download_is_can_be_seen_everywhere(
    lan: Make, small_book: Path, without_coqui: dict[str, str], far_away: dict[str, str]
) -> None:
    laptop, tower = lan("laptop"), lan("tower")
    coordinator = laptop.start("coordinate", small_book, "--tts-engine", "vits", **without_coqui)
    worker = join_in(tower, coordinator.port, **far_away)
    where = f"127.0.0.1:{coordinator.port}"
    downloading = r"downloading en/ljspeech/vits, \d+ %"
    coordinator.says(downloading)
    said = laptop.run("status", "--coordinator", where).stdout
    assert len(re.findall(downloading, said)) == 2, said  # the book and the worker have one each
    worker.says(downloading)
    coordinator.ends()
    worker.ends()
    assert_complete(report_of(only(laptop.desk, "*.m4b")))
    shares = [int(share) for share in re.findall(r"ljspeech/vits, (\d+) %", coordinator.output)]
    assert shares == sorted(set(shares))
    assert len(shares) <= 12


def test_a_recordings_voice_is_listened_to_once_and_spoken_by_two(
    lan: Make, write_book: Callable[..., Path], tmp_path: Path, without_coqui: dict[str, str]
) -> None:
    laptop, desktop, tower = lan("laptop"), lan("desktop"), lan("tower")
    model, voice = tiny_xtts(tmp_path / "mine"), recording(tmp_path / "narrator.wav", 5.0)
    book = write_book({"One": "The lamp stood by the door. Nobody asked why it was there. She slept very well. " * 3})
    words = ("--custom-model", model, "--voice", voice, "--min-workers", "2")
    coordinator = laptop.start("coordinate", book, *words, **without_coqui)
    workers = [join_in(machine, coordinator.port) for machine in (desktop, tower)]
    coordinator.ends()
    for worker in workers:
        worker.ends()
    report = report_of(only(laptop.desk, "*.m4b"))
    assert_complete(report)
    assert report["recipe"]["voice"].startswith("clone:")
    (kept,) = [record for record in records(laptop.home) if isinstance(record, LatentsKept)]
    assert kept.digest
    for machine in (desktop, tower):
        assert (machine.home / "assets" / kept.digest).stat().st_size == kept.size


def test_an_offline_worker_says_what_it_lacks_serves_others_meanwhile_and_goes_on_when_it_comes(
    lan: Make, small_book: Path, tmp_path: Path, without_coqui: dict[str, str]
) -> None:
    laptop, attic, tower = lan("laptop"), lan("attic"), lan("tower")
    coordinator = laptop.start("coordinate", small_book, "--tts-engine", "vits", **without_coqui)
    other = attic.start("coordinate", small_book, *SLOW)
    where = f"127.0.0.1:{coordinator.port}"
    shared = ("--offline", "--models-dir", tmp_path / "shared")
    worker = tower.start("work", "--cpu", "--slots", "1", "--exit-when-done", *shared)
    remedy = "e2a-swarm models fetch tts_models/en/ljspeech/vits"
    lacking = f"no worker here can speak English with coqui and the model .*: {remedy}"
    coordinator.says(lacking)
    worker.says(f"which is not on this machine: {remedy}")
    assert re.search(lacking, laptop.run("status", "--coordinator", where).stdout)
    other.ends()
    tiny_vits(tmp_path / "shared" / "tts" / "tts_models--en--ljspeech--vits")
    coordinator.ends()
    worker.ends()
    assert_complete(report_of(only(laptop.desk, "*.m4b")))
    assert_complete(report_of(only(attic.desk, "*.m4b")))


def environment_of_coqui(home: Path) -> Environment:
    """Write an environment for Coqui, with the libraries that these tests have: to install others takes minutes."""
    folder = home / "engines" / "coqui"
    venv.create(folder / "made", symlinks=True)
    (site,) = (folder / "made").glob("[Ll]ib/**/site-packages")
    (site / "others.pth").write_text("\n".join(path for path in sys.path if path.endswith("-packages")))
    made = Environment("coqui", "made", REQUIREMENTS, requirements_of(REQUIREMENTS))
    (folder / MARK).write_bytes(msgspec.json.encode(made))
    return made


def test_a_program_without_coqui_speaks_with_it_in_an_environment_of_its_own(
    here: Machine, tmp_path: Path, without_coqui: dict[str, str], write_book: Callable[..., Path]
) -> None:
    environment_of_coqui(here.home)
    tiny_vits(tmp_path / "models" / "tts" / "tts_models--en--ljspeech--vits")
    book = write_book({"One": "The lamp was burning. He came home late."})
    env = without_coqui | {"TTS_HOME": str(tmp_path / "models")}
    done = here.run("convert", book, "--tts-engine", "vits", "--offline", **env)
    assert done.returncode == 0, done.stderr
    assert_complete(report_of(only(here.desk, "*.m4b")))
    fetched = here.run("models", "fetch", "xtts", **env)
    assert "--accept-coqui-license" in fetched.stderr


@pytest.mark.skipif("E2A_TEST_REGISTRY" not in os.environ, reason="downloads 1 to 3 GB: set E2A_TEST_REGISTRY=1")
def test_its_environment_comes_from_the_registry(here: Machine) -> None:
    done = here.run("engines", "install", "coqui")
    assert done.returncode == 0, done.stderr
    assert "coqui is here and has spoken a sentence" in done.stdout
