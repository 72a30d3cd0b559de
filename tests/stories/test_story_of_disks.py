"""Disks that are full, read-only or torn, and two commands that want the same job."""

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from evidence import accepted, assert_complete, assert_spoken_once, clips, only, report_of
from household import FAST, SLOW, Machine, Running, wait_for

from swarm.errors import EXIT_ENVIRONMENT

LOUD = (*FAST, "--engine-option", "seconds_per_char=0.3")  # 33 sentences that need some 3 MB


class SmallDisk:
    """A disk of a few megabytes, in memory."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True)

    def mount(self, *options: str) -> None:
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", ",".join(options), "tmpfs", str(self.folder)],
            check=True,
            capture_output=True,
        )

    def change(self, *options: str) -> None:
        subprocess.run(["mount", "-o", "remount," + ",".join(options), str(self.folder)], check=True)

    def unmount(self) -> None:
        subprocess.run(["umount", "-l", str(self.folder)], check=False, capture_output=True)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[..., SmallDisk]]:
    """Return a function that mounts small disks; skip the test if that is not allowed."""
    if sys.platform != "linux" or os.geteuid() or not shutil.which("mount"):
        pytest.skip("mounting needs Linux and root")
    disks: list[SmallDisk] = []

    def make(folder: Path, *options: str) -> SmallDisk:
        disk = SmallDisk(folder)
        try:
            disk.mount(*options)
        except subprocess.CalledProcessError:
            pytest.skip("this machine does not let us mount")
        disks.append(disk)
        return disk

    yield make
    for disk in disks:
        disk.unmount()


def assert_refused(done: "subprocess.CompletedProcess[str]", path: Path, words: str) -> None:
    assert done.returncode == EXIT_ENVIRONMENT, done.stdout + done.stderr
    assert done.stderr.startswith("e2a-swarm: ")
    assert done.stderr.count("\n") == 1, done.stderr
    assert str(path) in done.stderr
    assert words in done.stderr.lower()


@pytest.mark.slow
def test_a_full_state_disk(here: Machine, small_book: Path, small_disk: Callable[..., SmallDisk]) -> None:
    disk = small_disk(here.home, "size=1m")
    done = here.run("convert", small_book, *LOUD)
    assert_refused(done, here.home, "no space left")
    assert not list(here.desk.glob("*.m4b"))

    disk.change("size=30m")
    before, taken = clips(here.home), accepted(here.home)
    assert 0 < len(before) < 33
    done = here.run("convert", small_book, *LOUD)
    assert (done.returncode, done.stderr) == (0, "")
    after = clips(here.home)
    assert {key: after[key] for key in before} == before
    assert accepted(here.home)[: len(taken)] == taken
    assert_spoken_once(here.home)
    assert_complete(report_of(only(here.desk, "*.m4b")))


@pytest.mark.slow
def test_a_coordinator_whose_disk_is_full_and_the_worker_that_waits_for_it(
    machine: Callable[[str], Machine], small_book: Path, small_disk: Callable[..., SmallDisk], free_port: int
) -> None:
    laptop, desktop = machine("laptop"), machine("desktop")
    disk = small_disk(laptop.home, "size=1m")
    assert laptop.run("key", "--make").returncode == 0
    assert desktop.run("join", laptop.run("key", "--code").stdout.strip()).returncode == 0
    command = ("coordinate", small_book, *LOUD, "--port", free_port)
    where = f"127.0.0.1:{free_port}"
    worker = desktop.start("work", "--cpu", "--coordinator", where, "--exit-when-done")
    assert "no space left" in laptop.start(*command).ends(EXIT_ENVIRONMENT)

    disk.change("size=30m")
    taken = accepted(laptop.home)
    laptop.start(*command).ends()
    assert accepted(laptop.home)[: len(taken)] == taken
    assert_spoken_once(laptop.home)
    worker.ends()
    assert "stopped with books unfinished" in worker.output


WITHOUT_MEMORY = """
import sys
from swarm.worker import clip_buffer
clip_buffer.MAX_MEMORY_BYTES = 1
from swarm.commands.main import main
raise SystemExit(main(sys.argv[1:]))
"""


@pytest.mark.slow
def test_a_worker_whose_folders_are_full_while_it_has_no_coordinator_loses_no_clip(
    machine: Callable[[str], Machine], small_book: Path, small_disk: Callable[..., SmallDisk], free_port: int
) -> None:
    laptop, desktop = machine("laptop"), machine("desktop")
    small_disk(desktop.home, "size=400k")
    temporary = small_disk(desktop.desk / "tmp", "size=4k")
    assert laptop.run("key", "--make").returncode == 0
    assert desktop.run("join", laptop.run("key", "--code").stdout.strip()).returncode == 0
    (temporary.folder / "filler").write_bytes(bytes(4096))
    coordinate = ("coordinate", small_book, *LOUD, "--port", free_port)
    words = ("work", "--cpu", "--slots", "1", "--coordinator", f"127.0.0.1:{free_port}", "--exit-when-done")
    env = desktop.environment(TMPDIR=str(temporary.folder))
    worker = Running([sys.executable, "-c", WITHOUT_MEMORY, *words], env, desktop.desk, desktop.desk / "output.txt")
    desktop.started.append(worker)

    first = laptop.start(*coordinate)
    wait_for(lambda: accepted(laptop.home), "the first clips")
    first.kill()
    worker.says("takes no more clips")
    taken = accepted(laptop.home)
    laptop.start(*coordinate).ends()
    said = worker.ends()
    assert "takes clips again" in said
    report = report_of(only(laptop.desk, "*.m4b"))
    assert_complete(report)
    assert_spoken_once(laptop.home)
    assert accepted(laptop.home)[: len(taken)] == taken
    assert "33 sentences" in said


@pytest.mark.slow
def test_on_a_full_state_disk_jobs_are_listed_and_removing_one_makes_room(
    here: Machine, small_book: Path, small_disk: Callable[..., SmallDisk]
) -> None:
    disk = small_disk(here.home, "size=20m")
    assert here.run("convert", small_book, *LOUD).returncode == 0
    job = only(here.home / "jobs", "*").name
    with contextlib.suppress(OSError), (here.home / "filler").open("wb", buffering=0) as filler:
        while True:
            filler.write(bytes(4096))
    assert shutil.disk_usage(disk.folder).free == 0

    listed = here.run("jobs")
    assert (listed.returncode, listed.stderr) == (0, "")
    assert "33 of 33 sentences" in listed.stdout
    assert_refused(here.run("convert", small_book, *LOUD), here.home, "no space left")
    removed = here.run("jobs", "remove", job)
    assert (removed.returncode, removed.stdout) == (0, f"removed {job}\n")
    assert not clips(here.home)


@pytest.mark.slow
def test_a_full_output_disk(here: Machine, small_book: Path, small_disk: Callable[..., SmallDisk]) -> None:
    output = here.desk / "output"
    disk = small_disk(output, "size=200k")
    command = ("convert", small_book, *LOUD, "--output-dir", output)
    done = here.run(*command)
    assert_refused(done, output, "no space left")
    assert not list(output.glob("*.m4b"))

    disk.change("size=30m")
    spoken = clips(here.home)
    assert here.run(*command).returncode == 0
    after = clips(here.home)
    assert {key: after[key] for key in spoken} == spoken
    assert_spoken_once(here.home)
    assert_complete(report_of(only(output, "*.m4b")))
    assert not list(output.glob(".*"))


def test_a_read_only_state_disk(here: Machine, small_book: Path, small_disk: Callable[..., SmallDisk]) -> None:
    small_disk(here.home, "size=30m", "ro")
    assert_refused(here.run("convert", small_book, *FAST), here.home, "read-only")


def test_a_second_command_on_the_same_book_is_told_who_works_on_it(here: Machine, small_book: Path) -> None:
    first = here.start("convert", small_book, *SLOW)
    wait_for(lambda: accepted(here.home))
    second = here.run("convert", small_book, *SLOW)
    assert_refused(second, Path(f"process {first.pid}"), "is already working on")
    third = here.run("jobs", "remove", only(here.home / "jobs", "*").name)
    assert_refused(third, Path(f"process {first.pid}"), "is already working on")
    first.ends()
    assert_complete(report_of(only(here.desk, "*.m4b")))


def test_clips_that_were_lost_or_torn_are_spoken_again_and_a_damaged_journal_is_named_with_its_remedy(
    here: Machine, small_book: Path
) -> None:
    assert here.run("convert", small_book, *FAST).returncode == 0
    path = only(here.desk, "*.m4b")
    sound = path.read_bytes()
    files = sorted((here.home / "clips").rglob("*.flac"))
    files[0].unlink()
    files[1].write_bytes(files[1].read_bytes()[:-40])
    files[3].unlink()
    files[3].mkdir()
    whole = files[2].read_bytes()
    files[2].write_bytes(whole[:-20] + b"\0" * 20)  # the size stays right
    shutil.rmtree(only(here.home / "jobs", "*") / "reels")
    path.unlink()

    done = here.run("convert", small_book, *FAST)
    assert (done.returncode, done.stderr) == (0, "")
    assert path.read_bytes() == sound
    assert_complete(report_of(path))
    assert files[2].read_bytes() == whole

    spoken = clips(here.home)
    job = only(here.home / "jobs", "*")
    (job / "journal.sqlite").write_bytes(b"this is no journal" * 400)
    done = here.run("convert", small_book, *FAST)
    assert_refused(done, job, "move it away")

    shutil.move(job / "journal.sqlite", here.desk / "away")
    again = here.run("convert", small_book, *FAST)
    assert (again.returncode, again.stderr) == (0, "")
    assert clips(here.home) == spoken  # sentences already spoken are found again
