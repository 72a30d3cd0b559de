"""Recordings and models travel once to each worker, through all kills, and the voice is the same everywhere."""

import hashlib
import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from evidence import accepted, assert_complete, assert_spoken_once, listen, only, records, report_of
from household import Machine, Running, wait_for
from ocarina_package import lay_package

from swarm.errors import EXIT_USAGE
from swarm.job.job_asset import BLOCK_BYTES
from swarm.job.record import LatentsKept, LatentsLost

PARROT = ("--tts-engine", "parrot")
WEIGHTS = 96 * 1024 * 1024  # bytes: a second or so over loopback


@pytest.fixture
def parrot(tmp_path: Path) -> dict[str, str]:
    """Return the environment of a machine on which the parrot engine is installed."""
    here = Path(__file__).parent
    laid = lay_package(tmp_path / "site", "parrot", "parrot_engine", "", here, here.parent)
    return laid | {"PARROT_LOG": str(tmp_path / "parrot.log")}


@pytest.fixture
def narrator(tmp_path: Path) -> Path:
    path = tmp_path / "narrator.flac"
    soundfile.write(path, np.sin(np.arange(88_200) / 20) / 3, 44_100)
    return path


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"model": "parrot"}))
    (folder / "model.pth").write_bytes(random.Random(1).randbytes(WEIGHTS))
    return folder


def computed(parrot: dict[str, str]) -> list[str]:
    return Path(parrot["PARROT_LOG"]).read_text().split()


def have(machine: Machine) -> int:
    """Return the bytes of files that a worker has or is fetching."""
    sizes = []
    for path in (machine.home / "assets").glob("*"):
        try:
            sizes.append(path.stat().st_size if path.is_file() else 0)
        except FileNotFoundError:  # just renamed
            continue
    return sum(sizes)


def whole(machine: Machine) -> set[str]:
    return {path.name for path in (machine.home / "assets").glob("*") if path.is_file() and not path.suffix}


def assert_good(machine: Machine) -> None:
    for name in whole(machine):
        assert hashlib.sha256((machine.home / "assets" / name).read_bytes()).hexdigest() == name


def assert_one_voice(machine: Machine) -> None:
    """Check that all clips have the pitch that follows from the latents."""
    pitches = []
    for path in (machine.home / "clips").rglob("*.flac"):
        sound, _ = soundfile.read(path)
        pitches.append(np.mean(np.diff(np.signbit(sound[500:-500]).astype(int)) != 0))
    assert len(pitches) > 10
    assert max(pitches) / min(pitches) < 1.2


def test_one_command_on_one_machine_speaks_like_a_recording(
    here: Machine, small_book: Path, narrator: Path, parrot: dict[str, str]
) -> None:
    done = here.run("convert", small_book, *PARROT, "--voice", narrator, "--workers", "3", **parrot)
    assert (done.returncode, done.stderr) == (0, "")
    assert_complete(report_of(only(here.desk, "*.m4b")))
    assert computed(parrot).count("computed") == 1
    assert listen(only(here.desk, "*.m4b")).tags["\xa9wrt"] == ["narrator (parrot)"]
    assert "voice narrator" in here.run("jobs").stdout
    narrator.unlink()
    again = here.run("convert", small_book, *PARROT, "--voice", narrator, "--workers", "3", **parrot)
    assert "is finished already" in again.stdout


def stopped_in_the_middle(work: Callable[[], Running], machine: Machine) -> int:
    """Kill a worker while the model arrives, and return the bytes it has; try again if it has all."""
    for _ in range(10):
        running = work()
        wait_for(lambda: have(machine) > WEIGHTS // 4, what="a quarter of the model")
        running.kill()
        arrived = have(machine)
        if arrived < WEIGHTS:
            return arrived
        shutil.rmtree(machine.home / "assets")
    raise AssertionError("the model always came at once")


@pytest.mark.chaos
@pytest.mark.slow
def test_a_voice_and_a_model_reach_two_workers_through_kills_of_all(
    lan: Callable[[str], Machine], small_book: Path, narrator: Path, model: Path, parrot: dict[str, str], free_port: int
) -> None:
    laptop, attic, cellar = lan("laptop"), lan("attic"), lan("cellar")
    command = ("coordinate", small_book, *PARROT, "--voice", narrator, "--custom-model", model, "--port", free_port)

    def work(machine: Machine) -> Running:
        where = f"127.0.0.1:{free_port}"
        return machine.start("work", "--cpu", "--slots", "2", "--coordinator", where, "--exit-when-done", **parrot)

    coordinator = laptop.start(*command, **parrot)
    assert coordinator.port == free_port
    arrived = stopped_in_the_middle(lambda: work(attic), attic)
    coordinator.says("fetching the voice and the model")
    second = work(attic)

    def half_is_there() -> bool:
        assert have(attic) >= arrived - BLOCK_BYTES, "it began anew"
        return have(attic) > max(arrived, WEIGHTS // 2)

    wait_for(half_is_there, what="half of the model")
    coordinator.kill()
    (model / "model.pth").unlink()
    model.rename(model.with_name("elsewhere"))
    narrator.unlink()
    third = work(cellar)
    coordinator = laptop.start(*command, **parrot)
    coordinator.ends()
    second.ends()
    third.ends()

    assert_complete(report_of(only(laptop.desk, "*.m4b")))
    assert_spoken_once(laptop.home)
    assert len([record for record in records(laptop.home) if isinstance(record, LatentsKept)]) == 1
    assert "given" in computed(parrot)
    assert_one_voice(laptop)
    assert_good(attic)
    assert len(whole(attic)) >= 3  # and the latents, if any of it was left to speak


def kept_latents(machine: Machine) -> Path:
    """Wait until a worker has spoken, and return the file of the job's latents."""
    wait_for(lambda: len(accepted(machine.home)) > 3, what="some sentences")
    (kept,) = [record for record in records(machine.home) if isinstance(record, LatentsKept)]
    return only(machine.home / "jobs", "*") / "assets" / kept.digest


@pytest.mark.slow
def test_latents_that_are_removed_in_the_middle_come_back_from_who_speaks_with_them(
    lan: Callable[[str], Machine], small_book: Path, narrator: Path, parrot: dict[str, str]
) -> None:
    laptop, attic, cellar = lan("laptop"), lan("attic"), lan("cellar")
    coordinator = laptop.start("coordinate", small_book, *PARROT, "--voice", narrator, **parrot)
    where = ("--coordinator", f"127.0.0.1:{coordinator.port}", "--exit-when-done", "--slots", "1")
    slow = parrot | {"PARROT_PACE_S": "0.8"}  # the second worker may be slow to start
    workers = [attic.start("work", "--cpu", *where, **slow)]
    kept_latents(laptop).unlink()
    workers.append(cellar.start("work", "--cpu", *where, **slow))
    coordinator.says("are gone or damaged; a worker sends them again, or computes them again")
    coordinator.ends()
    for worker in workers:
        worker.ends()
    report = report_of(only(laptop.desk, "*.m4b"))
    assert_complete(report)
    assert len([row for row in report["workers"] if row["segments"]]) == 2
    assert sorted(computed(parrot)) == ["computed", "given"]
    assert len({record.digest for record in records(laptop.home) if isinstance(record, LatentsKept)}) == 1
    assert_one_voice(laptop)


@pytest.mark.slow
def test_latents_that_are_damaged_while_nobody_has_them_are_computed_anew(
    lan: Callable[[str], Machine], small_book: Path, narrator: Path, parrot: dict[str, str]
) -> None:
    laptop, attic, cellar = lan("laptop"), lan("attic"), lan("cellar")
    coordinator = laptop.start("coordinate", small_book, *PARROT, "--voice", narrator, **parrot)
    where = ("--coordinator", f"127.0.0.1:{coordinator.port}", "--exit-when-done", "--slots", "1")
    first = attic.start("work", "--cpu", *where, **parrot, PARROT_PACE_S="0.3")
    file = kept_latents(laptop)
    first.kill()
    file.write_bytes(bytes(file.stat().st_size))
    cellar.start("work", "--cpu", *where, **parrot).ends()
    coordinator.ends()
    assert_complete(report_of(only(laptop.desk, "*.m4b")))
    assert_spoken_once(laptop.home)
    assert computed(parrot) == ["computed", "computed"]
    lost, again = [record for record in records(laptop.home) if isinstance(record, LatentsKept | LatentsLost)][1:]
    assert isinstance(lost, LatentsLost)
    assert isinstance(again, LatentsKept)
    assert file.with_name(again.digest).stat().st_size == again.size


@pytest.mark.slow
def test_latents_that_are_gone_at_the_next_start_are_computed_anew(
    here: Machine, small_book: Path, narrator: Path, parrot: dict[str, str]
) -> None:
    command = ("convert", small_book, *PARROT, "--voice", narrator, "--workers", "1")
    first = here.start(*command, **parrot, PARROT_PACE_S="0.3")
    file = kept_latents(here)
    first.kill()
    file.unlink()
    done = here.run(*command, **parrot)
    assert (done.returncode, done.stderr) == (0, "")
    assert "a worker sends them again, or computes them again" in done.stdout
    assert_complete(report_of(only(here.desk, "*.m4b")))
    assert computed(parrot) == ["computed", "computed"]


def test_a_job_nobody_can_speak_names_what_would_help_and_goes_on_when_somebody_comes(
    lan: Callable[[str], Machine], small_book: Path, narrator: Path, parrot: dict[str, str]
) -> None:
    laptop, plain, rich = lan("laptop"), lan("plain"), lan("rich")
    coordinator = laptop.start("coordinate", small_book, *PARROT, "--voice", narrator, **parrot)
    where = f"127.0.0.1:{coordinator.port}"
    poor = plain.start("work", "--cpu", "--coordinator", where, "--exit-when-done")
    coordinator.says("no worker here can speak English with parrot")
    assert "no worker here can speak English with parrot" in laptop.run("status", "--coordinator", where).stdout
    poor.says("is spoken with parrot in English, which this worker cannot")
    rich.start("work", "--cpu", "--coordinator", where, "--exit-when-done", **parrot).ends()
    coordinator.ends()
    poor.ends()
    assert_complete(report_of(only(laptop.desk, "*.m4b")))
    assert not whole(plain)


@pytest.mark.parametrize("content", [b"", b"not a sound at all", None])
def test_a_recording_that_is_none_is_refused_at_once(
    here: Machine, small_book: Path, parrot: dict[str, str], content: bytes | None
) -> None:
    if content is not None:
        (here.desk / "me.wav").write_bytes(content)
    done = here.run("coordinate", small_book, *PARROT, "--voice", "me.wav", **parrot)
    assert done.returncode == EXIT_USAGE
    assert done.stderr.startswith("e2a-swarm: --voice")
    assert done.stderr.count("\n") == 1
