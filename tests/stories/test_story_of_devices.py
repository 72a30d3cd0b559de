"""Workers with GPUs, by fakes of torch and of NVIDIA's library, and the limits of their operators."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from evidence import accepted, assert_complete, assert_spoken_once, only, report_of
from household import SLOW, Machine, Running, await_that, wait_for

from swarm.errors import EXIT_ENVIRONMENT

ENDLESS = ("--tts-engine", "metronome", "--engine-option", "cost_per_char=60")
Make = Callable[[str], Machine]

NO_CORES = ("--slots", "gpu:1,cpu:0")
SOMEBODY = 4711  # a process that is not the worker's
GPU_IS_LOST = 15


class FakeGpus:
    """Two GPUs of a machine; `env` is the environment of a worker that sees them."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "gpus.json"
        self._gpus: dict[str, dict[str, Any]] = {"GPU-5a00": {"busy": 87, "temperature_c": 60}, "GPU-5a01": {}}
        self.env = {
            "FAKE_GPUS": str(self._file),
            "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent / "fake_gpus"), os.environ.get("PYTHONPATH", "")]),
        }
        self.set(0)

    def set(self, number: int, **spec: Any) -> None:
        self._gpus[f"GPU-5a0{number}"].update(spec)
        fresh = self._file.with_suffix(".new")
        fresh.write_text(json.dumps(self._gpus), "utf-8")
        fresh.replace(self._file)


@pytest.fixture
def gpus(tmp_path: Path) -> FakeGpus:
    return FakeGpus(tmp_path)


def work(machine: Machine, coordinator: Running, *words: object, **env: str) -> Running:
    where = f"127.0.0.1:{coordinator.port}"
    return machine.start("work", "--coordinator", where, "--name", machine.name, "--exit-when-done", *words, **env)


def status(machine: Machine, coordinator: Running) -> str:
    return machine.run("status", "--coordinator", f"127.0.0.1:{coordinator.port}").stdout


@pytest.mark.slow
def test_a_hot_gpu_rests_says_so_and_goes_on_by_itself(lan: Make, small_book: Path, gpus: FakeGpus) -> None:
    laptop, tower = lan("laptop"), lan("tower")
    coordinator = laptop.start("coordinate", small_book, *SLOW)
    worker = work(tower, coordinator, "--gpu", "0", *NO_CORES, "--max-temperature", "80", **gpus.env)
    wait_for(lambda: accepted(laptop.home))
    gpus.set(0, temperature_c=85)
    worker.says(r"resting: cuda:0 has been over 80 C")
    await_that(lambda: "every worker for it rests: cuda:0 has been over 80 C" in status(laptop, coordinator))
    shown = status(laptop, coordinator)
    assert "Fake 0, 24 GB, driver 570.86, CUDA 12.8" in shown
    assert "cuda:0: 87 % busy, 5.2 GB of 24 GB, 85 C, 200 W" in shown
    spoken = len(accepted(laptop.home))
    gpus.set(0, temperature_c=70)
    worker.says("going on")
    coordinator.ends()
    worker.ends()
    assert spoken < len(accepted(laptop.home))
    assert_complete(report_of(only(laptop.desk, "*.m4b")))
    assert_spoken_once(laptop.home)


@pytest.mark.slow
def test_a_gpu_that_somebody_uses_or_that_falls_off_the_bus_is_left_out_and_the_other_goes_on(
    lan: Make, small_book: Path, gpus: FakeGpus
) -> None:
    laptop, tower = lan("laptop"), lan("tower")
    gpus.set(1, computing=[SOMEBODY])
    coordinator = laptop.start("coordinate", small_book, *SLOW)
    worker = work(tower, coordinator, "--gpu", "all", *NO_CORES, "--idle-only", **gpus.env)
    worker.says(r"slot 1 rests: another program uses cuda:1, or just did \(--idle-only\)")
    wait_for(lambda: accepted(laptop.home))
    gpus.set(0, fault=GPU_IS_LOST)
    worker.says(r"slot 0 rests: cuda:0 fell off the bus: restart the machine; it is tried again after 5 min")
    await_that(lambda: "every worker for it rests: cuda:0 fell off the bus" in status(laptop, coordinator))
    work(lan("desktop"), coordinator, "--cpu", "--slots", "1")
    coordinator.ends()
    worker.ends()
    assert_complete(report_of(only(laptop.desk, "*.m4b")))


@pytest.mark.slow
def test_the_cores_speak_one_book_while_the_gpu_is_busy_with_another(
    lan: Make, write_book: Callable[..., Path], gpus: FakeGpus
) -> None:
    laptop, tower = lan("laptop"), lan("tower")
    serving = laptop.start("serve", "--output-dir", laptop.desk / "out")
    at = ("--coordinator", f"127.0.0.1:{serving.port}")
    for title, voice in (("Emma", ENDLESS), ("Persuasion", ("--tts-engine", "espeak"))):
        assert laptop.run("add", write_book({"One": "She was here. He was not."}, title), *voice, *at).returncode == 0
    only_gpus = {**gpus.env, "E2A_METRONOME_DEVICE": "gpu"}
    tower.start("work", *at, "--gpu", "0", "--slots", "gpu:1,cpu:2", **only_gpus)
    wait_for(lambda: list((laptop.desk / "out").glob("Persuasion*.m4b")))
    [reply] = json.loads(laptop.run("status", "--json", *at).stdout)
    (worker,) = reply["workers"]
    assert [slot["state"] == "idle" for slot in worker["slots"]] == [False, True, True]
    assert worker["device"] == "Fake 0, 24 GB, driver 570.86, CUDA 12.8, 2 x CPU"


@pytest.mark.parametrize("words", [("--idle-only",), ("--max-temperature", "80")])
def test_limits_that_cannot_be_kept_here_are_refused_with_what_to_do(here: Machine, words: tuple[str, ...]) -> None:
    done = here.run("work", "--open", *words, FAKE_GPUS="")
    assert done.returncode == EXIT_ENVIRONMENT
    assert words[0] in done.stderr
    assert done.stderr.count("\n") == 1
