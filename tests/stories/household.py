"""Mock machines for stories: each has a state folder of its own and runs the real command line."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import patience
import ready
from place import Place

CLI = Path(__file__).resolve().parents[2] / "cli.py"
MAX_TOLD = 3000  # characters of the output of a command, in a failure
WATCHED: set[Path] = set()  # outputs and state folders of all commands that run
OURS = (
    "E2A_SWARM_KEY",
    "E2A_SWARM_COORDINATOR",
    "E2A_SWARM_HOME",
    "E2A_SWARM_BIND",
    "E2A_SWARM_TTS_SERVER",
    "E2A_SWARM_TTS_KEY",
    "COLUMNS",
)
LISTENING = re.compile(r"waiting for workers at 127\.0\.0\.1:(\d+)")

# A voice that takes no time: `fast` for stories that are not about speed, `slow` for those that interrupt it.
QUICK = ("--tts-engine", "metronome", "--engine-option", "seconds_per_char=0.005", "--engine-option")
FAST, SLOW = (*QUICK, "cost_per_char=0.0001"), (*QUICK, "cost_per_char=0.004")


def wait_for(condition: Callable[[], Any], what: str = "", *watched: Path) -> Any:
    """Wait until a condition holds, as long as anything moves here or in a command's files, and return its result.

    A failure tells what all commands have said.
    """
    try:
        return patience.wait_for(condition, what, watched=lambda: [*WATCHED, *watched])
    except AssertionError as fault:
        said = (f"{log}:\n{log.read_text(errors='replace')[-MAX_TOLD:]}" for log in sorted(WATCHED) if log.is_file())
        raise AssertionError("\n".join((str(fault), *said))) from None


def await_that(condition: Callable[[], Any], what: str = "", *watched: Path) -> Any:
    """Wait as `wait_for` does, but look twice a second only: each look starts a program."""

    def look() -> Any:
        time.sleep(0.5)
        return condition()

    return wait_for(look, what, *watched)


class Running:
    """A running command. Its output goes to a file, so that it can be read at any time and never blocks."""

    def __init__(self, words: list[str], env: dict[str, str], cwd: Path, log: Path, place: Place | None = None) -> None:
        self.words, self.log = words, log
        WATCHED.add(log)
        with log.open("wb") as file:
            self.process = begin(words, env, cwd, file, file, place)

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def output(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    @property
    def port(self) -> int:
        """Wait until the coordinator listens, and return its port."""
        found = self.says(LISTENING.pattern)
        return int(found.group(1))

    def says(self, pattern: str) -> re.Match[str]:
        """Wait until the command has said something that matches the pattern."""

        def heard() -> re.Match[str] | None:
            found = re.search(pattern, self.output)
            assert found or self.process.poll() is None, f"it ended without saying {pattern!r}:\n{self.output}"
            return found

        match: re.Match[str] = wait_for(heard, repr(pattern))
        return match

    def signal(self, number: int = signal.SIGINT) -> None:
        self.process.send_signal(number)

    def kill(self) -> None:
        """Kill the process as a power cut would."""
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait()

    def ends(self, code: int = 0) -> str:
        """Wait for the end, check the exit code, and return all that the command said."""
        wait_for(lambda: self.process.poll() is not None, f"the end of {self.words}")
        ended = self.process.returncode
        assert ended == code, f"{self.words} ended with {ended} instead of {code}:\n{self.output}"
        assert "Traceback" not in self.output, self.output
        return self.output


class Machine:
    """One machine: its own state folder, and the current folder of its user."""

    place: Place | None = None  # the same network as the tests

    def __init__(self, folder: Path) -> None:
        self.name, self.home, self.desk = folder.name, folder / "state", folder / "desk"
        self.desk.mkdir(parents=True)
        WATCHED.add(self.home)
        self.started: list[Running] = []

    def environment(self, **more: str) -> dict[str, str]:
        clean = {name: value for name, value in os.environ.items() if name not in OURS}
        ours = {
            "E2A_SWARM_HOME": str(self.home),
            "E2A_SWARM_BIND": "127.0.0.1",
            "PAGER": "cat",
        }  # no pager waits for a key
        return {**clean, **ours, **more}

    def run(self, *words: object, **env: str) -> "subprocess.CompletedProcess[str]":
        """Run a command to its end, without a terminal and without input."""
        line = command(*thrifty(words))
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            code = begin(line, self.environment(**env), self.desk, out, err, self.place).wait()
            return subprocess.CompletedProcess(line, code, *map(_text_of, (out, err)))

    def start(self, *words: object, **env: str) -> Running:
        """Start a command and return at once."""
        log = self.desk.parent / f"output-{len(self.started)}.txt"
        running = Running(command(*thrifty(words)), self.environment(**env), self.desk, log, self.place)
        self.started.append(running)
        return running

    def close(self) -> None:
        for running in self.started:
            running.kill()
            WATCHED.discard(running.log)
        WATCHED.discard(self.home)


@contextlib.contextmanager
def machines(folder: Path) -> Iterator[Callable[[str], Machine]]:
    """Yield a function that makes machines by name, below a folder; what they start ends with the block."""
    with contextlib.ExitStack() as stack:

        def make(name: str) -> Machine:
            made = Machine(folder / name)
            stack.callback(made.close)
            return made

        yield make


def command(*words: object) -> list[str]:
    return [sys.executable, str(CLI), *map(str, words)]


def thrifty(words: tuple[object, ...]) -> tuple[object, ...]:
    """Have `convert` speak with one engine, where a story asks for no number: each is a process that has to start."""
    return (*words, "--workers", 1) if words[:1] == ("convert",) and "--workers" not in words else words


def begin(
    words: list[str], env: dict[str, str], cwd: Path, out: IO[bytes], err: IO[bytes], place: Place | None
) -> "subprocess.Popen[bytes] | ready.Forked":
    """Start a command without a terminal and without input."""
    if words[:2] == command() and ready.may_fork(env):
        return ready.start(words[1:], env, cwd, out, err, place)
    line = place.inside(words) if place else words
    return subprocess.Popen(line, env=env, cwd=cwd, stdin=subprocess.DEVNULL, stdout=out, stderr=err)


def _text_of(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode()


def descendants(pid: int) -> set[int]:
    """Return the processes below one, from /proc (Linux)."""
    parents: dict[int, int] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError):
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {pid}


def is_alive(pid: int) -> bool:
    """Tell whether a process still runs (Linux); a zombie does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"
