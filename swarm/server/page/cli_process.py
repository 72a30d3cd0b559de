"""Commands of this very program, run in a process of their own for what would hold up the coordinator.

Samples of voices are spoken so, each once, and kept.
"""

import asyncio
import hashlib
import subprocess
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from starlette.responses import Response

from swarm.config import ENV_HOME
from swarm.coordinator.prepare import reading_bytes
from swarm.errors import UsageError
from swarm.system.child import ONE_THREAD, bounded_program, variables_of

PROGRAM = "import sys; from swarm.commands.main import main; sys.exit(main())"
ENGINES_BYTES = 1 << 40  # commands that run engines are not held up: what they read is this machine's own
PATIENCE_S = 300.0  # a book of a thousand pages on a slow machine takes a minute
MAX_ANSWER = 16 * 1024 * 1024
MAX_FAULT = 1000

CliProcess = Callable[[Sequence[str], Path], Awaitable[bytes]]


class CliProcesses:
    """Runs commands, one at a time, so that no number of pages takes more than one core."""

    def __init__(self, state_dir: Path) -> None:
        self._state_dir = state_dir
        self._turn = asyncio.Lock()

    async def __call__(self, words: Sequence[str], folder: Path) -> bytes:
        """Run a command in a folder; return what it wrote. Raises UsageError with its own words if it fails."""
        async with self._turn:
            process = await asyncio.to_thread(_start, words, folder, self._state_dir)
            try:
                answer, complaint = await asyncio.to_thread(process.communicate, None, PATIENCE_S)
            except subprocess.TimeoutExpired:
                raise UsageError(f"`e2a-swarm {words[0]}` took longer than {PATIENCE_S:.0f} s.") from None
            finally:
                process.kill()
        if process.returncode or len(answer) > MAX_ANSWER:
            raise UsageError(_told(complaint) or f"`e2a-swarm {words[0]}` failed.")
        return answer


def _start(words: Sequence[str], folder: Path, state_dir: Path) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [*bounded_program(PROGRAM, reading_bytes(Path(words[-1])) if words[0] == "inspect" else ENGINES_BYTES), *words],
        cwd=folder,
        env=variables_of() | ONE_THREAD | {ENV_HOME: str(state_dir)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


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

    async def sample_of(self, engine: str, voice: str, language: str) -> Response:
        """Return a sentence spoken by a voice, as an answer. Raises UsageError."""
        engine, voice, language = (text[:MAX_VOICE] for text in (engine, voice, language))
        name = hashlib.sha256(f"{engine}\0{voice}\0{language}".encode(errors="replace")).hexdigest()[:24]
        folder = self._folder / name
        found = _sample_in(folder)
        if found is None:
            self._make_room(folder)
            words = [f"--listen={voice}", f"--tts-engine={engine}", *([f"--language={language}"] if language else [])]
            await self._cli(["voices", *words], folder)
            found = _sample_in(folder)
        if found is None:
            raise UsageError("There is no sample of this voice.")
        return Response(found.read_bytes(), media_type="audio/flac")

    def _make_room(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for old in sorted(folder.parent.iterdir(), key=lambda path: path.stat().st_mtime)[:-MAX_SAMPLES]:
            for path in old.iterdir():
                path.unlink(missing_ok=True)
            old.rmdir()


def _sample_in(folder: Path) -> Path | None:
    return next(iter(sorted(folder.glob("*.flac"))), None)
