"""A swarm is upgraded machine by machine, and back: version 0.1, kept in `made_by_0_1`, runs beside this one."""

import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from evidence import accepted, assert_complete, assert_spoken_once, only, report_of
from household import SLOW, Machine, Running, wait_for

WHEEL = Path(__file__).parent / "made_by_0_1" / "e2a_swarm-0.1.0-py3-none-any.whl"
BEGIN = "import sys; from swarm.commands.main import main; sys.exit(main())"
SPOKEN_BEFORE = 4  # sentences, before a command is killed

pytestmark = [pytest.mark.slow, pytest.mark.chaos]


class Older(Machine):
    """A machine that runs version 0.1, until `upgrade` installs this one; its state folder stays."""

    release = ""

    def start(self, *words: object, **env: str) -> Running:
        """Start a command of 0.1, or of this version after an upgrade."""
        if not self.release:
            return super().start(*words, **env)
        log = self.desk.parent / f"output-{len(self.started)}.txt"
        line = [sys.executable, "-P", "-c", BEGIN, *map(str, words)]
        running = Running(line, self.environment(PYTHONPATH=self.release, **env), self.desk, log)
        self.started.append(running)
        return running

    def upgrade(self) -> None:
        """Install this version."""
        self.release = ""


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Unpack 0.1, with its entry points, and return the folder."""
    folder = tmp_path_factory.mktemp("release")
    with zipfile.ZipFile(WHEEL) as wheel:
        wheel.extractall(folder)
    return str(folder)


@pytest.fixture
def older(tmp_path: Path, release: str) -> Iterator[Older]:
    """Yield a machine with 0.1."""
    with closing(Older(tmp_path / "older")) as made:
        made.release = release
        yield made


@pytest.fixture
def machines(older: Older, machine: Callable[[str], Machine]) -> tuple[Older, Machine]:
    """Return a machine with 0.1 that made the key, and one with this version that joined with its code."""
    newer = machine("newer")
    older.start("key", "--make").ends()
    code = older.start("key", "--code").ends().strip()
    assert newer.run("join", code).returncode == 0
    return older, newer


def joined(machine: Machine, name: str, port: int) -> Running:
    where = f"127.0.0.1:{port}"
    return machine.start("work", "--cpu", "--coordinator", where, "--exit-when-done", "--slots", 1, "--name", name)


def test_a_swarm_is_upgraded_while_it_speaks(machines: tuple[Older, Machine], small_book: Path, free_port: int) -> None:
    """Kill a coordinator of 0.1 in the middle, and go on in this version with its key, job, journal and clips."""
    older, newer = machines
    order = ("coordinate", small_book, *SLOW, "--port", free_port)
    before = older.start(*order, "--min-workers", 2)
    workers = [joined(older, "old", before.port), joined(newer, "new", free_port)]
    assert "0.1.0" in older.start("--version").ends()
    wait_for(lambda: len(accepted(older.home)) >= SPOKEN_BEFORE)
    before.kill()
    spoken = accepted(older.home)
    older.upgrade()
    after = older.start(*order)
    after.ends()
    for worker in workers:
        worker.ends()

    assert accepted(older.home)[: len(spoken)] == spoken
    assert_spoken_once(older.home)
    report = report_of(only(older.desk, "*.m4b"))
    assert_complete(report)
    assert report["totals"]["runs"] == 2
    assert {row["name"] for row in report["workers"] if row["segments"]} == {"old", "new"}


def test_a_book_goes_back_to_0_1_and_forth_again(older: Older, small_book: Path, release: str) -> None:
    """Have 0.1 finish a book that this version began, and write what it finished again in this version."""
    order = ("convert", small_book, *SLOW, "--workers", 1)
    older.upgrade()
    begun = older.start(*order)
    wait_for(lambda: len(accepted(older.home)) >= SPOKEN_BEFORE)
    begun.kill()
    spoken = accepted(older.home)
    older.release = release
    older.start(*order).ends()
    assert accepted(older.home)[: len(spoken)] == spoken
    assert_spoken_once(older.home)
    older.upgrade()
    assert "nothing had to be spoken" in older.start(*order, "--bitrate", "48k").ends()
    assert_complete(report_of(only(older.desk, "*.m4b")))
