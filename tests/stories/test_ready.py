"""Forked commands are like fresh processes."""

import os
import signal
from pathlib import Path

import pytest
import ready
from household import FAST, SLOW, Machine, descendants, is_alive, wait_for

from swarm.errors import EXIT_USAGE

pytestmark = pytest.mark.skipif(not ready.CAN_FORK, reason="commands are forked on Linux only")


def test_a_fork_has_output_exit_code_and_process_id_of_its_own(here: Machine) -> None:
    done = here.run("--version")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("e2a-swarm ")
    wrong = here.run("fly")
    assert (wrong.returncode, wrong.stdout) == (EXIT_USAGE, "")
    assert wrong.stderr.startswith("e2a-swarm: there is no command 'fly'")
    waiting = [here.start("work", "--cpu", "--slots", 1, "--coordinator", "127.0.0.1:9") for _ in range(2)]
    assert {one.pid for one in waiting} <= descendants(os.getpid())
    waiting[0].signal(signal.SIGKILL)
    assert waiting[0].process.wait() == -signal.SIGKILL
    assert waiting[0].process.poll() == -signal.SIGKILL
    assert waiting[1].process.poll() is None
    waiting[1].kill()
    assert not any(is_alive(one.pid) for one in waiting)


def test_a_fork_sees_its_environment_and_its_folder(here: Machine) -> None:
    (here.desk / "words.txt").write_text("One sentence.")
    assert "One sentence." in here.run("inspect", "--text", "words.txt").stdout
    assert here.run("key", E2A_SWARM_HOME=str(here.desk / "elsewhere")).returncode != 0
    assert here.run("key", "--make", E2A_SWARM_HOME=str(here.desk / "elsewhere")).returncode == 0
    assert here.run("key", E2A_SWARM_HOME=str(here.desk / "elsewhere")).returncode == 0
    assert here.run("key").returncode != 0


def test_a_fork_heeds_pythonpath_unless_it_hides_what_is_loaded(here: Machine, tmp_path: Path) -> None:
    (tmp_path / "words.py").write_text("SAID = 'first'\n")
    (tmp_path / "sitecustomize.py").write_text("import words\nprint(words.SAID)\n")
    path = os.pathsep.join([str(Path(__file__).parent), str(tmp_path)])
    assert ready.may_fork(here.environment(PYTHONPATH=path))
    assert here.run("--version", PYTHONPATH=path).stdout.startswith("first\ne2a-swarm ")
    (tmp_path / "numpy.py").touch()
    assert "numpy.py would hide" in here.run("--version", PYTHONPATH=path).stderr


def test_what_python_reads_when_it_starts_needs_a_fresh_process(here: Machine) -> None:
    assert ready.may_fork(here.environment())
    assert not ready.may_fork(here.environment(PYTHONHASHSEED="1"))
    assert not ready.may_fork(here.environment(LC_ALL="tr_TR.UTF-8"))


def test_the_children_of_a_fork_are_forks_and_end_with_it(here: Machine, small_book: Path) -> None:
    running = here.start("convert", small_book, *SLOW)  # an engine, an encoder and a binder are its children
    wait_for(lambda: any(ready.runs(pid, "swarm.voice.host.engine_child") for pid in descendants(running.pid)))
    below = descendants(running.pid)
    assert all(Path(f"/proc/{pid}/cmdline").read_text().split("\0")[1].endswith("ready.py") for pid in below)
    running.kill()
    wait_for(lambda: not any(map(is_alive, below)))
    assert here.run("convert", small_book, *FAST).returncode == 0
