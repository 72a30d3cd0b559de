"""Commands of this very program, run in a process of their own for what would hold up the coordinator.

Samples of voices are spoken so, each once, and kept; models are fetched so, and the server's own machine speaks so.
"""

import asyncio
import hashlib
import re
import subprocess
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Literal

import msgspec
from msgspec import Struct
from starlette.responses import Response

from swarm.config import ENV_HOME, ENV_LOG
from swarm.coordinator.prepare import reading_bytes, too_large
from swarm.errors import NotThere, UsageError
from swarm.system.child import COMMAND, ONE_THREAD, bounded_program, run_command, variables_of
from swarm.system.disk import guarded
from swarm.system.event_loop import cancel
from swarm.system.machine import Say

PATIENCE_S = 300.0  # a book of a thousand pages on a slow machine takes a minute
MAX_ANSWER = 16 * 1024 * 1024
MAX_FAULT = 1000

Hear = Callable[[bytes], None]


CliProcess = Callable[..., Awaitable[bytes]]  # runs a command as `CliProcesses` does


class CliProcesses:
    """Runs commands, one at a time, so that no number of pages takes more than one core."""

    def __init__(self, state_dir: Path) -> None:
        self._state_dir = state_dir
        self._turn = asyncio.Lock()

    async def __call__(self, words: Sequence[str], folder: Path, hear: Hear | None = None) -> bytes:
        """Run a command in a folder; return what it wrote. Raises UsageError with its own words if it fails.

        With `hear` each line that it writes is told at once, and it may take as long as it does.
        """
        async with self._turn:
            process = await asyncio.to_thread(_start, words, folder, self._state_dir)
            try:
                if hear and process.stdout:
                    await asyncio.to_thread(_follow, process.stdout, hear)
                answer, complaint = await asyncio.to_thread(process.communicate, None, PATIENCE_S)
            except subprocess.TimeoutExpired:
                raise UsageError(f"`e2a-swarm {words[0]}` took longer than {PATIENCE_S:.0f} s.") from None
            finally:
                process.kill()
        if process.returncode and b"MemoryError" in complaint:
            raise UsageError(too_large(Path(words[-1]).name))
        if process.returncode or len(answer) > MAX_ANSWER:
            raise UsageError(_told(complaint) or f"`e2a-swarm {words[0]}` failed.")
        return answer


def _start(words: Sequence[str], folder: Path, state_dir: Path) -> "subprocess.Popen[bytes]":
    most = reading_bytes(Path(words[-1])) if words[0] == "inspect" else 0  # engines may need any memory
    return subprocess.Popen(
        [*bounded_program(COMMAND, most), *words],
        cwd=folder,
        env=variables_of() | ONE_THREAD | {ENV_HOME: str(state_dir)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def _follow(output: IO[bytes], hear: Hear) -> None:
    for line in output:
        hear(line)


def _told(complaint: bytes) -> str:
    """Return the sentence that a command ended with."""
    lines = complaint.decode(errors="replace").strip().splitlines()
    begun = [place for place, line in enumerate(lines) if line.startswith("e2a-swarm:")]
    return " ".join(lines[begun[-1] :])[:MAX_FAULT].removeprefix("e2a-swarm:").strip() if begun else ""


MAX_VOICE = 200  # characters of a name
MAX_SAMPLES = 200  # kept


class VoiceSamples:
    """Has samples spoken, and keeps the latest in a folder."""

    def __init__(self, cli: CliProcess, folder: Path) -> None:
        self._cli, self._folder = cli, folder / "samples"

    async def sample_of(
        self, engine: str, voice: str, language: str, book: Path | None = None, text: str = ""
    ) -> Response:
        """Return a text, a sentence, or three of a book, spoken by a voice, as an answer. Raises UsageError."""
        engine, voice, language = (word[:MAX_VOICE] for word in (engine, voice, language))
        said = f"{engine}\0{voice}\0{language}\0{book or ''}\0{text}".encode(errors="replace")
        name = hashlib.sha256(said).hexdigest()[:24]
        folder = self._folder / name
        found = _sample_in(folder)
        if found is None:
            self._make_room(folder)
            words = [f"--listen={voice}", f"--tts-engine={engine}", *([f"--language={language}"] if language else [])]
            words += [f"--book={book}"] if book else [f"--text={text}"] if text else []
            await self._cli(["voices", *words], folder)
            found = _sample_in(folder)
        if found is None:
            raise NotThere("There is no sample of this voice.")
        return Response(found.read_bytes(), media_type="audio/flac")

    def _make_room(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for old in sorted(folder.parent.iterdir(), key=lambda path: path.stat().st_mtime)[:-MAX_SAMPLES]:
            for path in old.iterdir():
                path.unlink(missing_ok=True)
            old.rmdir()


def _sample_in(folder: Path) -> Path | None:
    return next(iter(sorted(folder.glob("*.flac"))), None)


MODEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/@-]{0,199}")
PERCENT = re.compile(r"(\d{1,2}) %")
MAX_FETCHES = 50  # the ends of so many downloads are remembered


class ModelFetch(Struct, frozen=True):
    """The download of a model: how far it is, or how it ended."""

    state: Literal["fetching", "here", "failed"]
    words: str
    percent: int = 0


class ModelFetches:
    """Has models of voices fetched, one at a time. A model is one that an engine lists, with the bytes that it has."""

    def __init__(self, cli: CliProcess, folder: Path) -> None:
        self._cli, self._folder = cli, folder
        self._known: dict[str, ModelFetch] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def find_fetch(self, model: str) -> ModelFetch:
        """Return what became of a download. Raises UsageError for one that was not asked for."""
        if model not in self._known:
            raise UsageError("This voice was not asked for since the start.")
        return self._known[model]

    def fetch(self, model: str) -> ModelFetch:
        """Begin the download of a model, unless it is under way. Raises UsageError while another one is."""
        if not MODEL.fullmatch(model):
            raise UsageError("There is no such voice to be fetched.")
        if model not in self._tasks:
            if self._tasks:
                raise UsageError("Another voice is being fetched: ask again when it is here.")
            while len(self._known) >= MAX_FETCHES:
                del self._known[next(iter(self._known))]
            self._known[model] = ModelFetch("fetching", "the download begins")
            self._tasks[model] = asyncio.create_task(self._fetch(model))
        return self._known[model]

    async def _fetch(self, model: str) -> None:
        def hear(line: bytes) -> None:
            with suppress(msgspec.MsgspecError, UnicodeDecodeError):  # libraries of engines write lines of their own
                told = msgspec.json.decode(line, type=dict[str, str]).get("told", "")
                found = PERCENT.search(told)
                self._known[model] = ModelFetch("fetching", told, int(found[1]) if found else 0)

        try:
            await self._cli(["models", "fetch", model, "--json"], self._folder, hear)
            self._known[model] = ModelFetch("here", "it is here", 100)
        except (UsageError, OSError) as fault:
            self._known[model] = ModelFetch("failed", str(fault))
        finally:
            del self._tasks[model]


WORKER = f"from swarm.system.serving import die_with_parent; die_with_parent(); {COMMAND}"
MARK = "speaks-itself"  # a file of the state folder that is there while the page has turned the switch on
RETRY_S = 30.0  # a worker that failed is started again so late
LEAVING_S = 120.0  # it finishes the sentences under way

Words = Callable[[int], Sequence[str]]


class OwnWorker:
    """The worker of the server's own machine: a process beside it, which speaks while a switch is on.

    The switch outlives a restart. A worker that an order sent away turns it off; one that fails is started again.
    `words` are those of the command, given the server's port.
    """

    def __init__(self, words: Words, state_dir: Path, note: Say, *, is_on: bool) -> None:
        self._words, self._state_dir, self._note = words, state_dir, note
        self._mark = state_dir / MARK
        self.is_on = is_on or self._mark.exists()
        self._turned = asyncio.Event()
        self.pid = 0  # 0 while there is no process
        self.is_over: Callable[[], bool] = lambda: False  # the server stops: the worker's farewell tells nothing

    def turn(self, *, on: bool) -> str:
        """Turn the switch; return what was done, in words. Raises StoreError."""
        with guarded(self._mark):
            if on:
                self._mark.touch()
            else:
                self._mark.unlink(missing_ok=True)
        self.is_on = on
        self._turned.set()
        return "This machine speaks" if on else "This machine finishes its sentences, and speaks no more"

    async def run(self, port: int) -> None:
        """Keep the worker as the switch says, until cancelled."""
        while True:
            self._turned.clear()
            if not self.is_on:
                await self._turned.wait()
                continue
            code = await self._work(port)
            if code == 0 and not self._turned.is_set():  # an order sent it away
                self.turn(on=False)
            elif code is not None and self.is_on:
                self._note(f"the worker of this machine ended with code {code}; it is started again")
                await asyncio.sleep(RETRY_S)

    async def _work(self, port: int) -> int | None:
        """Have the worker speak until it ends or is turned off; return its code, None if it was turned off."""

        def began(pid: int) -> None:
            self.pid = pid

        def tell(line: str) -> None:
            if not self.is_over():
                self._note(f"this machine: {line}")

        variables = {ENV_HOME: str(self._state_dir), ENV_LOG: ""}
        speaking = run_command(self._words(port), variables, tell, LEAVING_S, WORKER, began)
        working, turned = asyncio.create_task(speaking), asyncio.create_task(self._turned.wait())
        try:
            await asyncio.wait([working, turned], return_when=asyncio.FIRST_COMPLETED)
            return working.result() if working.done() else None
        finally:
            await cancel([turned, working])
            self.pid = 0
